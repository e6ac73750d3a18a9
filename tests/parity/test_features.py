"""What the trickiest features say of explicit facts: online, in bulk and on Spark. One store holds every picture, each with parties of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl
import pytest
from builders import (
    a_certificate,
    a_decision,
    a_delivery,
    a_denial_notice,
    a_licence,
    a_party,
    a_review,
    a_shipment,
    a_visit,
    an_application,
    an_event,
    an_incident,
    an_item,
    arms,
    correcting,
    fresh,
    withdrawing,
)
from facts import KNOWN_BY, moment
from matrices import a_store, matrix, take

from engine.compute import run as engine_run
from engine.compute.spark import features as spark_features
from engine.workflows.assess import Subject, lay_subjects


@dataclass(frozen=True)
class Picture:
    """A true sentence, the facts that show it, and what is read of the filing asked about."""

    says: str
    facts: list[tuple[str, dict]]
    asked: dict
    reads: dict[str, float | None]
    as_of: str | None = None
    id: str = field(default_factory=lambda: fresh("picture"))


def filed(day: str, **told: object) -> dict:
    return an_application(filed_at=f"{day}T09:00:00Z", **told)


def at(day: str) -> str:
    return f"{day}T09:00:00Z"


def pictures() -> list[Picture]:
    return [picture() for picture in PICTURES]


PICTURES: list[Callable[[], Picture]] = []


def picture(make: Callable[[], Picture]) -> Callable[[], Picture]:
    PICTURES.append(make)
    return make


# End user: whose past, and as it stood when


@picture
def a_finding_told_after_the_filing_is_not_seen() -> Picture:
    before, asked = filed("2024-01-10", end_user="Anker One"), filed("2024-06-01", end_user="Anker One")
    facts = [
        ("visit", a_visit(before["application_id"], at=at("2024-05-30"), outcome="unfavourable", findings=["diversion"])),
        ("visit", a_visit(before["application_id"], at=at("2024-06-01"), visited_on="2024-03-01", outcome="unfavourable", findings=["diversion"])),
    ]
    return Picture(
        "a finding counts from the day after it was told, not from the visit", [("application", before), *facts], asked,
        {"end_user_prior_filings_count": 1, "end_user_prior_diversions_count": 1, "end_user_unfavourable_visits_count": 0},
    )


@picture
def a_corrected_finding() -> Picture:
    before, asked = filed("2024-01-10", end_user="Birch Two"), filed("2024-06-01", end_user="Birch Two")
    wrong = a_visit(before["application_id"], at=at("2024-03-01"), outcome="unfavourable", findings=["diversion"])
    right = correcting(wrong, at("2024-04-01"), outcome="unfavourable", findings=["discrepancy"])
    return Picture(
        "a corrected finding is read as corrected", [("application", before), ("visit", wrong), ("visit", right)], asked,
        {"end_user_prior_diversions_count": 0, "end_user_unfavourable_visits_count": 1},
    )


@picture
def a_finding_corrected_later() -> Picture:
    before, asked = filed("2024-01-10", end_user="Cedar Three"), filed("2024-06-01", end_user="Cedar Three")
    wrong = a_visit(before["application_id"], at=at("2024-03-01"), outcome="unfavourable", findings=["diversion"])
    return Picture(
        "a finding taken back at the moment of filing still stood then",
        [("application", before), ("visit", wrong), ("visit", withdrawing(wrong, at("2024-06-01"), visit_id=wrong["visit_id"]))], asked,
        {"end_user_prior_diversions_count": 1},
    )


@picture
def an_unconfirmed_incident() -> Picture:
    before, asked = filed("2024-01-10", end_user="Dahlia Four"), filed("2024-06-01", end_user="Dahlia Four")
    one, two = (an_incident(before["application_id"], at=at("2024-03-01"), occurred_on="2024-02-20", confirmed=False) for _ in range(2))
    review = a_review("incident", two["event_id"], "confirmed", at=at("2024-04-01"))
    return Picture(
        "an incident counts once it is confirmed", [("application", before), ("incident", one), ("incident", two), ("review", review)], asked,
        {"end_user_prior_diversions_count": 1},
    )


@picture
def grounds_of_a_denial() -> Picture:
    first, second, asked = (filed(day, end_user="Elm Five") for day in ("2024-01-10", "2024-01-11", "2024-06-01"))
    denials = [
        a_decision(first["application_id"], at=at("2024-02-01"), outcome="denied", grounds=["human_rights", "diversion"]),
        a_decision(second["application_id"], at=at("2024-02-01"), outcome="denied", grounds=["human_rights"]),
    ]
    return Picture(
        "a denial on other grounds than diversion is not held against the end user",
        [("application", first), ("application", second), *(("decision", denial) for denial in denials)], asked, {"end_user_denials_count": 1},
    )


@picture
def a_name_taken_up_later() -> Picture:
    known = a_party("Fir Six Ltd", "AE", registration="660066")
    before, between = filed("2024-01-10", end_user=known), filed("2024-03-01", end_user=known)
    renamed = filed("2024-05-01", end_user=known | {"name": "Fjord Trading Six"})
    notice = a_denial_notice("Fjord Trading Six", "AE", at=at("2024-02-01"), denied_on="2024-01-20")
    facts = [("application", before), ("application", renamed), ("denial_notice", notice)]
    return Picture("a notice reaches an entity only when a filing gave it that name", facts, between, {"end_user_denials_count": 0})


@picture
def a_name_taken_up_now() -> Picture:
    known = a_party("Gorse Seven Ltd", "AE", registration="770077")
    before, renamed = filed("2024-01-10", end_user=known), filed("2024-05-01", end_user=known | {"name": "Gale Trading Seven"})
    notice = a_denial_notice("Gale Trading Seven", "AE", at=at("2024-02-01"), denied_on="2024-01-20")
    return Picture(
        "the filing that gives an entity a denied name sees the denial",
        [("application", before), ("denial_notice", notice)], renamed, {"end_user_denials_count": 1, "end_user_prior_filings_count": 1},
    )


@picture
def a_shipment_number_told_again() -> Picture:
    other = filed("2024-01-09", end_user="Hazel Other", application_id="A-0000")
    before, asked = filed("2024-01-10", end_user="Hazel Eight"), filed("2024-06-01", end_user="Hazel Eight")
    shipment = a_shipment(before["application_id"], at=at("2024-02-01"))
    again = a_shipment("A-0000", at=at("2024-07-01"), shipment_id=shipment["shipment_id"])
    visit = a_visit(None, shipment_id=shipment["shipment_id"], at=at("2024-03-01"), visited_on="2024-02-20", outcome="unfavourable", findings=["re_export"])
    facts = [("application", other), ("application", before), ("shipment", shipment), ("shipment", again), ("visit", visit)]
    return Picture("a shipment belongs to the application that it was first told of", facts, asked, {"end_user_prior_diversions_count": 1})


@picture
def a_licence_number_told_again() -> Picture:
    other = filed("2024-01-09", end_user="Iris Other", application_id="A-0001")
    before, asked = filed("2024-01-10", end_user="Iris Nine"), filed("2024-06-01", end_user="Iris Nine")
    licences = [a_licence(before["application_id"], licence_number="L-9", at=at("2024-01-20")), a_licence("A-0001", licence_number="L-9", at=at("2024-07-01"))]
    shipment = a_shipment(None, licence_number="L-9", at=at("2024-02-01"))
    visit = a_visit(None, shipment_id=shipment["shipment_id"], at=at("2024-03-01"), visited_on="2024-02-20", outcome="unfavourable", findings=["re_export"])
    facts = [("application", other), ("application", before), *(("licence", told) for told in licences), ("shipment", shipment), ("visit", visit)]
    return Picture("a licence belongs to the application that it was first issued on", facts, asked, {"end_user_prior_diversions_count": 1})


# Documents: one number, several filings


@picture
def a_number_used_before() -> Picture:
    paper = a_certificate(number="EUC/77-1", issuer_country="FI")
    first = filed("2024-01-10", documents=[paper])
    amended = first | {"revision": 2, "filed_at": at("2024-02-01")}
    other = filed("2024-03-01", documents=[paper | {"number": "euc 77 1", "end_user": "Somebody Else"}])
    abroad = filed("2024-03-02", documents=[paper | {"issuer_country": "EE"}])
    later = filed("2024-06-01", documents=[paper])
    asked = filed("2024-06-01", documents=[paper])
    return Picture(
        "a number counts once for each earlier application, however it is written, but not another country's",
        [("application", document) for document in (first, amended, other, abroad, later)], asked,
        {"documents_number_reuse_count": 2, "documents_number_other_content_count": 1, "documents_assurance_missing_flag": 0},
    )


@picture
def a_document_on_its_own_amendment() -> Picture:
    first = filed("2024-01-10", documents=[a_certificate(number="EUC/88")])
    return Picture(
        "an amendment does not reuse its own application's certificate", [("application", first)], first | {"revision": 2, "filed_at": at("2024-03-01")},
        {"documents_number_reuse_count": 0, "documents_number_other_content_count": 0},
    )


@picture
def no_document_at_all() -> Picture:
    return Picture(
        "without a certificate nothing is read from one", [], filed("2024-01-10"),
        {"documents_assurance_missing_flag": 1, "documents_number_reuse_count": None, "documents_essential_elements_share": None, "documents_no_expiry_flag": None},
    )


# Issuers, certificates and what is drawn on them


@picture
def a_certificate_over_drawn() -> Picture:
    paper = a_certificate(number="EUC/501", items=[{"description": "Rifles", "quantity": 300}])
    line = [an_item(quantity=200)]
    first, refused = (filed(day, documents=[paper], items=line) for day in ("2024-01-10", "2024-02-10"))
    denial = a_decision(refused["application_id"], at=at("2024-03-01"), outcome="denied", grounds=["end_use"])
    return Picture(
        "what other applications draw on a certificate counts, but not what was refused",
        [("application", first), ("application", refused), ("decision", denial)], filed("2024-06-01", documents=[paper], items=line),
        {"documents_quantity_drawn_ratio": pytest.approx(400 / 300), "documents_quantity_over_ratio": 1},
    )


@picture
def an_issuers_habit() -> Picture:
    papers = [a_certificate(number=f"Q/{n:04}", issuer="Office Of Habits", signatory="B. Known", signatory_title="Head") for n in range(1, 7)]
    before = [filed(f"2024-0{n + 1}-10", documents=[paper]) for n, paper in enumerate(papers)]
    odd = a_certificate(number="QQ-77/X", issuer="Office Of Habits", signatory="C. Unknown", signatory_title="Head")
    return Picture(
        "a number of another form and a signatory never seen stand out against an issuer's earlier papers",
        [("application", document) for document in before], filed("2024-09-01", documents=[odd]),
        {"documents_number_form_share": 0, "documents_signatory_known_share": 0, "documents_signatory_other_issuers_count": None},
    )


@picture
def the_same_file_for_another_end_user() -> Picture:
    paper = a_certificate(number="EUC/900", sha256="ab" * 32)
    return Picture(
        "one file for two end users is counted, for one end user it is not",
        [("application", filed("2024-01-10", end_user="Tansy One", documents=[paper])), ("application", filed("2024-02-10", end_user="Tansy Two", documents=[paper]))],
        filed("2024-06-01", end_user="Tansy One", documents=[paper]), {"documents_file_reuse_count": 1},
    )


# Vessels, carriers, ledgers, amendments, orders


@picture
def a_renamed_vessel() -> Picture:
    leg = {"from": "SEGOT", "to": "FIHEL", "mode": "sea", "imo": "9074729", "conveyance": "MV Old Name"}
    return Picture(
        "a vessel under another name is known by its number", [("application", filed("2024-01-10", route=[leg]))],
        filed("2024-06-01", route=[leg | {"conveyance": "MV New Name"}]), {"route_renamed_vessels_count": 1},
    )


@picture
def a_carrier_with_a_record() -> Picture:
    leg = {"from": "SEGOT", "to": "FIHEL", "mode": "sea", "carrier": "Umbra Lines Ltd"}
    before = filed("2024-01-10", end_user="Umbra Other", route=[leg])
    visit = a_visit(before["application_id"], at=at("2024-03-01"), visited_on="2024-02-20", outcome="unfavourable", findings=["diversion"])
    return Picture(
        "a carrier is held to what became of what it carried, whoever the parties were", [("application", before), ("visit", visit)],
        filed("2024-06-01", end_user="Umbra Asked", exporter="Umbra Exporter", route=[leg | {"carrier": "UMBRA LINES, Ltd."}]),
        {"route_carrier_diversions_to_expected_ratio": pytest.approx(2 / 1.01), "route_new_carriers_count": 0, "end_user_prior_diversions_count": 0},
    )


@picture
def a_ledger_that_does_not_balance() -> Picture:
    before = filed("2023-01-10", end_user="Vetch Army", items=[arms(quantity=100)])
    shipment = a_shipment(before["application_id"], at=at("2023-03-01"), shipped_on="2023-02-20", items=[{"line": 1, "quantity": 100}])
    visit = a_visit(before["application_id"], at=at("2023-09-01"), visited_on="2023-08-20",
                    items=[{"line": 1, "quantity": 70, "state": "seen"}, {"line": 1, "quantity": 30, "state": "not_presented"}])
    return Picture(
        "received, seen and not presented are added up by end user and category",
        [("application", before), ("shipment", shipment), ("visit", visit)], filed("2024-06-01", end_user="Vetch Army", items=[arms(quantity=50)]),
        {"old_stock_received_to_ordered_ratio": 2, "old_stock_accounted_share": 0.7, "old_stock_lost_share": 0.3, "old_stock_transferred_share": 0},
    )


@picture
def an_amended_filing() -> Picture:
    first = filed("2024-01-10", end_user="Woad One", consignee="Woad Receiver", items=[an_item(quantity=10)])
    return Picture(
        "an amendment is held against the revision before it", [("application", first)],
        first | {"revision": 2, "filed_at": at("2024-02-01"), "consignee": a_party("Woad Stranger", "AE"), "items": [an_item(quantity=25)]},
        {"timing_earlier_revisions_count": 1, "timing_consignee_changed_flag": 1, "timing_end_user_changed_flag": 0, "timing_quantity_to_earlier_ratio": 2.5},
    )


@picture
def orders_cut_up() -> Picture:
    orders = [filed(day, end_user="Yarrow End", exporter="Yarrow Export", items=[an_item(value=value)])
              for day, value in (("2024-01-10", 100), ("2024-05-01", 95_000), ("2024-05-20", 300_000))]
    return Picture(
        "orders of the last ninety days for the same goods are counted, and those of nearly the same value",
        [("application", order) for order in orders], filed("2024-06-01", end_user="Yarrow End", exporter="Yarrow Export", items=[an_item(value=100_000)]),
        {"timing_split_orders_count": 2, "timing_like_orders_count": 1},
    )


@picture
def a_shipment_never_confirmed() -> Picture:
    one, two = (filed(day, exporter="Zinnia Export", end_user="Zinnia End") for day in ("2023-01-10", "2023-01-11"))
    shipments = [a_shipment(document["application_id"], at=at("2023-03-01"), shipped_on="2023-02-20") for document in (one, two)]
    proof = a_delivery(shipments[0]["shipment_id"], at=at("2023-05-01"), on="2023-04-20")
    return Picture(
        "of two shipments due half of them was confirmed", [("application", one), ("application", two), *(("shipment", s) for s in shipments), ("delivery", proof)],
        filed("2024-06-01", exporter="Zinnia Export", end_user="Zinnia New"), {"exporter_unproven_shipments_share": 0.5},
    )


# Route


@picture
def a_way_round() -> Picture:
    legs = [{"from": "SEGOT", "to": "AEJEA", "mode": "sea", "storage_days": 40}, {"from": "AEJEA", "to": "FIHEL", "mode": "sea", "storage_days": 5}]
    return Picture(
        "a way round by sea is measured against the way by sea", [], filed("2024-01-10", route=legs),
        {"route_legs_count": 2, "route_storage_days": 45, "route_detour_ratio": DETOUR, "route_backtracking_ratio": BACK, "route_disconnected_legs_count": 0, "route_other_end_flag": 0,
         "route_inland_sea_legs_count": 0, "route_returns_count": 0, "route_hurried_legs_count": None, "route_unidentified_flights_share": None},
    )


@picture
def the_only_way() -> Picture:
    legs = [{"from": "SEGOT", "to": "DJJIB", "mode": "sea"}, {"from": "DJJIB", "to": "ETADD", "mode": "road"}]
    return Picture(
        "the way by sea and over land to a country without a coast is no way round", [], filed("2024-01-10", route=legs),
        {"route_detour_ratio": 1, "route_backtracking_ratio": 0, "route_inland_sea_legs_count": 0},
    )


@picture
def a_ship_in_the_mountains() -> Picture:
    legs = [{"from": "SEGOT", "to": "DEHAM", "mode": "sea"}, {"from": "DEHAM", "to": "CHZRH", "mode": "sea"}]
    return Picture(
        "a ship does not go inland, and how far it would go is not known", [], filed("2024-01-10", route=legs),
        {"route_inland_sea_legs_count": 1, "route_detour_ratio": None, "route_backtracking_ratio": None},
    )


@picture
def there_and_back_in_no_time() -> Picture:
    legs = [
        {"from": "SEGOT", "to": "SGSIN", "mode": "sea", "planned_on": "2024-03-01", "storage_days": 6}, {"from": "SGSIN", "to": "MYPKG", "mode": "road", "planned_on": "2024-03-19"},
        {"from": "MYPKG", "to": "SGSIN", "mode": "road", "planned_on": "2024-03-18"}, {"from": "SGSIN", "to": "SEGOT", "mode": "air", "planned_on": "2024-03-19"},
    ]
    return Picture(
        "16,400 km by sea and six days of storage take more than eighteen days, and no leg ends before it begins", [], filed("2024-01-10", route=legs),
        {"route_hurried_legs_count": 2, "route_returns_count": 2, "route_unidentified_flights_share": None},
    )


@picture
def days_enough() -> Picture:
    legs = [{"from": "SEGOT", "to": "SGSIN", "mode": "sea", "planned_on": "2024-03-01", "storage_days": 6}, {"from": "SGSIN", "to": "MYPKG", "mode": "road", "planned_on": "2024-03-20"}]
    return Picture("and nineteen are enough", [], filed("2024-01-10", route=legs), {"route_hurried_legs_count": 0, "route_returns_count": 0})


@picture
def small_arms_by_air() -> Picture:
    legs = [{"from": "SEARN", "to": "AEDXB", "mode": "air", "aircraft_registration": "SE-ABC"}, {"from": "AEDXB", "to": "KENBO", "mode": "air"}]
    return Picture(
        "of two flights with small arms one is named", [], filed("2024-01-10", items=[arms()], route=legs), {"route_unidentified_flights_share": 0.5},
    )


@picture
def another_way_than_the_others() -> Picture:
    fiji = a_party("Aster Port Police", "FJ", "police")
    others = [filed(f"2024-02-{day:02d}", end_user=fiji, end_use=None, route=[{"from": "SEGOT", "to": "FJSUV", "mode": "sea"}]) for day in range(1, 21)]
    inland = filed("2024-02-21", end_user=fiji, end_use=None, route=[{"from": "SEGOT", "to": "CHZRH", "mode": "sea"}])
    legs = [{"from": "SEGOT", "to": "SGSIN", "mode": "sea"}, {"from": "SGSIN", "to": "FJNAN", "mode": "air"}]
    return Picture(
        "how others go is told by the closed months, each way by its mode, and what cannot be measured is left out",
        [("application", one) for one in (*others, inland)], filed("2024-03-10", end_user=fiji, end_use=None, route=legs),
        {"route_length_to_usual_ratio": LONGER, "route_rarest_mode_share": 0, "route_usual_end_share": 0, "route_legs_to_usual_ratio": 2},
    )


@picture
def the_way_of_the_others() -> Picture:
    tonga = a_party("Aster Harbour Police", "TO", "police")
    others = [filed(f"2024-02-{day:02d}", end_user=tonga, end_use=None, route=[{"from": "SEGOT", "to": "TOTBU", "mode": "sea"}]) for day in range(1, 16)]
    others += [filed(f"2024-02-{day:02d}", end_user=tonga, end_use=None, authority="DE", route=[{"from": "DEHAM", "to": "TOTBU", "mode": "sea"}]) for day in range(1, 6)]
    return Picture(
        "where routes end is told by every authority, how long they are by the own", [("application", one) for one in others],
        filed("2024-03-10", end_user=tonga, end_use=None, route=[{"from": "SEGOT", "to": "TOTBU", "mode": "sea"}]),
        {"route_usual_end_share": 1, "route_rarest_mode_share": None, "route_length_to_usual_ratio": None},
    )


@picture
def an_unknown_place() -> Picture:
    legs = [{"from": "SEGOT", "to": "AEZZZ", "mode": "sea"}, {"from": "AEJEA", "to": "AEAUH", "mode": "road"}]
    return Picture(
        "an unknown place leaves the detour unknown, and a gap is counted", [], filed("2024-01-10", route=legs),
        {"route_detour_ratio": None, "route_disconnected_legs_count": 1, "route_other_end_flag": 1, "route_storage_days": None},
    )


@picture
def no_route() -> Picture:
    return Picture("without a route its features are missing", [], filed("2024-01-10"), {"route_legs_count": None, "route_transit_hubs_count": None})


# Old stock


def promising(day: str, end_user: str, **told: object) -> dict:
    army = a_party(end_user, "FI", "military")
    return filed(day, end_user=army, items=[arms()], replaced_stock=[{"control_code": "ML1.a", "quantity": 50, "plan": "destroy"} | told])


@picture
def a_promise_overdue() -> Picture:
    kept, broken, fresh_one, asked = (promising(day, "Juniper Army") for day in ("2021-01-10", "2021-02-10", "2023-05-20", "2024-01-10"))
    done = an_event(application_id=kept["application_id"], quantity=50, destroyed_on="2021-06-01", at=at("2021-06-02"))
    undone = an_event(application_id=broken["application_id"], quantity=50, destroyed_on="2021-06-01", at=at("2021-06-02"))
    taken_back = withdrawing(undone, at("2022-01-01"), application_id=broken["application_id"])
    facts = [("application", document) for document in (kept, broken, fresh_one)] + [("destruction", event) for event in (done, undone, taken_back)]
    return Picture(
        "a destruction promised two years ago is overdue unless its evidence stands", facts, asked,
        {"old_stock_destruction_overdue_count": 1, "old_stock_destruction_kept_count": 1, "old_stock_to_destroy_share": 1, "old_stock_undeclared_flag": 0,
         "old_stock_replacement_ratio": 0.25},
    )


@picture
def evidence_in_the_last_minute() -> Picture:
    before, asked = promising("2021-01-10", "Kale Army"), promising("2024-01-10", "Kale Army")
    late = an_event(application_id=before["application_id"], quantity=50, destroyed_on="2021-06-01", at=at("2024-01-10"))
    return Picture(
        "evidence told at the moment of filing is not seen yet", [("application", before), ("destruction", late)], asked,
        {"old_stock_destruction_overdue_count": 1, "old_stock_destruction_kept_count": 0},
    )


# Links


@picture
def neighbours() -> Picture:
    def at_quay(name: str) -> dict:
        return a_party(name, "AE", "dealer", address="Quay 7, Dubai")

    tainted, clean, elsewhere = at_quay("Larch Bad"), at_quay("Larch Good"), a_party("Larch Far", "OM", "dealer", address="Quay 7, Dubai")
    first, second, third = (filed(day, end_user=party) for day, party in (("2024-01-10", tainted), ("2024-01-11", clean), ("2024-01-12", elsewhere)))
    denied = a_decision(first["application_id"], at=at("2024-02-01"), outcome="denied", grounds=["end_use"])
    later = filed("2024-06-01", end_user=at_quay("Larch Late"))
    asked = filed("2024-06-01", end_user=at_quay("Larch New") | {"address": "QUAY 7 - Dubai"})
    return Picture(
        "strangers at one address in one country are counted, and those with a past", [*(("application", d) for d in (first, second, third, later)),
                                                                                    ("decision", denied)], asked,
        {"links_shared_place_count": 2, "links_tainted_neighbours_count": 1},
    )


@picture
def parties_of_one_filing() -> Picture:
    same = {"address": "Harbour 3, Dubai"}
    asked = filed("2024-06-01", end_user=a_party("Maple One", "AE", **same), consignee=a_party("Maple Two", "AE", **same))
    before = filed("2024-01-10", end_user=a_party("Maple One", "AE", **same), consignee=a_party("Maple Two", "AE", **same))
    return Picture(
        "parties of the filing itself are no strangers", [("application", before)], asked,
        {"links_shared_place_count": 0, "links_other_consignee_flag": 1, "links_consignee_abroad_flag": 0, "links_earlier_deals_count": 1},
    )


@picture
def deals_in_the_quarter() -> Picture:
    told = {"exporter": a_party("Nettle Works", "SE"), "end_user": a_party("Nettle User", "FI")}
    first, second, asked = (filed(day, **told) for day in ("2024-01-10", "2024-05-10", "2024-06-01"))
    amended = second | {"revision": 2, "filed_at": at("2024-05-11")}
    return Picture(
        "deals are applications, not amendments", [("application", document) for document in (first, second, amended)], asked,
        {"links_earlier_deals_count": 2, "links_deals_in_quarter_count": 1, "exporter_prior_filings_count": 2, "exporter_new_destination_flag": 0},
    )


# Exporter


@picture
def amended_to_another_end_user() -> Picture:
    exporter = a_party("Olive Works", "SE")
    first = filed("2024-01-10", exporter=exporter, end_user=a_party("Olive User", "FI"))
    second = first | {"revision": 2, "filed_at": at("2024-01-20"), "end_user": a_party("Olive Other", "FI")}
    other = filed("2024-02-10", exporter=exporter, end_user=a_party("Olive Third", "FI"))
    asked = first | {"revision": 3, "filed_at": at("2024-03-01")}
    return Picture(
        "a destination served under another application is not new, however often this one was amended",
        [("application", document) for document in (first, second, other)], asked, {"exporter_new_destination_flag": 0, "exporter_prior_filings_count": 1},
    )


@picture
def a_disclosed_incident() -> Picture:
    exporter = a_party("Poplar Works", "SE")
    before, asked = filed("2024-01-10", exporter=exporter, end_user="Poplar User"), filed("2024-06-01", exporter=exporter, end_user="Poplar Else")
    told = [an_incident(before["application_id"], at=at("2024-03-01"), occurred_on="2024-02-01", finding="licence_breach", source=source)
            for source in ("exporter", "customs")]
    return Picture(
        "what the exporter itself disclosed is not held against it", [("application", before), *(("incident", incident) for incident in told)], asked,
        {"exporter_breaches_count": 1},
    )


# Two links


def _network(name: str, *, neighbours: int = 1, denied: str = "2024-02-01") -> tuple[list[tuple[str, dict]], str]:
    """A denied firm, of the same owner as a second, which sits at the address given back; and further tenants there."""
    address, owner = f"4 {name} Wharf, Turku", [{"name": f"{name} Holding Group", "country": "CY", "share": 0.8}]
    exposed = filed("2024-01-10", end_user=a_party(f"{name} Exposed", "TR", owners=owner))
    between = filed("2024-01-12", end_user=a_party(f"{name} Between", "TR", address=address, owners=owner))
    tenants = [filed("2024-01-14", end_user=a_party(f"Tenant {n} of {name}", "TR", address=address)) for n in range(neighbours - 1)]
    refusal = a_decision(exposed["application_id"], outcome="denied", grounds=["diversion"], at=at(denied))
    return [*(("application", one) for one in (exposed, between, *tenants)), ("decision", refusal)], address


@picture
def a_denied_party_two_links_away() -> Picture:
    facts, address = _network("Alder")
    asked = filed("2024-06-01", end_user=a_party("Alder Newcomer", "TR", address=address))
    return Picture("an owner in common behind the neighbour leads to who was denied", facts, asked,
                   {"links_tainted_two_steps_count": 1, "links_tainted_ties_count": 0, "links_tainted_neighbours_count": 0, "links_listed_two_steps_count": 0})


@picture
def a_denied_party_one_tie_away() -> Picture:
    facts, address = _network("Bracken")
    owner = [{"name": "Bracken Holding Group", "country": "CY"}]
    asked = filed("2024-06-01", end_user=a_party("Bracken Newcomer", "TR", address=address, owners=owner))
    return Picture("who is reached in one step is not counted again at two", facts, asked,
                   {"links_tainted_two_steps_count": 0, "links_tainted_ties_count": 1})


@picture
def a_payer_that_was_denied() -> Picture:
    facts, _ = _network("Calamus")
    asked = filed("2024-06-01", end_user=a_party("Calamus Newcomer", "TR"), payment={"payer_name": "Calamus Exposed", "payer_country": "TR"})
    return Picture("a payer that was denied as an end user is one tie away", facts, asked,
                   {"links_tainted_ties_count": 1, "links_tainted_two_steps_count": 0})


@picture
def an_address_of_many() -> Picture:
    facts, address = _network("Dogwood", neighbours=11)
    asked = filed("2024-06-01", end_user=a_party("Dogwood Newcomer", "TR", address=address))
    return Picture("an address of more than ten leads nowhere", facts, asked, {"links_tainted_two_steps_count": 0, "links_shared_place_count": 11})


@picture
def an_address_of_ten() -> Picture:
    facts, address = _network("Eldritch", neighbours=10)
    asked = filed("2024-06-01", end_user=a_party("Eldritch Newcomer", "TR", address=address))
    return Picture("an address of ten is still followed", facts, asked, {"links_tainted_two_steps_count": 1, "links_shared_place_count": 10})


@picture
def a_denial_two_links_away_that_came_later() -> Picture:
    facts, address = _network("Foxglove", denied="2024-06-01")
    asked = filed("2024-06-01", end_user=a_party("Foxglove Newcomer", "TR", address=address))
    return Picture("a denial two links away that became known with the filing is not seen", facts, asked, {"links_tainted_two_steps_count": 0})


@picture
def a_link_that_only_this_application_told() -> Picture:
    owner = [{"name": "Gorse Second Owner", "country": "CY"}]
    mark = filed("2024-01-10", end_user=a_party("Gorse Marked", "TR", owners=owner))
    refusal = a_decision(mark["application_id"], outcome="denied", grounds=["diversion"], at=at("2024-02-01"))
    first = filed("2024-03-01", end_user=a_party("Gorse Newcomer", "TR", address="9 Gorse Quay, Turku"),
                  consignee=a_party("Gorse Middle", "TR", address="9 Gorse Quay, Turku", owners=owner))
    asked = first | {"revision": 2, "filed_at": at("2024-06-01"), "consignee": a_party("Gorse Other", "TR")}
    return Picture("a link told by an earlier revision of the same application alone is no history", [("application", mark), ("decision", refusal), ("application", first)],
                   asked, {"links_tainted_two_steps_count": 0})


# Revisions


def _revised() -> tuple[dict, dict, dict]:
    first = filed("2024-01-10", exporter=a_party("Quince Works", "SE"), end_user=a_party("Quince Old", "FI"))
    second = first | {"revision": 2, "filed_at": at("2024-03-01"), "end_user": a_party("Quince New", "FI")}
    visit = a_visit(first["application_id"], at=at("2024-02-01"), visited_on="2024-01-30", outcome="unfavourable", findings=["diversion"])
    return first, second, visit


@picture
def a_finding_before_the_amendment() -> Picture:
    first, second, visit = _revised()
    facts = [("application", first), ("application", second), ("visit", visit)]
    return Picture("a finding is held against whom the filing in force named then", facts, filed("2024-06-01", end_user=a_party("Quince Old", "FI")),
                   {"end_user_prior_diversions_count": 1})


@picture
def a_finding_not_of_the_new_one() -> Picture:
    # The party is in another country here, to be another entity than above.
    first, second, visit = _revised()
    first["end_user"], second["end_user"] = a_party("Rowan Old", "NO"), a_party("Rowan New", "NO")
    facts = [("application", first), ("application", second), ("visit", visit)]
    return Picture("and not against whom a later amendment named", facts, filed("2024-06-01", end_user=a_party("Rowan New", "NO")),
                   {"end_user_prior_diversions_count": 0, "end_user_prior_filings_count": 1})


@picture
def revisions_out_of_order() -> Picture:
    third = filed("2024-01-20", end_user=a_party("Sorrel Third", "FI")) | {"revision": 3}
    second = third | {"revision": 2, "filed_at": at("2024-02-01"), "end_user": a_party("Sorrel Second", "FI")}
    visit = a_visit(third["application_id"], at=at("2024-03-01"), visited_on="2024-02-20", outcome="unfavourable", findings=["diversion"])
    facts = [("application", third), ("application", second), ("visit", visit)]
    return Picture("an older revision that comes in late is never in force", facts, filed("2024-06-01", end_user=a_party("Sorrel Third", "FI")),
                   {"end_user_prior_diversions_count": 1})


@picture
def goods_out_of_line() -> Picture:
    buyer = a_party("Tansy Pumps", "NO")
    before = [("application", filed(f"2024-01-1{n}", end_user=buyer, items=[an_item(control_code="2B350.a"), an_item(line=2, control_code=None)])) for n in range(3)]
    asked = filed("2024-06-01", end_user=buyer, items=[an_item(control_code="2B350.g"), an_item(line=2, control_code="6A003.b.4.b")])
    return Picture("goods of a category that the buyer never ordered are out of its line", before, asked, {"end_user_new_goods_share": 0.5})


@picture
def a_line_not_yet_known() -> Picture:
    buyer = a_party("Tansy Valves", "NO")
    before = [("application", filed(f"2024-01-1{n}", end_user=buyer)) for n in range(2)]
    return Picture("two orders make no line of business", before, filed("2024-06-01", end_user=buyer), {"end_user_new_goods_share": None})


@picture
def a_trader_by_name() -> Picture:
    asked = filed("2024-06-01", end_user=a_party("Sorrel Dış Ticaret A.Ş.", "TR"), consignee=a_party("Sorrel Bankside Works", "TR"))
    asked["end_use"] = {"statement": "Stock for sale.", "purpose": "resale", "country": "TR"}
    return Picture("a word of the name counts where it stands whole", [], asked,
                   {"end_user_trade_name_flag": 1, "end_user_resale_flag": 1, "consignee_trade_name_flag": 0})


@picture
def a_state_body_by_name() -> Picture:
    asked = filed("2024-06-01", end_user=a_party("Army Logistics Command", "TR", "military"), consignee=a_party("Anne Bank", "TR", "individual"))
    return Picture("state bodies and persons are not looked at by name", [], asked,
                   {"end_user_trade_name_flag": None, "end_user_resale_flag": 0, "consignee_trade_name_flag": None})


@picture
def before_the_first_list_of_conflicts() -> Picture:
    route = [{"from": "SEGOT", "to": "TRIST", "mode": "sea"}, {"from": "TRIST", "to": "KEMBA", "mode": "sea"}]
    asked = filed("1994-06-01", end_user=a_party("Tansy Force", "KE", "military"), end_use={"country": "KE"}, route=route)
    names = ("destination_conflict_level", "destination_conflict_neighbours_count", "route_conflict_neighbours_count", "route_conflict_transits_count")
    return Picture("what was not yet listed is not known, and not nought", [], asked, dict.fromkeys(names))


@picture
def by_the_first_list_of_conflicts() -> Picture:
    asked = filed("1995-01-20", end_user=a_party("Tansy Army", "VE", "military"), end_use={"country": "VE"})
    return Picture("the list of a year counts from the next", [], asked,
                   {"destination_conflict_level": 0, "destination_conflict_neighbours_count": 1, "route_conflict_neighbours_count": None})


@picture
def a_buyer_between() -> Picture:
    between = [a_party("Tansy Brokers", "GT", role="purchaser"), a_party("Sorrel Agency", "NO", role="agent"), a_party("Mission", "GT", "government", role="purchaser")]
    asked = filed("2024-06-01", end_user=a_party("Tansy Guard", "NO", "police"), intermediaries=between)
    return Picture("who buys from a third country brokers; an agent at home and a state body do not", [], asked, {"broker_unlicensed_count": 1})


@picture
def out_of_state_stocks() -> Picture:
    asked = filed("2024-06-01", exporter=a_party("Tansy Ordnance", "SE", "military"), items=[arms()])
    return Picture("what a force exports comes out of its stocks", [], asked, {"goods_state_stock_flag": 1})


@picture
def lent_from_state_stocks() -> Picture:
    asked = filed("2024-06-01", exporter=a_party("Tansy Ordnance", "SE", "military"), items=[arms()], transaction="loan_or_lease")
    return Picture("what is lent is not passed on for good", [], asked, {"goods_state_stock_flag": 0})


@picture
def a_paper_in_place_of_a_certificate() -> Picture:
    papers = [{"kind": "purchase_order", "authentication": "not_requested"}, {"kind": "delivery_verification", "authentication": "confirmed"}]
    return Picture("without a certificate the paper in its place is what nobody confirmed", [], filed("2024-06-01", documents=papers),
                   {"documents_unauthenticated_flag": 1, "documents_no_reply_count": 0})


@picture
def a_paper_beside_a_certificate() -> Picture:
    papers = [a_certificate(authentication=None), {"kind": "purchase_order", "authentication": "not_requested"}]
    return Picture("beside a certificate no other paper counts", [], filed("2024-06-01", documents=papers), {"documents_unauthenticated_flag": None})


@picture
def a_state_company_without_a_trace() -> Picture:
    return Picture("a state-owned company stands in registers like any other", [], filed("2024-06-01", end_user=a_party("Tansy Arsenal", "NO", "state_owned")),
                   {"end_user_no_footprint_flag": 1})


DETOUR = pytest.approx(26_100 / 1_300, rel=0.1)  # Gothenburg - Jebel Ali - Helsinki over Gothenburg - Helsinki, by sea
BACK = pytest.approx(12_300 / 1_300, rel=0.1)  # how much farther from Helsinki Jebel Ali is than Gothenburg
LONGER = pytest.approx((16_400 + 8_600) / 21_700, rel=0.1)  # by sea to Singapore and by air to Fiji over by sea to Fiji


@pytest.fixture(scope="module")
def shown() -> tuple:
    """The store of every picture, and each picture's subject."""
    drawn = pictures()
    facts: dict[str, list[dict]] = {}
    for one in drawn:
        for kind, document in [*one.facts, ("application", one.asked)]:
            facts.setdefault(kind, []).append(document)
    for kind, documents in facts.items():
        documents.sort(key=lambda document: moment(document[KNOWN_BY[kind]]))
    with a_store() as desk:
        take(desk, facts)
        numbers = {(a, r): (n, at) for n, a, r, at in desk.store.cursor().execute("select record_no, application_id, revision, filed_at from filing").fetchall()}
        subjects = []
        for one in drawn:
            record_no, filed_at = numbers[one.asked["application_id"], one.asked.get("revision", 1)]
            subjects.append(Subject(record_no, filed_at, filed_at))
        yield desk, drawn, subjects


@pytest.fixture(scope="module")
def values(shown, request) -> Callable[[str], pl.DataFrame]:
    """Engine -> the features of every picture's filing, in the order of the pictures."""
    desk, drawn, subjects = shown
    keys = pl.DataFrame({"application_id": [p.asked["application_id"] for p in drawn], "revision": [p.asked.get("revision", 1) for p in drawn]})
    done: dict[str, pl.DataFrame] = {}

    def on(engine: str) -> pl.DataFrame:
        if engine not in done:
            if engine == "online":
                done[engine] = pl.concat([matrix(desk, [subject]) for subject in subjects])
            else:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(engine_run, "SLICE_UP_TO", 0)
                    if engine == "bulk":
                        frame = matrix(desk, subjects)
                    else:
                        cursor = desk.store.cursor()
                        lay_subjects(cursor, subjects)
                        engine_run.lay_relations(cursor)
                        session = request.getfixturevalue("spark")
                        undivided = session.conf.get("spark.sql.shuffle.partitions")
                        session.conf.set("spark.sql.shuffle.partitions", "2")  # as on a cluster: parts are exchanged and put together again
                        frame = spark_features(cursor, session=session)
                        session.conf.set("spark.sql.shuffle.partitions", undivided)
                done[engine] = keys.join(frame, on=["application_id", "revision"], how="left", maintain_order="left")
        return done[engine]

    return on


@pytest.mark.parametrize("engine", ["online", "bulk", pytest.param("spark", marks=pytest.mark.spark)])
@pytest.mark.parametrize("n", range(len(PICTURES)), ids=[make.__name__ for make in PICTURES])
def test_a_picture_reads_as_it_should(values, shown, engine, n):
    one = shown[1][n]
    row = values(engine).row(n, named=True)
    assert {name: row[name] for name in one.reads} == one.reads, one.says

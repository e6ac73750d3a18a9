"""Every name on a filing is held against the lists and the partners' denials, asked about once, and not again once settled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from builders import a_certificate, a_decision, a_denial_notice, a_licence, a_party, a_review, an_application, fresh, withdrawing
from desks import NOW, a_desk, origin, record, referrals, take_in, values
from typer.testing import CliRunner

from engine.cli import app
from engine.errors import RefusedInput
from engine.wire import Referral
from engine.workflows.assess import score_unscored
from engine.workflows.desk import Desk, open_desk
from engine.workflows.editions import difference, new_hits
from engine.workflows.erase import erase_record
from engine.workflows.queue import Asked, queue
from engine.workflows.screen import Imported, import_list, screen_names

LISTED = "Karaman Hassasoptik Sistemler"
VESSEL, IMO = "OSLAVAN PEARL", "9116412"
AIRCRAFT = "EP-GOX"
WARNED = "Grey Meridian Trading Bureau"
AT_SEA = {"from": "SEGOT", "to": "FIHEL", "mode": "sea"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


def count(desk: Desk, table: str) -> int:
    return desk.store.cursor().execute(f"select count(*) from {table}").fetchall()[0][0]


def edition(desk: Desk, folder: Path, day: str, *names: str, remark: str = "-0- ") -> Imported:
    """One edition of the SDN list: organisations by name, and the vessel."""
    nothing = ",".join(["-0- "] * 7)
    rows = [f'{n},"{name}",-0- ,"TEST",{nothing},"{remark}"' for n, name in enumerate(names, start=1)]
    rows.append(f'900,"{VESSEL}","vessel","TEST",{nothing},"Vessel Registration Identification IMO {IMO}"')
    rows.append(f'901,"{AIRCRAFT}","aircraft","TEST",{nothing},"-0- "')
    (folder / "sdn.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "add.csv").write_text('1,1,"Sanayi Caddesi 14","Ankara","Turkey",-0- \n', "utf-8")
    (folder / "alt.csv").write_text('900,1,"aka","OSLAVAN PERLE",-0- \n', "utf-8")
    return import_list(desk, folder / "sdn.csv", "ofac-sdn-csv", date.fromisoformat(day), origin("ingest"))


def filed(desk: Desk, **told: object) -> str:
    application = an_application(**told)
    take_in(desk, "application", application)
    return application["application_id"]


def asked(desk: Desk, application_id: str, rule: str = "listed_party", now: datetime = NOW) -> list[Referral]:
    return [r for r in referrals(desk, application_id, now=now) if r.rule_id == rule]


def unsettled(desk: Desk, application_id: str, now: datetime = NOW) -> list[str]:
    return [r.subject for r in asked(desk, application_id, now=now) if not r.settled]


ELSEWHERE = {
    "owner of the end user": ("end_user/owners/1", {"end_user": a_party("Ankara Works", "TR", owners=[{"name": "Anybody"}, {"name": LISTED, "country": "TR"}])}),
    "owner of the consignee (33.3 %)": ("consignee/owners/0", {"consignee": a_party("Ankara Depot", "TR", owners=[{"name": LISTED, "share": 0.333}])}),
    "owner of the broker": ("intermediaries/0/owners/0", {"intermediaries": [a_party("Middle Ltd", "TR", role="broker", owners=[{"name": LISTED}])]}),
    "payer": ("payment/payer_name", {"payment": {"payer_name": LISTED, "payer_country": "TR"}}),
    "signatory of document 1": ("documents/0/signatory", {"documents": [a_certificate(signatory=LISTED)]}),
    "consignee named on document 1": ("documents/0/consignee", {"documents": [a_certificate(consignee=LISTED)]}),
    "carrier of leg 1": ("route/0/carrier", {"route": [{"from": "SEGOT", "to": "FIHEL", "mode": "sea", "carrier": LISTED}]}),
    "vessel of leg 1": ("route/0/imo", {"route": [{"from": "SEGOT", "to": "FIHEL", "mode": "sea", "imo": IMO}]}),
    "vessel of leg 2": ("route/1/conveyance", {"route": [AT_SEA, AT_SEA | {"conveyance": f"M/V {VESSEL.title()}"}]}),
    "aircraft of leg 1": ("route/0/aircraft_registration", {"route": [AT_SEA | {"mode": "air", "aircraft_registration": "EPGOX"}]}),
    "ultimate": ("end_users/1", {"end_users": [a_party("Anybody Else", "FI", role="additional"), a_party(LISTED, "TR", role="ultimate")]}),
    "freight forwarder": ("intermediaries/0", {"intermediaries": [a_party(LISTED, "TR", role="freight_forwarder")]}),
}


@pytest.mark.parametrize("role", ELSEWHERE)
def test_a_listed_name_is_asked_about_wherever_it_stands_on_the_filing(desk, tmp_path, role):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    place, told = ELSEWHERE[role]
    application_id = filed(desk, **told)
    (referral,) = asked(desk, application_id)
    assert referral.text.startswith(f"The {role} may be entry ")
    assert f"application:{application_id}#1/{place}" in referral.evidence
    assert not asked(desk, filed(desk))


@pytest.mark.parametrize("role", ELSEWHERE)
def test_a_list_that_comes_after_the_filing_asks_the_same(desk, tmp_path, role):
    application_id = filed(desk, **ELSEWHERE[role][1])
    edition(desk, tmp_path, "2026-12-01", LISTED)
    assert len(asked(desk, application_id)) == 1
    assert not asked(desk, application_id, now=datetime(2026, 11, 30))


def test_a_ship_of_a_listed_ships_name_under_another_number_is_looked_at_and_not_asked_about(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    other = filed(desk, route=[AT_SEA | {"conveyance": VESSEL, "imo": "9074729"}])
    assert not asked(desk, other) and values(desk, other)["screening_near_listed_score"] == pytest.approx(0.85)
    (referral,) = asked(desk, filed(desk, route=[AT_SEA | {"conveyance": "Painted Over", "imo": IMO}]))
    assert "Same IMO number as the entry" in referral.text


def test_a_ship_that_bears_a_listed_firms_name_says_nothing_nor_does_a_flight(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    assert not asked(desk, filed(desk, route=[AT_SEA | {"conveyance": LISTED}]))
    assert not asked(desk, filed(desk, route=[AT_SEA | {"mode": "air", "conveyance": VESSEL}]))


def test_no_ship_is_held_against_partners_denials(desk):
    take_in(desk, "denial_notice", a_denial_notice(VESSEL, "IR"))
    assert not asked(desk, filed(desk, route=[AT_SEA | {"conveyance": VESSEL}]), "partner_denial")


def test_an_owner_of_half_is_told_with_the_rule_that_speaks_of_half(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    texts = {
        share: asked(desk, filed(desk, end_user=a_party("Ankara Works", "TR", owners=[{"name": LISTED, "share": share}])))[0].text for share in (0.5, 0.49)
    }
    assert {share: "OFAC holds" in text for share, text in texts.items()} == {0.5: True, 0.49: False}
    assert "The owner of the end user (50 %) may be entry 1" in texts[0.5]


def test_the_shares_of_listed_owners_of_one_party_are_added_up(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED, "Beyaz Kule Holding Grubu")

    def share(*owners: dict, **told: object) -> float | None:
        return values(desk, filed(desk, end_user=a_party("Ankara Works", "TR", owners=list(owners)), **told))["screening_listed_owner_share"]

    one, two, clean = {"name": LISTED, "share": 0.3}, {"name": "Beyaz Kule Holding Grubu", "share": 0.25}, {"name": "Plain Oslo House", "share": 0.4}
    assert share(one, clean) == 0.3 and share(one, two, clean) == 0.55 and share(clean) == 0
    assert share(one, consignee=a_party("Ankara Depot", "TR", owners=[two])) == 0.3, "one party at a time"
    assert share({"name": LISTED}) is None and share() is None, "not said is not nought"
    assert share(one, filed_at="2026-09-01T09:00:00Z") == 0, "the list came later"


def test_a_listed_address_raises_risk_and_asks_nothing_by_itself(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)

    def told(name: str, address: str | None, country: str = "TR") -> tuple[float | None, list[str]]:
        application_id = filed(desk, end_user=a_party(name, country, address=address))
        return values(desk, application_id)["screening_listed_address_count"], [r.text for r in asked(desk, application_id)]

    assert told("Quite Another Firm", "14, Sanayi Caddesi - ANKARA") == (1, [])
    assert told("Quite Another Firm", "Sanayi Caddesi 14, Ankara, Turkey") == (1, [])
    assert told("Quite Another Firm", "Sanayi Caddesi 15, Ankara") == (0, [])
    assert told("Quite Another Firm", "Sanayi Caddesi 14, Ankara", "DE") == (0, [])
    assert told("Quite Another Firm", None)[0] is None
    count, (text,) = told(LISTED, "Sanayi Caddesi 14, Ankara")
    assert count == 0 and "The list gives the party's address as the entry's." in text
    assert "address" not in told(LISTED, "Bahnhof 3, Izmir")[1][0]


def test_a_town_is_no_listed_address(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    (tmp_path / "add.csv").write_text('1,1,"Sanayi Caddesi","Ankara","Turkey",-0- \n', "utf-8")
    import_list(desk, tmp_path / "sdn.csv", "ofac-sdn-csv", date(2026, 10, 5), origin("ingest"))
    ended, now = (values(desk, filed(desk, end_user=a_party("Another", "TR", address=address))) for address in ("Sanayi Caddesi 14, Ankara", "Sanayi Caddesi, Ankara"))
    assert ended["screening_listed_address_count"] == now["screening_listed_address_count"] == 0


WARNED_AS = {
    "screening_owner_warning_score": {"exporter": a_party("Nordic Optics AB", "SE", owners=[{"name": WARNED}])},
    "screening_payer_warning_score": {"payment": {"payer_name": WARNED, "payer_country": "TR"}},
    "screening_document_names_warning_score": {"documents": [a_certificate(signatory=WARNED)]},
    "screening_carrier_warning_score": {"route": [AT_SEA | {"carrier": WARNED}]},
}


@pytest.mark.parametrize("feature", WARNED_AS)
def test_a_warned_name_raises_risk_wherever_it_stands(desk, tmp_path, feature):
    header = "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,program_ids,dataset,first_seen,last_seen,last_change"
    (tmp_path / "warned.csv").write_text(f"{header}\nQ-1,LegalEntity,{WARNED},,,tr,,,,,,,warned,2026-10-01,2026-10-01,2026-10-01\n", "utf-8")
    before, after = filed(desk, filed_at="2026-09-01T09:00:00Z", **WARNED_AS[feature]), filed(desk, **WARNED_AS[feature])
    import_list(desk, tmp_path / "warned.csv", "opensanctions-csv", date(2026, 10, 1), origin("ingest"))
    assert values(desk, before)[feature] == 0 and values(desk, after)[feature] > 0.8
    assert values(desk, filed(desk))[feature] is None and not asked(desk, after)


def test_one_name_in_two_roles_is_one_question(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    (referral,) = asked(desk, filed(desk, consignee=a_party(LISTED, "TR"), end_user=a_party(LISTED, "TR")))
    assert "The consignee and end user may be" in referral.text and len(referral.evidence) == 3


def test_a_name_that_stands_on_many_filings_is_screened_once(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    for _ in range(3):
        filed(desk, payment={"payer_name": LISTED, "payer_country": "TR"})
    assert [count(desk, table) for table in ("filing_name", "screened_name", "named_hit")] == [3, 1, 1]


def test_a_partners_denial_is_found_under_another_spelling_and_for_as_long_as_it_holds(desk):
    before = filed(desk, end_user=a_party("Karamann Hassasoptik Sistemler", "TR"))
    take_in(desk, "denial_notice", a_denial_notice(LISTED, "TR", at="2026-11-10T09:00:00Z", expires_on="2027-01-01"))
    after = filed(desk, end_user=a_party("Karaman Hasasoptik Sistemler", "TR"))
    for application_id in (before, after):
        days = [bool(asked(desk, application_id, "partner_denial", now=datetime(*day))) for day in ((2026, 11, 9), (2026, 12, 1), (2027, 1, 2))]
        assert days == [False, True, False]
    assert not asked(desk, filed(desk), "partner_denial", now=datetime(2026, 12, 1))


def test_a_denial_that_was_taken_back_asks_nothing(desk):
    denial = a_denial_notice(LISTED, "TR")
    application_id = filed(desk, end_user=a_party("Karaman Hasasoptik Sistemler", "TR"))
    take_in(desk, "denial_notice", denial, withdrawing(denial, "2026-12-01T10:00:00Z", party=LISTED))
    assert asked(desk, application_id, "partner_denial", now=datetime(2026, 11, 20))
    assert not asked(desk, application_id, "partner_denial")


def settle(desk: Desk, application_id: str, result: str, at: str = "2026-11-01T10:00:00Z", **told: object) -> None:
    (subject,) = unsettled(desk, application_id)
    assert record(desk, "review", a_review("list_match", subject, result, application_id=application_id, at=at, **told))


def test_a_match_dismissed_once_is_not_asked_about_again(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    party = a_party(LISTED, "TR")
    first, later = filed(desk, end_user=party), filed(desk, end_user=party, filed_at="2026-12-01T09:00:00Z")
    settle(desk, first, "dismissed")
    assert not unsettled(desk, first) and not unsettled(desk, later) and asked(desk, later)[0].settled
    assert unsettled(desk, later, now=datetime(2026, 10, 31))


def test_what_was_said_of_this_application_goes_before_what_was_said_of_another(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    party = a_party(LISTED, "TR")
    one, other = filed(desk, end_user=party), filed(desk, end_user=party)
    score_unscored(desk, origin())
    (subject,) = unsettled(desk, one)
    for application_id, result, at in ((one, "confirmed", "2026-11-01T10:00:00Z"), (other, "dismissed", "2026-11-05T10:00:00Z")):
        assert record(desk, "review", a_review("list_match", subject, result, application_id=application_id, at=at))
    assert unsettled(desk, one) and not unsettled(desk, other)
    assert {row["application_id"]: row["open_referrals"] for row in queue(desk.store.cursor(), Asked(), NOW).rows} == {one: 1, other: 0}


def test_a_dismissed_match_is_asked_about_again_when_the_entry_says_something_else(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    application_id = filed(desk, end_user=a_party(LISTED, "TR"))
    settle(desk, application_id, "dismissed")
    edition(desk, tmp_path, "2026-11-15", LISTED)
    assert not unsettled(desk, application_id)
    edition(desk, tmp_path, "2026-12-01", LISTED, remark="Also trades from Izmir")
    assert unsettled(desk, application_id)
    edition(desk, tmp_path, "2026-12-20", LISTED)
    assert not unsettled(desk, application_id)


def test_a_dismissed_match_is_asked_about_again_when_the_party_is_written_otherwise(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    settle(desk, filed(desk, end_user=a_party(LISTED, "TR")), "dismissed")
    assert unsettled(desk, filed(desk, end_user=a_party(f"{LISTED} A.S.", "TR")))
    assert unsettled(desk, filed(desk, end_user=a_party(LISTED, "AE")))


def test_another_authority_settles_for_itself(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    name = {"payer_name": LISTED, "payer_country": "TR"}
    settle(desk, filed(desk, payment=name), "dismissed")
    assert not unsettled(desk, filed(desk, payment=name))
    assert unsettled(desk, filed(desk, payment=name, authority="FI"))


def test_a_confirmed_match_is_told_as_one_and_still_stands_in_the_way(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    party = a_party(LISTED, "TR")
    first, later = filed(desk, end_user=party), filed(desk, end_user=party)
    settle(desk, first, "confirmed")
    (referral,) = asked(desk, later)
    assert not referral.settled and "Confirmed as the same party on 1 November 2026" in referral.text and "is entry 1" in referral.text
    settle(desk, later, "exempted", at="2026-11-05T10:00:00Z", approved_by="head")
    assert not unsettled(desk, later) and unsettled(desk, first)


def test_a_past_day_is_answered_with_the_list_of_that_day(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    edition(desk, tmp_path, "2026-12-01", "Something Else Entirely")
    results = [screen_names(desk, [(LISTED, None)], datetime(*day))[0]["result"] for day in ((2026, 9, 1), (2026, 11, 1), (2026, 12, 2))]
    assert results == ["no_list_match", "potential_match", "no_list_match"]


def test_two_editions_are_told_apart_entry_by_entry(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED, "Going Away Ltd")
    edition(desk, tmp_path, "2026-12-01", f"{LISTED} New")
    told = difference(desk, "OFAC-SDN", date(2026, 10, 1), date(2026, 12, 1))
    assert [(one.entry_id, one.fields) for one in told.changed] == [("1", ("name",))]
    assert [one.name for one in told.ended] == ["Going Away Ltd"] and not told.added
    back = difference(desk, "OFAC-SDN", date(2026, 12, 1), date(2026, 10, 1))
    assert [one.name for one in back.added] == ["Going Away Ltd"]
    assert len(difference(desk, "OFAC-SDN", date(2026, 9, 1), date(2026, 10, 1)).added) == 4
    with pytest.raises(RefusedInput, match="OFAC-SDN"):
        difference(desk, "UN-SC", date(2026, 10, 1), date(2026, 12, 1))


def test_a_new_edition_tells_its_hits_on_open_licences_and_undecided_applications(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", "Nobody Of Interest")
    payer = {"payer_name": LISTED, "payer_country": "TR"}
    licensed, waiting, refused = filed(desk, end_user=a_party(LISTED, "TR")), filed(desk, payment=payer), filed(desk, payment=payer)
    take_in(desk, "decision", a_decision(licensed), a_decision(refused, outcome="denied", grounds=["end_use"]))
    take_in(desk, "licence", a_licence(licensed))
    done = edition(desk, tmp_path, "2026-12-01", "Nobody Of Interest", LISTED)
    hits = new_hits(desk, done, NOW)
    assert {(hit.application_id, hit.why, hit.role) for hit in hits} == {(licensed, "open licence", "end user"), (waiting, "undecided", "payer")}
    for hit in hits:
        assert hit.subject in unsettled(desk, hit.application_id)
    assert new_hits(desk, edition(desk, tmp_path, "2026-12-05", "Nobody Of Interest", LISTED), NOW) == ()


def test_a_register_number_counts_whatever_the_name(desk, tmp_path):
    header = "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,program_ids,dataset,first_seen,last_seen,last_change"
    (tmp_path / "warned.csv").write_text(f"{header}\nQ-1,Company,Grey Optics,,,de,,HRB123456,,,,,warned,2026-10-01,2026-10-01,2026-10-01\n", "utf-8")
    import_list(desk, tmp_path / "warned.csv", "opensanctions-csv", date(2026, 10, 1), origin("ingest"))
    filed(desk, end_user=a_party("Quite Another GmbH", "DE", registration="HRB 123456"), application_id=fresh("N"))
    why = desk.store.cursor().execute("select why from name_hit").fetchall()
    assert why == [("Same registration number in DE as the entry.",)]


def test_the_queue_counts_no_question_that_was_settled_on_another_application(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    party = a_party(LISTED, "TR")
    first, later = filed(desk, end_user=party), filed(desk, end_user=party)
    score_unscored(desk, origin())

    def open_ones() -> dict[str, int]:
        return {row["application_id"]: row["open_referrals"] for row in queue(desk.store.cursor(), Asked(), NOW).rows}

    assert open_ones() == {first: 1, later: 1}
    settle(desk, first, "dismissed")
    assert open_ones() == {first: 0, later: 0}


def test_a_store_of_an_older_schema_screens_its_names_when_it_is_opened(tmp_path):
    with a_desk(tmp_path) as desk:
        edition(desk, tmp_path, "2026-10-01", LISTED)
        application_id = filed(desk, end_user=a_party(LISTED, "TR"), payment={"payer_name": LISTED, "payer_country": "TR"})
        take_in(desk, "denial_notice", a_denial_notice(LISTED, "TR"))
        before = referrals(desk, application_id)
    with duckdb.connect(str(tmp_path / "store.duckdb")) as connection:
        for table in ("screened_name", "filing_name", "named_hit", "listed_address", "party_place"):
            connection.execute(f"drop table {table}")
        connection.execute("delete from name_hit where list = 'PARTNER-DENIAL'")
        connection.execute("alter table name_hit drop column content")
        connection.execute("update setting set value = '9' where name = 'schema_version'")
    with open_desk(tmp_path / "store.duckdb", origin()) as desk:
        assert referrals(desk, application_id) == before
        assert len(before) == 3  # the end user, the payer, the denial


def test_an_erased_filing_leaves_no_name_behind(desk, tmp_path):
    edition(desk, tmp_path, "2026-10-01", LISTED)
    payer = {"payer_name": LISTED, "payer_country": "TR"}
    one, other = filed(desk, payment=payer), filed(desk, payment=payer)
    for application_id, left in ((one, 1), (other, 0)):
        erase_record(desk, f"application:{application_id}#1", "order 7", "head", origin())
        assert [count(desk, table) for table in ("filing_name", "screened_name", "named_hit")] == [left] * 3


def test_the_command_tells_new_hits_and_differences(tmp_path):
    with a_desk(tmp_path) as desk:
        edition(desk, tmp_path, "2026-10-01", "Nobody Of Interest")
        application_id = filed(desk, payment={"payer_name": "Somebody Of Interest", "payer_country": "TR"})
    for file, old, new in (("sdn.csv", '1,"Nobody', '2,"Somebody'), ("add.csv", "1,1,", "2,1,")):
        (tmp_path / file).write_text((tmp_path / file).read_text("utf-8").replace(old, new), "utf-8")

    def run(*words: str) -> object:
        done = CliRunner().invoke(app, ["lists", *words, "--store", str(tmp_path / "store.duckdb"), "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    told = run("import", str(tmp_path / "sdn.csv"), "--format", "ofac-sdn-csv", "--as-of", "2026-11-01")
    assert [(hit["application_id"], hit["role"], hit["entry_id"]) for hit in told["new_hits"]] == [(application_id, "payer", "2")]
    told = run("diff", "OFAC-SDN", "--from", "2026-10-01", "--to", "2026-11-01")
    assert [[one["entry_id"] for one in told[what]] for what in ("added", "ended", "changed")] == [["2"], ["1"], []]

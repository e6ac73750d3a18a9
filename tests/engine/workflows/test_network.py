"""What an application's parties share with others on record: who is met, in what, how far away, and what may be told of it."""

from __future__ import annotations

from datetime import date

import pytest
from builders import a_decision, a_denial_notice, a_party, a_review, a_shipment, a_visit, an_application
from desks import NOW, a_desk, origin, record, take_in

from engine.errors import UnknownApplication
from engine.workflows import network as graph
from engine.workflows.network import Network, Node, network
from engine.workflows.screen import import_list

TOWER = "Tower 4, Office 12, Dubai"


@pytest.fixture
def desk(tmp_path):
    with a_desk(tmp_path) as desk:
        yield desk


def filed(desk, day: str = "2026-01-10", **told: object) -> str:
    document = an_application(filed_at=f"{day}T09:00:00Z", **told)
    take_in(desk, "application", document)
    return document["application_id"]


def dealer(name: str, country: str = "AE", **told: object) -> dict:
    return a_party(name, country, "dealer", **told)


def seen(desk, application_id: str, visible: tuple[str, ...] | None = None, limit: int = graph.USUAL) -> Network:
    return network(desk.store.cursor(), application_id, NOW, visible, limit)


def parties(told: Network) -> dict[str, Node]:
    return {node.label: node for node in told.nodes if node.kind == "party"}


def joined(told: Network) -> set[tuple[str, str, str]]:
    """(party, kind of edge, label of the thing or of the other party)."""
    label = {node.id: node.label for node in told.nodes}
    assert {end for edge in told.edges for end in (edge.start, edge.end)} <= label.keys()
    return {(label[edge.start], edge.kind, label[edge.end]) for edge in told.edges}


SHARED = {
    "address": ({"address": TOWER}, {"address": TOWER.upper()}, TOWER.upper()),
    "website": ({"website": "https://kestrel.example/about", "registration": "111111-2222"},
                {"website": "http://www.kestrel.example", "registration": "787878-9090"}, "kestrel.example"),
    "owner": ({"owners": [{"name": "Omar Khalid", "country": "AE"}]}, {"owners": [{"name": "OMAR KHALID", "country": "AE"}]}, "OMAR KHALID"),
}


@pytest.mark.parametrize("kind", SHARED)
def test_a_party_is_met_in_what_both_have(desk, kind):
    here, there, label = SHARED[kind]
    filed(desk, end_user=dealer("Zarvanda Marine Stores", **there))
    told = seen(desk, filed(desk, "2026-02-10", end_user=dealer("Quillon Optical House", **here)))
    assert {(name, kind, label) for name in ("Quillon Optical House", "Zarvanda Marine Stores")} <= joined(told)
    assert parties(told)["Quillon Optical House"].roles == ("end_user",) and parties(told)["Zarvanda Marine Stores"].hops == 1
    edge = next(edge for edge in told.edges if edge.start == parties(told)["Zarvanda Marine Stores"].id)
    assert edge.since.date() == date(2026, 1, 10) and "on 1 application, since 10 January 2026" in edge.reason


def test_who_pays_for_one_and_owns_or_is_another_is_met(desk):
    payer = {"payer_name": "Maple Commerce LLC", "payer_country": "AE"}
    filed(desk, end_user=dealer("Maple Commerce LLC"))
    filed(desk, end_user=dealer("Zarvanda Marine Stores", owners=[{"name": "Maple Commerce LLC", "country": "AE"}]))
    told = joined(seen(desk, filed(desk, "2026-02-10", end_user=dealer("Quillon Optical House"), payment=payer)))
    name = "Maple Commerce LLC"
    assert {("Quillon Optical House", "payer", name), (name, "named", name), ("Zarvanda Marine Stores", "owner", name)} <= told


def test_two_hops_are_followed_and_three_are_not(desk):
    for name, quays in {"First Hop Trading": (1, 2), "Second Step Shipping": (2, 3), "Third Far Away": (3, 4)}.items():
        for quay in quays:
            filed(desk, end_user=dealer(name, address=f"Quay {quay}, Dubai"))
    told = parties(seen(desk, filed(desk, "2026-02-10", end_user=dealer("Quillon Optical House", address="Quay 1, Dubai"))))
    assert {name: told[name].hops for name in told if told[name].country == "AE"} == {"Quillon Optical House": 0, "First Hop Trading": 1, "Second Step Shipping": 2}


def test_a_name_of_its_own_alone_joins_nobody(desk):
    filed(desk, end_user=dealer("Quillon Optical House"))
    told = seen(desk, filed(desk, "2026-02-10", end_user=dealer("Quillon Optical House")))
    assert told.edges == () and parties(told)["Quillon Optical House"].applications == 2


def test_what_is_on_record_of_a_party_is_told_and_of_who_only_serves_it_not(desk, tmp_path):
    carrier = a_party("Malmfors Air Cargo Oy", "FI", "commercial", role="carrier")
    first = filed(desk, end_user=dealer("Zarvanda Marine Stores", address=TOWER), intermediaries=[carrier])
    take_in(desk, "decision", a_decision(first))
    shipment = a_shipment(first)
    take_in(desk, "shipment", shipment)
    take_in(desk, "visit", a_visit(first, shipment_id=shipment["shipment_id"], outcome="unfavourable", findings=["diversion"]))
    take_in(desk, "denial_notice", a_denial_notice("Zarvanda Marine Stores", "AE"))
    nothing = ",".join(["-0- "] * 7)
    (tmp_path / "sdn.csv").write_text(f'1,"Zarvanda Marine Stores",-0- ,"TEST",{nothing},"-0- "\n')
    (tmp_path / "add.csv").write_text('1,1,"Quay 1","Dubai","United Arab Emirates",-0- \n')
    (tmp_path / "alt.csv").write_text('1,1,"aka","WHOLLY OTHERWISE",-0- \n')
    import_list(desk, tmp_path / "sdn.csv", "ofac-sdn-csv", date(2026, 10, 1), origin("ingest"))
    application_id = filed(desk, "2026-02-10", end_user=dealer("Quillon Optical House", address=TOWER), intermediaries=[carrier])
    told = parties(seen(desk, application_id))
    met = told["Zarvanda Marine Stores"]
    assert (met.listed.state, met.listed.entry_id, met.denied.times, met.diversion.times) == ("open", "1", 1, 1)
    assert [(node.listed, node.denied, node.diversion) for node in (told["Malmfors Air Cargo Oy"], told["Quillon Optical House"])] == [(None, None, None)] * 2
    cursor = desk.store.cursor()
    ((about,),) = cursor.execute(
        "select 'listed_party:' || substr(md5(list || ' ' || entry_id || ' ' || content || ' ' || form_id::varchar), 1, 12) from name_hit where list = 'OFAC-SDN'").fetchall()
    assert record(desk, "review", a_review("list_match", about, "dismissed", application_id=first, at="2026-11-01T10:00:00Z"))
    assert parties(seen(desk, application_id))["Zarvanda Marine Stores"].listed.state == "dismissed"


def test_what_many_share_leads_nowhere_and_what_has_no_room_is_counted(desk, monkeypatch):
    monkeypatch.setattr(graph, "CROWD", 5)
    take_in(desk, "application", *(an_application(filed_at="2026-01-10T09:00:00Z", end_user=dealer(f"{word} Optical House", address="Centre 1, Dubai")) for word in (
        "Quillon", "Zarvanda", "Maple", "Kestrel", "Ostgrad", "Oslavan")))
    told = seen(desk, filed(desk, "2026-02-10", end_user=dealer("Ladoga Works", address="Centre 1, Dubai")))
    ((crowded, many),) = told.crowded
    assert many == 7 and {edge.end for edge in told.edges} == {crowded} and told.parties_left_out == 0 and "Maple Optical House" not in parties(told)
    monkeypatch.setattr(graph, "CROWD", 40)
    told = seen(desk, filed(desk, "2026-02-10", end_user=dealer("Ladoga Works", address="Centre 1, Dubai")), limit=4)
    assert sum(node.kind == "party" for node in told.nodes) == 4 and told.parties_left_out == 4


def test_another_authoritys_text_is_not_told(desk):
    filed(desk, authority="FI", end_user=dealer("Secret Marine Stores", address=TOWER))
    for name in ("Secret Marine Stores", "Hidden Trading"):
        filed(desk, authority="FI", end_user=dealer(name, address="Quay of Secrets 1"))
    application_id = filed(desk, "2026-02-10", end_user=dealer("Quillon Optical House", address=TOWER))
    told = seen(desk, application_id, ("SE",))
    assert "ecret" not in repr(told) and "Hidden" not in repr(told)
    withheld = [node for node in told.nodes if node.withheld]
    assert {(node.kind, node.hops, node.label, node.first_seen) for node in withheld} == {("party", 1, None, None), ("party", 2, None, None), ("address", 1, None, None)}
    assert {node.label for node in seen(desk, application_id).nodes} >= {"Secret Marine Stores", "Hidden Trading", "Quay of Secrets 1", TOWER}


def test_of_no_application_nothing_is_told(desk):
    with pytest.raises(UnknownApplication):
        seen(desk, "none-such")

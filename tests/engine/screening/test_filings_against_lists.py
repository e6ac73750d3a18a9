"""Every name on a filing is held against the lists and the partners' denials, asked about once, and not again once settled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from builders import a_certificate, a_decision, a_denial_notice, a_licence, a_party, a_review, an_application, fresh, withdrawing
from desks import NOW, a_desk, origin, record, score_of, take_in
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
    (folder / "sdn.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "add.csv").write_text('1,1,"Sanayi 1","Ankara","Turkey",-0- \n', "utf-8")
    (folder / "alt.csv").write_text('900,1,"aka","OSLAVAN PERLE",-0- \n', "utf-8")
    return import_list(desk, folder / "sdn.csv", "ofac-sdn-csv", date.fromisoformat(day), origin("ingest"))


def filed(desk: Desk, **told: object) -> str:
    application = an_application(**told)
    take_in(desk, "application", application)
    return application["application_id"]


def asked(desk: Desk, application_id: str, rule: str = "listed_party", now: datetime = NOW) -> list[Referral]:
    return [r for r in score_of(desk, application_id, now=now).referrals if r.rule_id == rule]


def unsettled(desk: Desk, application_id: str, now: datetime = NOW) -> list[str]:
    return [r.subject for r in asked(desk, application_id, now=now) if not r.settled]


ELSEWHERE = {
    "owner of the end user": ("end_user/owners/1", {"end_user": a_party("Ankara Works", "TR", owners=[{"name": "Anybody"}, {"name": LISTED, "country": "TR"}])}),
    "owner of the broker": ("intermediaries/0/owners/0", {"intermediaries": [a_party("Middle Ltd", "TR", role="broker", owners=[{"name": LISTED}])]}),
    "payer": ("payment/payer_name", {"payment": {"payer_name": LISTED, "payer_country": "TR"}}),
    "signatory of document 1": ("documents/0/signatory", {"documents": [a_certificate(signatory=LISTED)]}),
    "consignee named on document 1": ("documents/0/consignee", {"documents": [a_certificate(consignee=LISTED)]}),
    "carrier of leg 1": ("route/0/carrier", {"route": [{"from": "SEGOT", "to": "FIHEL", "mode": "sea", "carrier": LISTED}]}),
    "vessel of leg 1": ("route/0/imo", {"route": [{"from": "SEGOT", "to": "FIHEL", "mode": "sea", "imo": IMO}]}),
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
    assert len(difference(desk, "OFAC-SDN", date(2026, 9, 1), date(2026, 10, 1)).added) == 3
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
        before = score_of(desk, application_id).referrals
    with duckdb.connect(str(tmp_path / "store.duckdb")) as connection:
        for table in ("screened_name", "filing_name", "named_hit"):
            connection.execute(f"drop table {table}")
        connection.execute("delete from name_hit where list = 'PARTNER-DENIAL'")
        connection.execute("alter table name_hit drop column content")
        connection.execute("update setting set value = '9' where name = 'schema_version'")
    with open_desk(tmp_path / "store.duckdb", origin()) as desk:
        assert score_of(desk, application_id).referrals == before
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

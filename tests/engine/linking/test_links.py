"""What is filed gives entities: by weights, in any order, at once or one by one, with the reason, and a person's word above all."""

from __future__ import annotations

import json
from random import Random

import pytest
from builders import a_party, a_review, an_application
from desks import a_desk, filing, origin, record, take_in, values
from typer.testing import CliRunner

from engine.cli import app
from engine.errors import RefusedInput, UnknownRecord
from engine.workflows.erase import erase_record
from engine.workflows.file_application import file_application
from engine.workflows.links import entity_shown, merging, parting, promote_weights

RUN = CliRunner()
FIRM = {"country": "AE", "kind": "dealer"}


@pytest.fixture
def desk(tmp_path):
    with a_desk(tmp_path) as desk:
        yield desk


def filed(day: str, **user: object) -> dict:
    return an_application(filed_at=f"{day}T09:00:00Z", end_user=a_party(**(FIRM | user)))


def entity(desk, name: str) -> int:
    return desk.store.cursor().execute(
        "select entity_id from party_entity inner join party_form on party_entity.form_id = party_form.form_id where name = ? and known_to is null", [name]
    ).fetchall()[0][0]


def form(desk, name: str) -> int:
    return desk.store.cursor().execute("select form_id from party_form where name = ?", [name]).fetchall()[0][0]


def reason(desk, name: str) -> str:
    return desk.store.cursor().execute(
        "select reason from party_entity inner join party_form on party_entity.form_id = party_form.form_id where name = ? and known_to is null", [name]
    ).fetchall()[0][0]


SAME = [
    ("Romashka Trading LLC", {}, "ООО «Ромашка Трейдинг»", {"country": "AE"}, "spelling"),
    ("Al Noor Falcon General Trading LLC", {}, "El Nour Falcon General Trading L.L.C.", {}, "spelling"),
    ("Kestrel Bridge Supplies Ltd", {}, "Kestrel Brigde Supplies Limited", {}, "slip"),
    ("Ministry of Energy of Latvia", {"country": "LV", "kind": "government"}, "Latvia Ministry of Energy", {"country": "LV", "kind": "government"}, "order"),
    ("Ostgrad Power Ltd", {"registration": "556677-8899"}, "Wholly Else Ltd", {"registration": "AE5566778899"}, "same register number"),
    ("Ostgrad Power Ltd", {"lei": "5493001KJTIIGC8Y1R12"}, "Wholly Else Ltd", {"lei": "5493001KJTIIGC8Y1R12"}, "same LEI"),
    ("Ostgrad Power Ltd", {"party_id": "P-1"}, "Wholly Else Ltd", {"party_id": "P-1"}, "same party id"),
]
OTHER = [
    ("Kestrel Bridge Supplies Ltd", {}, "Kestrel Bridge Shipping Ltd", {}),
    ("Army 12 Signals Battalion", {"kind": "military"}, "Army 21 Signals Battalion", {"kind": "military"}),
    ("Kestrel Bridge Supplies Ltd", {"registration": "111111-2222"}, "Kestrel Bridge Supplies Ltd.", {"registration": "787878-9090"}),
    ("Kestrel Bridge Supplies Ltd", {"lei": "5493001KJTIIGC8Y1R12"}, "Kestrel Bridge Supplies Ltd.", {"lei": "529900T8BM49AURSDO55"}),
    ("Kestrel Bridge Supplies Ltd", {"address": "Tower 4, Dubai"}, "Maple Commerce LLC", {"address": "Tower 4, Dubai"}),
]


@pytest.mark.parametrize(("one", "told", "other", "too", "why"), SAME, ids=[f"{row[0]} = {row[2]}" for row in SAME])
def test_one_party_written_in_two_ways_is_one_entity_and_the_reason_says_why(desk, one, told, other, too, why):
    take_in(desk, "application", filed("2026-01-10", name=one, **told), filed("2026-02-10", name=other, **too))
    assert entity(desk, one) == entity(desk, other)
    assert why in reason(desk, other) and "bits" in reason(desk, other)


@pytest.mark.parametrize(("one", "told", "other", "too"), OTHER, ids=[f"{row[0]} / {row[2]}" for row in OTHER])
def test_two_parties_that_look_alike_stay_two(desk, one, told, other, too):
    take_in(desk, "application", filed("2026-01-10", name=one, **told), filed("2026-02-10", name=other, **too))
    assert entity(desk, one) != entity(desk, other)


def test_a_firm_registered_anew_is_linked_only_by_much_else_and_the_reason_says_so(desk):
    told = {"address": "Quay 7, Dubai", "website": "https://kestrel.example", "owners": [{"name": "Omar Khalid", "country": "AE", "share": 1.0}]}
    take_in(desk, "application", filed("2026-01-10", name="Kestrel Bridge Supplies Ltd", registration="111111-2222", **told),
            filed("2026-02-10", name="Kestrel Bridge Supplies Group Ltd", registration="787878-9090", **told))
    assert entity(desk, "Kestrel Bridge Supplies Ltd") == entity(desk, "Kestrel Bridge Supplies Group Ltd")
    assert reason(desk, "Kestrel Bridge Supplies Group Ltd").startswith("taken for the same party registered anew")


def some_filings() -> list[dict]:
    """Parties written in many ways over a year, with what is known of them coming and going."""
    random = Random(4)
    names = ("Kestrel Bridge Supplies Ltd", "KESTREL BRIDGE SUPPLIES LIMITED", "Kestrel Brigde Supplies Ltd", "Kestrel Bridge Shipping Ltd", "Kestrel Supplies Ltd",
             "Kestrel Bridge Supplies Group Ltd")
    documents = []
    for day in range(40):
        told = {"address": random.choice(("Quay 7, Dubai", "Quay 8, Dubai", None)), "website": random.choice(("https://kestrel.example", None, None)),
                "registration": random.choice(("111111-2222", "787878-9090", None, None)), "party_id": random.choice(("P-1", "P-2", None, None, None))}
        documents.append(filed(f"2026-{1 + day // 28:02d}-{1 + day % 28:02d}", name=random.choice(names), **{k: v for k, v in told.items() if v}))
    ostgrad = {"name": "Ostgrad Power Ltd", "lei": "5493001KJTIIGC8Y1R12"}
    documents[3], documents[30] = filed("2026-01-04", **ostgrad), filed("2026-02-03", **ostgrad, party_id="P-1")  # it was Kestrel all the time
    return documents


def spells(desk) -> list[tuple]:
    return desk.store.cursor().execute("select * from party_entity order by form_id, known_from, known_to nulls last").fetchall()


def test_one_by_one_in_bulk_and_backwards_give_the_same_entities(tmp_path):
    documents = some_filings()
    found = []
    for n, portions in enumerate(([documents], [[one] for one in documents], [[one] for one in reversed(documents)], [documents[20:], documents[:20]])):
        (tmp_path / str(n)).mkdir()
        with a_desk(tmp_path / str(n)) as desk:
            for portion in portions:
                take_in(desk, "application", *portion)
            found.append(spells(desk))
    assert any(known_to is not None for *_, known_to, _ in found[0]), "something was joined later"
    assert found[1] == found[0]
    assert found[2] == found[0]
    assert found[3] == found[0]


def test_a_later_filing_moves_no_feature_of_an_earlier_moment_and_an_override_counts_from_its_own(desk):
    one, other = filed("2026-01-10", name="Kestrel Bridge Supplies Ltd", party_id="P-1"), filed("2026-02-10", name="Ostgrad Power Ltd", party_id="P-2")
    asked = filed("2026-03-10", name="Ostgrad Power Ltd", party_id="P-2")
    take_in(desk, "application", one, other, asked)
    before = values(desk, asked["application_id"])
    assert before["end_user_prior_filings_count"] == 1
    told = merging(desk.store.cursor(), entity(desk, "Kestrel Bridge Supplies Ltd"), form(desk, "Ostgrad Power Ltd"))
    record(desk, "review", a_review(**told, at="2026-04-01T10:00:00Z"))
    assert values(desk, asked["application_id"]) == before
    filed_later = filed("2026-05-10", name="Ostgrad Power Ltd", party_id="P-2")
    file_application(desk, filing(filed_later), origin())
    assert values(desk, filed_later["application_id"])["end_user_prior_filings_count"] == 3
    record(desk, "review", a_review(**parting(desk.store.cursor(), form(desk, "Kestrel Bridge Supplies Ltd")), at="2026-06-01T10:00:00Z"))
    assert values(desk, filed_later["application_id"])["end_user_prior_filings_count"] == 3
    last = filed("2026-07-10", name="Ostgrad Power Ltd", party_id="P-2")
    file_application(desk, filing(last), origin())
    assert values(desk, last["application_id"])["end_user_prior_filings_count"] == 3, "the three of Ostgrad, and none of Kestrel's"


def test_no_later_link_undoes_a_persons_word(desk):
    take_in(desk, "application", filed("2026-01-10", name="Kestrel Bridge Supplies Ltd"), filed("2026-02-10", name="KESTREL BRIDGE SUPPLIES LTD", party_id="P-9"))
    record(desk, "review", a_review(**parting(desk.store.cursor(), form(desk, "KESTREL BRIDGE SUPPLIES LTD")), at="2026-04-01T10:00:00Z"))
    told = {"party_id": "P-9", "address": "Quay 7, Dubai", "registration": "111111-2222"}
    take_in(desk, "application", filed("2026-05-10", name="Kestrel Bridge Supplies Ltd.", **told), filed("2026-05-11", name="Kestrel Bridge Supplies Ltd", **told))
    assert entity(desk, "KESTREL BRIDGE SUPPLIES LTD") != entity_shown(desk.store.cursor(), form(desk, "Kestrel Bridge Supplies Ltd")).entity_id


def test_what_was_derived_of_an_erased_filing_goes_with_it(desk):
    kept, gone = filed("2026-01-10", name="Kestrel Bridge Supplies Ltd"), filed("2026-02-10", name="Kestrel Brigde Supplies Ltd", address="Quay 7, Dubai")
    take_in(desk, "application", kept, gone)
    erase_record(desk, f"application:{gone['application_id']}#1", "Order 1", "a judge", origin())
    cursor = desk.store.cursor()
    for table in ("name_key", "party_form", "party_writing"):
        assert cursor.execute(f"select count(*) from {table} where name like '%Brigde%'").fetchall() == [(0,)]
    assert entity(desk, "Kestrel Bridge Supplies Ltd") == form(desk, "Kestrel Bridge Supplies Ltd")


def test_a_word_that_changes_nothing_is_refused(desk):
    take_in(desk, "application", filed("2026-01-10", name="Kestrel Bridge Supplies Ltd"))
    alone = form(desk, "Kestrel Bridge Supplies Ltd")
    for asked, error in ((lambda c: merging(c, alone, alone), RefusedInput), (lambda c: parting(c, alone), RefusedInput), (lambda c: entity_shown(c, 5), UnknownRecord)):
        with pytest.raises(error):
            asked(desk.store.cursor())


def test_the_command_shows_joins_and_parts(tmp_path):
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", filed("2026-01-10", name="Kestrel Bridge Supplies Ltd"), filed("2026-02-10", name="Ostgrad Power Ltd"))
        one, other = form(desk, "Kestrel Bridge Supplies Ltd"), form(desk, "Ostgrad Power Ltd")
    store = ["--store", str(tmp_path / "store.duckdb")]
    merged = RUN.invoke(app, ["party", "merge", str(one), str(other), "--because", "Same owner, seen on site.", *store, "--json"])
    assert merged.exit_code == 0, merged.output
    (entity_id,) = json.loads(merged.output)["entities"]
    shown = RUN.invoke(app, ["party", "show", str(entity_id), *store])
    assert "2 form(s)" in shown.output and "Same owner, seen on site." in shown.output and str(one) in shown.output
    assert RUN.invoke(app, ["party", "show", str(one), *store, "--json"]).exit_code == 0
    assert RUN.invoke(app, ["party", "split", str(other), "--because", "Mistaken.", *store]).exit_code == 0
    assert "1 form(s)" in RUN.invoke(app, ["party", "show", str(one), *store]).output
    assert RUN.invoke(app, ["party", "merge", str(one), str(one), "--because", "x", *store]).exit_code == 3


def test_weights_are_promoted_with_a_reason_and_on_record(desk):
    from importlib import resources

    text = (resources.files("engine.linking") / "weights-1.toml").read_text()
    take_in(desk, "application", filed("2026-01-10", name="Kestrel Bridge Supplies Ltd"), filed("2026-02-10", name="Kestrel Brigde Supplies Ltd"))
    assert entity(desk, "Kestrel Bridge Supplies Ltd") == entity(desk, "Kestrel Brigde Supplies Ltd")
    with pytest.raises(RefusedInput, match="reason"):
        promote_weights(desk, text, " ", origin())
    with pytest.raises(RefusedInput, match="no link weights"):
        promote_weights(desk, "version = 1", "Better.", origin())
    with pytest.raises(RefusedInput, match="other comparisons"):
        promote_weights(desk, text.replace("[level.kind]", "[level.colour]"), "Better.", origin())
    promote_weights(desk, text.replace('version = "1"', 'version = "strict"').replace("link = 4.0", "link = 40.0"), "Fewer doubts.", origin())
    assert entity(desk, "Kestrel Bridge Supplies Ltd") != entity(desk, "Kestrel Brigde Supplies Ltd")
    assert desk.store.cursor().execute("select count(*) from record where kind = 'link_weights'").fetchall() == [(1,)]
    take_in(desk, "application", filed("2026-03-10", name="Kestrel Bridge Suplies Ltd"))
    assert entity(desk, "Kestrel Bridge Suplies Ltd") == form(desk, "Kestrel Bridge Suplies Ltd"), "and stay in force"


def test_weights_in_force_are_not_erased_and_a_finite_number_each(desk):
    from importlib import resources

    text = (resources.files("engine.linking") / "weights-1.toml").read_text()
    promote_weights(desk, text.replace('version = "1"', 'version = "2"'), "Tried.", origin())
    (key,) = desk.store.cursor().execute("select key from record where kind = 'link_weights'").fetchall()[0]
    with pytest.raises(RefusedInput, match="past scores rest on it"):
        erase_record(desk, key, "Order 2", "a judge", origin())
    with pytest.raises(RefusedInput, match="not finite"):
        promote_weights(desk, text.replace("link = 4.0", "link = nan"), "Worse.", origin())


def test_a_review_of_a_form_that_no_number_can_name_moves_nothing(desk):
    take_in(desk, "application", filed("2026-01-10", name="Kestrel Bridge Supplies Ltd"))
    take_in(desk, "review", a_review("link", str(2**64), "dismissed", at="2026-04-01T10:00:00Z"))
    take_in(desk, "application", filed("2026-05-10", name="Kestrel Bridge Supplies Ltd", address="Quay 7"))
    assert entity(desk, "Kestrel Bridge Supplies Ltd") == form(desk, "Kestrel Bridge Supplies Ltd")

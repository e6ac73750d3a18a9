"""The synthetic jurisdiction: the same for a seed, true to the contract, and as hard as the real thing."""

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from data.world import WorldSummary, write_world
from data.world.clock import months_later
from data.world.countries import COUNTRIES
from data.world.journal import KINDS

ROOT = Path(__file__).parents[2]
DIVERSIONS = {"re_transfer", "re_export", "diversion", "theft_or_capture"}
ACCOUNTED = {"seen", "consumed", "incorporated", "in_repair", "destroyed"}
EVENTS = frozenset(KINDS)
PERSONAL = {"nationality", "citizenship", "birth_date", "birthplace", "sex", "gender", "religion"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    return write_world(tmp_path_factory.mktemp("world"), applications=6_000, seed=7)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    return write_world(tmp_path_factory.mktemp("small"), applications=1_000, months=24, seed=3)


def rows(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def keys(value: object) -> set[str]:
    """Every field name in a document, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def post_shipment_visits(world: WorldSummary) -> list[dict]:
    return [
        row
        for row in rows(world.paths["visit"])
        if row["stage"] == "post_shipment" and "corrects" not in row and not row.get("withdrawn")
    ]


def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed(tmp_path: Path, small: WorldSummary) -> None:
    code = "import sys, pathlib; from data.world import write_world; "
    code += "write_world(pathlib.Path(sys.argv[1]), applications=1_000, months=24, seed=3)"
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / hash_seed)], check=True, cwd=ROOT, env=environment)
        assert contents(tmp_path / hash_seed) == contents(small.paths["application"].parent)


def test_another_seed_gives_another_world(tmp_path: Path, small: WorldSummary) -> None:
    other = write_world(tmp_path, applications=1_000, months=24, seed=4)
    assert other.paths["application"].read_bytes() != small.paths["application"].read_bytes()


def test_the_summary_counts_the_lines_of_the_files(world: WorldSummary) -> None:
    assert set(world.paths) == EVENTS | {"application", "new_application", "truth", "truth_party", "watchlist"}
    lines = {kind: sum(1 for _ in rows(path)) for kind, path in world.paths.items() if kind != "watchlist"}
    assert lines == {kind: count for kind, count in world.counts.items() if kind != "watchlist"}
    assert sorted(path.name for path in world.paths["truth"].parent.iterdir()) == sorted(
        path.name for path in world.paths.values()
    )


def test_every_line_keeps_the_contract(world: WorldSummary) -> None:
    wire = pytest.importorskip("engine.wire", reason="the contract's models are not there")
    seen = Counter()
    for kind, path in world.paths.items():
        if kind in ("truth", "truth_party", "watchlist"):
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            if kind.endswith("application"):
                wire.parse_application(line)
            else:
                wire.parse_event(kind, line)
            seen[kind] += 1
    assert set(seen) == EVENTS | {"application", "new_application"}


def test_every_kind_and_code_that_an_engine_must_meet_occurs(world: WorldSummary) -> None:
    applications = list(rows(world.paths["application"]))
    kinds = {"export", "re_export", "transit", "transshipment", "brokering", "technology"}
    assert {row["kind"] for row in applications} == kinds
    assert {row["authorisation"] for row in applications} == {"individual", "global", "general", "large_project"}
    assert 0.005 < sum(row["authority"] == "NO" for row in applications) / len(applications) < 0.02
    assert 0.04 < sum(row.get("revision", 1) > 1 for row in applications) / len(applications) < 0.1
    assert {row["outcome"] for row in rows(world.paths["decision"])} == {"granted", "denied", "withdrawn", "returned"}
    assert any(row.get("withdrawn") for row in rows(world.paths["visit"]))
    assert any(row.get("corrects") for row in rows(world.paths["visit"]))


def test_lines_are_in_order_of_time(world: WorldSummary) -> None:
    for kind, path in world.paths.items():
        if kind in ("truth", "truth_party", "watchlist"):
            continue
        times = [row["filed_at" if kind.endswith("application") else "at"] for row in rows(path)]
        assert times == sorted(times), kind


def test_events_follow_the_filing_they_are_about_and_nothing_is_known_after_the_end(world: WorldSummary) -> None:
    filed, shipped, seen = {}, {}, set()
    for row in rows(world.paths["application"]):
        filed.setdefault(row["application_id"], row["filed_at"])
    for row in rows(world.paths["shipment"]):
        shipped[row["shipment_id"]] = row["shipped_on"]
    for kind in EVENTS:
        for row in rows(world.paths[kind]):
            assert row["event_id"] not in seen
            seen.add(row["event_id"])
            assert row["at"] < "2026-11-01T00:00:00Z"
            if "application_id" in row:
                assert row["at"] > filed[row["application_id"]], (kind, row)
            if kind == "shipment" and "arrived_on" in row:
                assert row["shipped_on"] <= row["arrived_on"] <= row["at"][:10]
            if kind == "visit":
                assert row["visited_on"] <= row["at"][:10]


def test_a_correction_comes_after_what_it_corrects(world: WorldSummary) -> None:
    for kind in ("visit", "incident", "decision"):
        known = {}
        for row in rows(world.paths[kind]):
            known[row["event_id"]] = row["at"]
            if "corrects" in row:
                assert known[row["corrects"]] < row["at"]


def test_nothing_is_named_that_was_not_known_before(world: WorldSummary) -> None:
    known: dict[str, dict[str, str]] = {"shipment_id": {}, "licence_number": {}, "corrects": {}}
    for kind, name in (("shipment", "shipment_id"), ("licence", "licence_number")):
        for row in rows(world.paths[kind]):
            known[name].setdefault(row.get(name), row["at"])
    for kind in EVENTS:
        for row in rows(world.paths[kind]):
            known["corrects"][row["event_id"]] = row["at"]
    for kind in EVENTS:
        for row in rows(world.paths[kind]):
            for name in known.keys() & row.keys():
                assert known[name].get(row[name], "never") <= row["at"], (kind, name, row["event_id"])


def test_the_new_month_is_undecided_and_of_its_own(world: WorldSummary) -> None:
    new = {row["application_id"] for row in rows(world.paths["new_application"])}
    assert len(new) == round(6_000 / 72)
    assert new.isdisjoint(row["application_id"] for row in rows(world.paths["application"]))
    assert new.isdisjoint(row.get("application_id") for kind in EVENTS for row in rows(world.paths[kind]))
    assert {row["filed_at"][:7] for row in rows(world.paths["new_application"])} == {"2026-11"}


def test_few_of_what_is_shipped_is_diverted(world: WorldSummary) -> None:
    assert 0.72 < world.shipped / world.applications < 0.86
    assert 0.013 < world.diverted / world.shipped < 0.04


def test_as_much_is_found_as_authorities_say_they_find(world: WorldSummary) -> None:
    truth = {row["application_id"]: row for row in rows(world.paths["truth"])}
    visits = post_shipment_visits(world)
    assert 0.05 < len(visits) / world.shipped < 0.09
    assert 0.14 < sum(row["outcome"] == "unfavourable" for row in visits) / len(visits) < 0.3
    found = {row["application_id"] for row in visits if DIVERSIONS & set(row.get("findings", ()))}
    incidents = [row for row in rows(world.paths["incident"]) if row.get("confirmed") and row["finding"] in DIVERSIONS]
    found |= {row["application_id"] for row in incidents if "application_id" in row}
    cleared = {
        row["application_id"]
        for row in visits
        if row["outcome"] == "favourable"
        and row["mode"] == "on_site"
        and {one["state"] for one in row["items"]} <= ACCOUNTED
    }
    assert len(found) >= 12
    assert len(cleared) >= 100
    assert sum(truth[one]["diverted"] for one in found) / len(found) > 0.75
    assert sum(truth[one]["diverted"] for one in cleared - found) / len(cleared) < 0.1


def test_a_visit_finds_only_what_has_happened(world: WorldSummary) -> None:
    truth = {row["application_id"]: row for row in rows(world.paths["truth"])}
    for row in post_shipment_visits(world):
        if DIVERSIONS & set(row.get("findings", ())):
            assert truth[row["application_id"]]["diverted_on"] <= row["visited_on"]


def test_the_hidden_risk_ranks_what_happens_but_does_not_decide_it(world: WorldSummary) -> None:
    truth = list(rows(world.paths["truth"]))
    bad = [row["risk"] for row in truth if row["would_divert"]]
    good = [row["risk"] for row in truth if not row["would_divert"]]
    ahead = sum((one > other) + 0.5 * (one == other) for one in bad for other in good) / len(bad) / len(good)
    assert 0.88 < ahead < 0.99


def test_certified_exporters_send_much_through_hubs_and_little_goes_astray(world: WorldSummary) -> None:
    truth = {row["application_id"]: row for row in rows(world.paths["truth"])}
    hubs = {"SG", "AE", "HK", "MY"}
    through = {
        row["application_id"]
        for row in rows(world.paths["application"])
        if row["exporter"].get("compliance_programme", {}).get("level", 0) >= 4
        and any(leg["to"][:2] in hubs for leg in row.get("route", ())[:-1])
    }
    assert len(through) > 50
    assert sum(truth[one]["would_divert"] for one in through) / len(through) < 0.03


def test_one_party_comes_under_several_names_and_one_certificate_number_twice(world: WorldSummary) -> None:
    truth = {row["application_id"]: row for row in rows(world.paths["truth"])}
    names: dict[str, set[str]] = {}
    numbers: dict[str, set[str]] = {}
    for row in rows(world.paths["application"]):
        if "end_user" not in row:
            continue
        names.setdefault(truth[row["application_id"]]["parties"]["end_user"]["entity"], set()).add(
            row["end_user"]["name"]
        )
        for paper in row["documents"]:
            if paper["kind"] == "end_user_certificate" and "number" in paper:
                numbers.setdefault(paper["number"], set()).add(paper["end_user"])
    assert sum(len(spelt) > 1 for spelt in names.values()) > 100
    assert any(len(users) > 1 for users in numbers.values())


def test_every_written_form_of_a_party_has_its_true_party_in_a_file_apart(world: WorldSummary) -> None:
    form = ("party_id", "lei", "registration", "country", "name")
    truth = list(rows(world.paths["truth_party"]))
    told = {tuple(row.get(key) for key in form) for row in truth}
    for row in rows(world.paths["application"]):
        named = [row[role] for role in ("exporter", "applicant", "consignee", "end_user") if role in row]
        for party in named + row.get("intermediaries", []) + row.get("end_users", []):
            assert tuple(party.get(key) for key in form) in told
    assert "entity" not in world.paths["application"].read_text(encoding="utf-8")


def test_parties_are_written_otherwise_in_every_way_that_registers_know(world: WorldSummary) -> None:
    truth = list(rows(world.paths["truth_party"]))
    altered = Counter(row["altered"] for row in truth)
    assert set(altered) == {
        "usual", "misspelt", "romanised", "native_script", "second_id", "address_spelt", "number_spelt", "reregistered", "moved", "renumbered",
    }
    numbers: dict[str, set[str]] = {}
    for row in truth:
        if row["altered"] == "reregistered" or row["altered"] == "usual":
            numbers.setdefault(row["entity"], set()).add(row.get("registration", ""))
    assert sum(len(some - {""}) > 1 for some in numbers.values()) > 10


def test_some_addresses_are_business_centres_of_unrelated_firms(world: WorldSummary) -> None:
    party = {(row.get("registration"), row["name"]): row["entity"] for row in rows(world.paths["truth_party"])}
    at: dict[str, set[str]] = {}
    for row in rows(world.paths["application"]):
        for role in ("exporter", "consignee", "end_user"):
            if "address" in row.get(role, {}):
                at.setdefault(row[role]["address"], set()).add(party[row[role].get("registration"), row[role]["name"]])
    assert sum(len(some) > 1 for some in at.values()) > 8


def test_what_is_missing_is_left_out_and_never_empty(small: WorldSummary) -> None:
    for kind in ("application", "visit", "delivery"):
        text = small.paths[kind].read_text(encoding="utf-8")
        assert "null" not in text
        assert '""' not in text


def test_no_document_holds_what_a_score_must_not_read(small: WorldSummary) -> None:
    for row in rows(small.paths["application"]):
        assert PERSONAL.isdisjoint(keys(row))


def test_the_watch_list_has_the_published_columns_and_lists_mostly_after_the_filings(world: WorldSummary) -> None:
    with world.paths["watchlist"].open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file, dialect="unix"))
    assert list(listed[0])[:4] == ["id", "schema", "name", "aliases"]
    assert len(listed) == 150
    assert len({row["id"] for row in listed}) == 150
    assert all(row["birth_date"] == "" for row in listed)
    first_filed: dict[str, str] = {}
    for row in rows(world.paths["application"]):
        if "end_user" in row:
            first_filed.setdefault(row["end_user"]["name"], row["filed_at"][:10])
    met = [(first_filed[row["name"]], row["first_seen"][:10]) for row in listed if row["name"] in first_filed]
    assert len(met) >= 5
    assert sum(filed < seen for filed, seen in met) > len(met) / 2


def test_places_are_locodes_of_their_country() -> None:
    for country in COUNTRIES.values():
        for place in (*country.ports, *country.airports):
            assert re.fullmatch(rf"{country.code}[A-Z2-9]{{3}}", place)
        assert country.airports and (country.ports or country.gate)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
        (date(2026, 10, 31), -72, date(2020, 10, 31)),
        (date(2026, 2, 28), 1, date(2026, 3, 31)),
        (date(2026, 5, 15), -5, date(2025, 12, 15)),
    ],
)
def test_a_month_later_keeps_the_end_of_the_month(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


def test_an_empty_world_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        write_world(tmp_path, applications=0)


def test_progress_is_told_up_to_the_last_application(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_world(tmp_path, applications=1_200, new_month=False, progress=lambda done, total: told.append((done, total)))
    assert told == [(1_000, 1_200), (1_200, 1_200)]
    assert not (tmp_path / "new_application.jsonl").exists()

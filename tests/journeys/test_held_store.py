"""A store held by a running service: a verb that has a route goes through it and says what it says on the store itself."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from builders import a_decision, a_party, a_review, an_application, arms
from desks import origin, take_in
from papers import LINES, a_pdf
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from engine import linking
from engine.cli import app, door
from engine.store.database import open_store, running_service, service_note
from engine.workflows.tokens import ROLES, create_token

RUN = CliRunner()
PYTHON = (sys.executable, "-c")
SDN = '{0},"{1}","individual","SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 1970."\r\n'
CAUGHT = an_application(application_id="H-REFERRED", catch_all={"wmd_informed": True}, filed_at="2024-03-01T09:00:00Z")
RISKY = an_application(
    application_id="H-RISKY", documents=[{"kind": "end_user_certificate"}], end_user=a_party("Any Dealer", "AE", "dealer", registered_on="2026-10-01"), items=[arms(value=9_000_000)],
    intermediaries=[a_party("Unknown Broker", "VG", role="broker")], end_use={"statement": "Various.", "purpose": "resale", "country": "AE"},
    payment={"payer_name": "Third Ltd", "payer_country": "VG", "method": "cash", "prepaid_share": 1.0}, filed_at="2024-03-01T09:00:00Z",
)
SLASHED = an_application(application_id="H/1", filed_at="2024-03-01T09:00:00Z")
PLAIN = an_application(application_id="H-PLAIN", filed_at="2024-03-01T09:00:00Z")


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def told(self) -> dict | list:
        return json.loads(self.out)


@dataclass
class Pair:
    """Two copies of one store, each in a folder of its own with the same files: one free, one held by a service."""

    folder: Path
    address: str
    secrets: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, content: str) -> str:
        for place in ("free", "held"):
            (self.folder / place / name).write_bytes(content.encode())
            os.utime(self.folder / place / name, (1_700_000_000, 1_700_000_000))
        return name

    def at(self, place: str, role: str | None, *words: str) -> Said:
        os.chdir(self.folder / place)
        done = RUN.invoke(app, [*words], env={"DIVERSION_STORE": "store.duckdb", "DIVERSION_TOKEN": self.secrets.get(role, role)}, catch_exceptions=False)
        return Said(done.exit_code, _timeless(done.stdout), _timeless(done.stderr))

    def both(self, role: str, *words: str, status: int = 0) -> Said:
        """A verb at both places, which must say and do the same."""
        free, held = (self.at(place, role, *words) for place in ("free", "held"))
        assert (held.status, held.out, held.err) == (free.status, free.out, free.err)
        assert held.status == status, (held.out, held.err)
        return held

    def files(self, name: str) -> tuple[Path, Path]:
        return self.folder / "free" / name, self.folder / "held" / name


def _timeless(text: str) -> str:
    """What was said, without the moments of saying it."""
    text = re.sub(r'"scored_at":"[^"]*"', '"scored_at":"then"', re.sub(r'"as_of":"[^"]*\.\d+Z"', '"as_of":"now"', text))
    return re.sub(r"Scored\s+\d+\s+\w+\s+\d{4}\s+\d\d:\d\d", "Scored then", text)


@pytest.fixture(scope="module")
def pair(trained, tmp_path_factory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = Pair(folder, f"http://127.0.0.1:{free.getsockname()[1]}")
    for place in ("free", "held"):
        (folder / place).mkdir()
        with trained.copy(folder / place) as desk:
            take_in(desk, "application", PLAIN, CAUGHT, RISKY, SLASHED)
            now = origin(at=door.now())
            found.secrets = {role: create_token(desk, f"{role}-one", role, None, now.at + timedelta(days=1), now)[0] for role in ROLES}
    store, home = folder / "held" / "store.duckdb", Path.cwd()
    with (folder / "service.log").open("wb") as log:
        serving = subprocess.Popen(
            [*PYTHON, "from engine.cli import main; main()", "serve", "--store", str(store), "--service", found.address], stdout=log, stderr=log)
    try:
        _wait_for(lambda: _listens(found.address))
        yield found
    finally:
        os.chdir(home)
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(60) == 0, (folder / "service.log").read_text()


def _wait_for(true) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("nothing came within a minute")


def _listens(address: str) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", int(address.rsplit(":", 1)[1]))) == 0


@pytest.mark.parametrize(("role", "words", "status"), [
    ("analyst", ("explain", "H-PLAIN"), 0), ("analyst", ("explain", "H-RISKY", "--json"), 0), ("auditor", ("explain", "H-REFERRED", "--now", "--json"), 0),
    ("analyst", ("explain", "H-PLAIN", "--as-of", "2024-06-01", "--json"), 0), ("analyst", ("explain", "H-PLAIN", "--as-of", "2020-01-01"), 3),
    ("analyst", ("explain", "H/1"), 0), ("analyst", ("explain", "NOBODY"), 3), ("analyst", ("export", "access_token", "--out", "t.csv"), 3), ("analyst", ("export", "filing", "--out", "t.txt"), 3),
    ("admin", ("token", "create", "Somebody", "--role", "king"), 3), ("admin", ("token", "revoke", "none-such"), 3), ("approver", ("train", "--as-of", "2019-01-01"), 3),
    ("planner", ("plan", "--from", "2026-01-01", "--to", "2026-02-01", "--visits", "0", "--out", "p.csv"), 3), ("admin", ("ingest", "none.jsonl"), 3),
    ("planner", ("plan", "--from", "2026-01-01", "--to", "2026-02-01", "--visits", "3", "--out", "p.txt"), 3), ("analyst", ("score", "none.jsonl", "--out", "s.csv"), 3),
    ("admin", ("lists", "import", "none.csv", "--format", "csl-csv"), 3), ("admin", ("lists", "import", "none.csv", "--format", "tarot"), 3),
    ("analyst", ("decide", "NOBODY", "--outcome", "returned"), 3), ("analyst", ("decide", "H-PLAIN", "--outcome", "denied", "--rationale", "No."), 3),
    ("analyst", ("decide", "H-REFERRED", "--outcome", "granted", "--rationale", "Checked."), 3), ("analyst", ("decide", "H-PLAIN", "--outcome", "perhaps"), 3),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else None)
def test_a_verb_says_the_same_through_the_service_as_on_the_store(pair: Pair, role, words, status):
    said = pair.both(role, *words, status=status)
    assert len(said.out + said.err) > 20 and not list(pair.folder.rglob("[pst].txt"))


def test_a_file_goes_in_and_what_is_set_aside_is_the_same(pair: Pair):
    again = PLAIN | {"end_use": {"statement": "Something else.", "purpose": "border_security", "country": "FI"}}
    good, lax = (an_application(application_id=name, filed_at="2024-04-01T09:00:00Z") for name in ("H-I1", "H-I2"))
    documents = [good, {"application_id": "bad"}, again, lax | {"colour": "red"}, CAUGHT]
    pair.write("mixed.json", json.dumps(documents))
    pair.write("mixed.jsonl", "\n".join([json.dumps(good), "no json", json.dumps(again), json.dumps({"application_id": "x" * 99})]))
    pair.write("decisions.jsonl", "".join(json.dumps(a_decision(name, event_id=f"H-ID-{n}", outcome="returned")) + "\n" for n, name in enumerate(("H-PLAIN", "NOBODY"))))
    first = pair.both("admin", "ingest", "mixed.json", "--lenient", "--json", status=1).told[0]
    assert (first["added"], first["unchanged"], first["set_aside"], first["ignored_fields"]) == (2, 1, 2, {"colour": 1})
    pair.both("admin", "ingest", "mixed.json", "mixed.jsonl", "none.jsonl", status=3)
    pair.both("admin", "ingest", "decisions.jsonl", "--kind", "decision", status=1)
    for name in ("mixed.json", "mixed.jsonl", "decisions.jsonl"):
        free, held = (path.read_text("utf-8") for path in pair.files(f"{name}.set-aside.jsonl"))
        assert held == free and "record" in json.loads(free.splitlines()[0])


def test_documents_go_in_with_their_filings_and_count_from_these_on(pair: Pair):
    paper, later, lone = (a_pdf((*LINES, f"Annex {n}")) for n in range(3))
    filings = [an_application(application_id=f"H-P{n}", filed_at="2024-04-01T09:00:00Z", documents=[
        {"kind": "end_user_certificate", "number": "EUC/2024/0017", "sha256": hashlib.sha256(one).hexdigest()}]) for n, one in enumerate((paper, later))]
    for place in ("free", "held"):
        (pair.folder / place / "papers").mkdir()
        for name, content in {"a.pdf": paper, "b.PDF": paper, "lone.pdf": lone, "torn.pdf": b"%PDF-nothing", "note.txt": b"hello"}.items():
            (pair.folder / place / "papers" / name).write_bytes(content)
    pair.write("papered.json", json.dumps(filings))
    said = pair.both("admin", "ingest", "papered.json", "--files", "papers", status=1)
    assert "2 document files taken in, 0 already on record, 1 could not be read, 1 that no filing declares" in said.out and "torn.pdf: it is damaged" in said.err
    for place in ("free", "held"):
        (pair.folder / place / "papers" / "later.pdf").write_bytes(later)
    told = pair.both("admin", "ingest", "--files", "papers", "--json", status=1).told[-1]
    assert (told["read"], told["unchanged"], told["undeclared"]) == (1, 2, ["lone.pdf"])
    assert "no folder" in pair.both("admin", "ingest", "--files", "nowhere", status=3).err
    pair.both("analyst", "score", "papered.json", "--out", "papered.csv", "--features", "papered.parquet")
    for table in map(pl.read_parquet, pair.files("papered.parquet")):
        assert table["document_files_not_found_share"].to_list() == [0.0, None]  # as of filing the later file was not there
    assert pair.at("held", "planner", "ingest", "--files", "papers").status == 3


def test_a_file_is_scored_to_the_last_bit_as_on_the_store(pair: Pair):
    pair.write("two.jsonl", "".join(json.dumps(one | {"application_id": f"{one['application_id']}-{n}"}) + "\n" for n, one in enumerate((PLAIN, RISKY))))
    pair.write("two and a half.jsonl", json.dumps(PLAIN) + '\n{"application_id": "bad"}\n')
    pair.write("bad.jsonl", '{"application_id": "bad"}\n')
    pair.both("analyst", "score", "two.jsonl", "--out", "scores.parquet", "--features", "features.parquet", "--json")
    for name in ("scores.parquet", "features.parquet"):
        free, held = map(pl.read_parquet, pair.files(name))
        assert_frame_equal(held, free, check_exact=True)
    assert pair.both("analyst", "score", "two and a half.jsonl", "--out", "s.jsonl", status=1).out.startswith("1 scored")
    assert "see bad.jsonl.set-aside.jsonl" in pair.both("analyst", "score", "bad.jsonl", "--out", "none.csv", status=3).err
    assert not any(path.exists() for path in pair.files("none.csv"))
    for name in ("s.jsonl", "two and a half.jsonl.set-aside.jsonl", "bad.jsonl.set-aside.jsonl"):
        free, held = (path.read_text("utf-8") for path in pair.files(name))
        assert held == free and free


def test_a_table_is_exported_the_same(pair: Pair):
    for name in ("filing.csv", "filing.parquet", "filing_item.jsonl"):
        assert "rows of filing" in pair.both("auditor", "export", name.split(".")[0], "--out", name).out
    free, held = (path.read_bytes() for path in pair.files("filing_item.jsonl"))
    assert held == free and free


def test_a_list_of_three_files_comes_in_and_names_are_screened_against_it(pair: Pair):
    pair.write("sdn.csv", SDN.format(7001, "ZZYZX, Quentin") + SDN.format(7002, "Vladivar Trading") + '7003,"torn\r\n')
    pair.write("alt.csv", '7001,1,"aka","QUENTIN ZZYZX THE ELDER",-0- \r\n')
    pair.write("add.csv", '7001,1,"1 Long Road","Narvik","Norway",-0- \r\n')
    told = pair.both("admin", "lists", "import", "sdn.csv", "--format", "ofac-sdn-csv", "--json", status=1).told
    assert (told["entries"], told["new_or_changed"], len(told["rejected"]), told["edition"]) == (2, 2, 1, "2023-11-14")
    assert pair.both("admin", "lists", "import", "sdn.csv", "--format", "ofac-sdn-csv", "--as-of", "2023-11-15", status=1).out.splitlines()[0].endswith("1 rows set aside")
    rows = pair.both("analyst", "screen", "Quentin Zzyzx", "Nobody & Sons = 100 %", "Vladivar Trading", "--json").told
    assert {row["query"] for row in rows if row["result"] != "no_list_match"} == {"Quentin Zzyzx", "Vladivar Trading"}
    pair.write("names.csv", "name,country\nVladivar Trading,NO\nQuentin Zzyzx,\nVladivar Trading,SE\nQuentin Zzyzx,\n")
    assert pair.both("analyst", "screen", "--file", "names.csv").out.count("Quentin Zzyzx:") >= 2
    pair.write("many.txt", "".join(f"{name} {n}\n" for n in range(130) for name in ("Vladivar Trading", "Ä" * 60)))
    assert [row["query"] for row in pair.both("analyst", "screen", "--file", "many.txt", "--json").told][:1] == ["Vladivar Trading 0"]


def test_a_list_without_its_companions_is_refused_in_the_same_words(pair: Pair):
    pair.write("sdn_lone.csv", SDN.format(7001, "ZZYZX, Quentin"))
    assert "add_lone.csv" in pair.both("admin", "lists", "import", "sdn_lone.csv", "--format", "ofac-sdn-csv", status=3).err


def test_events_are_recorded_once_and_what_stands_in_the_way_is_named(pair: Pair):
    decide = ("decide", "H-PLAIN", "--outcome", "returned", "--event-id", "H-D1", "--json")
    # The service records under the token's name, so the same event is the same whoever's account typed it.
    assert pair.both("analyst", *decide).told == {"event_id": "H-D1", "new": True}
    visit = ("visit", "H-PLAIN", "--outcome", "inconclusive", "--mode", "on_site", "--item", "1:seen:A1", "--event-id", "H-V1", "--visit-id", "H-V")
    assert pair.both("inspector", *visit).out == "visit H-V1 is on record\n"
    pair.write("d2.json", json.dumps(a_decision("H-PLAIN", event_id="H-D2", outcome="returned", recorded_by="analyst-one")))
    assert [pair.both("analyst", "decide", "--file", "d2.json", "--json").told["new"] for _ in range(2)] == [True, False]
    grant = ("decide", "H-REFERRED", "--outcome", "granted", "--rationale", "Checked.", "--event-id", "H-G1")
    assert "catch_all (catch_all:catch-all)" in pair.both("analyst", *grant, status=3).err
    review = a_review("referral", "catch_all:catch-all", "dismissed", application_id="H-REFERRED", at="2024-05-10T09:00:00Z", recorded_by="analyst-one")
    pair.write("review.json", json.dumps(review))
    pair.both("analyst", "event", "review", "review.json")
    pair.both("analyst", *grant)
    pair.write("broken.json", "{no")
    assert "one JSON object" in pair.both("analyst", "event", "review", "broken.json", status=3).err


def test_a_grant_that_needs_two_waits_at_the_service_and_is_not_done(pair: Pair):
    pair.write("grant.json", json.dumps(a_decision("H-RISKY", event_id="H-G2")))
    grant = ("decide", "--file", "grant.json")
    free, held = pair.at("free", None, *grant), pair.at("held", "analyst", *grant)
    assert free.status == held.status == 3 and free.out == held.out == ""
    assert "needs a second person's signature" in held.err and "recorded_by: left out" in held.err
    assert pair.at("held", "approver", *grant).out == "decision H-G2 is on record\n"


def test_licences_and_what_is_outside_them_are_the_same(pair: Pair):
    told = pair.both("planner", "licences", "--as-of", "2026-06-01", "--json").told
    assert len(told["licences"]) > 100
    assert "outside a licence" in pair.both("planner", "licences", "--as-of", "2026-06-01").out
    assert "licences" not in pair.both("auditor", "licences", "--outside", "--as-of", "2026-06-01", "--json").told


def test_two_editions_are_told_apart_and_lists_are_told_the_same(pair: Pair):
    for day, names in (("2024-01-01", ("Gone Away Ltd", "Stays Ltd")), ("2024-02-01", ("Stays Ltd",))):
        pair.write("sdn_two.csv", "".join(SDN.format(8000 + n, name) for n, name in enumerate(names, start=2 - len(names))))
        pair.write("add_two.csv", '8001,1,"1 Long Road","Narvik","Norway",-0- \r\n')
        pair.write("alt_two.csv", '8001,1,"aka","STAYS LIMITED",-0- \r\n')
        pair.both("admin", "lists", "import", "sdn_two.csv", "--format", "ofac-sdn-csv", "--as-of", day)
    diff = ("lists", "diff", "OFAC-SDN", "--from", "2024-01-01", "--to", "2024-02-01")
    assert "Gone Away Ltd" in pair.both("auditor", *diff).out
    assert [one["name"] for one in pair.both("analyst", *diff, "--json").told["ended"]] == ["Gone Away Ltd"]
    assert "OFAC-SDN" in pair.both("analyst", "lists", "diff", "TAROT", "--from", "2024-01-01", "--to", "2024-02-01", status=3).err
    free, held = (pair.at(place, "admin", "lists", "held", "--json").told for place in ("free", "held"))
    assert [{k: v for k, v in one.items() if k != "editions"} for one in held] == [{k: v for k, v in one.items() if k != "editions"} for one in free]
    assert [one["ended"] for one in held[0]["editions"]] == [one["ended"] for one in free[0]["editions"]]


def _form(pair: Pair, name: str) -> str:
    """The id of a form that is written so: the same at both places, since it follows from what is written."""
    with open_store(pair.folder / "free" / "store.duckdb") as store:
        return str(store.cursor().execute("select form_id from party_form where name = ?", [name]).fetchall()[0][0])


def test_parties_are_shown_joined_and_parted_the_same_under_the_tokens_name(pair: Pair):
    pair.write("kin.jsonl", "".join(json.dumps(an_application(application_id=f"H-KIN-{n}", filed_at="2024-04-02T09:00:00Z", end_user=a_party(name, "AE", "dealer"))) + "\n"
                                    for n, name in enumerate(("Quillon Optical House", "Zarvanda Marine Stores"))))
    pair.both("admin", "ingest", "kin.jsonl")
    one, other = _form(pair, "Quillon Optical House"), _form(pair, "Zarvanda Marine Stores")
    before = pair.both("auditor", "party", "show", one, "--json").told
    assert [form["name"] for form in before["forms"]] == ["Quillon Optical House"]
    assert "Expected the id of an entity" in pair.both("analyst", "party", "show", "17", status=3).err
    assert "one entity already" in pair.both("analyst", "party", "merge", one, one, "--because", "They are.", status=3).err
    assert "linked with no other" in pair.both("analyst", "party", "split", one, "--because", "It is not.", status=3).err
    merged = [pair.at(place, "analyst", "party", "merge", one, other, "--because", "One register extract.", "--recorded-by", "analyst-one", "--json") for place in ("free", "held")]
    assert [said.status for said in merged] == [0, 0] and merged[0].told["subject"] == merged[1].told["subject"] == f"{one}:{other}"
    assert merged[0].told["entities"] == merged[1].told["entities"] and len(merged[1].told["entities"]) == 1
    told = pair.at("held", "auditor", "party", "show", other).out
    assert "joined by analyst-one: One register extract." in told and told.count("form ") == 2
    refused = pair.at("held", "auditor", "party", "split", one, "--because", "Another firm.")
    assert refused.status == 3 and "role auditor" in refused.err
    parted = pair.at("held", "approver", "party", "split", one, "--because", "Another firm.", "--recorded-by", "somebody")
    assert parted.status == 0 and "recorded by approver-one" in parted.err and "is now of entity" in parted.out
    assert len(pair.at("held", "auditor", "party", "show", other, "--json").told["forms"]) == 1


def test_link_weights_are_promoted_by_an_approver_through_the_service(pair: Pair):
    weights = (Path(linking.__file__).parent / "weights-1.toml").read_text("utf-8")
    pair.write("weights.toml", weights.replace('version = "1"', 'version = "1b"', 1))
    pair.write("none.toml", "version = 3")
    assert pair.at("held", "admin", "links", "promote", "weights.toml", "--because", "Tried.").status == 3
    assert "no link weights" in pair.both("approver", "links", "promote", "none.toml", "--because", "Tried.", status=3).err
    assert pair.both("approver", "links", "promote", "weights.toml", "--because", "Tried on two worlds.").out == "Link weights 1b are in force.\n"


def test_a_challenger_is_named_by_hand_through_the_service_by_those_who_may(pair: Pair):
    told = pair.both("auditor", "model", "list", "--json").told
    other = next(one["version"] for one in told if not one["in_force"])
    name = ("model", "challenge", other, "--because", "Held against what came after.")
    assert pair.at("held", "analyst", *name).status == 3
    said = pair.both("approver", *name)
    assert other in said.out and "in shadow" in said.out
    assert "there is no model" in pair.both("admin", "model", "challenge", "none-such", "--because", "Tried.", status=3).err.lower()
    held = pair.at("held", "auditor", "model", "list", "--json").told
    assert [(one["version"], one["named"][0]["by"]) for one in held if one["challenger"]] == [(other, "approver-one")]


def test_an_erasure_is_asked_for_by_one_and_approved_by_another(pair: Pair):
    pair.write("gone.jsonl", json.dumps(an_application(application_id="H-GONE", filed_at="2024-04-03T09:00:00Z")) + "\n")
    pair.both("admin", "ingest", "gone.jsonl")
    erase = ("audit", "erase", "application:H-GONE#1", "--order", "court 7", "--approved-by", "approver-one")
    assert "nobody asked" in pair.at("held", "approver", *erase).err
    asked = pair.at("held", "admin", *erase)
    assert asked.status == 3 and "not erased yet: admin-one asked" in asked.err
    assert pair.at("held", "analyst", "explain", "H-GONE").status == 0
    assert [pair.at(place, "approver", *erase).out for place in ("free", "held")] == ["application:H-GONE#1 was erased under order court 7, approved by approver-one.\n"] * 2
    assert pair.at("held", "analyst", "explain", "H-GONE").status == 3
    assert "already erased" in pair.at("held", "admin", *erase).err
    verified = pair.at("held", "auditor", "audit", "verify", "--json").told
    assert verified["whole"] and any("court 7" in order for order in verified["erased"])


def test_what_has_no_score_is_scored_through_the_service(pair: Pair):
    first = [pair.at(place, "analyst", "score", "--out", "rest.jsonl", "--json").told for place in ("free", "held")]
    assert first[0]["scored"] == first[1]["scored"] > 0 and first[0]["bands"] == first[1]["bands"]
    assert len(pair.files("rest.jsonl")[1].read_text().splitlines()) == first[1]["scored"]
    assert pair.both("analyst", "score", "--json").told["scored"] == 0


def test_a_plan_is_the_same(pair: Pair):
    plan = ("plan", "--from", "2026-10-01", "--to", "2026-11-15", "--visits", "12", "--seed", "5")
    said = pair.both("planner", *plan, "--out", "plan.parquet", "--json").told
    assert said["visits"] > 0 and said["eligible"] >= said["visits"]
    free, held = map(pl.read_parquet, pair.files("plan.parquet"))
    assert_frame_equal(held, free, check_exact=True)


def test_training_is_waited_for_and_says_the_same(pair: Pair):
    free, held = (pair.at(place, "approver", "train", "--dry-run", "--as-of", "2026-06-01") for place in ("free", "held"))
    assert free.status == held.status == 0 and "dry run, nothing written" in held.out
    versionless = [re.sub(r"^Model \S+:", "Model:", said.out) for said in (free, held)]
    assert versionless[0] == versionless[1]


def test_the_chain_is_proved_through_the_service(pair: Pair):
    free, held = (pair.at(place, "auditor", "audit", "verify", "--json") for place in ("free", "held"))
    assert held.told["whole"] is True and held.told.keys() == free.told.keys()
    assert pair.at("held", "auditor", "audit", "verify", "--expect", held.told["head"]).out.startswith("Whole: ")
    assert pair.at("held", "auditor", "audit", "verify", "--expect", "0" * 63 + "1").status == 3


def test_a_token_is_given_out_listed_and_revoked(pair: Pair):
    given = {place: pair.at(place, "admin", "token", "create", "Desk Two", "--role", "auditor", "--authority", "SE", "--days", "2", "--json").told for place in ("free", "held")}
    assert given["held"].keys() == given["free"].keys()
    assert all(re.fullmatch(r"[\d-]{10}T[\d:.]{15}Z", one["expires_at"]) for one in given.values())
    told = given["held"]
    assert pair.at("held", told["token"], "explain", "H-PLAIN").status == 0
    assert re.search(rf"{told['token_id']}  Desk Two +auditor +SE +valid until", pair.at("held", "admin", "token", "list").out)
    assert pair.at("held", "admin", "token", "revoke", told["token_id"]).out == f"Token {told['token_id']} of Desk Two is revoked.\n"
    assert pair.at("held", told["token"], "explain", "H-PLAIN").status == 3


def test_without_a_token_it_is_said_how_to_get_one(pair: Pair):
    for words in (("explain", "H-PLAIN"), ("decide", "H-PLAIN", "--outcome", "returned"), ("export", "filing", "--out", "t.csv")):
        said = pair.at("held", None, *words)
        assert said.status == 3 and "DIVERSION_TOKEN" in said.err and "diversion token create" in said.err and pair.address in said.err


def test_a_token_that_is_unknown_or_of_another_role_is_refused(pair: Pair):
    assert "not known" in pair.at("held", "nonsense", "explain", "H-PLAIN").err
    said = pair.at("held", "inspector", "explain", "H-PLAIN")
    assert said.status == 3 and "role inspector" in said.err
    assert "told no reasons" in pair.at("held", "system", "explain", "H-PLAIN").err


@pytest.mark.parametrize("words", [("init",), ("score", "two.jsonl", "--out", "x.csv", "--engine", "spark")], ids=" ".join)
def test_a_verb_without_a_route_names_the_service(pair: Pair, words):
    said = pair.at("held", "admin", *words)
    assert said.status == 3 and f"A service at {pair.address}" in said.err and "in use by another process" in said.err


@pytest.fixture
def locked(tmp_path) -> Iterator[Path]:
    """A store that another process holds, which is no service."""
    path = tmp_path / "store.duckdb"
    open_store(path, create=True).close()
    holder = subprocess.Popen([*PYTHON, "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()", str(path)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    yield path
    holder.communicate()


def explained(path: Path) -> Said:
    done = RUN.invoke(app, ["explain", "A-1", "--store", str(path)], env={"DIVERSION_TOKEN": "secret"}, catch_exceptions=False)
    return Said(done.exit_code, done.stdout, done.stderr)


def test_a_store_locked_by_a_command_says_so_and_names_no_service(locked: Path):
    said = explained(locked)
    assert said.status == 3 and "in use by another process" in said.err and "service" not in said.err.lower()


@pytest.mark.parametrize("note", ["", "[]", '{"address": "http://127.0.0.1:1", "pid": -1}', '{"address": "http://127.0.0.1:1", "pid": "x"}', '{"address": "http://127.0.0.1:1", "pid": %d}'])
def test_a_note_that_a_killed_service_left_is_not_believed(locked: Path, note: str):
    ended = subprocess.Popen([*PYTHON, ""])
    ended.wait()
    service_note(locked).write_text(note % ended.pid if "%d" in note else note)
    assert running_service(locked) is None
    said = explained(locked)
    assert said.status == 3 and "in use by another process" in said.err and "A service" not in said.err


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://192.0.2.1:8765", "http://localhost.example:80"])
def test_a_token_goes_to_no_other_machine_and_silence_is_the_plain_message(locked: Path, address: str):
    service_note(locked).write_text(json.dumps({"address": address, "pid": os.getpid()}))
    before = time.monotonic()
    said = explained(locked)
    assert said.status == 3 and f"A service at {address}" in said.err and time.monotonic() - before < 4


def test_the_dashboards_open_on_the_service_that_holds_the_store(pair: Pair):
    opened = subprocess.Popen([*PYTHON, "from engine.cli import main; main()", "dashboard", "--store", str(pair.folder / "held" / "store.duckdb")],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        said = [opened.stdout.readline().decode() for _ in range(4)]
        assert said[1].startswith("Dashboards  http://127.0.0.1:") and pair.address in said[2] and "Ctrl-C stops the dashboards" in said[3]
        _wait_for(lambda: _listens(said[1].split()[1]))
        opened.send_signal(signal.SIGTERM)
        assert opened.wait(30) == 0 and _listens(pair.address)
    finally:
        opened.kill()
        opened.communicate()


def test_a_backup_through_the_service_is_the_admins_and_restores(pair: Pair):
    refused = pair.at("held", "analyst", "backup", "--out", "copy.tar")
    assert refused.status == 3 and "admin" in refused.err and not (pair.folder / "held" / "copy.tar").exists()
    made = pair.at("held", "admin", "backup", "--out", "copy.tar", "--json")
    assert made.status == 0, made.err
    laid = pair.at("held", "admin", "restore", "copy.tar", "--store", "again.duckdb")
    assert laid.status == 0 and made.told["head"] in laid.out
    proven = pair.at("held", "auditor", "audit", "verify", "--store", "again.duckdb", "--expect", made.told["head"])
    assert proven.status == 0
    there, here = (pair.at("held", "analyst", "explain", "H-RISKY", "--json", *words) for words in ((), ("--store", "again.duckdb")))
    assert there.told["risk"] == here.told["risk"] and there.told["reasons"] == here.told["reasons"]


LITE = Path(__file__).parents[3] / "shared" / "lite" / "example-3.json"


@pytest.mark.skipif(not LITE.is_file(), reason="no ../shared/lite: LITE's serializer outputs stand beside the project")
def test_a_document_of_lite_goes_in_and_is_scored_the_same(pair: Pair):
    told = json.loads(LITE.read_bytes())
    name = pair.write("lite.jsonl", "".join(json.dumps(one) + "\n" for one in (told, told | {"submitted_at": None})))
    scored = pair.both("analyst", "score", name, "--format", "lite", "--out", "lite.csv", status=1)
    assert "no place in the contract, listed in lite.jsonl.unmapped.jsonl" in scored.out
    assert_frame_equal(*(pl.read_csv(file) for file in pair.files("lite.csv")))
    pair.both("admin", "ingest", name, "--format", "lite", "--json", status=1)
    for end in ("unmapped", "set-aside"):
        free, held = pair.files(f"lite.jsonl.{end}.jsonl")
        assert free.read_text() == held.read_text() and free.read_text()

"""The command line: every verb helps, prints JSON that parses, and ends with the status that tells what happened."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from builders import a_decision, an_application
from typer.main import get_command
from typer.testing import CliRunner

from engine.cli import app

RUN = CliRunner()
ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from engine.cli import main; main()"]


def verbs() -> list[tuple[str, ...]]:
    found = []
    for name, command in get_command(app).commands.items():
        found += [(name, inner) for inner in command.commands] if hasattr(command, "commands") else [(name,)]
    return found


def run(*words: object, status: int = 0) -> str:
    done = RUN.invoke(app, [str(word) for word in words])
    assert done.exit_code == status and "Traceback" not in done.output, done.output
    return done.output


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    """A folder with a store of one application and files of every sort."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "good.jsonl").write_text(json.dumps(an_application(application_id="G-1", filed_at="2024-03-01T09:00:00Z")) + "\n", "utf-8")
    (folder / "mixed.jsonl").write_text(json.dumps(an_application(application_id="G-2", filed_at="2024-03-02T09:00:00Z")) + '\n{"application_id": "bad"}\n', "utf-8")
    (folder / "bad.jsonl").write_text('{"application_id": "bad"}\n', "utf-8")
    (folder / "names.csv").write_text("name,country\nNobody At All,Cuba\n", "utf-8")
    store = folder / "store.duckdb"
    run("init", "--store", store)
    run("ingest", folder / "good.jsonl", "--store", store)
    return folder


@pytest.mark.parametrize("verb", verbs(), ids=" ".join)
def test_every_verb_helps(verb):
    assert "Usage" in run(*verb, "--help")


def test_the_contracts_verbs_are_there():
    named = {verb[0] for verb in verbs()}
    assert named >= {"demo", "init", "ingest", "lists", "screen", "score", "explain", "train", "plan", "visit", "decide", "serve", "dashboard", "audit", "export", "licences"}


def test_done_is_zero_and_set_aside_is_one(shop):
    store = ("--store", shop / "store.duckdb")
    again = json.loads(run("ingest", shop / "good.jsonl", *store, "--json"))
    assert again[0]["added"] == 0 and again[0]["unchanged"] == 1
    mixed = json.loads(run("ingest", shop / "mixed.jsonl", *store, "--json", status=1))
    assert (mixed[0]["added"], mixed[0]["set_aside"]) == (1, 1) and Path(mixed[0]["set_aside_file"]).is_file()
    assert json.loads(run("score", shop / "mixed.jsonl", "--out", shop / "s.parquet", *store, "--json", status=1))["set_aside"] == 1


@pytest.mark.parametrize("words", [
    ("nonsense",), ("ingest",), ("ingest", "x.jsonl", "--kind", "rumour"), ("score", "x.jsonl"), ("score", "x.jsonl", "--out", "y.parquet", "--engine", "abacus"), ("plan", "--from", "yesterday"),
    ("screen",), ("explain",), ("train", "--as-of", "soon"), ("visit", "A-1", "--item", "one"), ("demo", "--applications", "3"), ("audit", "verify", "--expect", "head"), ("proposals", "--state", "shut")])
def test_wrong_usage_is_two(words):
    run(*words, status=2)


@pytest.mark.parametrize("words", [
    ("explain", "NOBODY"), ("ingest", "none.jsonl"), ("score", "bad.jsonl", "--out", "o.parquet"),
    ("score", "good.jsonl", "--out", "o.txt"), ("train",), ("plan", "--from", "2026-02-01", "--to", "2026-01-01", "--visits", "3", "--out", "p.csv"),
    ("plan", "--from", "2026-01-01", "--to", "2026-02-01", "--visits", "3", "--out", "p.csv"), ("export", "access_token", "--out", "t.csv"),
    ("lists", "import", "good.jsonl", "--format", "tarot"), ("decide", "G-1", "--outcome", "granted"), ("decide", "NOBODY", "--outcome", "returned"),
    ("event", "decision", "bad.jsonl"), ("audit", "erase", "event:none", "--order", "1", "--approved-by", "x"), ("audit", "verify", "--expect", "0" * 63 + "1"),
    ("export", "filing", "--out", "nowhere/f.csv"), ("screen", "Nobody At All", "--country", "Cuba"), ("screen", "--file", "names.csv")])
def test_what_is_refused_is_three(shop, monkeypatch, words):
    monkeypatch.chdir(shop)
    monkeypatch.setenv("DIVERSION_STORE", str(shop / "store.duckdb"))
    assert len(run(*words, status=3)) > 20


@pytest.mark.parametrize("words", [
    ("explain", "G-1"), ("screen", "Border Guard Service", "Nobody At All"), ("audit", "verify"), ("licences",), ("licences", "--outside"), ("token", "list"), ("score",),
    ("ingest", "good.jsonl"), ("score", "good.jsonl", "--out", "scores.csv"), ("score", "good.jsonl", "--out", "scores.jsonl", "--features", "features.parquet")])
def test_json_output_parses(shop, monkeypatch, words):
    monkeypatch.chdir(shop)
    monkeypatch.setenv("DIVERSION_STORE", str(shop / "store.duckdb"))
    json.loads(run(*words, "--json"))


def test_a_decision_and_a_visit_are_recorded_once(shop):
    store = ("--store", shop / "store.duckdb")
    grant = ("decide", "G-1", "--outcome", "granted", "--rationale", "Checked.", "--event-id", "CLI-D1", "--at", "2024-03-20T09:00:00Z")
    assert [json.loads(run(*grant, *store, "--json")) for _ in range(2)] == [{"event_id": "CLI-D1", "new": True}, {"event_id": "CLI-D1", "new": False}]
    visit = ("visit", "G-1", "--outcome", "inconclusive", "--mode", "on_site", "--item", "1:seen:A1", "--item", "1:not_seen:x4", "--event-id", "CLI-V1")
    assert json.loads(run(*visit, *store, "--json"))["new"] is True
    (shop / "d.json").write_text(json.dumps(a_decision("G-1", event_id="CLI-D2", outcome="returned", at="2024-04-01T09:00:00Z")), "utf-8")
    assert [json.loads(run("decide", "--file", shop / "d.json", *store, "--json"))["new"] for _ in range(2)] == [True, False]
    assert json.loads(run("audit", "verify", *store, "--json"))["whole"] is True


def test_scoring_a_file_needs_no_store_and_writes_none(shop, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIVERSION_STORE", raising=False)
    assert "expert" in run("score", shop / "good.jsonl", "--out", "scores.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]
    assert pl.read_parquet("scores.parquet").columns == [
        "application_id", "revision", "as_of", "risk", "risk_low", "risk_high", "band", "scope", "referrals", "reasons", "family_risk", "missing", "model_version", "policy_version"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_exported_moment_is_rfc_3339_in_utc(shop, form):
    out = shop / f"filing.{form}"
    run("export", "filing", "--out", out, "--store", shop / "store.duckdb")
    assert "2024-03-01T09:00:00Z" in out.read_text("utf-8")


def test_a_table_in_csv_runs_no_formula(tmp_path):
    store = ("--store", tmp_path / "store.duckdb")
    (tmp_path / "a.json").write_text(json.dumps(an_application(application_id="F-1", end_use={"statement": "=cmd|' /C calc'!A0"})), "utf-8")
    run("init", *store)
    run("ingest", tmp_path / "a.json", *store)
    run("export", "filing", "--out", tmp_path / "f.csv", *store)
    assert "'=cmd" in (tmp_path / "f.csv").read_text()


def test_the_demonstration_runs_from_end_to_end(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*COMMAND, "demo", "--no-dashboard", "--applications", "2500"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for word in ("FIVE HIGHEST", "VISITS PLANNED", "MODEL", "TRY NEXT", "promoted"):
        assert word in done.stdout
    store = tmp_path / "demo" / "demo.duckdb"
    assert json.loads(run("audit", "verify", "--store", store, "--json"))["whole"]
    first = next(line.split()[2] for line in done.stdout.splitlines() if line.strip().startswith("diversion explain"))
    assert "diversion only" in run("explain", first, "--store", store).lower()

"""`--format lite`: LITE's documents go in and are scored like the contract's own, and what was left over is listed beside them."""

import json
from pathlib import Path

import polars as pl
import pytest
from builders import an_application
from desks import a_desk, origin
from typer.testing import CliRunner

from engine.cli import app
from engine.errors import RefusedInput
from engine.workflows.ingest import ingest_file

FOLDER = Path(__file__).parents[4] / "shared" / "lite"
pytestmark = pytest.mark.skipif(not (FOLDER / "example-1.json").is_file(), reason="no ../shared/lite: LITE's serializer outputs stand beside the project")


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """The four outputs, a draft, and a document of the contract's own form, one a line."""
    told = [json.loads((FOLDER / f"example-{n}.json").read_bytes()) for n in (1, 2, 3, 4)]
    path = tmp_path / "lite.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in (*told, told[0] | {"submitted_at": None}, an_application())))
    return path


def test_the_good_go_in_the_rest_is_set_aside_and_what_is_left_over_is_listed(documents: Path):
    desk = a_desk(documents.parent)
    done = ingest_file(desk, documents, "application", origin("ingest"), form="lite")
    assert (done.added, done.set_aside) == (4, 2)
    rows = [json.loads(line) for line in done.unmapped_file.read_text().splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3, 4] and rows[0]["application"] == "GBSIEL/2026/0000214/P#1"
    assert done.unmapped == sum(len(row["unmapped"]) for row in rows) and any(
        one["field"] == "denial_matches" for one in rows[0]["unmapped"])
    assert ingest_file(desk, documents, "application", origin("ingest"), form="lite").unchanged == 4
    aside = [json.loads(line) for line in done.set_aside_file.read_text().splitlines()]
    assert [row["line"] for row in aside] == [5, 6] and aside[0]["problems"][0]["field"] == "submitted_at"


def test_the_command_ingests_and_scores_them(documents: Path):
    at = {"DIVERSION_STORE": str(documents.parent / "d.duckdb")}
    run = CliRunner()
    assert run.invoke(app, ["init"], env=at).exit_code == 0
    out = documents.parent / "scores.parquet"
    scored = run.invoke(app, ["score", str(documents), "--format", "lite", "--out", str(out)], env=at)
    assert scored.exit_code == 1 and "no place in the contract, listed in" in scored.stdout
    frame = pl.read_parquet(out)
    assert frame["application_id"].to_list() == ["GBSICL/2026/0000057/P", "GBSIEL/2025/0003310/P", "GBSIEL/2026/0000214/P", "GBSIEL/2026/0000901/P"]
    told = run.invoke(app, ["ingest", str(documents), "--format", "lite", "--json"], env=at)
    (row,) = json.loads(told.stdout)
    assert row["added"] == 4 and row["unmapped"] > 20 and Path(row["unmapped_file"]).is_file()
    explained = run.invoke(app, ["explain", "GBSIEL/2025/0003310/P", "--json"], env=at)
    assert "catch_all" in {one["rule_id"] for one in json.loads(explained.stdout)["referrals"]}
    assert run.invoke(app, ["ingest", str(documents), "--format", "tarot"], env=at).exit_code == 2


def test_lite_holds_applications_as_json_only(documents: Path):
    with pytest.raises(RefusedInput, match="applications as JSON only"):
        ingest_file(a_desk(documents.parent), documents, "visit", origin("ingest"), form="lite")

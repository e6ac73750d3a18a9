"""An empty store to copy, and the command on it in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bad_files import Run
from desks import an_empty_store
from typer.testing import CliRunner

from engine.cli import app


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of one's own with nothing in it but the reference data."""
    return an_empty_store(tmp_path / "store.duckdb")


@pytest.fixture
def diversion(store: Path) -> Callable[..., Run]:
    """The command on that store, in this process; an exception that it does not tell itself fails the test."""

    def run(*arguments: object) -> Run:
        done = CliRunner().invoke(app, [*map(str, arguments), "--store", str(store)], catch_exceptions=False)
        return Run(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def ingest(diversion: Callable[..., Run]) -> Callable[..., dict]:
    """Ingest one file; what the command says of it, with `status`."""

    def run(path: Path, kind: str = "application", *options: str) -> dict:
        done = diversion("ingest", path, "--kind", kind, "--json", *options)
        return {**done.told[0], "status": done.status}

    return run

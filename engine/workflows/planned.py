"""Lays out which planned visits stand. Plans none."""

from __future__ import annotations

from importlib import resources

import duckdb


def planned_visit_in_force(cursor: duckdb.DuckDBPyConnection) -> None:
    """`planned_visit_in_force`: the newest record of each planned visit, without those that were taken out."""
    cursor.execute(
        "create or replace temp view planned_visit_in_force as " + (resources.files("engine.monitoring") / "planned_visit_in_force.sql").read_text()
    )

"""Reads the audit chain page by page and verifies it beside running requests. Writes nothing."""

from __future__ import annotations

import duckdb

from engine.store import audit
from engine.store.audit import Verdict
from engine.workflows.desk import Desk


def audit_page(cursor: duckdb.DuckDBPyConnection, after: int, limit: int) -> tuple[list[dict], str, bool]:
    """Entries after a number in the order of writing, the head of the whole chain, and whether more follow."""
    found = cursor.execute("select * from audit_entry where seq > ? order by seq limit ?", [after, limit + 1])
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return rows[:limit], audit.head(cursor)[1], len(rows) > limit


def verify_store(desk: Desk, expect: str | None = None) -> Verdict:
    """Verify one snapshot of the store: what is written meanwhile is not half seen."""
    cursor = desk.store.cursor()
    try:
        cursor.execute("begin")
        return audit.verify(cursor, expect)
    finally:
        cursor.execute("rollback")
        cursor.close()

"""Scores order the queue without doubt about who comes first, and each is found again from the records before it."""

import math

from builders import a_party, an_application
from desks import NOW, take_in

from engine.wire import canonical
from engine.workflows.as_scored import as_scored
from engine.workflows.queue import Asked, queue


def by_risk(desk, limit: int) -> list[tuple[float, str]]:
    """Every scored row of the queue, page by page."""
    rows, cursor = [], None
    while True:
        page = queue(desk.store.cursor(), Asked(order="risk", limit=limit, cursor=cursor), NOW)
        rows += [(row["risk"], row["application_id"]) for row in page.rows if row["risk"] is not None]
        cursor = page.next_cursor
        if cursor is None or page.rows[-1]["risk"] is None:
            return rows


def test_the_queue_goes_by_risk_then_by_application_and_its_top_hundredth_is_distinct(trained, tmp_path):
    with trained.copy(tmp_path) as desk:
        rows, again = by_risk(desk, 37), by_risk(desk, 500)
        scored = desk.store.cursor().execute("select count(distinct application_id) from score").fetchall()[0][0]
    assert rows == again == sorted(rows, key=lambda row: (-row[0], row[1]))
    assert len(rows) == len({name for _, name in rows}) == scored > 50
    top = [risk for risk, _ in rows[: max(2, math.ceil(len(rows) / 100))]]
    assert len(set(top)) == len(top), top


def test_a_score_by_a_trained_model_among_thousands_is_found_again_after_more_was_filed(trained, tmp_path):
    given = max(trained.shown.scores, key=lambda score: score.risk)
    with trained.copy(tmp_path) as desk:
        take_in(desk, "application", *[an_application(filed_at="2026-01-05T09:00:00Z", end_user=a_party(f"Late Told {n} Ltd", "AE")) for n in range(5)])
        told = as_scored(desk, given.application_id)
    assert told.reproduced, told.differences
    assert canonical(told.score) == canonical(given) and given.model_version == trained.shown.trained.version

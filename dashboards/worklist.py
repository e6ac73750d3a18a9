"""Puts the queue in the order in which it wants hands, and says of each row why it stands where it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dashboards import words
from dashboards.client import QueueRow
from dashboards.places import country

UNDECIDED = "undecided"


def in_order(rows: Iterable[QueueRow]) -> list[QueueRow]:
    """What needs a decision now comes first.

    Undecided before decided; then open referrals, which hold up everything else and are a person's to settle; then the
    band, unscored filings beside the critical ones (nobody knows yet); then what has passed its limit, oldest first.
    """

    def key(row: QueueRow) -> tuple:
        return (
            row.state != UNDECIDED,
            not row.open_referrals,
            words.BAND_ORDER.index(row.band) if row.band else 0,
            not row.late,
            -row.age_days,
            row.application_id,
        )

    return sorted(rows, key=key)


def why(row: QueueRow) -> str:
    """Why a row stands where it does, in the order that decides it."""
    if row.state != UNDECIDED:
        return words.say(row.state)
    told = [f"⚑ {int(row.open_referrals)} to settle"] if row.open_referrals else []
    told.append(f"late: {row.age_days} days" if row.late else f"{row.age_days} days")
    return " · ".join(told)


def table(rows: Sequence[QueueRow]) -> list[dict[str, Any]]:
    """The rows as they are shown and exported."""
    return [
        {
            "Application": row.application_id,
            "Why now": why(row),
            "Band": words.band(row.band),
            "Risk in 1,000": None if row.risk is None else round(row.risk * 1_000, 1),
            "90 % interval": "–"
            if row.risk is None or row.risk_low is None or row.risk_high is None
            else f"{words.count_in(row.risk_low, 1_000)} to {words.count_in(row.risk_high, 1_000)}".replace("fewer than 1", "under 1"),
            "End user": row.end_user or "–",
            "Destination": country(row.destination),
            "Kind": words.say(row.kind),
            "Filed": words.day(row.filed_at),
            "State": words.say(row.state),
        }
        for row in rows
    ]


def tally(rows: Iterable[QueueRow]) -> dict[str, int]:
    """How many applications wait, how many of them have open referrals, are late, or stand in the two upper bands."""
    waiting = [row for row in rows if row.state == UNDECIDED]
    return {
        "to decide": len(waiting),
        "with referrals to settle": sum(bool(row.open_referrals) for row in waiting),
        "past the limit for a decision": sum(row.late for row in waiting),
        "high or critical": sum(row.band in ("high", "critical") for row in waiting),
    }

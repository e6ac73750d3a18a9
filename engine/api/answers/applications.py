"""What is answered of filings: their scores, the queue, the history, the route."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engine.api.answers import Instant, Told
from engine.api.answers.scores import ScoreForSystem
from engine.wire import Problem, Score


class UnmappedField(Told):
    """What another system's form says and the contract has no place for."""

    field: str = Field(description="Where in the document sent; `[]` for all of a list.")
    reason: str = Field(description="Why it has no place.")
    said: str | None = Field(None, description="What stands there, where an officer wants to know it.")


class FiledScore(Score):
    """The score of a filing just made."""

    unmapped: tuple[UnmappedField, ...] | None = Field(None, description="Only with `format=lite`: what of the document was not taken over.")


class FiledScoreForSystem(ScoreForSystem):
    """The score of a filing just made, as a licensing system gets it."""

    unmapped: tuple[UnmappedField, ...] | None = Field(None, description="Only with `format=lite`: what of the document was not taken over.")


class BatchRow(Told):
    """What became of one application of a batch, at its place in the list."""

    position: int
    status: int = Field(description="What the application alone would have been answered.")
    score: Score | ScoreForSystem | None = None
    problem: Problem | None = None


class BatchAnswer(Told):
    """One row for each application, in the order sent."""

    results: tuple[BatchRow, ...]


class QueueRow(Told):
    """One application: its newest filing, the newest score of that filing, and what it waits for."""

    application_id: str
    revision: int
    authority: str
    kind: str
    authorisation: str
    destination: str | None
    exporter: str | None
    end_user: str | None
    first_filed_at: Instant
    filed_at: Instant
    state: str = Field(description="`undecided`, or the outcome of the newest decision that holds.")
    decided_at: Instant | None
    age_days: int = Field(description="Days from the first filing to the decision, or to now.")
    late: bool = Field(description="Undecided for longer than the policy's days.")
    risk: float | None
    risk_low: float | None
    risk_high: float | None
    band: str | None
    scope: str = "diversion only"
    scored_at: Instant | None
    as_of: Instant | None
    model_version: str | None
    policy_version: str | None
    open_referrals: int | bool = Field(description="How many are unsettled; for a system only whether any is.")


class QueuePage(Told):
    """One page of the queue."""

    applications: tuple[QueueRow, ...]
    next_cursor: str | None = Field(description="Ask again with it as `cursor`; null at the end.")


class HistoryEntry(Told):
    """One record, in the order in which it became known."""

    at: Instant = Field(description="When it became known.")
    recorded_at: Instant = Field(description="When it was put on record here.")
    kind: str
    record: str | None = Field(description="Its key in the store, as evidence names it; null where it is withheld, since a key can name a partner's file.")
    handling: str
    withheld: bool = Field(description="True if the caller may know that it is there, but not what it says.")
    body: dict[str, Any] | None


class History(Told):
    """Everything known of an application that the caller may know."""

    application_id: str
    entries: tuple[HistoryEntry, ...]


class RouteLeg(Told):
    """One leg of a route: how long it is, and what is known of the place in which it ends."""

    leg: int = Field(description="Its place in the order, from 1.")
    from_place: str | None
    to_place: str | None
    mode: str | None
    km: int | None = Field(description="Null where a place is not known, or not known to be by the sea on a leg by sea.")
    measured_by: Literal["sea", "great_circle"] | None = Field(description="`sea`: along shipping lanes. Null without `km`.")
    straight_km: int | None = Field(description="The great circle, whatever the mode.")
    inland: bool = Field(description="True if it goes by sea and one of its places is known to lie inland.")
    on_the_way: bool = Field(description="True if it ends, before the route does, in a country that is neither the authority's nor the destination.")
    hub_named_by: str | None = Field(description="Who named the country in which it ends as a transshipment hub; null if nobody had by then.")
    free_zone_declared: bool | None = Field(description="What the form says of the place in which it ends.")
    free_zone_listed: str | None = Field(description="The listed free zone at that place; null if there is none.")


class MeasuredRoute(Told):
    """A filing's route as the features see it."""

    application_id: str
    revision: int
    km: int | None = Field(description="All legs together; null where one of them could not be measured, or there is none.")
    legs: tuple[RouteLeg, ...]

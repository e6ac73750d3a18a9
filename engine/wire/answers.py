"""What the engine answers: scores, referrals, screening rows, planned visits and problems; computes none of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.wire.codes import BandName, ChosenBy, Handling, Scope, ScreenResult, Stage, VisitMode
from engine.wire.kinds import Bool, Count, Day, Id, Label, Line, Meaning, Real, Revision, Share, Text, Time
from engine.wire.record import Record

Records = Annotated[tuple[Line, ...], Field(max_length=10_000)]


class Reason(Record):
    """One feature that moved a score, how far, and why that matters."""

    feature: Label = Field(description="The feature's name in the catalogue.")
    family: Label = Field(description="The family it belongs to.")
    value: Real | None = Field(None, description="Its value; missing where it could not be computed.")
    contribution: Real = Field(description="How far it moved the score, in log-odds; above 0 raises the risk.")
    text: Text = Field(description="One plain sentence.")
    source: Text | None = Field(None, description="The published guidance behind it.")
    evidence: Records = Field((), description="Ids of the records it was computed from.")
    handling: Handling = Field("internal", description="The strictest handling of its evidence.")


class Referral(Record):
    """A question that a named officer must settle before a grant; it is not a refusal."""

    rule_id: Label = Field(description="The rule that asks.")
    subject: Id = Field(description="The id by which a `review` event settles it.")
    text: Text = Field(description="The question in one plain sentence.")
    evidence: Records = Field((), description="Ids of the records that raise it.")
    source: Text | None = Field(None, description="The law, list or guidance behind the rule.")
    settled_by: Text = Field(description="What settles it.")
    settled: Bool = Field(False, description="True once an officer has settled it.")
    handling: Handling = Field("internal", description="The strictest handling of its evidence.")


class MissingInput(Record):
    """A feature that could not be computed, and why."""

    feature: Label = Field(description="The feature's name in the catalogue.")
    family: Label | None = Field(None, description="The family it belongs to.")
    why: Text = Field(description="Why it could not be computed.")


class Score(Record):
    """The risk that the goods, if licensed and shipped as filed, are diverted; it says nothing of any other ground."""

    application_id: Id = Field(description="The application.")
    revision: Revision = Field(description="The filing of it that was scored.")
    scored_at: Time = Field(description="When the score was computed.")
    as_of: Time = Field(description="Up to when facts counted; the time of filing unless asked otherwise.")
    risk: Share = Field(
        description="Probability of diversion within 36 months if licensed and shipped as filed, found out or not."
    )
    risk_low: Share = Field(description="Lower end of the 90 % interval.")
    risk_high: Share = Field(description="Upper end of the 90 % interval; a missing input can only widen it.")
    band: BandName = Field(description="By the policy's thresholds; `low` is shown as routine, never as cleared.")
    scope: Scope = Field("diversion only", description="What the score speaks of.")
    referrals: tuple[Referral, ...] = Field((), description="Questions to settle before a grant.")
    reasons: tuple[Reason, ...] = Field((), description="What moved the score most, largest first.")
    family_risk: Annotated[dict[str, float], Meaning("log-odds by family", column="MAP(VARCHAR, DOUBLE)")] = Field(
        default_factory=dict, description="All contributions summed by family, in log-odds."
    )
    base_value: Real | None = Field(None, description="The score before any feature, in log-odds: the mean over the filings of the year before the training; the expert card and older models kept none and start elsewhere.")
    raw_score: Real | None = Field(None, description="Base value and all contributions, in log-odds, not calibrated.")
    interval_because: tuple[Text, ...] = Field((), description="What makes the interval as wide as it is, the weightiest first; empty where the model does not tell.")
    missing: tuple[MissingInput, ...] = Field((), description="What could not be computed, and why.")
    model_version: Label = Field(description="Which model gave it.")
    features_version: Label = Field(description="Which catalogue computed the features.")
    rules_version: Label = Field(description="Which rules raised the referrals.")
    policy_version: Label = Field(description="Which policy gave the band.")
    reference_as_of: Day = Field(description="The day of the reference data's edition.")
    store_sequence: Count | None = Field(
        None, description="The newest audit entry when it was computed: the same records, model and `as_of` give the same score."
    )


class ProblemField(Record):
    """One field that breaks the contract, in the four parts of every message."""

    field: str = Field(description="Where, as a path; empty for the record as a whole.")
    reason: str = Field(description="What is wrong.")
    expected: str = Field(description="What would be right.")
    todo: str = Field(description="What to do.")


class Problem(Record):
    """An error as RFC 9457 has it (`application/problem+json`)."""

    type: str = Field("about:blank", description="A URI that names this sort of problem.")
    title: str = Field(description="The sort of problem in a few words.")
    status: Annotated[int, Field(ge=100, le=599)] = Field(description="The HTTP status.")
    detail: str | None = Field(None, description="What is wrong here, what was expected and what to do.")
    instance: str | None = Field(None, description="A URI that names this occurrence.")
    problems: tuple[ProblemField, ...] | None = Field(None, description="The fields that break the contract.")
    referrals: tuple[str, ...] | None = Field(None, description="The rules of referrals that stand in the way.")


class ScreenRow(Record):
    """One entry of a list that a name may be, or that there is none."""

    query: str = Field(description="The name exactly as it was asked.")
    list: Label | None = Field(None, description="The list.")
    entry_id: Line | None = Field(None, description="The list's own id of the entry.")
    name: Text | None = Field(None, description="The entry's main name.")
    matched_name: Text | None = Field(None, description="The name of the entry that matched.")
    score: Share | None = Field(None, description="How alike the names are, 0 to 1.")
    result: ScreenResult = Field(description="What an officer is to make of it.")
    why: Text | None = Field(None, description="Why, in one plain sentence.")


class PlannedVisit(Record):
    """One visit of a plan, why it was chosen and how likely it was to be."""

    application_id: Id = Field(description="The application to check.")
    shipment_id: Id | None = Field(None, description="The shipment to check.")
    stage: Stage = Field(description="When in the licence's life.")
    window_from: Day = Field(description="The first day on which the visit is of use.")
    window_to: Day = Field(description="The last such day.")
    chosen_by: ChosenBy = Field(description="By risk, by lot, or because a rule demands it.")
    inclusion_probability: Share = Field(description="How likely it was to be chosen; training divides by it.")
    reason: Text = Field(description="Why, in one plain sentence.")
    mode: VisitMode | None = Field(None, description="How it is to be made.")

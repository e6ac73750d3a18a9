"""What is answered of visits and of the plans that choose them."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from engine.api.answers import Told


class VisitRow(Told):
    """A visit that is due, overdue or done."""

    visit_id: str
    application_id: str | None
    shipment_id: str | None
    authority: str | None
    destination: str | None
    stage: str
    state: Literal["due", "overdue", "done"]
    mode: str | None
    plan_id: str | None
    window_from: date | None
    window_to: date | None
    visited_on: date | None
    outcome: str | None
    findings: tuple[str, ...] | None
    signed_by: str | None
    reviewed: bool
    evidence_missing: int = Field(0, description="Of the files that its record names as evidence, how many are not here: send each with `PUT /v1/evidence/{sha256}` before it is reviewed.")
    chosen_by: str | None = Field(None, description="Not told to inspectors before sign-off, as the three below.")
    inclusion_probability: float | None = None
    reason: str | None = None
    added_by_planner: bool | None = Field(
        None, description="True where a planner added it to a plan by an amendment, whose reason is in `reason`: `chosen_by` says `mandatory` then, as neither score nor lot chose it. Told with them."
    )


class VisitRows(Told):
    """Visits by the end of their window."""

    visits: tuple[VisitRow, ...]
    next_skip: int | None


class Plan(Told):
    """A plan of visits, with everything its selection rests on."""

    plan_id: str
    visits: tuple[dict[str, Any], ...] = Field(description="As they stand, each with its reason, score, rank and probability.")
    taken_out: tuple[dict[str, Any], ...] = Field((), description="Visits that were in it, with who took them out and why.")
    method: str | None = Field(None, description="How visits were chosen, step by step.")
    seed: int | None = Field(None, description="Of the lot: the same seed on the same frame draws the same.")
    frame: dict[str, Any] | None = Field(None, description="What the lot was drawn from: size, digest, strata with draws, capacity, model and policy.")
    objective: float | None = Field(None, description="The risk that the visits collect: diversions expected among them.")
    greedy: float | None = Field(None, description="What the better of two greedy choices would collect.")
    bound: float | None = Field(None, description="What no choice within the limits can exceed.")
    gap: float | None = Field(None, description="From objective to bound, as a share of the bound.")
    cut_short: bool | None = Field(None, description="True if the search was stopped before its own end.")
    lowest_risk_chosen: float | None = Field(None, description="The capacity cut: the lowest risk chosen by risk.")
    costs: tuple[dict[str, Any], ...] = Field((), description="Of each limit: how much more risk could be collected without it, and by one more inspector-day.")
    left_out: tuple[dict[str, Any], ...] = Field((), description="Visits by lot or rule that did not fit, with the limits in their way.")
    amendments: tuple[dict[str, Any], ...] = Field((), description="Each with who made it, when and why.")


class NewPlan(Plan):
    """A plan just made, with what a planner asks of it."""

    eligible: int = Field(description="Shipments that could have been chosen.")
    without_consent: int = Field(description="Of these, how many have no undertaking to tolerate checks on file.")
    mandatory_left_out: int = Field(description="Visits that a rule demands and for which there was no room.")


class Amended(Told):
    """What an amendment of a plan did, by visit id."""

    plan_id: str
    amendment: int
    dropped: tuple[str, ...]
    added: tuple[str, ...]
    moved: tuple[str, ...]
    filled: tuple[str, ...] = Field(description="Visits that came in because there was room.")
    displaced: tuple[str, ...] = Field(description="Visits by risk that made room where the plan was solved anew.")


class Selection(Told):
    """Why one shipment is in a plan or not."""

    plan_id: str
    shipment_id: str
    application_id: str
    risk: float
    stratum: str
    rank: int
    of: int = Field(description="Shipments in the frame.")
    tier: float | None
    lot_probability: float
    drawn_by_lot: bool
    mandatory: bool
    consent: bool
    consent_answer: str | None
    arrived_on: date
    window_from: date = Field(description="In force: as the visit now stands in the plan; of a shipment not in it, the window that it could have had.")
    window_to: date
    frame_window_from: date = Field(description="As it was when the frame was laid out, before any amendment.")
    frame_window_to: date
    in_plan: bool
    visit_id: str | None
    chosen_by: str | None
    added_by_planner: bool = Field(False, description="True where a planner added it by an amendment: `chosen_by` says `mandatory` then.")
    reason: str | None
    lowest_risk_chosen: float | None = Field(description="The capacity cut.")
    last_rank_chosen: int | None
    limits: tuple[str, ...] = Field(description="What keeps it out.")
    not_chosen_because: str | None
    model_version: str | None
    policy_version: str | None
    history: tuple[dict[str, Any], ...] = Field(description="Every record of its visit, with who changed it and why; the one `in_force` is how it stands.")

"""What is answered of models: their training, promotion, drift and comparison."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engine.api.answers import Instant, Told


class TrainAnswer(Told):
    """What came of a training: promoted or not, and why."""

    version: str
    promoted: bool
    because: str
    card: dict[str, Any]


class PromotionTold(Told):
    """A model was put in force; in a rollback `instead_of` names the one taken back."""

    version: str
    at: Instant
    by: str
    because: str
    instead_of: str | None


class NamingTold(Told):
    """A model was named challenger by hand."""

    version: str
    at: Instant
    by: str
    because: str


class ModelTold(Told):
    """A model on record; the expert card has no training."""

    version: str
    in_force: bool
    challenger: bool = Field(False, description="Kept in shadow: scores each new filing, on record and shown to nobody who decides.")
    trained_at: Instant | None
    trained_by: str | None
    labelled: int | None
    diversions: int | None
    promotions: tuple[PromotionTold, ...]
    named: tuple[NamingTold, ...] = Field((), description="Each time it was named challenger by hand, oldest first.")


class ModelsAnswer(Told):
    """Every model on record, in order of training."""

    models: tuple[ModelTold, ...]


class DriftCheck(Told):
    """One thing looked at for drift."""

    about: Literal["features", "scores", "calibration", "freshness"]
    subject: str
    measure: str
    state: Literal["ok", "watch", "alarm", "not_measured"]
    value: float | None
    expected: float | None = Field(description="What it would be were nothing amiss.")
    low: float | None = Field(description="Of the 90 % interval, where there is one.")
    high: float | None
    watch_from: float | None = Field(description="Null where the state hangs on the interval.")
    alarm_from: float | None
    text: str
    todo: str = Field(description="What to do; empty where nothing is.")


class DriftAnswer(Told):
    """What moved since the model in force was trained."""

    as_of: Instant
    model_version: str
    scope: str
    state: Literal["ok", "watch", "alarm", "not_measured"] = Field(description="The worst of what was measured.")
    window: dict[str, Any] = Field(description="`from`, `to`, `filings` in it, and of how many of these (`looked_at`) the features were computed.")
    reference: dict[str, Any] | None = Field(description="The filings kept with the model: `from`, `to`, `filings`; null where none were.")
    checks: tuple[DriftCheck, ...] = Field(description="By what they are about, the worst first.")
    scores: dict[str, Any] | None = Field(description="Shares of filings by tenths of the risk at the training: `edges`, `reference_share`, `share`, and both means.")
    calibration: tuple[dict[str, Any], ...] = Field(description="Found against expected on reviewed visits: `lot` first, then `other`.")


class InspectorsAnswer(Told):
    """What each inspector finds against what was to be expected; in no score, and not used in training."""

    as_of: Instant
    visits: int
    too_few: str | None = Field(description="Why there is nothing; null where there is.")
    spread: float | None = Field(description="Standard deviation of the effects, log-odds.")
    by_chance: float | None = Field(description="Probability of such differences were all alike.")
    inspectors: tuple[dict[str, Any], ...] = Field(description="`name`, `visits`, `found`, `expected`, `effect`, `error`; the strictest first.")
    caution: str = Field(description="How it may be read. Shown wherever the answer is.")


class CompareAnswer(Told):
    """Two models over the same filings."""

    as_of: Instant
    champion: str
    challenger: str
    scope: str
    labels: dict[str, Any] = Field(description="Paired figures on what became known since both were trained, or why there are none.")
    filings: dict[str, Any] = Field(description="Rank agreement, bands of both, filings whose band changes and the features whose parts moved.")
    shadow: dict[str, Any] = Field(description="How many filings the challenger scored in shadow, first and last.")

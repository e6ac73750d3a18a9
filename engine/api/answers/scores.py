"""What is answered of a score beyond the contract's own record."""

from __future__ import annotations

from pydantic import Field

from engine.api.answers import Instant, Told
from engine.wire import MissingInput, Score


class ScoreForSystem(Told):
    """A score as a licensing system gets it: no reasons, no evidence, and of referrals only whether there are any."""

    application_id: str
    revision: int
    scored_at: Instant
    as_of: Instant
    risk: float
    risk_low: float
    risk_high: float
    band: str
    scope: str = Field(description="What the score speaks of: diversion only.")
    referrals: bool = Field(description="True if a named officer must settle a question before a grant.")
    missing: tuple[MissingInput, ...]
    model_version: str
    features_version: str
    rules_version: str
    policy_version: str

    @classmethod
    def of(cls, score: Score) -> ScoreForSystem:
        """What of a score a system may have."""
        told = {name: getattr(score, name) for name in cls.model_fields if name != "referrals"}
        return cls(referrals=any(not referral.settled for referral in score.referrals), **told)


class AsScoredAnswer(Told):
    """A score as it was given, and whether it comes out the same from the records of that time."""

    score: Score | ScoreForSystem
    entry: int = Field(description="The audit entry that holds it; the records before it were replayed.")
    reproduced: bool = Field(description="True if every field came out the same, bit for bit.")
    differences: tuple[str, ...] = Field(description="Each field that did not, and what is known of why.")

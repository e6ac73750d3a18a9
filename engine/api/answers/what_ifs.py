"""What is answered of suppositions and of similar cases."""

from __future__ import annotations

from pydantic import Field

from engine.api.answers import Instant, Told


class SupposedScore(Told):
    """The score of a filing that was never made."""

    risk: float
    risk_low: float
    risk_high: float
    band: str
    odds: float = Field(description="By what the odds are multiplied against the filing as filed; 0.5 halves them.")


class SupposedRemedy(Told):
    """Something that could be asked for before a grant."""

    code: str
    asks: str
    verified_by: str = Field(description="What shows that it was done.")
    source: str = Field(description="The guidance that names it.")
    alone: SupposedScore = Field(description="The score that goes with it, alone.")


class MovedFeature(Told):
    """A feature whose part in the score changes."""

    feature: str
    family: str
    text: str = Field(description="What it would say.")
    filed: float = Field(description="Its part as filed, log-odds.")
    supposed: float


class WhatIfAnswer(Told):
    """What would go with a lower score. Associations only; never the score of the record."""

    application_id: str
    revision: int
    as_of: Instant
    model_version: str
    scope: str = "diversion only"
    caveat: str = Field(description="How it may be read. Shown wherever the answer is.")
    filed: SupposedScore = Field(description="The score as filed.")
    asked: SupposedScore | None = Field(description="With the changes and remedies asked for.")
    moved: tuple[MovedFeature, ...] = Field(description="What moves the score between the two, largest first.")
    remedies: tuple[SupposedRemedy, ...] = Field(description="Every remedy that would change this filing, the lowest score first.")
    band: str = Field(description="The band to be reached.")
    fewest: tuple[str, ...] | None = Field(description="The fewest remedies that go with that band; empty if it is there already, null if none do.")
    with_fewest: SupposedScore | None
    tried: int = Field(description="How many sets of remedies were scored.")
    left_out: tuple[str, ...] = Field(description="Remedies that no set was tried with, because too many apply.")


class SimilarCase(Told):
    """A past application that the model saw for the same reasons."""

    application_id: str
    authority: str
    filed_at: Instant
    likeness: float = Field(description="1 where every feature moves the score alike, 0 where nothing is shared.")
    diverted: bool = Field(description="What was found of it: contract section 2.")
    found_by: str
    learned_on: Instant
    shared: tuple[str, ...] = Field(description="Sentences of the features that move both scores most, the same way.")


class SimilarCases(Told):
    """The nearest past applications with a known outcome; few, chosen by people, and no forecast."""

    application_id: str
    cases: tuple[SimilarCase, ...]

"""What the service is asked in bodies of its own: tokens, plans, signatures, suppositions. Closed like every record of the contract."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from engine.wire import BandName, Capacity, Country, Day, Id, Meaning, Record, Share
from engine.wire.kinds import Bool, Count, Label, Line, Name, Text, Time

EntityId = Annotated[str, Field(pattern=r"^[0-9]{1,19}$", max_length=19), Meaning("the digits of an entity's or a form's id")]


class TokenOrder(Record):
    """A token to be given out."""

    name: Name = Field(description="The person or system; stands as `recorded_by` on what they send.")
    role: Label = Field(description="system, analyst, approver, inspector, planner, auditor or admin.")
    authorities: Annotated[tuple[Country, ...], Field(max_length=300)] | None = Field(
        None, description="Whose filings it may read; missing = every authority's."
    )
    expires_at: Time | None = Field(None, description="When it ends; missing = in 90 days.")


class PlanOrder(Record):
    """A plan of visits to be made."""

    from_: Day = Field(alias="from", description="The first day.")
    to: Day = Field(description="The last day.")
    visits: Count = Field(description="How many visits can be made.")
    seed: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1), Meaning("a whole number of 0 or more", column="BIGINT")] = Field(
        0, description="The same seed on the same records gives the same plan."
    )
    lot_share: Share | None = Field(None, description="The share drawn by lot; missing = the deployment's own.")
    capacity: Capacity | None = Field(None, description="Inspector-days a region, quotas and notice; missing = only the number of visits limits.")


class PlanChange(Record):
    """One thing done to a plan."""

    action: Annotated[Literal["drop", "add", "move"], Meaning("`drop`, `add` or `move`", codes=frozenset({"drop", "add", "move"}))] = Field(
        description="Take a visit out, take a shipment of the frame in, or move a visit to another window."
    )
    visit_id: Id | None = Field(None, description="The visit, to drop or move it.")
    shipment_id: Id | None = Field(None, description="The shipment, to add it.")
    window_from: Day | None = Field(None, description="The first day of the window, to move a visit or to add one at a time of choice.")
    window_to: Day | None = Field(None, description="The last day of it.")


class AmendmentOrder(Record):
    """A change of a plan, with its reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"changes": [{"action": "drop", "visit_id": "P-20261201-001-004"}], "because": "The host state closed the region until February."}
    ]})

    because: Text = Field(description="Why, in the planner's words; auditors read it.")
    changes: Annotated[tuple[PlanChange, ...], Field(min_length=1, max_length=200)] = Field(description="What to do, all of it or nothing.")
    keep: Annotated[Literal["all", "fixed"], Meaning("`all` or `fixed`", codes=frozenset({"all", "fixed"}))] = Field(
        "all", description="`all`: visits not named stay; `fixed`: visits by risk are chosen anew around the others."
    )


class SignatureOrder(Record):
    """A second signature, given or refused."""

    sign: Bool = Field(description="True signs, false refuses.")
    because: Text | None = Field(None, description="Why; needed for a refusal.")


class PromotionOrder(Record):
    """A model to be put in force by a person."""

    because: Text = Field(description="Why this model, in the approver's words.")


class MergeOrder(Record):
    """An officer's word that two entities are one party."""

    other: EntityId = Field(description="The other entity's id, or that of one of its forms.")
    because: Text = Field(description="Why, in the officer's words; stands on record beside the name.")


class SplitOrder(Record):
    """An officer's word that a form is another party than the rest of its entity."""

    because: Text = Field(description="Why, in the officer's words; stands on record beside the name.")


class WeightsOrder(Record):
    """Link weights to be put in force by a person."""

    weights: Text = Field(description="The text of a file that `diversion links fit` wrote.")
    because: Text = Field(description="Why these, in the approver's words.")


class ErasureOrder(Record):
    """A record's content to be erased under a lawful order."""

    key: Line = Field(description="The record's key, such as application:A-1#1 or event:E-1.")
    order: Line = Field(description="Reference of the lawful order.")


class TrainingOrder(Record):
    """A model to be trained, compared with the one in force and promoted only if better."""

    as_of: Day | None = Field(None, description="Learn only from what was known by the beginning of that day; missing = now.")
    dry_run: Bool | None = Field(None, description="True says what would happen and writes nothing.")
    promote_because: Text | None = Field(None, description="Promote whatever the comparison says, for this reason.")


class WhatIfOrder(Record):
    """A filing as it could have been."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"remedies": ["authentication_confirmed"], "band": "elevated"}]})

    changes: dict[str, Any] | None = Field(None, description="A JSON Merge Patch (RFC 7396) of the filing: null removes a field, a list is replaced whole.")
    remedies: Annotated[tuple[Label, ...], Field(max_length=50)] | None = Field(None, description="Remedies to be tried together, by code.")
    band: BandName | None = Field(None, description="The band to be reached; missing = the one below the filing's own.")
    as_of: Time | None = Field(None, description="Count what was known by then; missing = the moment of filing.")

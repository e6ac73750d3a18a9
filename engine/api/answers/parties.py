"""What is answered of parties, what they share, and how they are linked."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from engine.api.answers import Instant, Told


class ListedParty(Told):
    """The list entry that a party's name comes nearest to."""

    state: Literal["open", "confirmed", "dismissed"] = Field(description="What an officer of the application's authority said of it.")
    list: str
    entry_id: str
    matched_name: str | None
    score: float
    since: Instant
    more: int = Field(description="Further entries that it comes near to.")


class TimesOnRecord(Told):
    """How often, and when last; of a party that another authority alone named, no day is told."""

    times: int
    last: Instant | None


class NetworkNode(Told):
    """A party, or a thing that parties share; of a party `parties` is null, of a thing all from `roles` to `diversion`."""

    id: str = Field(description="`party:ENTITY`, whose number `GET /v1/parties/ENTITY` takes; or the kind and a short hash.")
    kind: Literal["party", "address", "website", "registration", "lei", "owner", "payer"]
    hops: int = Field(description="0 on the application, 1 shares something with a party there, 2 with one of these.")
    label: str | None = Field(description="Null where it is another authority's text.")
    withheld: bool
    country: str | None
    roles: tuple[str, ...] | None = Field(description="The parts it plays on this application.")
    names: tuple[str, ...] | None = Field(description="Other ways in which it is written.")
    applications: int | None = Field(description="How many ever named it.")
    first_seen: Instant | None
    listed: ListedParty | None
    denied: TimesOnRecord | None = Field(description="Refused for diversion, end use or catch-all, or notified as denied by a partner.")
    diversion: TimesOnRecord | None = Field(description="Confirmed on a delivery that named it, not as the exporter.")
    parties: int | None = Field(description="How many on record share the thing, those left out too.")


class NetworkEdge(Told):
    """That a party has a thing; or, of kind `alike`, that two parties may be one and are not taken for it."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: str
    start: str = Field(alias="from")
    end: str = Field(alias="to")
    kind: Literal["address", "website", "registration", "lei", "owner", "payer", "named", "alike"]
    since: Instant
    reason: str


class Crowded(Told):
    """A thing shared by too many to be followed further."""

    id: str
    parties: int


class LeftOut(Told):
    """What was found and is not shown."""

    parties: int = Field(description="Within two hops of what is shown.")
    crowded: tuple[Crowded, ...]


class NetworkAnswer(Told):
    """What the parties of an application share with others on record."""

    application_id: str
    revision: int
    as_of: Instant
    nodes: tuple[NetworkNode, ...] = Field(description="The nearest first, of these those of whom something is on record.")
    edges: tuple[NetworkEdge, ...]
    left_out: LeftOut
    caveat: str = Field(description="How it may be read. Shown wherever the answer is.")


class PartyForm(Told):
    """One way in which a party was written, and why it is taken for it; of another authority's form only that it is there."""

    form_id: str | None = Field(description="Digits, as text: a number of 63 bits.")
    authority: str | None
    withheld: bool
    name: str | None
    country: str | None
    party_id: str | None
    lei: str | None
    registration: str | None
    first_seen: Instant | None
    known_from: Instant | None
    reason: str | None


class PartyAnswer(Told):
    """An entity as it stands: its forms in order of filing, and the ids under which they stood before."""

    entity_id: str
    forms: tuple[PartyForm, ...]
    former: tuple[str, ...]


class FormRuled(Told):
    """Of which entity a form is since then."""

    form_id: str
    entity_id: str


class LinkRuled(Told):
    """An officer's word on a link, as it was put on record."""

    event_id: str
    recorded_by: str
    subject: str
    forms: tuple[FormRuled, ...]


class WeightsTold(Told):
    """Link weights that were put in force."""

    version: str
    promoted_by: str
    because: str

"""What happens after filing: the ten events of the contract's section 2; knows how none of them is used.

Every event carries who recorded it and when it became known. One that is `withdrawn` names the record it takes back in
`corrects` and needs nothing else, so the fields an event must otherwise have stand in `needs` and `needs_one_of`, not
in the types.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from engine.wire.application import Leg, Party
from engine.wire.codes import (
    Access,
    Answer,
    Basis,
    DecisionOutcome,
    DueFrom,
    Ground,
    Handling,
    IncidentFinding,
    IncidentSource,
    ItemState,
    LicenceChange,
    LimitedBy,
    Met,
    Milestone,
    Proof,
    RequestFor,
    RequestParty,
    ReviewAbout,
    ReviewResult,
    Stage,
    VisitFinding,
    VisitMode,
    VisitOutcome,
    Wilful,
)
from engine.wire.kinds import (
    Bool,
    ControlCode,
    Count,
    Country,
    Day,
    Days,
    Id,
    Label,
    Latitude,
    Line,
    LineNumber,
    Locode,
    Longitude,
    Name,
    NullIs,
    Quantity,
    Sha256,
    Text,
    Time,
)
from engine.wire.record import Record

ONE_DAY = timedelta(days=1)  # a day is told without its time zone: what leaves one evening arrives across the date line on the day before
Serials = Annotated[tuple[Label, ...], Field(max_length=20_000)]


def _refusal(fields: tuple[str, ...], reason: str, expected: str, todo: str) -> PydanticCustomError:
    """The refusal of a record whose fields do not agree; an empty `expected` is what each field holds anyway."""
    told: dict[str, Any] = {"fields": fields, "reason": reason, "expected": expected, "todo": todo}
    return PydanticCustomError("disagree", "The fields do not agree", told)


class Event(Record):
    """What every event carries: its id, who recorded it, when it became known, and what it corrects."""

    needs: ClassVar[tuple[str, ...]] = ()
    """Fields that must be there unless the event is withdrawn."""
    needs_one_of: ClassVar[tuple[str, ...]] = ()
    """Fields of which at least one must be there unless the event is withdrawn."""
    happened: ClassVar[tuple[str, ...]] = ()
    """Days of what has happened: one after the moment of recording is odd, and told."""
    in_order: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Two days of which the second cannot be earlier."""

    event_id: Id = Field(description="The sender's id of this event; sending it twice changes nothing.")
    recorded_by: Name | None = Field(None, description="Who recorded it; over HTTP it comes from the token.")
    at: Time = Field(description="When it became known.")
    corrects: Id | None = Field(None, description="The event that this one replaces, from its own `at` on.")
    withdrawn: Bool | None = Field(None, description="True if the record named in `corrects` no longer holds.")
    because: Text | None = Field(None, description="Why it was recorded, corrected or withdrawn.")
    handling: Annotated[Handling, NullIs("internal")] = Field("internal", description="Who may see it.")
    reference: Line | None = Field(None, description="Where what may not be stored here is held.")

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        """Refuse an event that says too little to mean anything; a withdrawn one needs only what it takes back."""
        if self.withdrawn:
            if self.corrects is None:
                raise _refusal(
                    ("corrects",),
                    "it is missing, but the event is `withdrawn`",
                    "the `event_id` of the record that no longer holds",
                    "Name the withdrawn record",
                )
            return self
        if missing := tuple(name for name in self.needs if getattr(self, name) is None):
            raise _refusal(missing, "it is missing", "", "Add it; only a `withdrawn` event may leave it out")
        if self.needs_one_of and all(getattr(self, name) is None for name in self.needs_one_of):
            names = [f"`{name}`" for name in self.needs_one_of]
            raise _refusal(
                self.needs_one_of[:1], f"neither {' nor '.join(names)} is there", f"at least one of {' or '.join(names)}", "Say what it is about"
            )
        for earlier, later in self.in_order:
            first, second = getattr(self, earlier), getattr(self, later)
            if first and second and second < first - ONE_DAY:
                raise _refusal((later,), f"it lies before `{earlier}`", f"a day on or after `{earlier}`", "Check the two days")
        self._check()
        return self

    def _check(self) -> None:
        """Refuse what only this sort of event must not say."""


class ScoreSeen(Record):
    """The score that lay before whoever decided."""

    scored_at: Time | None = Field(None, description="When it was computed.")
    as_of: Time | None = Field(None, description="Up to when facts counted in it.")
    model_version: Label | None = Field(None, description="Which model gave it.")
    policy_version: Label | None = Field(None, description="Which policy gave the band.")


class Decision(Event):
    """What the authority decided on an application."""

    needs = ("application_id", "outcome")

    application_id: Id | None = Field(None, description="The application decided on.")
    outcome: DecisionOutcome | None = Field(
        None, description="`withdrawn` is by the applicant, `returned` without action."
    )
    basis: Basis | None = Field(None, description="What led to the decision.")
    grounds: Annotated[tuple[Ground, ...], Field(max_length=50)] | None = Field(
        None, description="The grounds it rests on."
    )
    conditions: Annotated[tuple[Text, ...], Field(max_length=100)] | None = Field(
        None, description="Conditions that go with it."
    )
    rationale: Text | None = Field(None, description="Why, in the officer's words; for the file.")
    reasons_for_applicant: Text | None = Field(None, description="Why, as the applicant is told.")
    score_seen: ScoreSeen | None = Field(None, description="The score that lay before whoever decided.")
    approved_by: Name | None = Field(None, description="Who approved it; over HTTP it comes from the token.")


class LicenceItem(Record):
    """How much of one line a licence permits."""

    line: LineNumber | None = Field(None, description="The application's line.")
    quantity: Quantity | None = Field(None, description="The quantity permitted.")
    unit: Label | None = Field(None, description="Its unit.")


class LicenceCondition(Record):
    """One condition of a licence, and when it falls due."""

    condition_id: Id | None = Field(None, description="Its id, by which a visit names it.")
    code: Label | None = Field(None, description="The authority's code of the condition.")
    text: Text | None = Field(None, description="The condition in words.")
    due_days: Days | None = Field(None, description="Days until it falls due, counted from `due_from`.")
    due_from: DueFrom | None = Field(None, description="What those days are counted from.")


class Licence(Event):
    """A licence was issued or changed."""

    needs = ("change",)
    needs_one_of = ("application_id", "licence_number")

    application_id: Id | None = Field(None, description="The application it was given on; needed when issued.")
    licence_number: Label | None = Field(None, description="The licence's number.")
    change: LicenceChange | None = Field(None, description="What happened to it.")
    effective_on: Day | None = Field(None, description="The day from which the change holds.")
    valid_from: Day | None = Field(None, description="The first day of the licence.")
    valid_to: Day | None = Field(None, description="The last day of the licence.")
    items: Annotated[tuple[LicenceItem, ...], Field(max_length=2_000)] | None = Field(
        None, description="What it permits."
    )
    conditions: Annotated[tuple[LicenceCondition, ...], Field(max_length=100)] | None = Field(
        None, description="What it demands."
    )
    approved_by: Name | None = Field(None, description="Who approved it; over HTTP it comes from the token.")

    def _check(self) -> None:
        if self.change == "issued" and self.application_id is None:
            raise _refusal(
                ("application_id",),
                "it is missing from a licence that is issued",
                "the application it was given on",
                "Name the application",
            )
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise _refusal(
                ("valid_to",),
                "the licence ends before it begins",
                "a day on or after `valid_from`",
                "Check the two days",
            )


class ShipmentItem(Record):
    """How much of one line was shipped or delivered."""

    line: LineNumber | None = Field(None, description="The application's line.")
    quantity: Quantity | None = Field(None, description="How many or how much.")
    serials: Serials | None = Field(None, description="Serial numbers.")


class Shipment(Event):
    """Goods left under a licence; also one outside it, which is recorded and listed, never refused."""

    needs = ("shipment_id",)
    needs_one_of = ("application_id", "licence_number")
    happened = ("shipped_on", "arrived_on")
    in_order = (("shipped_on", "arrived_on"),)

    shipment_id: Id | None = Field(None, description="The sender's id of the shipment.")
    application_id: Id | None = Field(None, description="The application it was made under.")
    licence_number: Label | None = Field(None, description="The licence it was made under.")
    shipped_on: Day | None = Field(None, description="The day it left.")
    arrived_on: Day | None = Field(None, description="The day it arrived, as reported.")
    items: Annotated[tuple[ShipmentItem, ...], Field(max_length=2_000)] | None = Field(
        None, description="What was shipped."
    )
    route: Annotated[tuple[Leg, ...], Field(max_length=60)] | None = Field(None, description="The way it took.")
    final: Bool | None = Field(None, description="True if it is the last shipment under the licence.")


class Delivery(Event):
    """How far a shipment got, and what proves it."""

    needs = ("shipment_id", "milestone")
    happened = ("on",)

    shipment_id: Id | None = Field(None, description="The shipment.")
    milestone: Milestone | None = Field(None, description="How far it got.")
    on: Day | None = Field(None, description="The day it got there.")
    place: Locode | None = Field(None, description="Where (UN/LOCODE).")
    items: Annotated[tuple[ShipmentItem, ...], Field(max_length=2_000)] | None = Field(
        None, description="What got there."
    )
    proof: Proof | None = Field(None, description="What proves it.")
    number: Label | None = Field(None, description="The number of that proof.")
    issuer: Name | None = Field(None, description="Who issued that proof.")
    sha256: Sha256 | None = Field(None, description="SHA-256 of the proof's file.")


class VisitItem(Record):
    """What a visit found of one line: a single piece by its serial, or a quantity."""

    line: LineNumber | None = Field(None, description="The application's line.")
    serial: Label | None = Field(None, description="The serial number of one piece.")
    quantity: Quantity | None = Field(None, description="How many or how much, where not by serial number.")
    state: ItemState = Field(
        description="`not_seen` = not reached, `not_presented` = asked for and not shown; the others as they say."
    )


class VisitSample(Record):
    """How many pieces of a lot were looked at, and how they were drawn."""

    lot_size: Count | None = Field(None, description="Pieces in the lot.")
    seen: Count | None = Field(None, description="Pieces looked at.")
    method: Line | None = Field(None, description="How they were drawn.")


class VisitCondition(Record):
    """Whether a condition of the licence was found met."""

    condition: Line = Field(description="The condition's id, or its words.")
    met: Met = Field(description="Whether it was met.")


class VisitStorage(Record):
    """How the goods are kept."""

    text: Text | None = Field(None, description="What the inspector saw.")
    secure: Bool | None = Field(None, description="True if it was found secure.")


class Visit(Event):
    """An end-use check: before the licence, before shipment, or after it."""

    needs = ("visit_id", "outcome")
    needs_one_of = ("application_id", "shipment_id")
    happened = ("visited_on",)

    visit_id: Id | None = Field(None, description="The id of the visit.")
    application_id: Id | None = Field(None, description="The application it checks.")
    shipment_id: Id | None = Field(None, description="The shipment it checks.")
    stage: Annotated[Stage, NullIs("post_shipment")] = Field("post_shipment", description="When in the licence's life.")
    visited_on: Day | None = Field(None, description="The day of the visit.")
    mode: VisitMode | None = Field(None, description="How it was made.")
    place: Locode | None = Field(None, description="Where (UN/LOCODE).")
    latitude: Latitude | None = Field(None, description="Degrees north.")
    longitude: Longitude | None = Field(None, description="Degrees east.")
    host: Name | None = Field(None, description="Who received the inspectors.")
    access: Access | None = Field(None, description="How much they were let see.")
    limited_by: LimitedBy | None = Field(None, description="What limited access.")
    items: Annotated[tuple[VisitItem, ...], Field(max_length=20_000)] | None = Field(
        None, description="What was found of the goods."
    )
    sample: VisitSample | None = Field(None, description="How many pieces were looked at.")
    conditions: Annotated[tuple[VisitCondition, ...], Field(max_length=100)] | None = Field(
        None, description="Which conditions were met."
    )
    storage: VisitStorage | None = Field(None, description="How the goods are kept.")
    outcome: VisitOutcome | None = Field(None, description="The rating of the visit.")
    findings: Annotated[tuple[VisitFinding, ...], Field(max_length=50)] | None = Field(
        None, description="What was found; `re_transfer` and `re_export` are without the consent required."
    )
    evidence: Annotated[tuple[Sha256, ...], Field(max_length=500)] | None = Field(
        None, description="SHA-256 of photos and papers."
    )
    limitations: Text | None = Field(None, description="What the visit could not establish.")
    party_reply: Text | None = Field(None, description="What the visited party says to it.")
    signed_by: Name | None = Field(None, description="The inspector who signed it off.")
    reviewed_by: Name | None = Field(None, description="Another person, who reviewed it.")


class Incident(Event):
    """Word of goods gone astray, other than from a visit."""

    needs = ("finding",)
    needs_one_of = ("application_id", "party")
    happened = ("occurred_on",)

    application_id: Id | None = Field(None, description="The application concerned.")
    party: Party | None = Field(None, description="The party concerned, where no licence is known.")
    source: IncidentSource | None = Field(None, description="Where the word came from.")
    finding: IncidentFinding | None = Field(None, description="What happened.")
    occurred_on: Day | None = Field(None, description="The day it happened.")
    confirmed: Bool | None = Field(None, description="True once it is established.")
    wilful: Wilful | None = Field(None, description="Whether it was meant.")


class DenialNotice(Event):
    """A partner state's notice that it denied a transfer."""

    needs = ("party",)
    happened = ("denied_on",)
    in_order = (("denied_on", "expires_on"),)

    party: Name | None = Field(None, description="The party's name as notified.")
    country: Country | None = Field(None, description="The party's country.")
    control_code: ControlCode | None = Field(None, description="Control code of the goods denied.")
    reason: Text | None = Field(None, description="Why, in the partner's words.")
    grounds: Annotated[tuple[Line, ...], Field(max_length=50)] | None = Field(
        None, description="The grounds as notified; the codes of a decision where they fit."
    )
    end_use: Text | None = Field(None, description="The end use that was denied.")
    denied_on: Day | None = Field(None, description="The day of the denial.")
    expires_on: Day | None = Field(None, description="The day until which the notice holds.")
    issuer: Name | None = Field(None, description="The state or authority that denied.")
    handling: Annotated[Handling, NullIs("originator_controlled")] = Field(
        "originator_controlled", description="Who may see it."
    )


class Destruction(Event):
    """Goods, or the stock they replace, were destroyed before witnesses."""

    needs = ("application_id",)
    happened = ("destroyed_on",)

    application_id: Id | None = Field(None, description="The application concerned.")
    control_code: ControlCode | None = Field(None, description="Control code of what was destroyed.")
    quantity: Quantity | None = Field(None, description="How many.")
    serials: Serials | None = Field(None, description="Serial numbers.")
    witnessed_by: Name | None = Field(None, description="Who witnessed it.")
    destroyed_on: Day | None = Field(None, description="The day of destruction.")
    sha256: Sha256 | None = Field(None, description="SHA-256 of the certificate's file.")


class Request(Event):
    """A question put to someone, or, with `answer`, what came back."""

    needs = ("request_id",)
    happened = ("sent_on", "answered_on")
    in_order = (("sent_on", "due_on"), ("sent_on", "answered_on"))
    subjects: ClassVar[tuple[str, ...]] = ("application_id", "shipment_id", "visit_id")
    """What a request is about: one of these; a document stands beside them, as it has no id of its own."""

    request_id: Id | None = Field(None, description="The id of the request; its answer has the same.")
    application_id: Id | None = Field(None, description="The application it is about.")
    shipment_id: Id | None = Field(None, description="The shipment it is about.")
    visit_id: Id | None = Field(None, description="The visit it is about.")
    document_number: Label | None = Field(None, description="The number of the paper it is about.")
    from_: RequestParty | None = Field(None, alias="from", description="Who asks.")
    to: RequestParty | None = Field(None, description="Who is asked.")
    name: Name | None = Field(None, description="Who exactly is asked.")
    country: Country | None = Field(None, description="The country of whoever is asked.")
    for_: RequestFor | None = Field(None, alias="for", description="What is asked for.")
    sent_on: Day | None = Field(None, description="The day it was sent.")
    due_on: Day | None = Field(None, description="The day an answer is due.")
    stops_clock: Bool | None = Field(None, description="True if the authority's time limit stops until the answer.")
    answer: Answer | None = Field(None, description="What came back.")
    answered_on: Day | None = Field(None, description="The day it came back.")
    text: Text | None = Field(None, description="The question or the answer in words.")

    def _check(self) -> None:
        told = [name for name in self.subjects if getattr(self, name) is not None]
        if len(told) > 1:
            raise _refusal(
                (told[1],),
                "a request is about one thing, and two are named",
                "one of `application_id`, `shipment_id`, `visit_id`",
                "Send one request for each",
            )
        if self.answer is None and not told and self.document_number is None:
            raise _refusal(
                ("application_id",),
                "the request does not say what it is about",
                "one of `application_id`, `shipment_id`, `visit_id`, `document_number`",
                "Name it; only an answer may leave it out",
            )


class Review(Event):
    """What a named officer made of a referral, a match, a visit, an incident, a link or an unverified status."""

    needs = ("about", "subject", "result")

    about: ReviewAbout | None = Field(None, description="What was reviewed.")
    subject: Id | None = Field(None, description="The id of what was reviewed; of a referral its `subject`, whole, as the score tells it (`rule_id:...`).")
    application_id: Id | None = Field(None, description="The application concerned.")
    result: ReviewResult | None = Field(None, description="What came of it.")
    legal_basis: Text | None = Field(None, description="The provision it rests on.")
    valid_to: Day | None = Field(None, description="The last day it holds.")
    approved_by: Name | None = Field(None, description="Who approved it; over HTTP it comes from the token.")


EVENTS: Mapping[str, type[Event]] = MappingProxyType(
    {
        "decision": Decision,
        "licence": Licence,
        "shipment": Shipment,
        "delivery": Delivery,
        "visit": Visit,
        "incident": Incident,
        "denial_notice": DenialNotice,
        "destruction": Destruction,
        "request": Request,
        "review": Review,
    }
)

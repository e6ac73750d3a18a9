"""The shapes of what the service answers beyond the contract's own records; computes none of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine.wire import MissingInput, Problem, ProblemField, Score


def _in_utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


Instant = Annotated[datetime, BeforeValidator(_in_utc)]


class Told(BaseModel):
    """The base of every answer."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())


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


class SignatureTold(Told):
    """One signature in a document's file."""

    signer: str
    intact: bool = Field(description="What it signs is unchanged.")
    covers_all: bool = Field(description="It signs the whole file as it stands.")
    trusted: bool | None = Field(description="Its root is one that the authority trusts; null where none was given to compare.")


class PaperCheckTold(Told):
    """One declared document and what its file says of it."""

    document: int = Field(description="Its place on the form, from 1.")
    kind: str
    number: str | None
    sha256: str | None
    file: Literal["none_declared", "not_on_record", "no_text", "read"]
    fields: dict[str, bool] = Field(description="Declared field -> whether the file's text holds what was declared.")
    pages: int | None
    producer: str | None
    created_at: str | None
    modified_at: str | None
    saved_again: bool | None = Field(description="Saved into after it was first written.")
    signatures: tuple[SignatureTold, ...]


class PaperChecks(Told):
    """The documents of an application with the checks of their files."""

    application_id: str
    documents: tuple[PaperCheckTold, ...]


class EventAnswer(Told):
    """What became of an event."""

    event_id: str
    kind: str
    state: Literal["recorded", "unchanged", "awaiting_signature", "refused"]
    recorded_by: str
    left_out: tuple[str, ...] = Field((), description="Fields that come from tokens alone and were not taken over.")
    todo: str | None = None


class PendingEvent(Told):
    """An event that waits for a second signature."""

    event_id: str
    kind: str
    since: Instant
    recorded_by: str | None
    event: dict[str, Any]


class PendingEvents(Told):
    """Everything that waits, the oldest first."""

    pending: tuple[PendingEvent, ...]


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
    chosen_by: str | None = Field(None, description="Not told to inspectors before sign-off, as the two below.")
    inclusion_probability: float | None = None
    reason: str | None = None


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


class LicencesAnswer(Told):
    """Licences with what is shipped and left, and the shipments outside them, as known by a moment."""

    as_of: Instant
    licences: tuple[dict[str, Any], ...] = Field(description="Each with its state, its newest change and its lines.")
    outside: tuple[dict[str, Any], ...] = Field(description="Shipments that no open licence covered, with every reason why; on every page all of them.")
    next_skip: int | None = None


class DueAnswer(Told):
    """What is due after the licences, the parties that could not be verified, and how those asked for consent answered."""

    obligations: tuple[dict[str, Any], ...] = Field(description="Each with `since`, `due_on`, `state`, `next_actor`, `value_eur` and, while open, `days_over`.")
    unverified: tuple[dict[str, Any], ...] = Field(description="Proposed, made by an approver, run out, ended, or removed by a completed check.")
    cooperation: tuple[dict[str, Any], ...] = Field(description="A host state's delay is the country's, a party's the party's.")
    next_skip: int | None = None


class Alerts(Told):
    """Findings that touch undecided applications and open licences, the newest first."""

    alerts: tuple[dict[str, Any], ...]


class Proposals(Told):
    """What findings put before an approver; none of it is made by the engine."""

    proposals: tuple[dict[str, Any], ...]


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
    window_from: date
    window_to: date
    in_plan: bool
    visit_id: str | None
    chosen_by: str | None
    reason: str | None
    lowest_risk_chosen: float | None = Field(description="The capacity cut.")
    last_rank_chosen: int | None
    limits: tuple[str, ...] = Field(description="What keeps it out.")
    not_chosen_because: str | None
    model_version: str | None
    policy_version: str | None
    history: tuple[dict[str, Any], ...] = Field(description="Every record of its visit, with who changed it and why.")


class JobAnswer(Told):
    """Long work, and what came of it once done."""

    job_id: str
    what: str
    state: Literal["running", "done", "failed"]
    result: dict[str, Any] | None = None
    problem: Problem | None = None


class SetAsideRecord(Told):
    """A record that was not taken in: its line, and what to do about it; never what it says."""

    line: int
    problems: tuple[ProblemField, ...]


class IngestAnswer(Told):
    """What became of a file of records."""

    kind: str
    added: int
    unchanged: int
    set_aside: int
    set_aside_records: tuple[SetAsideRecord, ...] = Field(description="The first hundred, or as many as `shown` asks for.")
    ignored_fields: dict[str, int]


class RejectedListRow(Told):
    """A row of a list file that could not be read."""

    line: int
    reason: str


class NewListHit(Told):
    """A new or changed entry near a name on an open licence or an undecided application; `subject` is what a review of it names."""

    application_id: str
    why: str
    role: str
    list: str
    entry_id: str
    matched_name: str
    score: float
    result: str
    subject: str | None


class ListEdition(Told):
    """An edition that was taken in, also where it said nothing new."""

    edition: date
    imported_at: Instant
    imported_by: str
    entries: int | None = Field(description="How many it held; null of one from before editions were kept on record.")
    new_or_changed: int
    ended: int


class HeldList(Told):
    """A watch list as it stands."""

    list: str
    title: str
    issuer: str
    effect: str = Field(description="`prohibiting`: a match is a referral; `warning`: it only raises the score.")
    entries: int = Field(description="Standing now.")
    edition: date = Field(description="Day of the newest edition.")
    age_days: int = Field(description="Days since then.")
    editions: tuple[ListEdition, ...] = Field(description="The newest first.")


class HeldLists(Told):
    """Every list of which an edition was taken in."""

    lists: tuple[HeldList, ...]


class ListChange(Told):
    """An entry that came, went or says something else; `fields` are the names of what changed."""

    entry_id: str
    name: str
    fields: tuple[str, ...]


class ListDifference(Told):
    """What a list says at the end of one day and not at that of another."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    list: str
    from_day: date = Field(alias="from")
    to_day: date = Field(alias="to")
    added: tuple[ListChange, ...]
    ended: tuple[ListChange, ...]
    changed: tuple[ListChange, ...]


class ListAnswer(Told):
    """What became of one edition of a watch list."""

    lists: tuple[str, ...]
    edition: date
    entries: int
    new_or_changed: int
    ended: int
    new_hits: tuple[NewListHit, ...] = Field(description="On parties of open licences and undecided applications, best first.")
    rejected: int
    rejected_rows: tuple[RejectedListRow, ...] = Field(description="The first hundred, or as many as `shown` asks for.")


class AsScoredAnswer(Told):
    """A score as it was given, and whether it comes out the same from the records of that time."""

    score: Score | ScoreForSystem
    entry: int = Field(description="The audit entry that holds it; the records before it were replayed.")
    reproduced: bool = Field(description="True if every field came out the same, bit for bit.")
    differences: tuple[str, ...] = Field(description="Each field that did not, and what is known of why.")


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


class FileAnswer(Told):
    """A file on record."""

    sha256: str
    stored: Literal["new", "unchanged"]


class AuditEntry(Told):
    """One link of the audit chain."""

    seq: int
    made_at: Instant
    actor: str
    action: str
    channel: str
    kind: str
    records: int
    digest: str
    note: str | None
    previous: str
    hash: str


class AuditPage(Told):
    """Entries in the order of writing."""

    entries: tuple[AuditEntry, ...]
    head: str
    next_after: int | None


class VerdictAnswer(Told):
    """The outcome of a verification of everything on record."""

    whole: bool
    entries: int
    records: int
    head: str
    erased: tuple[str, ...]
    first_fault: str | None


class ErasureAnswer(Told):
    """What became of an erasure; `awaiting_approval` until an approver, another person, sends the same."""

    key: str
    order: str
    state: Literal["awaiting_approval", "erased"]
    asked_by: str
    approved_by: str | None


class ErasuresAnswer(Told):
    """Erasures that wait for an approver, the oldest first."""

    waiting: tuple[ErasureAnswer, ...]


class TokenAnswer(Told):
    """A token, without its secret."""

    token_id: str
    name: str
    role: str
    authorities: tuple[str, ...] | None
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None


class Me(Told):
    """Whoever a token names."""

    name: str
    role: str
    authorities: tuple[str, ...] | None = Field(description="Whose filings it may read; null = every authority's.")


class NewToken(TokenAnswer):
    """A new token with its secret, told this once."""

    token: str


class Tokens(Told):
    """Every token ever given out."""

    tokens: tuple[TokenAnswer, ...]

"""The application and everything that stands in it, as the contract's section 1 has it; knows no event.

A missing field is None and stays None: an absent list is "not said", an empty one is "none". Dates that contradict
each other, odd quantities or a document older than its end user are for the engine to see, so they are not refused
here; only what can have no meaning is.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from engine.wire.codes import (
    ApplicationKind,
    AuditedBy,
    Authentication,
    Authorisation,
    DocumentKind,
    EndUserRole,
    Form,
    Handling,
    IntermediaryRole,
    PartyKind,
    PaymentMethod,
    Purpose,
    StockPlan,
    SubmittedBy,
    Transaction,
    TransportMode,
    Undertaking,
)
from engine.wire.kinds import (
    Bool,
    ControlCode,
    ControlList,
    Country,
    Currency,
    Day,
    Days,
    HsCode,
    Id,
    Imo,
    Label,
    Lei,
    Level,
    Line,
    LineNumber,
    Locode,
    Money,
    Name,
    NullIs,
    Quantity,
    Revision,
    Sha256,
    Share,
    Text,
    Time,
    Year,
)
from engine.wire.record import Record


class Owner(Record):
    """Who owns a part of a party."""

    name: Name | None = Field(None, description="The owner's name; missing where only country or share is known.")
    country: Country | None = Field(None, description="Where the owner is established or resident.")
    share: Share | None = Field(None, description="The part owned, from 0 to 1 (0.25 for 25 %).")


class PartyLicence(Record):
    """A permission that a party says it holds, such as a dealer's or broker's licence."""

    kind: Label | None = Field(None, description="What it permits, in the issuer's words.")
    number: Label | None = Field(None, description="Its number as issued.")
    valid_from: Day | None = Field(None, description="The first day it holds.")
    valid_to: Day | None = Field(None, description="The last day it holds.")


class ComplianceProgramme(Record):
    """A party's internal compliance programme for export control; missing means not said, never none."""

    certified_on: Day | None = Field(None, description="The day it was certified.")
    audited_on: Day | None = Field(None, description="The day of the last audit.")
    audited_by: AuditedBy | None = Field(None, description="Who audited it.")
    level: Level | None = Field(
        None, description="How many of the seven core elements it has; 0 = declared none, missing = not said."
    )


class Party(Record):
    """A company, authority, unit or person that takes part in the transfer."""

    party_id: Id | None = Field(None, description="The licensing system's own stable id of this party.")
    name: Name = Field(description="The name as filed.", examples=["Example Defence Works Ltd"])
    aliases: Annotated[tuple[Name, ...], Field(max_length=100)] | None = Field(
        None, description="Other names it is known by."
    )
    country: Country | None = Field(
        None, description="Country of establishment, or of residence for a person; never nationality."
    )
    address: Text | None = Field(None, description="The address as filed.")
    kind: PartyKind | None = Field(None, description="What sort of party it is.")
    registration: Label | None = Field(None, description="Its number in the national company register.")
    lei: Lei | None = Field(None, description="Its Legal Entity Identifier (ISO 17442).")
    registered_on: Day | None = Field(None, description="The day it was entered in the register.")
    website: Line | None = Field(None, description="The address of its website.")
    owners: Annotated[tuple[Owner, ...], Field(max_length=100)] | None = Field(
        None, description="Who owns it, as far as declared."
    )
    licences: Annotated[tuple[PartyLicence, ...], Field(max_length=100)] | None = Field(
        None, description="Permissions it says it holds."
    )
    compliance_programme: ComplianceProgramme | None = Field(
        None, description="Its internal compliance programme; missing means not said."
    )


class AdditionalEndUser(Party):
    """A further end user; never counted as an intermediary."""

    role: EndUserRole = Field(description="What this further end user does with the goods.")


class Intermediary(Party):
    """A party between exporter and end user, in the role it plays here."""

    role: IntermediaryRole = Field(description="The part it plays in this transfer.")


class Item(Record):
    """One line of goods, software, technology or assistance."""

    line: LineNumber | None = Field(None, description="The line's number, by which licences and shipments name it.")
    control_code: ControlCode | None = Field(
        None, description="The control-list entry as its list writes it; missing = uncontrolled or catch-all.",
        examples=["ML3.a", "6A003.b.4.b", "EAR99"],
    )  # fmt: skip
    control_list: ControlList | None = Field(
        None, description="Which list the code is from: EU, EU-ML, US-CCL, US-USML, UK, WA-DU, WA-ML, JP ..."
    )
    control_list_edition: Day | None = Field(None, description="The day of that list's edition.")
    form: Form | None = Field(None, description="Goods, software, technology or assistance.")
    hs_code: HsCode | None = Field(None, description="Customs heading, digits only.", examples=["930630"])
    description: Text | None = Field(None, description="What it is, in the applicant's words.")
    manufacturer: Name | None = Field(None, description="Who made it.")
    model: Line | None = Field(None, description="The maker's name or number of the model.")
    made_year: Year | None = Field(None, description="The year it was made.")
    origin: Country | None = Field(None, description="The country it was made in.")
    quantity: Quantity | None = Field(None, description="How many or how much, in `unit`.", examples=[3000])
    unit: Label | None = Field(
        None, description="Unit of the quantity: a UN/ECE Recommendation 20 code where possible, such as C62 or KGM."
    )
    value: Money | None = Field(None, description="Value of the whole line, in `currency`.", examples=[125000.5])
    currency: Currency | None = Field(None, description="Currency of the value (ISO 4217).")
    serialised: Bool | None = Field(None, description="True if each piece carries a serial number.")


class EndUse(Record):
    """What the goods are for, as declared."""

    statement: Text | None = Field(None, description="The end use in the applicant's words.")
    purpose: Purpose | None = Field(None, description="The end use as a code.")
    country: Country | None = Field(None, description="The country of use.")
    site: Text | None = Field(None, description="Where exactly the goods will be used or kept.")


class Leg(Record):
    """One leg of the way that the goods take, in order."""

    from_: Locode | None = Field(None, alias="from", description="Where the leg begins (UN/LOCODE).")
    to: Locode | None = Field(None, description="Where the leg ends (UN/LOCODE).")
    from_text: Line | None = Field(None, description="Where it begins, if that place has no UN/LOCODE.")
    to_text: Line | None = Field(None, description="Where it ends, if that place has no UN/LOCODE.")
    mode: TransportMode | None = Field(None, description="How the goods travel on this leg.")
    carrier: Name | None = Field(None, description="The company that carries them.")
    conveyance: Line | None = Field(None, description="The vessel or flight.")
    imo: Imo | None = Field(None, description="The vessel's IMO number.")
    aircraft_registration: Label | None = Field(None, description="The aircraft's registration mark.")
    planned_on: Day | None = Field(None, description="The day the leg is planned to begin.")
    free_zone: Bool | None = Field(None, description="True if the goods enter a free zone where the leg ends.")
    storage_days: Days | None = Field(None, description="Days of storage where the leg ends.")
    transit_authorisation: Label | None = Field(None, description="Number of the transit state's authorisation.")


class DocumentItem(Record):
    """One line of goods as a document states it."""

    description: Text | None = Field(None, description="What the document says it is.")
    control_code: ControlCode | None = Field(None, description="The control code that the document gives.")
    quantity: Quantity | None = Field(None, description="The quantity that the document gives.")


class Document(Record):
    """A paper handed in with the application, and what it says."""

    kind: DocumentKind = Field(description="What sort of paper it is.")
    number: Label | None = Field(None, description="Its number.")
    issuer: Name | None = Field(None, description="Who issued it.")
    issuer_country: Country | None = Field(None, description="The issuer's country.")
    certified_by: Name | None = Field(
        None, description="The authority that stamped an end-user statement; missing = private."
    )
    signatory: Name | None = Field(None, description="Who signed it.")
    signatory_title: Line | None = Field(None, description="The signatory's rank or post.")
    issued_on: Day | None = Field(None, description="The day it was issued.")
    expires_on: Day | None = Field(None, description="The last day it holds.")
    original: Bool | None = Field(None, description="True if the original was handed in, false if a copy.")
    language: Label | None = Field(None, description="The paper's language, an ISO 639 code where possible.")
    end_user: Name | None = Field(None, description="The end user as the paper names it.")
    consignee: Name | None = Field(None, description="The consignee as the paper names it.")
    final_country: Country | None = Field(None, description="The country of final destination that it names.")
    items: Annotated[tuple[DocumentItem, ...], Field(max_length=2_000)] | None = Field(
        None, description="The goods that it names."
    )
    value: Money | None = Field(None, description="The total value that it states, in `currency`.")
    currency: Currency | None = Field(None, description="Currency of that value (ISO 4217).")
    undertakings: Annotated[tuple[Undertaking, ...], Field(max_length=50)] | None = Field(
        None, description="What the signatory promises; missing = not said, empty = none."
    )
    submitted_by: SubmittedBy | None = Field(None, description="Who handed the paper in.")
    authentication: Authentication | None = Field(
        None, description="What was known at filing of its authenticity; later answers come as `request` events."
    )
    sha256: Sha256 | None = Field(None, description="SHA-256 of the file.")
    handling: Annotated[Handling, NullIs("internal")] = Field("internal", description="Who may see it.")
    reference: Line | None = Field(None, description="Where what may not be stored here is held.")


class ReplacedStock(Record):
    """What the end user already holds that the new goods replace, and what becomes of it."""

    control_code: ControlCode | None = Field(None, description="Control code of the old goods.")
    description: Text | None = Field(None, description="What the old goods are.")
    quantity: Quantity | None = Field(None, description="How many are replaced.")
    acquired_year: Year | None = Field(None, description="The year they were acquired.")
    origin: Country | None = Field(None, description="The country they came from.")
    plan: StockPlan | None = Field(None, description="What is planned for them.")
    origin_consent: Bool | None = Field(None, description="True if the state of origin agreed to that plan.")
    serials_declared: Bool | None = Field(None, description="True if their serial numbers were declared.")


class CatchAll(Record):
    """Catch-all notices and knowledge; a referral to an officer, never a feature of the exporter."""

    wmd_informed: Bool | None = Field(None, description="The authority informed the exporter of a WMD end use.")
    wmd_aware: Bool | None = Field(None, description="The exporter says it is aware of a WMD end use.")
    wmd_suspected: Bool | None = Field(None, description="The exporter says it suspects a WMD end use.")
    military_end_use_informed: Bool | None = Field(
        None, description="The authority informed the exporter of a military end use in an embargoed country."
    )
    military_end_use_aware: Bool | None = Field(None, description="The exporter says it is aware of such an end use.")
    other_informed: Bool | None = Field(None, description="The authority informed the exporter on another ground.")
    reference: Line | None = Field(None, description="Where the notice is held.")


class Payment(Record):
    """How the goods are paid for."""

    payer_name: Name | None = Field(None, description="Who pays.")
    payer_country: Country | None = Field(None, description="The country the payment comes from.")
    method: PaymentMethod | None = Field(None, description="How it is paid.")
    prepaid_share: Share | None = Field(None, description="The part paid before delivery, from 0 to 1.")


EXAMPLE: JsonDict = {
    "application_id": "2026-000123",
    "authority": "DE",
    "filed_at": "2026-01-12T09:30:00Z",
    "kind": "export",
    "exporter": {"name": "Example Optics GmbH", "country": "DE", "kind": "commercial"},
    "end_user": {"name": "Example Border Guard", "country": "PL", "kind": "police"},
    "items": [
        {
            "line": 1,
            "control_code": "6A003.b.4.b",
            "control_list": "EU",
            "hs_code": "852589",
            "description": "Thermal imaging cameras",
            "quantity": 12,
            "unit": "C62",
            "value": 384000,
            "currency": "EUR",
        }
    ],
    "end_use": {"statement": "Border surveillance.", "purpose": "border_security", "country": "PL"},
    "route": [{"from": "DEHAM", "to": "PLGDY", "mode": "sea"}],
}


class Application(Record):
    """One filing of an application for a licence; an amended filing has the same id and a higher revision."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    application_id: Id = Field(description="The licensing system's own id of the application.")
    revision: Annotated[Revision, NullIs(1)] = Field(
        1, description="1 for the first filing, higher for each amended one."
    )
    authority: Country = Field(description="The country of the licensing authority that received it.")
    filed_at: Time = Field(description="When this revision was filed.")
    kind: ApplicationKind = Field(description="What sort of transfer; `technology` is an intangible one.")
    authorisation: Annotated[Authorisation, NullIs("individual")] = Field(
        "individual",
        description="`individual` (one exporter, named end users), `global` (several end users or countries; UK: open "
        "individual), `large_project`, `general` (published; UK: open general).",
    )
    transaction: Transaction | None = Field(None, description="What sort of dealing it is.")
    applicant: Party | None = Field(
        None, description="Who applies; missing = the exporter. The broker, agent or transferor where they apply."
    )
    exporter: Party = Field(
        description="Who sends the goods out; in brokering the seller abroad, in transit the foreign consignor."
    )
    consignee: Party | None = Field(None, description="Who receives the goods.")
    end_user: Party | None = Field(
        None, description="Who uses the goods; required unless the authorisation is `global` or `general`."
    )
    end_users: Annotated[tuple[AdditionalEndUser, ...], Field(max_length=100)] | None = Field(
        None, description="Further end users."
    )
    destinations: Annotated[tuple[Country, ...], Field(max_length=300)] | None = Field(
        None, description="Countries of destination where no single end user is named."
    )
    intermediaries: Annotated[tuple[Intermediary, ...], Field(max_length=100)] | None = Field(
        None, description="Brokers, forwarders, carriers and others between exporter and end user."
    )
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=2_000)] = Field(
        description="What is to be transferred; at least one line."
    )
    end_use: EndUse | None = Field(None, description="What the goods are for.")
    route: Annotated[tuple[Leg, ...], Field(max_length=60)] | None = Field(
        None, description="The legs of the way, in order; empty for `technology`."
    )
    documents: Annotated[tuple[Document, ...], Field(max_length=200)] | None = Field(
        None, description="The papers handed in."
    )
    replaced_stock: Annotated[tuple[ReplacedStock, ...], Field(max_length=500)] | None = Field(
        None, description="What the end user already holds that the new goods replace."
    )
    catch_all: CatchAll | None = Field(None, description="Catch-all notices and knowledge.")
    temporary_until: Day | None = Field(None, description="A temporary export is due back by this day.")
    payment: Payment | None = Field(None, description="How the goods are paid for.")
    handling: Annotated[Handling, NullIs("internal")] = Field("internal", description="Who may see it.")
    reference: Line | None = Field(None, description="Where what may not be stored here is held.")

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        """Refuse a filing whose fields together have no meaning, whatever each of them says."""
        if self.end_user is None and self.authorisation not in ("global", "general"):
            raise PydanticCustomError(
                "needed",
                "end_user is missing",
                {
                    "fields": ("end_user",),
                    "reason": "it is missing",
                    "expected": "a party, because the authorisation is neither `global` nor `general`",
                    "todo": "Name who will use the goods",
                },
            )
        if self.route and self.kind == "technology":
            raise PydanticCustomError(
                "unwanted",
                "route is not empty",
                {
                    "fields": ("route",),
                    "reason": "an intangible transfer has a route",
                    "expected": "no legs where `kind` is `technology`",
                    "todo": "Leave the route out, or name the kind of transfer that moves goods",
                },
            )
        lines = [item.line for item in self.items if item.line is not None]
        if len(set(lines)) < len(lines):
            raise PydanticCustomError(
                "repeated",
                "two items have the same line",
                {
                    "fields": ("items",),
                    "reason": "two items have the same `line`",
                    "expected": "each `line` once, because licences and shipments name goods by it",
                    "todo": "Number the items one after the other",
                },
            )
        return self

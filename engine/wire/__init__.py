"""The contract as pydantic models: what comes in, what goes out, and how a record that breaks it is refused.

`kinds` and `codes` hold the values, `application`, `events` and `answers` the records, `parse` reads them, `explain`
words the refusals, `structure` gives their bytes and columns. Import from here.
"""

from engine.errors import FieldProblem, InvalidRecord
from engine.wire.answers import MissingInput, PlannedVisit, Problem, ProblemField, Reason, Referral, Score, ScreenRow
from engine.wire.application import (
    AdditionalEndUser,
    Application,
    CatchAll,
    ComplianceProgramme,
    Document,
    DocumentItem,
    EndUse,
    Intermediary,
    Item,
    Leg,
    Owner,
    Party,
    PartyLicence,
    Payment,
    ReplacedStock,
)
from engine.wire.codes import *  # noqa: F403 - every name in it is a code list of the contract
from engine.wire.events import (
    EVENTS,
    Decision,
    Delivery,
    DenialNotice,
    Destruction,
    Event,
    Incident,
    Licence,
    LicenceCondition,
    LicenceItem,
    Request,
    Review,
    ScoreSeen,
    Shipment,
    ShipmentItem,
    Visit,
    VisitCondition,
    VisitItem,
    VisitSample,
    VisitStorage,
)
from engine.wire.explain import explain_errors
from engine.wire.kinds import (
    COUNTRIES,
    CURRENCIES,
    ControlCode,
    Country,
    Currency,
    Day,
    HsCode,
    Id,
    Locode,
    Meaning,
    Money,
    Quantity,
    Sha256,
    Share,
    Time,
)
from engine.wire.parse import Parsed, event_model, parse, parse_application, parse_event, parse_row
from engine.wire.record import Record, Shape, shape
from engine.wire.structure import canonical, duckdb_type, json_structure

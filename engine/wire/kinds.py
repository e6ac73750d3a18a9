"""The kinds of value that a field of the contract can hold: ids, codes, days, times, amounts; knows no record.

Every kind carries a `Meaning`: what a right value looks like, which column holds it, and whether a message may repeat
it. Checks run inside pydantic's compiled core wherever they can, because a bulk file has millions of fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pycountry
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

# A check's metadata may hold, under this name, a narrower one without Python in it: `bulk` tries that first, and what it
# refuses goes through the check itself.
AT_SPEED = "diversion_at_speed"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a kind of value means to people and to the store.

    Args:
        expected: what a right value looks like, in words that end a sentence.
        column: the DuckDB type that holds it.
        private: true where it may hold personal data, so that no message repeats it.
        pattern: the regular expression of a right value, for checks outside pydantic; None where there is none.
        codes: the closed list of right values; None where the list is open.
    """

    expected: str
    column: str = "VARCHAR"
    private: bool = False
    pattern: str | None = None
    codes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class NullIs:
    """Marks a field whose explicit null means its default, as a NULL of a Parquet column does."""

    value: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        value = self.value
        given = handler(source)
        return core_schema.no_info_after_validator_function(
            lambda given: value if given is None else given, core_schema.nullable_schema(given), metadata={AT_SPEED: given}
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        told = handler(schema)
        return next((one for one in told.get("anyOf", ()) if one.get("type") != "null"), told)


@dataclass(frozen=True, slots=True)
class _Schema:
    """Gives a kind its compiled check and its short JSON schema."""

    check: CoreSchema
    json: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return self.check

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.json)

    def __hash__(self) -> int:
        return id(self)


def _text(most: int, *, private: bool, what: str) -> tuple[Any, ...]:
    """Free text: strict, not blank, bounded, and without control characters but tab and line breaks."""
    return (
        StringConstraints(strict=True, min_length=1, max_length=most, pattern=PLAIN),
        Meaning(f"{what} of 1 to {most:,} characters", private=private, pattern=PLAIN),
    )


def _pattern(pattern: str, most: int, expected: str) -> tuple[Any, ...]:
    """Text of one form, which is a code or a number and no personal data."""
    return (StringConstraints(strict=True, max_length=most, pattern=pattern), Meaning(expected, pattern=pattern))


# No control character but tab and line breaks (\x85 is one), and at least one character that is not blank.
_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
PLAIN = rf"^[^{_CONTROL}]*[^{_CONTROL}\s][^{_CONTROL}]*$"

Name = Annotated[str, *_text(300, private=True, what="a name")]
Text = Annotated[str, *_text(20_000, private=True, what="text")]
Line = Annotated[str, *_text(300, private=True, what="one line of text")]
Label = Annotated[str, *_text(100, private=False, what="a number or short label")]

Id = Annotated[str, *_pattern(r"^[A-Za-z0-9._:/-]{1,64}$", 64, "an id of 1 to 64 of A-Z a-z 0-9 . _ : / -")]
ControlCode = Annotated[
    str,
    *_pattern(
        r"^[A-Za-z0-9][A-Za-z0-9.()/-]{0,39}$", 40, "a control code as its list writes it, such as ML3.a or 6A003.b.4.b"
    ),
]
ControlList = Annotated[
    str, *_pattern(r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$", 40, "a list's short name, such as EU-ML or US-CCL")
]
HsCode = Annotated[str, *_pattern(r"^[0-9]{4,10}$", 10, "4 to 10 digits of the Harmonized System, no dots")]
Sha256 = Annotated[str, *_pattern(r"^[0-9a-f]{64}$", 64, "64 lower-case hexadecimal digits")]
Lei = Annotated[str, *_pattern(r"^[A-Z0-9]{18}[0-9]{2}$", 20, "a Legal Entity Identifier, 20 characters (ISO 17442)")]
Imo = Annotated[str, *_pattern(r"^[0-9]{7}$", 7, "an IMO ship number, 7 digits")]


# Kosovo has no ISO 3166-1 code; XK is the user-assigned one that customs and UN/LOCODE use.
COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries) | {"XK"}
# Codes that the register replaced since 1990: a filing of 1997 was made in the money of its day.
_FORMER = """
    ATS BEF BGN CYP CUC DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MTL NLG PTE SIT SKK XEU ANG
    ROL RUR TRL YUM CSD PLZ BYR BYB AZM MZM GHC SDD VEB VEF ZWL ZWD SLL MRO STD ZMK
"""
CURRENCIES = frozenset(currency.alpha_3 for currency in pycountry.currencies) | frozenset(_FORMER.split())
# XZ is UN/LOCODE's own: installations in international waters.
_LOCODE = rf"^(?:{'|'.join(sorted(COUNTRIES | {'XZ'}))})[A-Z2-9]{{3}}$"


def _codes(codes: frozenset[str], example: str, length: int, expected: str) -> tuple[Any, ...]:
    """A long closed list: a hash lookup in the core, and in the JSON schema a form in place of hundreds of values."""
    check = core_schema.custom_error_schema(
        core_schema.literal_schema(sorted(codes)), custom_error_type="code", custom_error_message=f"Expected {expected}"
    )
    json = {"type": "string", "pattern": f"^[A-Z]{{{length}}}$", "examples": [example]}
    return (_Schema(check, json), Meaning(expected, codes=codes))


Country = Annotated[str, *_codes(COUNTRIES, "DE", 2, "an ISO 3166-1 alpha-2 country code in capitals, such as DE")]
Currency = Annotated[str, *_codes(CURRENCIES, "EUR", 3, "an ISO 4217 currency code in capitals, such as EUR")]
Locode = Annotated[
    str,
    _Schema(
        core_schema.custom_error_schema(
            core_schema.str_schema(strict=True, pattern=_LOCODE),
            custom_error_type="code",
            custom_error_message="Expected a UN/LOCODE",
        ),
        {"type": "string", "pattern": "^[A-Z]{2}[A-Z2-9]{3}$", "examples": ["DEHAM"]},
    ),
    Meaning("a UN/LOCODE: country and place, five characters, no space, such as DEHAM", pattern=_LOCODE),
]


_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$"
# A day before 1600 is a slip (year 0024); 9999-12-31 is how many systems write "without end", so no upper bound.
FIRST_DAY = date(1600, 1, 1)
FIRST_TIME = datetime(1990, 1, 1, tzinfo=UTC)
LAST_TIME = datetime(2100, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


def _only(form: str, kind: str) -> Callable[[Any], Any]:
    """A check for values that come as Python objects: text of the right form, or the object itself."""
    right = re.compile(form)

    def check(value: Any) -> Any:
        if isinstance(value, str) and right.fullmatch(value):
            return value
        if kind == "day" and type(value) is date:
            return value
        if kind == "time" and isinstance(value, datetime):
            # The store keeps naive UTC, so a naive Python time is UTC; text without an offset is still refused.
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        raise PydanticCustomError(kind, "Not a {kind}", {"kind": kind})

    return check


def _dated(kind: Literal["day", "time"], form: str, parsed: CoreSchema) -> CoreSchema:
    """Text of one form only: pydantic alone would also read "1582934400" as a day."""
    text = core_schema.custom_error_schema(
        core_schema.str_schema(strict=True, pattern=form), custom_error_type=kind, custom_error_message=f"Not a {kind}"
    )
    return core_schema.json_or_python_schema(
        json_schema=core_schema.chain_schema([text, parsed]),
        python_schema=core_schema.no_info_before_validator_function(_only(form, kind), parsed),
    )


def _utc(value: datetime) -> datetime:
    """The same instant in UTC."""
    return value.astimezone(UTC)


Day = Annotated[
    date,
    _Schema(
        _dated("day", _DAY, core_schema.date_schema(ge=FIRST_DAY)),
        {"type": "string", "format": "date", "examples": ["2026-11-22"]},
    ),
    Meaning("a day as YYYY-MM-DD that the calendar has", column="DATE", pattern=_DAY),
]
Time = Annotated[
    datetime,
    _Schema(
        _dated(
            "time",
            _TIME,
            core_schema.no_info_after_validator_function(
                _utc, core_schema.datetime_schema(tz_constraint="aware", ge=FIRST_TIME, le=LAST_TIME)
            ),
        ),
        {"type": "string", "format": "date-time", "examples": ["2026-11-22T09:30:00Z"]},
    ),
    Meaning(
        "a time from 1990 to 2100 as RFC 3339 with its offset, such as 2026-11-22T09:30:00Z",
        column="TIMESTAMP",
        pattern=_TIME,
    ),
]


# A double keeps 15 significant digits of any decimal. JSON readers take a number with a point through a double, so one
# with more digits would be silently another number in the next system; whole numbers are exact at any length.
_DIGITS = 15


def _safe(places: int) -> Decimal:
    """Below it a double keeps every digit of so many decimal places."""
    return Decimal(10) ** (_DIGITS - places)


def _exactly(places: int) -> Callable[[Decimal], Decimal]:
    """Refuse a fraction whose digits a double cannot keep."""
    safe = _safe(places)

    def check(value: Decimal) -> Decimal:
        if value < safe or value == value.to_integral_value() or len(value.normalize().as_tuple().digits) <= _DIGITS:
            return value
        raise PydanticCustomError("digits", "More than {digits} significant digits", {"digits": _DIGITS})

    return check


def _number(value: Decimal) -> int | float:
    """The JSON number of a decimal: whole where it is whole, else the shortest that reads back the same."""
    whole = int(value)
    return whole if whole == value else float(value)


def _decimal(places: int, zero: bool) -> _Schema:
    """A JSON number of at most 22 digits, never text, kept as an exact decimal."""

    def only_a_number(*kinds: CoreSchema) -> CoreSchema:
        return core_schema.custom_error_schema(
            core_schema.union_schema(list(kinds), mode="left_to_right"),
            custom_error_type="number",
            custom_error_message="Not a number",
        )

    def decimal(below: Decimal | None = None) -> CoreSchema:
        return core_schema.chain_schema(
            [
                core_schema.json_or_python_schema(
                    json_schema=only_a_number(whole, real),
                    python_schema=only_a_number(core_schema.is_instance_schema(Decimal), whole, real),
                ),
                core_schema.decimal_schema(
                    max_digits=22,
                    decimal_places=places,
                    ge=Decimal(0) if zero else None,
                    gt=None if zero else Decimal(0),
                    lt=below,
                    allow_inf_nan=False,
                ),
            ]
        )

    whole, real = core_schema.int_schema(strict=True), core_schema.float_schema(strict=True)
    return _Schema(
        core_schema.no_info_after_validator_function(
            _exactly(places),
            decimal(),
            serialization=core_schema.plain_serializer_function_ser_schema(_number, when_used="json-unless-none"),
            metadata={AT_SPEED: decimal(below=_safe(places))},
        ),
        {"type": "number", "minimum" if zero else "exclusiveMinimum": 0},
    )


Money = Annotated[
    Decimal,
    _decimal(4, zero=True),
    Meaning("a number of 0 or more with at most 4 decimals, not in quotes", column="DECIMAL(22,4)"),
]
Quantity = Annotated[
    Decimal,
    _decimal(6, zero=False),
    Meaning("a number above 0 with at most 6 decimals, not in quotes", column="DECIMAL(22,6)"),
]
_real: dict[str, Any] = {"strict": True, "allow_inf_nan": False}
Real = Annotated[float, Field(**_real), Meaning("a finite number", column="DOUBLE")]
Share = Annotated[float, Field(ge=0, le=1, **_real), Meaning("a share from 0 to 1 (0.25 for 25 %)", column="DOUBLE")]
Latitude = Annotated[
    float, Field(ge=-90, le=90, **_real), Meaning("degrees north of the equator, -90 to 90", column="DOUBLE")
]
Longitude = Annotated[
    float, Field(ge=-180, le=180, **_real), Meaning("degrees east of Greenwich, -180 to 180", column="DOUBLE")
]
Bool = Annotated[bool, Field(strict=True), Meaning("true or false, not in quotes", column="BOOLEAN")]


def _whole(least: int, most: int) -> tuple[Any, ...]:
    """A whole number between two bounds, both allowed."""
    expected = f"a whole number from {least:,} to {most:,}" if most > 2100 else f"a whole number from {least} to {most}"
    return (Field(strict=True, ge=least, le=most), Meaning(expected, column="BIGINT"))


Year = Annotated[int, *_whole(1900, 2100)]
LineNumber = Annotated[int, *_whole(0, 1_000_000)]
Revision = Annotated[int, *_whole(1, 1_000_000)]
Count = Annotated[int, *_whole(0, 1_000_000_000)]
Days = Annotated[int, *_whole(0, 36_500)]
Level = Annotated[int, *_whole(0, 7)]

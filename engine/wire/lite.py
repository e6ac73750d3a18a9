"""Reads the application documents of LITE, the United Kingdom's export-licensing system, into the contract; stores and scores nothing.

What LITE says and the contract has no place for comes out beside the application, field by field, with the reason. Nothing is guessed from
names or texts, and what caseworkers added after filing goes nowhere: it was not known when the application was filed.

Source:
    `uktrade/lite-api`, application serializers as of commit d65f56a (2025-05-23).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from engine.errors import FieldProblem, InvalidRecord
from engine.wire.application import Application
from engine.wire.kinds import COUNTRIES
from engine.wire.parse import parse, refuse_repeated_names

# LITE's case types that are applications: (kind, authorisation).
CASE_TYPES: Mapping[str, tuple[str, str]] = MappingProxyType({
    "siel": ("export", "individual"), "export_licence": ("export", "individual"), "sicl": ("brokering", "individual"),
    "sitl": ("transshipment", "individual"), "oiel": ("export", "global"), "oicl": ("brokering", "global"), "ogel": ("export", "general"),
    "ogtcl": ("brokering", "general"), "ogtl": ("transshipment", "general"),
})
ORGANISATION_KINDS = MappingProxyType({"commercial": "commercial", "individual": "individual", "hmrc": "government"})
PARTY_KINDS = frozenset({"government", "commercial", "individual", "other"})
INTERMEDIARIES = MappingProxyType({"intermediate_consignee": "intermediate_consignee", "agent": "broker", "customer": "purchaser"})
BROKERS = MappingProxyType({"provision_of_finance": "financier", "provision_of_transportation": "freight_forwarder"})
SERIALISED = MappingProxyType({"AVAILABLE": True, "LATER": True, "NOT_AVAILABLE": False})
UNDERTAKING = "end_user_undertaking_document"
# LITE's answer -> the contract's `catch_all`, and LITE's field that says where the notice is held.
CATCH_ALL = MappingProxyType({
    "is_military_end_use_controls": ("military_end_use_informed", "military_end_use_controls_ref"),
    "is_informed_wmd": ("wmd_informed", "informed_wmd_ref"), "is_suspected_wmd": ("wmd_suspected", "suspected_wmd_ref"),
})

NO_PLACE = "the contract has no place for it"
AFTER_FILING = "caseworkers add it after filing, so nothing may learn from it"
PERSONAL = "personal, and not needed"
OWN_ID = "LITE's own bookkeeping"
UNKNOWN = "LITE's field is not known here"
WITHDRAWN = "taken out of the application"
NOT_A_LICENSING_PAPER = "a product document, no licensing document"

# Fields whose content is a fact that an officer wants to see, so the report says what stands there.
QUOTED = frozenset({
    "non_waybill_or_lading_route_details", "temp_export_details", "temp_direct_control_details", "is_temp_direct_control", "have_you_been_informed",
    "reference_number_on_information_form", "is_eu_military", "is_compliant_limitations_eu", "compliant_limitations_eu_ref", "goods_recipients",
    "end_user_document_missing_reason", "is_good_incorporated", "is_onward_exported", "is_onward_altered_processed", "is_onward_incorporated",
    "is_onward_altered_processed_comments", "is_onward_incorporated_comments", "end_use_control", "product_differences_note", "ec3_missing_reason",
    "goods_starting_point", "sub_type_other", "role_other", "subject_to_itar_controls",
})


def _left_out(**reasons: str) -> Mapping[str, str]:
    """Field -> why it goes nowhere, from reason -> fields."""
    said = {"no_place": NO_PLACE, "after_filing": AFTER_FILING, "personal": PERSONAL, "own_id": OWN_ID, "papers": NOT_A_LICENSING_PAPER, "withdrawn": WITHDRAWN}
    return MappingProxyType({name: said[reason] for reason, names in reasons.items() for name in names.split()})


DOCUMENT_LEFT_OUT = _left_out(
    own_id="id case created_at updated_at last_closed_at sla_days sla_remaining_days sla_updated_at is_amended is_major_editable "
    "exporter_user_notification_count goods_locations",
    personal="case_officer submitted_by",
    after_filing="status sub_status licence denial_matches sanction_matches appeal appeal_deadline",
    no_place="name agreed_to_foi foi_reason have_you_been_informed reference_number_on_information_form activity usage is_eu_military "
    "is_compliant_limitations_eu compliant_limitations_eu_ref is_shipped_waybill_or_lading non_waybill_or_lading_route_details goods_starting_point "
    "goods_recipients temp_export_details is_temp_direct_control temp_direct_control_details trade_control_product_categories "
    "is_mod_security_approved security_approvals f680_reference_number f1686_contracting_authority f1686_reference_number f1686_approval_date "
    "other_security_approval_details subject_to_itar_controls",
    withdrawn="inactive_parties",
)
ORGANISATION_LEFT_OUT = _left_out(
    own_id="status created_at updated_at", personal="phone_number", after_filing="flags", no_place="eori_number sic_number vat_number",
)
PARTY_LEFT_OUT = _left_out(
    own_id="type_display_value organisation document deleted_at", after_filing="flags",
    no_place="sub_type_other role_other product_differences_note document_in_english document_on_letterhead ec3_missing_reason "
    "end_user_document_missing_reason end_user_document_available clearance_level descriptors",
)
ENTRY_LEFT_OUT = _left_out(
    own_id="id application created_at updated_at audit_trail item_type other_item_type",
    after_filing="flags regime_entries report_summary report_summary_prefix report_summary_subject comment assessed_by assessment_date nsg_list_type "
    "nsg_assessment_note is_trigger_list_guidelines_applicable is_nca_applicable is_ncsc_military_information_security is_precedent",
    no_place="end_use_control is_good_incorporated is_onward_exported is_onward_altered_processed is_onward_incorporated "
    "is_onward_altered_processed_comments is_onward_incorporated_comments",
)
GOOD_LEFT_OUT = _left_out(
    own_id="id status product_description", papers="documents is_document_available is_document_sensitive no_document_comments",
    after_filing="flags comment is_good_controlled report_summary report_summary_prefix report_summary_subject grading_comment is_precedent",
    no_place="part_number no_part_number_comments is_pv_graded pv_grading_details item_category is_military_use is_component uses_information_security "
    "modified_military_use_details component_details information_security_details software_or_technology_details firearm_details has_declared_at_customs",
)

_CODE = re.compile(r"(ML[0-9]+|[0-9][A-Z][0-9]{3}|PL[0-9]{4})((?:[A-Za-z0-9])*)")
_LEVEL = re.compile(r"[A-Za-z]+|[0-9]+")
_PLACE = re.compile(r"\[[0-9]+\]")


@dataclass(frozen=True, slots=True)
class Unmapped:
    """One thing that LITE says and the application does not.

    Args:
        field: where in LITE's document, such as ``goods[0].end_use_control``.
        reason: why it has no place.
        said: what stands there, where an officer wants to know it; None where the name is enough.
    """

    field: str
    reason: str
    said: str | None = None


@dataclass(frozen=True, slots=True)
class FromLite:
    """An application read from LITE's document, and what was left over."""

    application: Application
    unmapped: tuple[Unmapped, ...]


@dataclass
class _Reading:
    """One conversion under way: what was left over, and what is wrong, so far."""

    unmapped: list[Unmapped] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)

    def leave(self, where: str, reason: str, said: object = None) -> None:
        self.unmapped.append(Unmapped(where, reason, None if said is None else _shown(said)))

    def refuse(self, where: str, reason: str, expected: str, todo: str) -> None:
        self.problems.append(FieldProblem(where, reason, expected, todo))

    def rest(self, of: Mapping[str, Any], where: str, read: frozenset[str], left_out: Mapping[str, str]) -> None:
        """Leave over every field that was given and not read."""
        for name, value in of.items():
            if name in read or not _given(value):
                continue
            if value in (False, "no") and name in left_out:
                continue  # a plain no to a question that the contract does not ask
            self.leave(f"{where}{name}", left_out.get(name, UNKNOWN), value if name in QUOTED else None)

    def told(self) -> tuple[Unmapped, ...]:
        """What is quoted in its place first, then the names of the other fields, each once for all goods and parties that have it."""
        quoted = [one for one in self.unmapped if one.said is not None]
        others = [Unmapped(_PLACE.sub("[]", one.field), one.reason) for one in self.unmapped if one.said is None]
        return (*quoted, *dict.fromkeys(others))


def parse_lite(raw: bytes | str) -> FromLite:
    """Read one application document of LITE, either view of it.

    Args:
        raw: the exporter's document, or the caseworker's with the same document under `case.data`; UTF-8 where bytes.

    Raises:
        InvalidRecord: it is no JSON object, no submitted application, or what it becomes breaks the contract.
    """
    try:
        given = json.loads(raw)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise InvalidRecord("The LITE document", [FieldProblem("", "it is not a JSON object", "one application as LITE's API serves it", "Send the answer of `GET /applications/ID/`.")])
    refuse_repeated_names(Application, raw)
    case = given.get("case")
    document = case["data"] if isinstance(case, dict) and isinstance(case.get("data"), dict) else given
    reading = _Reading()
    try:
        told = _application(document, reading)
    except (AttributeError, TypeError, KeyError) as error:
        raise InvalidRecord("The LITE document", [FieldProblem(
            "", "a field has another form than LITE gives it", "an application as LITE's API serves it", "Send the answer of `GET /applications/ID/` unchanged.")]) from error
    if reading.problems:
        raise InvalidRecord("The LITE document", reading.problems)
    return FromLite(parse(Application, json.dumps(told)).model, reading.told())


def _application(document: Mapping[str, Any], reading: _Reading) -> dict[str, Any]:
    kind, authorisation = _case_type(document, reading)
    temporary = _key(document.get("export_type")) == "temporary"
    end_user = document.get("end_user") or _inside(document.get("destinations"), "data")
    consignee = document.get("consignee")
    exporter = _organisation(document.get("organisation") or {}, reading)
    intermediaries, further = [], [_party(one, f"ultimate_end_users[{n}].", reading) | {"role": "ultimate"} for n, one in enumerate(document.get("ultimate_end_users") or ())]
    seller = None
    for n, one in enumerate(document.get("third_parties") or ()):
        role, where = _key(one.get("role")), f"third_parties[{n}]"
        if role == "additional_end_user":
            further.append(_party(one, f"{where}.", reading) | {"role": "additional"})
        elif role in INTERMEDIARIES:
            intermediaries.append(_party(one, f"{where}.", reading) | {"role": INTERMEDIARIES[role]})
        elif role == "exporter" and kind == "brokering" and seller is None:
            seller = _party(one, f"{where}.", reading)
        else:
            reading.leave(where, f"the contract has no such role: {_text(one.get('role_other')) or role or 'none given'}", _text(one.get("name")))
    if seller:
        activity = document.get("trade_control_activity")
        intermediaries.insert(0, _bare(exporter) | {"role": BROKERS.get(_key(activity) or "", "broker")})
        applicant, exporter = exporter, seller
    else:
        applicant = None
        if kind == "brokering":
            reading.leave("organisation", "in trade control the exporter is the seller abroad; LITE names none, so the applicant stands in its place")
    user = _party(end_user, "end_user.", reading) if end_user else None
    told = {
        "application_id": _text(document.get("reference_code")), "revision": 1, "authority": "GB", "filed_at": _filed_at(document, reading), "kind": kind,
        "authorisation": authorisation, "applicant": applicant, "exporter": exporter,
        "consignee": _party(consignee, "consignee.", reading) if consignee else None, "end_user": user, "end_users": further or None,
        "intermediaries": intermediaries or None,
        "items": [_item(entry, n, reading) for n, entry in enumerate(document.get("goods") or ())],
        "end_use": _bare({"statement": _text(document.get("intended_end_use")), "country": (user or {}).get("country")}) or None,
        "documents": [*(_papers(end_user, "end_user", reading) if end_user else ()), *_further_papers(document, reading)] or None,
        "catch_all": _catch_all(document) or None, "temporary_until": _text(document.get("proposed_return_date")) if temporary else None,
    }
    _report(document, kind, temporary, reading)
    return _bare(told)


def _case_type(document: Mapping[str, Any], reading: _Reading) -> tuple[str, str]:
    reference = _key(_inside(document.get("case_type"), "reference"))
    if reference not in CASE_TYPES:
        reading.refuse("case_type.reference", "it is not an application for a licence", f"one of {', '.join(CASE_TYPES)}", "Leave the document out; queries, clearances and compliance cases are not scored.")
    return CASE_TYPES.get(reference or "", ("export", "individual"))


def _filed_at(document: Mapping[str, Any], reading: _Reading) -> str | None:
    """UTC; LITE writes the United Kingdom's local time with its offset, so in summer the day can change."""
    submitted = document.get("submitted_at")
    if not submitted:
        reading.refuse("submitted_at", "it is missing: the document is a draft", "a submitted application", "Send it once it is submitted.")
        return None
    try:
        moment = datetime.fromisoformat(submitted)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        reading.refuse("submitted_at", "it is no time that can be read", "ISO 8601 with its offset", "Send the document as LITE's API serves it.")
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _organisation(given: Mapping[str, Any], reading: _Reading) -> dict[str, Any]:
    address = _inside(given.get("primary_site"), "address") or {}
    lines = [_text(address.get(name)) for name in ("address_line_1", "address_line_2", "city", "region", "postcode")]
    kind = _key(given.get("type"))
    if kind and kind not in ORGANISATION_KINDS:
        reading.leave("organisation.type", UNKNOWN, kind)
    licences = [_certificate(one, f"organisation.documents[{n}]", reading) for n, one in enumerate(given.get("documents") or ())]
    reading.rest(given, "organisation.", frozenset({"id", "name", "type", "registration_number", "website", "primary_site", "documents"}), ORGANISATION_LEFT_OUT)
    return _bare({
        "party_id": given.get("id"), "name": _text(given.get("name")), "country": _country(address.get("country"), "organisation.primary_site.address.country", reading),
        "address": ", ".join(line for line in lines if line) or _text(address.get("address")), "kind": ORGANISATION_KINDS.get(kind or ""),
        "registration": _text(given.get("registration_number")), "website": _text(given.get("website")), "licences": licences or None,
    })


def _certificate(given: Mapping[str, Any], where: str, reading: _Reading) -> dict[str, Any]:
    expiry = _text(given.get("expiry_date"))
    try:
        ends = datetime.strptime(expiry, "%d %B %Y").date().isoformat() if expiry else None
    except ValueError:
        ends = None
        reading.leave(f"{where}.expiry_date", "it is no day that can be read", expiry)
    return _bare({"kind": given.get("document_type"), "number": _text(given.get("reference_code")), "valid_to": ends})


_PARTY_READ = frozenset({"id", "copy_of", "name", "address", "country", "website", "type", "sub_type", "role", "signatory_name_euu", "documents"})


def _party(given: Mapping[str, Any], where: str, reading: _Reading) -> dict[str, Any]:
    kind = _key(given.get("sub_type"))
    if kind and kind not in PARTY_KINDS:
        reading.leave(f"{where}sub_type", UNKNOWN, kind)
    reading.rest(given, where, _PARTY_READ, PARTY_LEFT_OUT)
    if given.get("documents") and not where.startswith("end_user."):
        reading.leave(f"{where}documents", NO_PLACE, len(given["documents"]))
    return _bare({
        "party_id": given.get("copy_of") or given.get("id"), "name": _text(given.get("name")), "country": _country(given.get("country"), f"{where}country", reading),
        "address": _text(given.get("address")), "website": _text(given.get("website")), "kind": kind if kind in PARTY_KINDS else None,
    })


_ENTRY_READ = frozenset({"good", "quantity", "unit", "value", "is_good_controlled", "control_list_entries", "firearm_details"})
_GOOD_READ = frozenset({"name", "description", "control_list_entries"})


def _item(entry: Mapping[str, Any], n: int, reading: _Reading) -> dict[str, Any]:
    good, where = entry.get("good") or {}, f"goods[{n}]."
    name, description = _text(good.get("name")), _text(good.get("description"))
    value = _number(entry.get("value"), f"{where}value", reading)
    firearm = entry.get("firearm_details") or {}
    reading.rest(entry, where, _ENTRY_READ, ENTRY_LEFT_OUT)
    reading.rest(good, f"{where}good.", _GOOD_READ, GOOD_LEFT_OUT)
    if any(_given(told) for key, told in firearm.items() if key != "serial_numbers_available"):
        reading.leave(f"{where}firearm_details", NO_PLACE)
    return _bare({
        "line": n + 1, "control_code": _control_code(entry, good, where, reading), "description": f"{name}: {description}" if name and description else name or description,
        "quantity": _number(entry.get("quantity"), f"{where}quantity", reading), "unit": _key(entry.get("unit")), "value": value,
        "currency": "GBP" if value is not None else None, "serialised": SERIALISED.get(firearm.get("serial_numbers_available") or ""),
    })


def _control_code(entry: Mapping[str, Any], good: Mapping[str, Any], where: str, reading: _Reading) -> str | None:
    """The first rating of the list's own form: the caseworkers' where they assessed, else the exporter's; the further ones are left over."""
    assessed = _key(entry.get("is_good_controlled"))
    if assessed == "False":
        return None
    entries = (entry if assessed == "True" else good).get("control_list_entries") or ()
    code = None
    for rating in (one.get("rating") or "" for one in entries):
        dotted = control_code(rating)
        if dotted and code is None:
            code = dotted
        else:
            reading.leave(f"{where}control_list_entries", "the contract has one code an item" if dotted else "it is not a code of the control list", rating)
    return code


def control_code(rating: str) -> str | None:
    """A rating as the list writes it (`6A003b4b` is `6A003.b.4.b`); None where it is not of that form."""
    found = _CODE.fullmatch(rating.replace(".", "").replace(" ", ""))
    return ".".join((found.group(1), *_LEVEL.findall(found.group(2)))) if found else None


def _papers(party: Mapping[str, Any], where: str, reading: _Reading) -> Iterator[dict[str, Any]]:
    """The end user's papers. LITE holds scans only: what stands on them is missing."""
    government = _key(party.get("sub_type")) == "government"
    for paper in party.get("documents") or ():
        if paper.get("type") != UNDERTAKING:
            yield {"kind": "other", "submitted_by": "exporter"}
            continue
        name = _text(party.get("name"))
        yield _bare({
            "kind": "end_user_certificate" if government else "end_user_statement", "issuer": name, "end_user": name,
            "issuer_country": _country(party.get("country"), f"{where}.country", _Reading()), "signatory": _text(party.get("signatory_name_euu")), "submitted_by": "exporter",
        })


def _further_papers(document: Mapping[str, Any], reading: _Reading) -> Iterator[dict[str, Any]]:
    for n, paper in enumerate(document.get("additional_documents") or ()):
        if said := _text(paper.get("description")) or paper.get("document_type"):
            reading.leave(f"additional_documents[{n}]", "on record as a paper of another kind; " + NO_PLACE, said)
        yield {"kind": "other", "submitted_by": "exporter"}


def _catch_all(document: Mapping[str, Any]) -> dict[str, Any]:
    answers = {told: document[name] for name, (told, _) in CATCH_ALL.items() if isinstance(document.get(name), bool)}
    references = [_text(document.get(reference)) for name, (_, reference) in CATCH_ALL.items() if document.get(name)]
    return answers | _bare({"reference": "; ".join(one for one in references if one)[:300] or None})


_DOCUMENT_READ = frozenset({
    "organisation", "case_type", "reference_code", "submitted_at", "export_type", "goods", "destinations", "end_user", "consignee", "ultimate_end_users", "third_parties",
    "additional_documents", "intended_end_use", "proposed_return_date", "trade_control_activity", *CATCH_ALL, *(reference for _, reference in CATCH_ALL.values()),
})


def _report(document: Mapping[str, Any], kind: str, temporary: bool, reading: _Reading) -> None:
    """Leave over what the document as a whole says beyond the contract."""
    reading.rest(document, "", _DOCUMENT_READ, DOCUMENT_LEFT_OUT)
    if document.get("is_compliant_limitations_eu") is False:
        reading.leave("is_compliant_limitations_eu", NO_PLACE, False)
    if temporary and not document.get("proposed_return_date"):
        reading.leave("export_type", "a temporary export, and LITE names no day of return", "temporary")
    elif not temporary and document.get("proposed_return_date"):
        reading.leave("proposed_return_date", "the export is not temporary", document["proposed_return_date"])
    if (document.get("goods_recipients") or "").startswith("via_consignee") and not document.get("consignee"):
        reading.leave("consignee", "the goods are to go through a consignee, and LITE names none")
    if kind != "brokering" and _key(document.get("trade_control_activity")):
        reading.leave("trade_control_activity", NO_PLACE, _key(document["trade_control_activity"]))
    elif _key(document.get("trade_control_activity")) not in (None, *BROKERS):
        reading.leave("trade_control_activity", "the contract knows brokers, financiers and forwarders", document["trade_control_activity"].get("value"))


def _country(given: Mapping[str, Any] | None, where: str, reading: _Reading) -> str | None:
    """ISO alpha-2: a part such as `AE-DU` is its country, the continental shelf `UKCS` the United Kingdom's."""
    code = (given or {}).get("id")
    if not code:
        return None
    alpha_2 = "GB" if code == "UKCS" else code.partition("-")[0]
    if alpha_2 in COUNTRIES:
        return alpha_2
    reading.refuse(where, f"the country {_shown(given.get('name') or code)} has no ISO 3166-1 code", "a country as LITE lists it, with its alpha-2 code", "Correct it in LITE.")
    return None


def _number(given: object, where: str, reading: _Reading) -> int | float | None:
    if given is None or given == "":
        return None
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        reading.refuse(where, "it is no number", "a number as LITE writes it", "Correct it in LITE.")
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _text(given: object) -> str | None:
    return given.strip() or None if isinstance(given, str) else None


def _key(given: object) -> str | None:
    """The code of a choice; the text beside it is for display."""
    return (given.get("key") or None) if isinstance(given, dict) else given or None


def _inside(given: object, name: str) -> Any:
    return given.get(name) if isinstance(given, dict) else None


def _given(value: object) -> bool:
    return value not in (None, "", [], {}) and value != {"key": None, "value": None}


def _bare(told: dict[str, Any]) -> dict[str, Any]:
    """Without what is missing."""
    return {name: value for name, value in told.items() if value is not None}


def _shown(said: object) -> str:
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)

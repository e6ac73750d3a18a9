"""Plain documents of the contract, valid as they are; a test gives only the telling difference. A field given as None is left out."""

from itertools import count

_numbers = count(1)


def fresh(prefix: str) -> str:
    """An id that no other test uses."""
    return f"{prefix}-{next(_numbers)}"


def _without_nothing(document: dict) -> dict:
    return {name: value for name, value in document.items() if value is not None}


def a_party(name: str = "Example Optics AB", country: str = "SE", kind: str = "commercial", **told: object) -> dict:
    return _without_nothing({"name": name, "country": country, "kind": kind} | told)


def an_item(**told: object) -> dict:
    return _without_nothing({
        "line": 1, "control_code": "6A003.b.4.b", "control_list": "EU", "hs_code": "852589", "description": "Thermal imaging cameras",
        "quantity": 12, "unit": "C62", "value": 384000, "currency": "EUR",
    } | told)


def arms(**told: object) -> dict:
    """A line of military goods in place of dual-use ones."""
    return an_item(control_code="ML1.a", control_list="EU-ML", hs_code="930190", description="Rifles", quantity=200, value=300000) | told


def a_certificate(**told: object) -> dict:
    """An end-user certificate with everything a certificate should have."""
    return _without_nothing({
        "kind": "end_user_certificate", "number": fresh("EUC"), "issuer": "Ministry of the Interior", "issuer_country": "FI", "signatory": "A. Virtanen",
        "signatory_title": "Director", "issued_on": "2026-10-15", "expires_on": "2027-10-15", "original": True, "end_user": "Border Guard Service",
        "final_country": "FI", "items": [{"description": "Thermal imaging cameras", "control_code": "6A003.b.4.b", "quantity": 12}],
        "undertakings": ["stated_use_only", "no_re_export", "no_re_transfer", "on_site_verification", "delivery_verification"],
        "submitted_by": "exporter", "authentication": "confirmed",
    } | told)


def an_application(**told: object) -> dict:
    """A filing that breaks nothing. A party may be given by its name alone: `end_user="ACME"`."""
    for role in ("exporter", "consignee", "end_user", "applicant"):
        if isinstance(told.get(role), str):
            told[role] = a_party(told[role])
    return _without_nothing({
        "application_id": fresh("A"), "authority": "SE", "filed_at": "2026-10-20T09:00:00Z", "kind": "export",
        "exporter": a_party("Nordic Optics AB", "SE"), "end_user": a_party("Border Guard Service", "FI", "police"), "items": [an_item()],
        "end_use": {"statement": "Border surveillance.", "purpose": "border_security", "country": "FI"},
    } | told)


def an_event(**told: object) -> dict:
    return _without_nothing({"event_id": fresh("E"), "recorded_by": "officer", "at": "2026-10-25T10:00:00Z"} | told)


def withdrawing(event: dict, at: str, **told: object) -> dict:
    """The record that takes another one back."""
    return an_event(at=at, corrects=event["event_id"], withdrawn=True, because="It was recorded in error.") | told


def correcting(event: dict, at: str, **told: object) -> dict:
    """The same event said otherwise, from a later moment on."""
    return _without_nothing(event | {"event_id": fresh("E"), "at": at, "corrects": event["event_id"]} | told)


def a_decision(application_id: str, **told: object) -> dict:
    """A grant with its rationale."""
    return an_event(application_id=application_id, outcome="granted", rationale="The end use was confirmed by the embassy.") | told


def a_licence(application_id: str, **told: object) -> dict:
    return _without_nothing(an_event(
        application_id=application_id, licence_number=f"L-{application_id}", change="issued", effective_on="2026-10-26", valid_from="2026-10-26",
        valid_to="2027-10-25", items=[{"line": 1, "quantity": 12, "unit": "C62"}],
    ) | told)


def a_shipment(application_id: str | None, **told: object) -> dict:
    return _without_nothing(an_event(
        shipment_id=fresh("S"), application_id=application_id, at="2026-11-02T10:00:00Z", shipped_on="2026-11-01", items=[{"line": 1, "quantity": 12}],
    ) | told)


def a_delivery(shipment_id: str, **told: object) -> dict:
    return _without_nothing(an_event(
        shipment_id=shipment_id, milestone="received_by_end_user", at="2026-11-06T10:00:00Z", on="2026-11-05", proof="end_user_receipt",
    ) | told)


def a_visit(application_id: str | None, **told: object) -> dict:
    """A favourable visit on site, after shipment, with the goods seen."""
    return _without_nothing(an_event(
        visit_id=fresh("V"), application_id=application_id, at="2026-12-11T10:00:00Z", stage="post_shipment", visited_on="2026-12-10", mode="on_site",
        access="full", outcome="favourable", items=[{"line": 1, "quantity": 12, "state": "seen"}], recorded_by="inspector",
    ) | told)


def an_incident(application_id: str | None, **told: object) -> dict:
    return _without_nothing(an_event(
        application_id=application_id, source="partner", finding="diversion", occurred_on="2026-12-20", confirmed=True, at="2026-12-21T10:00:00Z",
    ) | told)


def a_denial_notice(party: str, country: str, **told: object) -> dict:
    return _without_nothing(an_event(
        party=party, country=country, control_code="6A003.b.4.b", reason="Risk of diversion.", grounds=["diversion"], denied_on="2026-09-01",
        at="2026-09-02T10:00:00Z", issuer="Partner State",
    ) | told)


def a_request(application_id: str | None, **told: object) -> dict:
    """A question to the issuer of a document."""
    return _without_nothing(an_event(
        request_id=fresh("R"), application_id=application_id, to="document_issuer", sent_on="2026-10-21", at="2026-10-21T10:00:00Z",
    ) | {"from": "authority", "for": "authentication"} | told)


def a_review(about: str, subject: str, result: str, **told: object) -> dict:
    return _without_nothing(an_event(about=about, subject=subject, result=result, recorded_by="reviewer", because="Looked into and settled.") | told)

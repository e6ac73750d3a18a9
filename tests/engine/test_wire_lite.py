"""LITE's own serializer outputs become the contract's applications, field by field, and what has no place is told."""

import json
from pathlib import Path

import pytest

from engine.errors import InvalidRecord
from engine.wire.lite import FromLite, control_code, parse_lite

FOLDER = Path(__file__).parents[3] / "shared" / "lite"
pytestmark = pytest.mark.skipif(not (FOLDER / "example-1.json").is_file(), reason="no ../shared/lite: LITE's serializer outputs stand beside the project")


def document(number: int, **changed: object) -> dict:
    return json.loads((FOLDER / f"example-{number}.json").read_bytes()) | changed


def read(told: dict) -> FromLite:
    return parse_lite(json.dumps(told))


def left_over(read: FromLite, field: str) -> list[str | None]:
    return [one.said for one in read.unmapped if one.field == field]


def test_a_standard_licence_is_read_with_its_parties_and_goods():
    found = read(document(1)).application
    assert (found.application_id, found.revision, found.authority, found.kind, found.authorisation) == ("GBSIEL/2026/0000214/P", 1, "GB", "export", "individual")
    assert found.exporter.name == "Harrowgate Thermal Systems Ltd" and found.exporter.registration == "08914427"
    assert found.exporter.address == "Unit 7, Castle Mill Park, Mill Lane, Durham, County Durham, DH1 4EA"
    assert (found.end_user.country, found.end_user.kind, found.consignee.name) == ("KE", "government", "Mwangaza Security Integrators Ltd")
    assert [(one.role, one.country, one.party_id) for one in found.intermediaries] == [
        ("intermediate_consignee", "AE", "30acac54-2979-4722-b1f6-1bffaaf72331"), ("broker", "RO", "5e1ba433-5732-4318-95ef-5beccdb62632")]
    camera, kit = found.items
    assert (camera.line, camera.control_code, float(camera.quantity), camera.unit, float(camera.value), camera.currency) == (1, "6A003.b.4.b", 36, "NAR", 151200, "GBP")
    assert camera.description == "HT-640 hand-held thermal camera: Uncooled 640x512 microbolometer, 9 Hz"
    assert kit.control_code is None  # assessed as not controlled
    certificate, letterhead = found.documents
    assert (certificate.kind, certificate.signatory, certificate.issuer_country, letterhead.kind) == ("end_user_certificate", "Supt. Josphat Mwende", "KE", "other")
    assert found.end_use.country == "KE" and found.route is None and found.temporary_until is None


def test_what_caseworkers_found_reaches_no_field_and_is_named():
    found = read(document(1))
    body = found.application.model_dump_json()
    assert not any(word in body for word in ("Priya", "OFSI", "BOREALIS TRADING", "Enhanced", "AB-CD-EF", "Castellane"))
    named = {one.field for one in found.unmapped}
    assert {"denial_matches", "sanction_matches", "case_officer", "goods[].flags", "end_user.flags", "goods[].assessed_by"} <= named
    assert left_over(found, "third_parties[2]") == ["Castle Mill Compliance Services"]
    assert not any(word in json.dumps([one.said for one in found.unmapped]) for word in ("Priya", "+4416"))


def test_the_exporters_view_before_assessment_gives_the_exporters_own_codes():
    found = read(document(2))
    assert [item.control_code for item in found.application.items] == ["5A002.a.1", "5D002.c.1", None]
    assert found.application.documents is None and left_over(found, "end_user.end_user_document_missing_reason")
    assert "accompanied baggage" in left_over(found, "non_waybill_or_lading_route_details")[0]


def test_catch_all_certificates_and_serial_numbers_have_their_place():
    found = read(document(3))
    application = found.application
    assert application.catch_all.military_end_use_informed is True and application.catch_all.reference == "MEU/2025/0087"
    assert [(one.kind, one.number, str(one.valid_to)) for one in application.exporter.licences] == [
        ("rfd-certificate", "RFD/WM/10443", "2028-02-28"), ("section-five-certificate", "S5A/25/0192", "2027-06-30")]
    assert [item.serialised for item in application.items] == [True, True, False] and [item.control_code for item in application.items] == ["ML1.a", "ML1.a", "ML1.d"]
    assert left_over(found, "goods[1].control_list_entries") == ["FR AI"] and left_over(found, "have_you_been_informed") == ["yes"]


def test_in_trade_control_the_seller_abroad_is_the_exporter_and_the_applicant_the_broker():
    application = read(document(4)).application
    assert (application.kind, application.exporter.country, application.applicant.name) == ("brokering", "BG", "Tidewater Arms Brokerage LLP")
    assert [(one.role, one.name) for one in application.intermediaries] == [("broker", "Tidewater Arms Brokerage LLP")]
    assert read(document(4, trade_control_activity={"key": "provision_of_finance", "value": "Finance"})).application.intermediaries[0].role == "financier"
    alone = read(document(4, third_parties=[]))
    assert alone.application.exporter.name == "Tidewater Arms Brokerage LLP" and any(one.field == "organisation" for one in alone.unmapped)


def test_further_end_users_and_a_temporary_export_have_their_place():
    party = document(1)["end_user"]
    further = document(1)["third_parties"][0] | {"role": {"key": "additional_end_user", "value": "Additional End User"}}
    told = document(1, ultimate_end_users=[party], third_parties=[further], export_type={"key": "temporary", "value": "Temporary"}, proposed_return_date="2026-09-30")
    found = read(told).application
    assert [one.role for one in found.end_users] == ["ultimate", "additional"] and found.intermediaries is None and str(found.temporary_until) == "2026-09-30"
    assert left_over(read(told | {"proposed_return_date": None}), "export_type") == ["temporary"]


def test_the_caseworkers_wrapper_is_the_same_application():
    assert read({"case": {"id": "x", "data": document(1)}, "superseded_by": None}).application == read(document(1)).application


def test_local_summer_time_becomes_utc():
    assert read(document(1, submitted_at="2026-07-01T00:30:00.000000+01:00")).application.filed_at.isoformat() == "2026-06-30T23:30:00+00:00"


def test_an_open_licence_is_a_global_authorisation():
    told = document(1, case_type={"reference": {"key": "oiel", "value": "Open Individual Export Licence"}})
    assert read(told).application.authorisation == "global"


@pytest.mark.parametrize(("changed", "field"), [
    ({"submitted_at": None}, "submitted_at"), ({"submitted_at": "yesterday"}, "submitted_at"),
    ({"case_type": {"reference": {"key": "f680", "value": "F680"}}}, "case_type.reference"),
    ({"reference_code": None}, "application_id"), ({"goods": []}, "items"), ({"end_user": None, "destinations": {"type": "end_user", "data": ""}}, "end_user"),
    ({"end_user": {"name": "Somebody", "country": {"id": "ZZ", "name": "Nowhere"}}}, "end_user.country"), ({"goods": "x"}, ""), ({"organisation": [1]}, ""),
])
def test_what_is_no_application_is_set_aside_with_its_field(changed: dict, field: str):
    with pytest.raises(InvalidRecord) as refused:
        read(document(1, **changed))
    assert refused.value.problems[0].field == field


def test_a_field_that_is_not_known_is_told_and_stops_nothing():
    assert [one.reason for one in read(document(1, brand_new_field={"key": "x"})).unmapped if one.field == "brand_new_field"] == ["LITE's field is not known here"]


@pytest.mark.parametrize(("rating", "code"), [
    ("ML1a", "ML1.a"), ("ML10f", "ML10.f"), ("6A003b4b", "6A003.b.4.b"), ("5A002a1", "5A002.a.1"), ("PL9010", "PL9010"), ("6A003.b.4", "6A003.b.4"), ("6A003", "6A003"),
    ("FR AI", None), ("END", None), ("MEND1", None),
])
def test_a_rating_is_written_as_the_list_writes_it(rating: str, code: str | None):
    assert control_code(rating) == code

"""A clean deal through a transshipment hub, by an exporter whose programme the authority audited, is not treated as suspect."""

import pytest
from builders import a_certificate, a_party, an_application, an_item
from desks import a_desk, filing, origin

from engine.workflows.file_application import file_application

QUIET = ("low", "elevated")
PROGRAMME = {"level": 7, "certified_on": "2021-03-01", "audited_on": "2026-05-20", "audited_by": "authority"}


def a_hub_deal(**told) -> dict:
    """Thermal cameras to the Singapore police by way of a Singapore distributor."""
    certificate = a_certificate(
        issuer="Ministry of Home Affairs", issuer_country="SG", end_user="Singapore Police Coast Guard", consignee="Lion Marine Systems Pte Ltd",
        final_country="SG", signatory="Tan W. L.", signatory_title="Director Procurement", language="en",
        undertakings=["stated_use_only", "no_re_export", "no_re_transfer", "no_wmd_use", "on_site_verification", "delivery_verification", "report_loss", "secure_storage"],
        value=384000, currency="EUR",
    )
    return an_application(
        filed_at="2027-01-05T09:00:00Z",
        exporter=a_party("Nordic Optics AB", "SE", registration="556677-8899", registered_on="1994-05-02", address="Torggatan 1, Uppsala", website="nordic-optics.example", compliance_programme=PROGRAMME, owners=[{"name": "Nordic Holding AB", "country": "SE", "share": 1.0}]),
        consignee=a_party("Lion Marine Systems Pte Ltd", "SG", registration="199801234A", registered_on="1998-02-11", address="12 Tuas Avenue, Singapore", website="lion-marine.example", owners=[{"name": "Lion Holdings", "country": "SG", "share": 1.0}]),
        end_user=a_party("Singapore Police Coast Guard", "SG", "police", address="11 Brani Way, Singapore"),
        end_use={"statement": "Surveillance of the Singapore Strait from patrol craft.", "purpose": "border_security", "country": "SG", "site": "Brani Base"},
        items=[an_item(serialised=True, manufacturer="Nordic Optics AB", model="TC-4", made_year=2026, origin="SE", control_list_edition="2025-11-15")],
        route=[{"from": "SEGOT", "to": "SGSIN", "mode": "air", "carrier": "SAS Cargo", "free_zone": False, "storage_days": 0}],
        documents=[certificate, {"kind": "contract", "number": "C-88", "end_user": "Singapore Police Coast Guard", "value": 384000, "currency": "EUR"}],
        payment={"payer_name": "Singapore Police Coast Guard", "payer_country": "SG", "method": "letter_of_credit", "prepaid_share": 0.0}, transaction="sale",
        replaced_stock=[], intermediaries=[], **told,
    )


def test_a_clean_transshipment_hub_deal_by_a_certified_exporter_stays_out_of_high(trained, tmp_path):
    with trained.copy(tmp_path) as desk:
        score = file_application(desk, filing(a_hub_deal()), origin("http")).score
    assert score.model_version == trained.shown.trained.version and score.band in QUIET, (score.band, score.risk, [r.text for r in score.reasons[:4]])
    assert not score.referrals


def test_on_an_empty_store_the_expert_card_keeps_it_out_of_high_too(tmp_path):
    with a_desk(tmp_path) as desk:
        score = file_application(desk, filing(a_hub_deal()), origin("http")).score
    assert score.model_version.startswith("expert") and score.band in QUIET, (score.band, score.risk, [r.text for r in score.reasons[:4]])


@pytest.mark.parametrize("programme", [None, {"level": 0}])
def test_a_missing_programme_is_not_held_against_the_exporter(tmp_path, programme):
    with a_desk(tmp_path) as desk:
        plain = a_hub_deal()
        del plain["exporter"]["compliance_programme"]
        small = plain | {"application_id": "SMALL", "exporter": plain["exporter"] | ({"compliance_programme": programme} if programme else {})}
        certified = file_application(desk, filing(a_hub_deal()), origin("http")).score
        without = file_application(desk, filing(small), origin("http")).score
        assert not [r for r in without.reasons if "programme" in r.feature and r.contribution > 0] and without.risk >= certified.risk and without.band in QUIET


def test_a_bad_deal_through_the_same_hub_does_not_stay_low(tmp_path):
    bad = a_hub_deal()
    bad["documents"] = [a_certificate(issuer=None, authentication="no_reply", undertakings=[], end_user="Somebody Else", final_country="AE", original=False)]
    bad["end_use"] = {"statement": "Various.", "purpose": "resale", "country": "AE"}
    bad["end_user"] = a_party("Falcon General Trading FZE", "AE", "dealer", registered_on="2026-12-01")
    bad["payment"] = {"payer_name": "Unknown Ltd", "payer_country": "VG", "method": "cash", "prepaid_share": 1.0}
    with a_desk(tmp_path) as desk:
        clean = file_application(desk, filing(a_hub_deal()), origin("http")).score
        score = file_application(desk, filing(bad), origin("http")).score
    assert score.risk > 2 * clean.risk and score.band != "low"

"""A value says what its sentence says: what was not given is neither the same nor another, and no count takes in what it does not name."""

from builders import a_certificate, a_decision, a_denial_notice, a_party, an_application, an_incident, an_item, arms
from matrices import a_store, filings, matrix, take


def _row(*documents: dict, **events: list[dict]) -> dict[str, float | None]:
    """The features of the last application, as of its filing."""
    with a_store() as desk:
        take(desk, {"application": sorted(documents, key=lambda d: d["filed_at"]), **events})
        rows = matrix(desk, filings(desk))
        return rows.filter(rows["application_id"] == documents[-1]["application_id"]).row(-1, named=True)


def _filed(day: str, **told: object) -> dict:
    return an_application(filed_at=f"{day}T09:00:00Z", **told)


def test_the_verification_of_an_earlier_delivery_contradicts_no_paper_of_this_one():
    verification = {"kind": "delivery_verification", "number": "DV-1", "end_user": "Sorrel Police", "final_country": "NO"}
    row = _row(_filed("2026-10-20", documents=[a_certificate(), verification]))
    assert (row["documents_end_users_named_count"], row["documents_final_countries_count"]) == (1, 1)


def test_papers_that_say_next_to_nothing_are_no_copies_of_one_another():
    bare = {"kind": "end_user_statement", "number": "S-1"}
    assert _row(_filed("2026-10-01", documents=[bare]), _filed("2026-10-20", documents=[bare | {"number": "S-2"}]))["documents_content_reuse_count"] == 0
    said = a_certificate(number="C-1")
    assert _row(_filed("2026-10-01", documents=[said]), _filed("2026-10-20", documents=[said | {"number": "C-2"}]))["documents_content_reuse_count"] == 1


def test_a_file_shared_where_no_end_user_is_named_is_not_for_another_end_user():
    file = a_certificate(sha256="ab" * 32)
    open_licence = {"end_user": None, "authorisation": "global", "destinations": ["FI"], "documents": [file]}
    assert _row(_filed("2026-10-01", **open_licence), _filed("2026-10-20", **open_licence))["documents_file_reuse_count"] == 0
    other = a_party("Sorrel Police", "FI")
    assert _row(_filed("2026-10-01", end_user=other, documents=[file]), _filed("2026-10-20", documents=[file]))["documents_file_reuse_count"] == 1


def test_a_quantity_without_a_unit_is_not_added_to_pieces():
    certificate = a_certificate(number="C-9", items=[{"description": "Cameras", "quantity": 10}])
    mixed = _row(_filed("2026-10-20", documents=[certificate], items=[an_item(quantity=10), an_item(line=2, quantity=1000, unit=None)]))
    assert (mixed["documents_quantity_drawn_ratio"], mixed["documents_quantity_over_ratio"]) == (None, None)
    plain = {"documents": [certificate], "items": [an_item(quantity=10, unit=None)]}
    assert _row(_filed("2026-10-01", **plain), _filed("2026-10-20", **plain))["documents_quantity_drawn_ratio"] == 2.0


def test_only_the_state_of_origin_can_consent():
    def missing(*consents: str) -> float | None:
        told = [{"kind": "re_export_consent", "number": f"RC-{state}", "issuer_country": state} for state in consents]
        return _row(_filed("2026-10-20", items=[arms(origin="US"), arms(line=2, origin="NO")], documents=told))["documents_origin_consent_missing_flag"]

    assert (missing("DE"), missing("US"), missing("US", "NO")) == (1, 1, 0)


def test_an_owner_named_without_a_share_is_an_owner_named():
    def undisclosed(*owners: dict) -> float | None:
        return _row(_filed("2026-10-20", end_user=a_party("Tansy Optics", "FI", owners=owners or None)))["end_user_owners_undisclosed_share"]

    assert (undisclosed(), undisclosed({"name": "Tansy Holding"}), undisclosed({"name": "Tansy Holding", "share": 0.75})) == (1, None, 0.25)


def test_an_exporter_that_applies_itself_is_no_other_party_and_a_country_not_given_is_not_home():
    def foreign(**told: object) -> float | None:
        return _row(_filed("2026-10-20", kind="transit", exporter=a_party("Sorrel Export", "DE"), **told))["exporter_foreign_applicant_flag"]

    assert foreign() == foreign(applicant=a_party("Sorrel Export", "DE")) == 0
    assert (foreign(applicant=a_party("Tansy Agency", "NO")), foreign(applicant=a_party("Tansy Agency", None))) == (1, None)


def test_without_a_forwarder_there_is_no_programme_of_one():
    forwarder = a_party("Sorrel Cargo", "SE", role="freight_forwarder")
    assert _row(_filed("2026-10-20"))["broker_forwarder_programme_level"] is None
    assert _row(_filed("2026-10-20", intermediaries=[forwarder]))["broker_forwarder_programme_level"] == 0


def test_a_record_in_another_role_is_not_set_against_filings_in_this_one():
    one = a_party("Sorrel Cargo", "FI")
    carried = [_filed(f"2024-01-{day}", intermediaries=[one | {"role": "freight_forwarder"}]) for day in (10, 11, 12)]
    lost = an_incident(carried[0]["application_id"], at="2024-06-01T09:00:00Z", occurred_on="2024-05-01")
    first = _row(*carried, _filed("2026-10-20", consignee=one), incident=[lost])
    assert (first["consignee_prior_filings_count"], first["consignee_diversions_to_expected_ratio"]) == (0, 1)
    assert _row(*carried, _filed("2026-10-20", intermediaries=[one | {"role": "freight_forwarder"}]), incident=[lost])["broker_diversions_to_expected_ratio"] > 1
    received = _filed("2024-01-10", consignee=one)
    lost = an_incident(received["application_id"], at="2024-06-01T09:00:00Z", occurred_on="2024-05-01")
    for told, feature in (
        ({"intermediaries": [one | {"role": "freight_forwarder"}]}, "broker_diversions_to_expected_ratio"), ({"end_user": one}, "end_user_diversions_to_expected_ratio"),
    ):
        assert _row(received, _filed("2026-10-20", **told), incident=[lost])[feature] == 1


def test_similar_denials_of_three_years_are_not_told_from_records_of_one():
    earlier = _filed("2025-10-20")
    refused = a_decision(earlier["application_id"], at="2025-11-20T09:00:00Z", outcome="denied", grounds=["diversion"])
    notice = a_denial_notice("Sorrel Police", "FI", at="2026-09-02T09:00:00Z")
    asked = _filed("2026-10-20")
    young = _row(earlier, asked, decision=[refused], denial_notice=[notice])
    assert (young["screening_similar_denials_count"], young["screening_similar_notices_count"]) == (None, None)
    old = _row(_filed("2020-01-10"), earlier, asked, decision=[refused], denial_notice=[notice])
    assert (old["screening_similar_denials_count"], old["screening_similar_notices_count"]) == (1, 1)


def test_orders_without_a_control_code_cannot_be_like_one_another():
    def orders(**told: object) -> tuple[float | None, ...]:
        row = _row(_filed("2026-01-10"), *(_filed(f"2026-10-{day}", items=[an_item(**told)]) for day in (10, 20)))
        return tuple(row[name] for name in ("timing_split_orders_count", "timing_like_orders_count", "old_stock_received_to_ordered_ratio"))

    assert orders(control_code=None, control_list=None) == (None, None, None)
    assert orders() == (1, 1, 0)
    assert orders(value=None, currency=None)[:2] == (1, None)
    assert orders(quantity=None, unit=None)[2] is None


def test_an_earlier_order_without_a_customs_code_is_no_order_of_other_goods():
    def first(code: str | None) -> float | None:
        return _row(_filed("2026-01-10", items=[an_item(hs_code=code)]), _filed("2026-10-20", items=[an_item(hs_code="854231")]))["timing_new_priority_goods_flag"]

    assert (first(None), first("930190"), first("854231")) == (None, 1, 0)


def test_an_earlier_revision_of_this_application_is_no_other_name_from_elsewhere():
    known = {"registration": "FI-77"}
    first = _filed("2026-10-01", end_user=a_party("Tansy Optics", "FI", **known))
    again = first | {"revision": 2, "filed_at": "2026-10-20T09:00:00Z", "end_user": a_party("Sorrel Optics", "FI", **known)}
    assert _row(first, again)["links_other_names_count"] == 0
    assert _row(_filed("2026-09-01", end_user=first["end_user"]), first, again)["links_other_names_count"] == 1

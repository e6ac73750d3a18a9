"""A value says what its sentence says: what was not given is neither the same nor another, and no count takes in what it does not name."""

from builders import a_certificate, a_party, an_application, an_item
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

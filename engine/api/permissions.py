"""Which role may call which route: the one table. Knows no route's work.

A route that is not here can be called by nobody. Where a path has a `{kind}` or `{format}`, a row with its value
goes before the general one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.errors import NotPermitted

ROLES = ("system", "analyst", "approver", "inspector", "planner", "auditor", "admin")
ANYONE = frozenset(ROLES)
PUBLIC = frozenset({"GET /healthz", "GET /readyz", "GET /metrics"})  # for operators; they hold no record

# Who may read what its originator controls, and reasons with their evidence.
READS_ALL = frozenset({"analyst", "approver", "auditor"})
MAY_SIGN = frozenset({"approver"})


def _roles(*roles: str) -> frozenset[str]:
    return frozenset(roles)


_OFFICERS = _roles("analyst", "approver")
_FACTS = _roles("system", "analyst", "approver")

TABLE: Mapping[str, frozenset[str]] = MappingProxyType({
    "POST /v1/applications": _roles("system", "analyst"),
    "POST /v1/applications/batch": _roles("system", "analyst"),
    "POST /v1/score": _FACTS,
    "POST /v1/score/file": _OFFICERS,  # reasons and evidence in full
    "POST /v1/score/unscored": _OFFICERS,
    "GET /v1/applications": _roles("system", "planner", *READS_ALL),
    "GET /v1/applications/{application_id}": _roles("system", "planner", "inspector", *READS_ALL),
    "GET /v1/applications/{application_id}/score": _roles("system", *READS_ALL),
    "GET /v1/applications/{application_id}/history": _roles("system", "planner", "inspector", *READS_ALL),
    "GET /v1/applications/{application_id}/route": _roles("planner", "inspector", *READS_ALL),
    "POST /v1/applications/{application_id}/what-if": _OFFICERS,
    "GET /v1/applications/{application_id}/similar": READS_ALL,
    "GET /v1/applications/{application_id}/network": READS_ALL,
    "GET /v1/parties/{party_id}": READS_ALL,
    "POST /v1/parties/{party_id}/merge": _OFFICERS,
    "POST /v1/parties/{party_id}/split": _OFFICERS,
    "POST /v1/links/weights": MAY_SIGN,
    "GET /v1/applications/{application_id}/memo": READS_ALL,
    "GET /v1/applications/{application_id}/documents": READS_ALL,
    # Events. Settling a referral is a named officer's act, so no system may send a review.
    "POST /v1/events/decision": _FACTS,
    "POST /v1/events/licence": _FACTS,
    "POST /v1/events/shipment": _FACTS,
    "POST /v1/events/delivery": _FACTS,
    "POST /v1/events/visit": _roles("system", "analyst", "inspector"),
    "POST /v1/events/incident": _FACTS,
    "POST /v1/events/denial_notice": _FACTS,
    "POST /v1/events/destruction": _roles("inspector", *_FACTS),
    "POST /v1/events/request": _roles("planner", "inspector", *_FACTS),
    "POST /v1/events/review": _OFFICERS,
    "POST /v1/events/{kind}": _roles("inspector", "planner", *_FACTS),  # a kind that does not exist: told so
    "GET /v1/signatures": READS_ALL,
    "POST /v1/signatures/{event_id}": MAY_SIGN,
    "GET /v1/applications/{application_id}/serials": _roles("planner", "inspector", *READS_ALL),
    "GET /v1/visits": _roles("inspector", "planner", *READS_ALL),
    "GET /v1/visits/{visit_id}/pack": _roles("inspector", "planner", *READS_ALL),
    "GET /v1/visits/{visit_id}/file": READS_ALL,  # with score, probability and way of choosing
    "GET /v1/licences": _roles("planner", *READS_ALL),
    "GET /v1/due": _roles("planner", *READS_ALL),
    "GET /v1/alerts": READS_ALL,
    "GET /v1/proposals": READS_ALL,
    "GET /v1/reports/{year}": _roles("planner", *READS_ALL),
    "POST /v1/plans": _roles("planner"),
    "GET /v1/plans/{plan_id}": _roles("planner", *READS_ALL),
    "GET /v1/plans/{plan_id}/shipments/{shipment_id}": _roles("planner", *READS_ALL),
    "POST /v1/plans/{plan_id}/amendments": _roles("planner"),
    "PUT /v1/evidence/{sha256}": _roles("system", "analyst", "inspector"),
    "GET /v1/evidence/{sha256}": _roles("inspector", *READS_ALL),
    "PUT /v1/document-files/{sha256}": _roles("system", "analyst", "admin"),  # whoever may send the filings that declare them
    "GET /v1/screen": READS_ALL,
    "GET /v1/lists": _roles("admin", *READS_ALL),
    "GET /v1/lists/{code}/diff": _roles("admin", *READS_ALL),
    "POST /v1/lists/{format}": _roles("admin"),
    "GET /v1/model": _roles("planner", "admin", *READS_ALL),
    "GET /v1/models": _roles("planner", "admin", *READS_ALL),
    "GET /v1/models/compare": READS_ALL,  # what the challenger says of single filings
    "GET /v1/inspectors": _roles("approver", "auditor"),  # it names persons
    "GET /v1/drift": _roles("planner", "admin", *READS_ALL),
    "POST /v1/models/rollback": MAY_SIGN,
    "POST /v1/models": MAY_SIGN,  # training promotes where it is better
    "POST /v1/models/{version}/promote": MAY_SIGN,
    "POST /v1/models/{version}/challenge": _roles("admin", *MAY_SIGN),  # in shadow it decides nothing
    "GET /v1/features": ANYONE,
    "GET /v1/audit": _roles("admin", *READS_ALL),
    "POST /v1/audit/verify": _roles("auditor", "admin"),
    # An admin asks and an approver, another person, approves: neither can alone.
    "GET /v1/audit/erasures": _roles("approver", "auditor", "admin"),
    "POST /v1/audit/erasures": _roles("approver", "admin"),
    "GET /v1/export/{table}": READS_ALL,
    # A file comes in as it was recorded elsewhere, names and signatures included; so what decides and rates is the operator's.
    "POST /v1/ingest/decision": _roles("admin"),
    "POST /v1/ingest/review": _roles("admin"),
    "POST /v1/ingest/visit": _roles("admin"),
    "POST /v1/ingest/{kind}": _roles("system", "admin"),
    "GET /v1/jobs/{job_id}": ANYONE,
    "POST /v1/backup": _roles("admin"),  # it holds everything
    "GET /v1/me": ANYONE,
    "GET /v1/tokens": _roles("admin"),
    "POST /v1/tokens": _roles("admin"),
    "DELETE /v1/tokens/{token_id}": _roles("admin"),
})


def allowed(method: str, path: str, values: Mapping[str, str]) -> frozenset[str]:
    """The roles that may call a route.

    Args:
        path: the route's own path, such as ``/v1/events/{kind}``.
        values: what stands in its braces in this request.
    """
    filled = path.replace("{kind}", values.get("kind", "{kind}"))
    return TABLE.get(f"{method} {filled}", TABLE.get(f"{method} {path}", frozenset()))


def check(role: str, method: str, path: str, values: Mapping[str, str]) -> None:
    """Let a role through, or not.

    Raises:
        NotPermitted: the table has no such row, or the role is not in it.
    """
    roles = allowed(method, path, values)
    if role not in roles:
        expected = ", ".join(r for r in ROLES if r in roles) or "no role"
        raise NotPermitted(f"a token with role {role} may not do this. Expected: {expected}. Use a token of such a role, or ask an admin for one.")

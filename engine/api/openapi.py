"""The service's own description: bodies are parsed by the wire, so their schemas are put in here from the same models."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from engine.api import examples, orders, permissions
from engine.api.problems import MEDIA_TYPE
from engine.wire import EVENTS, Application, Problem

BODIES: tuple[type[BaseModel], ...] = (
    Application, *EVENTS.values(), Problem, orders.TokenOrder, orders.PlanOrder, orders.AmendmentOrder, orders.SignatureOrder,
    orders.PromotionOrder, orders.TrainingOrder, orders.WhatIfOrder, orders.MergeOrder, orders.SplitOrder, orders.WeightsOrder, orders.ErasureOrder,
)
REF = "#/components/schemas/{model}"


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is one such record."""
    return _body("application/json", {"$ref": REF.format(model=model.__name__)}, **_examples(model))


def takes_many(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is a list of such records."""
    return _body("application/json", {"type": "array", "maxItems": 1000, "items": {"$ref": REF.format(model=model.__name__)}}, examples={"two": {"value": [
        examples.APPLICATION, examples.APPLICATION | {"application_id": "2026-000124"}]}})


def takes_event() -> dict[str, Any]:
    """`openapi_extra` of the route that takes any event; which one, its path says."""
    return _body("application/json", {"anyOf": [{"$ref": REF.format(model=model.__name__)} for model in EVENTS.values()]},
                 examples={kind: {"value": body} for kind, body in examples.EVENTS.items()})


def takes_bytes(*media_types: str) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is a file."""
    return {"requestBody": {"required": True, "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types}}}


def _body(media_type: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema, **more}}}}


def _examples(model: type[BaseModel]) -> dict[str, Any]:
    own = model.model_config.get("json_schema_extra") or {}
    body = examples.ORDERS.get(model.__name__) or (own["examples"][0] if isinstance(own, dict) and own.get("examples") else None)
    return {"examples": {"simple": {"value": body}}} if body else {}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: FastAPI's own, with the bodies' schemas, the roles of each route and the problem documents."""
    if app.openapi_schema:
        return app.openapi_schema
    told = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = told.setdefault("components", {})
    _, schemas = models_json_schema([(model, "validation") for model in BODIES], ref_template=REF)
    for name, schema in schemas.get("$defs", {}).items():
        components.setdefault("schemas", {}).setdefault(name, schema)
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            if f"{method.upper()} {path}" in permissions.PUBLIC:
                continue
            operation["security"] = [{"token": []}]
            operation["x-roles"] = sorted(_roles(method.upper(), path))
            problem = {"description": "A problem document (RFC 9457).", "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}}
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = problem
    components.get("schemas", {}).pop("HTTPValidationError", None)
    components.get("schemas", {}).pop("ValidationError", None)
    app.openapi_schema = told
    return told


def query_of(app: FastAPI, method: str, path: str) -> tuple[str, ...]:
    """The query parameters that a route is described with: those it takes."""
    operation = app.openapi()["paths"].get(path, {}).get(method.lower(), {})
    return tuple(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query")


def _roles(method: str, path: str) -> set[str]:
    """Every role that may call a route with some value in its braces."""
    prefix = f"{method} {path.split('{kind}')[0]}"
    return {role for row, roles in permissions.TABLE.items() for role in roles
            if row == f"{method} {path}" or ("{kind}" in path and row.startswith(prefix))}


DESCRIPTION = """Diversion-risk scores of licence applications, and the verification visits after them. A score speaks of diversion only.

**Identifiers** may hold a slash. In a path it is sent as `%2F`: `/v1/applications/A%2Fscore` is the filing `A/score`, and
`/v1/applications/A/score` the score of `A`. Sent plainly it is understood as well, unless the last part is `score`,
`history` or `route`.

Every answer to an error is a problem document. Bearer tokens name a person or a system and have a role; `x-roles` of each
operation says who may call it. Another authority's filing is answered as if it were not there.

**Second signatures.** What the policy wants signed by two (a grant in a band from `high`, an exemption, an unverified status) is
checked in full when it is first sent, and answered 202 `awaiting_signature`: on record and in the audit chain, but not in force.
It takes effect when an approver, who is not the person that recorded it, sends the same event again, or `POST
/v1/signatures/{event_id}` with `{"sign": true}`; all checks are then made anew. `{"sign": false, "because": ...}` refuses it for good.
`recorded_by`, `approved_by` and `reviewed_by` come from tokens alone: what a body says there is left out, and the answer says so.
A visit's final rating is a `review` event about it, sent by an approver who neither made nor recorded the visit; what a finding
proposes is settled, and a visit closed, in the same way (`confirmed` with what was done, `dismissed` with why not; `ended` closes)."""

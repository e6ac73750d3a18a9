"""Beside a score: what would go with a lower one, and the past cases it resembles. Nothing is filed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Query

from engine.api.answers.what_ifs import MovedFeature, SimilarCase, SimilarCases, SupposedRemedy, SupposedScore, WhatIfAnswer
from engine.api.openapi import takes
from engine.api.orders import WhatIfOrder
from engine.api.room import BodyDep, CallerDep, OriginDep, RoomDep
from engine.api.routes.applications import ApplicationId
from engine.wire import parse
from engine.workflows.similar_cases import similar_cases
from engine.workflows.what_if import Supposed, WhatIf, what_if

router = APIRouter(prefix="/v1", tags=["scores"])


@router.post("/applications/{application_id:id}/what-if", openapi_extra=takes(WhatIfOrder))
def suppose(application_id: ApplicationId, body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> WhatIfAnswer:
    """The score with changed fields or remedies, and the fewest verifiable remedies that go with a band.

    A remedy is offered only where guidance names it, somebody can verify it and it would change this filing. What goes with a lower
    score is no evidence that it prevents diversion, and the score on record stays as it is.
    """
    with room.cursor() as cursor:
        caller.check_sees(cursor, application_id)
    order = parse(WhatIfOrder, body).model
    as_of = order.as_of and order.as_of.astimezone(UTC).replace(tzinfo=None)
    return answer(what_if(room.desk, application_id, origin, changes=order.changes, codes=order.remedies or (), band=order.band, as_of=as_of))


@router.get("/applications/{application_id:id}/similar")
def read_similar(
    application_id: ApplicationId, caller: CallerDep, room: RoomDep, count: Annotated[int, Query(ge=1, le=50)] = 5
) -> SimilarCases:
    """The past applications with a known outcome whose scores the same features move alike. The first question after a finding takes seconds."""
    with room.cursor() as cursor:
        caller.check_sees(cursor, application_id)
    found = similar_cases(room.desk, application_id, room.now(), count=count, visible=caller.authorities)
    return SimilarCases(application_id=application_id, cases=tuple(SimilarCase(**asdict(case)) for case in found))


def answer(told: WhatIf) -> WhatIfAnswer:
    """The answer as it goes over the wire; the command prints the same."""
    return WhatIfAnswer(
        application_id=told.application_id, revision=told.revision, as_of=told.as_of, model_version=told.model_version, caveat=told.caveat,
        filed=_score(told.filed), asked=told.asked and _score(told.asked),
        moved=tuple(MovedFeature(feature=m.feature, family=m.family, text=m.text, filed=m.filed, supposed=m.supposed) for m in told.moved),
        remedies=tuple(
            SupposedRemedy(code=remedy.code, asks=remedy.asks, verified_by=remedy.verified_by, source=remedy.source, alone=_score(alone))
            for remedy, alone in told.alone
        ),
        band=told.band, fewest=None if told.with_fewest is None else tuple(remedy.code for remedy in told.fewest),
        with_fewest=told.with_fewest and _score(told.with_fewest), tried=told.tried, left_out=tuple(remedy.code for remedy in told.left_out),
    )


def _score(supposed: Supposed) -> SupposedScore:
    return SupposedScore(risk=supposed.risk, risk_low=supposed.low, risk_high=supposed.high, band=supposed.band, odds=supposed.odds)

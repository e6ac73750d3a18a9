"""Which written forms are one party, what an officer says of it, the weights behind it, and what an application's parties share with others."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from engine.api.answers.jobs import JobAnswer
from engine.api.answers.parties import LinkRuled, NetworkAnswer, PartyAnswer, WeightsTold
from engine.api.openapi import takes
from engine.api.orders import MergeOrder, SplitOrder, WeightsOrder
from engine.api.room import BodyDep, Caller, CallerDep, OriginDep, RoomDep
from engine.api.routes.applications import ApplicationId
from engine.api.routes.jobs import answer_to
from engine.api.views import network_for, party_for
from engine.wire import parse
from engine.workflows.links import entity_shown, promote_weights
from engine.workflows.network import FEWEST, MOST, USUAL, network
from engine.workflows.rule_on_links import Ruled, merge_parties, split_party

router = APIRouter(prefix="/v1", tags=["parties"])
LARGEST = 2**63 - 1
PartyId = Annotated[int, Path(ge=0, le=LARGEST, description="An entity's id, or a form's.")]


@router.get("/applications/{application_id:id}/network")
def read_network(
    application_id: ApplicationId, caller: CallerDep, room: RoomDep, limit: Annotated[int, Query(ge=FEWEST, le=MOST, description="Parties shown at most.")] = USUAL,
) -> NetworkAnswer:
    """The parties of an application and what they share with others on record within two hops, with what is on record of each; as known now."""
    with room.cursor() as cursor:
        caller.check_sees(cursor, application_id)
        return network_for(network(cursor, application_id, room.now(), caller.authorities, limit))


@router.get("/parties/{party_id}")
def read_party(party_id: PartyId, caller: CallerDep, room: RoomDep) -> PartyAnswer:
    """An entity: every form in which it was written, and why each is taken for it."""
    with room.cursor() as cursor:
        return party_for(caller, entity_shown(cursor, party_id))


@router.post("/parties/{party_id}/merge", status_code=201, openapi_extra=takes(MergeOrder))
def merge(party_id: PartyId, body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> LinkRuled:
    """Says that two entities are one party, under the token's name and for a stated reason; no later link undoes it."""
    order = parse(MergeOrder, body).model
    return _ruled(caller, merge_parties(room.desk, party_id, min(int(order.other), LARGEST), order.because, origin, visible=caller.authorities))


@router.post("/parties/{party_id}/split", status_code=201, openapi_extra=takes(SplitOrder))
def split(party_id: PartyId, body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> LinkRuled:
    """Says that one form is another party than the rest of its entity, under the token's name and for a stated reason."""
    return _ruled(caller, split_party(room.desk, party_id, parse(SplitOrder, body).model.because, origin, visible=caller.authorities))


def _ruled(caller: Caller, done: Ruled) -> LinkRuled:
    return LinkRuled(
        event_id=done.event_id, recorded_by=caller.name, subject=":".join(map(str, done.entity_of)),
        forms=tuple({"form_id": str(form), "entity_id": str(entity)} for form, entity in done.entity_of.items()),
    )


@router.post("/links/weights", status_code=201, openapi_extra=takes(WeightsOrder), responses={202: {"description": "Still at work: ask for the job."}})
def put_in_force(body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response) -> WeightsTold | JobAnswer:
    """Puts link weights in force for a stated reason, and links all parties on record anew by them."""
    order = parse(WeightsOrder, body).model

    def promoted() -> dict:
        version = promote_weights(room.desk, order.weights, order.because, origin).version
        return {"version": version, "promoted_by": caller.name, "because": order.because}

    return answer_to(room.jobs.start(caller.name, "link parties anew", promoted), room.limits.patience, response, WeightsTold, created=201)

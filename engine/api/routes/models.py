"""The model in force, training another, putting one in force, and the feature book."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.encoders import jsonable_encoder

from engine.api.answers.jobs import JobAnswer
from engine.api.answers.models import CompareAnswer, DriftAnswer, InspectorsAnswer, ModelsAnswer, NamingTold, PromotionTold, TrainAnswer
from engine.api.openapi import takes
from engine.api.orders import PromotionOrder, TrainingOrder
from engine.api.room import BodyDep, CallerDep, OriginDep, Room, RoomDep
from engine.api.routes.jobs import answer_to
from engine.risk.policy import policy_in_force
from engine.store.records import Origin
from engine.wire import parse
from engine.workflows import compare as comparing
from engine.workflows import drift as drifting
from engine.workflows import inspectors as inspecting
from engine.workflows.apart import apart
from engine.workflows.models import models_held
from engine.workflows.promote import challenge, promote_model, roll_back
from features.book import indicators, lineage
from features.catalogue import catalogue

router = APIRouter(prefix="/v1", tags=["models"])


@router.get("/model")
def read_model(caller: CallerDep, room: RoomDep) -> dict:
    """The card of the model in force and the policy whose thresholds give the bands."""
    with room.cursor() as cursor:
        model = room.desk.model(cursor)
    return jsonable_encoder({"version": model.version, "features": len(model.columns), "card": model.card, "policy": asdict(policy_in_force())})


@router.post("/models", openapi_extra=takes(TrainingOrder), responses={202: {"description": "Still at work: ask for the job."}})
def train_one(body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep, response: Response) -> TrainAnswer | JobAnswer:
    """Trains, compares with the model in force, and promotes only if better or for a stated reason."""
    order = parse(TrainingOrder, body or b"{}").model
    job = room.jobs.start(caller.name, "train", lambda: _train(room, order, origin))
    return answer_to(job, room.limits.patience, response, TrainAnswer)


def _train(room: Room, order: TrainingOrder, origin: Origin) -> dict:
    from engine.workflows.train import train  # scikit-learn takes a second to load, and few services train

    as_of = datetime.combine(order.as_of, time()) if order.as_of else None
    told = apart(room.desk, train, origin, memory_limit=room.settings.memory_limit, as_of=as_of, dry_run=bool(order.dry_run), promote_because=order.promote_because)
    return {"version": told.version, "promoted": told.promoted, "because": told.because, "card": jsonable_encoder(told.card)}


@router.get("/models")
def list_models(caller: CallerDep, room: RoomDep) -> ModelsAnswer:
    """Every model on record in order of training, the expert card first: which is in force, and each promotion and rollback with author and reason."""
    with room.cursor() as cursor:
        return ModelsAnswer(models=tuple(asdict(one) for one in models_held(cursor)))


@router.get("/models/compare", responses={202: {"description": "Still at work: ask for the job."}})
def compare_models(
    caller: CallerDep, room: RoomDep, response: Response,
    champion: Annotated[str | None, Query(max_length=100, examples=["expert-card-1"], description="Missing: the model in force.")] = None,
    challenger: Annotated[str | None, Query(max_length=100, examples=["2026-11-20.0123456789ab"], description="Missing: the one kept in shadow.")] = None,
) -> CompareAnswer | JobAnswer:
    """Two models over the same filings: what was found since, agreement of ranks, changed bands and why."""
    job = room.jobs.start(caller.name, "compare models", lambda: comparing.as_json(comparing.compare(
        room.desk, room.now(), champion, challenger, visible=caller.authorities)))
    return answer_to(job, room.limits.patience, response, CompareAnswer)


@router.get("/inspectors", responses={202: {"description": "Still at work: ask for the job."}})
def read_inspectors(caller: CallerDep, room: RoomDep, response: Response) -> InspectorsAnswer | JobAnswer:
    """What each inspector finds against what was to be expected of the same filings."""
    job = room.jobs.start(caller.name, "look at inspectors", lambda: inspecting.as_json(inspecting.inspectors(room.desk, room.now())))
    return answer_to(job, room.limits.patience, response, InspectorsAnswer)


@router.get("/drift", responses={202: {"description": "Still at work: ask for the job."}})
def read_drift(
    caller: CallerDep, room: RoomDep, response: Response,
    days: Annotated[int, Query(ge=drifting.LEAST_DAYS, le=drifting.MOST_DAYS, examples=[180], description="How far back the filings looked at reach.")] = drifting.DAYS,
) -> DriftAnswer | JobAnswer:
    """What moved since the model in force was trained, of features, scores, calibration and freshness, with what to do."""
    job = room.jobs.start(caller.name, "look for drift", lambda: drifting.as_json(drifting.drift(room.desk, room.now(), days)))
    return answer_to(job, room.limits.patience, response, DriftAnswer)


@router.post("/models/rollback", openapi_extra=takes(PromotionOrder))
def take_back(body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> PromotionTold:
    """Puts the model that was in force before in force again, for a stated reason."""
    return PromotionTold(**asdict(roll_back(room.desk, parse(PromotionOrder, body).model.because, origin)))


@router.post("/models/{version}/promote", openapi_extra=takes(PromotionOrder))
def promote(version: Annotated[str, Path(max_length=100)], body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> dict:
    """Puts a trained model in force; its trainer cannot."""
    promote_model(room.desk, version, parse(PromotionOrder, body).model.because, origin)
    return {"version": version, "promoted_by": caller.name}


@router.post("/models/{version}/challenge", openapi_extra=takes(PromotionOrder))
def name_challenger(version: Annotated[str, Path(max_length=100)], body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> NamingTold:
    """Keeps a model in shadow beside the one in force, for a stated reason, until another is named or trained."""
    return NamingTold(**asdict(challenge(room.desk, version, parse(PromotionOrder, body).model.because, origin)))


@router.get("/features")
def read_features(caller: CallerDep, room: RoomDep) -> dict:
    """The feature book: what every column means and is computed from, which way it may move the score, how it does in the model in force.

    `missing_share` and `mean_effect` (mean absolute contribution in log-odds) are of the filings that the model in force learned from; null where it
    learned from none.
    """
    book, fields = catalogue(), lineage()
    with room.cursor() as cursor:
        model = room.desk.model(cursor)
    told = (model.card or {}).get("features", {})
    unknown = {"missing_share": None, "mean_effect": None, "raising_share": None}
    return jsonable_encoder({
        "version": book.version, "model_version": model.version,
        "families": [
            {
                "name": family.name, "question": family.question,
                "features": [asdict(one) | {"computed_from": fields[one.name]} | unknown | told.get(one.name, {}) for one in family.features],
            }
            for family in book.families
        ],
        # A system is told that referrals exist, not by which rules.
        "indicators": {name: {key: told for key, told in one.items() if key != "rules" or caller.reads_all} for name, one in indicators().items()},
    })

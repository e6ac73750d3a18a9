"""The model in force, putting another in force, and the feature book."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.encoders import jsonable_encoder

from engine.api.openapi import takes
from engine.api.orders import PromotionOrder
from engine.api.room import BodyDep, CallerDep, OriginDep, RoomDep
from engine.risk.policy import policy_in_force
from engine.wire import parse
from engine.workflows.promote import promote_model
from features.catalogue import catalogue

router = APIRouter(prefix="/v1", tags=["models"])


@router.get("/model")
def read_model(caller: CallerDep, room: RoomDep) -> dict:
    """The card of the model in force and the policy whose thresholds give the bands."""
    with room.cursor() as cursor:
        model = room.desk.model(cursor)
    return jsonable_encoder({"version": model.version, "features": len(model.columns), "card": model.card, "policy": asdict(policy_in_force())})


@router.post("/models/{version}/promote", openapi_extra=takes(PromotionOrder))
def promote(version: Annotated[str, Path(max_length=100)], body: BodyDep, caller: CallerDep, origin: OriginDep, room: RoomDep) -> dict:
    """Puts a trained model in force; its trainer cannot."""
    promote_model(room.desk, version, parse(PromotionOrder, body).model.because, origin)
    return {"version": version, "promoted_by": caller.name}


@router.get("/features")
def read_features(caller: CallerDep) -> dict:
    """The feature book: what every column means, which way it moves the score, and the published source."""
    book = catalogue()
    return jsonable_encoder({
        "version": book.version,
        "families": [{"name": family.name, "question": family.question, "features": [asdict(one) for one in family.features]} for family in book.families],
    })

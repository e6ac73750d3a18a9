"""Scores by the challenger beside each new score, on record and shown to nobody who decides: what the model in force is compared with later. Promotes none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl

from engine.risk.policy import policy_in_force
from engine.store import records
from engine.store.database import first
from engine.store.records import Origin
from engine.wire import Score

if TYPE_CHECKING:
    from engine.workflows.desk import Desk


def keep_shadows(desk: Desk, cursor: duckdb.DuckDBPyConnection, scores: Sequence[Score], matrix: np.ndarray, origin: Origin) -> int:
    """Put the challenger's risk of the same inputs on record, inside the caller's transaction; gives how many, 0 where there is no challenger.

    Args:
        matrix: (n, columns), what each score was computed from.
    """
    challenger = desk.challenger(cursor)
    if challenger is None or not scores:
        return 0
    risk = challenger.calibration.risk(challenger.raw(matrix))
    bands = policy_in_force().bands(risk)
    serial = first(cursor, "select count(*) from record where kind = 'shadow_score'")[0]
    bodies = [
        {"application_id": one.application_id, "revision": one.revision, "scored_at": f"{one.scored_at:%Y-%m-%dT%H:%M:%S.%f}", "as_of": f"{one.as_of:%Y-%m-%dT%H:%M:%S.%f}",
         "risk": float(risk[n]), "band": str(bands[n]), "model_version": challenger.version, "champion_version": one.model_version,
         "champion_risk": one.risk, "champion_band": one.band}
        for n, one in enumerate(scores)
    ]
    frame = pl.DataFrame(
        {
            "position": range(len(scores)),
            "key": [f"shadow:{one.application_id}#{one.revision}@{serial + n}" for n, one in enumerate(scores)],
            "known_at": [one.scored_at.replace(tzinfo=None) for one in scores],
            "body": [json.dumps(body, sort_keys=True) for body in bodies],
        },
        schema=records.STAGED_SCHEMA,
    )
    records.stage(cursor, frame)
    records.append(cursor, "shadow_score", origin, f"score {len(scores)} filing(s) in shadow")
    return len(scores)

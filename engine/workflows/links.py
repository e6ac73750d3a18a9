"""Links parties by the weights in force, and puts other weights there on a named person's word. Compares no names itself."""

from __future__ import annotations

from functools import lru_cache

import duckdb

from engine.linking import Spelling, Weights, resolve_forms, shipped_weights, weights_from
from engine.screening.names import keyed, skeleton
from engine.store import records
from engine.store.database import setting

SPELLING = Spelling(keyed, skeleton)
IN_FORCE = "link_weights"


def link_parties(cursor: duckdb.DuckDBPyConnection, filings: str = "filing_party", documents: str = "filing_document", into: str = "store.main") -> int:
    """Give every new form of a party its entity, by the weights in force; gives how many were new (see `engine.linking`)."""
    return resolve_forms(cursor, SPELLING, weights_in_force(cursor), filings, documents, into)


def weights_in_force(cursor: duckdb.DuckDBPyConnection) -> Weights:
    """The weights promoted last; those that come with the engine where none ever were."""
    version = setting(cursor, IN_FORCE)
    return shipped_weights() if version is None else _read(records.body_of(cursor, f"link_weights:{version}"))


@lru_cache(maxsize=4)
def _read(text: str) -> Weights:
    return weights_from(text)

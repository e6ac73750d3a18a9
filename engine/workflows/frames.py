"""Writes a frame as a file by its ending, safe for spreadsheets. Chooses no rows."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from engine.errors import RefusedInput

ENDINGS = (".parquet", ".csv", ".jsonl")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def check_ending(out: Path) -> None:
    """Refuse an ending that cannot be written, before long work begins.

    Raises:
        RefusedInput: neither Parquet, CSV nor JSON Lines.
    """
    if out.suffix not in ENDINGS:
        raise RefusedInput(f"{out.name}: cannot write the ending {out.suffix or '(none)'}. Expected {', '.join(ENDINGS)}. Rename --out.")


def write_frame(frame: pl.DataFrame, out: Path) -> None:
    """Write a frame; in CSV nested values are JSON text, and a text that a spreadsheet would run as a formula gets an apostrophe."""
    check_ending(out)
    if out.suffix == ".parquet":
        frame.write_parquet(out)
    elif out.suffix == ".jsonl":
        frame.write_ndjson(out)
    else:
        nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
        frame = frame.with_columns(
            pl.Series(name, [None if v is None else json.dumps(v, default=str, ensure_ascii=False) for v in frame[name].to_list()], dtype=pl.String)
            for name in nested
        )
        text = [name for name, kind in frame.schema.items() if kind == pl.String]
        frame.with_columns(
            pl.when(pl.col(name).str.slice(0, 1).is_in(list(FORMULA_STARTS))).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name)).alias(name)
            for name in text
        ).write_csv(out)

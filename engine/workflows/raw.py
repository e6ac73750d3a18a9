"""What stands at one place of a file before anybody judged it."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_RECORD = 16 * 1024 * 1024  # bytes; the largest filing seen with 2,000 lines of goods is under 2 MB
TOO_LONG = f"longer than {LONGEST_RECORD // 1024 // 1024} MiB"


@dataclass(frozen=True, slots=True)
class Raw:
    """What stands at one place of a file.

    Args:
        line: its line, or its row in Parquet, counted from 1.
        text: its bytes, where the file is JSON.
        row: its fields, where the file is Parquet.
        fault: what is wrong, where no record can be told apart there.
        size: about how many bytes it takes in memory.
        records: how many records are meant; more than 1 only where a fault hides several.
    """

    line: int
    text: bytes | None = None
    row: dict | None = None
    fault: str | None = None
    size: int = 0
    records: int = 1

"""Writes JSON Lines sorted by time, month by month, so that a world of any size fits in memory."""

import json
import shutil
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from . import clock

_MONTH = 30 * clock.DAY
_HELD = 1_000  # lines of one later month kept in memory before they go to its part file
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_first = itemgetter(0)


class Ledger:
    """One file a kind of document. Lines may be added for any later month; `settle` writes out the past ones."""

    def __init__(self, folder: Path, kinds: tuple[str, ...], ends: dict[str, int]) -> None:
        """Open the files.

        Args:
            folder: where they go.
            kinds: names of the files, without ending.
            ends: for each kind, the time from which on nothing is known yet; later lines are not written.
        """
        self.folder = folder
        self.counts = dict.fromkeys(kinds, 0)
        self._ends = ends
        self._parts = folder / ".parts"
        shutil.rmtree(self._parts, ignore_errors=True)  # left by a run that was broken off
        self._parts.mkdir(parents=True)
        self._files: dict[str, TextIO] = {
            kind: self.path(kind).open("w", encoding="utf-8", newline="\n") for kind in kinds
        }
        self._held: dict[tuple[str, int], list[tuple[int, str]]] = {}
        self._settled = 0

    def path(self, kind: str) -> Path:
        return self.folder / f"{kind}.jsonl"

    def add(self, kind: str, at: int, document: dict) -> bool:
        """Add a line known at that time; false if that lies beyond the end of the world."""
        if at >= self._ends[kind]:
            return False
        key = (kind, at // _MONTH)
        lines = self._held.get(key)
        if lines is None:
            lines = self._held[key] = []
        lines.append((at, _encode(document)))
        if len(lines) > _HELD and key[1] > self._settled + 1:
            with self._part(key).open("a", encoding="utf-8", newline="\n") as part:
                part.writelines(f"{when}\t{line}\n" for when, line in lines)
            lines.clear()
        return True

    def settle(self, before: int) -> None:
        """Write out all months that end by that time; nothing older may be added afterwards."""
        month = before // _MONTH
        if month <= self._settled:
            return
        self._settled = month
        for kind, number in sorted(key for key in self._held if key[1] < month):
            lines = self._held.pop((kind, number))
            part = self._part((kind, number))
            if part.exists():
                with part.open(encoding="utf-8", newline="\n") as kept:
                    lines = [
                        (int(when), line) for when, _, line in (row.rstrip("\n").partition("\t") for row in kept)
                    ] + lines
                part.unlink()
            lines.sort(key=_first)
            self._files[kind].writelines(line + "\n" for _, line in lines)
            self.counts[kind] += len(lines)

    def close(self) -> None:
        """Write out the rest, close the files, and remove those of kinds that never occurred."""
        self.settle(1 << 60)
        for kind, file in self._files.items():
            file.close()
            if not self.counts[kind]:
                self.path(kind).unlink()
        shutil.rmtree(self._parts)

    def _part(self, key: tuple[str, int]) -> Path:
        return self._parts / f"{key[0]}-{key[1]}"

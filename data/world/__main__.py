"""`python -m data.world`: writes a synthetic jurisdiction to a folder."""

import argparse
import sys
from pathlib import Path

from .world import write_world


def main() -> None:
    command = argparse.ArgumentParser(
        prog="python -m data.world", description="Write a synthetic licensing jurisdiction as contract files."
    )
    command.add_argument("--out", type=Path, required=True, help="folder for the files")
    command.add_argument("--applications", type=int, default=20_000)
    command.add_argument("--months", type=int, default=72)
    command.add_argument("--seed", type=int, default=7)
    order = command.parse_args()
    shown = _progress if sys.stderr.isatty() else None
    summary = write_world(
        order.out, applications=order.applications, months=order.months, seed=order.seed, progress=shown
    )
    if shown:
        print(file=sys.stderr)
    for kind, count in summary.counts.items():
        print(f"{count:>10,}  {summary.paths[kind]}")
    print(
        f"{summary.shipped:,} of {summary.applications:,} applications shipped, {summary.diverted:,} of them diverted."
    )


def _progress(done: int, total: int) -> None:
    print(f"\r{done:,} of {total:,} applications", end="", file=sys.stderr)


if __name__ == "__main__":
    main()

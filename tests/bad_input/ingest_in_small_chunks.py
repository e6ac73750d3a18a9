"""Runs the `diversion` command with small chunks, so that a test can end it between and within many transactions."""

import sys

from engine.cli import main
from engine.workflows import ingest

if __name__ == "__main__":
    ingest.CHUNK_RECORDS = int(sys.argv.pop(1))
    main()

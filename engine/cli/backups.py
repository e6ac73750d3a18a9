"""A store's copy and its way back: `backup`, `restore`."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.door import JsonOption, StoreOption, asking, at_store, errors_told
from engine.errors import RefusedInput
from engine.settings import from_environment
from engine.workflows import backup as backing_up

if TYPE_CHECKING:
    from engine.cli.service import Service


def backup(
    out: Annotated[Path, typer.Option(help="The new file; it holds the whole store, tokens' hashes and visits' files included: keep it as safe.")],
    store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Copy the store into one file, also while the service runs."""
    origin = asking()
    with errors_told():
        told = at_store(
            store, origin, here=lambda desk: asdict(backing_up.back_up(desk, out, origin)), there=lambda service: _fetched(service, out),
        )
    typer.echo(json.dumps(told) if as_json else f"Backed up to {out}: {told['entries']:,} entries, {told['files']:,} files of visits. Head {told['head']}")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `diversion backup` wrote.")], store: StoreOption = None, as_json: JsonOption = False,
) -> None:
    """Lay a backup down as a new store, once it has proved every record in it."""
    target = store or from_environment().store
    with errors_told():
        told = backing_up.restore(file, target)
    typer.echo(json.dumps(asdict(told)) if as_json else f"{target} is ready, as of {told.made_at}: {told.entries:,} entries, {told.files:,} files of visits. Whole. Head {told.head}")


def _fetched(service: Service, out: Path) -> dict:
    if out.exists() or not out.absolute().parent.is_dir():
        raise RefusedInput(f"{out} is there already, or its folder is not. Expected a new file in an existing folder. Name another with --out.")
    with tempfile.TemporaryDirectory(prefix=".diversion-backup-", dir=out.absolute().parent) as folder:
        received = Path(folder) / "received"
        with received.open("wb") as file:
            headers = service.fetch("POST", "backup", into=file)
        received.chmod(0o600)
        received.replace(out)
    return json.loads(headers["diversion-backup"])

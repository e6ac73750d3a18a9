"""What every verb goes through: its options, the clock and the account, the open store, errors told, exit statuses. Knows no verb."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from engine.errors import EngineError, RefusedInput
from engine.settings import from_environment
from engine.store.records import Origin
from engine.workflows.desk import Desk, open_desk

DONE, SET_ASIDE, USAGE, REFUSED = 0, 1, 2, 3

StoreOption = Annotated[Path | None, typer.Option("--store", help="The DuckDB file (or DIVERSION_STORE); default diversion.duckdb here.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def now() -> datetime:
    """The moment of the command, UTC without offset: the one clock of the command line."""
    return datetime.now(UTC).replace(tzinfo=None)


def asking(channel: str = "command") -> Origin:
    """Who asks: this account, by that way in, now."""
    return Origin(from_environment().account, channel, now())


def fail(error: Exception) -> NoReturn:
    """End with what went wrong, in one paragraph, and status 3."""
    typer.echo(f"diversion: {error}", err=True)
    raise typer.Exit(REFUSED)


@contextmanager
def errors_told() -> Iterator[None]:
    """Turn the engine's errors into their message and status 3."""
    try:
        yield
    except EngineError as error:
        fail(error)
    except OSError as error:
        fail(RefusedInput(f"{error.strerror or error} ({error.filename or 'no file'}). Check the path, its permissions and the free space."))


@contextmanager
def desk_at(store: Path | None, *, create: bool = False, channel: str = "command") -> Iterator[tuple[Desk, Origin]]:
    """The store opened for one verb, and who asks."""
    settings, origin = from_environment(), asking(channel)
    with errors_told(), open_desk(store or settings.store, origin, create=create, memory_limit=settings.memory_limit) as desk:
        yield desk, origin


@contextmanager
def progress_shown() -> Iterator:
    """A progress line on a terminal; silence when output goes elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda stage, done=0, of=0: None
        return
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def tell(stage: str, done: int = 0, of: int = 0) -> None:
            bar.update(task, description=stage, completed=done, total=of or None)

        yield tell

"""What every verb goes through: its options, the clock and the account, the open store, errors told, exit statuses. Knows no verb."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from engine.errors import EngineError, RefusedInput, StoreLocked
from engine.settings import from_environment
from engine.store.records import Origin
from engine.workflows.desk import Desk, open_desk

if TYPE_CHECKING:
    from engine.cli.service import Service

T = TypeVar("T")
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


def at_store(
    store: Path | None, origin: Origin, *, here: Callable[[Desk], T], there: Callable[[Service], T] | None = None, create: bool = False
) -> T:
    """Do a verb's work: on the store itself, or through the service that holds it.

    One process owns the file, so which of the two is settled by trying to open it. Both give the same, and the verb prints it once.

    Args:
        here: the work on the open store.
        there: the same through the service; None where it has no route for it.

    Raises:
        StoreLocked: another process than a service holds the store.
        NotAuthenticated: a service holds it, and DIVERSION_TOKEN is not set or not known there.
    """
    settings = from_environment()
    try:
        desk = open_desk(store or settings.store, origin, create=create, memory_limit=settings.memory_limit)
    except StoreLocked as locked:
        if locked.service is None or there is None:
            raise
        from engine.cli.service import Service

        with Service(locked, settings.token) as service:
            return there(service)
    with desk:
        return here(desk)


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


def plain(value: object) -> float | str:
    """What JSON has no form for: amounts as numbers, days and moments as text."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat() + "Z"
    return str(value)

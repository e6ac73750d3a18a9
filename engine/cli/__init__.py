"""The `diversion` command: every verb in its order. Owns no rule, and of each verb only its name."""

from __future__ import annotations

import os
import sys

import typer

from engine.cli import (
    afterwards,
    audit,
    backups,
    events,
    filing,
    learning,
    licences,
    links,
    lists,
    parties,
    planning,
    scoring,
    serving,
    tokens,
    visits,
    watching,
    what_ifs,
)
from engine.cli.door import DONE

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="""
Will these goods end up with someone else? Scores export licence applications for diversion, explains each score,
plans and records verification visits, and learns from what they find.
""")
app.command("init")(filing.init)
app.command("ingest")(filing.ingest)
app.command("screen")(lists.screen)
app.command("score")(scoring.score)
app.command("explain")(scoring.explain)
app.command("what-if")(what_ifs.what_if)
app.command("train")(learning.train)
app.command("drift")(watching.drift)
app.add_typer(planning.app, name="plan")
app.command("decide")(events.decide)

visit_app = typer.Typer(cls=visits.RecordsByDefault, no_args_is_help=True, help="Record a verification visit, and all that goes with one.")
visit_app.command("record")(events.visit)
visit_app.command("pack")(visits.pack)
visit_app.command("serials")(visits.serials)
visit_app.command("file")(visits.file)
app.add_typer(visit_app, name="visit")

app.command("event")(events.event)
app.command("licences")(licences.licences)
app.command("due")(afterwards.due)
app.command("alerts")(afterwards.alerts)
app.command("proposals")(afterwards.proposals)
app.command("report")(afterwards.report)
app.command("export")(audit.export)
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("serve")(serving.serve)
app.command("dashboard")(serving.dashboard)
app.command("demo")(serving.demo)

lists_app = typer.Typer(no_args_is_help=True, help="Watch lists.")
lists_app.command("import")(lists.import_)
lists_app.command("held")(lists.held)
lists_app.command("diff")(lists.diff)
app.add_typer(lists_app, name="lists")

party_app = typer.Typer(no_args_is_help=True, help="Which written forms are one party, why, and what you say of it.")
party_app.command("show")(parties.show)
party_app.command("merge")(parties.merge)
party_app.command("split")(parties.split)
app.add_typer(party_app, name="party")

links_app = typer.Typer(no_args_is_help=True, help="The weights by which parties are linked.")
links_app.command("fit")(links.fit)
links_app.command("promote")(links.promote)
app.add_typer(links_app, name="links")

model_app = typer.Typer(no_args_is_help=True, help="Which models there are, and which is in force.")
model_app.command("list")(learning.list_)
model_app.command("rollback")(learning.rollback)
model_app.command("challenge")(learning.challenge)
model_app.command("compare")(watching.compare)
model_app.command("inspectors")(watching.inspectors)
app.add_typer(model_app, name="model")

audit_app = typer.Typer(no_args_is_help=True, help="The proof that no record was changed or removed.")
audit_app.command("verify")(audit.verify)
audit_app.command("erase")(audit.erase)
app.add_typer(audit_app, name="audit")

token_app = typer.Typer(no_args_is_help=True, help="Access tokens of the HTTP service; only their hashes are kept.")
token_app.command("create")(tokens.create)
token_app.command("list")(tokens.list_)
token_app.command("revoke")(tokens.revoke)
app.add_typer(token_app, name="token")


def main() -> None:
    """Entry point of the `diversion` command."""
    try:
        app()
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)

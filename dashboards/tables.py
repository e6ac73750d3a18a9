"""Rows as a table that turns into cards on a narrow screen, and as files: CSV that no spreadsheet runs, and Parquet. Holds no rule of the domain."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import streamlit as st

Rows = Sequence[Mapping[str, Any]]
NONE = "–"
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")  # a cell that begins with one of these is run by a spreadsheet
DAY = re.compile(r"\d{4}-\d\d-\d\d")
LONGEST_WORD = 24  # characters that stay on one line; only hashes and keys are longer

# Words are never broken in the middle; only what is longer than any word is. On a narrow screen each row is a card of `name: value`.
STYLE = """<style>
table.rows { width: 100%; border-collapse: collapse; font-size: 0.85rem; line-height: 1.35; }
table.rows th { text-align: left; font-weight: 600; opacity: 0.75; white-space: nowrap; }
table.rows th, table.rows td { padding: 0.22rem 0.55rem 0.22rem 0; vertical-align: top; border-bottom: 1px solid rgba(128, 128, 128, 0.25); }
table.rows td { overflow-wrap: break-word; }
table.rows td .long { overflow-wrap: anywhere; word-break: break-all; }
table.rows td .whole { white-space: nowrap; }
ul.lines { font-family: monospace; font-size: 0.8rem; line-height: 1.45; list-style: none; padding: 0.4rem 0.6rem; margin: 0; max-height: 11rem; overflow-y: auto;
  overflow-wrap: anywhere; background: rgba(128, 128, 128, 0.1); border-radius: 0.4rem; }
button[aria-label^="Download as CSV"] { display: none; } /* it writes cells that a spreadsheet runs; each table has its own file beside it */
.st-key-narrow-only, [class*="st-key-narrow-only-"] { display: none; }
@media screen and (max-width: 640px) {
  .st-key-wide-only, [class*="st-key-wide-only-"] { display: none !important; }
  .st-key-narrow-only, [class*="st-key-narrow-only-"] { display: flex; }
  table.rows, table.rows tbody, table.rows tr, table.rows td { display: block; width: 100%; }
  table.rows thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.rows tr { border: 1px solid rgba(128, 128, 128, 0.3); border-radius: 0.5rem; padding: 0.4rem 0.6rem; margin-bottom: 0.5rem; }
  table.rows td { border: 0; padding: 0.1rem 0; display: grid; grid-template-columns: minmax(5.5rem, 34%) 1fr; column-gap: 0.6rem; }
  table.rows td::before { content: attr(data-name); opacity: 0.7; }
  table.rows td:first-child { display: block; font-weight: 600; }
  table.rows td:first-child::before { content: ""; }
  table.rows td.number:first-child::before { content: attr(data-name) " "; opacity: 1; } /* a card headed `1` alone tells nobody of what */
  table.rows td.none { display: none; }
}
</style>"""


def show(rows: Rows, alt: str) -> None:
    """Rows as a table of plain text that wraps, prints and is read aloud; nothing in a cell is read as markup."""
    st.html(markup(rows, alt))


def markup(rows: Rows, alt: str) -> str:
    """The table as HTML. The roles are said outright: as cards, it must still be read aloud as a table."""
    if not rows:
        return ""
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th role="columnheader" scope="col">{html.escape(name)}</th>' for name in names)
    body = "".join(f'<tr role="row">{"".join(_cell(name, row.get(name)) for name in names)}</tr>' for row in rows)
    return (
        f'<table class="rows" role="table" aria-label="{html.escape(alt)}"><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>'
    )


def _cell(name: str, value: Any) -> str:
    said = NONE if value in (None, "") else str(value)
    kind = ' class="none"' if said == NONE else ' class="number"' if said.isdecimal() else ""
    return f'<td role="cell" data-name="{html.escape(name)}"{kind}><span>{" ".join(_word(word) for word in said.split())}</span></td>'


def _word(word: str) -> str:
    kind = "long" if len(word) > LONGEST_WORD else "whole" if DAY.match(word) else None
    return f'<span class="{kind}">{html.escape(word)}</span>' if kind else html.escape(word)


def lines(told: Sequence[str], alt: str) -> None:
    """Record keys or numbers one a line; a long list scrolls, by keyboard too."""
    st.html(f'<ul class="lines" tabindex="0" aria-label="{html.escape(alt)}">{"".join(f"<li>{html.escape(one)}</li>" for one in told)}</ul>')


def as_csv(rows: Rows, scope: bool = False) -> bytes:
    """The rows as CSV, with a byte-order mark so that spreadsheets read it as UTF-8.

    Args:
        scope: each line also says what a score speaks of: diversion only.
    """
    lines = io.StringIO()
    said = {"Scope": "diversion only"} if scope else {}
    writer = csv.DictWriter(lines, list(dict.fromkeys([*(name for row in rows for name in row), *said])))
    writer.writeheader()
    writer.writerows({**{name: _inert(value) for name, value in row.items()}, **said} for row in rows)
    return lines.getvalue().encode("utf-8-sig")


def _inert(value: object) -> object:
    # A name is the applicant's text: a spreadsheet must not run it as a formula.
    return "'" + value if isinstance(value, str) and value[:1] in FORMULA_SIGNS else value


def as_parquet(rows: Rows, scope: bool = False) -> bytes:
    """The rows as Parquet: numbers stay numbers, and nothing in it is ever run.

    Args:
        scope: each row also says what a score speaks of: diversion only.
    """
    said = {"Scope": "diversion only"} if scope else {}
    names = list(dict.fromkeys([*(name for row in rows for name in row), *said]))
    kept = io.BytesIO()
    pq.write_table(pa.table({name: _column([{**row, **said}.get(name) for row in rows]) for name in names}), kept)
    return kept.getvalue()


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # of two kinds: told as text
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def offer(rows: Rows, name: str, *, scope: bool = False, label: str = "Export") -> None:
    """The rows to take away, as CSV or Parquet; the file is made when it is asked for."""
    if not rows:
        return
    with st.popover(label, icon=":material/download:", type="tertiary", key=f"screen-only-export-{name}", help="These rows as a file."):
        for form, made, media, told in (
            ("CSV", as_csv, "text/csv", "For a spreadsheet; no cell of it is run."), ("Parquet", as_parquet, "application/vnd.apache.parquet", "For analysis; numbers stay numbers."),
        ):  # fmt: skip
            st.download_button(
                form, lambda made=made: made(rows, scope), f"{name}.{form.lower()}", media, on_click="ignore", icon=":material/download:", type="tertiary",
                key=f"{form}-{name}", help=told,
            )  # fmt: skip

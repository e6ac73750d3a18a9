"""A page to print as a list of blocks, and its HTML; knows nothing of what stands on it. `printed_page` makes the PDF of the same blocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape


@dataclass(frozen=True)
class Heading:
    """A heading within the page."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Words; `strong` for what must not be overlooked."""

    text: str
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under a header.

    Args:
        widths: relative widths of the columns, as many as there are columns.
        empty: what stands in place of no rows.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    empty: str = "Nothing on record."


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG made by the engine itself, with what it shows in words."""

    svg: str
    caption: str


Block = Heading | Paragraph | Table | Picture


@dataclass(frozen=True)
class Page:
    """A page to print: a title, what it is in one line, its blocks, and what stands at the foot of every sheet."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    foot: str


def day(told: date | str | None) -> str:
    """A day as it stands on paper and in the words of a referral, `3 March 2026`: nobody takes the month for the day. Empty for none."""
    if not told:
        return ""
    one = date.fromisoformat(told[:10]) if isinstance(told, str) else told
    return f"{one.day} {one:%B %Y}"


STYLE = """
@page { size: A4; margin: 16mm }
body { font: 10.5pt/1.4 "DejaVu Sans", "Noto Sans", system-ui, sans-serif; color: #111; max-width: 190mm; margin: 0 auto; padding: 6mm }
h1 { font-size: 17pt; margin: 0 } h2 { font-size: 12.5pt; margin: 7mm 0 2mm; border-bottom: 1px solid #888; break-after: avoid }
.under { color: #444; margin: 1mm 0 4mm } .strong { font-weight: bold }
table { border-collapse: collapse; width: 100%; table-layout: fixed } th, td { border: 1px solid #999; padding: 1.2mm 1.8mm; text-align: left; vertical-align: top; overflow-wrap: anywhere }
th { background: #eee } tr { break-inside: avoid } thead { display: table-header-group }
figure { margin: 3mm 0 } figure svg { width: 100%; height: auto } figcaption, footer { color: #444; font-size: 9pt } footer { margin-top: 8mm; border-top: 1px solid #888; padding-top: 2mm }
"""


def as_html(page: Page) -> str:
    """The page as one HTML document that needs nothing else: no script, no font, no picture from elsewhere."""
    body = "\n".join(_html(block) for block in page.blocks)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width"><title>{escape(page.title)}</title><style>{STYLE}</style></head>\n'
        f'<body><h1>{escape(page.title)}</h1>\n<p class="under">{escape(page.subtitle)}</p>\n{body}\n<footer>{escape(page.foot)}</footer></body></html>\n'
    )


def _html(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{escape(text)}</h2>"
        case Paragraph(text, strong):
            told = escape(text)
            return f'<p class="strong">{told}</p>' if strong else f"<p>{told}</p>"
        case Picture(svg, caption):
            return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
        case Table(_, rows, _, empty) if not rows:
            return f"<p>{escape(empty)}</p>"
        case Table(columns, rows, widths):
            share = 100 / sum(widths)
            head = "".join(f'<th style="width:{width * share:.1f}%">{escape(name)}</th>' for name, width in zip(columns, widths, strict=True))
            lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
            return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"

"""Prints a page as PDF, with fonts that come along. Knows nothing of what stands on it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib import resources
from io import BytesIO

from anyascii import anyascii
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.fonts import FontFace

from engine.documents.page import Block, Heading, Page, Paragraph, Picture, Table

FONT, SIZE, LINE = "DejaVu", 9, 4.6  # points, millimetres
FONTS = resources.files("engine.documents") / "fonts"
FILES = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}


class _Sheets(FPDF):
    """A4 sheets with the page's foot and number under each."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self._foot = foot

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font(FONT, "", 7)
        self.multi_cell(0, 3.4, f"{self._foot}   Sheet {self.page_no()} of {{nb}}", align="L")


def as_pdf(page: Page, at: datetime) -> bytes:
    """The page as PDF on A4; the same page at the same moment gives the same bytes.

    A script that the fonts do not hold is printed in Latin letters between ‹ and ›: the HTML form has the original.

    Args:
        at: the moment that stands in the file as its making, UTC.
    """
    sheets = _Sheets(_printable(page.foot))
    for style, name in FILES.items():
        with resources.as_file(FONTS / name) as path:
            sheets.add_font(FONT, style, path)
    sheets.set_creation_date(at.replace(tzinfo=UTC))
    sheets.set_title(_printable(page.title))
    sheets.set_lang("en")
    sheets.set_margins(15, 14)
    sheets.set_auto_page_break(True, 18)
    sheets.add_page()
    sheets.set_font(FONT, "B", 15)
    sheets.multi_cell(0, 7, _printable(page.title), new_x="LMARGIN", new_y="NEXT", align="L")
    _words(sheets, page.subtitle)
    for block in page.blocks:
        _draw(sheets, block)
    return bytes(sheets.output())


def _draw(sheets: FPDF, block: Block) -> None:
    match block:
        case Heading(text):
            if sheets.get_y() > 255:
                sheets.add_page()
            sheets.ln(3)
            sheets.set_font(FONT, "B", 11)
            sheets.multi_cell(0, 6, _printable(text), new_x="LMARGIN", new_y="NEXT", align="L")
        case Paragraph(text, strong):
            _words(sheets, text, strong)
        case Picture(svg, caption):
            sheets.image(BytesIO(svg.encode()), w=sheets.epw)
            sheets.ln(1)
            _words(sheets, caption)
        case Table(_, rows, _, empty) if not rows:
            _words(sheets, empty)
        case Table(columns, rows, widths):
            sheets.set_font(FONT, "", SIZE - 1)
            with sheets.table(
                col_widths=widths, line_height=LINE - 0.4, text_align="LEFT", padding=0.8, headings_style=FontFace(emphasis="BOLD", fill_color=(235, 235, 235))
            ) as table:
                for line in (columns, *rows):
                    table.row([_printable(cell) for cell in line])
            sheets.ln(1)


def _words(sheets: FPDF, text: str, strong: bool = False) -> None:
    sheets.set_font(FONT, "B" if strong else "", SIZE)
    sheets.multi_cell(0, LINE, _printable(text), new_x="LMARGIN", new_y="NEXT", align="L")
    sheets.ln(1)


@cache
def _held() -> frozenset[int]:
    """The characters that both fonts hold."""
    return frozenset.intersection(*(frozenset(TTFont(BytesIO((FONTS / name).read_bytes())).getBestCmap()) for name in FILES.values()))


def _printable(text: str) -> str:
    """The text in characters that the fonts hold."""
    if all(ord(sign) in _held() or sign == "\n" for sign in text):
        return text
    words = []
    for word in text.split(" "):
        held = all(ord(sign) in _held() or sign == "\n" for sign in word)
        words.append(word if held else f"‹{anyascii(word)}›")
    return " ".join(words)

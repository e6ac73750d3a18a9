"""Draws a route on the outlines of countries as SVG: no tiles, nothing fetched. For orientation only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from itertools import pairwise

WIDE, HIGH = 720, 330  # of the drawing, in its own units
LEAST_SPAN = 8.0  # degrees of latitude shown at least: one place alone still stands in its country


@dataclass(frozen=True)
class Stop:
    """A place on the way, degrees north and east."""

    name: str
    latitude: float
    longitude: float


@cache
def _rings() -> tuple[tuple[tuple[float, float], ...], ...]:
    """Every outline as a ring of (longitude, latitude)."""
    told = json.loads((resources.files("data") / "outline" / "world-110m.json").read_text("utf-8"))
    (sx, sy), (tx, ty) = told["transform"]["scale"], told["transform"]["translate"]
    arcs = []
    for arc in told["arcs"]:
        x = y = 0
        line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * sx + tx, y * sy + ty))
        arcs.append(line)
    rings = []
    for shape in told["objects"]["countries"]["geometries"]:
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        for polygon in polygons:
            for numbers in polygon:
                ring = [point for n in numbers for point in (arcs[n] if n >= 0 else arcs[~n][::-1])]
                rings.append(tuple(ring))
    return tuple(rings)


def route_map(stops: Sequence[Stop]) -> str | None:
    """The stops numbered in their order, joined by straight lines; None where no place is known.

    Straight lines between the places named, not the way that was sailed or flown; a leg over the date line is drawn the long way.
    """
    if not stops:
        return None
    west, east = min(s.longitude for s in stops), max(s.longitude for s in stops)
    south, north = min(s.latitude for s in stops), max(s.latitude for s in stops)
    span = max(LEAST_SPAN, (north - south) * 1.3, (east - west) * 1.2 * HIGH / WIDE)
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    scale = HIGH / span  # equirectangular: one degree is as long both ways

    def at(longitude: float, latitude: float) -> tuple[float, float]:
        return WIDE / 2 + (longitude - middle_x) * scale, HIGH / 2 - (latitude - middle_y) * scale

    half_x, half_y = WIDE / 2 / scale, HIGH / 2 / scale
    land = []
    for ring in _rings():
        if all(abs(x - middle_x) > half_x or abs(y - middle_y) > half_y for x, y in ring) and not _around(ring, middle_x, middle_y):
            continue
        # Cut to the frame by clamping: some printers do not clip.
        points = [at(min(max(x, middle_x - half_x), middle_x + half_x), min(max(y, middle_y - half_y), middle_y + half_y)) for x, y in ring]
        land.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    drawn = [at(stop.longitude, stop.latitude) for stop in stops]
    lines = "".join(
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#b03030" stroke-width="2"/>'
        for (x1, y1), (x2, y2) in pairwise(drawn)
    )
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="#ffffff" stroke="#b03030" stroke-width="2"/>'
        f'<text x="{x - (3 if n < 10 else 6):.1f}" y="{y + 3.6:.1f}" font-size="10" fill="#111111">{n}</text>'
        for n, (x, y) in enumerate(drawn, 1)
    )
    names = escape("; ".join(f"{n} {stop.name}" for n, stop in enumerate(stops, 1)), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}" role="img" aria-label="{names}">'
        f'<rect x="0" y="0" width="{WIDE}" height="{HIGH}" fill="#eef4f8"/>'
        f'<path d="{"".join(land)}" fill="#dfe3d8" stroke="#8a8f84" stroke-width="0.6"/>{lines}{dots}</svg>'
    )


def _around(ring: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    """Whether a point lies within a ring."""
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside

"""Draws scores, reasons, routes and histories: data in, an altair chart out. Fetches nothing and decides nothing.

Colour never carries a meaning alone: bars say their factor, bands their symbol and word, points their number. The two
colours (blue, vermilion) keep apart for all common kinds of colour blindness and stand out on light and on dark.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import altair as alt

from dashboards import words
from dashboards.places import Place, gazetteer, world
from engine.wire import Leg, Score

RAISES, LOWERS, NEUTRAL = "#D55E00", "#3787C0", "#8A8F98"
RADIAN = 0.017453292519943295  # of a degree
LEAST = 1e-4  # the risk at which the scale begins; whatever is lower is drawn there
TICKS = (0.0001, 0.001, 0.01, 0.1, 1.0)
LABELS = "datum.value == 1 ? 'all' : datum.value < 0.001 ? '1 in 10,000' : datum.value * 1000 + ' in 1,000'"


def _rows(rows: Sequence[dict[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=list(rows))


def risk_scale(score: Score, others: Sequence[float] = (), base: float | None = None, thresholds: Sequence[float] = ()) -> alt.LayerChart:
    """One risk with its 90 % interval on the scale of all scores.

    Args:
        score: the score shown.
        others: risks of other applications, each a thin stroke; empty where they are not known.
        base: the share of all shipments diverted, where known.
        thresholds: the policy's lowest risk of the second, third and fourth band, where known.
    """
    axis = alt.X(
        "risk:Q",
        title="diverted, of such applications (log scale)",
        scale=alt.Scale(type="log", domain=[LEAST, 1]),
        axis=alt.Axis(values=list(TICKS), labelExpr=LABELS, grid=True, gridOpacity=0.25, titleFontWeight="normal"),
    )
    strokes = [{"risk": max(risk, LEAST), "y": 0} for risk in others]
    this = {
        "risk": max(score.risk, LEAST),
        "low": max(score.risk_low, LEAST),
        "high": max(score.risk_high, LEAST),
        "told": words.frequency(score.risk),
        "interval": words.interval(score.risk_low, score.risk_high, score.risk),
    }
    tip = [alt.Tooltip("told:N", title="risk"), alt.Tooltip("interval:N", title="90 % interval")]
    layers = [
        alt.Chart(_rows(strokes))
        .mark_tick(color=NEUTRAL, opacity=max(0.08, min(0.4, 60 / (len(strokes) + 1))), size=30, thickness=1.5)
        .encode(x=axis, y=alt.value(36)),
        alt.Chart(_rows([this])).mark_rule(color=RAISES, size=5, opacity=0.75).encode(x=alt.X("low:Q"), x2="high:Q", y=alt.value(36), tooltip=tip),
        alt.Chart(_rows([this]))
        .mark_point(color=RAISES, filled=True, size=190, opacity=1, shape="diamond")
        .encode(x=axis, y=alt.value(36), tooltip=tip),
    ]
    names = [words.BANDS[name] for name in reversed(words.BAND_ORDER)][1:]
    marks = [{"risk": risk, "told": name} for risk, name in zip(thresholds, names, strict=False)]
    signs = alt.Chart(_rows(marks)).encode(x=axis)
    layers.append(signs.mark_rule(strokeDash=[4, 3], color=NEUTRAL).encode(y=alt.value(14), y2=alt.value(58)))
    layers.append(signs.mark_text(align="left", dx=3, color=NEUTRAL).encode(text="told:N", y=alt.value(8)))
    if base is not None:
        own = alt.Chart(_rows([{"risk": max(base, LEAST), "told": "↑ all shipments"}])).encode(x=axis)
        layers.append(own.mark_text(align="left", dx=-4, color=NEUTRAL).encode(text="told:N", y=alt.value(70)))
    return alt.layer(*layers).properties(height=140)


def steps(score: Score) -> list[dict[str, Any]]:
    """The way from the base value to the raw score: one step a reason, then the rest, in log-odds; largest first.

    The steps sum to `raw_score` exactly; without base or raw score they start at 0 and the rest is left out.
    """
    at = score.base_value if score.base_value is not None else 0.0
    found = []
    for reason in score.reasons:
        found.append(_step(reason.text, reason.feature, reason.contribution, at, words.number(reason.value), reason.source))
        at += reason.contribution
    if score.base_value is not None and score.raw_score is not None:
        rest = score.raw_score - at
        found.append(_step("everything else taken together", "all other features", rest, at, "", None))
    for number, row in enumerate(found):
        row["label"] += "\u200b" * number  # invisible, so that two reasons of the same words stay two bars
    return found


def _step(text: str, feature: str, contribution: float, start: float, value: str, source: str | None) -> dict[str, Any]:
    return {
        "label": "\n".join(textwrap.wrap(text, 62)[:3]),
        "text": text,
        "feature": feature,
        "contribution": contribution,
        "start": start,
        "end": start + contribution,
        "value": value,
        "source": source or "–",
        "factor": words.odds(contribution),
        "effect": "raises the risk" if contribution > 0 else "lowers the risk",
    }


def reasons(score: Score) -> alt.LayerChart:
    """A waterfall of the reasons: from where every filing starts to where this one ends, in log-odds."""
    rows = steps(score)
    order = [row["label"] for row in rows]
    reached = [row[side] for row in rows for side in ("start", "end")] or [0.0]
    lowest, highest = min(reached), max(reached)
    room = max(highest - lowest, 0.5) * 0.16  # for the factor written beside each bar
    y = alt.Y(
        "label:N",
        sort=order,
        title=None,
        axis=alt.Axis(
            labelLimit=420,
            labelExpr="split(datum.label, '\\n')",
            labelOverlap=False,
            labelFontSize=12,
            ticks=False,
            domain=False,
            labelPadding=8,
        ),
    )
    x = alt.X(
        "start:Q",
        title="← lowers the risk · raises the risk →",
        scale=alt.Scale(domain=[lowest - 2.2 * room, highest + room], nice=False),
        axis=alt.Axis(labels=False, ticks=False, gridOpacity=0.15, titleFontWeight="normal"),
    )
    tip = [
        alt.Tooltip("text:N", title="reason"),
        alt.Tooltip("feature:N"),
        alt.Tooltip("value:N"),
        alt.Tooltip("factor:N", title="multiplies the odds by"),
        alt.Tooltip("contribution:Q", title="log-odds", format="+.3f"),
        alt.Tooltip("source:N"),
    ]
    chart = alt.Chart(_rows(rows))
    colour = alt.Color(
        "effect:N",
        scale=alt.Scale(domain=["raises the risk", "lowers the risk"], range=[RAISES, LOWERS]),
        legend=alt.Legend(orient="top", title=None, direction="horizontal"),
    )
    bars = chart.mark_bar(height={"band": 0.62}).encode(x=x, x2="end:Q", y=y, color=colour, tooltip=tip)
    right = alt.datum.contribution > 0
    said = [
        chart.transform_filter(keep).mark_text(align=align, dx=dx, fontWeight="bold", color=colour_of).encode(x=alt.X("end:Q"), y=y, text="factor:N")
        for keep, align, dx, colour_of in (
            (right, "left", 4, RAISES),
            (alt.datum.contribution <= 0, "right", -4, LOWERS),
        )
    ]
    ends = []
    if score.base_value is not None and rows:
        ends = [
            alt.Chart(_rows([{"start": score.base_value}])).mark_rule(strokeDash=[2, 3], color=NEUTRAL).encode(x=alt.X("start:Q")),
        ]
    return alt.layer(*ends, bars, *said).properties(height=alt.Step(36))


def families(score: Score) -> alt.LayerChart:
    """The contributions summed by family: which side of the case moved the score."""
    rows = [
        {
            "family": words.say(name),
            "contribution": total,
            "factor": words.odds(total),
            "effect": "raises the risk" if total > 0 else "lowers the risk",
        }
        for name, total in sorted(score.family_risk.items(), key=lambda pair: -pair[1])
    ]
    reach = max((abs(row["contribution"]) for row in rows), default=1.0) * 1.45 or 1.0
    chart = alt.Chart(_rows(rows))
    y = alt.Y(
        "family:N",
        sort=[row["family"] for row in rows],
        title=None,
        axis=alt.Axis(labelLimit=120, ticks=False, domain=False, labelFontSize=12),
    )
    x = alt.X(
        "contribution:Q",
        scale=alt.Scale(domain=[-reach, reach]),
        title="← lowers · raises →",
        axis=alt.Axis(labels=False, ticks=False, grid=False, titleFontWeight="normal"),
    )
    colour = alt.Color("effect:N", scale=alt.Scale(domain=["raises the risk", "lowers the risk"], range=[RAISES, LOWERS]), legend=None)
    tip = [alt.Tooltip("family:N"), alt.Tooltip("effect:N"), alt.Tooltip("factor:N", title="multiplies the odds by")]
    bars = chart.mark_bar(height={"band": 0.6}).encode(x=x, y=y, color=colour, tooltip=tip)
    said = [
        chart.transform_filter(keep).mark_text(align=align, dx=dx, color=NEUTRAL).encode(x=x, y=y, text="factor:N")
        for keep, align, dx in ((alt.datum.contribution > 0, "left", 4), (alt.datum.contribution <= 0, "right", -4))
    ]
    zero = alt.Chart(_rows([{"contribution": 0}])).mark_rule(color=NEUTRAL).encode(x=alt.X("contribution:Q"))
    return alt.layer(zero, bars, *said).properties(height=alt.Step(26))


@dataclass(frozen=True)
class Way:
    """A route laid out on the map: numbered places, the legs between them, and what could not be placed."""

    stops: tuple[dict[str, Any], ...]
    legs: tuple[dict[str, Any], ...]
    unplaced: tuple[str, ...]


def way(route: Sequence[Leg]) -> Way:
    """The places and legs of a route; a place without coordinates is named, never guessed."""
    known = gazetteer()
    stops: dict[str, dict[str, Any]] = {}
    legs, unplaced = [], []
    for number, leg in enumerate(route, 1):
        ends: list[Place | None] = []
        for code, text in ((leg.from_, leg.from_text), (leg.to, leg.to_text)):
            place = known.get(code) if code else None
            ends.append(place)
            if place is None:
                unplaced.append(f"leg {number}: {code or text or 'place not given'}")
            elif place.code not in stops:
                stops[place.code] = {
                    "order": len(stops) + 1,
                    "name": place.name,
                    "code": place.code,
                    "country": place.country,
                    "longitude": place.longitude,
                    "latitude": place.latitude,
                }
        start, end = ends
        if start and end:
            legs.append(
                {
                    "leg": number,
                    "mode": words.say(leg.mode),
                    "from": start.name,
                    "to": end.name,
                    "carrier": leg.carrier or "–",
                    "longitude": start.longitude,
                    "latitude": start.latitude,
                    "longitude2": end.longitude,
                    "latitude2": end.latitude,
                    "free_zone": words.yes_no(leg.free_zone),
                    "storage_days": "–" if leg.storage_days is None else str(leg.storage_days),
                }
            )
    for stop in stops.values():
        stop["label"] = f"{stop['order']} {stop['name']}"
    return Way(tuple(stops.values()), tuple(legs), tuple(dict.fromkeys(unplaced)))


def _frame(stops: Sequence[dict[str, Any]], width: int, height: int) -> alt.Projection:
    """An equirectangular view that holds all stops with room around them, also across the date line."""
    unwrapped = [stops[0]["longitude"]]
    for stop in stops[1:]:
        turn = round((unwrapped[-1] - stop["longitude"]) / 360)
        unwrapped.append(stop["longitude"] + 360 * turn)
    latitudes = [stop["latitude"] for stop in stops]
    middle, level = (min(unwrapped) + max(unwrapped)) / 2, (min(latitudes) + max(latitudes)) / 2
    across = max((max(unwrapped) - min(unwrapped)) * 1.25, 24)
    down = max((max(latitudes) - min(latitudes)) * 1.4, 16)
    scale = min(width / (across * RADIAN), height / (down * RADIAN))
    for stop, longitude in zip(stops, unwrapped, strict=True):
        stop["side"] = "right" if longitude > middle else "left"
    return alt.Projection(type="equirectangular", rotate=[-middle, 0, 0], center=[0, level], scale=scale)


def route_map(route: Sequence[Leg], *, width: int = 420, height: int = 260) -> alt.LayerChart | None:
    """The route on country outlines, or None where no place of it has coordinates.

    Straight lines join the places: nobody knows the course, and a drawn one would look like knowledge.

    Args:
        width: pixels that the view must fit in; a wider one shows more of the world on both sides.
    """
    laid = way(route)
    if not laid.stops:
        return None
    view = _frame(laid.stops, width, height)
    touched = alt.FieldOneOfPredicate(field="id", oneOf=sorted({stop["country"] for stop in laid.stops}))
    outlines = alt.InlineData(values=world(), format=alt.TopoDataFormat(type="topojson", feature="countries"))
    land = (
        alt.Chart(outlines)
        .mark_geoshape(stroke=NEUTRAL, strokeWidth=0.5, clip=True, aria=False)
        .encode(
            fill=alt.condition(touched, alt.value("#C9A94B"), alt.value(NEUTRAL)),
            fillOpacity=alt.condition(touched, alt.value(0.45), alt.value(0.18)),
            tooltip=alt.Tooltip("properties.name:N", title="country"),
        )
    )
    told = ("leg", "from", "to", "mode", "carrier", "free_zone", "storage_days")
    legs = (
        alt.Chart(_rows(laid.legs))
        .mark_rule(size=2.5, color=RAISES, clip=True)
        .encode(
            longitude="longitude:Q",
            latitude="latitude:Q",
            longitude2="longitude2:Q",
            latitude2="latitude2:Q",
            tooltip=[alt.Tooltip(f"{name}:N", title=words.say(name)) for name in told],
        )
    )
    stops = alt.Chart(_rows(laid.stops)).encode(longitude="longitude:Q", latitude="latitude:Q")
    points = stops.mark_circle(size=80, color=RAISES, opacity=1).encode(tooltip=["name:N", "code:N", "country:N"])
    names = [
        stops.transform_filter(alt.datum.side == side)
        .mark_text(align=side, dx=shift, dy=-8, fontSize=12, fontWeight="bold", color=RAISES, clip=True)
        .encode(text="label:N")
        for side, shift in (("left", 8), ("right", -8))
    ]
    return alt.layer(land, legs, points, *names).properties(height=height).project(**view.to_dict())


SIGNS = (("diversion", "✖ diverted before"), ("denied", "■ refused before"), ("listed", "▲ list match"))  # the gravest first
THINGS = ("address", "website", "registration", "lei", "owner", "payer")


def sign(node: Mapping[str, Any]) -> str:
    """What stands against a node of a network, in words: the gravest of a diversion, a refusal and a list match that nobody dismissed."""
    if node["kind"] != "party":
        return "shared"
    held = {name: node.get(name) for name, _ in SIGNS}
    if (held["listed"] or {}).get("state") == "dismissed":
        held["listed"] = None
    return next((told for name, told in SIGNS if held[name]), "nothing on record")


def network(told: Mapping[str, Any]) -> alt.LayerChart:
    """Parties and what they share, in three columns by hops: shape and word say what stands against a party, colour only repeats it."""
    # Parties stand in columns 0, 2 and 4 by their hops, a thing beside the column of its nearest party.
    columns: dict[int, list[Mapping[str, Any]]] = {}
    for node in told["nodes"]:
        columns.setdefault(2 * node["hops"] + (node["kind"] != "party"), []).append(node)
    height = max(180, 30 * max(len(nodes) for nodes in columns.values()))
    placed = {
        node["id"]: {
            "id": node["id"], "x": column, "y": (row + 0.5) / len(nodes), "label": (node["label"] or "withheld")[:34], "name": node["label"] or "another authority's",
            "what": "party" if node["kind"] == "party" else node["kind"], "sign": sign(node), "country": node.get("country") or "–",
        }
        for column, nodes in columns.items() for row, node in enumerate(nodes)
    }  # fmt: skip
    lines = [
        {"x": a["x"], "y": a["y"], "x2": b["x"], "y2": b["y"], "reason": edge["reason"], "alike": edge["kind"] == "alike"}
        for edge in told["edges"] if (a := placed.get(edge["from"])) and (b := placed.get(edge["to"]))
    ]  # fmt: skip
    last = max(columns)
    x = alt.X("x:Q", scale=alt.Scale(domain=[-0.2, last + 1]), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, 1], reverse=True), axis=None)
    words_of = [told_ for _, told_ in SIGNS] + ["nothing on record", "shared"]
    edges = (
        alt.Chart(_rows(lines))
        .mark_rule(color=NEUTRAL, opacity=0.6)
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q", strokeDash=alt.StrokeDash("alike:N", scale=alt.Scale(domain=[False, True], range=[[1, 0], [4, 3]]), legend=None), tooltip="reason:N")
    )
    nodes = alt.Chart(_rows(list(placed.values()))).encode(x=x, y=y)
    points = nodes.mark_point(filled=True, size=130, opacity=1).encode(
        shape=alt.Shape("sign:N", scale=alt.Scale(domain=words_of, range=["cross", "square", "triangle-up", "circle", "diamond"]), legend=alt.Legend(orient="top", title=None, columns=2)),
        color=alt.Color("sign:N", scale=alt.Scale(domain=words_of, range=[RAISES, RAISES, RAISES, LOWERS, NEUTRAL]), legend=None),
        tooltip=[alt.Tooltip(f"{name}:N") for name in ("name", "what", "country", "sign")],
    )
    names = nodes.mark_text(align="left", dx=9, fontSize=11, color=NEUTRAL).encode(text="label:N")
    return alt.layer(edges, points, names).properties(height=height)


def calibration(rows: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """What was found over what was expected, each with its 90 % interval; 1 is right.

    Args:
        rows: `source`, `ratio`, `low`, `high`.
    """
    chart = alt.Chart(_rows(rows))
    y = alt.Y("source:N", title=None, axis=alt.Axis(ticks=False, domain=False))
    x = alt.X("ratio:Q", title="found over expected (log scale)", scale=alt.Scale(type="log"), axis=alt.Axis(values=[0.1, 0.2, 0.5, 1, 2, 5, 10], gridOpacity=0.25, titleFontWeight="normal"))
    span = chart.mark_rule(color=LOWERS, size=4, opacity=0.6).encode(x=alt.X("low:Q"), x2="high:Q", y=y)
    points = chart.mark_point(filled=True, size=130, shape="diamond", color=LOWERS, opacity=1).encode(x=x, y=y, tooltip=["source:N", "ratio:Q", "low:Q", "high:Q"])
    right = alt.Chart(_rows([{"ratio": 1}])).mark_rule(strokeDash=[3, 3], color=NEUTRAL).encode(x=alt.X("ratio:Q"))
    return alt.layer(right, span, points).properties(height=alt.Step(34))


def shares(edges: Sequence[float], before: Sequence[float], now: Sequence[float]) -> alt.Chart:
    """How scores spread over the ten parts that each held a tenth at training: then and now, side by side and by shape.

    Args:
        edges: the nine risks between them.
    """
    bounds = ["0", *(f"{edge * 1_000:.3g}" for edge in edges), "1,000"]
    parts = [f"{low} to {high}" for low, high in pairwise(bounds)]
    rows = [{"part": part, "when": when, "share": share} for when, told in (("at training", before), ("now", now)) for part, share in zip(parts, told, strict=False)]
    return (
        alt.Chart(_rows(rows))
        .mark_line(point={"size": 70, "filled": True})
        .encode(
            x=alt.X("part:N", sort=parts, title="risk in 1,000", axis=alt.Axis(labelAngle=-40, titleFontWeight="normal")),
            y=alt.Y("share:Q", title="share of filings", axis=alt.Axis(format="%", titleFontWeight="normal")),
            color=alt.Color("when:N", scale=alt.Scale(domain=["at training", "now"], range=[NEUTRAL, RAISES]), legend=None),
            strokeDash=alt.StrokeDash("when:N", scale=alt.Scale(domain=["at training", "now"], range=[[4, 3], [1, 0]]), legend=alt.Legend(orient="top", title=None)),
            tooltip=["when:N", "part:N", alt.Tooltip("share:Q", format=".1%")],
        )
        .properties(height=220)
    )


def timeline(moments: Sequence[dict[str, Any]]) -> alt.Chart:
    """What is known of a case in time order: rows of `at` (ISO time), `kind` and `told`."""
    order = list(dict.fromkeys(row["kind"] for row in moments))
    return (
        alt.Chart(_rows(moments))
        .mark_point(filled=True, size=110, opacity=0.85)
        .encode(
            x=alt.X("at:T", title=None, axis=alt.Axis(format="%Y-%m-%d", labelOverlap=True, gridOpacity=0.2)),
            y=alt.Y("kind:N", sort=order, title=None, axis=alt.Axis(grid=True, gridOpacity=0.3, ticks=False, domain=False)),
            shape=alt.Shape("kind:N", sort=order, legend=None),
            color=alt.value(LOWERS),
            tooltip=[
                alt.Tooltip("at:T", format="%Y-%m-%d %H:%M"),
                alt.Tooltip("kind:N"),
                alt.Tooltip("told:N", title=" "),
            ],
        )
        .properties(height=alt.Step(26))
    )


def countries(counts: Mapping[str, int], what: str, *, height: int = 260) -> alt.LayerChart:
    """How many of something lie in each country: the more solid the more, and the number on pointing.

    Args:
        counts: by alpha-2 code.
        what: what is counted, in the plural.
    """
    rows = [{"id": code, "number": number} for code, number in counts.items()]
    outlines = alt.InlineData(values=world(), format=alt.TopoDataFormat(type="topojson", feature="countries"))
    land = alt.Chart(outlines).mark_geoshape(stroke=NEUTRAL, strokeWidth=0.4, fill=NEUTRAL, fillOpacity=0.15, aria=False)
    filled = (
        alt.Chart(outlines)
        .mark_geoshape(stroke=NEUTRAL, strokeWidth=0.5, aria=False)
        .transform_lookup(lookup="id", from_=alt.LookupData(_rows(rows), "id", ["number"]))
        .transform_filter("isValid(datum.number)")
        .encode(
            # More is more solid, which reads the same way on light and on dark; a scheme of blues would fade the most into a dark page.
            fill=alt.value(LOWERS),
            fillOpacity=alt.FillOpacity(
                "number:Q", scale=alt.Scale(domainMin=0, range=[0.2, 1]), legend=alt.Legend(title=what, orient="right", format="d", symbolFillColor=LOWERS, symbolType="square", tickMinStep=1)
            ),
            tooltip=[alt.Tooltip("properties.name:N", title="country"), alt.Tooltip("number:Q", title=what)],
        )
    )
    return alt.layer(land, filled).properties(height=height).project(type="equalEarth")


def calendar(visits: Sequence[Mapping[str, Any]], *, height: int = 220) -> alt.Chart:
    """How many visits can be made in each week: each counts from the first to the last day of its window, however it was chosen."""
    rows = []
    for visit in visits:
        day, last = date.fromisoformat(str(visit["window_from"])[:10]), date.fromisoformat(str(visit["window_to"])[:10])
        day -= timedelta(days=day.weekday())
        while day <= last:
            rows.append({"week": day.isoformat(), "state": words.say(visit.get("state") or "planned")})
            day += timedelta(days=7)
    return (
        alt.Chart(_rows(rows))
        .mark_bar()
        .encode(
            x=alt.X("week:O", title="week beginning on", axis=alt.Axis(labelAngle=-40, labelOverlap=True)),
            y=alt.Y("count()", title="visits open", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("state:N", scale=alt.Scale(domain=["overdue", "due", "planned"], range=[RAISES, LOWERS, LOWERS]), legend=None),
            tooltip=[alt.Tooltip("week:O"), alt.Tooltip("state:N"), alt.Tooltip("count()", title="visits open")],
        )
        .properties(height=height)
    )


def bars(rows: Sequence[Mapping[str, Any]], what: str, number: str, *, within: str | None = None) -> alt.LayerChart:
    """Counts as bars, each with its number written beside it, in the order given.

    Args:
        what, number: the names of the two columns.
        within: a column whose words tell parts of a bar apart on pointing.
    """
    chart = alt.Chart(_rows(rows))
    y = alt.Y(f"{what}:N", sort=[str(row[what]) for row in rows], title=None, axis=alt.Axis(labelLimit=220, ticks=False, domain=False))
    x = alt.X(f"{number}:Q", title=None, axis=alt.Axis(tickMinStep=1, grid=True, gridOpacity=0.2))
    tip = [alt.Tooltip(f"{name}:N") for name in (what, number, within) if name]
    drawn = chart.mark_bar(color=LOWERS, height={"band": 0.65}).encode(x=x, y=y, tooltip=tip)
    said = chart.mark_text(align="left", dx=4, color=NEUTRAL).encode(x=x, y=y, text=f"{number}:Q")
    return alt.layer(drawn, said).properties(height=alt.Step(24))

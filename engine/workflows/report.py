"""Writes the yearly report of verification: what was covered, when, what was found, what it cost, and what may not be inferred. Changes nothing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

import duckdb

from engine.documents.page import Block, Heading, Page, Paragraph, Table, as_html, day
from engine.errors import RefusedInput
from engine.monitoring.estimates import LEVEL, LotEstimate, lot_estimate
from engine.workflows.afterwards import moment_after
from engine.workflows.due import lay_due
from engine.workflows.export import as_cell
from engine.workflows.memo import SCOPE

FORMS = (".html", ".json", ".csv")

SHIPPED = """
with scored as (
    select application_id, min_by(band, record_no) as band from score group by application_id
),
rated as (
    select distinct visit_in_force.application_id, visit_in_force.shipment_id, visit_in_force.visited_on
    from visit_in_force cross join licence_moment
    where stage = 'post_shipment' and outcome in ('favourable', 'unfavourable') and mode in ('on_site', 'delegated')
        and visit_in_force.known_from < licence_moment.as_of and (visit_in_force.known_to is null or visit_in_force.known_to >= licence_moment.as_of)
)
select coalesce(scored.band, 'not scored') as band, count(*) as shipments,
    count(*) filter (where exists (select 1 from rated where rated.application_id = shipment_fate.application_id and rated.visited_on >= shipment_fate.shipped_on
        and (rated.shipment_id is null or rated.shipment_id = shipment_fate.shipment_id))) as visited,
    count(*) filter (where shipment_fate.received_on is not null) as received
from shipment_fate
inner join visible on shipment_fate.application_id = visible.application_id
left join scored on shipment_fate.application_id = scored.application_id
where year(shipment_fate.shipped_on) = $year
group by scored.band order by list_position(['critical', 'high', 'elevated', 'low'], scored.band) nulls last
"""
VISITED = """
select visit_in_force.*, coalesce(country.region, 'not known') as region
from visit_in_force cross join licence_moment
inner join visible on visit_in_force.application_id = visible.application_id
left join country on visible.destination = country.country
where year(visit_in_force.visited_on) = $year
    and visit_in_force.known_from < licence_moment.as_of and (visit_in_force.known_to is null or visit_in_force.known_to >= licence_moment.as_of)
"""
DRAWN = """
with planned as (
    select planned_visit.* from planned_visit inner join visible on planned_visit.application_id = visible.application_id cross join licence_moment
    where planned_at < licence_moment.as_of
    qualify row_number() over (partition by visit_id order by record_no desc) = 1
),
rated as (
    select visit_id, bool_or(coalesce(list_has_any(findings, ['re_transfer', 're_export', 'diversion', 'theft_or_capture']), false)) as diverted, bool_or(outcome = 'unfavourable') as unfavourable
    from visit_in_force cross join licence_moment
    where outcome in ('favourable', 'unfavourable') and mode in ('on_site', 'delegated')
        and visit_in_force.known_from < licence_moment.as_of and (visit_in_force.known_to is null or visit_in_force.known_to >= licence_moment.as_of)
    group by visit_id
)
select planned.inclusion_probability, rated.diverted, rated.unfavourable
from planned left join rated on planned.visit_id = rated.visit_id cross join licence_moment
where planned.chosen_by = 'lot' and year(planned.window_to) = $year
    and (rated.visit_id is not null or planned.window_to < cast(licence_moment.as_of as date))
order by planned.visit_id
"""


@dataclass(frozen=True)
class Coverage:
    """Shipments that left in the year, by the band of the first score: how many were visited in person since, and received with proof."""

    band: str
    shipments: int
    visited: int
    received: int


@dataclass(frozen=True)
class Punctuality:
    """Obligations that fell due in the year: met in time, met late, still open."""

    obligation: str
    due: int
    in_time: int
    late: int
    open: int


@dataclass(frozen=True)
class Report:
    """The year in figures, as known at `as_of`.

    Args:
        visits: (mode, outcome) -> how many, over all visits in force that were made in the year.
        findings: (finding, region) -> on how many visits; one visit may have several.
        diversions_by_visit, diversions_by_incident: counted apart, since an incident owes nothing to the visits.
        inspector_days: as given; None = the authority did not give them.
        diverted_by_lot, unfavourable_by_lot: estimates for all shipments in the frames of the lot.
        not_to_be_inferred: in words.
    """

    year: int
    as_of: datetime
    authorities: tuple[str, ...] | None
    coverage: tuple[Coverage, ...]
    punctuality: tuple[Punctuality, ...]
    visits: tuple[tuple[str, str, int], ...]
    findings: tuple[tuple[str, str, int], ...]
    diversions_by_visit: int
    diversions_by_incident: int
    inspector_days: float | None
    diverted_by_lot: LotEstimate
    unfavourable_by_lot: LotEstimate
    not_to_be_inferred: tuple[str, ...]


def check_form(form: str) -> None:
    """Refuse an ending that is not known.

    Raises:
        RefusedInput.
    """
    if form not in FORMS:
        raise RefusedInput(f"the form {form or '(none)'} is not known. Expected {', '.join(FORMS)}. Name another ending.")


def yearly_report(cursor: duckdb.DuckDBPyConnection, year: int, at: datetime, visible: tuple[str, ...] | None, inspector_days: float | None = None) -> Report:
    """The report of a calendar year, as known at a moment (UTC).

    Args:
        cursor: one of its own.
        visible: the authorities whose licences count; None = all.
    """
    lay_due(cursor, moment_after(at))
    cursor.execute("create or replace temp table visible as select application_id, destination from filing_standing where ? is null or list_contains(?, authority)",
                   [list(visible) if visible else None, list(visible or ())])
    told = {"year": year}
    coverage = tuple(Coverage(*row) for row in cursor.execute(SHIPPED, told).fetchall())
    punctuality = tuple(Punctuality(*row) for row in cursor.execute(
        "select obligation, count(*), count(*) filter (where state = 'met'), count(*) filter (where state = 'met_late'), count(*) filter (where met_on is null) "
        "from obligation inner join visible on obligation.application_id = visible.application_id cross join licence_moment "
        "where year(due_on) = $year and due_on < cast(as_of as date) group by obligation order by obligation", told).fetchall())
    visits = tuple(cursor.execute(f"select coalesce(mode, 'not said'), coalesce(outcome, 'not said'), count(*) from ({VISITED}) group by 1, 2 order by 1, 2", told).fetchall())
    findings = tuple(cursor.execute(f"select finding, region, count(*) from (select unnest(findings) as finding, region from ({VISITED})) group by 1, 2 order by 1, 2", told).fetchall())
    by_visit, by_incident = (cursor.execute(
        "select count(*) from finding_standing left join visible on finding_standing.application_id = visible.application_id where diversion and found_by = $kind and year(found_on) = $year "
        "and (visible.application_id is not null or (finding_standing.application_id is null and $all))", told | {"kind": kind, "all": visible is None}).fetchall()[0][0] for kind in ("visit", "incident"))
    drawn = cursor.execute(DRAWN, told).fetchall()
    diverted = lot_estimate([(probability, found) for probability, found, _ in drawn])
    unfavourable = lot_estimate([(probability, found) for probability, _, found in drawn])
    return Report(year, at, visible, coverage, punctuality, visits, findings, by_visit, by_incident, inspector_days, diverted, unfavourable,
                  tuple(_limits(coverage, visits, diverted, inspector_days)))


def _limits(coverage: tuple[Coverage, ...], visits: tuple, lot: LotEstimate, inspector_days: float | None) -> Iterable[str]:
    made, shipped = sum(row[-1] for row in visits), sum(row.shipments for row in coverage)
    yield (f"Visits are few (made in the year: {made:,}; shipments in the year: {shipped:,}), and most were chosen because risk was expected there. "
           "The share of unfavourable visits is therefore no share of unfavourable shipments, and must not be compared between countries, years or authorities as if it were.")
    yield "An unfavourable visit is not a diversion: facts differed from the application, or something could not be confirmed. The two are counted apart."
    yield "A visit that finds nothing does not show that nothing happened: goods are moved back for a visit, and a visit sees one day. All figures are of what was found."
    if lot.answered:
        yield (f"Only the {lot.drawn:,} visits drawn by lot speak for all shipments in their frames, {lot.answered:,} of which were completed. "
               f"The {lot.drawn - lot.answered:,} others were not drawn again; what they would have shown is unknown, and the two bounds say how much could depend on it.")
    else:
        yield "No visit drawn by lot was completed in the year: nothing can be said of all shipments, and no estimate is made up in its place."
    if lot.positive == 0 and lot.answered:
        yield f"No diversion among {lot.answered:,} completed visits by lot is compatible with up to {lot.high:.1%} of all shipments diverted."
    yield "Frames hold shipments that could be visited. Where no consent is given or travel is impossible nothing is known, and such places may be worse."
    yield "Regions with few visits can show a high or low share by chance alone; counts are given so that this can be seen."
    if inspector_days is None:
        yield "Cost is not reported: the authority did not give its inspector-days."


def render(report: Report, form: str) -> bytes:
    """The report as `.html` to print, `.json` in full, or `.csv` with one figure a line, in which no cell is run as a formula.

    Raises:
        RefusedInput: another form.
    """
    check_form(form)
    if form == ".json":
        return (json.dumps(as_json(report), ensure_ascii=False, indent=1) + "\n").encode()
    return as_html(_page(report)).encode() if form == ".html" else _csv(report)


def as_json(report: Report) -> dict:
    """The report with names in place of places in a row."""
    told = asdict(report) | {
        "as_of": f"{report.as_of:%Y-%m-%dT%H:%M:%SZ}", "scope": SCOPE, "interval_level": LEVEL,
        "visits": [{"mode": mode, "outcome": outcome, "visits": count} for mode, outcome, count in report.visits],
        "findings": [{"finding": finding, "region": region, "visits": count} for finding, region, count in report.findings],
    }
    return json.loads(json.dumps(told, default=lambda value: value.isoformat() if isinstance(value, (date, datetime)) else str(value)))


def _csv(report: Report) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("section", "group", "measure", "value", "of"))
    for row in _figures(report):
        writer.writerow([as_cell(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in row])
    return file.getvalue().encode()


def _figures(report: Report) -> Iterable[tuple]:
    for one in report.coverage:
        yield "coverage", one.band, "shipments", one.shipments, None
        yield "coverage", one.band, "visited", one.visited, one.shipments
        yield "coverage", one.band, "received with proof", one.received, one.shipments
    for one in report.punctuality:
        for measure, value in (("in time", one.in_time), ("late", one.late), ("open", one.open)):
            yield "punctuality", one.obligation, measure, value, one.due
    for mode, outcome, count in report.visits:
        yield "visits", mode, outcome, count, None
    for finding, region, count in report.findings:
        yield "findings", region, finding, count, None
    yield "diversions", "visits", "found", report.diversions_by_visit, None
    yield "diversions", "incidents", "confirmed", report.diversions_by_incident, None
    yield "cost", "", "inspector-days", report.inspector_days, None
    for name, estimate in (("diverted", report.diverted_by_lot), ("unfavourable", report.unfavourable_by_lot)):
        for measure, value in asdict(estimate).items():
            yield "estimate by lot", name, measure, value, None
    for line in report.not_to_be_inferred:
        yield "not to be inferred", "", line, None, None


def _page(report: Report) -> Page:
    blocks: list[Block] = [Paragraph(line, strong=n == 0) for n, line in enumerate(report.not_to_be_inferred)]
    blocks.insert(0, Heading("What may not be inferred"))
    blocks += [
        Heading("Coverage by band"),
        Table(("Band (first score)", "Shipments", "Visited in person", "Share", "Received with proof"), tuple(
            (one.band, f"{one.shipments:,}", f"{one.visited:,}", f"{one.visited / one.shipments:.1%}", f"{one.received:,}") for one in report.coverage), (3, 2, 2, 2, 2), "Nothing was shipped in the year."),
        Heading("On time"),
        Table(("Obligation", "Fell due", "In time", "Late", "Open", "Share in time"), tuple(
            (one.obligation.replace("_", " "), f"{one.due:,}", f"{one.in_time:,}", f"{one.late:,}", f"{one.open:,}", f"{one.in_time / one.due:.0%}") for one in report.punctuality), (4, 2, 2, 2, 2, 2), "Nothing fell due in the year."),
        Heading("Visits"),
        Table(("How", "Rating", "Visits"), tuple((mode.replace("_", " "), outcome.replace("_", " "), f"{count:,}") for mode, outcome, count in report.visits), (3, 3, 2), "No visit was made in the year."),
        Heading("Findings by kind and region"),
        Table(("Finding", "Region", "Visits"), tuple((finding.replace("_", " "), region, f"{count:,}") for finding, region, count in report.findings), (3, 3, 2), "Nothing was found in the year."),
        Paragraph(f"Diversions: {report.diversions_by_visit:,} found on visits, {report.diversions_by_incident:,} by confirmed incidents."),
        Paragraph(f"Cost: {report.inspector_days:,.10g} inspector-days." if report.inspector_days is not None else "Cost: not given."),
        Heading("Estimate for all shipments in the frames, from visits drawn by lot"),
        Table(("Of all shipments", "Drawn", "Completed", "With it", "Share, 90 % interval", "If none / all of the others"), tuple(
            (name, f"{one.drawn:,}", f"{one.answered:,}", f"{one.positive:,}", f"{one.share:.2%} ({one.low:.2%} to {one.high:.2%})" if one.share is not None else "no estimate",
             f"{one.if_none_of_silent:.2%} / {one.if_all_of_silent:.2%}" if one.if_none_of_silent is not None else "")
            for name, one in (("diverted, as found", report.diverted_by_lot), ("unfavourable", report.unfavourable_by_lot))), (3, 2, 2, 2, 4, 4)),
        Paragraph("Hájek's estimate with the probabilities of the draw; interval of Korn and Graubard (Clopper-Pearson on the effective number of visits)."),
        Paragraph(SCOPE),
    ]
    whose = f"authority {', '.join(report.authorities)}" if report.authorities else "all authorities on record"
    return Page(f"Verification in {report.year}", f"{whose}; as known {day(report.as_of)} {report.as_of:%H:%M} UTC", tuple(blocks), f"Verification in {report.year}, as known {day(report.as_of)}")

"""The year's report: figures that can be counted by hand, an estimate only from the lot, and words on what may not be inferred."""

import csv
import io
import json
from dataclasses import replace

import pytest
from after_a_licence import a_case, planned, shipped_together
from builders import a_delivery, a_party, a_visit, fresh
from desks import NOW, a_desk, origin, take_in

from engine.errors import RefusedInput
from engine.workflows.assess import score_unscored
from engine.workflows.report import as_json, render, yearly_report


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """Ten shipments, four of them drawn by lot: one diverted, two as they should be, one not reached; two more visited for their risk."""
    with a_desk(tmp_path_factory.mktemp("year")) as desk:
        shipment = dict(shipped_together(desk, *(a_case(end_user=a_party(fresh("Buyer"), "TR" if n < 5 else "FI", "dealer")) for n in range(10))))
        names = list(shipment)
        score_unscored(desk, origin())
        take_in(desk, "delivery", a_delivery(shipment[names[0]]), a_delivery(shipment[names[1]], on="2026-12-30", at="2026-12-31T10:00:00Z"))
        lot = [planned(desk, name, chosen_by="lot", inclusion_probability=0.4, lot_probability=0.4) for name in names[:4]]
        take_in(
            desk, "visit",
            a_visit(names[0], visit_id=lot[0], outcome="unfavourable", findings=["diversion"], items=None), a_visit(names[1], visit_id=lot[1]), a_visit(names[2], visit_id=lot[2]),
            a_visit(names[3], visit_id=lot[3], outcome="not_possible", access="none", limited_by="host_state", items=None),
            a_visit(names[5], outcome="unfavourable", findings=["discrepancy"]), a_visit(names[6], mode="remote"),
        )
        yield yearly_report(desk.store.cursor(), 2026, NOW, None), desk


def test_coverage_counts_visits_in_person_over_shipments(year):
    report, _ = year
    assert sum(one.shipments for one in report.coverage) == 10 and sum(one.visited for one in report.coverage) == 4
    assert sum(one.received for one in report.coverage) == 2 and "not scored" not in {one.band for one in report.coverage}


def test_findings_stand_by_kind_and_region_and_a_diversion_apart(year):
    report, _ = year
    assert set(report.findings) == {("diversion", "Asia", 1), ("discrepancy", "Europe", 1)}
    assert (report.diversions_by_visit, report.diversions_by_incident) == (1, 0)


def test_punctuality_counts_what_fell_due_by_then(year):
    report, _ = year
    (visits,) = [one for one in report.punctuality if one.obligation == "planned_visit"]
    assert (visits.due, visits.in_time, visits.late, visits.open) == (4, 3, 0, 1)
    (receipts,) = [one for one in report.punctuality if one.obligation == "receipt_confirmation"]
    assert (receipts.due, receipts.in_time) == (1, 1)  # the others fall due in the next year


def test_only_visits_by_lot_speak_for_all_shipments(year):
    report, _ = year
    told = report.diverted_by_lot
    assert (told.drawn, told.answered, told.positive) == (4, 3, 1) and told.share == pytest.approx(1 / 3) and told.total == pytest.approx(10 / 3)
    assert told.low < 0.05 and told.high > 0.8  # three visits say next to nothing, and the interval shows it
    assert (told.if_none_of_silent, told.if_all_of_silent) == pytest.approx((0.25, 0.5))


def test_what_may_not_be_inferred_is_said_in_words_and_first(year):
    report, _ = year
    text = " ".join(report.not_to_be_inferred)
    for words in ("no share of unfavourable shipments", "not a diversion", "were not drawn again", "inspector-days"):
        assert words in text
    page = render(report, ".html").decode()
    assert page.index("What may not be inferred") < page.index("Coverage by band") and "Cost: not given." in page


def test_cost_is_told_where_inspector_days_are_given(year):
    _, desk = year
    report = yearly_report(desk.store.cursor(), 2026, NOW, None, 120.0)
    assert "120 inspector-days" in render(report, ".html").decode() and not any("inspector-days" in line for line in report.not_to_be_inferred)


def test_another_authoritys_licences_do_not_count(year):
    _, desk = year
    report = yearly_report(desk.store.cursor(), 2026, NOW, ("NO",))
    assert (report.coverage, report.visits, report.diversions_by_visit, report.diverted_by_lot.drawn) == ((), (), 0, 0)
    assert "no estimate is made up" in " ".join(report.not_to_be_inferred)


def test_the_json_is_the_whole_report(year):
    report, _ = year
    told = json.loads(render(report, ".json"))
    assert told == as_json(report) and told["scope"].startswith("This score speaks of diversion only") and told["as_of"] == "2027-01-15T12:00:00Z"


def test_no_cell_of_the_csv_is_run_as_a_formula(year):
    report, _ = year
    evil = replace(report, findings=(("=HYPERLINK(1)", "+1", 3), ("@x", "-2", 1), ("|calc", "%x", 1)))
    cells = [cell for row in csv.reader(io.StringIO(render(evil, ".csv").decode())) for cell in row]
    assert {"'=HYPERLINK(1)", "'+1", "'@x", "'-2", "'|calc", "'%x"} <= set(cells)
    assert not any(cell[:1] in "=+-@|%" for cell in cells if cell and not cell.replace(".", "", 1).lstrip("-").isdigit())


def test_an_unknown_form_is_refused(year):
    with pytest.raises(RefusedInput, match=r"\.csv"):
        render(year[0], ".docx")

"""The words of the pages: frequencies, days, bands, what a reader never has to guess."""

import io
from datetime import date

import pyarrow.parquet as pq
import pytest
from PIL import Image

from dashboards import casefile, charts, photo, places, tables, visit_draft, words, worklist
from dashboards.client import QueueRow


def test_the_lowest_band_reads_routine_and_every_band_has_a_shape_and_a_word():
    assert words.band("low") == "○ routine"
    assert len({words.band(name)[0] for name in words.BAND_ORDER}) == 4
    assert words.band(None) == "· not scored"


def test_a_visit_that_a_planner_added_is_told_as_that_and_one_that_a_rule_demands_as_mandatory():
    added = {"chosen_by": "mandatory", "added_by_planner": True}
    assert [words.chosen_by(visit) for visit in (added, added | {"added_by_planner": False}, {"chosen_by": "lot"}, {"chosen_by": None})] == ["a planner", "mandatory", "lot", "–"]


@pytest.mark.parametrize(
    ("risk", "base", "told"),
    [
        (0.013, 0.003, "13 in 1,000 such applications; all applications: 3 in 1,000"),
        (0.013, None, "13 in 1,000 such applications"),
        (0.013, 0.0004, "130 in 10,000 such applications; all applications: 4 in 10,000"),
        (0.00002, None, "2 in 100,000 such applications"),
        (0.000001, None, "fewer than 1 in 100,000 such applications"),
        (0.0, None, "0 in 1,000 such applications"),
    ],
)
def test_a_risk_is_told_as_a_count_out_of_the_same_number_as_its_base(risk, base, told):
    assert words.frequency(risk, base) == told


def test_a_missing_value_is_never_told_as_nought():
    assert words.number(None) == "missing"
    assert words.number(0.0) == "0"
    assert words.money(None, "EUR") == "–"
    assert words.yes_no(None) == "–"


def a_row(application_id: str, **told) -> QueueRow:
    usual = {
        "revision": 1,
        "authority": "SE",
        "kind": "export",
        "filed_at": "2026-11-01T10:00:00Z",
        "state": "undecided",
        "age_days": 10,
        "late": False,
        "band": "low",
        "risk": 0.01,
    }
    return QueueRow(application_id=application_id, **(usual | told))


def test_the_queue_begins_with_open_referrals_then_the_band_then_what_is_late():
    rows = [
        a_row("decided", state="granted", band="critical"),
        a_row("fresh"),
        a_row("late", late=True, age_days=70),
        a_row("critical", band="critical"),
        a_row("referred", open_referrals=2),
        a_row("unscored", band=None, risk=None),
    ]
    assert [row.application_id for row in worklist.in_order(rows)] == ["referred", "critical", "unscored", "late", "fresh", "decided"]
    assert worklist.why(rows[4]) == "⚑ 2 to settle · 10 days"
    assert worklist.why(rows[2]) == "late: 70 days"


def test_a_decided_application_is_not_counted_as_waiting():
    told = worklist.tally([a_row("a", state="denied", open_referrals=1, band="critical"), a_row("b", late=True)])
    assert told == {"to decide": 1, "with referrals to settle": 0, "past the limit for a decision": 1, "high or critical": 0}


def test_an_application_without_a_score_is_shown_without_a_number():
    (row,) = worklist.table([a_row("a", band=None, risk=None)])
    assert row["Risk in 1,000"] is None
    assert row["Band"] == "· not scored"


def test_nothing_in_a_filed_text_is_read_as_markdown():
    assert casefile.plain("[click](http://x) **bold** ![i](u)") == "\\[click\\]\\(http\\://x\\) \\*\\*bold\\*\\* \\!\\[i\\]\\(u\\)"
    assert casefile.plain("# Heading\n- item") == "\\# Heading \\- item"


def test_a_pasted_column_becomes_serials_once_each():
    assert visit_draft.pasted("A1\r\nA2\n\n A3 \tA1;A4,") == ("A1", "A2", "A3", "A4")


def test_a_piece_in_two_states_is_noticed():
    seen, missing = visit_draft.Seen("seen", 1, ("A1", "A2")), visit_draft.Seen("not_presented", 1, ("A2",))
    assert visit_draft.repeated([seen, missing]) == ("A2",)
    assert visit_draft.repeated([seen, visit_draft.Seen("seen", 2, ("A1",))]) == ()


def test_a_visit_that_says_little_sends_only_what_it_says():
    stamp = {"event_id": "dash-1", "at": "2026-11-22T10:00:00Z"}
    typed = {"outcome": "favourable", "access": "full", "limited_by": "party", "place": "", "storage_secure": None}
    assert visit_draft.event(stamp, {"application_id": "A-1"}, typed, [], []) == {
        "event_id": "dash-1", "at": "2026-11-22T10:00:00Z", "visit_id": "visit-1", "application_id": "A-1", "access": "full", "outcome": "favourable",
    }  # fmt: skip


def test_secure_storage_that_was_denied_is_not_lost_as_empty():
    told = visit_draft.event({"event_id": "e", "at": "t"}, {}, {"storage_secure": False}, [], [])
    assert told["storage"] == {"secure": False}


def test_every_outline_and_place_is_on_the_earth():
    world = places.world()
    assert {"FR", "SG"} & {one.get("id") for one in world["objects"]["countries"]["geometries"]} == {"FR"}
    assert all(-90 <= place.latitude <= 90 and -180 <= place.longitude <= 180 for place in places.gazetteer().values())
    assert charts.LEAST < 0.001


def test_a_cell_of_a_file_to_take_away_is_never_run_as_a_formula():
    (line,) = tables.as_csv([{"End user": "=HYPERLINK(1)", "Risk": -0.5}], scope=True).decode("utf-8-sig").splitlines()[1:]
    assert line == "'=HYPERLINK(1),-0.5,diversion only"


def test_nothing_in_a_table_is_read_as_markup():
    told = tables.markup([{"Name": "<img src=x>"}], "Parties")
    assert "<img" not in told
    assert "&lt;img" in told


def test_a_hash_may_be_broken_over_lines_and_a_day_or_a_word_may_not():
    told = tables.markup([{"Says": "commercial 2026-11-28 " + "a" * 64}], "A paper")
    assert '<span class="whole">2026-11-28</span>' in told
    assert f'<span class="long">{"a" * 64}</span>' in told
    assert ">commercial" in told


def test_an_unanswered_request_says_how_long_it_has_waited():
    asked = {"request_id": "q", "to": "document_issuer", "for": "authentication", "sent_on": "2026-10-01", "due_on": "2026-11-01", "stops_clock": True}
    history = [{"kind": "request", "at": "2026-10-01T10:00:00Z", "body": asked}]
    (row,) = casefile.requests(history, date(2026, 11, 11))
    assert row["State"] == "waiting, OVERDUE by 10 days"
    assert row["Our clock"] == "stopped"
    history.append({"kind": "request", "at": "2026-11-05T10:00:00Z", "body": {"request_id": "q", "answer": "given", "answered_on": "2026-11-05"}})
    (row,) = casefile.requests(history, date(2026, 11, 11))
    assert (row["State"], row["Our clock"]) == ("given, 2026-11-05", "runs")
    assert casefile.open_requests(history) == {}


def test_serials_still_to_be_found_are_told_whatever_their_spelling():
    groups = [visit_draft.Seen("seen", 1, ("ab 1", "X-9"))]
    assert visit_draft.not_listed(("AB-1", "AB-2"), groups) == ("AB-2",)
    assert visit_draft.unknown(("AB-1", "AB-2"), groups) == ("X-9",)


def test_the_place_is_cut_out_of_a_photo_and_the_picture_stays():
    picture = Image.new("RGB", (8, 8), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # which way is up
    exif.get_ifd(0x8825)[1] = "N"
    made = io.BytesIO()
    picture.save(made, "JPEG", exif=exif)
    told = photo.without_place(made.getvalue())
    with Image.open(io.BytesIO(told)) as left, Image.open(io.BytesIO(made.getvalue())) as before:
        assert 0x8825 in before.getexif()
        assert 0x8825 not in left.getexif()
        assert left.getexif()[0x0112] == 6
        assert left.tobytes() == before.tobytes()


def test_a_file_that_is_no_photo_stays_as_it_is():
    assert photo.without_place(b"%PDF-1.7 ...") == b"%PDF-1.7 ..."


def test_parquet_keeps_numbers_and_tells_what_is_of_two_kinds_as_text():
    told = pq.read_table(io.BytesIO(tables.as_parquet([{"Name": "=HYPERLINK(1)", "Risk": -0.5, "Of": 1}, {"Name": None, "Risk": None, "Of": "two"}], scope=True))).to_pydict()
    assert told == {"Name": ["=HYPERLINK(1)", None], "Risk": [-0.5, None], "Of": ["1", "two"], "Scope": ["diversion only"] * 2}

"""Ways by sea are searoute's, whatever is asked together, and there is none to a place that lies inland."""

from __future__ import annotations

import warnings
from pathlib import Path

import duckdb
import polars as pl
import pytest
from builders import an_application
from desks import a_desk, origin, take_in

from engine.workflows.desk import open_desk
from engine.workflows.sea_distances import ways_by_sea

PLACES = Path(__file__).parents[3] / "data" / "reference" / "place.csv"
# Through Suez, Panama and the Bosporus, over the date line, to the far north, round the Horn, within one harbour's reach.
WAYS = [
    ("NLRTM", "CNSHA"), ("USNYC", "USLAX"), ("SEGOT", "ROCND"), ("JPYOK", "USSEA"), ("NOTRD", "RUMMK"), ("ARUSH", "CLVAP"), ("DEHAM", "DEBRV"),
    ("SGSIN", "HKHKG"), ("ZADUR", "INMUN"), ("NZAKL", "FJSUV"),
]


@pytest.fixture(scope="module")
def places() -> pl.DataFrame:
    told = pl.read_csv(PLACES, infer_schema_length=0).select("place", "kind", "longitude", "latitude")
    return told.with_columns(pl.col("longitude", "latitude").cast(pl.Float64))


def ways(places: pl.DataFrame, *pairs: tuple[str, str]) -> list[int | None]:
    return told(places, *pairs)["sea_km"].to_list()


def told(places: pl.DataFrame, *pairs: tuple[str, str]) -> pl.DataFrame:
    return ways_by_sea(places, pl.DataFrame(pairs, schema=["from_place", "to_place"], orient="row"))


def test_a_way_by_sea_is_as_long_as_searoute_has_it(places):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from searoute import searoute
    at = {place: [longitude, latitude] for place, _, longitude, latitude in places.iter_rows()}
    theirs = [searoute(at[a], at[b], append_orig_dest=True)["properties"]["length"] for a, b in WAYS]
    assert ways(places, *WAYS) == pytest.approx(theirs, abs=2)  # its network rounds each of its stretches to a tenth of a kilometre


def test_a_way_by_sea_does_not_depend_on_what_else_is_asked(places):
    assert [ways(places, way)[0] for way in WAYS] == ways(places, *WAYS)


def test_no_way_by_sea_leads_inland(places):
    assert ways(places, ("DEHAM", "CHZRH"), ("DEHAM", "ETADD"), ("BGSOF", "DEHAM"), ("USDEN", "USNYC")) == [None] * 4


def test_only_what_is_known_to_lie_inland_is_said_to(places):
    pairs = [("DEHAM", "CHZRH"), ("DEHAM", "ETADD"), ("DEHAM", "TOTBU"), ("DEHAM", "BRMAO"), ("DEHAM", "SGSIN")]
    assert told(places, *pairs)["inland"].to_list() == [True, True, False, False, False]  # Tonga's airport, and Manaus on its river


def test_a_town_without_lanes_goes_by_its_port(places):
    seoul, incheon = ways(places, ("SGSIN", "KRSEL"), ("SGSIN", "KRINC"))
    assert seoul == pytest.approx(incheon, abs=100)


def test_no_way_by_sea_is_shorter_than_the_great_circle(places):
    near = ways(places, ("DEHAM", "DEHAM"), ("AEDXB", "AEJEA"))
    assert near[0] == 0 and near[1] >= 30


def measured(desk) -> dict[tuple[str, str], tuple[int, int | None]]:
    rows = desk.store.cursor().execute("select from_place, to_place, km, sea_km from place_distance").fetchall()
    return {(start, goal): (km, sea_km) for start, goal, km, sea_km in rows}


def test_filings_one_at_a_time_and_in_bulk_leave_the_same_distances(tmp_path):
    routes = [
        [{"from": "SEGOT", "to": "AEJEA", "mode": "sea"}, {"from": "AEJEA", "to": "UZTAS", "mode": "air"}],
        [{"from": "SEGOT", "to": "DJJIB", "mode": "sea"}, {"from": "DJJIB", "to": "ETADD", "mode": "road"}],
        [{"from": "SEGOT", "to": "AEZZZ", "mode": "sea"}],
    ]
    one_by_one, together = tmp_path / "one", tmp_path / "bulk"
    one_by_one.mkdir(), together.mkdir()
    filings = [an_application(route=route) for route in routes]
    with a_desk(one_by_one) as one, a_desk(together) as bulk:
        for filing in filings:
            take_in(one, "application", filing)
        take_in(bulk, "application", *filings)
        assert measured(one) == measured(bulk)
        km, sea_km = measured(one)["SEGOT", "AEJEA"]
        assert km < 5_500 and sea_km > 12_000
        assert measured(one)["DJJIB", "ETADD"][1] is None and not [pair for pair in measured(one) if "AEZZZ" in pair]


def test_a_store_that_measured_without_the_sea_measures_again_when_opened(tmp_path):
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", an_application(route=[{"from": "SEGOT", "to": "AEJEA", "mode": "sea"}]))
        told = measured(desk)
    with duckdb.connect(str(tmp_path / "store.duckdb")) as connection:
        connection.execute("drop table place_distance")
        connection.execute("create table place_distance (from_place varchar, to_place varchar, km integer)")
        connection.execute("update setting set value = '26' where name = 'schema_version'")
    with open_desk(tmp_path / "store.duckdb", origin()) as desk:
        assert measured(desk) == told


def test_another_table_of_places_measures_every_route_again(tmp_path):
    with a_desk(tmp_path) as desk:
        take_in(desk, "application", an_application(route=[{"from": "SEGOT", "to": "AEJEA", "mode": "sea"}]))
        told = measured(desk)
    with duckdb.connect(str(tmp_path / "store.duckdb")) as connection:
        connection.execute("update place_distance set km = 1")
        connection.execute("update setting set value = 'older' where name = 'reference_digest'")
    with open_desk(tmp_path / "store.duckdb", origin()) as desk:
        assert measured(desk) == told

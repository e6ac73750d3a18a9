"""Kilometres by sea between places, along the shipping lanes that come with searoute. Opens no store and knows no filing.

searoute answers a pair in 10 ms: 22 s for the pairs of 20,000 filings. Its network is a graph of 9,708 points, and one search from a
point gives the way to every other in 2.4 ms; so the network is read once a process, when the first pair is asked for, and searched
once for each place from which something goes by sea. The Northwest Passage is closed, as searoute's default has it; every canal and
every strait is open, whatever happened there on a given day.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree

EARTH_RADIUS_KM = 6371.0088  # IUGG mean radius
CLOSED = "northwest"
# The lanes pass ports at a distance: half of the ports by less than 26 km, 97 % by less than 250 where the port table has few inland
# ports. What it has of Sofia, Vienna or Denver lies beyond, and so do a few at the sea, such as Merauke and Santa Cruz.
FAR_FROM_LANES_KM = 250
# A town or an airport goes by its port, Seoul by Incheon, 30 km away, or by the lane itself where the port table has none.
NEAR_KM = 50
SEARCHES_AT_ONCE = 64  # 5 MB of answers


@dataclass(frozen=True)
class Lanes:
    """The network: its points, to find the nearest in, and the kilometres between neighbours."""

    degrees: np.ndarray  # (n, 2) longitude, latitude
    nearest: cKDTree  # in degrees, as searoute has it
    graph: csr_array


def ways_by_sea(places: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """The shortest way by sea for each pair of places: from the place to its nearest lane, along lanes, and from the lane to the place.

    Args:
        places: (n, 4) `place`, `kind`, `longitude`, `latitude` in degrees: every place known, since one is by the sea if a port is near.
        pairs: (m, 2) `from_place`, `to_place`, all of them among the places.

    Returns:
        (m, 2) `sea_km` in whole kilometres, null where either place is not known to be by the sea; `inland`, whether one is known not to be:
        no port, with none near, and far from every lane. Many an island's airport, without a port in the table, is neither.

    Source:
        searoute (Apache-2.0), with `append_orig_dest=True`; a test holds the two together.
    """
    from scipy.sparse.csgraph import dijkstra

    lanes, number = _lanes(), {place: row for row, place in enumerate(places["place"])}
    degrees = places.select("longitude", "latitude").to_numpy()
    used, back = np.unique([[number[place] for place in pairs[column]] for column in ("from_place", "to_place")], return_inverse=True)
    start, goal = back.reshape(2, -1)
    at, point = degrees[used], lanes.nearest.query(degrees[used])[1]
    is_port, to_lane = places["kind"].to_numpy() == "port", _apart(at, lanes.degrees[point])
    by_sea = _by_sea(at, degrees[is_port], lanes)
    inland = ~by_sea & ~is_port[used] & (to_lane > FAR_FROM_LANES_KM)

    km = np.full(len(pairs), np.nan)
    sailed = np.flatnonzero(by_sea[start] & by_sea[goal])
    sources, source = np.unique(point[start[sailed]], return_inverse=True)
    for begin in range(0, len(sources), SEARCHES_AT_ONCE):
        found = dijkstra(lanes.graph, indices=sources[begin : begin + SEARCHES_AT_ONCE])
        here = (source >= begin) & (source < begin + SEARCHES_AT_ONCE)
        pair = sailed[here]
        km[pair] = found[source[here] - begin, point[goal[pair]]] + to_lane[start[pair]] + to_lane[goal[pair]]
    # Two places by one point of the network would otherwise be apart by the way there and back.
    straight = _apart(at[start], at[goal])
    km = np.where(np.isnan(km), km, np.where(point[start] == point[goal], straight, np.maximum(km, straight)))
    return pl.DataFrame({"sea_km": pl.Series(np.rint(km)).fill_nan(None).cast(pl.Int32), "inland": inland[start] | inland[goal]})


def _by_sea(at: np.ndarray, ports: np.ndarray, lanes: Lanes) -> np.ndarray:
    """Whether a lane is near to each point, or a port that is not far from one."""
    from scipy.spatial import cKDTree

    def to_lane(points: np.ndarray) -> np.ndarray:
        return _apart(points, lanes.degrees[lanes.nearest.query(points)[1]])

    port = ports[cKDTree(_on_sphere(ports)).query(_on_sphere(at))[1]]
    return (to_lane(at) <= NEAR_KM) | (_apart(at, port) <= NEAR_KM) & (to_lane(port) <= FAR_FROM_LANES_KM)


@cache
def _lanes() -> Lanes:
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree
    from searoute.data.marnet_dict import edge_list

    ways = [(a, b, way["weight"]) for a, neighbours in edge_list.items() for b, way in neighbours.items() if way.get("passage") != CLOSED]
    number: dict[tuple[float, float], int] = {}  # seven points that lead nowhere are left out
    for a, _, _ in ways:
        number.setdefault(a, len(number))
    km, (a, b) = [way[2] for way in ways], zip(*((number[way[0]], number[way[1]]) for way in ways), strict=True)
    degrees = np.array(list(number), dtype=np.float64)
    return Lanes(degrees, cKDTree(degrees), csr_array((km, (a, b)), shape=(len(number), len(number))))


def _on_sphere(degrees: np.ndarray) -> np.ndarray:
    """(n, 3) on the unit sphere, where nearest is nearest on the globe, across the date line too."""
    east, north = np.radians(degrees).T
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Great-circle kilometres, row by row."""
    chord = np.linalg.norm(_on_sphere(one) - _on_sphere(other), axis=1)
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1))

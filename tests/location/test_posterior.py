"""The posterior: where it peaks, how wide it says it is, what silence tells."""

import numpy as np
import pytest

from seismonet.core.geo import distance_deg, distance_km
from seismonet.location.grid import Tables, around
from seismonet.location.posterior import LocationParams, Observation, Silence, least_horizontal_km, locate
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from tests.support.receipts import table

PLACES = {f"XX.S{k}": (38 + 0.6 * np.sin(a), 72 + 0.8 * np.cos(a)) for k, a in enumerate(np.arange(0, 6.2, 0.8))}
STATIONS = list(table(PLACES).stations)


@pytest.fixture(scope="module")
def model() -> TravelTimes:
    return travel_times("iasp91", cache_dir())


def observed(
    model: TravelTimes, source: tuple[float, float, float], count: int = 8, errors: np.ndarray | None = None
) -> list[Observation]:
    errors = np.zeros(count) if errors is None else errors
    return [
        Observation(
            s, "P", float(model.times("P", distance_deg(*source[:2], s.latitude, s.longitude), source[2])) + e, 0.05
        )
        for s, e in zip(STATIONS[:count], errors, strict=False)
    ]


@pytest.mark.parametrize("depth_km", [5.0, 20.0, 120.0])
def test_exact_arrivals_give_the_source_back(model: TravelTimes, depth_km: float) -> None:
    params = LocationParams(crust_prior=0.5)
    solution = locate(Tables(around(STATIONS), model), observed(model, (38.1, 72.2, depth_km)), [], params)
    assert float(distance_km(solution.latitude, solution.longitude, 38.1, 72.2)) < 9
    assert abs(solution.depth_km - depth_km) < 10 + 2 * solution.depth_sigma_km
    assert abs(solution.time_s) < 1 + 2 * solution.depth_sigma_km / 8


def test_the_stated_radius_holds_what_it_says(model: TravelTimes) -> None:
    """With errors as assumed, the true epicentre lies inside the 68 % radius in about two of three cases or more."""
    rng = np.random.default_rng(5)
    tables, inside = Tables(around(STATIONS), model), 0
    for _ in range(24):
        latitude, longitude = 38 + rng.uniform(-0.5, 0.5), 72 + rng.uniform(-0.6, 0.6)
        seen = observed(model, (latitude, longitude, 12.0), 5, rng.normal(0, 0.5, 5))
        solution = locate(tables, seen, [], LocationParams())
        inside += (
            float(distance_km(solution.latitude, solution.longitude, latitude, longitude)) <= solution.horizontal_km
        )
    assert inside >= 15


def test_fewer_stations_are_less_sure(model: TravelTimes) -> None:
    tables = Tables(around(STATIONS), model)
    radius = [
        locate(tables, observed(model, (38.1, 72.2, 10.0), n), [], LocationParams()).horizontal_km for n in (3, 8)
    ]
    assert radius[0] > radius[1] >= least_horizontal_km(8)


def test_a_silent_station_pushes_the_source_away(model: TravelTimes) -> None:
    """Two-sided ambiguity of three stations in a row: a silent fourth on one side decides."""
    row = {"XX.A": (38.0, 71.0), "XX.B": (38.0, 72.0), "XX.C": (38.0, 73.0), "XX.N": (38.7, 72.0)}
    places = {s.station_code: s for s in table(row).stations}
    source = (37.3, 72.0)
    seen = [
        Observation(places[c], "P", float(model.times("P", distance_deg(*source, *row[c]), 10.0)), 0.05)
        for c in ("XX.A", "XX.B", "XX.C")
    ]
    tables = Tables(around(list(places.values())), model)
    quiet = locate(tables, seen, [Silence(places["XX.N"], 60.0)], LocationParams())
    assert quiet.latitude < 38.0


def test_s_arrivals_count_as_s(model: TravelTimes) -> None:
    source = (38.1, 72.2, 10.0)
    p = observed(model, source, 3)
    s = [
        Observation(
            x.station,
            "S",
            float(model.times("S", distance_deg(*source[:2], x.station.latitude, x.station.longitude), 10.0)),
            0.1,
        )
        for x in p
    ]
    tables = Tables(around(STATIONS), model)
    both = locate(tables, p + s, [], LocationParams())
    assert float(distance_km(both.latitude, both.longitude, *source[:2])) < 6
    assert np.abs(both.residual_s).max() < 1.0

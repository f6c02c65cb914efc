"""The posterior: where it peaks, how wide it says it is, what silence, directions and amplitudes tell."""

from dataclasses import replace

import numpy as np
import pytest

from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg, distance_deg, distance_km
from seismonet.core.inventory import Station
from seismonet.location.grid import Tables, around, rise_s
from seismonet.location.likelihood import log_likelihood
from seismonet.location.posterior import (
    Direction,
    Evidence,
    LocationParams,
    Observation,
    PriorParams,
    Silence,
    Size,
    Solution,
    locate,
)
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from tests.support.receipts import table

PLACES = {f"XX.S{k}": (38 + 0.6 * np.sin(a), 72 + 0.8 * np.cos(a)) for k, a in enumerate(np.arange(0, 6.2, 0.8))}
STATIONS = list(table(PLACES).stations)
PAMIR = {"TJ.SAREZ": (38.17, 72.62), "TJ.MURGH": (38.17, 73.97), "TJ.MANEM": (37.54, 71.66)}
EVEN = LocationParams(prior=PriorParams(crust=0.5))
Source = tuple[float, float, float]


@pytest.fixture(scope="module")
def model() -> TravelTimes:
    return travel_times("iasp91", cache_dir())


@pytest.fixture(scope="module")
def tables(model: TravelTimes) -> Tables:
    return Tables(around(STATIONS), model)


def arrival(model: TravelTimes, station: Station, phase: str, source: Source, error_s: float = 0.0) -> Observation:
    degrees = distance_deg(*source[:2], station.latitude, station.longitude)
    below = model.times(phase, degrees, source[2])
    time_s = float(below + rise_s(station.elevation_m, phase, degrees * KM_PER_DEGREE, source[2], below)) + error_s
    return Observation(station, phase, time_s, 0.05)


def arrivals(model: TravelTimes, source: Source, count: int = 8, errors: np.ndarray | None = None) -> list[Observation]:
    """P of some stations, with errors, and S of the first three."""
    errors = np.zeros(count) if errors is None else errors
    p = [arrival(model, one, "P", source, e) for one, e in zip(STATIONS[:count], errors, strict=False)]
    return p + [arrival(model, one, "S", source) for one in STATIONS[:3]]


def off_km(solution: Solution, source: Source) -> float:
    return float(distance_km(solution.latitude, solution.longitude, *source[:2]))


@pytest.mark.parametrize("depth_km", [5.0, 20.0, 120.0])
def test_exact_arrivals_give_the_source_back(model: TravelTimes, tables: Tables, depth_km: float) -> None:
    source = (38.1, 72.2, depth_km)
    solution = locate(tables, Evidence(arrivals(model, source)), EVEN)
    assert off_km(solution, source) < 5
    assert abs(solution.depth_km - depth_km) < 2 * solution.depth_sigma_km
    assert abs(solution.time_s) < 2 * solution.time_sigma_s


def test_stated_regions_hold_what_they_say(model: TravelTimes, tables: Tables) -> None:
    """With errors as assumed, regions of 50, 68 and 90 % hold about as many of the true epicentres."""
    rng, inside, trials = np.random.default_rng(5), np.zeros(3), 60
    for _ in range(trials):
        source = (38 + rng.uniform(-0.5, 0.5), 72 + rng.uniform(-0.6, 0.6), 12.0)
        slower = rng.normal(0, 0.02)
        exact = arrivals(model, source, 5)
        spread = [0.45 if one.phase == "S" else 0.3 for one in exact]
        seen = [
            replace(one, time_s=one.time_s * (1 + slower) + rng.normal(0, s))
            for one, s in zip(exact, spread, strict=True)
        ]
        solution = locate(tables, Evidence(seen), LocationParams())
        sure = solution.confidence
        radii = sure.radius_50_km, solution.horizontal_km, sure.radius_90_km
        inside += [off_km(solution, source) <= radius for radius in radii]
    assert np.all(np.abs(inside / trials - [0.5, 0.68, 0.9]) < 0.17)


def test_fewer_stations_are_less_sure(model: TravelTimes, tables: Tables) -> None:
    few, many = (locate(tables, Evidence(arrivals(model, (38.1, 72.2, 10.0), n)), EVEN).horizontal_km for n in (3, 8))
    assert few > 1.25 * many


def test_a_wrong_arrival_does_not_carry_the_source_away(model: TravelTimes, tables: Tables) -> None:
    source = (38.1, 72.2, 10.0)
    errors = np.zeros(8)
    errors[2] = 6.0
    solution = locate(tables, Evidence(arrivals(model, source, 8, errors)), EVEN)
    assert off_km(solution, source) < 6
    assert solution.weight[2] < 0.1 < 0.9 < solution.weight[0]


def test_an_arrival_that_is_not_trusted_counts_less(model: TravelTimes, tables: Tables) -> None:
    source = (38.1, 72.2, 10.0)
    seen = arrivals(model, source, 4, np.array([0.0, 1.5, 0.0, 0.0]))
    doubted = [replace(one, trust=0.1) if k == 1 else one for k, one in enumerate(seen)]
    trusted, doubting = (locate(tables, Evidence(some), EVEN) for some in (seen, doubted))
    assert doubting.weight[1] < 0.15 * trusted.weight[0]
    assert doubting.residual_s[1] > trusted.residual_s[1] + 0.05


def test_a_silent_station_pushes_the_source_away(model: TravelTimes) -> None:
    """Two-sided ambiguity of three stations in a row: a silent fourth on one side decides."""
    row = {"XX.A": (38.0, 71.0), "XX.B": (38.0, 72.0), "XX.C": (38.0, 73.0), "XX.N": (38.7, 72.0)}
    places = {s.station_code: s for s in table(row).stations}
    source = (37.3, 72.0, 10.0)
    seen = [arrival(model, places[c], "P", source) for c in ("XX.A", "XX.B", "XX.C")]
    tables = Tables(around(list(places.values())), model)
    mirrored = locate(tables, Evidence(seen), LocationParams())
    assert len(mirrored.confidence.modes) == 2
    assert mirrored.confidence.quality == "ambiguous"
    late = locate(tables, Evidence(seen, [Silence(places["XX.N"], 60.0)]), LocationParams())
    assert off_km(late, source) < 20
    assert late.confidence.modes[0].probability > mirrored.confidence.modes[0].probability + 0.1
    early = locate(tables, Evidence(seen, [Silence(places["XX.N"], -60.0)]), LocationParams())
    assert early.confidence.modes[0].probability == pytest.approx(mirrored.confidence.modes[0].probability, abs=0.02)


def test_back_azimuths_and_amplitudes_decide_between_modes(model: TravelTimes) -> None:
    row = {"XX.A": (38.0, 71.0), "XX.B": (38.0, 72.0), "XX.C": (38.1, 73.0)}
    places = {s.station_code: s for s in table(row).stations}
    source = (37.3, 72.0, 10.0)
    seen = [arrival(model, one, "P", source) for one in places.values()]
    tables = Tables(around(list(places.values())), model)
    b = places["XX.B"]
    toward = float(azimuth_deg(b.latitude, b.longitude, *source[:2]))
    told = locate(tables, Evidence(seen, directions=[Direction(b, toward, 25.0)]), LocationParams())
    open_to = locate(tables, Evidence(seen), LocationParams())
    assert off_km(told, source) < 30  # its mirror is 150 km away
    assert told.horizontal_km < 0.7 * open_to.horizontal_km
    # the middle station shakes far more than the others: the source is next to it
    sizes = [Size(one, -5.0 if one is b else -7.0) for one in places.values()]
    near, far = (locate(tables, Evidence(seen, sizes=some), LocationParams()) for some in (sizes, ()))
    assert near.distance_km[1] < far.distance_km[1] - 5


def test_one_s_makes_three_p_a_place(model: TravelTimes) -> None:
    """Three P of the Pamir's stations leave the depth open; with an S its class is known, and never before."""
    stations = {s.station_code: s for s in table(PAMIR).stations}
    tables = Tables(around(list(stations.values())), model)
    for source, kind in (((38.2, 72.8, 15.0), "crust"), ((36.5, 70.9, 210.0), "slab")):
        seen = [arrival(model, one, "P", source) for one in stations.values()]
        before = locate(tables, Evidence(seen), EVEN)
        assert before.confidence.depth_class == "undecided"
        seen.append(arrival(model, stations["TJ.SAREZ"], "S", source))
        after = locate(tables, Evidence(seen), EVEN)
        assert after.confidence.depth_class == kind
        assert after.horizontal_km < before.horizontal_km
        assert abs(after.depth_km - source[2]) < 3 * after.depth_sigma_km
        right = "probability_deep" if kind == "slab" else "probability_shallow"
        assert getattr(after.confidence, right) > max(0.6, getattr(before.confidence, right))


def test_many_arrivals_are_found_by_a_part_of_them(model: TravelTimes) -> None:
    places = {f"XX.{k:03d}": (36 + 4 * (k % 15) / 15, 70 + 5 * (k // 15) / 10) for k in range(150)}
    stations = list(table(places).stations)
    source = (37.613, 72.377, 11.0)
    seen = [arrival(model, one, phase, source) for one in stations for phase in "PS"]
    solution = locate(Tables(around(stations), model), Evidence(seen), LocationParams())
    assert off_km(solution, source) < 1.5
    assert np.abs(solution.residual_s).max() < 0.2


def test_a_source_without_arrivals_is_refused(tables: Tables) -> None:
    with pytest.raises(ValueError, match="without arrivals"):
        locate(tables, Evidence([]), EVEN)


def test_directions_of_a_network_may_all_be_reversed_but_not_one_alone(model: TravelTimes, tables: Tables) -> None:
    """Verticals upside down turn all of them: three that point away from a source speak for it, more than two of three
    that point to it."""
    source, seen = (38.0, 72.0, 15.0), STATIONS[:3]
    grid = tables.grid
    cell = int(np.argmin(distance_km(grid.latitude, grid.longitude, *source[:2]) + np.abs(grid.depth_km - source[2])))

    def told(turned: int, params: LocationParams) -> float:
        """What directions add at the source, when so many of three are turned round."""
        found = []
        for k, one in enumerate(seen):
            azimuth = float(azimuth_deg(one.latitude, one.longitude, grid.latitude[cell], grid.longitude[cell]))
            found.append(Direction(one, (azimuth + 180.0 * (k < turned)) % 360, 15.0))
        p = [arrival(model, one, "P", source) for one in seen]
        with_them, without = Evidence(p, directions=tuple(found)), Evidence(p)
        both = [log_likelihood(tables, one, params).log_p[cell] for one in (with_them, without)]
        return float(both[0] - both[1])

    assert told(0, EVEN) > told(3, EVEN) > told(1, EVEN) > told(2, EVEN)
    assert told(3, replace(EVEN, reversed_directions=0.0)) < 0


@pytest.mark.parametrize(("depth_km", "least", "most"), [(270.0, 0.2, 0.4), (5.0, 1.0, 1.0)])
def test_of_a_nearly_vertical_ray_the_direction_says_little(
    model: TravelTimes, tables: Tables, depth_km: float, least: float, most: float
) -> None:
    """Beside one at 40 km from the epicentre, deep or shallow."""
    one, at, grid = STATIONS[0], (38.0, 72.35), tables.grid
    cell = int(np.argmin(distance_km(grid.latitude, grid.longitude, *at) + 10 * np.abs(grid.depth_km - depth_km)))
    toward = float(azimuth_deg(one.latitude, one.longitude, grid.latitude[cell], grid.longitude[cell]))
    bare = Evidence([arrival(model, one, "P", (*at, depth_km))])
    told = replace(bare, directions=[Direction(one, toward, 25.0)])
    added = [
        float(np.subtract(*(log_likelihood(tables, evidence, params).log_p[cell] for evidence in (told, bare))))
        for params in (EVEN, replace(EVEN, steep_weight=1.0))
    ]
    assert least * added[1] <= added[0] <= most * added[1]
    assert added[0] > 0

"""Picks to events: born when stations agree, refused when they do not, taken back when they cease to."""

from dataclasses import replace

import numpy as np
import pytest

from seismonet.core.event import Pick
from seismonet.core.geo import KM_PER_DEGREE, distance_deg, distance_km
from seismonet.core.inventory import Station
from seismonet.core.sourceid import SourceId
from seismonet.location.associate import Associator, Source
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from tests.support.receipts import T0_NS, table

RING = {
    "XX.A": (38.0, 72.0), "XX.B": (38.5, 72.6), "XX.C": (38.4, 71.5), "XX.D": (37.6, 72.4), "XX.E": (37.5, 71.6),
}  # fmt: skip
SOURCE = (38.1, 72.1, 10.0)


@pytest.fixture(scope="module")
def model() -> TravelTimes:
    return travel_times("iasp91", cache_dir())


def stations() -> dict[str, Station]:
    return {station.station_code: station for station in table(RING).stations}


def arrival(model: TravelTimes, code: str, phase: str, source: tuple[float, float, float] = SOURCE) -> float:
    latitude, longitude, depth_km = source
    return float(model.times(phase, distance_deg(latitude, longitude, *RING[code]), depth_km))


def pick(code: str, time_s: float, *, version: int = 1, snr: float = 20.0, detector: str = "D1") -> Pick:
    network, station = code.split(".")
    time_ns = T0_NS + round(time_s * 1e9)
    name = SourceId(network, station, "00", "HHZ")
    return Pick(f"{code}{time_s:.3f}", name, time_ns, "P", 0.05, snr, version, time_ns, time_ns + 10**9, detector)


def feed(associator: Associator, picks: list[Pick]) -> list[Source]:
    """All sources that live after the picks, in order of their issue."""
    for one in sorted(picks, key=lambda one: one.issued_ns):
        associator.add_pick(one, one.issued_ns)
    return [source for source in associator.sources if not source.cancelled]


def associator(model: TravelTimes, alive: frozenset[str] = frozenset(RING)) -> Associator:
    return Associator(stations(), model, lambda code: code in alive)


def test_five_stations_locate_an_earthquake_among_them(model: TravelTimes) -> None:
    sources = feed(associator(model), [pick(code, 30 + arrival(model, code, "P")) for code in RING])
    assert len(sources) == 1
    where = sources[0].solution
    assert float(distance_km(where.latitude, where.longitude, *SOURCE[:2])) < 8
    assert abs((sources[0].time_ns - T0_NS) / 1e9 - 30) < 1.5
    assert len(sources[0].picks) == 5


def test_one_wrong_pick_does_not_carry_the_solution_away(model: TravelTimes) -> None:
    picks = [pick(code, 30 + arrival(model, code, "P") + (7.0 if code == "XX.E" else 0.0)) for code in RING]
    (source,) = feed(associator(model), picks)
    assert "XX.E" not in source.picks
    assert float(distance_km(source.solution.latitude, source.solution.longitude, *SOURCE[:2])) < 12


def test_two_stations_are_no_event(model: TravelTimes) -> None:
    assert feed(associator(model), [pick(code, 30 + arrival(model, code, "P")) for code in ("XX.A", "XX.B")]) == []


def test_picks_further_apart_than_a_wave_could_make_them_are_no_event(model: TravelTimes) -> None:
    picks = [pick(code, 30 + 25.0 * k) for k, code in enumerate(RING)]
    assert feed(associator(model), picks) == []


def test_weak_refined_picks_do_not_count(model: TravelTimes) -> None:
    assert feed(associator(model), [pick(c, 30 + arrival(model, c, "P"), snr=1.5) for c in RING]) == []


def test_three_stations_wait_for_refined_picks(model: TravelTimes) -> None:
    three = ("XX.A", "XX.B", "XX.C")
    raw = [pick(code, 30 + arrival(model, code, "P"), version=0, snr=0.0) for code in three]
    here = associator(model, frozenset(three))
    assert feed(here, raw) == []
    refined = [replace(one, version=1, snr=20.0, issued_ns=one.issued_ns + 5 * 10**9) for one in raw]
    assert len(feed(here, refined)) == 1


def test_stations_that_should_have_seen_it_and_did_not_prevent_an_event(model: TravelTimes) -> None:
    """Three far ones agree while the two nearest, alive, stay silent; dead ones would not matter."""
    source = (37.62, 72.0, 8.0)
    far = ("XX.A", "XX.B", "XX.C")
    picks = [replace(pick(c, 30 + arrival(model, c, "P", source)), issued_ns=T0_NS + 80 * 10**9) for c in far]
    near = {f"XX.N{k}": (37.6 + 0.02 * k, 71.9 + 0.03 * k) for k in range(4)}
    places = {s.station_code: s for s in table({**RING, **near}).stations}

    def born(alive: frozenset[str]) -> int:
        return len(feed(Associator(places, model, lambda code: code in alive), picks))

    assert born(frozenset(far)) == 1
    assert born(frozenset({*RING, *near})) == 0


def test_the_s_of_an_event_makes_no_second_one(model: TravelTimes) -> None:
    both = [pick(code, 30 + arrival(model, code, phase)) for code in RING for phase in "PS"]
    assert len(feed(associator(model), both)) == 1


def test_a_surge_in_the_coda_is_an_earthquake_of_its_own(model: TravelTimes) -> None:
    first = [pick(code, 30 + arrival(model, code, "P")) for code in RING]
    second = [pick(code, 42 + arrival(model, code, "P"), detector="D1+") for code in RING]
    assert len(feed(associator(model), first + second)) == 2


def test_ids_derive_from_the_picks(model: TravelTimes) -> None:
    picks = [pick(code, 30 + arrival(model, code, "P")) for code in RING]
    assert feed(associator(model), picks)[0].id == feed(associator(model), list(reversed(picks)))[0].id


def test_an_event_that_its_refined_picks_do_not_bear_out_is_cancelled(model: TravelTimes) -> None:
    here = associator(model)
    raw = [pick(code, 30 + arrival(model, code, "P"), version=0, snr=0.0) for code in RING]
    (source,) = feed(here, raw)
    told = here.event(source, T0_NS + 50 * 10**9, "status")
    for k, one in enumerate(raw):
        here.add_pick(replace(one, version=1, snr=1.0, issued_ns=T0_NS + (60 + k) * 10**9), T0_NS + (60 + k) * 10**9)
    assert [source.cancelled for source in here.sources] == [True]
    event = here.event(here.sources[0], T0_NS + 70 * 10**9, "status")
    assert event.event_type == "not existing"
    assert (event.version, event.origin) == (told.version + 1, told.origin)


def test_the_grid_sizes_itself_from_the_stations(model: TravelTimes) -> None:
    grid = associator(model).tables.grid
    for latitude, longitude in RING.values():
        assert grid.latitude.min() < latitude - 1
        assert grid.latitude.max() > latitude + 1
        assert grid.longitude.min() < longitude - 1
        assert grid.longitude.max() > longitude + 1
    assert grid.depth_km.min() == 0
    assert grid.depth_km.max() == 300
    assert grid.spacing_km < 25
    assert float(np.ptp(grid.latitude)) * KM_PER_DEGREE < 1000

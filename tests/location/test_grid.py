"""Trial sources and travel times to stations: what lies between sea level and a station."""

from dataclasses import replace

import numpy as np
import pytest

from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg, distance_km
from seismonet.location.grid import CRUST_VP_KM_S, VP_VS, Tables, around, rise_s
from seismonet.location.network import Network
from seismonet.location.posterior import Evidence, LocationParams, Observation, locate
from seismonet.models.corrections import parse_corrections
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from tests.support.receipts import table

PLACES = {"XX.A": (38.0, 72.0), "XX.B": (38.5, 73.0), "XX.C": (37.3, 72.4)}
STATIONS = [replace(one, elevation_m=1500.0 * k) for k, one in enumerate(table(PLACES).stations)]


@pytest.fixture(scope="module")
def model() -> TravelTimes:
    return travel_times("iasp91", cache_dir())


@pytest.mark.parametrize("phase", ["P", "S"])
@pytest.mark.parametrize(("depth_km", "good_s"), [(5.0, 0.35), (20.0, 0.3), (60.0, 0.07), (150.0, 0.03)])
def test_a_station_up_high_is_reached_as_steeply_as_the_slowness_tells(
    model: TravelTimes, phase: str, depth_km: float, good_s: float
) -> None:
    """4 km up; the worst is just beyond the crossover, where the first ray has turned steep."""
    km = np.array([1.0, 20.0, 50.0, 100.0, 150.0, 300.0])
    time_s, step = model.times(phase, km / KM_PER_DEGREE, depth_km), 0.5
    ends = [model.times(phase, (km + way * step) / KM_PER_DEGREE, depth_km) for way in (-1, 1)]
    slowness = (ends[1] - ends[0]) / (2 * step)
    speed = CRUST_VP_KM_S / (1.0 if phase == "P" else VP_VS)
    exact = 4.0 * np.sqrt(np.maximum(speed**-2 - slowness**2, 0.0))
    found = rise_s(4000.0, phase, km, depth_km, time_s)
    assert np.abs(found - exact).max() < good_s
    assert np.abs(found - exact).mean() < 0.4 * np.abs(4.0 / speed - exact).mean()


def test_times_made_at_once_are_those_made_one_by_one(model: TravelTimes) -> None:
    given = parse_corrections(["station,phase,depth_class,correction_s", "XX.B,P,shallow,0.5"], "here")
    grid = around(STATIONS)
    at_once, one_by_one = (Tables(grid, model, given) for _ in range(2))
    network = Network({one.station_code: one for one in STATIONS}, model, given)
    for phase in "PS":
        all_of_them = at_once.times_s(phase, STATIONS)
        for k, one in enumerate(STATIONS):
            assert np.array_equal(all_of_them[k], one_by_one.times_s(phase, [one])[0])
            travel = network.travel_s(phase, [k], grid.latitude, grid.longitude, grid.depth_km)[0]
            assert np.allclose(travel, all_of_them[k], atol=1e-9)


def test_distances_and_azimuths_are_those_of_the_sphere(model: TravelTimes) -> None:
    grid = around(STATIONS)
    tables = Tables(grid, model)
    km, azimuth = tables.distances_km(STATIONS), tables.backazimuths_deg(STATIONS)
    for k, one in enumerate(STATIONS):
        here = one.latitude, one.longitude
        assert np.allclose(km[k], distance_km(*here, grid.latitude, grid.longitude), atol=1e-6)
        off = azimuth[k] - azimuth_deg(*here, grid.latitude, grid.longitude)
        assert np.allclose((off + 180) % 360 - 180, 0, atol=1e-6)


def test_what_is_kept_of_many_stations_is_bounded(model: TravelTimes) -> None:
    """Of stations asked for after many others times are as before, and no more than some megabytes stay."""
    places = {f"XX.{k:03d}": (37 + 0.01 * k, 71 + 0.01 * k) for k in range(300)}
    stations = list(table(places).stations)
    tables = Tables(around(stations), model)
    before = tables.times_s("P", stations[:2]).copy()
    for start in range(0, 300, 20):
        tables.times_s("P", stations[start : start + 20])
    assert tables.kept_bytes < 20e6
    assert np.array_equal(tables.times_s("P", stations[:2]), before)


def test_a_network_across_the_date_line_has_its_grid_about_its_middle() -> None:
    stations = list(table({"XX.A": (-17.0, 178.0), "XX.B": (-18.0, 179.5), "XX.C": (-17.5, -178.0)}).stations)
    grid = around(stations)
    assert np.isclose((grid.longitude.min() + grid.longitude.max()) / 2 % 360, 180.0)
    assert np.allclose(grid.latitude.max() + grid.latitude.min(), -35.0)


def test_corrections_reach_all_that_is_predicted_and_what_is_left_of_arrivals(model: TravelTimes) -> None:
    """Predicted times and residuals alike, of sources in the class that they are given for."""
    given = parse_corrections(["station,phase,depth_class,correction_s", "XX.B,P,shallow,0.8"], "here")
    by_code = {one.station_code: one for one in STATIONS}
    plain, corrected = Network(by_code, model), Network(by_code, model, given)
    for depth_km, more_s in ((10.0, 0.8), (100.0, 0.0)):
        before, after = (one.arrivals(37.9, 72.5, depth_km) for one in (plain, corrected))
        assert np.allclose(after.p_s - before.p_s, [0.0, more_s, 0.0])
        assert np.array_equal(after.s_s, before.s_s)
    times = corrected.arrivals(37.9, 72.5, 10.0)
    seen = [
        Observation(one, phase, float(time_s), 0.05)
        for phase, row in (("P", times.p_s), ("S", times.s_s))
        for one, time_s in zip(STATIONS, row.tolist(), strict=True)
    ]
    found = locate(Tables(around(STATIONS), model, given), Evidence(seen), LocationParams())
    assert np.abs(found.residual_s).max() < 0.3
    assert np.abs(locate(Tables(around(STATIONS), model), Evidence(seen), LocationParams()).residual_s).max() > 0.3

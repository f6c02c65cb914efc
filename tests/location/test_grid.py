"""Trial sources and travel times to stations: what lies between sea level and a station."""

from dataclasses import replace

import numpy as np
import pytest

from seismonet.core.geo import KM_PER_DEGREE
from seismonet.location.grid import CRUST_VP_KM_S, VP_VS, Tables, around, rise_s
from seismonet.location.network import Network
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
    at_once.prepare([(one, phase) for one in STATIONS for phase in "PS"])
    network = Network({one.station_code: one for one in STATIONS}, model, given)
    for k, one in enumerate(STATIONS):
        for phase in "PS":
            assert np.array_equal(at_once.time_s(one, phase), one_by_one.time_s(one, phase))
            travel = network.travel_s(phase, [k], grid.latitude, grid.longitude, grid.depth_km)[0]
            assert np.allclose(travel, at_once.time_s(one, phase), atol=1e-9)

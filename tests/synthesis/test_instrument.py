from dataclasses import replace

import numpy as np
import pytest

from seismonet.core.sourceid import SourceId
from seismonet.synthesis.earthquake import ground_motion
from seismonet.synthesis.instrument import counts
from seismonet.synthesis.motion import GroundMotion
from tests.synthesis.sites import FULL_SCALE_COUNTS, STATIONS, derivative_error, event, still, travel_time, two_sensors

CHANNELS = {channel.source_id.channel: channel for channel in two_sensors(STATIONS[0], 200.0)}


def steady(z: float, n: float, e: float) -> GroundMotion:
    line = np.repeat([[z], [n], [e]], 4, axis=1)
    return GroundMotion(0, 100.0, line * 0, line, line * 10)


def test_counts_are_the_quantity_times_the_sensitivity() -> None:
    motion = steady(1e-4, 2e-4, -3e-4)
    for name, wanted in {
        "HHZ": 30172.0,
        "HHN": 60344.0,
        "HHE": -90516.0,
        "HNZ": 204.0,
        "HNN": 408.0,
        "HNE": -612.0,
    }.items():
        assert counts(motion, CHANNELS[name], self_noise_counts=0.0).tolist() == [wanted] * 4


def test_any_orientation_and_full_scale() -> None:
    askew = replace(CHANNELS["HHN"], azimuth_deg=30.0, dip_deg=-30.0)
    motion = steady(1e-4, 2e-4, -3e-4)
    along = 1e-4 * 0.5 + 2e-4 * np.cos(np.pi / 6) ** 2 - 3e-4 * np.cos(np.pi / 6) * 0.5
    assert counts(motion, askew, self_noise_counts=0.0)[0] == round(along * 301720000)
    assert counts(steady(-1.0, 0.0, 0.0), CHANNELS["HHZ"]).tolist() == [-FULL_SCALE_COUNTS] * 4
    assert counts(steady(100.0, 0.0, 0.0), replace(CHANNELS["HHZ"], clip_counts=float("inf")))[0] == 2**31 - 1


def test_a_channel_of_counts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"XX\.ONE\.00\.HHZ measures counts"):
        counts(still(), replace(CHANNELS["HHZ"], quantity="counts"))


def test_both_sensors_of_a_site_feel_one_motion() -> None:
    motion = ground_motion(event(5.0), STATIONS[0], travel_time, still(40.0, 200.0))
    for letter in "ZNE":
        velocity, acceleration = (CHANNELS[sensor + letter] for sensor in ("HH", "HN"))
        v = counts(motion, velocity) / velocity.sensitivity
        a = counts(motion, acceleration) / acceleration.sensitivity
        assert derivative_error(v, a, 200.0) < 0.01


def test_self_noise_is_the_channels_own_and_repeats() -> None:
    quiet = still(20.0)
    twice = [counts(quiet, CHANNELS["HHZ"], self_noise_counts=5.0, seed=4) for _ in range(2)]
    assert np.array_equal(*twice)
    assert np.std(twice[0]) == pytest.approx(5.0, rel=0.1)
    assert abs(np.corrcoef(twice[0], counts(quiet, CHANNELS["HHN"], self_noise_counts=5.0, seed=4))[0, 1]) < 0.1
    assert CHANNELS["HNE"].source_id == SourceId("XX", "ONE", "00", "HNE")

"""The trigger gate: what it refuses, with which word, and what it lets through."""

import numpy as np
import pytest
from numpy.typing import NDArray

from seismonet.core.inventory import Channel
from seismonet.detect.gate import REASONS, GateParams, first_second, period, spectrum, weak
from seismonet.detect.history import History
from seismonet.detect.pairs import compare
from seismonet.detect.seen import PASSED, Seen
from tests.support.receipts import table

RATE_HZ = 100.0
ONSET = 4000
TIME = np.arange(8000) / RATE_HZ - ONSET / RATE_HZ
PARAMS = GateParams()


def channel(name: str = "HHZ") -> Channel:
    return table({"XX.A": (38.0, 72.0)}, (name,)).channels[0]


def seen(velocity: NDArray[np.float64], name: str = "HHZ", noise: float = 1e-8, seed: int = 0) -> Seen:
    """Ground velocity (m/s) as a sensor's counts, with noise in its own unit."""
    one = channel(name)
    motion = np.gradient(velocity, 1 / RATE_HZ) if name[1] == "N" else velocity
    rng = np.random.default_rng(seed)
    counts = np.round((motion + noise * rng.standard_normal(len(velocity))) * one.sensitivity)
    return Seen(History.of(RATE_HZ, [(0, counts)]), ONSET, one)


def wave(size: float, hz: float, decay_s: float = 5.0) -> NDArray[np.float64]:
    return np.asarray(np.where(TIME >= 0, size * np.exp(-TIME.clip(0) / decay_s) * np.sin(2 * np.pi * hz * TIME), 0.0))


@pytest.mark.parametrize("hz", [1.0, 4.0, 12.0])
@pytest.mark.parametrize("name", ["HHZ", "HNZ"])
def test_waves_of_earthquakes_pass(hz: float, name: str) -> None:
    noise = 1e-7 if name == "HHZ" else 1e-6
    assert first_second(seen(wave(1e-4, hz), name, noise), PARAMS) == PASSED


def test_a_level_that_moves_and_stays_quiet_is_a_step() -> None:
    ramp = np.clip(TIME / 0.08, 0, 1) * 1e-4
    assert first_second(seen(ramp), PARAMS)[0] == "step"
    assert first_second(seen(ramp + wave(3e-5, 5.0)), PARAMS)[0] == ""


def test_motion_beyond_any_earthquake_is_refused_by_name() -> None:
    reason, detail = first_second(seen(wave(2e2, 3.0)), PARAMS)
    assert reason in ("displacement", "velocity")
    assert "first second" in detail
    assert reason in REASONS


def test_weak() -> None:
    assert weak(2.0, PARAMS)[0] == "weak"
    assert weak(3.0, PARAMS) == PASSED


def test_a_teleseism_is_slow_and_a_local_earthquake_is_not() -> None:
    slow = seen(wave(1e-5, 0.5, 30.0) * np.clip(TIME, 0, 1), noise=1e-9)
    fast = seen(wave(1e-5, 4.0), noise=1e-9)
    far, near = spectrum(slow, PARAMS), spectrum(fast, PARAMS)
    assert far is not None
    assert near is not None
    assert (far.teleseism, near.teleseism) == (True, False)
    assert far.tau_p_s > 1.0 > near.tau_p_s


def test_microseism_makes_no_teleseism_of_a_small_earthquake() -> None:
    swell = 1e-6 * np.sin(2 * np.pi * 0.45 * TIME)
    found = spectrum(seen(swell + wave(1e-7, 8.0), noise=1e-10), PARAMS)
    assert found is not None
    assert not found.teleseism


def test_period() -> None:
    assert period(0.5, PARAMS) == PASSED
    assert period(0.05, PARAMS)[0] == "period"
    assert period(20.0, PARAMS)[0] == "period"


def test_two_sensors_of_a_site_agree_whatever_they_measure() -> None:
    motion = wave(1e-4, 3.0) + 0.3 * wave(1e-4, 5.3)
    found = compare(seen(motion), seen(motion, "HNZ", noise=1e-6))
    assert found is not None
    assert found.correlation > 0.95
    assert abs(found.lag_s) <= 0.02
    assert abs(found.log_ratio) < 0.1
    assert found.expected > 5


def test_a_late_clock_and_another_ground_are_seen() -> None:
    motion = wave(1e-4, 3.0) + 0.3 * wave(1e-4, 5.3)
    late = compare(seen(motion), seen(np.roll(motion, 30), "HNZ", noise=1e-6))
    none = compare(seen(motion), seen(np.zeros(8000), "HNZ", noise=1e-6))
    assert late is not None
    assert none is not None
    assert late.lag_s == pytest.approx(0.3, abs=0.03)
    assert none.correlation < 0.6


def test_other_rates_compare_too() -> None:
    motion = wave(1e-4, 3.0)
    coarse = Seen(History.of(50.0, [(0, np.round(motion[::2] * channel().sensitivity))]), ONSET // 2, channel())
    found = compare(seen(motion), coarse)
    assert found is not None
    assert found.correlation > 0.95

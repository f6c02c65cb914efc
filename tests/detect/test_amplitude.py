"""Peak motions of ground motions that are known, at any rate and of either kind of sensor."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from seismonet.core.inventory import OPEN_END_NS, Channel
from seismonet.core.sourceid import SourceId
from seismonet.detect.amplitude import Peaks, has_clipped, measure, tau_c, tau_p
from seismonet.detect.history import History

COUNTS_PER_UNIT = {"velocity": 4e8, "acceleration": 4e5}
SWING_HZ, RADIUS_M = 1.0, 1e-3


def channel(quantity: str, rate_hz: float, clip_counts: float = np.inf) -> Channel:
    name = SourceId("XX", "A", "00", "HHZ" if quantity == "velocity" else "HNZ")
    place = (38.0, 72.0, 0.0, 0.0, 0.0, -90.0)
    return Channel(name, 0, OPEN_END_NS, *place, rate_hz, quantity, COUNTS_PER_UNIT[quantity], clip_counts)


def ground(quantity: str, rate_hz: float, hz: float = SWING_HZ) -> NDArray[np.float64]:
    """40 s of rest with an offset, then a swing of 1 mm that grows smoothly within 5 s, in counts."""
    time = np.arange(round(60 * rate_hz)) / rate_hz - 40.0
    grow = (1 - np.cos(np.pi * np.clip(time / 5.0, 0.0, 1.0))) / 2
    power = 1 if quantity == "velocity" else 2
    wave = RADIUS_M * (2 * np.pi * hz) ** power * grow * np.sin(2 * np.pi * hz * time)
    return np.asarray(np.round(wave * COUNTS_PER_UNIT[quantity] + 12345.0))


def measured(
    raw: NDArray[np.float64], quantity: str, rate_hz: float, seconds: float = 10.0, *, horizontal: bool = False,
    clip_counts: float = np.inf,
) -> Peaks:  # fmt: skip
    history = History.of(rate_hz, [(0, raw)])
    where = round(40 * rate_hz), round(seconds * rate_hz)
    peaks = measure(history, 0, *where, channel(quantity, rate_hz, clip_counts), horizontal=horizontal)
    assert peaks is not None
    return peaks


@pytest.mark.parametrize("rate_hz", [20.0, 31.25, 100.0, 200.0])
@pytest.mark.parametrize("quantity", ["velocity", "acceleration"])
def test_a_swing_of_one_millimetre(quantity: str, rate_hz: float) -> None:
    peaks = measured(ground(quantity, rate_hz), quantity, rate_hz, horizontal=True)
    omega = 2 * np.pi * SWING_HZ
    assert peaks.pd_m == pytest.approx(RADIUS_M, rel=0.06)
    assert peaks.pv_m_s == pytest.approx(RADIUS_M * omega, rel=0.03)
    assert peaks.pa_m_s2 == pytest.approx(RADIUS_M * omega**2, rel=0.04)
    assert peaks.noise_pd_m < 1e-3 * peaks.pd_m
    assert peaks.tau_c_s == pytest.approx(1 / SWING_HZ, rel=0.1)
    assert not peaks.clipped
    # a pendulum of 1.25 Hz and 0.7 of critical damping, shaken at 1 Hz
    ratio = SWING_HZ / 1.25
    response = ratio**2 / np.hypot(1 - ratio**2, 2 * 0.7 * ratio)
    assert peaks.wood_anderson_m == pytest.approx(RADIUS_M * response, rel=0.03)
    assert peaks.noise_wood_anderson_m < 1e-3 * peaks.wood_anderson_m


def test_windows_grow_and_a_vertical_has_no_wood_anderson_amplitude() -> None:
    raw = ground("velocity", 100.0)
    one, two = (measured(raw, "velocity", 100.0, seconds) for seconds in (1.0, 4.0))
    assert one.pd_m < 0.7 * two.pd_m
    assert (one.tau_c_s, one.wood_anderson_m) == (0.0, 0.0)
    assert two.tau_c_s > 0


def test_noise_is_what_was_before() -> None:
    raw = ground("velocity", 100.0)
    shaken = raw + np.round(4e8 * 1e-5 * np.sin(np.arange(len(raw)) * 2 * np.pi / 100.0))
    quiet, noisy = (measured(one, "velocity", 100.0, horizontal=True) for one in (raw, shaken))
    assert quiet.noise_pd_m < 1e-8
    assert noisy.noise_pd_m == pytest.approx(1e-5 / (2 * np.pi), rel=0.1)
    assert noisy.noise_wood_anderson_m > 100 * quiet.noise_wood_anderson_m


def test_a_window_that_is_not_all_there_is_none_and_neither_is_one_in_unknown_units() -> None:
    history = History.of(100.0, [(0, ground("velocity", 100.0))])
    assert measure(history, 0, 4000, 2001, channel("velocity", 100.0)) is None
    raw_units = replace(channel("velocity", 100.0), quantity="counts", sensitivity=1.0)
    assert measure(history, 0, 4000, 500, raw_units) is None


@pytest.mark.parametrize(("before_s", "clipped"), [(10.0, True), (29.0, True), (31.0, False), (-5.0, True)])
def test_a_sensor_that_clipped_is_held_back_for_half_a_minute(before_s: float, clipped: bool) -> None:
    raw = ground("velocity", 100.0)
    raw[round((40.0 - before_s) * 100)] = 8.2e6
    assert measured(raw, "velocity", 100.0, clip_counts=8e6).clipped is clipped


def test_a_flat_top_is_clipping_whatever_the_metadata_say() -> None:
    raw = ground("velocity", 100.0)
    stopped = np.clip(raw, raw.min() * 0.7, raw.max() * 0.7)
    assert not measured(raw, "velocity", 100.0).clipped
    assert measured(stopped, "velocity", 100.0).clipped


def test_a_slow_swing_is_no_flat_top() -> None:
    """Near its crest a dozen samples in a row are alike."""
    swing = np.round(5000 * np.sin(np.arange(8000) * 2 * np.pi / 4000))
    assert np.count_nonzero(swing == swing.max()) > 12
    assert not has_clipped(swing, np.inf)


def digitized(full_scale: float, seed: int) -> NDArray[np.float64]:
    """Shaking at 1000 Hz that runs into the stop, then the digitizer's filter down to 100 Hz."""
    from scipy.signal import butter, decimate, sosfilt

    fine = sosfilt(
        butter(2, (0.5, 12.0), "bandpass", fs=1000.0, output="sos"), np.random.default_rng(seed).normal(size=20_000)
    )
    fine *= 1e6 / np.abs(fine).max()
    return np.asarray(decimate(np.clip(fine, -full_scale, full_scale), 10, ftype="fir").round())


@pytest.mark.parametrize("seed", range(5))
def test_a_stop_ahead_of_the_digitizers_filter_is_seen_by_its_corners(seed: int) -> None:
    assert has_clipped(digitized(2e5, seed), np.inf)
    assert not has_clipped(digitized(2e6, seed), np.inf)


def test_tau_c_is_of_the_first_three_seconds() -> None:
    time = np.arange(1000) / 100.0
    hz = np.where(time < 3.0, 2.0, 0.5)
    displacement, velocity = np.sin(2 * np.pi * hz * time), 2 * np.pi * hz * np.cos(2 * np.pi * hz * time)
    assert tau_c(displacement, velocity, 100.0) == pytest.approx(0.5, rel=0.02)
    assert tau_c(displacement[:299], velocity[:299], 100.0) == 0.0


def test_tau_p_follows_a_wave_whose_period_grows() -> None:
    time = np.arange(3000) / 100.0
    wave = np.where(time < 15.0, np.sin(2 * np.pi * 4.0 * time), 4 * np.sin(2 * np.pi * 0.8 * time))
    period = tau_p(wave, 100.0)
    assert period[1400] == pytest.approx(0.25, rel=0.05)
    assert period[-1] == pytest.approx(1.25, rel=0.05)

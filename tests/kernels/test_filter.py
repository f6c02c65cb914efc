"""Filters, by hand and by their response."""

import subprocess
import sys

import numpy as np
import pytest

from seismonet.kernels.filter import (
    FilterState,
    IntegratorState,
    bandpass_sos,
    demean,
    demean_initial,
    filter_initial,
    highpass_sos,
    integrate,
    sos_filter,
)

DIFFERENCE = np.array([[1.0, 0.0, 0.0, 1.0, 0.5, 0.0]])


def settled_gain(sos: np.ndarray, frequency_hz: float, rate_hz: float) -> float:
    """Amplitude of a filtered sine once the filter has settled."""
    x = np.sin(2 * np.pi * frequency_hz * np.arange(int(60 * rate_hz)) / rate_hz)[None]
    y, _ = sos_filter(x, filter_initial(sos, x[:, 0]), sos=sos)
    return float(np.sqrt(2 * np.mean(np.square(y[:, y.shape[1] // 2 :]))))


@pytest.mark.parametrize("rate_hz", [31.31, 100.0, 250.0])
def test_corners_are_where_half_the_power_passes(rate_hz: float) -> None:
    sos = bandpass_sos(2.0, 8.0, rate_hz, corners=2)
    assert settled_gain(sos, 4.0, rate_hz) == pytest.approx(1.0, abs=0.02)
    assert settled_gain(sos, 2.0, rate_hz) == pytest.approx(2**-0.5, abs=0.01)
    assert settled_gain(sos, 8.0, rate_hz) == pytest.approx(2**-0.5, abs=0.01)
    assert settled_gain(sos, 0.5, rate_hz) < 0.06


def test_highpass_corner() -> None:
    sos = highpass_sos(1.0, 50.0)
    assert settled_gain(sos, 1.0, 50.0) == pytest.approx(2**-0.5, abs=0.01)
    assert settled_gain(sos, 10.0, 50.0) == pytest.approx(1.0, abs=0.001)


def test_a_filter_by_hand() -> None:
    y, state = sos_filter(np.array([[1.0, 0.0, 0.0, 0.0]]), FilterState(np.zeros((1, 1, 2))), sos=DIFFERENCE)
    assert y.tolist() == [[1.0, -0.5, 0.25, -0.125]]
    assert state.zi.tolist() == [[[0.0625, 0.0]]]


def test_rows_are_filtered_alone() -> None:
    x = np.array([[1.0, 0.0], [0.0, 2.0]])
    y, _ = sos_filter(x, FilterState(np.zeros((2, 1, 2))), sos=DIFFERENCE)
    assert np.allclose(y, [[1.0, -0.5], [0.0, 2.0]], rtol=0, atol=1e-99)


@pytest.mark.parametrize("corners", [1, 2, 4])
def test_a_segment_starts_without_a_step(corners: int) -> None:
    sos, first = bandpass_sos(1.0, 20.0, 100.0, corners=corners), np.array([1e6, -3.0])
    y, _ = sos_filter(np.repeat(first[:, None], 500, axis=1), filter_initial(sos, first), sos=sos)
    assert np.all(np.abs(y).max(axis=1) < 1e-13 * np.abs(first))


def test_zeros_do_not_decay_into_denormal_numbers() -> None:
    sos = bandpass_sos(1.0, 20.0, 100.0)
    y, state = sos_filter(np.eye(1, 200), filter_initial(sos, np.zeros(1)), sos=sos)
    assert np.abs(y).max() > 0.1
    for _ in range(20):
        y, state = sos_filter(np.zeros((1, 1000)), state, sos=sos)
    assert 0 < np.abs(y).max() < 1e-99
    assert not np.any((state.zi != 0) & (np.abs(state.zi) < np.finfo(float).tiny))


@pytest.mark.parametrize(("low", "high"), [(0.0, 5.0), (5.0, 5.0), (5.0, 50.0), (5.0, 60.0), (8.0, 2.0)])
def test_a_band_that_cannot_be_had_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="Hz"):
        bandpass_sos(low, high, 100.0)


@pytest.mark.parametrize("corner", [0.0, 50.0])
def test_a_corner_that_cannot_be_had_is_refused(corner: float) -> None:
    with pytest.raises(ValueError, match="Hz"):
        highpass_sos(corner, 100.0)


SCRIPT = """
import sys, numpy as np, scipy.signal
if sys.argv[1] == "elsewhere":
    sys.modules["scipy.signal._sosfilt"] = None
from seismonet.kernels.filter import bandpass_sos, filter_initial, sos_filter
sos, x = bandpass_sos(1.0, 20.0, 100.0), np.sin(np.arange(600.0) ** 1.5).reshape(3, 200)
y, state = sos_filter(x, filter_initial(sos, x[:, 0]), sos=sos)
y, state = sos_filter(x, state, sos=sos)
print(y.tobytes().hex(), state.zi.tobytes().hex())
"""


def test_a_scipy_that_keeps_its_filter_elsewhere_gives_the_same_bits() -> None:
    results = [
        subprocess.run([sys.executable, "-c", SCRIPT, where], capture_output=True, check=True, text=True).stdout
        for where in ("here", "elsewhere")
    ]
    assert len(results[0]) > 3 * 200 * 16
    assert results[0] == results[1]


def test_integral_by_hand() -> None:
    x = np.array([[1.0, 3.0, 5.0], [2.0, 2.0, 2.0]])
    y, state = integrate(x, IntegratorState(x[:, 0], np.zeros(2)), dt_s=np.array([1.0, 0.5]))
    assert y.tolist() == [[1.0, 3.0, 7.0], [1.0, 2.0, 3.0]]
    assert state.last.tolist() == [5.0, 2.0]
    assert state.total.tolist() == [7.0, 3.0]


def test_a_running_mean_is_unbiased_from_the_first_sample() -> None:
    y, _ = demean(np.full((1, 50), 8.0), demean_initial(1), n=10)
    assert np.abs(y).max() < 1e-12
    y, state = demean(np.array([[0.0, 3.0]]), demean_initial(1), n=2)
    # weights 1/4 and 1/2, gathered 3/4: the mean of the two is 2
    assert y[0].tolist() == [0.0, 1.0]
    assert state.seen.tolist() == [2]


def test_a_running_mean_follows_a_step() -> None:
    x = np.concatenate([np.zeros((1, 1000)), np.ones((1, 1000))], axis=1)
    y, _ = demean(x, demean_initial(1), n=100)
    assert y[0, 1000] == pytest.approx(0.99)
    assert y[0, 1100] == pytest.approx(0.99 * np.exp(-1), abs=0.005)
    assert abs(y[0, -1]) < 1e-4


def test_one_sample_is_its_own_mean() -> None:
    y, _ = demean(np.array([[5.0, 7.0, -1.0]]), demean_initial(1), n=1)
    assert y.tolist() == [[0.0, 0.0, 0.0]]

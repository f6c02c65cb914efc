"""Filters and integrals against ObsPy."""

import numpy as np
import pytest
from obspy import Trace
from obspy.signal.filter import bandpass, highpass

from seismonet.kernels.filter import (
    FilterState,
    IntegratorState,
    bandpass_sos,
    highpass_sos,
    integrate,
    sos_filter,
)


def noise(n: int = 20_000) -> np.ndarray:
    return np.random.default_rng(1).normal(scale=300.0, size=n)


def from_rest(x: np.ndarray, sos: np.ndarray) -> np.ndarray:
    """ObsPy's filters begin at rest, as if zeros had come before."""
    return sos_filter(x[None], FilterState(np.zeros((1, len(sos), 2))), sos=sos)[0][0]


@pytest.mark.parametrize("corners", [1, 2, 4])
@pytest.mark.parametrize(("low", "high", "rate"), [(1.0, 20.0, 100.0), (2.0, 8.0, 31.31), (0.5, 9.0, 20.0)])
def test_bandpass_is_obspys_bit_for_bit(low: float, high: float, rate: float, corners: int) -> None:
    x = noise()
    assert np.array_equal(
        from_rest(x, bandpass_sos(low, high, rate, corners=corners)), bandpass(x, low, high, rate, corners)
    )


@pytest.mark.parametrize("corners", [2, 3])
def test_highpass_is_obspys_bit_for_bit(corners: int) -> None:
    x = noise()
    assert np.array_equal(from_rest(x, highpass_sos(0.075, 100.0, corners=corners)), highpass(x, 0.075, 100.0, corners))


def test_integral_is_obspys() -> None:
    """ObsPy's begins at zero with the first sample, ours one interval ahead of it."""
    x = noise()
    expected = Trace(x.copy(), {"sampling_rate": 50.0}).integrate().data
    got, _ = integrate(x[None], IntegratorState(x[:1], np.zeros(1)), dt_s=1 / 50.0)
    assert np.allclose(got[0], expected + x[0] / 50.0, rtol=0, atol=1e-12 * np.abs(expected).max())

"""P or S by the first half second."""

import numpy as np
import pytest

from seismonet.core.arrays import FloatArray
from seismonet.kernels.phasetype import p_probability

RATES = pytest.mark.parametrize("rate_hz", [20.0, 50.0, 100.0, 200.0])


def onset(rate_hz: float, before: tuple[float, float, float], after: tuple[float, float, float]) -> FloatArray:
    """Random motion of one size a component for 5 s, then of another for 1 s."""
    random, n = np.random.default_rng(4), round(5 * rate_hz)
    size = np.repeat(np.array([before, after]).T, [n, round(rate_hz)], axis=1)
    return np.asarray(random.normal(size=size.shape) * size)


@RATES
def test_p_out_of_noise_and_s_out_of_p(rate_hz: float) -> None:
    k = round(5 * rate_hz)
    assert p_probability(onset(rate_hz, (0.1, 0.1, 0.1), (2.0, 0.8, 0.8)), k, rate_hz) > 0.9
    assert p_probability(onset(rate_hz, (1.0, 0.4, 0.4), (1.5, 4.0, 4.0)), k, rate_hz) < 0.1
    assert p_probability(onset(rate_hz, (2.0, 4.0, 4.0), (2.4, 5.0, 5.0)), k, rate_hz) < 0.1


def test_units_do_not_matter() -> None:
    x = onset(100.0, (0.1, 0.2, 0.1), (0.6, 0.5, 0.3))
    assert p_probability(x, 500, 100.0) == pytest.approx(p_probability(x * 1e-12, 500, 100.0))


def test_silence_has_an_answer() -> None:
    assert 0.0 < p_probability(np.zeros((3, 100)), 50, 100.0) < 1.0

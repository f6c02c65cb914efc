"""The Akaike criterion against ObsPy, which puts it to the last sample of the noise, we to the first of the signal."""

import numpy as np
import pytest
from obspy.signal.trigger import aic_simple

from seismonet.kernels.onset import aic, aic_onset


@pytest.mark.parametrize("n", [20, 200, 600])
def test_the_criterion_is_obspys_but_for_a_constant(n: int) -> None:
    x = np.random.default_rng(n).normal(size=(5, n))
    x[:, n // 2 :] *= 12
    x += 40
    got = aic(x)
    for row in range(5):
        expected = aic_simple(x[row])
        assert np.allclose(np.diff(got[row, 2 : n - 1]), np.diff(expected[1 : n - 2]), rtol=1e-9, atol=1e-6)


def test_the_same_onset() -> None:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(40, 300))
    for row, onset in enumerate(rng.integers(40, 260, size=40)):
        x[row, onset:] *= 15
    index, _ = aic_onset(x)
    expected = [int(np.argmin(aic_simple(one))) + 1 for one in x]
    assert index.tolist() == expected

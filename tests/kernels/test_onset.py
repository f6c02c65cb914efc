"""Onsets in windows."""

import numpy as np
import pytest

from seismonet.kernels.onset import aic, aic_onset, onset_uncertainty


def test_the_criterion_by_hand() -> None:
    x = np.array([[1.0, -1.0, 1.0, 5.0, -5.0, 9.0]])
    got = aic(x * 7 + 3)[0]
    assert np.isinf(got[[0, 1, 5]]).all()
    expected = [k * np.log(x[0, :k].var()) + (6 - k - 1) * np.log(x[0, k:].var()) for k in range(2, 5)]
    # units move the criterion as a whole
    assert np.allclose(np.diff(got[2:5]), np.diff(expected), atol=1e-9)


@pytest.mark.parametrize("onset", [30, 100, 170])
def test_the_onset_is_where_the_noise_changes(onset: int) -> None:
    x = np.random.default_rng(onset).normal(size=(1, 200))
    x[:, onset:] *= 20
    index, quality = aic_onset(x)
    assert abs(int(index[0]) - onset) <= 2
    assert quality[0] > 50


def test_without_an_onset_the_quality_is_low() -> None:
    _, quality = aic_onset(np.random.default_rng(3).normal(size=(50, 300)))
    assert np.median(quality) < 15


def test_an_offset_does_not_matter() -> None:
    x = np.random.default_rng(5).normal(size=(1, 300))
    x[:, 150:] *= 10
    assert aic_onset(x)[0] == aic_onset(x + 1e6)[0]


def test_a_flat_window_has_no_onset_but_an_answer() -> None:
    index, quality = aic_onset(np.full((1, 50), 3.0))
    assert 2 <= int(index[0]) < 49
    assert np.isfinite(quality).all()


def test_a_window_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="four samples"):
        aic(np.ones((1, 3)))


def test_uncertainty_by_hand_and_within_its_bounds() -> None:
    assert onset_uncertainty(4.0, 1.0, 100.0) == pytest.approx(1 / (2 * np.pi * 2))
    assert onset_uncertainty(1e6, 10.0, 100.0) == 0.05
    assert onset_uncertainty(1e6, 10.0, 10.0) == 0.1
    assert onset_uncertainty(0.0, 0.0, 100.0) == 0.5
    assert onset_uncertainty(2.0, 2.0, 100.0) > onset_uncertainty(8.0, 2.0, 100.0)

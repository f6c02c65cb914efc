"""S on the horizontals."""

import numpy as np
import pytest

from seismonet.core.arrays import FloatArray
from seismonet.kernels.sphase import s_candidate, smoothed

RATE_HZ, P = 100.0, 600


def recording(
    after_s: float, s: tuple[float, float, float] = (2.0, 6.0, 6.0), noise: float = 0.05, seed: int = 1
) -> FloatArray:
    """Noise, P mostly vertical, S so long after it, 10 s more; all random under fading envelopes."""
    random = np.random.default_rng(seed)
    n = P + round((after_s + 10.0) * RATE_HZ)
    time_s = (np.arange(n) - P) / RATE_HZ
    p, late = (np.where(time_s >= begin, np.exp(-(time_s - begin) / 2.0), 0.0) for begin in (0.0, after_s))
    size = noise + np.outer([2.0, 0.7, 0.7], p) + np.outer(s, late)
    return random.normal(size=(3, n)) * size


@pytest.mark.parametrize("after_s", [0.6, 2.0, 8.0, 30.0])
def test_s_is_found_where_it_begins_once_its_maximum_has_stood(after_s: float) -> None:
    band, s = recording(after_s), P + round(after_s * RATE_HZ)
    found = s_candidate(band[:, : s + 320], P, RATE_HZ)
    assert found is not None
    assert abs(found.onset - s) <= 10
    assert found.probability > 0.5
    assert s_candidate(band[:, : s + 40], P, RATE_HZ) is None


@pytest.mark.parametrize("seed", range(20))
def test_p_and_its_tail_are_no_s(seed: int) -> None:
    band = recording(8.0, seed=seed)
    told = [s_candidate(band[:, :until], P, RATE_HZ) for until in range(P + 50, P + 790, 50)]
    assert all(one is None or one.probability < 0.5 for one in told)


def test_what_speaks_for_s() -> None:
    usual = s_candidate(recording(3.0)[:, : P + 700], P, RATE_HZ)
    upright = s_candidate(recording(3.0, (9.0, 3.0, 3.0))[:, : P + 700], P, RATE_HZ)
    weak = s_candidate(recording(3.0, (0.1, 0.2, 0.2))[:, : P + 700], P, RATE_HZ)
    drowned = s_candidate(recording(3.0, noise=3.0)[:, : P + 700], P, RATE_HZ)
    assert usual is not None
    assert upright is not None
    assert weak is not None
    assert drowned is not None
    assert upright.horizontal < 0 < usual.horizontal
    assert weak.jump < usual.jump
    assert drowned.height < 1.5 < usual.height
    assert max(upright.probability, weak.probability, drowned.probability) < 0.5 < usual.probability


def test_the_vertical_does_not_say_where_s_begins() -> None:
    band = recording(3.0, (0.0, 0.0, 8.0))[:, : P + 700]
    band[0, P + 200 :] *= 10  # a P of something else
    found = s_candidate(band, P, RATE_HZ)
    assert found is not None
    assert abs(found.onset - P - 300) <= 10


def test_gain_does_not_matter() -> None:
    band = recording(2.5)[:, : P + 600]
    one, other = s_candidate(band, P, RATE_HZ), s_candidate(band * 1e-9, P, RATE_HZ)
    assert one is not None
    assert other is not None
    assert (one.onset, one.largest) == (other.onset, other.largest)
    assert one.probability == pytest.approx(other.probability)


def test_horizontals_may_be_turned() -> None:
    band = recording(2.5)[:, : P + 600]
    north, east = 0.6 * band[1] - 0.8 * band[2], 0.8 * band[1] + 0.6 * band[2]
    one, other = s_candidate(band, P, RATE_HZ), s_candidate(np.stack([band[0], north, east]), P, RATE_HZ)
    assert one is not None
    assert other is not None
    assert abs(one.onset - other.onset) <= 5


def test_a_window_that_ends_too_soon_or_is_dead_says_nothing_wrong() -> None:
    assert s_candidate(recording(2.0)[:, : P + 20], P, RATE_HZ) is None
    dead = s_candidate(np.zeros((3, 1500)), P, RATE_HZ)
    assert dead is None or dead.probability < 0.5


def test_the_mean_of_the_last_samples_by_hand() -> None:
    assert smoothed(np.array([3.0, 6.0, 9.0, 0.0]), 3).tolist() == [3.0, 4.5, 6.0, 5.0]

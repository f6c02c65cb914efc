"""Distance to a rupture of unknown strike, against ruptures drawn by chance."""

import numpy as np
import pytest

from seismonet.models.rupture import rupture_distance, rupture_km


def test_length() -> None:
    # ten to the -2.44 + 0.59 M
    assert rupture_km(6.0) == pytest.approx(10**1.1)


@pytest.mark.parametrize("km", [0.0, 4.0, 30.0, 60.0, 150.0, 600.0])
def test_distance_is_that_of_ruptures_drawn_by_chance(km: float) -> None:
    random, length = np.random.default_rng(1), 60.0
    strike, begin = random.uniform(0, 2 * np.pi, 40_000), random.uniform(0, length, 40_000)
    x, y = km * np.cos(strike), km * np.sin(strike)
    nearest = np.clip(x, -begin, length - begin)
    drawn = np.hypot(x - nearest, y)
    mean, sd = rupture_distance(km, length)
    assert mean == pytest.approx(drawn.mean(), abs=0.4)
    assert sd == pytest.approx(drawn.std(), abs=0.4)


def test_a_point_is_where_it_is() -> None:
    mean, sd = rupture_distance(np.array([0.0, 10.0, 500.0]), 0.0)
    assert mean == pytest.approx([0.0, 10.0, 500.0], abs=0.01)
    assert (sd < 0.01).all()

"""Magnitude from P-wave displacement."""

import numpy as np
import pytest

from seismonet.models.magnitude import pd_magnitude, pd_of, pd_sigma


@pytest.mark.parametrize(("pd_cm", "distance_km", "magnitude"), [(0.1, 50.0, 6.505), (0.01, 100.0, 5.690)])
def test_the_published_relation(pd_cm: float, distance_km: float, magnitude: float) -> None:
    """5.39 + 1.23 log10(Pd in cm) + 1.38 log10(R in km), worked out by hand."""
    assert float(pd_magnitude(pd_cm / 100, distance_km)) == pytest.approx(magnitude, abs=5e-4)


def test_it_works_on_arrays_and_back() -> None:
    magnitudes, distance_km = np.array([3.0, 5.0, 7.5]), 80.0
    pd_m = np.array([pd_of(float(one), distance_km) for one in magnitudes])
    assert np.all(np.diff(pd_m) > 0)
    assert np.allclose(pd_magnitude(pd_m, distance_km), magnitudes)


def test_next_to_the_source_distance_counts_as_one_km() -> None:
    assert pd_magnitude(0.001, 0.0) == pd_magnitude(0.001, 1.0)
    assert pd_of(5.0, 0.0) == pd_of(5.0, 1.0)


def test_more_of_the_p_wave_is_surer() -> None:
    assert [pd_sigma(seconds) for seconds in (0.1, 0.5, 1.0, 2.0, 4.0, 30.0)] == [0.9, 0.9, 0.55, 0.42, 0.35, 0.35]
    assert pd_sigma(1.5) == pytest.approx(0.485)

"""Relations between amplitudes and magnitude."""

import numpy as np
import pytest

from seismonet.models.magnitude import (
    local_magnitude,
    pd_magnitude,
    pd_of,
    pd_sigma,
    rupture_s,
    slab_magnitude,
    tau_c_magnitude,
    unsaturated,
    wu_zhao_magnitude,
)


@pytest.mark.parametrize(("pd_cm", "distance_km", "magnitude"), [(0.1, 50.0, 6.505), (0.01, 100.0, 5.690)])
def test_kuyuk_and_allen(pd_cm: float, distance_km: float, magnitude: float) -> None:
    """5.39 + 1.23 log10(Pd in cm) + 1.38 log10(R in km), worked out by hand."""
    assert float(pd_magnitude(pd_cm / 100, distance_km)) == pytest.approx(magnitude, abs=5e-4)


def test_wu_and_zhao() -> None:
    assert float(wu_zhao_magnitude(0.001, 50.0)) == pytest.approx(6.576, abs=5e-3)


@pytest.mark.parametrize(("nanometres", "distance_km", "magnitude"), [(1e5, 100.0, 5.319), (1e3, 300.0, 4.226)])
def test_ml_of_iaspei(nanometres: float, distance_km: float, magnitude: float) -> None:
    """log10(A) + 1.11 log10(R) + 0.00189 R - 2.09, worked out by hand."""
    assert float(local_magnitude(nanometres * 1e-9, distance_km)) == pytest.approx(magnitude, abs=1e-3)


def test_tau_c_of_wu_and_kanamori() -> None:
    assert float(tau_c_magnitude(2.0)) == pytest.approx(6.802, abs=1e-3)


def test_it_works_on_arrays_and_back() -> None:
    magnitudes, distance_km = np.array([3.0, 5.0, 7.5]), 80.0
    pd_m = np.array([pd_of(float(one), distance_km) for one in magnitudes])
    assert np.all(np.diff(pd_m) > 0)
    assert np.allclose(pd_magnitude(pd_m, distance_km), magnitudes)


def test_next_to_the_source_distance_counts_as_one_km() -> None:
    assert pd_magnitude(0.001, 0.0) == pd_magnitude(0.001, 1.0)
    assert pd_of(5.0, 0.0) == pd_of(5.0, 1.0)
    assert local_magnitude(1e-4, 0.0) == local_magnitude(1e-4, 1.0)


def test_more_of_the_p_wave_is_surer() -> None:
    assert [pd_sigma(seconds) for seconds in (0.1, 0.5, 1.0, 2.0, 4.0, 30.0)] == [0.9, 0.9, 0.55, 0.42, 0.35, 0.35]
    assert pd_sigma(1.5) == pytest.approx(0.485)


def test_the_same_displacement_sooner_means_a_larger_earthquake_of_the_slab() -> None:
    values = [float(slab_magnitude(1e-4, 150.0, seconds)) for seconds in (0.5, 1.0, 2.0, 4.0, 10.0, 60.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] == values[1]
    assert values[-2] == values[-1]


def test_ml_is_itself_below_where_it_saturates_and_grows_faster_above() -> None:
    local = np.arange(3.0, 7.0, 0.1)
    near, far = unsaturated(local, 30.0), unsaturated(local, 300.0)
    assert np.array_equal(near[local < 5.2], local[local < 5.2])
    assert np.all(np.diff(near) > 0.0999)
    assert np.all(near >= far)
    assert np.all(far >= local)
    assert float(unsaturated(6.0, 1e5)) == 6.0


def test_ten_times_the_moment_lasts_2_15_times_as_long() -> None:
    assert rupture_s(6.0 + 2 / 3) / rupture_s(6.0) == pytest.approx(10 ** (1 / 3))

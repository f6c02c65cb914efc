"""The source model, by numbers that can be checked by hand."""

import numpy as np
import pytest

from seismonet.synthesis.source import (
    CRUST,
    SLAB,
    corner_hz,
    corners,
    effective_km,
    level_m_s,
    loss,
    path_s,
    setting_of,
    site_gain,
    spreading,
)


def test_the_corner_is_brunes() -> None:
    # r = (7 M0 / 16 / stress)**(1/3) with M0 = 10**16.6 N m and 3 MPa: 1796.5 m; 2.34 * 3500 / (2 pi r)
    assert corner_hz(5.0, 3e6) == pytest.approx(0.7256, abs=0.001)
    assert corner_hz(6.0) / corner_hz(5.0) == pytest.approx(10**-0.5)
    assert corner_hz(5.0, 24e6) / corner_hz(5.0, 3e6) == pytest.approx(2.0)


@pytest.mark.parametrize("magnitude", [3.0, 5.0, 6.5, 8.0])
@pytest.mark.parametrize("setting", [CRUST, SLAB], ids=lambda setting: setting.name)
def test_two_corners_keep_moment_and_high_frequencies(magnitude: float, setting) -> None:
    low, high, share = corners(magnitude, setting.stress_drop_pa, setting.shear_m_s)
    brune = corner_hz(magnitude, setting.stress_drop_pa, setting.shear_m_s)
    assert low < brune < high
    assert low == pytest.approx(10 ** (2.181 - 0.496 * magnitude))
    assert np.hypot(np.sqrt(1 - share**2) * low**2, share * high**2) == pytest.approx(brune**2)


def test_the_level_is_the_moment_and_nothing_else() -> None:
    # S of M 5 at 10 km: 0.55 * 0.7071 * 2 * 10**16.6 / (4 pi * 2800 * 3500**3 * 10 000 m)
    assert level_m_s("S", 5.0, CRUST, 10.0) == pytest.approx(2.053e-3, rel=1e-3)
    # P: 4 / (3 pi) * 2, and 3**1.5 for the speed
    assert level_m_s("P", 5.0, CRUST, 10.0) == pytest.approx(4.310e-4, rel=1e-3)
    assert level_m_s("S", 7.0, CRUST, 10.0) / level_m_s("S", 5.0, CRUST, 10.0) == pytest.approx(1000.0)


def test_the_way() -> None:
    assert spreading(50.0, 100.0) == pytest.approx(1 / 50)
    assert spreading(400.0, 100.0) == pytest.approx(1 / 200)
    assert level_m_s("P", 5.0, CRUST, 400.0) / level_m_s("P", 5.0, CRUST, 50.0) == pytest.approx(1 / 8)
    assert path_s(26.0) == pytest.approx(5.4)
    frequency = np.array([0.0, 1.0, 8.0])
    assert loss("S", frequency, CRUST, 20.0) == pytest.approx(
        np.exp(-np.pi * (frequency**0.55 * 20 / 180 + frequency * 0.035))
    )
    assert loss("P", frequency, CRUST, 20.0 / np.sqrt(3))[2] > loss("S", frequency, CRUST, 20.0)[2]


def test_distance_of_a_finite_rupture() -> None:
    assert effective_km(3.0, 50.0, 8.0) == pytest.approx(np.hypot(50.0, 8.0), rel=0.01)
    # M 7.5 at 12 km: 24.5 km wide, so it reaches the surface; 10**1.3575 km are added
    assert effective_km(7.5, 0.0, 12.0) == pytest.approx(22.78, abs=0.01)
    assert [setting_of(depth).name for depth in (0.0, 59.0, 60.0, 250.0)] == ["crust", "crust", "slab", "slab"]


def test_the_site_moves_more_at_high_frequencies_and_p_less_than_s() -> None:
    frequency = np.array([0.01, 1.0, 5.0, 20.0])
    s, p = (site_gain(phase, frequency, CRUST) for phase in "SP")
    assert s == pytest.approx(np.array([1.0, 1.54, 2.29, 3.0]) * np.sqrt(2800 / 2720), abs=0.03)
    assert (np.diff(p) > 0).all()
    assert (p[1:] < s[1:]).all()
    assert 1.5 < p[2] < 1.8

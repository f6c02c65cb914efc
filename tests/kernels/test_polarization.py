"""Direction and straightness of motion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.core.arrays import FloatArray
from seismonet.kernels.polarization import UNKNOWN_DEG, axes, covariance, independent, motion, turned

angles = st.floats(0.0, 359.9)
tilts = st.floats(15.0, 70.0)


def wave(backazimuth_deg: float, incidence_deg: float, noise: float = 0.0, n: int = 50, seed: int = 0) -> FloatArray:
    """P that came from a back-azimuth: up and away from the source, of either sign."""
    away, lean = np.deg2rad(backazimuth_deg + 180.0), np.deg2rad(incidence_deg)
    line = np.array([np.cos(lean), np.sin(lean) * np.cos(away), np.sin(lean) * np.sin(away)])
    random = np.random.default_rng(seed)
    return np.outer(line, np.sin(np.arange(n) * 0.4 + 0.3)) + random.normal(size=(3, n)) * noise


@given(angles, tilts, st.sampled_from([1.0, -1.0, 1e-9, -1e7]))
@settings(max_examples=40, deadline=None)
def test_a_line_is_found_whatever_its_sign_and_gain(backazimuth: float, incidence: float, gain: float) -> None:
    found = motion(covariance(wave(backazimuth, incidence) * gain), np.zeros((3, 3)), 10.0)
    assert abs((found.backazimuth_deg - backazimuth + 180) % 360 - 180) < 1e-6
    assert found.incidence_deg == pytest.approx(incidence, abs=1e-6)
    assert found.rectilinearity == pytest.approx(1.0, abs=1e-9)


@given(angles, st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_turning_the_ground_turns_the_backazimuth_and_nothing_else(angle: float, seed: int) -> None:
    samples, turn = wave(40.0, 35.0, 0.1, seed=seed), np.deg2rad(angle)
    about = np.array([[1.0, 0, 0], [0, np.cos(turn), -np.sin(turn)], [0, np.sin(turn), np.cos(turn)]])
    one, other = (motion(covariance(x), np.eye(3) * 0.01, 5.0) for x in (samples, turned(samples, about)))
    assert abs((other.backazimuth_deg - one.backazimuth_deg - angle + 180) % 360 - 180) < 1e-6
    assert other.uncertainty_deg == pytest.approx(one.uncertainty_deg)
    assert other.rectilinearity == pytest.approx(one.rectilinearity)


def test_noise_of_one_direction_is_taken_away() -> None:
    random = np.random.default_rng(3)
    sway = np.outer([0.0, 0.0, 1.0], random.normal(size=4000))  # an east-west microseism
    signal = np.outer([0.8, 0.6, 0.0], random.normal(size=4000))  # P from the south
    with_noise = motion(covariance(signal + sway), covariance(sway), 10.0)
    assert abs(with_noise.backazimuth_deg - 180) < 4
    assert with_noise.uncertainty_deg > motion(covariance(signal), np.zeros((3, 3)), 10.0).uncertainty_deg + 5


def test_a_steep_wave_and_a_weak_one_say_little() -> None:
    def uncertainty(incidence: float, noise: float) -> float:
        return motion(covariance(wave(70.0, incidence, noise)), np.eye(3) * noise**2, 4.0).uncertainty_deg

    assert 10 < uncertainty(40.0, 0.01) < 16
    assert uncertainty(10.0, 0.01) > 30
    assert uncertainty(1.0, 0.01) > 90
    assert uncertainty(40.0, 0.3) > uncertainty(40.0, 0.1) > uncertainty(40.0, 0.01)


def test_no_more_motion_than_noise_says_nothing() -> None:
    assert motion(np.eye(3), np.eye(3) * 2, 10.0).uncertainty_deg == UNKNOWN_DEG
    assert motion(np.zeros((3, 3)), np.zeros((3, 3)), 10.0).rectilinearity == 0.0


def test_components_however_they_are_turned_give_the_same_ground() -> None:
    ground = wave(200.0, 40.0, 0.2)
    azimuth, dip = np.array([10.0, 60.0, 170.0]), np.array([-80.0, 20.0, -5.0])
    sensed = turned(ground, np.asarray(np.linalg.inv(axes(azimuth, dip)), dtype=np.float64))
    assert np.allclose(turned(sensed, axes(azimuth, dip)), ground)
    by_hand = ground[0] * np.sin(np.deg2rad(80)) + np.cos(np.deg2rad(80)) * (
        ground[1] * np.cos(np.deg2rad(10)) + ground[2] * np.sin(np.deg2rad(10))
    )
    assert np.allclose(sensed[0], by_hand)


def test_components_in_a_plane_are_told() -> None:
    assert not independent(np.array([0.0, 90.0, 91.0]), np.zeros(3))
    assert independent(np.array([0.0, 120.0, 240.0]), np.full(3, -35.26))

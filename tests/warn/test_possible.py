"""The few sources that stand for all that an origin leaves open, against the distributions they stand for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.event import Magnitude, Place
from seismonet.location.magnitude import half_units
from seismonet.warn.possible import EPICENTRE_WEIGHT, magnitudes, possible
from tests.warn.sources import confidence, origin

SIZE = Magnitude(6.0, "ML", 0.2, ())


def test_epicentres_have_the_ellipse() -> None:
    # 68 % of a normal distribution lie within 1.51 standard deviations
    sure = confidence(major_km=30.2, minor_km=15.1, azimuth_deg=90.0)
    found = possible(origin(latitude=38.0, longitude=72.0, confidence=sure), SIZE)
    assert found.latitude.shape == (1, 7)
    north = (found.latitude[0] - 38.0) * 111.195
    east = (found.longitude[0] - 72.0) * 111.195 * np.cos(np.deg2rad(38.0))
    assert EPICENTRE_WEIGHT.sum() == pytest.approx(1.0)
    assert EPICENTRE_WEIGHT @ north == pytest.approx(0.0, abs=1e-9)
    # the longer axis points east
    assert np.sqrt(EPICENTRE_WEIGHT @ east**2) == pytest.approx(20.0, rel=2e-3)
    assert np.sqrt(EPICENTRE_WEIGHT @ north**2) == pytest.approx(10.0, rel=2e-3)
    # the fourth moment of a normal distribution is three times its variance squared
    assert EPICENTRE_WEIGHT @ east**4 == pytest.approx(3 * 20.0**4, rel=5e-3)


def test_the_ellipse_is_turned() -> None:
    sure = confidence(major_km=30.2, minor_km=15.1, azimuth_deg=30.0)
    found = possible(origin(latitude=0.0, longitude=72.0, confidence=sure), SIZE)
    north, east = found.latitude[0] * 111.195, (found.longitude[0] - 72.0) * 111.195
    turn = np.deg2rad(30.0)
    # the covariance of an ellipse whose longer axis points north by north-east
    assert EPICENTRE_WEIGHT @ (north * east) == pytest.approx((400 - 100) * np.sin(turn) * np.cos(turn), rel=5e-3)
    assert EPICENTRE_WEIGHT @ north**2 == pytest.approx(400 * np.cos(turn) ** 2 + 100 * np.sin(turn) ** 2, rel=5e-3)


def test_without_confidence_the_radius_counts() -> None:
    found = possible(origin(horizontal_km=15.1, confidence=None), SIZE)
    north = (found.latitude[0] - 38.0) * 111.195
    assert np.sqrt(EPICENTRE_WEIGHT @ north**2) == pytest.approx(10.0, rel=2e-3)


def test_depths_have_the_probabilities_of_their_classes() -> None:
    found = possible(origin(depth_km=45.0, depth_sigma_km=20.0, confidence=confidence(shallow=0.5, deep=0.2)), SIZE)
    depth, weight = found.depth_km[0], found.depth_weight[0]
    assert weight[depth < 40].sum() == pytest.approx(0.5)
    assert weight[(depth >= 40) & (depth < 60)].sum() == pytest.approx(0.3)
    assert weight[depth >= 60].sum() == pytest.approx(0.2)


def test_a_depth_that_is_sure_is_one_depth() -> None:
    found = possible(origin(depth_km=100.0, depth_sigma_km=1.0, confidence=confidence(shallow=0.0, deep=1.0)), SIZE)
    used = found.depth_weight[0] > 0
    assert found.depth_km[0, used] == pytest.approx([100.0, 100.0], abs=5.0)
    alone = possible(origin(depth_km=100.0, depth_sigma_km=10.0, confidence=None), SIZE)
    used = alone.depth_weight[0] > 0
    assert used.sum() == 2
    assert np.sqrt(alone.depth_weight[0] @ (alone.depth_km[0] - 100.0) ** 2) == pytest.approx(10.0, rel=0.05)


def test_a_class_that_is_possible_though_no_place_is_named_there() -> None:
    found = possible(origin(depth_km=10.0, depth_sigma_km=3.0, confidence=confidence(shallow=0.8, deep=0.2)), SIZE)
    deep = found.depth_km[0] >= 60
    assert found.depth_weight[0, deep].sum() == pytest.approx(0.2)
    assert 100 < found.depth_km[0, deep].mean() < 250


def test_two_places_have_their_probabilities() -> None:
    places = (Place(38.0, 72.0, 15.0, 0.6), Place(36.5, 70.7, 200.0, 0.4))
    sure = confidence(shallow=0.6, deep=0.4, modes=places)
    found = possible(origin(depth_km=15.0, depth_sigma_km=10.0, confidence=sure), SIZE)
    assert found.depth_weight.sum() == pytest.approx(1.0)
    assert found.depth_weight.sum(axis=1) == pytest.approx([0.6, 0.4], abs=0.01)
    assert (found.depth_km[1, found.depth_weight[1] > 0.01] > 180).all()
    assert found.latitude[1, 0] == 36.5


@given(st.floats(-60, 60), st.floats(0, 300), st.floats(0, 100), st.floats(0, 300), st.floats(0, 1), st.floats(0, 1))
def test_any_origin_gives_sources_on_this_earth(
    latitude: float, depth: float, sigma: float, radius: float, shallow: float, part: float
) -> None:
    deep = (1 - shallow) * part
    sure = confidence(major_km=radius, minor_km=radius / 2, shallow=shallow, deep=deep)
    found = possible(origin(latitude=latitude, depth_km=depth, depth_sigma_km=sigma, confidence=sure), SIZE)
    assert found.depth_weight.sum() == pytest.approx(1.0)
    assert (found.depth_weight >= 0).all()
    assert (found.depth_km >= 0).all()
    assert (np.abs(found.latitude) <= 90).all()
    assert np.isfinite(found.longitude).all()


def test_magnitudes_of_a_normal_distribution() -> None:
    value, weight = magnitudes(Magnitude(5.3, "ML", 0.3, ()))
    assert weight.sum() == pytest.approx(1.0)
    assert weight @ value == pytest.approx(5.3, abs=1e-6)
    for power, moment in ((2, 0.3**2), (4, 3 * 0.3**4)):
        assert weight @ (value - 5.3) ** power == pytest.approx(moment, rel=1e-3)


def test_magnitudes_have_the_probabilities_that_are_told() -> None:
    """What is usual is within them: the mean is less than what was measured by the variance times ln 10."""
    told = half_units(6.0, 0.3, 1.0)
    value, weight = magnitudes(Magnitude(6.0, "Mpd", 0.3, (), probabilities=told))
    assert weight @ value == pytest.approx(6.0 - np.log(10) * 0.3**2, abs=0.01)
    assert np.sqrt(weight @ (value - weight @ value) ** 2) == pytest.approx(0.3, abs=0.01)


def test_a_lower_bound_reaches_up() -> None:
    told = half_units(6.8, 0.3, 1.0, at_least=True)
    value, weight = magnitudes(Magnitude(6.8, "Mpd", 0.3, (), at_least=True, probabilities=told))
    middle = np.r_[2.25, np.arange(2.75, 8.5, 0.5), 8.75]
    assert weight @ value == pytest.approx(np.array(told) @ middle, abs=0.1)
    assert value[2] > 7.5


def test_magnitudes_that_are_told_decide() -> None:
    told = [0.0] * 14
    told[6] = 1.0  # 5.0 to 5.5
    value, _ = magnitudes(Magnitude(5.0, "Mpd", 0.5, (), probabilities=tuple(told)))
    assert (value >= 5.0).all()
    assert (value <= 5.5).all()


def test_a_half_unit_that_was_not_measured_is_possible_when_told() -> None:
    told = [0.0] * 14
    told[9] = 1.0  # 6.5 to 7.0
    value, weight = magnitudes(Magnitude(3.0, "Mpd", 0.05, (), probabilities=tuple(told)))
    assert (value >= 6.5).all()
    assert (value <= 7.0).all()
    assert weight.sum() == pytest.approx(1.0)

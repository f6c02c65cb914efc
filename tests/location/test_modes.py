"""From cells to words: an ellipse that holds 68 %, whatever the tails and the second place."""

import numpy as np
import pytest

from seismonet.core.geo import KM_PER_DEGREE
from seismonet.location.modes import Cells, Summary, summarise

HOLDS_68 = float(np.sqrt(-2 * np.log(0.32)))


def normal(north: np.ndarray, east: np.ndarray, along_km: float, across_km: float, azimuth_deg: float) -> np.ndarray:
    """Density of a normal distribution whose longer axis points to some azimuth."""
    angle = np.deg2rad(azimuth_deg)
    along, across = north * np.cos(angle) + east * np.sin(angle), east * np.cos(angle) - north * np.sin(angle)
    density = np.exp(-0.5 * (np.square(along / along_km) + np.square(across / across_km)))
    return np.asarray(density / (along_km * across_km))


def plane(step_km: float = 0.5, half_km: float = 100.0) -> tuple[np.ndarray, np.ndarray, float]:
    side = np.arange(-half_km, half_km, step_km) + step_km / 2
    north, east = (axis.ravel() for axis in np.meshgrid(side, side, indexing="ij"))
    return north, east, step_km


def told(north: np.ndarray, east: np.ndarray, width_km: float, density: np.ndarray) -> Summary:
    """At the equator, where a degree is as long to the east as to the north, 10 km deep."""
    every = np.ones_like(north)
    p = density / density.sum()
    cells = Cells(north / KM_PER_DEGREE, east / KM_PER_DEGREE, 10 * every, every, width_km * every, p)
    return summarise(cells, stations=8, shear=1)


def share_inside(said: Summary, north: np.ndarray, east: np.ndarray, density: np.ndarray) -> float:
    sure = said.confidence
    north, east = north - said.latitude * KM_PER_DEGREE, east - said.longitude * KM_PER_DEGREE
    angle = np.deg2rad(sure.azimuth_deg)
    along, across = north * np.cos(angle) + east * np.sin(angle), east * np.cos(angle) - north * np.sin(angle)
    within = np.square(along / sure.major_km) + np.square(across / sure.minor_km) <= 1
    return float(density[within].sum() / density.sum())


@pytest.mark.parametrize("azimuth_deg", [0.0, 30.0, 120.0])
def test_of_a_normal_distribution_it_is_the_known_one(azimuth_deg: float) -> None:
    north, east, width = plane()
    said = told(north, east, width, normal(north, east, 12.0, 4.0, azimuth_deg)).confidence
    assert said.major_km == pytest.approx(12 * HOLDS_68, rel=0.03)
    assert said.minor_km == pytest.approx(4 * HOLDS_68, rel=0.03)
    assert (said.azimuth_deg - azimuth_deg + 90) % 180 - 90 == pytest.approx(0, abs=1)


def test_long_tails_do_not_blow_it_up() -> None:
    """A tenth of the probability ten times as far away in the other direction: still 68 %, and the core's shape."""
    north, east, width = plane()
    density = 0.9 * normal(north, east, 6.0, 3.0, 0.0) + 0.1 * normal(north, east, 30.0, 10.0, 90.0)
    said = told(north, east, width, density)
    assert share_inside(said, north, east, density) == pytest.approx(0.68, abs=0.02)
    assert said.confidence.major_km < 1.25 * 6 * HOLDS_68
    assert said.confidence.azimuth_deg == pytest.approx(0, abs=5) or said.confidence.azimuth_deg > 175
    assert said.confidence.minor_km < said.horizontal_km < said.confidence.major_km


def test_wide_cells_count_with_their_width() -> None:
    north, east, width = plane(10.0)
    said = told(north, east, width, normal(north, east, 4.0, 4.0, 0.0))
    assert said.confidence.minor_km == pytest.approx(HOLDS_68 * np.sqrt(16 + 100 / 12), rel=0.3)


def test_it_is_that_of_the_dominant_place() -> None:
    north, east, width = plane()
    near, far = normal(north - 60, east, 5.0, 5.0, 0.0), normal(north + 60, east, 5.0, 5.0, 0.0)
    said = told(north, east, width, 0.7 * near + 0.3 * far)
    assert len(said.confidence.modes) == 2
    assert share_inside(said, north, east, near) == pytest.approx(0.68, abs=0.02)

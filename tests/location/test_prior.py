"""Where earthquakes are before anything is measured: how much of it lies in the crust, below, and in the zones."""

import numpy as np
import pytest

from seismonet.core.geo import KM_PER_DEGREE, distance_deg
from seismonet.location.grid import DEPTH_EDGES_KM, Grid, build
from seismonet.location.prior import PriorParams, Zone, log_prior

REGION_KM = 800.0
NEST = Zone(36.5, 70.8, 200.0, 30.0, 30.0)
SLAB = Zone(38.2, 72.7, 120.0, 30.0, 25.0)


def region(steps: int = 20) -> Grid:
    return build((37.5, 72.0), REGION_KM / 2, steps, DEPTH_EDGES_KM)


def masses(grid: Grid, params: PriorParams) -> np.ndarray:
    """The probability of each cell."""
    return np.exp(log_prior(grid, params, REGION_KM**2)) * grid.volume_km3


def near(grid: Grid, zone: Zone) -> np.ndarray:
    """(cells,) bool: within three standard deviations of a zone's middle."""
    km = distance_deg(grid.latitude, grid.longitude, zone.latitude, zone.longitude) * KM_PER_DEGREE
    return np.asarray((km < 3 * zone.width_km) & (np.abs(grid.depth_km - zone.depth_km) < 3 * zone.height_km))


@pytest.mark.parametrize("crust", [0.5, 0.9])
@pytest.mark.parametrize("zones", [(), (NEST, SLAB)])
def test_the_crust_holds_what_it_is_given_whatever_lies_below(crust: float, zones: tuple[Zone, ...]) -> None:
    grid = region()
    mass = masses(grid, PriorParams(crust=crust, zones=zones))
    assert mass[grid.depth_km < 40].sum() == pytest.approx(crust, abs=0.01)
    # a little of the exponential lies below the grid
    assert mass.sum() == pytest.approx(1.0, abs=0.03)


def test_zones_hold_their_share_of_the_deep_and_by_their_weights() -> None:
    grid = region(80)
    heavy = Zone(NEST.latitude, NEST.longitude, NEST.depth_km, NEST.width_km, NEST.height_km, weight=3.0)
    with_zones = masses(grid, PriorParams(crust=0.5, zones=(heavy, SLAB), zoned=0.7))
    without = masses(grid, PriorParams(crust=0.5)) * 0.3
    more = np.where(grid.depth_km < 40, 0.0, with_zones - without)
    assert more.sum() == pytest.approx(0.5 * 0.7, abs=0.02)
    assert more[near(grid, heavy)].sum() / more[near(grid, SLAB)].sum() == pytest.approx(3.0, rel=0.05)


def test_no_coarse_cell_misses_a_narrow_zone() -> None:
    narrow = Zone(37.53, 72.07, 170.0, 5.0, 5.0)
    coarse = masses(region(), PriorParams(crust=0.5, zones=(narrow,), zoned=0.9))
    assert coarse.sum() == pytest.approx(1.0, abs=0.1)

"""Where earthquakes are before anything is measured: two hypotheses of depth, the crust and what lies below it.

The crust holds its sources evenly in area and depth. Below it an exponential, even in area, stands for what nobody
knows; where a slab is known, zones say where its earthquakes are.
"""

from typing import Annotated

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE, distance_deg

from .grid import Grid


@parameters(frozen=True)
class Zone:
    """A place in a slab where earthquakes are known to happen: a normal distribution about a point."""

    latitude: float = Field(ge=-90, le=90, description="of its middle, degrees")
    longitude: float = Field(ge=-180, le=180, description="of its middle, degrees")
    depth_km: float = Field(ge=40, le=310, description="of its middle")
    width_km: float = Field(gt=0, description="standard deviation to each side")
    height_km: float = Field(gt=0, description="standard deviation of depth")
    weight: float = Field(default=1.0, gt=0, description="its earthquakes beside those of other zones")


@parameters(frozen=True)
class PriorParams:
    """What is believed of places and depths before the data."""

    crust: float = Field(
        default=0.9, gt=0, lt=1, description="probability of a source above crust_km; at least 0.5 where it may warn"
    )
    crust_km: float = Field(default=40.0, gt=0, description="bottom of the crust's class of depths")
    deep_scale_km: float = Field(default=80.0, gt=0, description="scale of the exponential prior below")
    zones: tuple[Zone, ...] = Field(default=(), description="where the slab's earthquakes are known to happen")
    zoned: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.7, description="share of the deep earthquakes that lie in the zones, when there are any"
    )


def log_prior(grid: Grid, params: PriorParams, area_km2: float) -> FloatArray:
    """(cells,) log probability density per km**3 in a region of some area.

    Averages over each cell's depths, so that a thick cell across the border of classes holds its share of both.
    """
    top, bottom = grid.depth_km - grid.height_km / 2, grid.depth_km + grid.height_km / 2
    height = np.maximum(grid.height_km, 1e-9)
    shallow = np.clip(np.minimum(bottom, params.crust_km) - top, 0.0, None) / height
    below = [np.exp(-np.maximum(edge - params.crust_km, 0.0) / params.deep_scale_km) for edge in (top, bottom)]
    density = params.crust / (params.crust_km * area_km2) * shallow
    zoned = params.zoned if params.zones else 0.0
    density += (1 - params.crust) * (1 - zoned) / area_km2 * (below[0] - below[1]) / height
    if params.zones:
        density += (1 - params.crust) * zoned * _zones(grid, params.zones)
    return np.asarray(np.log(np.maximum(density, 1e-300)))


def _zones(grid: Grid, zones: tuple[Zone, ...]) -> FloatArray:
    """Density per km**3 of the zones; a cell's own extent widens them, so that no cell misses a narrow one."""
    total = np.zeros(len(grid))
    for zone in zones:
        km = distance_deg(grid.latitude, grid.longitude, zone.latitude, zone.longitude) * KM_PER_DEGREE
        width2 = zone.width_km**2 + grid.spacing_km**2 / 12
        height2 = zone.height_km**2 + np.square(grid.height_km) / 12
        down = np.square(grid.depth_km - zone.depth_km) / height2
        shape = np.exp(-0.5 * (np.square(km) / width2 + down))
        total += zone.weight * shape / (2 * np.pi * width2 * np.sqrt(2 * np.pi * height2))
    return np.asarray(total / sum(zone.weight for zone in zones))

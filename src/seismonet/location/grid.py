"""Trial sources around a network, and travel times from them to its stations."""

from dataclasses import dataclass, field

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.geo import KM_PER_DEGREE, distance_deg
from seismonet.core.inventory import Station
from seismonet.models.traveltime import TravelTimes

DEPTHS_KM = np.array([0, 3, 6, 10, 14, 18, 23, 28, 34, 40, 50, 60, 75, 90, 110, 130, 155, 180, 210, 240, 270, 300.0])
CRUST_VP_KM_S, VP_VS = 5.8, 1.73


@dataclass(frozen=True, slots=True)
class Grid:
    """Trial sources, flattened: coordinates in degrees, depth in km, and the volume (km**3) each stands for."""

    latitude: FloatArray
    longitude: FloatArray
    depth_km: FloatArray
    volume_km3: FloatArray
    spacing_km: float

    def __len__(self) -> int:
        return len(self.latitude)


def build(center: tuple[float, float], half_km: float, steps: int, depths_km: FloatArray) -> Grid:
    """A grid of ``steps`` x ``steps`` points at some depths, ``half_km`` to each side of ``center`` (lat, lon)."""
    offset_km = np.linspace(-half_km, half_km, steps)
    spacing_km = float(offset_km[1] - offset_km[0])
    latitude = np.clip(center[0] + offset_km / KM_PER_DEGREE, -89.9, 89.9)
    longitude = center[1] + offset_km / (KM_PER_DEGREE * max(0.1, np.cos(np.deg2rad(center[0]))))
    lat, lon, depth = (axis.ravel() for axis in np.meshgrid(latitude, longitude, depths_km, indexing="ij"))
    thickness = np.gradient(depths_km) if len(depths_km) > 1 else np.ones(1)
    volume = np.tile(thickness * spacing_km**2, steps * steps)
    return Grid(lat, lon, depth, volume, spacing_km)


def around(stations: list[Station], *, margin_km: float = 150.0, steps: int = 45, max_depth_km: float = 300.0) -> Grid:
    """The coarse grid of a network: it sizes itself from where the stations are.

    Half its side is the network's radius about its centre and a margin: 150 km, or the radius itself where that is
    larger; a network does not see further than about its own size, and a small one sees 150 km.
    """
    latitude = np.array([station.latitude for station in stations])
    longitude = np.array([station.longitude for station in stations])
    unwrapped = np.rad2deg(np.unwrap(np.deg2rad(np.sort(longitude))))
    center = (float((latitude.min() + latitude.max()) / 2), float((unwrapped[0] + unwrapped[-1]) / 2))
    radius_km = float(distance_deg(center[0], center[1], latitude, longitude).max()) * KM_PER_DEGREE
    return build(center, radius_km + max(margin_km, radius_km), steps, DEPTHS_KM[max_depth_km >= DEPTHS_KM])


def refine(grid: Grid, best: int, depths_km: FloatArray, steps: int = 25) -> Grid:
    """A finer grid about node ``best``: two coarse cells to each side, depths one coarse step up and down, in km."""
    center = float(grid.latitude[best]), float(grid.longitude[best])
    level = int(np.argmin(np.abs(depths_km - grid.depth_km[best])))
    low, high = depths_km[max(0, level - 1)], depths_km[min(len(depths_km) - 1, level + 1)]
    return build(center, 2 * grid.spacing_km, steps, np.linspace(low, high, 9))


def rise_s(station: Station, phase: str) -> float:
    """Time in s from sea level up to a station, at crustal velocity."""
    return station.elevation_m / 1000 / CRUST_VP_KM_S * (1.0 if phase == "P" else VP_VS)


@dataclass(slots=True)
class Tables:
    """Distances and travel times from all nodes of one grid to stations, computed when first asked for.

    A part of another grid (``whole``, its nodes ``index``) takes them from there.
    """

    grid: Grid
    model: TravelTimes
    whole: "Tables | None" = None
    index: IntArray | None = None
    _distance: dict[str, FloatArray] = field(default_factory=dict)
    _time: dict[tuple[str, str], FloatArray] = field(default_factory=dict)

    def distance_km(self, station: Station) -> FloatArray:
        """(nodes,) epicentral distance in km."""
        if self.whole is not None:
            return self.whole.distance_km(station)[self.index]
        code = station.station_code
        if code not in self._distance:
            grid = self.grid
            degrees = distance_deg(grid.latitude, grid.longitude, station.latitude, station.longitude)
            self._distance[code] = degrees * KM_PER_DEGREE
        return self._distance[code]

    def time_s(self, station: Station, phase: str) -> FloatArray:
        """(nodes,) travel time in s, with the station's elevation at crustal velocity."""
        if self.whole is not None:
            return self.whole.time_s(station, phase)[self.index]
        key = station.station_code, phase
        if key not in self._time:
            degrees = self.distance_km(station) / KM_PER_DEGREE
            self._time[key] = self.model.times(phase, degrees, self.grid.depth_km) + rise_s(station, phase)
        return self._time[key]

    def near(self, latitude: float, longitude: float, radius_km: float) -> "Tables":
        """The part of the grid within ``radius_km`` of a place, all depths."""
        grid = self.grid
        km = distance_deg(grid.latitude, grid.longitude, latitude, longitude) * KM_PER_DEGREE
        index = np.flatnonzero(km <= radius_km)
        where = grid.latitude[index], grid.longitude[index], grid.depth_km[index]
        return Tables(Grid(*where, grid.volume_km3[index], grid.spacing_km), self.model, self, index)

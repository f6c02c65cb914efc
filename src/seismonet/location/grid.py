"""Trial sources: cells of a volume around a network, and travel times from them to its stations.

A cell stands for all sources within it. It can be divided into eight; the coarse grid of a network is made once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg, distance_deg
from seismonet.core.inventory import Station
from seismonet.models.corrections import StationCorrections
from seismonet.models.traveltime import TravelTimes

DEPTH_EDGES_KM = np.array([0, 10, 20, 30, 40, 50, 60, 85, 115, 150, 190, 240, 300.0])
CRUST_VP_KM_S, VP_VS = 5.7, 1.73
SHALLOWEST_KM = 0.1
ACROSS = 24


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells, flattened: centres in degrees and km; widths and heights in km, the whole width ``spacing_km``."""

    latitude: FloatArray
    longitude: FloatArray
    depth_km: FloatArray
    height_km: FloatArray
    spacing_km: float

    @property
    def volume_km3(self) -> FloatArray:
        """(cells,) volumes."""
        return self.height_km * self.spacing_km**2

    def __len__(self) -> int:
        return len(self.latitude)

    def part(self, index: IntArray) -> "Grid":
        """Some of the cells."""
        return Grid(
            self.latitude[index], self.longitude[index], self.depth_km[index], self.height_km[index], self.spacing_km
        )

    def divided(self) -> "Grid":
        """Every cell as eight, those of one cell in a row.

        >>> whole = build((0.0, 0.0), 10.0, 1, np.array([0.0, 8.0]))
        >>> len(whole.divided()), float(whole.divided().volume_km3.sum() / whole.volume_km3.sum())
        (8, 1.0)
        """
        side = np.array([-0.25, 0.25])
        north, east, down = (axis.ravel() for axis in np.meshgrid(side, side, side, indexing="ij"))
        step_deg = self.spacing_km / KM_PER_DEGREE
        shrink = np.maximum(0.1, np.cos(np.deg2rad(self.latitude)))[:, None]
        latitude = np.clip(self.latitude[:, None] + north * step_deg, -89.9, 89.9)
        longitude = self.longitude[:, None] + east * step_deg / shrink
        depth = self.depth_km[:, None] + down * self.height_km[:, None]
        return Grid(
            latitude.ravel(), longitude.ravel(), depth.ravel(), np.repeat(self.height_km / 2, 8), self.spacing_km / 2
        )


def build(center: tuple[float, float], half_km: float, steps: int, edges_km: FloatArray) -> Grid:
    """``steps`` x ``steps`` cells between some depths, ``half_km`` to each side of ``center`` (lat, lon)."""
    spacing_km = 2 * half_km / steps
    offset_km = (np.arange(steps) + 0.5) * spacing_km - half_km
    latitude = np.clip(center[0] + offset_km / KM_PER_DEGREE, -89.9, 89.9)
    longitude = center[1] + offset_km / (KM_PER_DEGREE * max(0.1, np.cos(np.deg2rad(center[0]))))
    middle = (edges_km[1:] + edges_km[:-1]) / 2
    lat, lon, depth = (axis.ravel() for axis in np.meshgrid(latitude, longitude, middle, indexing="ij"))
    return Grid(lat, lon, depth, np.tile(np.diff(edges_km), steps * steps), spacing_km)


def around(stations: list[Station], *, margin_km: float = 150.0, max_depth_km: float = 300.0) -> Grid:
    """The coarse grid of a network: it sizes itself from where the stations are.

    Half its side is the network's radius about its centre and a margin: 150 km, or the radius itself where that is
    larger; a network does not see further than about its own size, and a small one sees 150 km.
    """
    latitude = np.array([station.latitude for station in stations])
    longitude = np.array([station.longitude for station in stations])
    unwrapped = np.rad2deg(np.unwrap(np.deg2rad(np.sort(longitude))))
    center = (float((latitude.min() + latitude.max()) / 2), float((unwrapped[0] + unwrapped[-1]) / 2))
    radius_km = float(distance_deg(center[0], center[1], latitude, longitude).max()) * KM_PER_DEGREE
    edges = np.r_[DEPTH_EDGES_KM[max_depth_km > DEPTH_EDGES_KM], max_depth_km]
    return build(center, radius_km + max(margin_km, radius_km), ACROSS, edges)


def rise_s(
    elevation_m: FloatArray | float,
    phase: str,
    distance_km: FloatArray,
    depth_km: FloatArray | float,
    time_s: FloatArray,
) -> FloatArray:
    """Time in s from sea level up to a station, at crustal velocity, for sources seen from there; arguments broadcast.

    Only what the ray climbs counts: from straight below the whole height, along the surface next to nothing. How
    steep it is follows from its slowness, as a straight ray of that travel time would have it.

    >>> rise_s(2850.0, "P", np.array([0.0, 100.0]), 10.0, np.array([1.75, 17.4])).round(2)
    array([0.5 , 0.09])
    """
    speed = CRUST_VP_KM_S / (1.0 if phase == "P" else VP_VS)
    away2 = np.square(distance_km) + np.square(np.maximum(depth_km, SHALLOWEST_KM))
    level = np.square(speed * time_s * distance_km / away2)
    return np.asarray(np.sqrt(np.maximum(1.0 - level, 0.0)) * (np.asarray(elevation_m) / 1000 / speed))


@dataclass(slots=True)
class Tables:
    """Distances, azimuths and travel times from all cells of one grid to stations, computed when first asked for."""

    grid: Grid
    model: TravelTimes
    corrections: StationCorrections = field(default_factory=StationCorrections)
    _distance: dict[str, FloatArray] = field(default_factory=dict)
    _azimuth: dict[str, FloatArray] = field(default_factory=dict)
    _time: dict[tuple[str, str], FloatArray] = field(default_factory=dict)

    def distance_km(self, station: Station) -> FloatArray:
        """(cells,) epicentral distance in km."""
        code = station.station_code
        if code not in self._distance:
            grid = self.grid
            degrees = distance_deg(grid.latitude, grid.longitude, station.latitude, station.longitude)
            self._distance[code] = degrees * KM_PER_DEGREE
        return self._distance[code]

    def backazimuths_deg(self, stations: Sequence[Station]) -> FloatArray:
        """(stations, cells) azimuth from stations towards the cells."""
        fresh = {one.station_code: one for one in stations if one.station_code not in self._azimuth}
        if fresh:
            found = azimuth_deg(*_places(fresh.values()), self.grid.latitude, self.grid.longitude)
            self._azimuth.update(zip(fresh, found, strict=True))
        return np.stack([self._azimuth[one.station_code] for one in stations])

    def time_s(self, station: Station, phase: str) -> FloatArray:
        """(cells,) travel time in s, with the station's elevation at crustal velocity and its correction."""
        key = station.station_code, phase
        if key not in self._time:
            degrees = self.distance_km(station) / KM_PER_DEGREE
            time = self.model.times(phase, degrees, self.grid.depth_km)
            self._time[key] = self._corrected([station], phase, time[None])[0]
        return self._time[key]

    def prepare(self, pairs: Sequence[tuple[Station, str]], places: Sequence[Station] = ()) -> None:
        """Compute what is not there yet of some stations and phases, all at once, which for many is far quicker.

        Of ``places`` only distances are wanted.
        """
        grid = self.grid
        stations = [*(one for one, _ in pairs), *places]
        fresh = {one.station_code: one for one in stations if one.station_code not in self._distance}
        if fresh:
            km = distance_deg(*_places(fresh.values()), grid.latitude, grid.longitude) * KM_PER_DEGREE
            self._distance.update(zip(fresh, km, strict=True))
        for phase in ("P", "S"):
            wanted = {
                one.station_code: one
                for one, kind in pairs
                if kind == phase and (one.station_code, phase) not in self._time
            }
            if wanted:
                degrees = np.stack([self._distance[code] for code in wanted]) / KM_PER_DEGREE
                times = self.model.times(phase, degrees, grid.depth_km)
                corrected = self._corrected(list(wanted.values()), phase, times)
                self._time.update(zip(((code, phase) for code in wanted), corrected, strict=True))

    def _corrected(self, stations: Sequence[Station], phase: str, times: FloatArray) -> FloatArray:
        """(stations, cells) times with what lies between sea level and the stations, and with their corrections."""
        depth_km = self.grid.depth_km
        km = np.stack([self.distance_km(one) for one in stations])
        elevation_m = np.array([one.elevation_m for one in stations])[:, None]
        times = times + rise_s(elevation_m, phase, km, depth_km, times)
        for row, one in zip(times, stations, strict=True):
            if one.station_code in self.corrections.station_codes:
                row += self.corrections.seconds(one.station_code, phase, depth_km)
        return times

    def of(self, grid: Grid) -> "Tables":
        """The same for another grid."""
        return Tables(grid, self.model, self.corrections)


def _places(stations: Iterable[Station]) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes, each (stations, 1)."""
    latitude, longitude = np.array([(one.latitude, one.longitude) for one in stations]).T[:, :, None]
    return latitude, longitude

"""Trial sources: cells of a volume around a network, and travel times from them to its stations.

A cell stands for all sources within it. It can be divided into eight; the coarse grid of a network is made once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.geo import KM_PER_DEGREE, distance_deg, geocentric_deg
from seismonet.core.inventory import Station
from seismonet.models.corrections import StationCorrections
from seismonet.models.traveltime import TravelTimes

DEPTH_EDGES_KM = np.array([0, 10, 20, 30, 40, 50, 60, 85, 115, 150, 190, 240, 300.0])
CRUST_VP_KM_S, VP_VS = 5.7, 1.73
SHALLOWEST_KM = 0.1
ACROSS = 20
MOST_KEPT = 1_000_000


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
    center = (float((latitude.min() + latitude.max()) / 2), float((unwrapped.min() + unwrapped.max()) / 2))
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
    """Distances, azimuths and travel times from all cells of one grid to stations, computed when first asked for.

    Rows are kept by station, of each kind at most ``MOST_KEPT`` cells in all, 8 MB.
    """

    grid: Grid
    model: TravelTimes
    corrections: StationCorrections = field(default_factory=StationCorrections)
    _unit: FloatArray | None = None
    _kept: dict[str, dict[str, FloatArray]] = field(default_factory=dict)

    def distances_km(self, stations: Sequence[Station]) -> FloatArray:
        """(stations, cells) epicentral distance in km."""
        return self._rows("km", stations, self._distances)

    def backazimuths_deg(self, stations: Sequence[Station]) -> FloatArray:
        """(stations, cells) azimuth from stations towards the cells, -180 to 180 degrees."""
        return self._rows("azimuth", stations, self._azimuths)

    def times_s(self, phase: str, stations: Sequence[Station]) -> FloatArray:
        """(stations, cells) travel time in s, with the stations' elevations at crustal velocity and corrections."""
        return self._rows(phase, stations, lambda some: self._times(phase, some))

    @property
    def kept_bytes(self) -> int:
        """Memory of what is kept."""
        return sum(row.nbytes for rows in self._kept.values() for row in rows.values())

    def of(self, grid: Grid) -> "Tables":
        """The same for another grid."""
        return Tables(grid, self.model, self.corrections)

    def _rows(
        self, kind: str, stations: Sequence[Station], compute: Callable[[Sequence[Station]], FloatArray]
    ) -> FloatArray:
        """Rows that are kept, and what is not there yet computed at once, which for many is far quicker."""
        kept = self._kept.setdefault(kind, {})
        codes = [one.station_code for one in stations]
        fresh = {code: one for code, one in zip(codes, stations, strict=True) if code not in kept}
        if kept and (len(kept) + len(fresh)) * len(self.grid) > MOST_KEPT:
            kept.clear()
            fresh = dict(zip(codes, stations, strict=True))
        if fresh:
            found = compute(list(fresh.values()))
            kept.update(zip(fresh, found, strict=True))
            if len(fresh) == len(codes):
                return found
        return np.stack([kept[code] for code in codes])

    @property
    def _cells(self) -> FloatArray:
        """(3, cells) unit vectors: with them sines are taken of cells and of stations, not of each pair."""
        if self._unit is None:
            self._unit = _unit_vectors(self.grid.latitude, self.grid.longitude)
        return self._unit

    def _distances(self, stations: Sequence[Station]) -> FloatArray:
        places, cells = _unit_vectors(*_places(stations))[..., None], self._cells
        chord2 = sum(np.square(cells[axis] - places[axis]) for axis in range(3))
        return np.asarray(np.arcsin(np.minimum(np.sqrt(chord2) / 2, 1.0)) * (2 * np.rad2deg(KM_PER_DEGREE)))

    def _azimuths(self, stations: Sequence[Station]) -> FloatArray:
        latitude, longitude = _places(stations)
        up, cells = _unit_vectors(latitude, longitude), self._cells
        level = np.hypot(up[0], up[1])
        east = np.stack([-up[1], up[0], np.zeros_like(level)]) / level
        north = np.stack([-up[2] * up[0] / level, -up[2] * up[1] / level, level])
        along = [sum(axis[k][:, None] * cells[k] for k in range(3)) for axis in (east, north)]
        return np.asarray(np.rad2deg(np.arctan2(*along)))

    def _times(self, phase: str, stations: Sequence[Station]) -> FloatArray:
        depth_km, km = self.grid.depth_km, self.distances_km(stations)
        times = self.model.times(phase, km / KM_PER_DEGREE, depth_km)
        elevation_m = np.array([one.elevation_m for one in stations])[:, None]
        times += rise_s(elevation_m, phase, km, depth_km, times)
        corrected = self.corrections.station_codes
        for row, one in zip(times, stations, strict=True):
            if one.station_code in corrected:
                row += self.corrections.seconds(one.station_code, phase, depth_km)
        return times


def _places(stations: Iterable[Station]) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes."""
    latitude, longitude = np.array([(one.latitude, one.longitude) for one in stations]).T
    return latitude, longitude


def _unit_vectors(latitude: FloatArray, longitude: FloatArray) -> FloatArray:
    """(3, places) from the Earth's middle, of geographic latitudes."""
    phi, turn = np.deg2rad(geocentric_deg(latitude)), np.deg2rad(longitude)
    return np.stack([np.cos(phi) * np.cos(turn), np.cos(phi) * np.sin(turn), np.sin(phi)])

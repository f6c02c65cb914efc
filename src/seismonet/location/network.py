"""The stations of a network as arrays, and when waves of a source reach each of them."""

from dataclasses import dataclass, field

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE, distance_deg
from seismonet.core.inventory import Station
from seismonet.models.corrections import StationCorrections
from seismonet.models.traveltime import TravelTimes

from .grid import rise_s


@dataclass(frozen=True, slots=True)
class Arrivals:
    """(stations,) epicentral distance in km and travel times of first P and S in s, in the order of the network."""

    km: FloatArray
    p_s: FloatArray
    s_s: FloatArray


@dataclass(slots=True)
class Network:
    """Where the stations are and how far from each other.

    >>> from seismonet.models.traveltime import cache_dir, travel_times
    >>> places = [Station("XX", name, 0, 1, 38.0, lon, 0.0) for name, lon in (("A", 72.0), ("B", 73.0))]
    >>> network = Network({one.station_code: one for one in places}, travel_times("iasp91", cache_dir()))
    >>> network.km.round(1).tolist()
    [[0.0, 87.8], [87.8, 0.0]]
    """

    stations: dict[str, Station]
    model: TravelTimes
    corrections: StationCorrections = field(default_factory=StationCorrections)
    codes: tuple[str, ...] = field(init=False)
    index: dict[str, int] = field(init=False)
    latitude: FloatArray = field(init=False)
    longitude: FloatArray = field(init=False)
    km: FloatArray = field(init=False)
    elevation_m: FloatArray = field(init=False)
    _corrected: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.codes = tuple(self.stations)
        self.index = {code: k for k, code in enumerate(self.codes)}
        places = list(self.stations.values())
        self.latitude = np.array([one.latitude for one in places])
        self.longitude = np.array([one.longitude for one in places])
        degrees = distance_deg(self.latitude[:, None], self.longitude[:, None], self.latitude, self.longitude)
        self.km = degrees * KM_PER_DEGREE
        self.elevation_m = np.array([one.elevation_m for one in places])
        self._corrected = tuple(code for code in self.corrections.station_codes if code in self.index)

    def __len__(self) -> int:
        return len(self.codes)

    def travel_s(
        self, phase: str, which: list[int], latitude: FloatArray, longitude: FloatArray, depth_km: FloatArray
    ) -> FloatArray:
        """(stations, sources) travel times from sources to some stations, elevation included."""
        degrees = distance_deg(self.latitude[which, None], self.longitude[which, None], latitude, longitude)
        times = self.model.times(phase, degrees, depth_km)
        times = times + rise_s(self.elevation_m[which, None], phase, degrees * KM_PER_DEGREE, depth_km, times)
        for row, k in enumerate(which):
            if self.codes[k] in self._corrected:
                times[row] += self.corrections.seconds(self.codes[k], phase, depth_km)
        return np.asarray(times)

    def arrivals(self, latitude: float, longitude: float, depth_km: float) -> Arrivals:
        """Of one source, at all stations."""
        degrees = distance_deg(latitude, longitude, self.latitude, self.longitude)
        km = degrees * KM_PER_DEGREE
        p_s, s_s = (self.model.times(phase, degrees, depth_km) for phase in "PS")
        p_s = p_s + rise_s(self.elevation_m, "P", km, depth_km, p_s)
        s_s = s_s + rise_s(self.elevation_m, "S", km, depth_km, s_s)
        for code in self._corrected:
            k = self.index[code]
            p_s[k] += float(self.corrections.seconds(code, "P", depth_km))
            s_s[k] += float(self.corrections.seconds(code, "S", depth_km))
        return Arrivals(km, p_s, s_s)

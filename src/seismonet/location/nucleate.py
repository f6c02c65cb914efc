"""Where a few picks might come from: a quick look at trial sources about one station.

The full grid of a network is too large to be searched for every trigger of 300 stations. Trial sources stand on rings
about the station of the newest pick, denser near it, as times then are; the best of them is looked at again twice on a
grid of its own. What comes out is which picks go together, and roughly where; locating is the posterior's.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Pick
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.utc import SECOND_NS

from .network import Network

RINGS, AZIMUTHS = 11, 20
NEAREST_KM = 8.0
TRIAL_DEPTHS_KM = (3.0, 12.0, 30.0, 60.0, 100.0, 150.0, 210.0, 280.0)
SPEED_KM_S = 6.0
BASE_SIGMA_S = 0.8
CLEAR_SNR = 10.0
CLOSER = 2
KEPT_TABLES = 4000
"""Travel times from the rings about one station to another: 4000 x 1768 x 8 bytes = 56 MB at most."""


@dataclass(frozen=True, slots=True)
class Nucleus:
    """A trial source and the picks, one a station, that agree on it."""

    latitude: float
    longitude: float
    depth_km: float
    picks: tuple[Pick, ...]


@dataclass(slots=True)
class Trials:
    """Trial sources about each station, with a bounded store of their travel times."""

    network: Network
    reach_km: float
    max_depth_km: float
    _north_km: FloatArray = field(init=False)
    _east_km: FloatArray = field(init=False)
    _depth_km: FloatArray = field(init=False)
    _cell_km: FloatArray = field(init=False)
    _times: OrderedDict[tuple[int, int], FloatArray] = field(init=False, default_factory=OrderedDict)

    def __post_init__(self) -> None:
        rings = np.r_[0.0, np.geomspace(NEAREST_KM, max(self.reach_km, 4 * NEAREST_KM), RINGS - 1)]
        azimuth = np.arange(AZIMUTHS) * 2 * np.pi / AZIMUTHS
        depths = np.array([one for one in TRIAL_DEPTHS_KM if one <= self.max_depth_km] or [0.0])
        ring, turn, self._depth_km = (axis.ravel() for axis in np.meshgrid(rings, azimuth, depths, indexing="ij"))
        self._north_km, self._east_km = ring * np.cos(turn), ring * np.sin(turn)
        self._cell_km = np.maximum(NEAREST_KM, np.maximum(0.35 * ring, ring * 2 * np.pi / AZIMUTHS))

    def find(self, pick: Pick, others: Mapping[str, Sequence[Pick]], fit_sigmas: float) -> Nucleus:
        """The trial source on which most picks agree with ``pick``; ``others`` by station.

        Sought about the station of the pick and that of the earliest of all, to which a source would be nearest.
        """
        here = self.network.index[pick.source_id.station_code]
        seen = Seen.of(pick, others, self.network)
        early = min((pick, *(one for picks in others.values() for one in picks)), key=lambda one: (one.time_ns, one.id))
        centers = dict.fromkeys((self.network.index[early.source_id.station_code], here))
        where, move, half_km, _ = max((self._about(center, here, seen) for center in centers), key=lambda one: one[3])
        sigma = np.hypot(BASE_SIGMA_S, half_km / SPEED_KM_S)
        chosen = [pick]
        for moved, delay, picks in zip(move, seen.delays, others.values(), strict=True):
            misfit = np.abs(delay - moved) / sigma
            if misfit.min() <= fit_sigmas:
                chosen.append(picks[int(np.argmin(misfit))])
        return Nucleus(*where, tuple(chosen))

    def _about(
        self, center: int, here: int, seen: "Seen"
    ) -> tuple[tuple[float, float, float], FloatArray, float, float]:
        """The best trial source near one station, the move-out from there, half its cell, and how well it fits."""
        base = self._from_rings(center, here)
        move = np.stack([self._from_rings(center, k) - base for k in seen.which])
        node, _ = _best(move, seen, np.hypot(BASE_SIGMA_S, 0.5 * self._cell_km / SPEED_KM_S))
        latitude, longitude = self._place(center, self._north_km[node], self._east_km[node])
        where = float(latitude), float(longitude), float(self._depth_km[node])
        half_km, score = float(self._cell_km[node]), 0.0
        for _ in range(CLOSER):
            where, move, score = self._closer(here, seen, where, half_km)
            half_km *= 0.4
        return where, move, half_km, score

    def _from_rings(self, center: int, station: int) -> FloatArray:
        """(nodes,) travel times of P from the rings about one station to another."""
        key = center, station
        if key in self._times:
            self._times.move_to_end(key)
            return self._times[key]
        latitude, longitude = self._place(center, self._north_km, self._east_km)
        times = np.asarray(self.network.travel_s("P", [station], latitude, longitude, self._depth_km)[0])
        self._times[key] = times
        if len(self._times) > KEPT_TABLES:
            self._times.popitem(last=False)
        return times

    def _place(self, center: int, north_km: FloatArray, east_km: FloatArray) -> tuple[FloatArray, FloatArray]:
        latitude, longitude = self.network.latitude[center], self.network.longitude[center]
        return _offset(latitude, longitude, north_km, east_km)

    def _closer(
        self, here: int, seen: "Seen", where: tuple[float, float, float], half_km: float
    ) -> tuple[tuple[float, float, float], FloatArray, float]:
        """The best of 5 x 5 x 5 trial sources within ``half_km`` of one, the move-out from there, and its score."""
        step = np.linspace(-half_km, half_km, 5)
        north, east, down = (axis.ravel() for axis in np.meshgrid(step, step, 1.5 * step, indexing="ij"))
        latitude, longitude = _offset(where[0], where[1], north, east)
        depth = np.clip(where[2] + down, 0.0, self.max_depth_km)
        times = self.network.travel_s("P", [here, *seen.which], latitude, longitude, depth)
        move = times[1:] - times[0]
        sigma = float(np.hypot(BASE_SIGMA_S, 0.25 * half_km / SPEED_KM_S))
        node, score = _best(move, seen, np.full(len(depth), sigma))
        return (float(latitude[node]), float(longitude[node]), float(depth[node])), move[:, node], score


@dataclass(frozen=True, slots=True)
class Seen:
    """Picks beside one, by station: its place in the network, delays in s, and how much it counts."""

    which: list[int]
    delays: list[FloatArray]
    weights: list[float]

    @classmethod
    def of(cls, pick: Pick, others: Mapping[str, Sequence[Pick]], network: Network) -> "Seen":
        """Delays after ``pick``."""
        return cls(
            [network.index[code] for code in others],
            [np.array([(one.time_ns - pick.time_ns) / SECOND_NS for one in picks]) for picks in others.values()],
            [max(map(clarity, picks)) for picks in others.values()],
        )


def _offset(
    latitude: FloatArray | float, longitude: FloatArray | float, north_km: FloatArray, east_km: FloatArray
) -> tuple[FloatArray, FloatArray]:
    north = np.clip(latitude + np.asarray(north_km) / KM_PER_DEGREE, -89.9, 89.9)
    shrink = np.maximum(0.05, np.cos(np.deg2rad(north)))
    return north, np.asarray(longitude + np.asarray(east_km) / (KM_PER_DEGREE * shrink))


def clarity(pick: Pick) -> float:
    """How much a pick counts beside others: more by one for each factor of ten in amplitude, up to four."""
    return 1.0 + float(np.clip(np.log10(max(pick.snr, 1.0) / CLEAR_SNR), 0.0, 3.0))


def _best(move: FloatArray, seen: Seen, sigma: FloatArray) -> tuple[int, float]:
    """The node on which most stations agree, each by the best of its picks; and by how much."""
    score = np.zeros(move.shape[1])
    for moved, delay, weight in zip(move, seen.delays, seen.weights, strict=True):
        misfit = np.abs(delay[:, None] - moved).min(axis=0) / sigma
        score += weight * np.exp(-0.5 * np.square(misfit))
    node = int(np.argmax(score))
    return node, float(score[node])

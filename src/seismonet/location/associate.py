"""Picks to events.

The rule this file owns: an event is born when enough stations agree on one source and not too many that should have
seen it stay silent; it dies when they do not agree any more. A pick that an event explains (as P, S or coda) cannot
make another.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Amplitude, Arrival, Event, Magnitude, Origin, Pick
from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg, distance_km
from seismonet.core.inventory import Station
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.models.traveltime import TravelTimes

from .grid import Tables, around
from .magnitude import MagnitudeParams, choose, network_magnitude
from .posterior import LocationParams, Observation, Silence, Solution, locate, sigma_s

SETTLED_STATIONS = 8
SAME_S, SAME_KM = 10.0, 50.0
"""After a restart, a source within this of an event that was told before is that event."""


@parameters(frozen=True)
class AssociatorParams:
    """When picks make an event."""

    minimum_stations: int = Field(default=3, ge=3, description="stations that must agree on a source")
    slowest_km_s: float = Field(default=5.5, gt=0, description="no P wave crosses the network slower than this")
    margin_s: float = Field(default=1.5, ge=0, description="added to the move-out limit")
    fit_sigmas: float = Field(default=3.0, gt=0, description="a pick further from its predicted time does not belong")
    maximum_rms_s: float = Field(default=1.5, gt=0, description="residual of an event's P picks")
    minimum_fraction: float = Field(default=0.5, ge=0, le=1, description="share of stations in reach that saw it")
    minimum_snr_d1: float = Field(default=2.8, ge=1, description="amplitude ratio of a refined pick of D1")
    minimum_snr_d2: float = Field(
        default=2.1, ge=1, description="of D2; both are the root of the trigger's energy ratio"
    )
    hasty_stations: int = Field(default=4, ge=3, description="with fewer, an event waits until its picks are refined")
    silence_margin_s: float = Field(default=4.0, ge=0, description="a station's silence counts up to this long ago")
    busy_s: float = Field(default=30.0, ge=0, description="so long after a pick a station may be too busy for another")
    keep_s: float = Field(default=120.0, gt=0, description="picks and events are remembered this long")


@dataclass(slots=True)
class Source:
    """An event in the making: its picks by station, its last solution."""

    id: str
    picks: dict[str, Pick]
    solution: Solution
    reference_ns: int
    version: int = -1
    told: Event | None = None
    coda: set[str] = field(default_factory=set)
    cancelled: bool = False

    @property
    def time_ns(self) -> int:
        """Origin time."""
        return self.reference_ns + from_seconds(self.solution.time_s)


@dataclass(slots=True)
class Associator:
    """The memory of association: recent picks, their amplitudes, live sources."""

    stations: dict[str, Station]
    model: TravelTimes
    alive: Callable[[str], bool]
    params: AssociatorParams = field(default_factory=AssociatorParams)
    location: LocationParams = field(default_factory=LocationParams)
    magnitude: MagnitudeParams = field(default_factory=MagnitudeParams)
    sources: list[Source] = field(default_factory=list)
    picks: dict[str, Pick] = field(default_factory=dict)
    amplitudes: dict[str, dict[float, Amplitude]] = field(default_factory=dict)
    known: list[Event] = field(default_factory=list)
    """Events that were told before a restart and of which no source is left: a source that is one of them goes on as
    that event."""
    _tables: Tables | None = None

    @property
    def tables(self) -> Tables:
        """Travel times from the coarse grid."""
        if self._tables is None:
            place = self.location
            grid = around(list(self.stations.values()), margin_km=place.margin_km, max_depth_km=place.max_depth_km)
            self._tables = Tables(grid, self.model)
        return self._tables

    def save(self) -> dict[str, Any]:
        """Recent picks, amplitudes and live sources, as plain values."""
        return {name: to_plain(getattr(self, name)) for name in ("sources", "picks", "amplitudes", "known")}

    def load(self, tree: Tree) -> None:
        """Take up what was saved; what belongs to stations that there are no more is left out."""

        def here(pick: Pick) -> bool:
            return pick.source_id.station_code in self.stations

        self.picks = {key: one for key, one in from_plain(dict[str, Pick], tree["picks"]).items() if here(one)}
        amplitudes = from_plain(dict[str, dict[float, Amplitude]], tree["amplitudes"])
        self.amplitudes = {key: one for key, one in amplitudes.items() if key in self.picks}
        sources = from_plain(list[Source], tree["sources"])
        self.sources = [one for one in sources if all(map(here, one.picks.values()))]
        self.known = from_plain(list[Event], tree["known"])

    def remember(self, event: Event) -> None:
        """Know of an event that was published before a restart, at this version at least."""
        for source in self.sources:
            if source.id == event.id:
                if event.version > source.version:
                    source.version, source.told = event.version, event
                return
        if event.event_type == "earthquake":
            self.known = [one for one in self.known if one.id != event.id] + [event]

    def add_amplitude(self, amplitude: Amplitude) -> list[Source]:
        """Remember an amplitude; the sources it concerns."""
        self.amplitudes.setdefault(amplitude.pick_id, {})[amplitude.window_s] = amplitude
        return [
            source for source in self.sources if any(pick.id == amplitude.pick_id for pick in source.picks.values())
        ]

    def add_pick(self, pick: Pick, now_ns: int) -> list[Source]:
        """Take in a pick, new or better; the sources that changed."""
        if pick.source_id.station_code not in self.stations:
            return []
        self._expire(now_ns)
        known = pick.id in self.picks
        self.picks[pick.id] = pick
        if known:
            for source in self.sources:
                station = pick.source_id.station_code
                if station in source.picks and source.picks[station].id == pick.id:
                    source.picks[station] = pick
                    if self._weak(pick):
                        del source.picks[station]
                    return self._refit(source, now_ns)
        if self._weak(pick) or any(pick.id in source.coda for source in self.sources):
            return []
        for source in self.sources:
            if not source.cancelled and self._claims(source, pick):
                return self._refit(source, now_ns) if pick.id not in source.coda else []
        born = self._nucleate(pick, now_ns)
        return [born] if born else []

    def _weak(self, pick: Pick) -> bool:
        """A refined pick that does not stand out of the noise as its trigger seemed to."""
        least = self.params.minimum_snr_d1 if pick.detector.startswith("D1") else self.params.minimum_snr_d2
        return pick.version > 0 and pick.snr < least

    def _expire(self, now_ns: int) -> None:
        old_ns = now_ns - from_seconds(self.params.keep_s)
        for pick_id in [one.id for one in self.picks.values() if one.issued_ns < old_ns]:
            del self.picks[pick_id]
            self.amplitudes.pop(pick_id, None)
        self.sources = [source for source in self.sources if source.time_ns > old_ns - 180 * SECOND_NS]

    def _predict(self, source: Source, station: Station, phase: str) -> int:
        """Predicted arrival at a station."""
        where = source.solution
        km = self._epicentral_km(source, station)
        travel = float(self.model.times(phase, km / KM_PER_DEGREE, where.depth_km))
        return source.time_ns + from_seconds(travel)

    def _epicentral_km(self, source: Source, station: Station) -> float:
        where = source.solution
        return float(distance_km(where.latitude, where.longitude, station.latitude, station.longitude))

    def _claims(self, source: Source, pick: Pick) -> bool:
        """Does a source explain a pick? As its P the pick joins, as S or coda it is set aside."""
        station = self.stations[pick.source_id.station_code]
        code = station.station_code
        p_ns, s_ns = self._predict(source, station, "P"), self._predict(source, station, "S")
        place_s = source.solution.horizontal_km / 7.0
        travel_s = np.asarray((p_ns - source.time_ns) / SECOND_NS)
        sigma = float(np.hypot(sigma_s(travel_s, pick.uncertainty_s, "P", self.location), min(place_s, 3.0)))
        residual_s = (pick.time_ns - p_ns) / SECOND_NS
        if code not in source.picks and abs(residual_s) <= self.params.fit_sigmas * sigma:
            source.picks[code] = pick
            return True
        s_minus_p_s = (s_ns - p_ns) / SECOND_NS
        is_s = abs((pick.time_ns - s_ns) / SECOND_NS) <= max(2.0, 0.3 * s_minus_p_s)
        if pick.detector.endswith("+") and not is_s:
            return False
        if -self.params.fit_sigmas * sigma <= residual_s <= max(30.0, 2.0 * s_minus_p_s):
            source.coda.add(pick.id)
            return True
        return False

    def _free(self) -> list[Pick]:
        taken = {pick.id for source in self.sources for pick in source.picks.values()}
        taken |= {pick_id for source in self.sources for pick_id in source.coda}
        return [pick for pick in self.picks.values() if pick.id not in taken and not self._weak(pick)]

    def _nucleate(self, pick: Pick, now_ns: int) -> Source | None:
        """Try to explain a pick and the free picks about it by one source."""
        here = self.stations[pick.source_id.station_code]
        candidates = [other for other in self._free() if other.id != pick.id and self._compatible(pick, other)]
        if len({other.source_id.station_code for other in candidates}) < self.params.minimum_stations - 1:
            return None
        chosen = self._stack(pick, here, candidates)
        source = self._solve(chosen, pick.time_ns, now_ns)
        if source is None or not self._holds(source, now_ns):
            return None
        if len(source.picks) < self.params.hasty_stations and any(one.version == 0 for one in source.picks.values()):
            return None
        self._recognise(source)
        self.sources.append(source)
        for other in sorted(self._free(), key=lambda one: (one.time_ns, one.id)):
            self._claims(source, other)
        self._refit(source, now_ns)
        return source

    def _recognise(self, source: Source) -> None:
        """Give a new source the identity of the known event that it is."""
        for event in self.known:
            origin, where = event.origin, source.solution
            apart_s = abs(source.time_ns - origin.time_ns) / SECOND_NS
            apart_km = float(distance_km(origin.latitude, origin.longitude, where.latitude, where.longitude))
            if apart_s <= SAME_S and apart_km <= SAME_KM:
                source.id, source.version, source.told = event.id, event.version, event
                self.known.remove(event)
                return

    def _compatible(self, one: Pick, other: Pick) -> bool:
        a, b = self.stations[one.source_id.station_code], self.stations[other.source_id.station_code]
        if a.station_code == b.station_code:
            return False
        km = float(distance_km(a.latitude, a.longitude, b.latitude, b.longitude))
        return abs(one.time_ns - other.time_ns) / SECOND_NS <= km / self.params.slowest_km_s + self.params.margin_s

    def _stack(self, pick: Pick, here: Station, candidates: list[Pick]) -> list[Pick]:
        """The picks, one a station, that agree best with ``pick`` on one node of the grid."""
        tables = self.tables
        base = tables.time_s(here, "P")
        by_station: dict[str, list[Pick]] = {}
        for other in candidates:
            by_station.setdefault(other.source_id.station_code, []).append(other)
        score = np.zeros(len(tables.grid))
        misfits: dict[str, FloatArray] = {}
        for code, picks in by_station.items():
            time = tables.time_s(self.stations[code], "P") - base
            delay = np.array([(other.time_ns - pick.time_ns) / SECOND_NS for other in picks])
            sigma = 1.4 * sigma_s(np.abs(time), 0.3, "P", self.location)
            misfits[code] = np.abs(delay[:, None] - time) / sigma
            score += np.exp(-0.5 * np.square(misfits[code].min(axis=0)))
        node = int(np.argmax(score))
        chosen = [pick]
        for code, picks in by_station.items():
            best = int(np.argmin(misfits[code][:, node]))
            if misfits[code][best, node] <= self.params.fit_sigmas:
                chosen.append(picks[best])
        return chosen

    def _solve(self, picks: list[Pick], reference_ns: int, now_ns: int, old: Source | None = None) -> Source | None:
        """Locate; drop the worst pick that does not belong, and again; None when too few remain."""
        picks = sorted(picks, key=lambda one: (one.time_ns, one.id))
        tables = self._search(old, len(picks))
        while len(picks) >= self.params.minimum_stations:
            seen = {one.source_id.station_code for one in picks}
            observations = [
                Observation(
                    self.stations[one.source_id.station_code],
                    "P",
                    (one.time_ns - reference_ns) / SECOND_NS,
                    one.uncertainty_s,
                )
                for one in picks
            ]
            solution = locate(tables, observations, self._silences(seen, reference_ns, now_ns), self.location)
            misfit = np.abs(solution.residual_s) / solution.sigma_s
            worst = int(np.argmax(misfit))
            if misfit[worst] <= self.params.fit_sigmas:
                identity = old.id if old else _identity(picks)
                return Source(identity, {one.source_id.station_code: one for one in picks}, solution, reference_ns)
            picks.pop(worst)
        return None

    def _search(self, old: Source | None, stations: int) -> Tables:
        """Where to look: everywhere, or about the last solution once many stations hold it."""
        if old is None or stations < SETTLED_STATIONS:
            return self.tables
        place = old.solution
        return self.tables.near(
            place.latitude, place.longitude, max(4 * self.tables.grid.spacing_km, 3 * place.horizontal_km)
        )

    def _silences(self, seen: set[str], reference_ns: int, now_ns: int) -> list[Silence]:
        until_s = (now_ns - reference_ns) / SECOND_NS - self.params.silence_margin_s
        quiet = [code for code in self.stations if code not in seen and self.alive(code)]
        recent = {one.source_id.station_code for one in self._free()}
        return [Silence(self.stations[code], until_s) for code in quiet if code not in recent]

    def _holds(self, source: Source, now_ns: int) -> bool:
        """Do enough stations agree, and few enough disagree?"""
        p, solution = self.params, source.solution
        if len(source.picks) < p.minimum_stations:
            return False
        if float(np.sqrt(np.mean(np.square(solution.residual_s)))) > p.maximum_rms_s:
            return False
        reach_km = float(solution.distance_km.max())
        limit_ns = now_ns - from_seconds(p.silence_margin_s)
        silent = 0
        for code, station in self.stations.items():
            if code in source.picks or not self.alive(code):
                continue
            p_ns = self._predict(source, station, "P")
            busy = any(
                one.source_id.station_code == code and 0 <= p_ns - one.time_ns <= from_seconds(p.busy_s)
                for one in self.picks.values()
            )
            if not busy and p_ns < limit_ns and self._epicentral_km(source, station) <= reach_km:
                silent += 1
        return len(source.picks) / (len(source.picks) + silent) >= p.minimum_fraction

    def _refit(self, source: Source, now_ns: int) -> list[Source]:
        """Locate again with what the source has now; picks that no longer fit leave it."""
        if source.cancelled:
            return []
        again = self._solve(list(source.picks.values()), source.reference_ns, now_ns, source)
        if again is None:
            source.cancelled = True
            return [source]
        for code, pick in list(source.picks.items()):
            if code not in again.picks:
                source.coda.add(pick.id)
        source.picks, source.solution = again.picks, again.solution
        return [source]

    def check(self, source: Source, now_ns: int) -> bool:
        """Look again at a source without news: True when it just ceased to hold."""
        if source.cancelled or self._holds(source, now_ns):
            return False
        source.cancelled = True
        return True

    def event(self, source: Source, now_ns: int, network_status: str) -> Event:
        """The event as it stands now, as a new version; a cancelled one as it last stood."""
        source.version += 1
        if source.told is None or not source.cancelled:
            origin = self._origin(source)
            source.told = Event(source.id, source.version, now_ns, origin, self._size(source, origin), network_status)
            return source.told
        return replace(
            source.told,
            version=source.version,
            issued_ns=now_ns,
            network_status=network_status,
            event_type="not existing",
        )

    def _origin(self, source: Source) -> Origin:
        solution = source.solution
        picks = sorted(source.picks.values(), key=lambda one: (one.time_ns, one.id))
        stations = [self.stations[one.source_id.station_code] for one in picks]
        azimuths = [
            float(azimuth_deg(solution.latitude, solution.longitude, one.latitude, one.longitude)) for one in stations
        ]
        columns = picks, solution.distance_km, azimuths, solution.residual_s, solution.weight
        arrivals = tuple(
            Arrival(one.id, one.source_id, "P", float(km), azimuth, float(residual), float(weight))
            for one, km, azimuth, residual, weight in zip(*columns, strict=True)
        )
        rms_s = float(np.sqrt(np.mean(np.square(solution.residual_s))))
        return Origin(
            source.time_ns,
            solution.latitude,
            solution.longitude,
            solution.depth_km,
            solution.time_sigma_s,
            solution.horizontal_km,
            solution.depth_sigma_km,
            rms_s,
            _gap(azimuths),
            float(solution.distance_km.min()),
            arrivals,
            self.model.name,
        )

    def _size(self, source: Source, origin: Origin) -> Magnitude | None:
        measured = []
        for arrival in origin.arrivals:
            known = self.amplitudes.get(arrival.pick_id, {})
            station = self.stations[arrival.source_id.station_code]
            s_minus_p = (self._predict(source, station, "S") - self._predict(source, station, "P")) / SECOND_NS
            one = choose(known, s_minus_p, self.magnitude)
            if one is not None:
                measured.append((one, float(np.hypot(arrival.distance_km, origin.depth_km))))
        return network_magnitude(measured, origin.horizontal_uncertainty_km, self.magnitude)


def _identity(picks: list[Pick]) -> str:
    first = "|".join(one.id for one in picks)
    return hashlib.blake2b(first.encode(), digest_size=8).hexdigest()


def _gap(azimuths: list[float]) -> float:
    """Largest angle without a station."""
    ring = np.sort(np.array(azimuths))
    return float(np.diff(np.r_[ring, ring[0] + 360.0]).max())

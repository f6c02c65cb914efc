"""Picks, amplitudes and what else stations would report of simulated earthquakes: no samples, only facts.

The Earth that makes them is not the one that locates: travel times are stretched by some per cent for each earthquake
and shifted for each station, and onsets are read with errors of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from seismonet.core.event import Amplitude, Event, Pick, Rejection
from seismonet.core.geo import KM_PER_DEGREE, distance_deg
from seismonet.core.inventory import Station
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.location.associate import Associator
from seismonet.models.traveltime import TravelTimes

from .receipts import T0_NS, table

FLOOR_PD_M = 2e-9
"""Displacement of the noise: an earthquake of magnitude 2 is seen to some 100 km."""
HEARD_SNR = 3.5
LEAST_SNR = {"D1": 2.8, "D2": 2.1}
"""Noise triggers from the root of its detector's energy ratio on."""
LATENCY_S, REFINED_S, SIZED_S = 0.8, 0.7, (1.0, 2.0, 4.0)


Fact = Pick | Amplitude | Rejection


@dataclass(frozen=True, slots=True)
class Quake:
    """A source: place, time in s after the start, magnitude."""

    latitude: float
    longitude: float
    depth_km: float
    time_s: float
    magnitude: float = 4.5


def grid_of(
    rows: int, columns: int, spacing_km: float, center: tuple[float, float] = (38.0, 72.5)
) -> dict[str, tuple[float, float]]:
    """Places of a network on a square grid, a little disturbed as stations are."""
    generator = np.random.default_rng(rows * 1000 + columns)
    places = {}
    for row in range(rows):
        for column in range(columns):
            north, east = generator.normal(0, 0.15 * spacing_km, 2)
            north += (row - (rows - 1) / 2) * spacing_km
            east += (column - (columns - 1) / 2) * spacing_km
            latitude = center[0] + north / KM_PER_DEGREE
            longitude = center[1] + east / (KM_PER_DEGREE * np.cos(np.deg2rad(center[0])))
            places[f"XX.{row:02d}{column:02d}"] = (float(latitude), float(longitude))
    return places


@dataclass(slots=True)
class World:
    """Stations, an Earth, and the seed of all errors."""

    places: dict[str, tuple[float, float]]
    model: TravelTimes
    seed: int = 0
    stretch: float = 0.02
    station_s: float = 0.15
    reading_s: float = 0.08
    stations: dict[str, Station] = field(init=False)
    _generator: np.random.Generator = field(init=False)
    _term_s: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self.stations = {one.station_code: one for one in table(self.places).stations}
        self._generator = np.random.default_rng(self.seed)
        self._term_s = {code: float(self._generator.normal(0, self.station_s)) for code in self.places}

    def associator(self, alive: Iterable[str] | None = None, late_s: Mapping[str, float] | None = None) -> Associator:
        """An associator of this network, of which some stations are alive (all by default), some with a latency."""
        up, late = frozenset(self.places if alive is None else alive), late_s or {}
        return Associator(
            self.stations,
            self.model,
            lambda code: code in up,
            late_s=lambda code: late.get(code, 0.0),
            least_snr=LEAST_SNR,
        )

    def snr(self, quake: Quake, code: str) -> float:
        """Amplitude ratio of its P at a station, by section 7's relation turned about."""
        km = float(distance_deg(quake.latitude, quake.longitude, *self.places[code])) * KM_PER_DEGREE
        hypocentral = max(float(np.hypot(km, quake.depth_km)), 3.0)
        log_cm = (quake.magnitude - 5.39 - 1.38 * np.log10(hypocentral)) / 1.23
        return float(10 ** (log_cm - 2) / FLOOR_PD_M)

    def coda(self, quake: Quake, code: str, time_s: float) -> float:
        """What is left of an earthquake at a station, in amplitudes of the noise: P's coda, then S and its."""
        degrees = distance_deg(quake.latitude, quake.longitude, *self.places[code])
        p_s, s_s = (quake.time_s + float(self.model.times(phase, degrees, quake.depth_km)) for phase in "PS")
        scale_s = 4.0 + 0.5 * (s_s - p_s)
        after_p, after_s = time_s - p_s, time_s - s_s
        ratio = 0.6 * np.exp(-after_p / scale_s) if after_p > 0 else 0.0
        ratio += 2.0 * np.exp(-after_s / scale_s) if after_s > 0 else 0.0
        return self.snr(quake, code) * float(ratio)

    def heard(self, quake: Quake, others: Sequence[Quake], code: str) -> bool:
        """Does its P stand out of the noise and of what earlier ones left?"""
        degrees = distance_deg(quake.latitude, quake.longitude, *self.places[code])
        p_s = quake.time_s + float(self.model.times("P", degrees, quake.depth_km))
        before = [one for one in others if one.time_s < quake.time_s]
        return self.snr(quake, code) / (1 + sum(self.coda(one, code, p_s) for one in before)) >= HEARD_SNR

    def facts(
        self,
        quake: Quake,
        *,
        s: bool = False,
        codes: Iterable[str] | None = None,
        detector: str = "D1",
        behind: Sequence[Quake] = (),
    ) -> list[Fact]:
        """What the stations that see it report: bare trigger, refined onset, amplitudes; of S too when asked."""
        found: list[Fact] = []
        stretch = 1 + float(self._generator.normal(0, self.stretch))
        for code in self.places if codes is None else codes:
            snr = self.snr(quake, code) * float(10 ** self._generator.normal(0, 0.2))
            degrees = distance_deg(quake.latitude, quake.longitude, *self.places[code])
            error = float(self._generator.normal(0, self.reading_s))
            p_s = quake.time_s + stretch * float(self.model.times("P", degrees, quake.depth_km)) + self._term_s[code]
            s_s = (
                quake.time_s
                + stretch * float(self.model.times("S", degrees, quake.depth_km))
                + 1.7 * self._term_s[code]
            )
            snr /= 1 + sum(self.coda(one, code, p_s) for one in behind)
            if snr < HEARD_SNR:
                continue
            first = pick(code, p_s + error, snr=snr, detector=detector)
            found += [raw(first), first]
            for window in SIZED_S:
                if window < s_s - p_s:
                    found.append(amplitude(first, window, snr * FLOOR_PD_M))
            if s:
                found.append(shear(first, s_s + 3 * error))
        return found

    def noise(self, seconds: float, a_minute: float, start_s: float = 0.0) -> list[Fact]:
        """Triggers of noise at all stations; amplitudes fall off as 1/amplitude."""
        found: list[Fact] = []
        for code in self.places:
            for _ in range(int(self._generator.poisson(a_minute * seconds / 60))):
                snr = 3.0 / float(self._generator.uniform(0.03, 1.0))
                one = pick(code, start_s + float(self._generator.uniform(0, seconds)), snr=snr)
                found += [raw(one), one]
        return found


def pick(code: str, time_s: float, *, snr: float = 20.0, version: int = 1, detector: str = "D1") -> Pick:
    """A refined P pick."""
    network, station = code.split(".")
    time_ns = T0_NS + from_seconds(time_s)
    first_ns = time_ns + from_seconds(LATENCY_S)
    issued_ns = first_ns + (from_seconds(REFINED_S) if version else 0)
    name = SourceId(network, station, "00", "HHZ")
    return Pick(
        f"{code}:{time_s:.3f}",
        name,
        time_ns,
        "P",
        0.08,
        snr if version else 0.0,
        version,
        first_ns,
        issued_ns,
        detector,
    )


def raw(one: Pick) -> Pick:
    """The bare trigger before a refined pick."""
    return replace(one, version=0, snr=0.0, uncertainty_s=0.3, issued_ns=one.first_issued_ns)


def shear(first: Pick, time_s: float) -> Pick:
    """The S after a P."""
    time_ns = T0_NS + from_seconds(time_s)
    issued_ns = time_ns + 2 * SECOND_NS
    return replace(
        first, id=f"{first.id}:S", time_ns=time_ns, phase="S", uncertainty_s=0.25, first_issued_ns=issued_ns,
        issued_ns=issued_ns, detector="S", p_pick_id=first.id,
    )  # fmt: skip


def amplitude(one: Pick, window_s: float, pd_m: float) -> Amplitude:
    """Peak displacement of a window after a pick."""
    issued_ns = one.time_ns + from_seconds(window_s + LATENCY_S)
    return Amplitude(one.id, one.source_id, window_s, pd_m, 20 * pd_m, 400 * pd_m, FLOOR_PD_M, False, issued_ns)


def order(facts: Iterable[Fact]) -> list[Fact]:
    """As a pipeline hands them over."""

    def key(one: Fact) -> tuple[int, int, str]:
        if isinstance(one, Pick):
            return one.issued_ns, one.version, one.id
        return one.issued_ns, 9, one.pick_id

    return sorted(facts, key=key)


def run(here: Associator, facts: Sequence[Fact], until_s: float = 0.0) -> list[Event]:
    """All versions of events that follow, with looks in between as the pipeline takes them."""
    events: list[Event] = []
    for one in order(facts):
        now_ns = one.issued_ns
        events += looks(here, now_ns - 1)
        if isinstance(one, Pick):
            here.add_pick(one, now_ns)
        elif isinstance(one, Amplitude):
            here.add_amplitude(one)
        else:
            here.reject(one, now_ns)
        events += here.news(now_ns)
    return events + looks(here, T0_NS + from_seconds(until_s))


def looks(here: Associator, until_ns: int) -> list[Event]:
    """What comes of waiting."""
    events: list[Event] = []
    while (due_ns := here.due_ns) is not None and due_ns <= until_ns:
        events += here.news(due_ns)
    return events


def last(events: Sequence[Event]) -> dict[str, Event]:
    """The last version of each event, by id."""
    return {one.id: one for one in events}


def standing(events: Sequence[Event]) -> list[Event]:
    """Events that stand at the end, by origin time."""
    found = [one for one in last(events).values() if one.event_type == "earthquake"]
    return sorted(found, key=lambda one: one.origin.time_ns)


def matched(event: Event, quake: Quake, seconds: float = 3.0, km: float = 40.0) -> bool:
    """Is an event this earthquake?"""
    origin = event.origin
    apart_km = float(distance_deg(origin.latitude, origin.longitude, quake.latitude, quake.longitude)) * KM_PER_DEGREE
    return abs((origin.time_ns - T0_NS) / SECOND_NS - quake.time_s) <= seconds and apart_km <= km

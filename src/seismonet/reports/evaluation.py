"""What is compared in an evaluation: what happened, what was found, and which belongs to which.

The rule this file owns: a found earthquake matches a true one when both times and epicentres are near enough, the
nearest pair first, one to one; what the truth cannot decide is counted neither for nor against anybody.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.alert import Alert
from seismonet.core.event import Event, Pick
from seismonet.core.geo import azimuth_deg, distance_km
from seismonet.core.inventory import ChannelTable, Station
from seismonet.core.utc import SECOND_NS

SPAN_AFTER_NS = 60 * SECOND_NS
"""A run says when something changed; it went on for at least about so long after the last change it tells."""


@dataclass(frozen=True, slots=True)
class TruePick:
    """An onset that an analyst read, or that is known: ``station`` is ``NET.STA``, or ``STA`` of any network."""

    station: str
    phase: str
    time_ns: int

    def is_at(self, station_code: str) -> bool:
        """Was it read at this station (``NET.STA``)?

        >>> TruePick("SAREZ", "P", 0).is_at("TJ.SAREZ"), TruePick("KG.SAREZ", "P", 0).is_at("TJ.SAREZ")
        (True, False)
        """
        return station_code == self.station or ("." not in self.station and station_code.endswith(f".{self.station}"))


@dataclass(frozen=True, slots=True)
class Truth:
    """An earthquake that happened, as an agency tells it; None is what it does not tell.

    An ``optional`` one counts neither as missed nor as found. ``first_p_ns`` is when P reached the first station.
    """

    name: str
    time_ns: int
    latitude: float
    longitude: float
    depth_km: float | None = None
    magnitude: float | None = None
    magnitude_type: str = ""
    picks: tuple[TruePick, ...] = ()
    first_p_ns: int | None = None
    optional: bool = False
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class TruthSet:
    """What truth files hold; ``picks`` are those of no earthquake, ``names`` the files."""

    events: tuple[Truth, ...]
    picks: tuple[TruePick, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusPoint:
    """From ``time_ns`` on these of ``total`` stations (``NET.STA``) could take part in an event."""

    time_ns: int
    able: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Run:
    """What a replay or a daemon found: versions of each event in order, its alerts, picks that were not refused.

    ``spans`` are the times of which it had data, apart and in order; empty when that is not known.
    ``alerts`` are those to the operator, as every event is told there; ``warnings`` those to all.
    ``given``: somebody chose which stations are up, so the statuses say nothing of the network; ``note`` says what a
    simulation assumed.
    """

    name: str
    table: ChannelTable
    versions: Mapping[str, tuple[Event, ...]]
    alerts: Mapping[str, tuple[Alert, ...]]
    picks: tuple[Pick, ...]
    statuses: tuple[StatusPoint, ...]
    refused: int = 0
    simulated: str = ""
    given: bool = False
    note: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    warnings: Mapping[str, tuple[Alert, ...]] = field(default_factory=dict)

    @property
    def readers(self) -> str:
        """What its picks are compared with."""
        return "true onsets" if self.given else "analysts'"

    @property
    def span_ns(self) -> tuple[int, int] | None:
        """Begin and end of its data; else from the first to a minute after the last that is known; None of nothing."""
        if self.spans:
            return self.spans[0][0], self.spans[-1][1]
        known = [one.time_ns for one in self.statuses] + [one.issued_ns for one in self.picks]
        known += [event.issued_ns for versions in self.versions.values() for event in versions]
        return (min(known), max(known) + SPAN_AFTER_NS) if known else None

    def heard_ns(self, begin_ns: int, end_ns: int) -> int:
        """Of how much of this time it had data; of all where that is not known."""
        parts = self.spans or ((begin_ns, end_ns),)
        return sum(max(0, min(end, end_ns) - max(begin, begin_ns)) for begin, end in parts)

    def stations(self, time_ns: int) -> list[Station]:
        """Stations with coordinates that could take part in an event at a time, or a minute later.

        All there are when no status tells which.
        """
        there = [one for one in self.table.stations if one.start_ns <= time_ns < one.end_ns]
        there = [one for one in there if np.isfinite([one.latitude, one.longitude]).all()]
        times = [one.time_ns for one in self.statuses]
        rows = {bisect_right(times, at_ns) - 1 for at_ns in (time_ns, time_ns + SPAN_AFTER_NS)} - {-1}
        able = {code for row in sorted(rows) for code in self.statuses[row].able}
        return [one for one in there if one.station_code in able] or there


@parameters(frozen=True)
class Rule:
    """What counts as the same earthquake, and which count at all."""

    max_km: float = Field(default=100.0, gt=0, description="epicentres differ by at most this")
    max_s: float = Field(default=30.0, gt=0, description="origin times differ by at most this")
    minimum_magnitude: float | None = Field(
        default=None, description="smaller earthquakes are neither missed nor false"
    )
    min_snr: float = Field(default=0.0, ge=0, description="picks with less are not judged")


@dataclass(frozen=True, slots=True)
class Found:
    """An event of a run: its versions and alerts, and the earthquake it is, if it is one."""

    versions: tuple[Event, ...]
    alerts: tuple[Alert, ...]
    truth: Truth | None = None

    @property
    def last(self) -> Event:
        """The last version."""
        return self.versions[-1]

    @property
    def stands(self) -> bool:
        """Was it not taken back?"""
        return self.last.event_type == "earthquake"

    @property
    def first_alert(self) -> Alert | None:
        """When the operator heard of it first."""
        return next((one for one in self.alerts if one.kind == "new"), None)

    def alert_from(self, time_ns: int) -> Alert | None:
        """The first alert from a time on that says that there is an earthquake."""
        return next((one for one in self.alerts if one.kind != "cancel" and one.issued_ns >= time_ns), None)

    def at(self, time_ns: int) -> Event | None:
        """The version that was the newest at a time."""
        known = [one for one in self.versions if one.issued_ns <= time_ns]
        return known[-1] if known else None


@dataclass(frozen=True, slots=True)
class Matching:
    """Pairs of the true and the found; ``unverified`` are found where the truth is known to be incomplete."""

    pairs: tuple[Found, ...] = ()
    missed: tuple[Truth, ...] = ()
    false: tuple[Found, ...] = ()
    unverified: tuple[Found, ...] = ()
    outside: int = 0
    uncounted: tuple[Found, ...] = field(default=())


def match(truths: Sequence[Truth], run: Run, rule: Rule, span_ns: tuple[int, int]) -> Matching:
    """Bring together what happened and what was found in a time span.

    A cancelled event pairs with an earthquake only when no other event does; the earthquake then counts as missed in
    the catalogue. One that was cancelled, told to nobody and happened nowhere is nothing.
    """
    within = [one for one in truths if span_ns[0] <= one.time_ns < span_ns[1]]
    found = [Found(versions, run.alerts.get(name, ())) for name, versions in run.versions.items()]
    found = [one for one in found if span_ns[0] <= one.last.origin.time_ns < span_ns[1]]
    found.sort(key=lambda one: (not one.stands, one.last.origin.time_ns, one.last.id))
    pairs = _pairs(within, found, rule)
    taken, free = set(pairs.values()), [number for number in range(len(found)) if number not in pairs.values()]
    counted: list[Found] = []
    uncounted: list[Found] = []
    for of, number in pairs.items():
        pair = Found(found[number].versions, found[number].alerts, within[of])
        (counted if _counts(within[of], rule) else uncounted).append(pair)
    missed = [one for of, one in enumerate(within) if of not in pairs and _counts(one, rule)]
    extra = [found[number] for number in free if number not in taken and _worth(found[number], rule)]
    near = [one for one in extra if any(truth.incomplete and _apart(truth, one, rule)[0] <= 1 for truth in within)]
    false = [one for one in extra if one not in near]
    return Matching(
        _by_time(counted),
        tuple(missed),
        _by_time(false),
        _by_time(near),
        len(truths) - len(within),
        _by_time(uncounted),
    )


def _by_time(found: Sequence[Found]) -> tuple[Found, ...]:
    return tuple(sorted(found, key=lambda one: (one.last.origin.time_ns, one.last.id)))


def _counts(truth: Truth, rule: Rule) -> bool:
    """Is it one that must be found?"""
    small = truth.magnitude is not None and truth.magnitude < (rule.minimum_magnitude or -np.inf)
    return not truth.optional and not small


def _worth(found: Found, rule: Rule) -> bool:
    """Is it worth being called false when nothing happened?"""
    size = found.last.magnitude
    small = size is not None and size.value < (rule.minimum_magnitude or -np.inf)
    return not small and (found.stands or found.first_alert is not None)


def _apart(truth: Truth, found: Found, rule: Rule) -> tuple[float, float]:
    """Distance and time between the two, as shares of what the rule allows."""
    origin = found.last.origin
    km = float(distance_km(truth.latitude, truth.longitude, origin.latitude, origin.longitude))
    return km / rule.max_km, abs(origin.time_ns - truth.time_ns) / SECOND_NS / rule.max_s


def _pairs(truths: Sequence[Truth], found: Sequence[Found], rule: Rule) -> dict[int, int]:
    """Number of the truth -> of the found: required before optional, standing before cancelled, nearest first."""
    order = []
    times = np.array([one.last.origin.time_ns for one in found], dtype=np.int64)
    reach_ns = round(rule.max_s * SECOND_NS)
    for of, truth in enumerate(truths):
        for number in np.flatnonzero(np.abs(times - truth.time_ns) <= reach_ns).tolist():
            apart = _apart(truth, found[number], rule)
            if max(apart) <= 1:
                order.append((not _counts(truth, rule), not found[number].stands, sum(apart), of, number))
    pairs: dict[int, int] = {}
    for *_, of, number in sorted(order):
        if of not in pairs and number not in pairs.values():
            pairs[of] = number
    return pairs


def gap_deg(stations: Sequence[Station], latitude: float, longitude: float) -> float | None:
    """Largest azimuth between neighbouring stations as seen from a place; None without stations."""
    if not stations:
        return None
    azimuths = np.sort([float(azimuth_deg(latitude, longitude, one.latitude, one.longitude)) for one in stations])
    return float(np.diff(np.append(azimuths, azimuths[0] + 360.0)).max())

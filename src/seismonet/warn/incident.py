"""One earthquake as receivers know it: under one id, whatever it was first known by."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seismonet.core.alert import Alert
from seismonet.core.event import Event
from seismonet.core.geo import distance_km
from seismonet.core.inventory import Station
from seismonet.core.motion import Motion
from seismonet.core.utc import SECOND_NS, to_seconds
from seismonet.kernels.intensity import LOWEST
from seismonet.location.network import Arrivals, Network

JOIN_S, JOIN_KM = 60.0, 100.0
"""Shaking of stations so near in time and place has one cause."""
BEFORE_P_S, AFTER_S_S, KM_S, MOST_S = 3.0, 30.0, 7.0, 10.0
"""Strong shaking lies between P and some time after S; an uncertain place adds its radius at this speed, to a limit."""


@dataclass(slots=True)
class Chain:
    """What one audience was told of it.

    ``first_ns`` is when it was told first; ``lowered`` when it was told to be weaker than what is told of; ``due_ns``
    when it is to be looked at again, 0 for never; ``said`` the outcome of the last decision on shaking alone.
    """

    last: Alert | None = None
    first_ns: int = 0
    lowered: bool = False
    due_ns: int = 0
    said: str = ""

    @property
    def stands(self) -> bool:
        """Was it told, and not taken back?"""
        return self.last is not None and self.last.kind != "cancel"

    @property
    def closed(self) -> bool:
        """Was it taken back?"""
        return self.last is not None and self.last.kind == "cancel"


@dataclass(slots=True)
class Incident:
    """What is known of one earthquake: the network's event, stations' motions, and what each audience was told."""

    id: str
    began_ns: int
    event: Event | None = None
    motions: dict[str, Motion] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)

    def chain(self, audience: str) -> Chain:
        """That of an audience."""
        return self.chains.setdefault(audience, Chain())

    @property
    def taken_back(self) -> bool:
        """Was any audience told that it was none?"""
        return any(one.closed for one in self.chains.values())

    @property
    def told_ns(self) -> int:
        """When anybody was told of it last, 0 for never."""
        return max((one.last.issued_ns for one in self.chains.values() if one.last is not None), default=0)

    @property
    def due_ns(self) -> int:
        """When it is to be looked at again, 0 for never."""
        return min((one.due_ns for one in self.chains.values() if one.due_ns), default=0)


@dataclass(frozen=True, slots=True)
class Large:
    """A large earthquake: aftershocks follow."""

    time_ns: int
    latitude: float
    longitude: float
    magnitude: float


@dataclass(frozen=True, slots=True)
class Served:
    """What a target was warned of last."""

    issued_ns: int
    level: int
    incident: str


def remembered(alert: Alert) -> dict[str, Motion]:
    """Of an alert on shaking that was told before a restart: where and when it was, so that what comes again joins it.

    How strong it was is not known any more; what is measured next says it.
    """
    began_ns, issued_ns = alert.origin_time_ns, alert.issued_ns
    return {
        code: Motion(code, (), began_ns, issued_ns, 0.0, 0.0, LOWEST, 1.0, 0.0, None, issued_ns)
        for code in alert.station_codes
    }


def shook(event: Event, motion: Motion, network: Network, arrivals: Arrivals) -> bool:
    """Is a station's shaking that of an event: its P is an arrival, or it began between P and some time after S?"""
    if motion.pick_id and any(one.pick_id == motion.pick_id for one in event.origin.arrivals):
        return True
    k = network.index.get(motion.station_code)
    if k is None:
        return False
    after_s = (motion.start_ns - event.origin.time_ns) / SECOND_NS
    open_s = min(event.origin.horizontal_uncertainty_km / KM_S, MOST_S)
    return -BEFORE_P_S - open_s <= after_s - float(arrivals.p_s[k]) and after_s <= float(arrivals.s_s[k]) + AFTER_S_S


def joins(incident: Incident, motion: Motion, places: Mapping[str, Station]) -> bool:
    """Is a station's shaking that of others, which no event has claimed yet?"""
    if incident.event is not None or incident.taken_back or motion.station_code not in places:
        return False
    here = places[motion.station_code]
    for other in incident.motions.values():
        there = places.get(other.station_code)
        if there is None or abs(to_seconds(other.start_ns - motion.start_ns)) > JOIN_S:
            continue
        if float(distance_km(here.latitude, here.longitude, there.latitude, there.longitude)) <= JOIN_KM:
            return True
    return False

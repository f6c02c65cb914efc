"""What earlier earthquakes have to say of a new one: aftershocks, the same earthquake twice, targets warned lately."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seismonet.core.alert import Alert
from seismonet.core.event import Event
from seismonet.core.geo import distance_km
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.utc import from_seconds, to_seconds

from .changes import AlertParams, levels
from .incident import Incident, Large, Served
from .view import EXISTS
from .ways import Memory

CONFIRMED = "confirmed"


@dataclass(slots=True)
class Past:
    """Large earthquakes by event, and what each target was warned of last, by ``audience|target``."""

    params: AlertParams
    large: dict[str, Large] = field(default_factory=dict)
    served: dict[str, Served] = field(default_factory=dict)

    def save(self) -> dict[str, Any]:
        """As plain values."""
        return {"large": to_plain(self.large), "served": to_plain(self.served)}

    def load(self, tree: Tree) -> None:
        """Take up what was saved."""
        self.large = from_plain(dict[str, Large], tree["large"])
        self.served = from_plain(dict[str, Served], tree["served"])

    def note(self, event: Event) -> None:
        """Keep in mind, or forget again, that aftershocks will follow."""
        size, origin = event.magnitude, event.origin
        self.large.pop(event.id, None)
        if event.event_type != EXISTS or event.state != CONFIRMED or size is None:
            return
        if size.value >= self.params.aftershocks_from:
            self.large[event.id] = Large(origin.time_ns, origin.latitude, origin.longitude, size.value)

    def serve(self, alert: Alert) -> None:
        """Keep in mind what each target was warned of; who is told that it was none may be warned again."""
        params = self.params.of(alert.audience)
        if alert.kind == "cancel":
            own = {name for name, one in self.served.items() if one.incident == alert.event_id}
            gone = {name for name in own if name.startswith(f"{alert.audience}|")}
            self.served = {name: one for name, one in self.served.items() if name not in gone}
        elif params.level:
            for name, level in levels(alert, params).items():
                if level:
                    self.served[f"{alert.audience}|{name}"] = Served(alert.issued_ns, level, alert.event_id)

    def of(self, incident: Incident, others: Iterable[Incident], audience: str, now_ns: int) -> Memory:
        """What is to be asked of an event for one audience."""
        event, params = incident.event, self.params.of(audience)
        if event is None:
            return Memory()
        since_ns = now_ns - from_seconds(params.rate_s)
        served = {
            name.partition("|")[2]: one.level
            for name, one in self.served.items()
            if name.startswith(f"{audience}|") and one.issued_ns > since_ns and one.incident != incident.id
        }
        near = (self._beside(one, audience, event) for one in others if one is not incident)
        beside = next((words for words in near if words), "")
        return Memory(self._after(event), beside, served)

    def _after(self, event: Event) -> str:
        """The large earthquake that an event may be an aftershock of."""
        span_ns = from_seconds(3600 * self.params.aftershocks_h)
        origin = event.origin
        for name, one in self.large.items():
            if name == event.id or not 0 < origin.time_ns - one.time_ns <= span_ns:
                continue
            km = float(distance_km(origin.latitude, origin.longitude, one.latitude, one.longitude))
            if km <= self.params.aftershocks_km:
                return f"M {one.magnitude:.1f} of {to_seconds(origin.time_ns - one.time_ns) / 3600:.1f} h before"
        return ""

    def _beside(self, other: Incident, audience: str, event: Event) -> str:
        """Another earthquake that the audience was told of just before and nearby, in words."""
        chain, origin, limit_s = other.chains.get(audience), event.origin, self.params.of(audience).blackout_s
        last = chain.last if chain is not None and chain.stands else None
        if last is None or not limit_s:
            return ""
        apart_s = abs(to_seconds(origin.time_ns - last.origin_time_ns))
        km = float(distance_km(origin.latitude, origin.longitude, last.latitude, last.longitude))
        if apart_s > limit_s or km > self.params.blackout_km:
            return ""
        size = event.magnitude.value if event.magnitude else 0.0
        if last.magnitude is not None and size >= last.magnitude + self.params.blackout_magnitude:
            return ""
        return f"{other.id}, {apart_s:.0f} s and {km:.0f} km away"

    def forget(self, since_ns: int, now_ns: int) -> None:
        """Let go of what counts no more."""
        self.served = {name: one for name, one in self.served.items() if one.issued_ns > since_ns}
        last_ns = now_ns - from_seconds(3600 * self.params.aftershocks_h)
        self.large = {name: one for name, one in self.large.items() if one.time_ns > last_ns}

"""Which earthquake a new fact is of: an event or a station's shaking, under the id that receivers know."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from seismonet.core.event import Event, identifier
from seismonet.core.motion import Motion
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.location.network import Network

from .incident import Incident, joins, shook
from .likelihood import likelihood
from .view import EXISTS


@dataclass(slots=True)
class Incidents:
    """All that are remembered, by id, the oldest first; ``owner`` is the incident of an event."""

    network: Network
    all: dict[str, Incident] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Incident]:
        return iter(self.all.values())

    def save(self) -> dict[str, Any]:
        """As plain values."""
        return {"all": to_plain(self.all), "owner": to_plain(self.owner)}

    def load(self, tree: Tree) -> None:
        """Take up what was saved."""
        self.all = from_plain(dict[str, Incident], tree["all"])
        self.owner = from_plain(dict[str, str], tree["owner"])

    def forget(self, since_ns: int) -> None:
        """Let go of those that began before a time."""
        self.all = {name: one for name, one in self.all.items() if one.began_ns > since_ns}
        self.owner = {event: name for event, name in self.owner.items() if name in self.all}

    def named(self, name: str, began_ns: int) -> Incident:
        """The one of this id, which is made where there is none."""
        return self.all.setdefault(name, Incident(name, began_ns))

    def owned(self, event_id: str, incident: Incident) -> None:
        """Know that an event goes by an incident, unless one that was told later has it."""
        other = self.all.get(self.owner.get(event_id, ""))
        if other is None or other.told_ns <= incident.told_ns:
            self.owner[event_id] = incident.id

    def of_event(self, event: Event, least: float) -> Incident:
        """The incident of an event: its own, or shaking that was known before and is its own.

        What was taken back stays so. When the same picks turn out to be an earthquake after all, with a likelihood of
        ``least``, that is told under an id of its own.
        """
        found = self.all.get(self.owner.get(event.id, event.id))
        if found is None:
            found = self._claimed(event)
        elif found.taken_back and event.event_type == EXISTS and likelihood(event.origin) >= least:
            found = Incident(identifier(f"{found.id} again {event.version}"), event.origin.time_ns)
        self.all.setdefault(found.id, found)
        self.owner[event.id] = found.id
        return found

    def _claimed(self, event: Event) -> Incident:
        """What an event is known by: shaking that it explains, if somebody was told of that, else its own id.

        Shaking of several stations becomes that of one earthquake.
        """
        found = self._unclaimed(event) if event.event_type == EXISTS else []
        known = [one for one in found if any(chain.stands for chain in one.chains.values())]
        first = min(known, key=lambda one: (one.began_ns, one.id), default=None)
        incident = first or Incident(event.id, event.origin.time_ns)
        for other in found:
            if other is not incident:
                incident.motions.update(other.motions)
            if other not in known:
                del self.all[other.id]
        return incident

    def _unclaimed(self, event: Event) -> list[Incident]:
        """Shaking without an event that an event explains."""
        origin, network = event.origin, self.network
        arrivals = network.arrivals(origin.latitude, origin.longitude, origin.depth_km)
        return [
            one
            for one in self.all.values()
            if one.event is None
            and not one.taken_back
            and any(shook(event, motion, network, arrivals) for motion in one.motions.values())
        ]

    def of_motion(self, motion: Motion) -> Incident:
        """The incident of a station's motion: one that has it, whose event explains it, or beside it; or its own."""
        network = self.network
        for one in self.all.values():
            own = one.motions.get(motion.station_code)
            if own is not None and own.start_ns == motion.start_ns:
                return one
        for one in reversed(self.all.values()):
            event = one.event
            if event is None or event.event_type != EXISTS:
                continue
            where = event.origin.latitude, event.origin.longitude, event.origin.depth_km
            if shook(event, motion, network, network.arrivals(*where)):
                return one
        for one in self.all.values():
            if joins(one, motion, self.network.stations):
                return one
        name = identifier(f"motion {motion.station_code} {motion.start_ns}")
        return self.all.setdefault(name, Incident(name, motion.start_ns))

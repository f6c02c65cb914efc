"""Events to alerts: what is new, what moved enough to be told again, what must be taken back.

The rule this file owns: an alert says how large and where. An event whose size nothing tells yet, or whose place is so
open that one of its size would not be felt across it, is an event, and no alert yet.
"""

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.alert import Alert
from seismonet.core.event import Event
from seismonet.core.geo import distance_km
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.utc import from_seconds
from seismonet.models.intensity import bindi11


@parameters(frozen=True)
class AlertParams:
    """When an event is told."""

    minimum_stations: int = Field(default=3, ge=3, description="stations that agree on the event")
    magnitude_change: float = Field(default=0.2, gt=0, description="told again when the magnitude moved by this")
    moved_km: float = Field(default=10.0, gt=0, description="told again when the epicentre moved by this")
    sharper: float = Field(default=0.7, gt=0, lt=1, description="told again when the uncertainty fell to this fraction")
    felt: float = Field(
        default=3.0,
        ge=1,
        le=6,
        description="intensity that its magnitude makes at the edge of the 68 % radius, at least",
    )
    interval_s: float = Field(default=1.0, ge=0, description="updates of one event are at least this far apart")


@dataclass(slots=True)
class Lifecycle:
    """What was last told of each event."""

    params: AlertParams = field(default_factory=AlertParams)
    told: dict[str, Alert] = field(default_factory=dict)

    def save(self) -> dict[str, Any]:
        """What was told, as plain values."""
        return {"told": to_plain(self.told)}

    def load(self, tree: Tree) -> None:
        """Take up what was saved."""
        self.told.update(from_plain(dict[str, Alert], tree["told"]))

    def remember(self, alert: Alert) -> None:
        """Know of an alert that was told before a restart."""
        last = self.told.get(alert.event_id)
        if last is None or last.version < alert.version:
            self.told[alert.event_id] = alert

    def step(self, event: Event) -> Alert | None:
        """The alert that a new version of an event asks for, if any."""
        last = self.told.get(event.id)
        if event.event_type != "earthquake":
            if last is None or last.kind == "cancel":
                return None
            return self._tell(event, "cancel", "the stations do not agree on this event any more")
        if last is None:
            if len(event.origin.station_codes) < self.params.minimum_stations or not self._telling(event):
                return None
            return self._tell(event, "new", f"{len(event.origin.station_codes)} stations agree")
        if last.kind == "cancel" or event.issued_ns - last.issued_ns < from_seconds(self.params.interval_s):
            return None
        reason = self._moved(event, last)
        return self._tell(event, "update", reason) if reason else None

    def _telling(self, event: Event) -> bool:
        """Does it say how large, and where to within what such an earthquake would make felt?

        Intensity by Bindi et al. (2011); a great uncertainty is told of a great earthquake, not of a small one.
        """
        size = event.magnitude
        if size is None:
            return False
        return float(bindi11(size.value, event.origin.horizontal_uncertainty_km)) >= self.params.felt

    def _moved(self, event: Event, last: Alert) -> str:
        """What changed materially, in words; empty when nothing did."""
        origin, params = event.origin, self.params
        km = float(distance_km(last.latitude, last.longitude, origin.latitude, origin.longitude))
        if km >= params.moved_km:
            return f"epicentre moved by {km:.0f} km"
        if event.magnitude is not None:
            if last.magnitude is None:
                return "first magnitude"
            change = event.magnitude.value - last.magnitude
            if abs(change) >= params.magnitude_change:
                return f"magnitude changed by {change:+.1f}"
            if event.magnitude.at_least != last.at_least:
                return "the magnitude is a lower bound" if event.magnitude.at_least else "the magnitude is no bound now"
        if origin.horizontal_uncertainty_km <= params.sharper * last.horizontal_uncertainty_km:
            return "epicentre is better known"
        return ""

    def _tell(self, event: Event, kind: str, reason: str) -> Alert:
        origin, magnitude = event.origin, event.magnitude
        last = self.told.get(event.id)
        alert = Alert(
            event.id,
            last.version + 1 if last else 0,
            kind,
            event.issued_ns,
            origin.time_ns,
            origin.latitude,
            origin.longitude,
            origin.depth_km,
            magnitude.value if magnitude else None,
            magnitude.type if magnitude else None,
            origin.station_codes,
            origin.horizontal_uncertainty_km,
            event.network_status,
            reason,
            at_least=magnitude is not None and magnitude.at_least,
        )
        self.told[event.id] = alert
        return alert

"""Letters, alerts and a scribe for tests of delivery."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from seismonet.core.alert import LEVELS, Alert, Shaking
from seismonet.core.letter import Letter
from seismonet.net.receivers import ReceiverParams

SECOND_NS = 1_000_000_000
T0_NS = 1_764_000_000 * SECOND_NS


def letter(event: str = "e1", version: int = 0, **changes: object) -> Letter:
    """A letter to ``duty`` that may be sent for a minute after ``T0_NS``."""
    facts: dict[str, object] = {
        "event_id": event, "audience": "operator", "version": version, "kind": "update" if version else "new",
        "issued_ns": T0_NS + version, "receiver": "duty", "format": "json", "payload": b'{"v":%d}' % version,
        "signature": "header..signature", "not_after_ns": T0_NS + 60 * SECOND_NS, **changes,
    }  # fmt: skip
    return Letter(**facts)  # type: ignore[arg-type]


def shaking(target: str, intensity: float, *, probability: float = 0.9, s_after_s: float = 20.0) -> Shaking:
    """Shaking of a target: each level up to the intensity has the probability, all above have none."""
    shares = tuple(probability if level <= intensity else 0.0 for level in LEVELS)
    s_ns = T0_NS + round(s_after_s * SECOND_NS)
    return Shaking(target, 50.0, intensity, 0.5, shares, 0.1, 0.01, s_ns, s_ns - SECOND_NS, s_after_s - 1.0, False)


def alert(event: str = "e1", version: int = 0, kind: str = "new", **changes: object) -> Alert:
    """An alert of an earthquake at ``T0_NS``, issued five seconds later."""
    facts: dict[str, object] = {
        "event_id": event, "version": version, "kind": kind, "issued_ns": T0_NS + (5 + version) * SECOND_NS,
        "origin_time_ns": T0_NS, "latitude": 38.1, "longitude": 72.3, "depth_km": 10.0, "magnitude": 5.1,
        "magnitude_type": "ML", "station_codes": ("TJ.SAREZ", "TJ.BART", "TJ.SHAHT"), "horizontal_uncertainty_km": 8.0,
        "network_status": "s1", "reason": "simulated", **changes,
    }  # fmt: skip
    return Alert(**facts)  # type: ignore[arg-type]


@dataclass(slots=True)
class PlainScribe:
    """Writes a line of JSON that says everything that a receiver may see, unsigned."""

    status: str = "Actual"

    def as_status(self, status: str) -> "PlainScribe":
        """The same for messages of another status."""
        return PlainScribe(status)

    def reference(self, alert: Alert) -> str:
        """How a later message names this one."""
        return f"{alert.event_id}.{alert.audience}.{alert.version}"

    def write(self, alert: Alert, receiver: ReceiverParams, place: str, references: Sequence[str]) -> tuple[bytes, str]:
        """Payload and signature."""
        said = {
            "reference": self.reference(alert), "kind": alert.kind, "status": self.status, "to": receiver.name,
            "place": place, "references": list(references),
        }  # fmt: skip
        return json.dumps(said, sort_keys=True).encode(), "unsigned"

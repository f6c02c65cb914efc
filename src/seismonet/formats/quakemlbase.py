"""What every part of a QuakeML document is made with: public ids, comments, errors, who made it and when."""

import math
import re
from dataclasses import dataclass
from typing import Any

from seismonet.core.event import Event
from seismonet.core.sourceid import SourceId

ANONYMOUS = "XX"
"""QuakeML needs a network code; records without one get the code that FDSN keeps for it."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the parts of one version of an event. ``quake`` is ObsPy's event module, imported only when needed."""

    quake: Any
    authority: str
    source: Event
    agency: str
    author: str

    def name(self, kind: str, *parts: object) -> Any:
        """A public id that QuakeML's pattern admits."""
        return public_id(self.authority, kind, *parts)

    def own(self, kind: str, *parts: object) -> Any:
        """The public id of a part of this version of the event."""
        return self.name(kind, self.source.id, self.source.version, *parts)

    def of_pick(self, pick_id: str) -> tuple[str, ...]:
        """What makes the ids of a pick; a cancelled event has picks of its own, as another may have taken them over."""
        return (pick_id,) if self.source.event_type == "earthquake" else (pick_id, self.source.id)

    def pick_id(self, pick_id: str) -> Any:
        """The public id of a pick."""
        return self.name("pick", *self.of_pick(pick_id))

    @property
    def origin_id(self) -> Any:
        """That of the preferred origin."""
        return self.own("origin")

    def comments(self, about: tuple[object, ...], texts: dict[str, str]) -> list[Any]:
        """A comment for each text that is not empty; their names and what they are about make their ids."""
        return [
            self.quake.Comment(resource_id=self.name("comment", key, *about), text=text)
            for key, text in texts.items()
            if text
        ]

    def made(self, issued_ns: int, version: int) -> Any:
        """Who made it, and when."""
        return self.quake.CreationInfo(
            agency_id=self.agency, author=self.author, creation_time=time(issued_ns), version=str(version)
        )

    def waveform(self, source_id: SourceId) -> Any:
        """The channel it was read on."""
        return self.quake.WaveformStreamID(
            network_code=source_id.network or ANONYMOUS,
            station_code=source_id.station,
            location_code=source_id.location,
            channel_code=source_id.channel,
        )

    @property
    def status(self) -> str:
        """No more than preliminary as long as nobody has looked at it: elsewhere "confirmed" is what people say."""
        return "preliminary" if self.source.event_type == "earthquake" else "rejected"

    def errors(self, sigma: float, below: float = math.nan, above: float = math.nan) -> Any:
        """One standard deviation, and how far the 68 % interval reaches below and above, as far as known."""
        known = {"uncertainty": sigma, "lower_uncertainty": below, "upper_uncertainty": above}
        values = {key: float(value) for key, value in known.items() if math.isfinite(value)}
        return self.quake.base.QuantityError(**values, confidence_level=68.0 if values else None)


def public_id(authority: str, kind: str, *parts: object) -> Any:
    """``smi:AUTHORITY/KIND/PARTS``, with what QuakeML does not admit replaced."""
    from obspy.core.event import ResourceIdentifier

    path = "/".join(re.sub(r"[^A-Za-z0-9._~*()+=,;-]", "_", str(part)) for part in (kind, *parts))
    return ResourceIdentifier(f"smi:{authority}/{path}")


def time(time_ns: int) -> Any:
    """A time to the microsecond, as QuakeML wants it."""
    from obspy import UTCDateTime

    return UTCDateTime(ns=round(int(time_ns), -3))


def known(value: float) -> float | None:
    """A number, or nothing."""
    return float(value) if math.isfinite(value) else None

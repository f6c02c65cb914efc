"""A decision to tell."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alert:
    """One version of what is told about an event, published once.

    ``kind`` is ``new``, ``update`` or ``cancel``; ``network_status`` is the id of the status it was made under.
    """

    event_id: str
    version: int
    kind: str
    issued_ns: int
    origin_time_ns: int
    latitude: float
    longitude: float
    depth_km: float
    magnitude: float | None
    magnitude_type: str | None
    station_codes: tuple[str, ...]
    horizontal_uncertainty_km: float
    network_status: str
    reason: str = ""

    @property
    def stations(self) -> int:
        """Number of stations that agree."""
        return len(self.station_codes)

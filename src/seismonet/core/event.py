"""Picks, origins, magnitudes, events: QuakeML's words, as far as processing needs them."""

from dataclasses import dataclass
from datetime import datetime

from .sourceid import SourceId
from .utc import to_datetime


@dataclass(frozen=True, slots=True)
class Pick:
    """A phase onset on one channel.

    ``id`` is derived from channel, detector and trigger sample, so every version of a pick bears the same id and a
    second replay finds the same. Version 0 is the bare trigger, version 1 the refined onset.
    ``detector`` is D1 or D2, with ``+`` when it was triggered already and the energy surged a hundredfold.
    ``uncertainty_s`` is one standard deviation; ``snr`` the amplitude ratio of signal to noise about the onset.
    """

    id: str
    source_id: SourceId
    time_ns: int
    phase: str
    uncertainty_s: float
    snr: float
    version: int
    first_issued_ns: int
    issued_ns: int
    detector: str

    @property
    def nslc(self) -> str:
        """``NET.STA.LOC.CHA``."""
        return self.source_id.nslc

    @property
    def time(self) -> datetime:
        """Onset as an aware datetime (UTC, microseconds)."""
        return to_datetime(self.time_ns)


@dataclass(frozen=True, slots=True)
class Amplitude:
    """Peak ground displacement (m), velocity (m/s) and acceleration (m/s**2) within ``window_s`` after a P pick."""

    pick_id: str
    source_id: SourceId
    window_s: float
    pd_m: float
    pv_m_s: float
    pa_m_s2: float
    noise_pd_m: float
    clipped: bool
    issued_ns: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A pick as used by an origin."""

    pick_id: str
    source_id: SourceId
    phase: str
    distance_km: float
    azimuth_deg: float
    residual_s: float
    weight: float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when. Uncertainties are 68 %; ``horizontal_uncertainty_km`` is the radius that holds 68 %."""

    time_ns: int
    latitude: float
    longitude: float
    depth_km: float
    time_uncertainty_s: float
    horizontal_uncertainty_km: float
    depth_uncertainty_km: float
    rms_s: float
    azimuthal_gap_deg: float
    minimum_distance_km: float
    arrivals: tuple[Arrival, ...]
    model: str

    @property
    def station_codes(self) -> tuple[str, ...]:
        """Stations with an arrival, sorted."""
        return tuple(sorted({arrival.source_id.station_code for arrival in self.arrivals}))


@dataclass(frozen=True, slots=True)
class StationMagnitude:
    """What one station's amplitude says of the size."""

    pick_id: str
    source_id: SourceId
    value: float
    pd_m: float
    window_s: float
    used: bool


@dataclass(frozen=True, slots=True)
class Magnitude:
    """The size of an event; ``uncertainty`` is one standard deviation. Type ``Mpd``: from P-wave displacement."""

    value: float
    type: str
    uncertainty: float
    station_magnitudes: tuple[StationMagnitude, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """An earthquake as known at ``issued_ns``.

    ``id`` derives from the first picks and stays; ``version`` counts published changes from 0; ``event_type`` is
    ``earthquake``, or ``not existing`` once cancelled. ``network_status`` names the status it was made under.
    """

    id: str
    version: int
    issued_ns: int
    origin: Origin
    magnitude: Magnitude | None
    network_status: str
    event_type: str = "earthquake"

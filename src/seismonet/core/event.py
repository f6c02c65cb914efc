"""Picks, origins, magnitudes, events: QuakeML's words, as far as processing needs them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from .sourceid import SourceId
from .utc import to_datetime


@dataclass(frozen=True, slots=True)
class Polarization:
    """How the ground moved in the first moment of a P wave.

    ``backazimuth_deg`` points from the station to the source, ``incidence_deg`` is counted from the vertical,
    ``rectilinearity`` is 1 for motion along a line; the uncertainty is one standard deviation.
    """

    backazimuth_deg: float
    backazimuth_uncertainty_deg: float
    incidence_deg: float
    rectilinearity: float


@dataclass(frozen=True, slots=True)
class Pick:
    """A phase onset at one station, read on one of its channels.

    ``id`` is derived from channel, detector and trigger sample, so every version of a pick bears the same id and a
    second replay finds the same. Version 0 is the bare trigger, version 1 the refined onset; higher ones know more: the
    polarization, what the gate and the other sensor of the site say.
    ``phase`` is P or S; ``p_pick_id`` of an S names the P before it at its station.
    ``detector`` is D1, D2 or D3, with ``+`` when it was triggered already and the energy surged a hundredfold; or S.
    ``uncertainty_s`` is one standard deviation; ``snr`` the amplitude ratio of signal to noise about the onset.
    ``polarity`` in QuakeML's words, empty while unknown. ``trust`` is the probability that this is what it says, lower
    where the sensors of the site disagree. ``hint`` is P or S, what the motion speaks for, or teleseism.
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
    polarity: str = ""
    polarization: Polarization | None = None
    trust: float = 1.0
    p_pick_id: str = ""
    hint: str = ""

    @property
    def nslc(self) -> str:
        """``NET.STA.LOC.CHA``."""
        return self.source_id.nslc

    @property
    def time(self) -> datetime:
        """Onset as an aware datetime (UTC, microseconds)."""
        return to_datetime(self.time_ns)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A trigger that the gate refused: which pick (all its versions are void), why, and the measure that decided.

    ``reason`` is a word of :mod:`seismonet.detect.gate`, ``detail`` a sentence with the measure and its limit.
    """

    pick_id: str
    source_id: SourceId
    time_ns: int
    issued_ns: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Amplitude:
    """Peak ground displacement (m), velocity (m/s) and acceleration (m/s**2) within ``window_s`` after a P pick.

    ``tau_c_s`` is the period of the P wave, 0 where it was not measured; ``wood_anderson_m`` the peak of a
    Wood-Anderson seismograph of gain 1, of horizontal channels only, for ML. ``noise_pd_m`` and
    ``noise_wood_anderson_m`` are the same peaks before the onset.
    """

    pick_id: str
    source_id: SourceId
    window_s: float
    pd_m: float
    pv_m_s: float
    pa_m_s2: float
    noise_pd_m: float
    clipped: bool
    issued_ns: int
    tau_c_s: float = 0.0
    wood_anderson_m: float = 0.0
    noise_wood_anderson_m: float = 0.0


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
class Place:
    """One of several places where an earthquake may have been, and the probability that it was there."""

    latitude: float
    longitude: float
    depth_km: float
    probability: float


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure a location is.

    Attributes
    ----------
    radius_50_km, radius_90_km : about the epicentre, holding 50 and 90 % (68 % is the origin's own uncertainty)
    major_km, minor_km, azimuth_deg : half axes of the 68 % ellipse of the dominant mode, azimuth of the longer one
    depth_low_km, depth_high_km : 16th and 84th percentile
    probability_shallow, probability_deep : of a depth less than 40 km, of 60 km and more
    modes : all places with a share of their own, the most probable first; a second one only beyond 20 %
    quality : in words: good, fair, poor, ambiguous
    depth_class : crust, slab or undecided
    deaf : stations that were down or could not contribute: they carry no information
    """

    radius_50_km: float
    radius_90_km: float
    major_km: float
    minor_km: float
    azimuth_deg: float
    depth_low_km: float
    depth_high_km: float
    probability_shallow: float
    probability_deep: float
    modes: tuple[Place, ...]
    quality: str
    depth_class: str
    deaf: tuple[str, ...] = ()


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
    confidence: Confidence | None = None

    @property
    def station_codes(self) -> tuple[str, ...]:
        """Stations with an arrival, sorted."""
        return tuple(sorted({arrival.source_id.station_code for arrival in self.arrivals}))


@dataclass(frozen=True, slots=True)
class StationMagnitude:
    """What one station's amplitude says of the size.

    ``type`` is Mpd, from the P displacement ``pd_m``, or ML: then ``wood_anderson_m`` is the peak that it is made of.
    """

    pick_id: str
    source_id: SourceId
    value: float
    pd_m: float
    window_s: float
    used: bool
    type: str = "Mpd"
    wood_anderson_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Magnitude:
    """The size of an event; ``uncertainty`` is one standard deviation.

    Type ``Mpd``: from P-wave displacement, ``ML``: from the S waves. ``at_least`` when the rupture may have outgrown
    what was measured: the value is then a lower bound. ``probabilities`` are of the half units from M 2.0 on, the first
    holding all below 2.5 and the last all from 8.5. ``check`` says when the period of the P waves (tau_c) speaks for
    another size.
    """

    value: float
    type: str
    uncertainty: float
    station_magnitudes: tuple[StationMagnitude, ...]
    at_least: bool = False
    probabilities: tuple[float, ...] = ()
    check: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An earthquake as known at ``issued_ns``.

    ``id`` derives from the first picks and stays; ``version`` counts published changes from 0; ``event_type`` is
    ``earthquake``, or ``not existing`` once cancelled, with the ``reason`` why: the stations disagree, it was merged
    into another event, a teleseism, the electronics. ``network_status`` names the status it was made under. ``state``
    is ``preliminary`` with two stations, ``confirmed`` with three, or two and an S.
    """

    id: str
    version: int
    issued_ns: int
    origin: Origin
    magnitude: Magnitude | None
    network_status: str
    event_type: str = "earthquake"
    state: str = "confirmed"
    reason: str = ""


def identifier(text: str) -> str:
    """Sixteen hexadecimal digits derived from a text.

    >>> identifier("a") == identifier("a"), len(identifier("a"))
    (True, 16)
    """
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

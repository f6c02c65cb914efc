"""A decision to tell, or not to tell."""

from dataclasses import dataclass

from .event import Place

LEVELS = (3, 4, 5, 6, 7, 8, 9, 10)
"""Intensities (MSK-64) whose probability of being reached is forecast."""


@dataclass(frozen=True, slots=True)
class Shaking:
    """What is expected at one target.

    Attributes
    ----------
    target : its name
    epicentral_km : from the most probable epicentre
    intensity, sd : median and standard deviation, MSK-64; MMI and EMS-98 are its numeric kin
    probabilities : that each of ``LEVELS`` is reached
    pga_m_s2, pgv_m_s : medians of the peak horizontal motion
    s_arrival_ns, s_early_ns : when the S waves come: median and 16th percentile
    lead_s : from the issue of the forecast to ``s_early_ns``, negative when they are there already
    blind : they had come before the forecast could be issued
    """

    target: str
    epicentral_km: float
    intensity: float
    sd: float
    probabilities: tuple[float, ...]
    pga_m_s2: float
    pgv_m_s: float
    s_arrival_ns: int
    s_early_ns: int
    lead_s: float
    blind: bool

    def probability(self, level: int) -> float:
        """That an intensity is reached; ValueError for one that is not in ``LEVELS``."""
        return self.probabilities[LEVELS.index(level)]


@dataclass(frozen=True, slots=True)
class MissingStation:
    """A station that could not take part in an alert: why, and what it would have changed."""

    station_code: str
    why: str
    effect: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One version of what one audience is told of an earthquake, published once.

    Attributes
    ----------
    event_id, version, kind : ``kind`` is ``new``, ``update`` or ``cancel``; versions of one audience count from 0
    network_status : id of the status it was made under
    at_least : the magnitude is a lower bound
    audience : the class of receivers: public, civil_defence, operator, siren
    basis : network (a source was found), onsite (one station, both sensors), motion (strong shaking, no source needed)
    state : candidate, preliminary, confirmed, final or cancelled
    likelihood : probability that there is an earthquake as told
    probability_shallow, probability_deep : of a depth less than 40 km, of 60 km and more; None where nobody knows
    second_mode : the other place where it may have been, with its probability
    shaking : at every target, the strongest first
    missing : stations that could not take part
    expires_ns : nobody is told after this
    event_version : of the event that it was made from; -1 without one
    source_event_id : id of that event, which is not ``event_id`` where receivers were told before there was an event;
        empty without one
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
    at_least: bool = False
    audience: str = "operator"
    basis: str = "network"
    state: str = "confirmed"
    likelihood: float = 1.0
    magnitude_uncertainty: float | None = None
    depth_uncertainty_km: float | None = None
    time_uncertainty_s: float | None = None
    probability_shallow: float | None = None
    second_mode: Place | None = None
    shaking: tuple[Shaking, ...] = ()
    missing: tuple[MissingStation, ...] = ()
    expires_ns: int = 0
    event_version: int = -1
    probability_deep: float | None = None
    source_event_id: str = ""

    @property
    def about(self) -> str:
        """Id of the event that it is about, as the catalogue knows it."""
        return self.source_event_id or self.event_id

    @property
    def stations(self) -> int:
        """Number of stations that agree."""
        return len(self.station_codes)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one audience when something was new: to tell (``alert``), or not, and why.

    ``rules`` names every rule that was asked, with what it said: ``("stations 2 of 3: no", "magnitude 4.7 of 4.5:
    yes")``.
    """

    event_id: str
    audience: str
    basis: str
    issued_ns: int
    network_status: str
    rules: tuple[str, ...]
    alert: Alert | None = None

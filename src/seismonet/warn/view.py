"""What is known of an incident at one moment, worked out once for all audiences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seismonet.core.alert import Alert, Shaking
from seismonet.core.event import Event
from seismonet.core.geo import distance_km
from seismonet.core.inventory import Station
from seismonet.core.motion import Motion
from seismonet.core.status import NetworkStatus
from seismonet.core.target import Target
from seismonet.core.utc import from_seconds
from seismonet.location.network import Arrivals, Network

from .changes import AlertParams
from .incident import Incident
from .likelihood import likelihood
from .missing import missing_stations
from .motion import measured, pair
from .shaking import ShakingParams, forecast

EXISTS = "earthquake"
DISAGREE = "the stations do not agree on this event any more"
SLOWEST_KM_S, MARGIN_S = 5.5, 4.0
"""A P wave in the crust, and a station's latency and trigger, at the slowest."""
ONSITE_SURE, PAIR_SURE = 0.8, 0.95
"""Both sensors of one station agree, two neighbours agree: how likely it is an earthquake. Proposals, not measured."""
CANCEL_LIFE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stays the same: where stations and targets are, travel times, how shaking is forecast."""

    network: Network
    targets: tuple[Target, ...] = ()
    shaking: ShakingParams = field(default_factory=ShakingParams)

    @property
    def places(self) -> Mapping[str, Station]:
        """Stations by code."""
        return self.network.stations


@dataclass(frozen=True, slots=True)
class View:
    """An incident at one moment.

    Attributes
    ----------
    event : as the network knows it, None where it knows none (any more)
    gone : why there is none any more, empty where nothing speaks against it
    likelihood, newest_ns : of the event, and when its newest arrival was recorded
    shaking : forecast for all targets from the event
    """

    now_ns: int
    status: NetworkStatus
    around: Surroundings
    params: AlertParams
    motions: tuple[Motion, ...] = ()
    event: Event | None = None
    gone: str = ""
    likelihood: float = 0.0
    newest_ns: int = 0
    shaking: tuple[Shaking, ...] = ()
    arrivals: Arrivals | None = None

    @classmethod
    def of(
        cls, incident: Incident, now_ns: int, status: NetworkStatus, around: Surroundings, params: AlertParams
    ) -> "View":
        """What follows from what is known of an incident."""
        event, motions = incident.event, tuple(incident.motions.values())
        if event is None:
            gone = _silence(motions, now_ns, status, around, params)
            return cls(now_ns, status, around, params, motions, gone=gone)
        origin = event.origin
        arrivals = around.network.arrivals(origin.latitude, origin.longitude, origin.depth_km)
        if event.event_type != EXISTS:
            why = event.reason or DISAGREE
            return cls(now_ns, status, around, params, motions, gone=why, arrivals=arrivals)
        share = likelihood(origin)
        unlikely = f"too unlikely by now ({share:.2f} of {params.cancel_likelihood:g})"
        return cls(
            now_ns,
            status,
            around,
            params,
            motions,
            event,
            unlikely if share < params.cancel_likelihood else "",
            share,
            _newest_ns(event, around.network, arrivals),
            forecast(origin, event.magnitude, around.targets, around.network.model, now_ns, around.shaking),
            arrivals,
        )

    @property
    def neighbours(self) -> tuple[Motion, Motion] | None:
        """Two stations that bear out each other's shaking."""
        return pair(self.motions, self.around.places, self.params.motion)

    def near(self, motions: Sequence[Motion], near_km: float) -> tuple[Shaking, ...]:
        """What targets near shaken stations are to expect."""
        return measured(motions, self.around.places, self.around.targets, near_km, self.now_ns)

    def alert(self, audience: str, basis: str, motions: tuple[Motion, ...], shaking: tuple[Shaking, ...]) -> Alert:
        """What would be told now; who tells it adds the incident, version, kind and reason."""
        if self.event is None:
            return self._measured(audience, basis, motions, shaking)
        event = self.event
        origin, size, sure = event.origin, event.magnitude, event.origin.confidence
        assert self.arrivals is not None
        needed = self.params.of(audience).minimum_stations
        life_s = max(self.params.final_s, self.params.of(audience).latest_s)
        return Alert(
            "",
            0,
            "",
            self.now_ns,
            origin.time_ns,
            origin.latitude,
            origin.longitude,
            origin.depth_km,
            size.value if size else None,
            size.type if size else None,
            origin.station_codes,
            origin.horizontal_uncertainty_km,
            self.status.id,
            at_least=size is not None and size.at_least,
            audience=audience,
            basis=basis,
            state=event.state,
            likelihood=self.likelihood,
            magnitude_uncertainty=size.uncertainty if size else None,
            depth_uncertainty_km=origin.depth_uncertainty_km,
            time_uncertainty_s=origin.time_uncertainty_s,
            probability_shallow=sure.probability_shallow if sure else None,
            second_mode=sure.modes[1] if sure and len(sure.modes) > 1 else None,
            shaking=shaking,
            missing=missing_stations(origin, self.status, self.around.network, self.arrivals, needed),
            expires_ns=origin.time_ns + from_seconds(life_s),
            event_version=event.version,
            probability_deep=sure.probability_deep if sure else None,
            source_event_id=event.id,
        )

    def _measured(self, audience: str, basis: str, motions: tuple[Motion, ...], shaking: tuple[Shaking, ...]) -> Alert:
        """Without a source: the station that is shaken most, and how far around it this speaks for."""
        most = motions[0]
        place, began_ns = self.around.places[most.station_code], min(one.start_ns for one in motions)
        near_km = self.params.onsite.near_km if basis == "onsite" else self.params.motion.near_km
        return Alert(
            "",
            0,
            "",
            self.now_ns,
            began_ns,
            place.latitude,
            place.longitude,
            0.0,
            None,
            None,
            tuple(sorted(one.station_code for one in motions)),
            near_km,
            self.status.id,
            audience=audience,
            basis=basis,
            state="preliminary",
            likelihood=ONSITE_SURE if basis == "onsite" else PAIR_SURE,
            shaking=shaking,
            expires_ns=began_ns + from_seconds(self.params.final_s),
        )


def _newest_ns(event: Event, network: Network, arrivals: Arrivals) -> int:
    """When the newest arrival of an event was recorded."""
    times_s = {"P": arrivals.p_s, "S": arrivals.s_s}
    after_s = [
        float(times_s[one.phase][network.index[one.source_id.station_code]]) + one.residual_s
        for one in event.origin.arrivals
        if one.source_id.station_code in network.index and one.phase in times_s
    ]
    return event.origin.time_ns + from_seconds(max(after_s, default=0.0))


def _silence(
    motions: tuple[Motion, ...], now_ns: int, status: NetworkStatus, around: Surroundings, params: AlertParams
) -> str:
    """Why one station's shaking is no earthquake: others are alive, near, and have seen nothing for long enough."""
    limits = params.onsite
    if len(motions) != 1 or now_ns - motions[0].start_ns < from_seconds(limits.silent_s):
        return ""
    here = around.places.get(motions[0].station_code)
    if here is None:
        return ""
    heard_km = SLOWEST_KM_S * ((now_ns - motions[0].start_ns) / 1e9 - MARGIN_S)
    silent = [
        one.station_code
        for one in status.stations
        if one.can_contribute
        and one.station_code != motions[0].station_code
        and one.station_code in around.places
        and _km(here, around.places[one.station_code]) <= min(heard_km, limits.silent_km)
    ]
    if not silent:
        return ""
    return f"no other station saw it, though {', '.join(silent[:4])} could have"


def _km(one: Station, other: Station) -> float:
    return float(distance_km(one.latitude, one.longitude, other.latitude, other.longitude))

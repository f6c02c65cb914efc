"""A source as the event that is told: its origin with arrivals, its state, and whether that is news."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seismonet.core.event import Amplitude, Arrival, Confidence, Event, Magnitude, Origin, Pick
from seismonet.core.geo import azimuth_deg, distance_km
from seismonet.core.utc import SECOND_NS, from_seconds

from .amplitudes import MagnitudeParams, Site
from .evidence import Amplitudes
from .magnitude import network_magnitude
from .network import Network
from .posterior import Solution
from .sources import Source

PRELIMINARY, CONFIRMED = "preliminary", "confirmed"
NOT_EXISTING = "not existing"

MOVED_KM, MOVED_PART = 1.0, 0.1
DEEPER_KM, DEEPER_PART = 2.0, 0.2
LATER_S = 0.1
LARGER = 0.05
SHARPER = 0.1
LIKELIER = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured after all picks, and the sources that there are."""

    amplitudes: Amplitudes
    sources: Sequence[Source]

    def alone(self, pick: Pick, source: Source, network: Network) -> tuple[Amplitude, ...]:
        """The amplitudes after a pick whose windows end before the P of a later earthquake comes to its station."""
        ends_ns = [
            came_ns
            for one in self.sources
            if one is not source and (came_ns := _arrived_ns(one, pick, network)) > pick.time_ns
        ]
        left_s = (min(ends_ns) - pick.time_ns) / SECOND_NS if ends_ns else np.inf
        return tuple(one for one in self.amplitudes.get(pick.id, {}).values() if one.window_s <= left_s)


def _arrived_ns(source: Source, pick: Pick, network: Network) -> int:
    """When the P of a source came, or should come, to the station of a pick."""
    code = pick.source_id.station_code
    own = source.picks.get(code)
    if own is not None:
        return own.time_ns
    return source.time_ns + from_seconds(float(source.arrivals(network).p_s[network.index[code]]))


def origin_of(source: Source, network: Network, deaf: tuple[str, ...]) -> Origin:
    """The origin as it stands, with the stations that could not contribute."""
    solution = source.solution
    places = [network.stations[one.source_id.station_code] for one in source.used]
    azimuths = [
        float(azimuth_deg(solution.latitude, solution.longitude, one.latitude, one.longitude)) for one in places
    ]
    columns = source.used, solution.distance_km, azimuths, solution.residual_s, solution.weight
    arrivals = tuple(
        Arrival(one.id, one.source_id, one.phase, float(km), azimuth, float(residual), float(weight))
        for one, km, azimuth, residual, weight in zip(*columns, strict=True)
    )
    return Origin(
        source.time_ns,
        solution.latitude,
        solution.longitude,
        solution.depth_km,
        solution.time_sigma_s,
        solution.horizontal_km,
        solution.depth_sigma_km,
        rms_s(source),
        _gap(azimuths),
        float(solution.distance_km.min()),
        arrivals,
        network.model.name,
        _confidence(solution, deaf),
    )


def _confidence(solution: Solution, deaf: tuple[str, ...]) -> Confidence | None:
    known: Confidence | None = getattr(solution, "confidence", None)
    return replace(known, deaf=deaf) if known else None


def rms_s(source: Source) -> float:
    """Of all residuals."""
    return float(np.sqrt(np.mean(np.square(source.solution.residual_s))))


def size_of(
    source: Source, origin: Origin, network: Network, measured: Measured, params: MagnitudeParams
) -> Magnitude | None:
    """The magnitude: a site of each station whose P belongs to the source, S minus P as picked where it was."""
    times, sites = source.arrivals(network), []
    for code, pick in source.picks.items():
        found = measured.alone(pick, source, network)
        if not found:
            continue
        k = network.index[code]
        s_minus_p_s = float(times.s_s[k] - times.p_s[k])
        if code in source.later:
            s_minus_p_s = (source.later[code].time_ns - pick.time_ns) / SECOND_NS
        hypocentral_km = float(np.hypot(times.km[k], origin.depth_km))
        sites.append(Site(code, hypocentral_km, max(s_minus_p_s, 0.1), found))
    return network_magnitude(sites, origin, params)


def draft(source: Source, origin: Origin, magnitude: Magnitude | None, now_ns: int) -> Event:
    """The event of a source as a new version; whoever publishes it adds the network's status."""
    state = CONFIRMED if source.confirmed else PRELIMINARY
    return Event(source.id, source.version + 1, now_ns, origin, magnitude, "", state=state)


def withdrawn(source: Source, told: Event, now_ns: int) -> Event:
    """The event as it was last told, as one that never was."""
    return replace(
        told,
        version=source.version + 1,
        issued_ns=now_ns,
        network_status="",
        event_type=NOT_EXISTING,
        reason=source.reason,
    )


def materially(old: Event, new: Event) -> bool:
    """Is a new version worth telling: would anyone who reads it see or do anything else?

    Other arrivals or another state; a place that moved by a kilometre and a tenth of its uncertainty, a depth by two
    and a fifth, a time by 0.1 s; an uncertainty by a tenth; a magnitude by 0.05; a probability by 0.05.
    """
    was, now = old.origin, new.origin
    if (old.state, old.event_type) != (new.state, new.event_type):
        return True
    if [one.pick_id for one in was.arrivals] != [one.pick_id for one in now.arrivals]:
        return True
    km = float(distance_km(was.latitude, was.longitude, now.latitude, now.longitude))
    return (
        km > max(MOVED_KM, MOVED_PART * now.horizontal_uncertainty_km)
        or abs(was.depth_km - now.depth_km) > max(DEEPER_KM, DEEPER_PART * now.depth_uncertainty_km)
        or abs(was.time_ns - now.time_ns) > LATER_S * SECOND_NS
        or abs(was.horizontal_uncertainty_km - now.horizontal_uncertainty_km) > SHARPER * was.horizontal_uncertainty_km
        or _surer(was, now)
        or _other_size(old.magnitude, new.magnitude)
    )


def _surer(was: Origin, now: Origin) -> bool:
    old, new = was.confidence, now.confidence
    if old is None or new is None:
        return old is not new
    if (old.quality, old.depth_class, len(old.modes), old.deaf) != (
        new.quality,
        new.depth_class,
        len(new.modes),
        new.deaf,
    ):
        return True
    return (
        abs(old.probability_shallow - new.probability_shallow) > LIKELIER
        or abs(old.probability_deep - new.probability_deep) > LIKELIER
    )


def _other_size(old: Magnitude | None, new: Magnitude | None) -> bool:
    if old is None or new is None:
        return old is not new
    words = (old.type, old.at_least, old.check) != (new.type, new.at_least, new.check)
    return words or abs(old.value - new.value) > LARGER or abs(old.uncertainty - new.uncertainty) > LARGER


def _gap(azimuths: list[float]) -> float:
    """Largest angle without a station."""
    ring = np.sort(np.array(azimuths))
    return float(np.diff(np.r_[ring, ring[0] + 360.0]).max())

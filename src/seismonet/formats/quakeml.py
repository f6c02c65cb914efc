"""Events as QuakeML 1.2, through ObsPy's event classes."""

import io
from collections.abc import Iterable, Mapping
from typing import Any

from seismonet.core.event import Arrival, Event, Magnitude, Origin, Pick
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.sourceid import SourceId

AUTHORITY = "smi:org.seismonet"
CONFIDENCE_PERCENT = 68.0


def quakeml(events: Iterable[Event], picks: Mapping[str, Pick], agency: str = "seismonet") -> bytes:
    """A QuakeML document of events, each in the version given, with the picks that their arrivals name.

    All ids derive from the events' and picks' own, so the same events give the same document.
    """
    buffer = io.BytesIO()
    to_catalog(events, picks, agency).write(buffer, format="QUAKEML", validate=False)
    return buffer.getvalue()


def to_catalog(events: Iterable[Event], picks: Mapping[str, Pick], agency: str = "seismonet") -> Any:
    """The same as an ObsPy Catalog."""
    from obspy.core.event import Catalog

    catalog = Catalog(resource_id=_id("catalogue"))
    catalog.creation_info = None
    for event in events:
        catalog.append(_event(event, picks, agency))
    return catalog


def _id(*parts: object) -> Any:
    from obspy.core.event import ResourceIdentifier

    return ResourceIdentifier("/".join([AUTHORITY, *(str(part) for part in parts)]))


def _time(ns: int) -> Any:
    from obspy import UTCDateTime

    return UTCDateTime(ns=round(ns, -3))


def _info(agency: str, issued_ns: int, version: int) -> Any:
    from obspy.core.event import CreationInfo

    return CreationInfo(agency_id=agency, creation_time=_time(issued_ns), version=str(version))


def _event(event: Event, picks: Mapping[str, Pick], agency: str) -> Any:
    from obspy.core.event import Event as QuakeEvent
    from obspy.core.event import EventDescription

    origin = _origin(event, agency)
    one = QuakeEvent(resource_id=_id("event", event.id), event_type=event.event_type)
    one.creation_info = _info(agency, event.issued_ns, event.version)
    place = f"{event.origin.latitude:.2f}, {event.origin.longitude:.2f}"
    one.event_descriptions = [EventDescription(text=place, type="region name")]
    one.picks = [_pick(picks[arrival.pick_id]) for arrival in event.origin.arrivals if arrival.pick_id in picks]
    one.origins = [origin]
    one.preferred_origin_id = origin.resource_id
    if event.magnitude is not None:
        magnitude, stations, amplitudes = _magnitude(event, event.magnitude, origin.resource_id, agency)
        one.magnitudes, one.station_magnitudes, one.amplitudes = [magnitude], stations, amplitudes
        one.preferred_magnitude_id = magnitude.resource_id
    return one


def _stream(source_id: SourceId) -> Any:
    from obspy.core.event import WaveformStreamID

    return WaveformStreamID(
        network_code=source_id.network,
        station_code=source_id.station,
        location_code=source_id.location,
        channel_code=source_id.channel,
    )


def _pick(pick: Pick) -> Any:
    from obspy.core.event import Pick as QuakePick
    from obspy.core.event import QuantityError

    return QuakePick(
        resource_id=_id("pick", pick.id),
        time=_time(pick.time_ns),
        time_errors=QuantityError(uncertainty=pick.uncertainty_s, confidence_level=CONFIDENCE_PERCENT),
        waveform_id=_stream(pick.source_id),
        phase_hint=pick.phase,
        method_id=_id("method", pick.detector.replace("+", "-surge")),
        evaluation_mode="automatic",
        evaluation_status="preliminary",
    )


def _origin(event: Event, agency: str) -> Any:
    from obspy.core.event import Origin as QuakeOrigin
    from obspy.core.event import OriginQuality, OriginUncertainty, QuantityError

    origin = event.origin
    along_deg = origin.horizontal_uncertainty_km / KM_PER_DEGREE
    one = QuakeOrigin(
        resource_id=_id("origin", event.id, event.version),
        time=_time(origin.time_ns),
        time_errors=QuantityError(uncertainty=origin.time_uncertainty_s, confidence_level=CONFIDENCE_PERCENT),
        latitude=origin.latitude,
        latitude_errors=QuantityError(uncertainty=along_deg),
        longitude=origin.longitude,
        longitude_errors=QuantityError(uncertainty=along_deg / max(0.05, _cos(origin.latitude))),
        depth=origin.depth_km * 1000,
        depth_errors=QuantityError(uncertainty=origin.depth_uncertainty_km * 1000),
        earth_model_id=_id("model", origin.model),
        evaluation_mode="automatic",
        evaluation_status="rejected" if event.event_type == "not existing" else "preliminary",
        creation_info=_info(agency, event.issued_ns, event.version),
    )
    one.origin_uncertainty = OriginUncertainty(
        horizontal_uncertainty=origin.horizontal_uncertainty_km * 1000,
        preferred_description="horizontal uncertainty",
        confidence_level=CONFIDENCE_PERCENT,
    )
    one.quality = _quality(origin, OriginQuality)
    one.arrivals = [_arrival(event, arrival) for arrival in origin.arrivals]
    return one


def _cos(latitude_deg: float) -> float:
    import math

    return math.cos(math.radians(latitude_deg))


def _quality(origin: Origin, kind: Any) -> Any:
    distances = [arrival.distance_km / KM_PER_DEGREE for arrival in origin.arrivals]
    return kind(
        associated_phase_count=len(origin.arrivals),
        used_phase_count=len(origin.arrivals),
        used_station_count=len(origin.station_codes),
        standard_error=origin.rms_s,
        azimuthal_gap=origin.azimuthal_gap_deg,
        minimum_distance=min(distances),
        maximum_distance=max(distances),
    )


def _arrival(event: Event, arrival: Arrival) -> Any:
    from obspy.core.event import Arrival as QuakeArrival

    return QuakeArrival(
        resource_id=_id("arrival", event.id, event.version, arrival.pick_id),
        pick_id=_id("pick", arrival.pick_id),
        phase=arrival.phase,
        azimuth=arrival.azimuth_deg,
        distance=arrival.distance_km / KM_PER_DEGREE,
        time_residual=arrival.residual_s,
        time_weight=arrival.weight,
    )


def _magnitude(event: Event, magnitude: Magnitude, origin_id: Any, agency: str) -> tuple[Any, list[Any], list[Any]]:
    from obspy.core.event import Magnitude as QuakeMagnitude
    from obspy.core.event import QuantityError, StationMagnitude, StationMagnitudeContribution

    stations, amplitudes, contributions = [], [], []
    for part in magnitude.station_magnitudes:
        key = event.id, event.version, part.pick_id
        amplitude = _amplitude(key, part.pd_m, part.source_id)
        one = StationMagnitude(
            resource_id=_id("stationmagnitude", *key),
            origin_id=origin_id,
            mag=part.value,
            station_magnitude_type=magnitude.type,
            amplitude_id=amplitude.resource_id,
            waveform_id=_stream(part.source_id),
        )
        stations.append(one)
        amplitudes.append(amplitude)
        weight = 1.0 if part.used else 0.0
        contributions.append(StationMagnitudeContribution(station_magnitude_id=one.resource_id, weight=weight))
    whole = QuakeMagnitude(
        resource_id=_id("magnitude", event.id, event.version),
        mag=magnitude.value,
        mag_errors=QuantityError(uncertainty=magnitude.uncertainty, confidence_level=CONFIDENCE_PERCENT),
        magnitude_type=magnitude.type,
        origin_id=origin_id,
        station_count=sum(part.used for part in magnitude.station_magnitudes),
        evaluation_mode="automatic",
        evaluation_status="preliminary",
        creation_info=_info(agency, event.issued_ns, event.version),
        station_magnitude_contributions=contributions,
    )
    return whole, stations, amplitudes


def _amplitude(key: tuple[object, ...], pd_m: float, source_id: SourceId) -> Any:
    from obspy.core.event import Amplitude as QuakeAmplitude

    return QuakeAmplitude(
        resource_id=_id("amplitude", *key),
        generic_amplitude=pd_m,
        type="Pd",
        category="point",
        unit="m",
        pick_id=_id("pick", key[-1]),
        waveform_id=_stream(source_id),
        evaluation_mode="automatic",
        evaluation_status="preliminary",
    )

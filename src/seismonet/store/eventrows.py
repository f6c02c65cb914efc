"""Events and what they own to rows of the catalogue's tables, and back."""

from collections.abc import Iterable, Iterator

from sqlalchemy import RowMapping

from seismonet.core.event import Arrival, Confidence, Event, Magnitude, Origin, Place, StationMagnitude
from seismonet.core.sourceid import SourceId

from .rows import Row, from_number, number


def event_row(event: Event) -> Row:
    """A version of an event, without what it owns."""
    return {
        "id": event.id,
        "version": int(event.version),
        "issued_ns": int(event.issued_ns),
        "network_status": event.network_status,
        "event_type": event.event_type,
        "state": event.state,
        "reason": event.reason,
    }


def origin_row(event: Event) -> Row:
    """The origin of an event's version."""
    origin = event.origin
    return {
        "event_id": event.id,
        "version": int(event.version),
        "time_ns": int(origin.time_ns),
        "latitude": number(origin.latitude),
        "longitude": number(origin.longitude),
        "depth_km": number(origin.depth_km),
        "time_uncertainty_s": number(origin.time_uncertainty_s),
        "horizontal_uncertainty_km": number(origin.horizontal_uncertainty_km),
        "depth_uncertainty_km": number(origin.depth_uncertainty_km),
        "rms_s": number(origin.rms_s),
        "azimuthal_gap_deg": number(origin.azimuthal_gap_deg),
        "minimum_distance_km": number(origin.minimum_distance_km),
        "model": origin.model,
    }


def confidence_rows(event: Event) -> Iterator[Row]:
    """How sure the origin of an event's version is, if that is known."""
    sure = event.origin.confidence
    if sure is not None:
        yield {
            "event_id": event.id,
            "version": int(event.version),
            "radius_50_km": number(sure.radius_50_km),
            "radius_90_km": number(sure.radius_90_km),
            "major_km": number(sure.major_km),
            "minor_km": number(sure.minor_km),
            "azimuth_deg": number(sure.azimuth_deg),
            "depth_low_km": number(sure.depth_low_km),
            "depth_high_km": number(sure.depth_high_km),
            "probability_shallow": number(sure.probability_shallow),
            "probability_deep": number(sure.probability_deep),
            "quality": sure.quality,
            "depth_class": sure.depth_class,
            "deaf": list(sure.deaf),
        }


def place_rows(event: Event) -> Iterator[Row]:
    """The places where the earthquake of an event's version may have been, numbered."""
    for position, one in enumerate(event.origin.confidence.modes if event.origin.confidence else ()):
        yield {
            "event_id": event.id,
            "version": int(event.version),
            "position": position,
            "latitude": number(one.latitude),
            "longitude": number(one.longitude),
            "depth_km": number(one.depth_km),
            "probability": number(one.probability),
        }


def to_confidence(row: RowMapping, places: Iterable[RowMapping]) -> Confidence:
    """The confidence of a row and of the rows of its places."""
    return Confidence(
        radius_50_km=from_number(row["radius_50_km"]),
        radius_90_km=from_number(row["radius_90_km"]),
        major_km=from_number(row["major_km"]),
        minor_km=from_number(row["minor_km"]),
        azimuth_deg=from_number(row["azimuth_deg"]),
        depth_low_km=from_number(row["depth_low_km"]),
        depth_high_km=from_number(row["depth_high_km"]),
        probability_shallow=from_number(row["probability_shallow"]),
        probability_deep=from_number(row["probability_deep"]),
        modes=tuple(map(_to_place, places)),
        quality=row["quality"],
        depth_class=row["depth_class"],
        deaf=tuple(row["deaf"]),
    )


def _to_place(row: RowMapping) -> Place:
    return Place(*(from_number(row[name]) for name in ("latitude", "longitude", "depth_km", "probability")))


def to_origin(row: RowMapping, arrivals: Iterable[RowMapping], confidence: Confidence | None) -> Origin:
    """The origin of a row and of its arrivals' rows."""
    return Origin(
        time_ns=row["time_ns"],
        latitude=from_number(row["latitude"]),
        longitude=from_number(row["longitude"]),
        depth_km=from_number(row["depth_km"]),
        time_uncertainty_s=from_number(row["time_uncertainty_s"]),
        horizontal_uncertainty_km=from_number(row["horizontal_uncertainty_km"]),
        depth_uncertainty_km=from_number(row["depth_uncertainty_km"]),
        rms_s=from_number(row["rms_s"]),
        azimuthal_gap_deg=from_number(row["azimuthal_gap_deg"]),
        minimum_distance_km=from_number(row["minimum_distance_km"]),
        arrivals=tuple(map(_to_arrival, arrivals)),
        model=row["model"],
        confidence=confidence,
    )


def arrival_rows(event: Event) -> Iterator[Row]:
    """The arrivals of an event's version, numbered."""
    for position, one in enumerate(event.origin.arrivals):
        yield {
            "event_id": event.id,
            "version": int(event.version),
            "position": position,
            "pick_id": one.pick_id,
            "nslc": one.source_id.nslc,
            "phase": one.phase,
            "distance_km": number(one.distance_km),
            "azimuth_deg": number(one.azimuth_deg),
            "residual_s": number(one.residual_s),
            "weight": number(one.weight),
        }


def _to_arrival(row: RowMapping) -> Arrival:
    numbers = map(from_number, (row["distance_km"], row["azimuth_deg"], row["residual_s"], row["weight"]))
    return Arrival(row["pick_id"], SourceId.parse(row["nslc"]), row["phase"], *numbers)


def magnitude_rows(event: Event) -> Iterator[Row]:
    """The magnitude of an event's version, if it has one."""
    if event.magnitude is not None:
        yield {
            "event_id": event.id,
            "version": int(event.version),
            "value": number(event.magnitude.value),
            "type": event.magnitude.type,
            "uncertainty": number(event.magnitude.uncertainty),
            "at_least": bool(event.magnitude.at_least),
            "probabilities": list(map(float, event.magnitude.probabilities)),
            "period_check": event.magnitude.check,
        }


def station_magnitude_rows(event: Event) -> Iterator[Row]:
    """The station magnitudes of an event's version, numbered."""
    for position, one in enumerate(event.magnitude.station_magnitudes if event.magnitude else ()):
        yield {
            "event_id": event.id,
            "version": int(event.version),
            "position": position,
            "pick_id": one.pick_id,
            "nslc": one.source_id.nslc,
            "value": number(one.value),
            "pd_m": number(one.pd_m),
            "window_s": number(one.window_s),
            "used": bool(one.used),
            "type": one.type,
            "wood_anderson_m": number(one.wood_anderson_m),
        }


def to_magnitude(row: RowMapping, parts: Iterable[RowMapping]) -> Magnitude:
    """The magnitude of a row and of its station magnitudes' rows."""
    return Magnitude(
        from_number(row["value"]),
        row["type"],
        from_number(row["uncertainty"]),
        tuple(map(_to_station_magnitude, parts)),
        row["at_least"],
        tuple(map(float, row["probabilities"])),
        row["period_check"],
    )


def _to_station_magnitude(row: RowMapping) -> StationMagnitude:
    return StationMagnitude(
        pick_id=row["pick_id"],
        source_id=SourceId.parse(row["nslc"]),
        value=from_number(row["value"]),
        pd_m=from_number(row["pd_m"]),
        window_s=from_number(row["window_s"]),
        used=row["used"],
        type=row["type"],
        wood_anderson_m=from_number(row["wood_anderson_m"]),
    )


def to_event(row: RowMapping, origin: Origin, magnitude: Magnitude | None) -> Event:
    """The version of an event of a row and of what it owns."""
    return Event(
        id=row["id"],
        version=row["version"],
        issued_ns=row["issued_ns"],
        origin=origin,
        magnitude=magnitude,
        network_status=row["network_status"],
        event_type=row["event_type"],
        state=row["state"],
        reason=row["reason"],
    )

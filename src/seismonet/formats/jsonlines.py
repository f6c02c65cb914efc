"""Picks, refused triggers, events, alerts, statuses as JSON, one object a line; alerts, channels' statuses also back.

The rule this file owns: times are ISO 8601 UTC with Z and lose nothing; a number that is not finite is ``null``, so
that every line is JSON to every reader. Keys are a contract with whoever reads these files: only added to.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from seismonet.core.alert import Alert
from seismonet.core.errors import FormatError
from seismonet.core.event import Event, Magnitude, Origin, Pick, Rejection
from seismonet.core.motion import Motion
from seismonet.core.sourceid import SourceId
from seismonet.core.status import ChannelStatus, NetworkStatus
from seismonet.core.utc import from_iso

from .warned import JsonObject, decision_object, finite, iso, number, read_warned, warned

__all__ = [
    "JsonObject",
    "alert_object",
    "channel_status",
    "channel_status_object",
    "decision_object",
    "event_object",
    "finite",
    "iso",
    "lines",
    "pick_object",
    "read_alerts",
    "rejection_object",
    "status_object",
]


def lines(objects: Iterable[JsonObject]) -> str:
    """One line of JSON per object, each ended by a newline; ValueError for a number that JSON does not know.

    >>> lines([{"a": finite(float("inf"))}])
    '{"a": null}\\n'
    """
    return "".join(json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n" for one in objects)


def pick_object(pick: Pick) -> JsonObject:
    """A pick as it stands in ``picks.jsonl``."""
    motion = pick.polarization
    return {
        "id": pick.id,
        "source_id": pick.source_id.fdsn,
        "nslc": pick.nslc,
        "time": iso(pick.time_ns),
        "phase": pick.phase,
        "uncertainty_s": finite(pick.uncertainty_s),
        "snr": finite(pick.snr),
        "version": int(pick.version),
        "first_issued": iso(pick.first_issued_ns),
        "issued": iso(pick.issued_ns),
        "detector": pick.detector,
        "polarity": pick.polarity or None,
        "backazimuth_deg": finite(motion.backazimuth_deg) if motion else None,
        "backazimuth_uncertainty_deg": finite(motion.backazimuth_uncertainty_deg) if motion else None,
        "incidence_deg": finite(motion.incidence_deg) if motion else None,
        "rectilinearity": finite(motion.rectilinearity) if motion else None,
        "trust": finite(pick.trust),
        "p_pick_id": pick.p_pick_id or None,
        "hint": pick.hint or None,
    }


def rejection_object(rejection: Rejection) -> JsonObject:
    """A refused trigger as it stands in ``rejections.jsonl``."""
    return {
        "id": rejection.pick_id,
        "source_id": rejection.source_id.fdsn,
        "nslc": rejection.source_id.nslc,
        "time": iso(rejection.time_ns),
        "issued": iso(rejection.issued_ns),
        "reason": rejection.reason,
        "detail": rejection.detail,
    }


def motion_object(motion: Motion) -> JsonObject:
    """A station's strong motion as it stands in ``motions.jsonl``; ``agreeing`` is null where one sensor alone told."""
    return {
        "station": motion.station_code,
        "start": iso(motion.start_ns),
        "until": iso(motion.until_ns),
        "issued": iso(motion.issued_ns),
        "pga_m_s2": finite(motion.pga_m_s2),
        "pgv_m_s": finite(motion.pgv_m_s),
        "jma_intensity": finite(motion.jma_intensity),
        "intensity": finite(motion.intensity),
        "above_s": finite(motion.above_s),
        "agreeing": motion.agreeing,
        "pd_m": finite(motion.pd_m),
        "tau_c_s": finite(motion.tau_c_s),
        "pick_id": motion.pick_id or None,
        "final": bool(motion.final),
        "channels": [one.nslc for one in motion.source_ids],
    }


def alert_object(alert: Alert) -> JsonObject:
    """An alert as it stands in ``alerts.jsonl``; ``stations`` is their number."""
    return {
        "event_id": alert.event_id,
        "version": int(alert.version),
        "kind": alert.kind,
        "issued": iso(alert.issued_ns),
        "origin_time": iso(alert.origin_time_ns),
        "latitude": finite(alert.latitude),
        "longitude": finite(alert.longitude),
        "depth_km": finite(alert.depth_km),
        "magnitude": finite(alert.magnitude),
        "magnitude_type": alert.magnitude_type,
        "magnitude_at_least": bool(alert.at_least),
        "stations": alert.stations,
        "station_codes": list(alert.station_codes),
        "horizontal_uncertainty_km": finite(alert.horizontal_uncertainty_km),
        "network_status": alert.network_status,
        "reason": alert.reason,
        **warned(alert),
    }


def channel_status_object(status: ChannelStatus) -> JsonObject:
    """A channel's status; ``usable`` is told for the reader and derived from the rest."""
    return {
        "source_id": status.source_id.fdsn,
        "time": iso(status.time_ns),
        "usable": bool(status.usable),
        "receiving": bool(status.receiving),
        "latency_s": finite(status.latency_s),
        "gaps": int(status.gaps),
        "overlaps": int(status.overlaps),
        "clipped": bool(status.clipped),
        "flat": bool(status.flat),
        "armed": bool(status.armed),
        "reasons": list(status.reasons),
    }


def status_object(status: NetworkStatus) -> JsonObject:
    """A network status as it stands in ``status.jsonl``: every station, every channel, with reasons."""
    return {
        "id": status.id,
        "time": iso(status.time_ns),
        "contributing": int(status.contributing),
        "total": status.total,
        "stations": [
            {
                "station": station.station_code,
                "verdict": station.verdict,
                "can_contribute": bool(station.can_contribute),
                "reasons": list(station.reasons),
                "channels": [channel_status_object(channel) for channel in station.channels],
            }
            for station in status.stations
        ],
    }


def event_object(event: Event) -> JsonObject:
    """One version of an event with its origin, arrivals and magnitude, for ``--json``."""
    origin, magnitude = event.origin, event.magnitude
    return {
        "event_id": event.id,
        "version": int(event.version),
        "event_type": event.event_type,
        "issued": iso(event.issued_ns),
        "network_status": event.network_status,
        "origin_time": iso(origin.time_ns),
        "latitude": finite(origin.latitude),
        "longitude": finite(origin.longitude),
        "depth_km": finite(origin.depth_km),
        "time_uncertainty_s": finite(origin.time_uncertainty_s),
        "horizontal_uncertainty_km": finite(origin.horizontal_uncertainty_km),
        "depth_uncertainty_km": finite(origin.depth_uncertainty_km),
        "rms_s": finite(origin.rms_s),
        "azimuthal_gap_deg": finite(origin.azimuthal_gap_deg),
        "minimum_distance_km": finite(origin.minimum_distance_km),
        "model": origin.model,
        "stations": len(origin.station_codes),
        "station_codes": list(origin.station_codes),
        "magnitude": finite(magnitude.value) if magnitude else None,
        "magnitude_type": magnitude.type if magnitude else None,
        "magnitude_uncertainty": finite(magnitude.uncertainty) if magnitude else None,
        "arrivals": [
            {
                "pick_id": one.pick_id,
                "nslc": one.source_id.nslc,
                "phase": one.phase,
                "distance_km": finite(one.distance_km),
                "azimuth_deg": finite(one.azimuth_deg),
                "residual_s": finite(one.residual_s),
                "weight": finite(one.weight),
            }
            for one in origin.arrivals
        ],
        "state": event.state,
        "reason": event.reason or None,
        **_confidence(origin),
        **_size(magnitude),
    }


def _confidence(origin: Origin) -> JsonObject:
    """How sure the place is; all keys, each with null, where that is not known."""
    sure = origin.confidence
    numbers = (
        "radius_50_km", "radius_90_km", "major_km", "minor_km", "azimuth_deg", "depth_low_km", "depth_high_km",
        "probability_shallow", "probability_deep",
    )  # fmt: skip
    return {
        "quality": sure.quality if sure else None,
        "depth_class": sure.depth_class if sure else None,
        **{name: finite(getattr(sure, name)) if sure else None for name in numbers},
        "places": [
            {
                "latitude": finite(one.latitude),
                "longitude": finite(one.longitude),
                "depth_km": finite(one.depth_km),
                "probability": finite(one.probability),
            }
            for one in (sure.modes if sure else ())
        ],
        "deaf": list(sure.deaf) if sure else [],
    }


def _size(magnitude: Magnitude | None) -> JsonObject:
    """What is known of the size beside its value."""
    return {
        "magnitude_at_least": bool(magnitude.at_least) if magnitude else None,
        "magnitude_probabilities": [finite(one) for one in magnitude.probabilities] if magnitude else [],
        "magnitude_check": (magnitude.check or None) if magnitude else None,
        "station_magnitudes": [
            {
                "pick_id": one.pick_id,
                "nslc": one.source_id.nslc,
                "type": one.type,
                "value": finite(one.value),
                "pd_m": finite(one.pd_m),
                "wood_anderson_m": finite(one.wood_anderson_m) if one.type == "ML" else None,
                "window_s": finite(one.window_s),
                "used": bool(one.used),
            }
            for one in (magnitude.station_magnitudes if magnitude else ())
        ],
    }


def read_alerts(text: str) -> list[Alert]:
    """Alerts of an ``alerts.jsonl``; FormatError names the line that is none."""
    found = []
    for index, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(_alert(json.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error).split("\n")[0]
            raise FormatError(f"line {index} is no alert: {reason}; write the file again") from error
    return found


def channel_status(record: Mapping[str, Any]) -> ChannelStatus:
    """What :func:`channel_status_object` wrote; KeyError, TypeError or ValueError when it is something else."""
    latency_s = record["latency_s"]
    return ChannelStatus(
        SourceId.parse(record["source_id"]),
        from_iso(record["time"]),
        bool(record["receiving"]),
        None if latency_s is None else float(latency_s),
        int(record["gaps"]),
        int(record["overlaps"]),
        bool(record["clipped"]),
        bool(record["flat"]),
        bool(record["armed"]),
        tuple(map(str, record["reasons"])),
    )


def _alert(record: JsonObject) -> Alert:
    magnitude = record["magnitude"]
    return Alert(
        str(record["event_id"]),
        int(record["version"]),
        str(record["kind"]),
        from_iso(record["issued"]),
        from_iso(record["origin_time"]),
        number(record["latitude"]),
        number(record["longitude"]),
        number(record["depth_km"]),
        None if magnitude is None else float(magnitude),
        record["magnitude_type"],
        tuple(map(str, record["station_codes"])),
        number(record["horizontal_uncertainty_km"]),
        str(record["network_status"]),
        str(record["reason"]),
        at_least=bool(record.get("magnitude_at_least", False)),
        **read_warned(record),
    )

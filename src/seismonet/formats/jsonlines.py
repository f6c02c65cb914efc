"""Picks, alerts and network statuses as lines of JSON: the layout of a replay's output, a contract."""

import json
import math
from collections.abc import Iterable
from typing import Any

from seismonet.core.alert import Alert
from seismonet.core.event import Pick
from seismonet.core.status import ChannelStatus, NetworkStatus, StationStatus
from seismonet.core.utc import to_iso


def lines(items: Iterable[dict[str, Any]]) -> str:
    """One JSON object a line; numbers that are not finite become null.

    >>> lines([{"a": float("nan")}])
    '{"a": null}\\n'
    """
    return "".join(json.dumps(_clean(item), ensure_ascii=False, allow_nan=False) + "\n" for item in items)


def _clean(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value


def pick_object(pick: Pick) -> dict[str, Any]:
    """A pick in its last version."""
    return {
        "id": pick.id,
        "source_id": pick.source_id.fdsn,
        "nslc": pick.nslc,
        "time": to_iso(pick.time_ns),
        "phase": pick.phase,
        "uncertainty_s": round(pick.uncertainty_s, 4),
        "snr": round(pick.snr, 2),
        "version": pick.version,
        "first_issued": to_iso(pick.first_issued_ns),
        "issued": to_iso(pick.issued_ns),
        "detector": pick.detector,
    }


def alert_object(alert: Alert) -> dict[str, Any]:
    """One version of an alert."""
    return {
        "event_id": alert.event_id,
        "version": alert.version,
        "kind": alert.kind,
        "issued": to_iso(alert.issued_ns),
        "origin_time": to_iso(alert.origin_time_ns),
        "latitude": round(alert.latitude, 5),
        "longitude": round(alert.longitude, 5),
        "depth_km": round(alert.depth_km, 2),
        "magnitude": None if alert.magnitude is None else round(alert.magnitude, 2),
        "magnitude_type": alert.magnitude_type,
        "stations": alert.stations,
        "station_codes": list(alert.station_codes),
        "horizontal_uncertainty_km": round(alert.horizontal_uncertainty_km, 2),
        "network_status": alert.network_status,
        "reason": alert.reason,
    }


def status_object(status: NetworkStatus) -> dict[str, Any]:
    """The network at one moment."""
    return {
        "id": status.id,
        "time": to_iso(status.time_ns),
        "contributing": status.contributing,
        "total": status.total,
        "stations": [_station_object(station) for station in status.stations],
    }


def _station_object(station: StationStatus) -> dict[str, Any]:
    return {
        "station": station.station_code,
        "verdict": station.verdict,
        "can_contribute": station.can_contribute,
        "reasons": list(station.reasons),
        "channels": [_channel_object(channel) for channel in station.channels],
    }


def _channel_object(channel: ChannelStatus) -> dict[str, Any]:
    return {
        "nslc": channel.source_id.nslc,
        "receiving": channel.receiving,
        "latency_s": None if channel.latency_s is None else round(channel.latency_s, 3),
        "gaps": channel.gaps,
        "overlaps": channel.overlaps,
        "clipped": channel.clipped,
        "flat": channel.flat,
        "armed": channel.armed,
        "reasons": list(channel.reasons),
    }

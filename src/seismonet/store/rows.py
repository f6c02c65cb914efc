"""Core types to rows of the catalogue's tables, and back; events and what they own are in ``eventrows``.

A number that is not one becomes NULL and comes back as NaN; integers are made Python's own, as drivers store numpy's as
bytes.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from sqlalchemy import RowMapping

from seismonet.core.alert import Alert, Decision
from seismonet.core.event import Pick, Polarization, Rejection, identifier
from seismonet.core.inventory import Channel, Station
from seismonet.core.motion import Motion
from seismonet.core.sourceid import SourceId
from seismonet.core.status import NetworkStatus, StationStatus
from seismonet.formats.jsonlines import channel_status, channel_status_object
from seismonet.formats.warned import (
    UNCERTAIN,
    missing_objects,
    place_object,
    read_missing,
    read_place,
    read_shaking,
    shaking_objects,
)

Row: TypeAlias = dict[str, Any]
MOTION_NUMBERS = ("pga_m_s2", "pgv_m_s", "jma_intensity", "intensity", "above_s", "pd_m", "tau_c_s")


def number(value: float | None) -> float | None:
    """For the database: None where there is no number; infinity stays."""
    return None if value is None or math.isnan(value) else float(value)


def from_number(value: float | None) -> float:
    """From the database: NaN where there is no number."""
    return math.nan if value is None else value


def station_row(station: Station) -> Row:
    """A station's epoch."""
    return {
        "network": station.network,
        "code": station.code,
        "start_ns": int(station.start_ns),
        "end_ns": int(station.end_ns),
        "latitude": number(station.latitude),
        "longitude": number(station.longitude),
        "elevation_m": number(station.elevation_m),
        "name": station.name,
    }


def to_station(row: RowMapping) -> Station:
    """The station's epoch of a row."""
    return Station(
        network=row["network"],
        code=row["code"],
        start_ns=row["start_ns"],
        end_ns=row["end_ns"],
        latitude=from_number(row["latitude"]),
        longitude=from_number(row["longitude"]),
        elevation_m=from_number(row["elevation_m"]),
        name=row["name"],
    )


def channel_row(channel: Channel) -> Row:
    """A channel's epoch."""
    return {
        "nslc": channel.source_id.nslc,
        "start_ns": int(channel.start_ns),
        "end_ns": int(channel.end_ns),
        "latitude": number(channel.latitude),
        "longitude": number(channel.longitude),
        "elevation_m": number(channel.elevation_m),
        "depth_m": number(channel.depth_m),
        "azimuth_deg": number(channel.azimuth_deg),
        "dip_deg": number(channel.dip_deg),
        "rate_hz": number(channel.rate_hz),
        "quantity": channel.quantity,
        "sensitivity": number(channel.sensitivity),
        "clip_counts": number(channel.clip_counts),
        "sensor": channel.sensor,
    }


def to_channel(row: RowMapping) -> Channel:
    """The channel's epoch of a row."""
    return Channel(
        source_id=SourceId.parse(row["nslc"]),
        start_ns=row["start_ns"],
        end_ns=row["end_ns"],
        latitude=from_number(row["latitude"]),
        longitude=from_number(row["longitude"]),
        elevation_m=from_number(row["elevation_m"]),
        depth_m=from_number(row["depth_m"]),
        azimuth_deg=from_number(row["azimuth_deg"]),
        dip_deg=from_number(row["dip_deg"]),
        rate_hz=from_number(row["rate_hz"]),
        quantity=row["quantity"],
        sensitivity=from_number(row["sensitivity"]),
        clip_counts=from_number(row["clip_counts"]),
        sensor=row["sensor"],
    )


def pick_row(pick: Pick) -> Row:
    """A pick."""
    motion = pick.polarization or Polarization(math.nan, math.nan, math.nan, math.nan)
    return {
        "id": pick.id,
        "nslc": pick.nslc,
        "time_ns": int(pick.time_ns),
        "phase": pick.phase,
        "uncertainty_s": number(pick.uncertainty_s),
        "snr": number(pick.snr),
        "version": int(pick.version),
        "first_issued_ns": int(pick.first_issued_ns),
        "issued_ns": int(pick.issued_ns),
        "detector": pick.detector,
        "polarity": pick.polarity,
        "backazimuth_deg": number(motion.backazimuth_deg),
        "backazimuth_uncertainty_deg": number(motion.backazimuth_uncertainty_deg),
        "incidence_deg": number(motion.incidence_deg),
        "rectilinearity": number(motion.rectilinearity),
        "trust": number(pick.trust),
        "p_pick_id": pick.p_pick_id,
        "hint": pick.hint,
    }


def to_pick(row: RowMapping) -> Pick:
    """The pick of a row."""
    return Pick(
        id=row["id"],
        source_id=SourceId.parse(row["nslc"]),
        time_ns=row["time_ns"],
        phase=row["phase"],
        uncertainty_s=from_number(row["uncertainty_s"]),
        snr=from_number(row["snr"]),
        version=row["version"],
        first_issued_ns=row["first_issued_ns"],
        issued_ns=row["issued_ns"],
        detector=row["detector"],
        polarity=row["polarity"],
        polarization=_to_polarization(row),
        trust=from_number(row["trust"]),
        p_pick_id=row["p_pick_id"],
        hint=row["hint"],
    )


def _to_polarization(row: RowMapping) -> Polarization | None:
    names = "backazimuth_deg", "backazimuth_uncertainty_deg", "incidence_deg", "rectilinearity"
    if all(row[name] is None for name in names):
        return None
    return Polarization(*(from_number(row[name]) for name in names))


def rejection_row(rejection: Rejection) -> Row:
    """A trigger that was refused."""
    return {
        "pick_id": rejection.pick_id,
        "nslc": rejection.source_id.nslc,
        "time_ns": int(rejection.time_ns),
        "issued_ns": int(rejection.issued_ns),
        "reason": rejection.reason,
        "detail": rejection.detail,
    }


def to_rejection(row: RowMapping) -> Rejection:
    """The refused trigger of a row."""
    return Rejection(
        pick_id=row["pick_id"],
        source_id=SourceId.parse(row["nslc"]),
        time_ns=row["time_ns"],
        issued_ns=row["issued_ns"],
        reason=row["reason"],
        detail=row["detail"],
    )


def motion_row(motion: Motion) -> Row:
    """A station's strong motion as it was told once."""
    return {
        "station": motion.station_code,
        "start_ns": int(motion.start_ns),
        "issued_ns": int(motion.issued_ns),
        "until_ns": int(motion.until_ns),
        "channels": [one.nslc for one in motion.source_ids],
        **{name: number(getattr(motion, name)) for name in MOTION_NUMBERS},
        "agreeing": motion.agreeing,
        "pick_id": motion.pick_id,
        "final": bool(motion.final),
    }


def to_motion(row: RowMapping) -> Motion:
    """The motion of a row."""
    return Motion(
        station_code=row["station"],
        source_ids=tuple(SourceId.parse(one) for one in row["channels"]),
        start_ns=row["start_ns"],
        until_ns=row["until_ns"],
        issued_ns=row["issued_ns"],
        agreeing=row["agreeing"],
        pick_id=row["pick_id"],
        final=row["final"],
        **{name: row[name] for name in MOTION_NUMBERS},
    )


def alert_row(alert: Alert) -> Row:
    """A version of an alert."""
    return {
        "event_id": alert.event_id,
        "audience": alert.audience,
        "version": int(alert.version),
        "kind": alert.kind,
        "issued_ns": int(alert.issued_ns),
        "origin_time_ns": int(alert.origin_time_ns),
        "latitude": number(alert.latitude),
        "longitude": number(alert.longitude),
        "depth_km": number(alert.depth_km),
        "magnitude": number(alert.magnitude),
        "magnitude_type": alert.magnitude_type,
        "at_least": bool(alert.at_least),
        "station_codes": list(alert.station_codes),
        "horizontal_uncertainty_km": number(alert.horizontal_uncertainty_km),
        "network_status": alert.network_status,
        "reason": alert.reason,
        "basis": alert.basis,
        "state": alert.state,
        "likelihood": number(alert.likelihood),
        **{name: number(getattr(alert, name)) for name in UNCERTAIN},
        "second_mode": place_object(alert.second_mode),
        "shaking": shaking_objects(alert.shaking),
        "missing": missing_objects(alert.missing),
        "expires_ns": int(alert.expires_ns),
        "event_version": int(alert.event_version),
        "source_event_id": alert.source_event_id,
    }


def to_alert(row: RowMapping) -> Alert:
    """The alert of a row."""
    return Alert(
        event_id=row["event_id"],
        version=row["version"],
        kind=row["kind"],
        issued_ns=row["issued_ns"],
        origin_time_ns=row["origin_time_ns"],
        latitude=from_number(row["latitude"]),
        longitude=from_number(row["longitude"]),
        depth_km=from_number(row["depth_km"]),
        magnitude=row["magnitude"],
        magnitude_type=row["magnitude_type"],
        station_codes=tuple(row["station_codes"]),
        horizontal_uncertainty_km=from_number(row["horizontal_uncertainty_km"]),
        network_status=row["network_status"],
        reason=row["reason"],
        at_least=row["at_least"],
        audience=row["audience"],
        basis=row["basis"],
        state=row["state"],
        likelihood=from_number(row["likelihood"]),
        **{name: row[name] for name in UNCERTAIN},
        second_mode=read_place(row["second_mode"]),
        shaking=read_shaking(row["shaking"]),
        missing=read_missing(row["missing"]),
        expires_ns=row["expires_ns"],
        event_version=row["event_version"],
        source_event_id=row["source_event_id"],
    )


def decision_row(decision: Decision) -> Row:
    """A decision; the alert that it tells is stored for itself."""
    version = None if decision.alert is None else int(decision.alert.version)
    content = decision.event_id, decision.audience, decision.issued_ns, decision.rules, version
    return {
        "id": identifier(repr(content)),
        "event_id": decision.event_id,
        "audience": decision.audience,
        "basis": decision.basis,
        "issued_ns": int(decision.issued_ns),
        "network_status": decision.network_status,
        "rules": list(decision.rules),
        "version": version,
    }


def to_decision(row: RowMapping, alert: Alert | None) -> Decision:
    """The decision of a row, and the alert that it told."""
    return Decision(
        row["event_id"],
        row["audience"],
        row["basis"],
        row["issued_ns"],
        row["network_status"],
        tuple(row["rules"]),
        alert,
    )


def status_row(status: NetworkStatus) -> Row:
    """A network status, without its stations."""
    return {
        "id": status.id,
        "time_ns": int(status.time_ns),
        "contributing": int(status.contributing),
        "total": status.total,
    }


def station_status_rows(status: NetworkStatus) -> Iterator[Row]:
    """The stations of a network status, numbered; their channels are one JSON list each."""
    for position, one in enumerate(status.stations):
        yield {
            "status_id": status.id,
            "position": position,
            "station": one.station_code,
            "verdict": one.verdict,
            "can_contribute": bool(one.can_contribute),
            "reasons": list(one.reasons),
            "channels": [channel_status_object(channel) for channel in one.channels],
        }


def to_status(row: RowMapping, stations: Iterable[RowMapping]) -> NetworkStatus:
    """The network status of a row and of its stations' rows."""
    parts = tuple(
        StationStatus(
            one["station"],
            one["verdict"],
            one["can_contribute"],
            tuple(map(channel_status, one["channels"])),
            tuple(one["reasons"]),
        )
        for one in stations
    )
    return NetworkStatus(row["id"], row["time_ns"], parts, row["contributing"])

"""An alert as one canonical JSON message, the source of every other form; and back.

The rule this file owns: one message is one sequence of bytes (UTF-8, keys sorted, no spaces, floats as Python's
shortest), because signatures are over bytes. What reads differently from how it would be written is refused.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from seismonet.core.alert import LEVELS, Alert, Shaking
from seismonet.core.errors import FormatError
from seismonet.core.event import Place
from seismonet.core.target import Target
from seismonet.core.utc import SECOND_NS, from_iso, to_iso

from .alertmessage import (
    FORMAT,
    LARGEST_NUMBER,
    AbsentStation,
    Depth,
    HumanAction,
    Message,
    MessageMagnitude,
    MessageOrigin,
    MessageTarget,
    Method,
    Region,
    SecondMode,
    Sender,
    Status,
    UsedStation,
)

LARGEST = 1 << 20
"""Bytes of a message: more is refused unread."""
LIFE_S = 120.0
"""A message without an expiry of its own lives so long."""
REGIONS = (4, 5, 6, 7, 8, 9, 10)
FELT = 2.0
"""Targets below this intensity say nothing about how far a stronger one reaches."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under what a message is made, beside the alert itself.

    Attributes
    ----------
    status : Actual, Exercise or Test
    version, parameters : of seismonet; hash of the configuration in effect
    sent_ns : when it is signed; None for the alert's own time
    references : of all earlier messages of its chain, as :func:`reference` gives them, the oldest first
    drill, simulated : of an invented earthquake; from simulated data
    human : what a person did
    """

    status: Status = "Exercise"
    version: str = ""
    parameters: str = ""
    sent_ns: int | None = None
    references: tuple[str, ...] = ()
    drill: bool = False
    simulated: bool = False
    human: HumanAction | None = None


def document(
    alert: Alert,
    sender: Sender,
    made: Circumstances,
    *,
    targets: Sequence[Target] = (),
    stations: Sequence[UsedStation] = (),
) -> Message:
    """The message of an alert.

    Parameters
    ----------
    alert : with the shaking at its targets
    sender, made : who warns, and under what
    targets : what is known of the places that the alert names; one that is not here has no coordinates
    stations : what is known of the stations that took part; one that is not here has its code alone

    Returns
    -------
    Message
        Its type is Alert without references (nothing was told before), else Update, or Cancel. ValueError for a
        cancellation without references, a drill that should be Actual, and what no message can hold (an id with a
        comma).
    """
    if alert.kind == "cancel" and not made.references:
        raise ValueError(f"alert {alert.event_id} cancels, but names no message that was sent")
    if made.status == "Actual" and (made.drill or made.simulated):
        raise ValueError(f"alert {alert.event_id} is of a drill or a simulation and cannot be Actual")
    sent_ns = max(alert.issued_ns, made.sent_ns or 0)
    return Message(
        format=FORMAT,
        identifier=f"{sender.network}.seismonet.{alert.event_id}.{alert.audience}.{alert.version}",
        type="Cancel" if alert.kind == "cancel" else "Update" if made.references else "Alert",
        status=made.status,
        drill=made.drill,
        simulated=made.simulated,
        sender=sender,
        event_id=alert.event_id,
        source_event_id=alert.about if _has_source(alert) else None,
        event_version=int(alert.event_version),
        audience=alert.audience,
        version=int(alert.version),
        state="cancelled" if alert.kind == "cancel" else alert.state,  # type: ignore[arg-type]  # checked by the class
        reason=_line(alert.reason),
        created=to_iso(alert.issued_ns, 3),
        sent=to_iso(sent_ns, 3),
        expires=to_iso(alert.expires_ns or alert.issued_ns + round(LIFE_S * SECOND_NS), 3),
        method=Method(alert.basis, made.version, made.parameters, _line(alert.network_status)),  # type: ignore[arg-type]
        likelihood=_share(alert.likelihood) or 0.0,
        origin=_origin(alert),
        magnitude=_magnitude(alert),
        stations=_stations(alert.station_codes, stations, targets),
        missing_stations=tuple(
            AbsentStation(_line(one.station_code), _line(one.why), _line(one.effect)) for one in alert.missing
        ),
        targets=_targets(alert.shaking, targets),
        regions=_regions(alert),
        references=made.references,
        human=made.human,
    )


def reference(message: Message) -> str:
    """How a later message names this one: ``sender,identifier,sent``."""
    return f"{message.sender.id},{message.identifier},{local(from_iso(message.sent), message.sender.local_offset)}"


def local(time_ns: int, offset: str) -> str:
    """A moment to the second, cut, in local time with its offset, as CAP writes it.

    >>> local(1_500_000_000, "+05:00")
    '1970-01-01T05:00:01+05:00'
    """
    seconds = time_ns // SECOND_NS + offset_s(offset)
    return to_iso(seconds * SECOND_NS, 0)[:-1] + offset


def offset_s(offset: str) -> int:
    """Seconds that an offset is ahead of UTC.

    >>> offset_s("-03:30")
    -12600
    """
    seconds = int(offset[1:3]) * 3600 + int(offset[4:6]) * 60
    return -seconds if offset[0] == "-" else seconds


def to_bytes(message: Message) -> bytes:
    """A message as its one sequence of bytes."""
    plain = _adapter().dump_python(message, mode="json")
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def read(payload: bytes) -> Message:
    """The message in its bytes; FormatError says in one line why it is none."""
    if len(payload) > LARGEST:
        raise FormatError(f"no alert message: {len(payload)} bytes, more than {LARGEST}; ask the sender for it again")
    try:
        message = _adapter().validate_json(payload)
    except ValidationError as failure:
        error = failure.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, error["loc"])) or "the whole"
        told = str(error["msg"]).split("\n")[0]
        raise FormatError(
            f"no alert message of format {FORMAT}: {where}: {told}; ask the sender for it again"
        ) from None
    if to_bytes(message) != payload:
        raise FormatError("no alert message: not canonical (order, spaces, a key twice); take the bytes as they came")
    return message


def schema() -> dict[str, Any]:
    """The JSON Schema of messages."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_adapter().json_schema(mode="serialization")}


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Message]:
    return TypeAdapter(Message)


def _has_source(alert: Alert) -> bool:
    """Is it of an event, whatever it is told by? One that only stations tell of has a place, but no source."""
    return alert.basis == "network" or alert.event_version >= 0


def _origin(alert: Alert) -> MessageOrigin | None:
    """Without a source there is no depth, and nothing at all where not even a station's place is known."""
    latitude, longitude = _rounded(alert.latitude, 4), _longitude(alert.longitude)
    if latitude is None or longitude is None or abs(latitude) > 90:
        return None
    median_km = _rounded(alert.depth_km, 1)
    located = _has_source(alert) and median_km is not None
    shallow, deep = _share(alert.probability_shallow), _share(alert.probability_deep)
    return MessageOrigin(
        time=to_iso(alert.origin_time_ns, 3),
        time_uncertainty_s=_positive(alert.time_uncertainty_s, 2),
        latitude=latitude,
        longitude=longitude,
        r68_km=_positive(alert.horizontal_uncertainty_km, 1),
        depth=Depth(median_km or 0.0, _positive(alert.depth_uncertainty_km, 1), shallow, deep) if located else None,
        second_mode=_second(alert.second_mode),
    )


def _second(place: Place | None) -> SecondMode | None:
    if place is None:
        return None
    numbers = _rounded(place.latitude, 4), _longitude(place.longitude), _rounded(place.depth_km, 1)
    probability = _share(place.probability)
    if None in numbers or probability is None or abs(place.latitude) > 90:
        return None
    return SecondMode(*numbers, probability)  # type: ignore[arg-type]  # none is None


def _magnitude(alert: Alert) -> MessageMagnitude | None:
    value = _rounded(alert.magnitude, 2)
    if value is None:
        return None
    sigma = _positive(alert.magnitude_uncertainty, 2)
    return MessageMagnitude(value, _line(alert.magnitude_type or "M"), sigma, bool(alert.at_least))


def _stations(codes: Sequence[str], known: Sequence[UsedStation], targets: Sequence[Target]) -> tuple[UsedStation, ...]:
    """Those of the codes; one that stands at a target has its names."""
    by_code = {one.code: one for one in known}
    names = {one.name: _names(one) for one in targets}
    found = [by_code.get(code) or UsedStation(_line(code)) for code in codes]
    return tuple(replace(one, names=one.names or names.get(one.name or "", {})) for one in found)


def _names(place: Target) -> dict[str, str]:
    return {language: _line(name) for language, name in place.names}


def _targets(shaking: Sequence[Shaking], targets: Sequence[Target]) -> tuple[MessageTarget, ...]:
    known = {one.name: one for one in targets}
    return tuple(_target(one, known.get(one.target)) for one in shaking if math.isfinite(one.intensity))


def _target(one: Shaking, place: Target | None) -> MessageTarget:
    shares = {str(level): _share(share) or 0.0 for level, share in zip(LEVELS, one.probabilities, strict=True)}
    return MessageTarget(
        name=_line(one.target),
        names=_names(place) if place else {},
        kind=_line(place.kind) if place else "",
        latitude=_rounded(place.latitude, 5) if place else None,
        longitude=_longitude(place.longitude) if place else None,
        population=place.population if place else None,
        epicentral_km=_positive(one.epicentral_km, 1) or 0.0,
        intensity=round(float(one.intensity), 2),
        sd=_positive(one.sd, 2) or 0.0,
        probabilities=shares,
        pga_m_s2=_positive(one.pga_m_s2, 4) or 0.0,
        pgv_m_s=_positive(one.pgv_m_s, 5) or 0.0,
        s_time=to_iso(one.s_arrival_ns, 3),
        s_early=to_iso(one.s_early_ns, 3),
        lead_s=_rounded(one.lead_s, 1) or 0.0,
        blind=bool(one.blind),
    )


def _regions(alert: Alert) -> tuple[Region, ...]:
    """How far each intensity reaches: as far as its farthest target, or beyond, by the line through all targets.

    The line is of intensity against the logarithm of the hypocentral distance, which is how intensities fall off;
    forecasts scatter about it by the ground of each place.
    """
    felt = [one for one in alert.shaking if one.intensity >= FELT and math.isfinite(one.epicentral_km)]
    if not _has_source(alert) or not felt:
        return ()
    depth_km = alert.depth_km if math.isfinite(alert.depth_km) else 0.0
    line = _falloff(felt, depth_km)
    found = []
    for level in REGIONS:
        radius_km = max((one.epicentral_km for one in felt if one.intensity >= level), default=0.0)
        if line is not None:
            hypocentral_km = 10 ** min((level - line[1]) / line[0], 4.0)
            radius_km = max(radius_km, math.sqrt(max(hypocentral_km**2 - depth_km**2, 0.0)))
        if radius_km >= 1.0:
            found.append(Region(level, round(radius_km, 1)))
    return tuple(found)


def _falloff(felt: Sequence[Shaking], depth_km: float) -> tuple[float, float] | None:
    """Slope and intercept of intensity over the logarithm of distance; None unless they fall off as shaking does."""
    distance = np.log10([max(math.hypot(one.epicentral_km, depth_km), 1.0) for one in felt])
    if np.ptp(distance) < 0.1:
        return None
    slope, intercept = np.polyfit(distance, [one.intensity for one in felt], 1)
    return (float(slope), float(intercept)) if slope < -1.0 else None


def _rounded(value: float | None, digits: int) -> float | None:
    """A number that a message can hold, without the sign of zero; None for every other."""
    if value is None or not abs(value) <= LARGEST_NUMBER:
        return None
    return round(float(value), digits) + 0.0


def _positive(value: float | None, digits: int) -> float | None:
    rounded = _rounded(value, digits)
    return None if rounded is None else max(rounded, 0.0)


def _longitude(value: float) -> float | None:
    rounded = _rounded(value, 5)
    return None if rounded is None else round((rounded + 180.0) % 360.0 - 180.0, 5)


def _share(value: float | None) -> float | None:
    rounded = _rounded(value, 3)
    return None if rounded is None else min(max(rounded, 0.0), 1.0)


def _line(text: str) -> str:
    """One line that every document may hold."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:2000]

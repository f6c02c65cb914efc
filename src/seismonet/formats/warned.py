"""What an alert says beside place and size, and decisions, as JSON and back: for ``jsonlines`` and the catalogue.

Keys that an object lacks, as lines of older versions do, have the defaults of :class:`~seismonet.core.alert.Alert`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seismonet.core.alert import LEVELS, Alert, Decision, MissingStation, Shaking
from seismonet.core.event import Place
from seismonet.core.utc import from_iso, to_iso

JsonObject = dict[str, Any]
NUMBERS = ("epicentral_km", "intensity", "sd", "pga_m_s2", "pgv_m_s", "lead_s")
UNCERTAIN = (
    "magnitude_uncertainty", "depth_uncertainty_km", "time_uncertainty_s", "probability_shallow", "probability_deep",
)  # fmt: skip


def finite(value: float | None) -> float | None:
    """A number as JSON can say it: None for what is missing, not a number or infinite.

    >>> finite(1.5), finite(float("nan"))
    (1.5, None)
    """
    return float(value) if value is not None and math.isfinite(value) else None


def number(value: float | None) -> float:
    """The number that ``finite`` told."""
    return math.nan if value is None else float(value)


def iso(time_ns: int) -> str:
    """Time with Z, to the microsecond, or to the nanosecond where it has some.

    >>> iso(1_500_000_000), iso(1)
    ('1970-01-01T00:00:01.500000Z', '1970-01-01T00:00:00.000000001Z')
    """
    return to_iso(int(time_ns), 9 if time_ns % 1000 else 6)


def shaking_objects(shaking: Sequence[Shaking]) -> list[JsonObject]:
    """What targets are to expect."""
    return [
        {
            "target": one.target,
            **{name: finite(getattr(one, name)) for name in NUMBERS},
            "probabilities": {str(level): finite(p) for level, p in zip(LEVELS, one.probabilities, strict=True)},
            "s_arrival": iso(one.s_arrival_ns),
            "s_early": iso(one.s_early_ns),
            "blind": bool(one.blind),
        }
        for one in shaking
    ]


def read_shaking(objects: Sequence[Mapping[str, Any]]) -> tuple[Shaking, ...]:
    """What ``shaking_objects`` gave."""
    return tuple(
        Shaking(
            target=str(one["target"]),
            probabilities=tuple(number(one["probabilities"][str(level)]) for level in LEVELS),
            s_arrival_ns=from_iso(one["s_arrival"]),
            s_early_ns=from_iso(one["s_early"]),
            blind=bool(one["blind"]),
            **{name: number(one[name]) for name in NUMBERS},
        )
        for one in objects
    )


def missing_objects(missing: Sequence[MissingStation]) -> list[JsonObject]:
    """Stations that could not take part."""
    return [{"station": one.station_code, "why": one.why, "effect": one.effect} for one in missing]


def read_missing(objects: Sequence[Mapping[str, Any]]) -> tuple[MissingStation, ...]:
    """What ``missing_objects`` gave."""
    return tuple(MissingStation(str(one["station"]), str(one["why"]), str(one["effect"])) for one in objects)


def place_object(place: Place | None) -> JsonObject | None:
    """A place where it may have been."""
    if place is None:
        return None
    names = "latitude", "longitude", "depth_km", "probability"
    return {name: finite(getattr(place, name)) for name in names}


def read_place(told: Mapping[str, Any] | None) -> Place | None:
    """What ``place_object`` gave."""
    if told is None:
        return None
    return Place(*(number(told[name]) for name in ("latitude", "longitude", "depth_km", "probability")))


def warned(alert: Alert) -> JsonObject:
    """The keys of an alert's object that say whom it is for, how sure it is, and who is to be shaken."""
    return {
        "audience": alert.audience,
        "basis": alert.basis,
        "state": alert.state,
        "likelihood": finite(alert.likelihood),
        **{name: finite(getattr(alert, name)) for name in UNCERTAIN},
        "second_mode": place_object(alert.second_mode),
        "shaking": shaking_objects(alert.shaking),
        "missing": missing_objects(alert.missing),
        "expires": iso(alert.expires_ns) if alert.expires_ns else None,
        "event_version": int(alert.event_version),
        "source_event_id": alert.source_event_id or None,
    }


def read_warned(record: Mapping[str, Any]) -> dict[str, Any]:
    """The same as arguments of :class:`~seismonet.core.alert.Alert`."""
    expires = record.get("expires")
    return {
        "audience": str(record.get("audience", "operator")),
        "basis": str(record.get("basis", "network")),
        "state": str(record.get("state", "confirmed")),
        "likelihood": number(record.get("likelihood", 1.0)),
        **{name: None if record.get(name) is None else float(record[name]) for name in UNCERTAIN},
        "second_mode": read_place(record.get("second_mode")),
        "shaking": read_shaking(record.get("shaking", ())),
        "missing": read_missing(record.get("missing", ())),
        "expires_ns": from_iso(expires) if expires else 0,
        "event_version": int(record.get("event_version", -1)),
        "source_event_id": str(record.get("source_event_id") or ""),
    }


def decision_object(decision: Decision) -> JsonObject:
    """A decision as it stands in ``decisions.jsonl``: ``version`` is that of the alert, null where nothing was told."""
    return {
        "event_id": decision.event_id,
        "audience": decision.audience,
        "basis": decision.basis,
        "issued": iso(decision.issued_ns),
        "network_status": decision.network_status,
        "kind": decision.alert.kind if decision.alert else None,
        "version": int(decision.alert.version) if decision.alert else None,
        "rules": list(decision.rules),
    }

"""A certification as JSON, and as lines for people."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from seismonet.core.utc import SECOND_NS, to_iso

from .certification import (
    ArchiveEvent,
    Certification,
    NuisanceResult,
    ScenarioResult,
    chances,
    failed,
    missed,
    rows,
    tenths,
    worse,
)

NOTICE = "SIMULATED: made by seismonet, nothing of this has happened"
SAME_S = 30.0


def document(made: Sequence[Certification]) -> dict[str, Any]:
    """All figures and cases of a configuration; with a second one also in which respects the first is worse."""
    new, *others = made
    told: dict[str, Any] = {
        "simulated": NOTICE,
        "new": _one(new),
        "passed": not verdict(made),
        "why_not": verdict(made),
    }
    if others:
        told["old"] = _one(others[0])
        told["changed"] = changes(new, others[0])
    return told


def verdict(made: Sequence[Certification]) -> list[str]:
    """Why a configuration does not pass: it is worse than the old one, or, without one, misses what it has to be."""
    return worse(made[0], made[1]) if len(made) > 1 else failed(made[0])


def _one(made: Certification) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": made.name,
        "figures": {row.key: {"value": row.value, "target": row.target, "met": row.met} for row in rows(made)},
        "nuisances": [_nuisance(case) for case in made.nuisances],
        "scenarios": [_scenario(case) for case in made.scenarios],
        "missed": [{"name": case.name, "reason": why} for case, why in missed(made.scenarios)],
        "reliability": {stage: tenths(*chances(made.scenarios, stage)) for stage in ("first", "last")},
    }
    if made.archive is not None:
        found["archive"] = [_archived(one) for one in made.archive]
    return found


def _nuisance(case: NuisanceResult) -> dict[str, Any]:
    return {
        "name": case.name,
        "kind": case.kind,
        "network": case.network,
        "expected": case.why,
        "may": list(case.may),
        "told": sorted({one.audience for one in case.told}),
        "false": [asdict(one) for one in case.false],
        "too_large": [asdict(one) for one in case.too_large],
    }


def _scenario(case: ScenarioResult) -> dict[str, Any]:
    return {
        "name": case.name,
        "magnitude": case.magnitude,
        "latitude": case.latitude,
        "longitude": case.longitude,
        "depth_km": case.depth_km,
        "up": list(case.up),
        "strongest": max((one.intensity for one in case.shaken), default=None),
        "strong": [one.target for one in case.strong],
        "possible": [one.target for one in case.possible],
        "in_time": [one.target for one in case.in_time],
        "lost_s": case.loss_s(),
        "told": sorted({one.audience for one in case.told}),
        "refused": case.refused,
    }


def _archived(one: ArchiveEvent) -> dict[str, Any]:
    return {
        "time": to_iso(one.time_ns),
        "latitude": one.latitude,
        "longitude": one.longitude,
        "magnitude": one.magnitude,
        "audiences": list(one.audiences),
        "first_after_s": (one.first_ns - one.time_ns) / SECOND_NS,
    }


def changes(new: Certification, old: Certification) -> list[str]:
    """Case by case, what the new configuration does otherwise."""
    found = []
    for mine, theirs in zip(new.nuisances, old.nuisances, strict=True):
        now, before = ({one.audience for one in case.told} for case in (mine, theirs))
        if now != before:
            found.append(f"{mine.name}: told {_names(now)}, before {_names(before)}")
    for here, there in zip(new.scenarios, old.scenarios, strict=True):
        now, before = ({one.audience for one in case.told} for case in (here, there))
        if now != before:
            found.append(f"{here.name}: told {_names(now)}, before {_names(before)}")
        elif len(here.in_time) != len(there.in_time):
            count = f"{len(here.in_time)} of {len(here.possible)} targets"
            found.append(f"{here.name}: {count} warned before S, before {len(there.in_time)}")
    return found + _archive_changes(new.archive or (), old.archive or ())


def _names(audiences: set[str]) -> str:
    return ", ".join(sorted(audiences)) or "nobody"


def _archive_changes(new: Sequence[ArchiveEvent], old: Sequence[ArchiveEvent]) -> list[str]:
    """Events of the archive that one tells and the other does not, or to others, or later."""
    left = list(old)
    found = []
    for one in new:
        same = min(left, key=lambda other: abs(other.time_ns - one.time_ns), default=None)
        if same is None or abs(same.time_ns - one.time_ns) > SAME_S * SECOND_NS:
            found.append(f"{_event(one)}: told {_names(set(one.audiences))}, before nobody")
            continue
        left.remove(same)
        if same.audiences != one.audiences:
            found.append(f"{_event(one)}: told {_names(set(one.audiences))}, before {_names(set(same.audiences))}")
        elif one.first_ns != same.first_ns:
            found.append(f"{_event(one)}: first told {(one.first_ns - same.first_ns) / SECOND_NS:+.1f} s")
    return found + [f"{_event(one)}: told nobody, before {_names(set(one.audiences))}" for one in left]


def _event(one: ArchiveEvent) -> str:
    size = "" if one.magnitude is None else f" M {one.magnitude:.1f}"
    return f"{to_iso(one.time_ns, 0)}{size} at {one.latitude:.2f} {one.longitude:.2f}"

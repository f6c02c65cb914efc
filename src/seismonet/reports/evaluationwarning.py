"""Whether places were warned in time: each target, at each intensity, in each earthquake.

What shook is not observed at most places, so it is the median that the formulas give for the true source (docs/
shaking.md): a place counts as shaken by an intensity when that reaches it, and as warned when an alert to any audience
gave it the greater chance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seismonet.core.alert import Alert, Shaking
from seismonet.core.event import Magnitude, Origin
from seismonet.core.target import Target
from seismonet.core.utc import to_seconds
from seismonet.models.traveltime import TravelTimes
from seismonet.warn.shaking import ShakingParams, forecast

from .evaluation import Matching, Run, Truth
from .evaluationmetrics import Row, Section
from .evaluationstatistics import Measure, quantile, share

WARNED_LEVELS = (4, 5, 6)
LIKELY = 0.5
USUAL_DEPTH_KM = 10.0
VERDICTS = ("timely", "late", "missed", "false")


@dataclass(frozen=True, slots=True)
class TargetWarning:
    """What became of one target at one intensity: timely, late, missed or false; lead to S in s, None when not told."""

    earthquake: str
    target: str
    level: int
    verdict: str
    lead_s: float | None


def target_warnings(
    matching: Matching, run: Run, targets: Sequence[Target], model: TravelTimes, params: ShakingParams
) -> tuple[TargetWarning, ...]:
    """Those of all earthquakes whose size is known, and of all that were none."""
    found: list[TargetWarning] = []
    for pair in matching.pairs:
        if pair.truth is not None:
            found += _of(pair.truth, run.warnings.get(pair.last.id, ()), targets, model, params)
    for truth in matching.missed:
        found += _of(truth, (), targets, model, params)
    for one in matching.false:
        for level in WARNED_LEVELS:
            told = _told(run.warnings.get(one.last.id, ()), level)
            found += [TargetWarning(one.last.id, name, level, "false", None) for name in told]
    return tuple(found)


def _of(
    truth: Truth, alerts: Sequence[Alert], targets: Sequence[Target], model: TravelTimes, params: ShakingParams
) -> Iterator[TargetWarning]:
    if truth.magnitude is None:
        return
    shaken = {one.target: one for one in true_shaking(truth, truth.magnitude, targets, model, params)}
    for level in WARNED_LEVELS:
        told = _told(alerts, level)
        for target in targets:
            yield from _judged(truth.name, shaken[target.name], level, told.get(target.name))


def _judged(name: str, there: Shaking, level: int, told_ns: int | None) -> Iterator[TargetWarning]:
    lead_s = None if told_ns is None else to_seconds(there.s_arrival_ns - told_ns)
    if there.intensity >= level:
        verdict = "missed" if lead_s is None else "timely" if lead_s > 0 else "late"
        yield TargetWarning(name, there.target, level, verdict, lead_s)
    elif lead_s is not None:
        yield TargetWarning(name, there.target, level, "false", lead_s)


def true_shaking(
    truth: Truth, magnitude: float, targets: Sequence[Target], model: TravelTimes, params: ShakingParams
) -> tuple[Shaking, ...]:
    """What the formulas give for a source that is known."""
    depth_km = truth.depth_km if truth.depth_km is not None else USUAL_DEPTH_KM
    place = truth.latitude, truth.longitude, depth_km
    origin = Origin(truth.time_ns, *place, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, (), model.name)
    return forecast(origin, Magnitude(magnitude, "M", 0.0, ()), targets, model, truth.time_ns, params)


def _told(alerts: Sequence[Alert], level: int) -> dict[str, int]:
    """When each target was first told that a level is likelier than not."""
    found: dict[str, int] = {}
    for alert in sorted(alerts, key=lambda one: one.issued_ns):
        if alert.kind != "cancel":
            for one in alert.shaking:
                if one.probability(level) >= LIKELY:
                    found.setdefault(one.target, alert.issued_ns)
    return found


def warning_section(found: Sequence[TargetWarning]) -> Section:
    """How many targets were warned in time, late, not, or of nothing, by intensity; and the lead of those in time."""
    rows: list[Row] = []
    for level in WARNED_LEVELS:
        own = [one for one in found if one.level == level]
        count = {verdict: sum(one.verdict == verdict for one in own) for verdict in VERDICTS}
        shaken = len(own) - count["false"]
        key, words = f"warning.{level}", f"intensity {level}"
        why = f"no target was shaken by intensity {level}"
        rows.append(Row(f"{key}.shaken", f"{words}: targets shaken", Measure(shaken, shaken)))
        rows += [
            Row(f"{key}.{verdict}", f"{words}: {verdict}", Measure(count[verdict], len(own))) for verdict in VERDICTS
        ]
        rows.append(Row(f"{key}.recall", f"{words}: share in time", share(count["timely"], shaken, why)))
        leads = [one.lead_s for one in own if one.verdict == "timely" and one.lead_s is not None]
        rows.append(
            Row(f"{key}.lead", f"{words}: lead of those, median", quantile(leads, 0.5, "s", "none was told in time"))
        )
    return Section("Warning of targets", tuple(rows))


def warning_objects(found: Sequence[TargetWarning]) -> list[Mapping[str, Any]]:
    """The same one by one, for JSON."""
    return [
        {
            "earthquake": one.earthquake,
            "target": one.target,
            "intensity": one.level,
            "verdict": one.verdict,
            "lead_s": one.lead_s,
        }
        for one in found
    ]

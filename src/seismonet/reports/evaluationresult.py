"""A whole evaluation: everything that is said about a run, as one object and as JSON.

The rule this file owns: a measure that cannot be computed says why; keys of the JSON are only added to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from seismonet.core.target import Target
from seismonet.core.utc import to_iso
from seismonet.formats.jsonlines import finite
from seismonet.models.traveltime import TravelTimes
from seismonet.warn.shaking import ShakingParams

from .evaluation import Found, Matching, Rule, Run, Truth, TruthSet, match
from .evaluationmetrics import (
    Outcome,
    Section,
    Solution,
    groups,
    outcome,
    place_of_found,
    place_of_truth,
    sections,
)
from .evaluationpicks import (
    DAY_NS,
    PickOutcome,
    compare_picks,
    latency_section,
    pick_section,
    readiness_section,
    trigger_section,
)
from .evaluationwarning import TargetWarning, target_warnings, warning_objects, warning_section

Regions = Mapping[str, Callable[[float, float], bool]]
FORMAT = "seismonet evaluation 1"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a run is worth against a truth.

    ``groups`` are sections about earthquakes: all of them, and every group that has one; ``general`` are about picks,
    triggers, latencies, readiness and the warning of targets. ``triggers`` are false triggers a day by station.
    """

    run: Run
    truth: TruthSet
    rule: Rule
    span_ns: tuple[int, int]
    model: str
    matching: Matching
    outcomes: tuple[Outcome, ...]
    groups: Mapping[str, tuple[Section, ...]]
    general: tuple[Section, ...]
    picks: tuple[PickOutcome, ...]
    triggers: Mapping[str, float]
    warnings: tuple[TargetWarning, ...] = ()

    @property
    def simulated(self) -> str:
        """Who says that this is simulated; empty for what happened."""
        return self.run.simulated


def evaluate(
    run: Run,
    truth: TruthSet,
    model: TravelTimes,
    *,
    rule: Rule | None = None,
    span_ns: tuple[int, int] | None = None,
    regions: Regions | None = None,
    targets: Sequence[Target] = (),
    shaking: ShakingParams | None = None,
) -> Evaluation:
    """Judge a run by a truth.

    Parameters
    ----------
    run : what was found
    truth : what happened
    model : predicts P where the truth holds no picks
    rule : what counts as the same earthquake
    span_ns : begin and end of what is judged; None for as long as the run is known to have lasted
    regions : names, and whether a place (latitude, longitude) lies in them
    targets, shaking : places that should have been warned, and how their shaking is forecast
    """
    rule = rule or Rule()
    span = span_ns or run.span_ns or (0, 0)
    matching = match(truth.events, run, rule, span)
    outcomes = tuple(outcome(one, run, model) for one in matching.pairs)
    days = None if run.given else run.heard_ns(*span) / DAY_NS
    kinds = sorted({one.magnitude_type for one in truth.events if one.magnitude_type})
    told = {}
    for name, belongs in groups(run, regions).items():
        places = [*map(place_of_truth, (*(one.truth for one in outcomes), *matching.missed))]
        places += map(place_of_found, (*matching.false, *matching.unverified))
        if name == "all" or any(map(belongs, places)):
            told[name] = sections(matching, outcomes, belongs, days, kinds)
    picks = tuple(compare_picks(run, truth, phase, rule, span) for phase in "PS")
    within = [one for one in truth.events if span[0] <= one.time_ns < span[1]]
    triggers, by_station = trigger_section(run, within, model, span)
    warnings = target_warnings(matching, run, targets, model, shaking or ShakingParams())
    general = (
        *(pick_section(one, run.readers) for one in picks),
        triggers,
        latency_section(run, matching),
        readiness_section(run, span),
        *([warning_section(warnings)] if targets else []),
    )
    return Evaluation(
        run, truth, rule, span, model.name, matching, outcomes, told, general, picks, by_station, warnings
    )


def document(made: Evaluation) -> dict[str, Any]:
    """The evaluation as JSON; a number that is not there is null, with ``why``."""
    begin, end = map(to_iso, made.span_ns)
    return {
        "format": FORMAT,
        **({"simulated": made.simulated} if made.simulated else {}),
        "run": made.run.name,
        **({"assumed": made.run.note} if made.run.note else {}),
        "truth": list(made.truth.names),
        "start": begin,
        "end": end,
        "days_with_data": None if made.run.given else finite(made.run.heard_ns(*made.span_ns) / DAY_NS),
        "days_are_known": bool(made.run.spans),
        "earth_model": made.model,
        "rule": asdict(made.rule),
        "earthquakes_outside_of_the_time": made.matching.outside,
        "groups": {name: _measures(told) for name, told in made.groups.items()},
        "general": _measures(made.general),
        "false_triggers_per_day": {code: finite(value) for code, value in made.triggers.items()},
        "targets": warning_objects(made.warnings),
        "found": [_outcome(one) for one in made.outcomes],
        "missed": [_truth(one) for one in made.matching.missed],
        "false": [_found(one) for one in made.matching.false],
        "unverified": [_found(one) for one in made.matching.unverified],
        "uncounted": [_found(one) for one in made.matching.uncounted],
    }


def _measures(told: tuple[Section, ...]) -> dict[str, Any]:
    found = {}
    for row in (row for section in told for row in section.rows):
        one = row.measure
        found[row.key] = {
            "label": row.label,
            "value": finite(one.value),
            "low": finite(one.low),
            "high": finite(one.high),
            "n": one.n,
            "unit": one.unit,
            **({"why": one.why} if one.value is None else {}),
        }
    return found


def _truth(one: Truth) -> dict[str, Any]:
    return {
        "name": one.name,
        "origin_time": to_iso(one.time_ns),
        "latitude": one.latitude,
        "longitude": one.longitude,
        "depth_km": one.depth_km,
        "magnitude": one.magnitude,
        "magnitude_type": one.magnitude_type,
    }


def _found(one: Found) -> dict[str, Any]:
    origin, size = one.last.origin, one.last.magnitude
    return {
        "event_id": one.last.id,
        "event_type": one.last.event_type,
        "origin_time": to_iso(origin.time_ns),
        "latitude": finite(origin.latitude),
        "longitude": finite(origin.longitude),
        "depth_km": finite(origin.depth_km),
        "magnitude": finite(size.value) if size else None,
        "alerts": len(one.alerts),
    }


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "truth": _truth(one.truth),
        "event": _found(one.found),
        "alert_after_origin_s": finite(one.after_origin_s),
        "alert_after_first_p_s": finite(one.after_first_p_s),
        "alert_after_third_p_s": finite(one.after_third_p_s),
        **{stage: _solution(solution) for stage, solution in one.stages.items()},
        "versions": [_solution(solution) for solution in one.course],
    }


def _solution(one: Solution) -> dict[str, Any]:
    numbers = (
        "epicentre_km", "time_s", "depth_km", "magnitude", "level", "depth_level", "magnitude_level", "crps", "deep",
    )  # fmt: skip
    told = {name: finite(getattr(one, name)) for name in numbers}
    inside = {str(level): yes for level, yes in sorted(one.inside.items())}
    return {"issued": to_iso(one.issued_ns), **told, "inside": inside}


def remarks(made: Evaluation) -> list[str]:
    """What has to be known beside the numbers, a sentence each."""
    begin, end = (to_iso(ns, 0) for ns in made.span_ns)
    matching = made.matching
    truth = ", ".join(made.truth.names) or "nothing"
    lines = [
        f"{made.run.name}: {made.run.note}" if made.run.note else f"{made.run.name} against {truth}, {begin} to {end}.",
        f"Same earthquake: epicentres within {made.rule.max_km:g} km, origin times within {made.rule.max_s:g} s.",
    ]
    if made.run.spans:
        lines.append(f"Data of {duration(made.run.heard_ns(*made.span_ns))} of this time.")
    elif not made.run.given:
        lines.append("For how long there were data is not stored in this folder: rates count all of this time.")
    if made.rule.minimum_magnitude is not None:
        lines.append(f"Earthquakes below magnitude {made.rule.minimum_magnitude:g} count neither for nor against.")
    if matching.outside:
        lines.append(f"{told(matching.outside, 'earthquake')} of the truth outside of this time left out.")
    if matching.unverified:
        near = told(len(matching.unverified), "event")
        lines.append(f"{near} beside earthquakes of a truth that says it is incomplete: neither right nor false.")
    return lines


def duration(length_ns: int) -> str:
    """A length of time as one says it.

    >>> duration(90 * 10**9), duration(7200 * 10**9), duration(864_000 * 10**9)
    ('1.5 minutes', '2.0 hours', '10.0 days')
    """
    seconds = length_ns / 1e9
    for unit, least in (("days", 2 * 86_400), ("hours", 5_400)):
        if seconds >= least:
            return f"{seconds / (86_400 if unit == 'days' else 3_600):.1f} {unit}"
    return f"{seconds / 60:.1f} minutes"


def told(count: int, noun: str) -> str:
    """A number of things.

    >>> told(1, "event"), told(2, "event")
    ('1 event', '2 events')
    """
    return f"{count} {noun}{'s' * (count != 1)}"

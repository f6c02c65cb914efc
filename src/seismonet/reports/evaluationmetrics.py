"""What an evaluation says of earthquakes: found or not, how soon, how far off, and how honest about it.

Everything is told for all earthquakes and for groups of them: by depth, by where the network is, by regions.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from seismonet.core.alert import Alert
from seismonet.core.event import Event, Magnitude, Origin
from seismonet.core.geo import distance_deg, distance_km
from seismonet.core.utc import SECOND_NS
from seismonet.models.traveltime import TravelTimes

from .evaluation import Found, Matching, Run, Truth, gap_deg
from .evaluationstatistics import (
    Measure,
    brier,
    crps_half_units,
    crps_normal,
    f1,
    level_of,
    mean,
    normal_cdf,
    quantile,
    rate,
    share,
)

CRUST_KM, SLAB_KM = 40.0, 60.0
LEAST_DAYS = 0.25
"""What was counted in less is told as a count only."""
LATER_NS = 10 * SECOND_NS
STAGES = {"first": "first alert", "later": "10 s later", "final": "final"}
NO_MATCH = "no earthquake was found"
NO_ALERT = "no earthquake was told by an alert"


@dataclass(frozen=True, slots=True)
class Row:
    """A measure, its name for machines and in words."""

    key: str
    label: str
    measure: Measure


@dataclass(frozen=True, slots=True)
class Section:
    """Measures that belong together."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """How far a solution was from the truth; None where one of them does not tell. Errors are solution minus truth."""

    issued_ns: int
    latitude: float
    longitude: float
    epicentre_km: float
    time_s: float
    depth_km: float | None = None
    magnitude: float | None = None
    inside: Mapping[int, bool] = field(default_factory=dict)
    level: float | None = None
    depth_level: float | None = None
    magnitude_level: float | None = None
    crps: float | None = None
    deep: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """An earthquake that was found: how far off each stage and each version was, and how soon it was told."""

    found: Found
    truth: Truth
    stages: Mapping[str, Solution]
    course: tuple[Solution, ...]
    after_origin_s: float | None = None
    after_first_p_s: float | None = None
    after_third_p_s: float | None = None

    @property
    def is_told(self) -> bool:
        """Did an alert tell of it?"""
        return self.after_origin_s is not None


def solution(truth: Truth, event: Event) -> Solution:
    """Compare a version of an event with the truth."""
    origin, size, sure = event.origin, event.magnitude, event.origin.confidence
    km = float(distance_km(truth.latitude, truth.longitude, origin.latitude, origin.longitude))
    radii = [(0.68, origin.horizontal_uncertainty_km)]
    if sure is not None:
        radii = [(0.5, sure.radius_50_km), *radii, (0.9, sure.radius_90_km)]
    radii = [(level, radius) for level, radius in radii if math.isfinite(radius)]
    sized = None if size is None or truth.magnitude is None else (size, truth.magnitude)
    return Solution(
        event.issued_ns,
        origin.latitude,
        origin.longitude,
        km,
        (origin.time_ns - truth.time_ns) / SECOND_NS,
        None if truth.depth_km is None else origin.depth_km - truth.depth_km,
        None if sized is None else sized[0].value - sized[1],
        {round(100 * level): km <= radius for level, radius in radii},
        level_of(km, radii) if radii else None,
        None if truth.depth_km is None else _depth_level(origin, truth.depth_km),
        None if sized is None else _magnitude_level(*sized),
        None if sized is None else _crps(*sized),
        None if sure is None or truth.depth_km is None else sure.probability_deep,
    )


def _depth_level(origin: Origin, truth_km: float) -> float | None:
    """Share of probability above the true depth, from the 16th and 84th percentile: a normal with two widths."""
    sure = origin.confidence
    low, high = (sure.depth_low_km, sure.depth_high_km) if sure is not None else (math.nan, math.nan)
    wide = origin.depth_uncertainty_km
    below = origin.depth_km - low if origin.depth_km > low else wide
    above = high - origin.depth_km if high > origin.depth_km else wide
    width = below if truth_km < origin.depth_km else above
    return normal_cdf((truth_km - origin.depth_km) / width) if math.isfinite(width) and width > 0 else None


def _magnitude_level(size: Magnitude, truth: float) -> float | None:
    return normal_cdf((truth - size.value) / size.uncertainty) if size.uncertainty > 0 else None


def _crps(size: Magnitude, truth: float) -> float:
    if size.probabilities:
        return crps_half_units(size.probabilities, truth)
    return crps_normal(size.value, size.uncertainty, truth)


def outcome(found: Found, run: Run, model: TravelTimes) -> Outcome:
    """All there is to say of one pair.

    Versions and alerts before the first P are of an earthquake before it, as they cannot know of this one.
    """
    truth = found.truth
    if truth is None:
        raise ValueError(f"event {found.last.id} is no earthquake of the truth")
    first_p_ns, third_p_ns = arrivals_ns(truth, run, model)
    heard_ns = truth.time_ns if first_p_ns is None else first_p_ns
    standing = [one for one in found.versions if one.event_type == "earthquake"]
    course = tuple(solution(truth, one) for one in standing if one.issued_ns >= heard_ns)
    stages = {"final": solution(truth, standing[-1])} if standing and found.stands else {}
    alert = found.alert_from(heard_ns)
    if alert is None:
        return Outcome(found, truth, stages, course)
    for name, at_ns in (("first", alert.issued_ns), ("later", alert.issued_ns + LATER_NS)):
        event = found.at(at_ns)
        if event is not None and event.event_type == "earthquake":
            stages[name] = solution(truth, event)
    return Outcome(
        found, truth, stages, course, _since(alert, truth.time_ns), _since(alert, first_p_ns), _since(alert, third_p_ns)
    )


def _since(alert: Alert, time_ns: int | None) -> float | None:
    return None if time_ns is None else (alert.issued_ns - time_ns) / SECOND_NS


def arrivals_ns(truth: Truth, run: Run, model: TravelTimes) -> tuple[int | None, int | None]:
    """When P reached the first and the third station: as the truth tells, else as the model predicts."""
    depth_km = truth.depth_km if truth.depth_km is not None else 10.0
    read = [one.time_ns for one in truth.picks if one.phase == "P"]
    times = []
    for station in run.stations(truth.time_ns):
        degrees = float(distance_deg(truth.latitude, truth.longitude, station.latitude, station.longitude))
        own = [one.time_ns for one in truth.picks if one.phase == "P" and one.is_at(station.station_code)]
        predicted = truth.time_ns + round(float(model.times("P", degrees, depth_km)) * SECOND_NS)
        times.append(min(own, default=predicted))
    times.sort()
    first = truth.first_p_ns if truth.first_p_ns is not None else min(read, default=times[0] if times else None)
    return first, times[2] if len(times) > 2 else None


Place = tuple[float, float, float | None, int]
"""Latitude, longitude, depth in km where it is known, and time (ns)."""
Belongs = Callable[[Place], bool]


def groups(run: Run, regions: Mapping[str, Callable[[float, float], bool]] | None = None) -> dict[str, Belongs]:
    """Groups of earthquakes by their names: all, depth classes, inside and outside of the network, regions."""

    def deep(low: float, high: float) -> Belongs:
        return lambda place: place[2] is not None and low <= place[2] < high

    def inside(place: Place) -> bool:
        gap = gap_deg(run.stations(place[3]), place[0], place[1])
        return gap is not None and gap < 180.0

    found: dict[str, Belongs] = {
        "all": lambda _: True,
        "crust (< 40 km)": deep(-math.inf, CRUST_KM),
        "40 to 60 km": deep(CRUST_KM, SLAB_KM),
        "slab (>= 60 km)": deep(SLAB_KM, math.inf),
        "depth not told": lambda place: place[2] is None,
        "inside the network": inside,
        "outside the network": lambda place: not inside(place),
    }
    for name, holds in (regions or {}).items():
        found[name] = lambda place, holds=holds: holds(place[0], place[1])  # type: ignore[misc]
    return found


def place_of_truth(truth: Truth) -> Place:
    """Where an earthquake was."""
    return truth.latitude, truth.longitude, truth.depth_km, truth.time_ns


def place_of_found(found: Found) -> Place:
    """Where an event was said to be: what is false can be judged by nothing else."""
    origin = found.last.origin
    return origin.latitude, origin.longitude, origin.depth_km, origin.time_ns


def sections(
    matching: Matching,
    outcomes: Sequence[Outcome],
    belongs: Belongs,
    days: float | None = None,
    kinds: Sequence[str] = (),
) -> tuple[Section, ...]:
    """Everything about a group's earthquakes.

    ``days`` are those of which there were data, None for earthquakes that were simulated one at a time; ``kinds`` are
    the types of magnitude that the truth has, so that differences of scales can be told from errors.
    """
    own = [one for one in outcomes if belongs(place_of_truth(one.truth))]
    missed = [one for one in matching.missed if belongs(place_of_truth(one))]
    false = [one for one in matching.false if belongs(place_of_found(one))]
    unverified = [one for one in matching.unverified if belongs(place_of_found(one))]
    return (
        _detection(own, missed, false, len(unverified), days),
        _timing(own),
        *(_location(own, stage, words) for stage, words in STAGES.items()),
        _honesty(own),
        _magnitude(own, kinds if len(kinds) > 1 else ()),
    )


def _detection(
    own: list[Outcome], missed: list[Truth], false: list[Found], unverified: int, days: float | None
) -> Section:
    hits = sum(one.found.stands for one in own)
    told = sum(one.is_told for one in own)
    real = len(own) + len(missed)
    wrong, wrongly_told = sum(one.stands for one in false), sum(one.first_alert is not None for one in false)
    no_truth, no_event, no_told = "the truth holds no earthquake", "no event was found", "no alert was issued"
    no_days = "earthquakes were simulated one at a time" if days is None else "there were data of less than six hours"
    days = days if days is not None and days >= LEAST_DAYS else 0.0
    return Section(
        "Found, missed, false",
        (
            Row("events.true_positive", "earthquakes found (TP)", Measure(hits, real)),
            Row("events.false_negative", "earthquakes missed (FN)", Measure(real - hits, real)),
            Row("events.false_positive", "false events (FP)", Measure(wrong, hits + wrong)),
            Row("events.unverified", "events that the truth cannot verify", Measure(unverified, unverified)),
            Row("events.recall", "recall", share(hits, real, no_truth)),
            Row("events.precision", "precision", share(hits, hits + wrong, no_event)),
            Row("events.f1", "F1", f1(hits, hits + wrong, real, no_truth)),
            Row("alerts.true_positive", "earthquakes told by an alert", Measure(told, real)),
            Row("alerts.false_positive", "false events told by an alert", Measure(wrongly_told, told + wrongly_told)),
            Row("alerts.recall", "recall of alerts", share(told, real, no_truth)),
            Row("alerts.precision", "precision of alerts", share(told, told + wrongly_told, no_told)),
            Row("rates.true_positive", "earthquakes found a day", rate(hits, days, no_days)),
            Row("rates.false_positive", "false events a day", rate(wrong, days, no_days)),
            Row("rates.false_alerts", "false events told by an alert a day", rate(wrongly_told, days, no_days)),
        ),
    )


def _timing(own: list[Outcome]) -> Section:
    since = {
        "origin": ("the origin", [one.after_origin_s for one in own]),
        "first_p": ("P at the first station", [one.after_first_p_s for one in own]),
        "third_p": ("P at the third station", [one.after_third_p_s for one in own]),
    }
    rows = []
    for key, (words, values) in since.items():
        known = [one for one in values if one is not None]
        why = NO_ALERT if all(one.after_origin_s is None for one in own) else "fewer stations are known"
        rows.append(Row(f"alert.after_{key}.p50", f"after {words}, median", quantile(known, 0.5, "s", why)))
        rows.append(Row(f"alert.after_{key}.p90", f"after {words}, p90", quantile(known, 0.9, "s", why)))
    return Section("Time of the first alert", tuple(rows))


def _location(own: list[Outcome], stage: str, words: str) -> Section:
    some = [one.stages[stage] for one in own if stage in one.stages]
    why = NO_MATCH if stage == "final" or not own else NO_ALERT
    km = [one.epicentre_km for one in some]
    depth = [one.depth_km for one in some if one.depth_km is not None]
    no_depth = why if not some else "the truth tells no depth"
    time = [one.time_s for one in some]
    rows = [
        Row(f"{stage}.epicentre.{name}", f"epicentre off by, {told}", quantile(km, q, "km", why))
        for name, told, q in (("p50", "median", 0.5), ("p68", "p68", 0.68), ("p90", "p90", 0.9))
    ]
    rows += [
        Row(f"{stage}.depth.median", "depth minus truth, median", quantile(depth, 0.5, "km", no_depth)),
        Row(f"{stage}.depth.absolute", "depth off by, median", quantile([*map(abs, depth)], 0.5, "km", no_depth)),
        Row(f"{stage}.time.median", "origin time minus truth, median", quantile(time, 0.5, "s", why)),
        Row(f"{stage}.time.absolute", "origin time off by, median", quantile([*map(abs, time)], 0.5, "s", why)),
    ]
    return Section(f"Location: {words}", tuple(rows))


def _honesty(own: list[Outcome]) -> Section:
    rows = []
    for stage in ("first", "final"):
        some = [one.stages[stage] for one in own if stage in one.stages]
        why = NO_MATCH if stage == "final" or not own else NO_ALERT
        for level in (50, 68, 90):
            inside = [one.inside[level] for one in some if level in one.inside]
            none = why if not some else f"no radius of {level} % was stated"
            label = f"{STAGES[stage]}: truth within the {level} % radius"
            rows.append(Row(f"{stage}.inside.{level}", label, share(sum(inside), len(inside), none)))
    for stage in ("first", "final"):
        pairs = [
            (one.stages[stage].deep, one.truth.depth_km)
            for one in own
            if stage in one.stages and one.stages[stage].deep is not None
        ]
        stated = [deep for deep, _ in pairs if deep is not None]
        deep = [depth_km >= SLAB_KM for _, depth_km in pairs if depth_km is not None]
        why = NO_MATCH if not own else "no probability of depth was stated, or the truth tells no depth"
        label = f"{STAGES[stage]}: Brier score of a depth of 60 km and more"
        rows.append(Row(f"{stage}.brier_deep", label, brier(stated, deep, why)))
    return Section("Does it know how sure it is?", tuple(rows))


def _magnitude(own: list[Outcome], kinds: Sequence[str]) -> Section:
    rows = []
    for stage in ("first", "final"):
        words = STAGES[stage]
        some = [one.stages[stage] for one in own if stage in one.stages]
        why = NO_MATCH if stage == "final" or not own else NO_ALERT
        none = why if not some else "the truth or the solution has no magnitude"
        off = [one.magnitude for one in some if one.magnitude is not None]
        crps = [one.crps for one in some if one.crps is not None]
        near = sum(abs(one) <= 0.5 for one in off)
        rows += [
            Row(f"{stage}.magnitude.absolute", f"{words}: off by, mean", mean([*map(abs, off)], "", none)),
            Row(f"{stage}.magnitude.bias", f"{words}: minus truth, mean", mean(off, "", none)),
            Row(f"{stage}.magnitude.within_half", f"{words}: within 0.5", share(near, len(off), none)),
            Row(f"{stage}.magnitude.crps", f"{words}: CRPS, mean", mean(crps, "", none)),
        ]
    for kind in kinds:
        some = [one.stages["final"] for one in own if "final" in one.stages and one.truth.magnitude_type == kind]
        off = [one.magnitude for one in some if one.magnitude is not None]
        label = f"final: minus the truth's {kind}, mean"
        rows.append(Row(f"final.magnitude.bias.{kind}", label, mean(off, "", f"no {kind} of the truth was found")))
    return Section("Magnitude", tuple(rows))

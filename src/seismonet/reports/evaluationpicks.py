"""What an evaluation says of single stations and of the whole chain: picks, false triggers, latencies, readiness."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.event import Pick
from seismonet.core.geo import distance_deg
from seismonet.core.utc import SECOND_NS
from seismonet.models.traveltime import TravelTimes

from .evaluation import Matching, Rule, Run, StatusPoint, TruePick, Truth, TruthSet
from .evaluationmetrics import Row, Section
from .evaluationstatistics import Measure, deviation, f1, mean, quantile, rate, share

DAY_NS = 86_400 * SECOND_NS
TOLERANCES_S = (0.1, 0.5)
FARTHEST_S = 2.0
"""Picks that differ by more are of two onsets."""
JUDGED_BEFORE_NS, JUDGED_AFTER_NS = 30 * SECOND_NS, 2 * SECOND_NS
EARLY_SHARE, EARLY_S = 0.1, 3.0
CODA_SHARE, CODA_S = 1.5, 60.0


@dataclass(frozen=True, slots=True)
class PickOutcome:
    """Picks of one phase against those of analysts: seconds by which ours are late, and how many had no partner."""

    phase: str
    late_s: tuple[float, ...]
    real: int
    judged: int


def compare_picks(run: Run, truth: TruthSet, phase: str, rule: Rule, span_ns: tuple[int, int]) -> PickOutcome:
    """Bring together our picks of a phase with the analysts', station by station, nearest first, one to one.

    Ours are judged where an analyst has worked: from 30 s before a station's first pick of an earthquake to 2 s after
    its last. An analyst's pick whose partner has less than the least SNR is not judged either.
    """
    read = [pick for event in truth.events for pick in event.picks] + list(truth.picks)
    read = [one for one in read if span_ns[0] <= one.time_ns < span_ns[1]]
    late: list[float] = []
    real = judged = 0
    for station in sorted({one.source_id.station_code for one in run.picks} | _heard(run, span_ns)):
        theirs = [one for one in read if one.is_at(station)]
        if not theirs:
            continue
        windows = _windows([one.time_ns for one in theirs])
        ours = [one for one in run.picks if one.source_id.station_code == station and one.phase == phase]
        ours = [one for one in ours if any(begin <= one.time_ns <= end for begin, end in windows)]
        pairs = _nearest(ours, [one for one in theirs if one.phase == phase])
        weak = sum(ours[mine].snr < rule.min_snr for mine in pairs.values())
        real += sum(one.phase == phase for one in theirs) - weak
        judged += sum(one.snr >= rule.min_snr for one in ours)
        wanted = [one for one in theirs if one.phase == phase]
        late += [
            (ours[mine].time_ns - wanted[their].time_ns) / SECOND_NS
            for their, mine in pairs.items()
            if ours[mine].snr >= rule.min_snr
        ]
    return PickOutcome(phase, tuple(late), real, judged)


def _heard(run: Run, span_ns: tuple[int, int]) -> set[str]:
    """Stations that could have made a pick: those that no status ever names able are not asked for any."""
    able = {code for one in run.statuses if one.time_ns < span_ns[1] for code in one.able}
    return able if run.statuses else {one.station_code for one in run.table.stations}


def _windows(times_ns: Sequence[int]) -> list[tuple[int, int]]:
    """Stretches of time in which an analyst has worked."""
    windows: list[tuple[int, int]] = []
    for time_ns in sorted(times_ns):
        begin, end = time_ns - JUDGED_BEFORE_NS, time_ns + JUDGED_AFTER_NS
        if windows and begin <= windows[-1][1] + JUDGED_BEFORE_NS:
            windows[-1] = windows[-1][0], end
        else:
            windows.append((begin, end))
    return windows


def _nearest(ours: Sequence[Pick], theirs: Sequence[TruePick]) -> dict[int, int]:
    """Number of theirs -> number of ours, nearest first."""
    order = sorted(
        (abs(mine.time_ns - their.time_ns), j, k)
        for j, their in enumerate(theirs)
        for k, mine in enumerate(ours)
        if abs(mine.time_ns - their.time_ns) <= FARTHEST_S * SECOND_NS
    )
    pairs: dict[int, int] = {}
    for _, j, k in order:
        if j not in pairs and k not in pairs.values():
            pairs[j] = k
    return pairs


def pick_section(compared: PickOutcome, readers: str) -> Section:
    """Residuals, recall, precision and F1 against ``readers``; residuals of pairs within half a second."""
    phase, late = compared.phase, np.array(compared.late_s)
    near = [float(one) for one in late if abs(one) <= TOLERANCES_S[-1]]
    none = f"the truth holds no {phase} picks of these stations"
    unpaired = none if compared.real == 0 else f"no pick of ours is near the {readers}"
    middle = float(np.median(near)) if near else 0.0
    key = f"picks.{phase}"
    rows = [
        Row(f"{key}.mean", "residual, mean", mean(near, "s", unpaired)),
        Row(f"{key}.sd", "residual, standard deviation", deviation(near, "s", unpaired)),
        Row(f"{key}.mae", "residual, mean absolute", mean([*map(abs, near)], "s", unpaired)),
        Row(f"{key}.mad", "residual, median absolute deviation",
            quantile([abs(one - middle) for one in near], 0.5, "s", unpaired)),
    ]  # fmt: skip
    for tolerance in TOLERANCES_S:
        hits = sum(abs(one) <= tolerance for one in compared.late_s)
        ours = f"no pick of ours is near the {readers}" if compared.real else none
        judged = compared.judged if compared.real else 0
        rows += [
            Row(f"{key}.recall.{tolerance}", f"recall within {tolerance} s", share(hits, compared.real, none)),
            Row(f"{key}.precision.{tolerance}", f"precision within {tolerance} s", share(hits, judged, ours)),
            Row(f"{key}.f1.{tolerance}", f"F1 within {tolerance} s",
                f1(hits, judged, compared.real, none) if compared.real else Measure.none(none)),
        ]  # fmt: skip
    return Section(f"{phase} picks against {readers}", tuple(rows))


def trigger_section(
    run: Run, truths: Sequence[Truth], model: TravelTimes, span_ns: tuple[int, int]
) -> tuple[Section, dict[str, float]]:
    """P picks that no earthquake of the truth explains, a station and day; and the same of each station."""
    title, key = "False triggers", "triggers.false_per_station_day"
    label = "P picks of no earthquake, a station and day"
    days = able_days(run, span_ns)
    if any(one.incomplete for one in truths):
        why = "the truth says that it is incomplete: a pick of no earthquake may be one of those it leaves out"
        return Section(title, (Row(key, label, Measure.none(why)),)), {}
    if not any(days.values()):
        return Section(title, (Row(key, label, Measure.none("no station could contribute")),)), {}
    counts: Counter[str] = Counter()
    for pick in run.picks:
        if pick.phase == "P" and span_ns[0] <= pick.time_ns < span_ns[1] and not _explained(pick, run, truths, model):
            counts[pick.source_id.station_code] += 1
    total, all_days = sum(counts[code] for code in days), sum(days.values())
    rows = [
        Row(key, label, rate(total, all_days, "")),
        Row("triggers.station_days", "station days", Measure(all_days, len(days), unit="days")),
        Row("triggers.refused", "triggers that the gate refused", Measure(run.refused, run.refused)),
    ]
    return Section(title, tuple(rows)), {code: counts[code] / own for code, own in sorted(days.items()) if own > 0}


def _explained(pick: Pick, run: Run, truths: Sequence[Truth], model: TravelTimes) -> bool:
    """Does an earthquake explain a pick: between its P, a little early, and the end of its coda?"""
    station = run.table.find_station(pick.source_id.station_code, pick.time_ns)
    if station is None:
        return True
    for truth in truths:
        since_s = (pick.time_ns - truth.time_ns) / SECOND_NS
        if not -EARLY_S <= since_s < 3600.0:
            continue
        degrees = float(distance_deg(truth.latitude, truth.longitude, station.latitude, station.longitude))
        depth_km = truth.depth_km if truth.depth_km is not None else 10.0
        p_s, s_s = (float(model.times(phase, degrees, depth_km)) for phase in "PS")
        if p_s * (1 - EARLY_SHARE) - EARLY_S <= since_s <= s_s * CODA_SHARE + CODA_S:
            return True
    return False


def able_days(run: Run, span_ns: tuple[int, int]) -> dict[str, float]:
    """For how many days of the span each station could contribute."""
    if not run.statuses:
        codes = sorted({one.station_code for one in run.table.stations})
        return dict.fromkeys(codes, run.heard_ns(*span_ns) / DAY_NS)
    days: Counter[str] = Counter()
    for point, length_ns in _lengths(run, span_ns):
        for code in point.able:
            days[code] += length_ns
    return {code: length_ns / DAY_NS for code, length_ns in sorted(days.items())}


def _lengths(run: Run, span_ns: tuple[int, int]) -> list[tuple[StatusPoint, int]]:
    """Each status and how long it held while there were data, within the span."""
    ends = [one.time_ns for one in run.statuses[1:]] + [span_ns[1]]
    return [
        (one, run.heard_ns(max(one.time_ns, span_ns[0]), min(end, span_ns[1])))
        for one, end in zip(run.statuses, ends, strict=True)
    ]


def latency_section(run: Run, matching: Matching) -> Section:
    """How long each stage took: from the onset to its pick, from the picks to the event, from there to the alert."""
    issued = {pick.id: pick.first_issued_ns for pick in run.picks}
    onset = [(pick.first_issued_ns - pick.time_ns) / SECOND_NS for pick in run.picks if pick.phase == "P"]
    event, alert = [], []
    for found in (*matching.pairs, *matching.uncounted, *matching.false, *matching.unverified):
        first = found.versions[0]
        used = [issued[one.pick_id] for one in first.origin.arrivals if one.pick_id in issued]
        event += [(first.issued_ns - max(used)) / SECOND_NS] if used else []
        told = found.first_alert
        alert += [(told.issued_ns - first.issued_ns) / SECOND_NS] if told else []
    stages = (
        ("pick", "from a P onset to its first pick", onset, "there are no picks"),
        ("event", "from an event's last pick to the event", event, "there are no events"),
        ("alert", "from an event to its first alert", alert, "no alert was issued"),
    )
    return Section(
        "Latency of each stage",
        tuple(
            Row(f"latency.{key}.{name}", f"{words}, {name}", quantile(values, q, "s", why))
            for key, words, values, why in stages
            for name, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
        ),
    )


def readiness_section(run: Run, span_ns: tuple[int, int]) -> Section:
    """Share of the time in which enough stations could contribute for an event (2), and for the public (3)."""
    held = _lengths(run, span_ns)
    whole = span_ns[1] - span_ns[0]
    rows = []
    for least in (2, 3):
        label = f"share of the time with {least} or more stations able"
        if run.given:
            measure = Measure.none("the stations that are up were given")
        elif not held:
            measure = Measure.none("no status of the network is known")
        else:
            able = sum(length for point, length in held if len(point.able) >= least)
            measure = Measure(able / whole, len(held))
        rows.append(Row(f"ready.{least}_stations", label, measure))
    return Section("Ready to warn", tuple(rows))

"""The joint pattern of symptoms to findings, most likely first.

Each pair of a cause and a place is one hypothesis, weighed against there being nothing: its odds are the prior odds
times, for each symptom seen there, how much likelier it is with the cause than by chance, and for each hallmark that is
not seen, how much less likely that is with the cause (naive Bayes; ``causes.py`` has all numbers). Hypotheses that
explain the same symptoms compete. The best takes the symptoms it explains, and what is left is weighed again, so that
two faults are two findings and one fault is one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from seismonet.core.health import CAUSES, Finding
from seismonet.core.inventory import Station
from seismonet.core.utc import SECOND_NS

from .causes import CHANCE, HALLMARK, LIKELIHOODS, OF_STATION, PRIOR, REMEDIES, WHOLE_NEEDED
from .healthparams import HealthParams
from .measures import StationMeasures
from .neighbours import Level, levels
from .observing import began_together, station_symptoms
from .pairspectra import Pair, pairs
from .pairverdict import Doubt, ground, pair_symptoms
from .ppsd import noise_models
from .slow import NAMES, slow_symptoms
from .symptoms import Symptom

LEAST = 0.5
"""Probability from which a hypothesis is a finding."""
TOGETHER = {"silent": "silent_together", "outages": "outages_together", "late": "late_together"}


Weighed: TypeAlias = tuple[str, str, float, tuple[Symptom, ...]]
"""A cause, a place, its log odds, and what speaks for it."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A cause at a place, with its probability and the symptoms that speak for it."""

    cause: str
    channel: str
    probability: float
    symptoms: tuple[Symptom, ...]


def diagnose(
    measures: Sequence[StationMeasures],
    stations: Mapping[str, Station] | None = None,
    params: HealthParams | None = None,
    also: Mapping[str, Sequence[Symptom]] | None = None,
) -> list[Finding]:
    """What is wrong with the stations of a network: by station in their order, each most likely first.

    Parameters
    ----------
    measures : of all stations, over the same time
    stations : by code, where metadata put them (without, a receiver that has moved is not noticed)
    also : what else was seen, by station: of teleseisms (``neighbours.teleseism_symptoms``)
    """
    params = params or HealthParams()
    seen = observe(measures, stations or {}, params)
    able = {one.station_code: _able(one) for one in measures}
    seen = {code: [*symptoms, *(also or {}).get(code, ())] for code, symptoms in seen.items()}
    return [finding(code, one) for code, symptoms in seen.items() for one in weigh(symptoms, able[code])]


def _able(measures: StationMeasures) -> frozenset[str]:
    """Which of the symptoms that need a slow channel this station could show."""
    codes = {one.source_id.channel for one in measures.soh if len(one.value)}
    return frozenset({NAMES[code] for code in codes if code in NAMES} & OFTEN_UNKNOWN)


def observe(
    measures: Sequence[StationMeasures], stations: Mapping[str, Station], params: HealthParams
) -> dict[str, list[Symptom]]:
    """All symptoms by station: of channels, both sensors, slow channels, neighbours, and of many stations at once."""
    against = levels(measures)
    seen: dict[str, list[Symptom]] = {}
    for one in measures:
        pair = _pair(one)
        found = station_symptoms(one, params, _moved(one, pair))
        found += slow_symptoms(one, stations.get(one.station_code), params)
        level = against.get(one.station_code, [])
        if pair is not None and one.pair:
            found += pair_symptoms(one.pair, pair, params.pair, _doubt(one, level))
        found += _of_neighbours(level, found, params)
        seen[one.station_code] = found
    return together(seen, params)


def _pair(measures: StationMeasures) -> Pair | None:
    channels = [one.channel for one in measures.channels if one.channel is not None]
    return pairs(channels, measures.end_ns - 1).get(measures.station_code)


def _moved(measures: StationMeasures, pair: Pair | None) -> Callable[[str, int], bool]:
    """Was what a channel recorded since a time felt by the other sensor too?"""
    if pair is None or not measures.pair:
        return lambda code, since_ns: False
    names = [f"{one.location}.{one.channel}" for one in (*pair.velocity.names, *pair.acceleration.names)]
    return lambda code, since_ns: code in names and ground(measures.pair, names.index(code), since_ns)


def _doubt(measures: StationMeasures, level: Sequence[Level]) -> Doubt:
    velocity = float(np.median([one.db for one in level])) if level else _beyond_db(measures, "velocity")
    return Doubt(velocity, _beyond_db(measures, "acceleration"))


def _beyond_db(measures: StationMeasures, quantity: str) -> float:
    """How far a sensor's noise is above (positive) or below Peterson's models; 0 between them or unknown."""
    beyond = []
    for one in measures.quantity(quantity):
        if one.spectra is None or not one.spectra.corrected or not len(one.spectra.start_ns):
            continue
        period, db = one.spectra.period_s, one.spectra.percentile(50.0)
        inside = (period >= 0.2) & (period <= 8.0) & np.isfinite(db)
        low, high = noise_models(period[inside])
        beyond.append(float(np.median(np.clip(db[inside] - high, 0, None) + np.clip(db[inside] - low, None, 0))))
    return float(np.median(beyond)) if beyond else 0.0


def _of_neighbours(level: Sequence[Level], found: Sequence[Symptom], params: HealthParams) -> list[Symptom]:
    """Channels whose microseism is not the neighbours'; all alike are one for the sensor."""
    off = [one for one in level if abs(one.db) > params.microseism_db]
    if not off:
        return []
    if len(off) == len(level) > 1 and np.ptp([one.db for one in off]) < 8:
        stem = off[0].channel[:-1] + "?"
        return [_level_symptom(replace(off[0], channel=stem, db=float(np.median([one.db for one in off]))))]
    return [_level_symptom(one) for one in off]


def _level_symptom(one: Level) -> Symptom:
    factor = float(10 ** (one.db / 20))
    text = f"{one.channel}: microseism {one.db:+.0f} dB from that of {', '.join(one.neighbours)} over {one.hours} h"
    return Symptom("neighbour_level", one.channel, one.since_ns, text, factor)


def together(seen: Mapping[str, Sequence[Symptom]], params: HealthParams) -> dict[str, list[Symptom]]:
    """What two thirds of all stations (three at least, or both of two) show since the same moment is no station's own.

    Examples
    --------
    >>> gone = {code: [Symptom("silent", "", 10**9, "")] for code in ("A", "B", "C")}
    >>> [one.name for one in together(gone, HealthParams())["A"]]
    ['silent_together']
    """
    renamed = {code: list(some) for code, some in seen.items()}
    for name, shared in TOGETHER.items():
        having = {code: one for code, some in renamed.items() for one in some if one.name == name and one.channel == ""}
        enough = len(having) >= max(2, -(-2 * len(seen) // 3))
        if enough and began_together((one.since_ns for one in having.values()), params):
            for code, one in having.items():
                text = f"{one.text}; so at {len(having)} of {len(seen)} stations since the same time"
                renamed[code] = [replace(one, name=shared, text=text) if s is one else s for s in renamed[code]]
    return renamed


def weigh(symptoms: Sequence[Symptom], able: frozenset[str] = frozenset()) -> list[Hypothesis]:
    """What explains the symptoms of a station, most likely first.

    ``able`` are symptoms that many stations cannot show and this one could.

    Examples
    --------
    >>> seen = [Symptom("supply_low", "", 0, "10.9 V"), Symptom("silent", "", 9, "no data for 2 h")]
    >>> [(one.cause, one.channel, one.probability > 0.9) for one in weigh(seen)]
    [('power', '', True)]
    """
    left, found = list(symptoms), list[Hypothesis]()
    while left:
        made = _hypotheses(left, OFTEN_UNKNOWN - able)
        if not made:
            break
        cause, channel, log_odds, those = max(made, key=lambda one: (one[2], -CAUSES.index(one[0])))
        probability = float(np.exp(log_odds) / (1 + np.exp(log_odds) + _rivals(made, cause, those)))
        if log_odds < np.log(LEAST / (1 - LEAST)):
            break
        found.append(Hypothesis(cause, channel, probability, those))
        left = [one for one in left if one not in those]
    return sorted(found, key=lambda one: -round(one.probability, 3))


def _rivals(made: Sequence[Weighed], cause: str, those: Sequence[Symptom]) -> float:
    """Odds of all other causes that would explain some of the same, each at its best place."""
    best: dict[str, float] = {}
    for other, _, log_odds, some in made:
        if other != cause and any(one in those for one in some):
            best[other] = max(best.get(other, -np.inf), log_odds)
    return float(np.sum(np.exp(list(best.values()))))


def _hypotheses(symptoms: Sequence[Symptom], unknown: frozenset[str]) -> list[Weighed]:
    """Each cause at each place where something speaks for it: with its log odds, and what does."""
    made = []
    for cause, table in LIKELIHOODS.items():
        places = {""} if cause in OF_STATION else {one.channel for one in symptoms if one.name in table}
        for channel in sorted(places):
            those = tuple(one for one in symptoms if one.name in table and _here(one, cause, channel))
            if those:
                made.append((cause, channel, _log_odds(cause, those, unknown), those))
    return made


def _here(one: Symptom, cause: str, channel: str) -> bool:
    """Does a symptom belong to a cause at a place?"""
    if cause in OF_STATION:
        return one.channel == "" or not (one.name in WHOLE_NEEDED.get(cause, frozenset()) or one.name in _SINGLE)
    if one.channel == channel:
        return True
    # what one axis shows belongs to a sensor that is wrong as a whole, and what a sensor shows to its axis
    return (
        one.channel != "" and one.channel[:-1] == channel[:-1] and (channel.endswith("?") or one.channel.endswith("?"))
    )


_SINGLE = frozenset({"above_models", "spikes", "late"})


def _log_odds(cause: str, seen: Sequence[Symptom], unknown: frozenset[str]) -> float:
    """By Bayes, against nothing being wrong; of several symptoms of one name the surest counts."""
    table = LIKELIHOODS[cause]
    log_odds = float(np.log(PRIOR / (1 - PRIOR)))
    for name in dict.fromkeys(one.name for one in seen):
        # a symptom that may be another place's counts as far as it is sure that it is this one's
        sure = max(one.weight for one in seen if one.name == name)
        log_odds += float(np.log(sure * table[name] / CHANCE))
    names = {one.name for one in seen}
    excused = {late for early, late in BEFORE.items() if early in names}
    absent = [name for name in table if name not in names and name not in unknown | excused]
    for name in absent:
        if table[name] >= HALLMARK:
            log_odds += float(np.log((1 - table[name]) / (1 - CHANCE)))
    return log_odds


BEFORE = {"mass_drifting": "mass_off", "supply_falling": "supply_low"}
"""What is seen before a hallmark, instead of it."""
OFTEN_UNKNOWN = frozenset({"mass_off", "supply_low"})
"""Hallmarks that many stations cannot show, as they have no such channel: that they are absent says nothing."""


def finding(code: str, one: Hypothesis) -> Finding:
    """A hypothesis as people are told of it."""
    remedy = REMEDIES[one.cause]
    order = sorted(one.symptoms, key=lambda symptom: (-LIKELIHOODS[one.cause][symptom.name], symptom.since_ns))
    factor = next((symptom.factor for symptom in order if symptom.factor is not None), None)
    trend = next((symptom.trend for symptom in order if symptom.trend), "")
    evidence = tuple(dict.fromkeys(symptom.text for symptom in order))
    since_ns = min(symptom.since_ns for symptom in order) // SECOND_NS * SECOND_NS
    return Finding(
        one.cause, code, one.channel, factor, since_ns, round(one.probability, 3), evidence, remedy.action, remedy.take,
        trend,
    )  # fmt: skip

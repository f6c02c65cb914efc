"""What is asked before an audience is told of an event that the network located: each rule by itself, in words.

The rule this file owns: a rule says what it found and whether that is enough, whatever the others say, so that a
decision can be read afterwards without running anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seismonet.core.alert import LEVELS, Shaking
from seismonet.core.event import Event
from seismonet.core.target import Target
from seismonet.core.utc import to_seconds
from seismonet.models.intensity import bindi11

from .audience import AudienceParams

ALIVE = 2
"""No network warns with fewer stations."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule found, and whether that is enough.

    >>> str(Answer("stations 2 of 3", False))
    'stations 2 of 3: no'
    """

    text: str
    yes: bool

    def __str__(self) -> str:
        return f"{self.text}: {'yes' if self.yes else 'no'}"


@dataclass(frozen=True, slots=True)
class Case:
    """All that the rules are asked about.

    Attributes
    ----------
    shaking : at every target, as of now
    alive : stations that can contribute
    likelihood : that the event is one
    newest_ns : when the newest of its arrivals was recorded
    late_s : data that are older warn nobody
    after : the large earthquake that it may be an aftershock of, in words
    beside : the earthquake told just before and nearby, in words
    served : level that each target was warned of lately
    told : the audience knows of it already, so that targets count where S has passed too
    """

    event: Event
    params: AudienceParams
    now_ns: int
    shaking: tuple[Shaking, ...] = ()
    targets: Mapping[str, Target] = field(default_factory=dict)
    alive: int = ALIVE
    likelihood: float = 1.0
    newest_ns: int = 0
    late_s: float = 60.0
    after: str = ""
    beside: str = ""
    served: Mapping[str, int] = field(default_factory=dict)
    told: bool = False

    @property
    def reached(self) -> dict[str, int]:
        """Targets that count and the highest level that is likely enough there."""
        return reached(self.shaking, self.params, self.targets, None if self.told else self.now_ns)


def reached(
    shaking: tuple[Shaking, ...], params: AudienceParams, targets: Mapping[str, Target], now_ns: int | None
) -> dict[str, int]:
    """Targets that count for an audience and the highest level there, at or above its own.

    With a time, only those where S is still to come, or came no longer ago than the audience allows.
    """
    found = {}
    for one in shaking:
        target = targets.get(one.target)
        if params.targets and one.target not in params.targets:
            continue
        if params.population and (target is None or (target.population or 0) < params.population):
            continue
        if now_ns is not None and to_seconds(one.s_early_ns - now_ns) < params.least_lead_s:
            continue
        levels = [level for level in LEVELS if level >= params.level and one.probability(level) >= params.probability]
        if levels:
            found[one.target] = levels[-1]
    return found


def network_alive(case: Case) -> Answer:
    """Can the network warn at all?"""
    words = "" if case.alive >= ALIVE else "; warning by the network is off"
    return Answer(f"stations able to contribute {case.alive} of {ALIVE}{words}", case.alive >= ALIVE)


def data_fresh(case: Case) -> Answer:
    """Data that came late are no warning."""
    age_s = to_seconds(case.now_ns - case.newest_ns)
    return Answer(f"age of its newest arrival {age_s:.1f} s of {case.late_s:g} s", age_s <= case.late_s)


def origin_recent(case: Case) -> Answer:
    """Long after the origin there is nothing left to warn of."""
    age_s = to_seconds(case.now_ns - case.event.origin.time_ns)
    return Answer(f"time since the origin {age_s:.1f} s of {case.params.latest_s:g} s", age_s <= case.params.latest_s)


def likely(case: Case) -> Answer:
    """Is it an earthquake?"""
    limit = case.params.likelihood
    return Answer(f"likelihood {case.likelihood:.2f} of {limit:g}", case.likelihood >= limit)


def stations_agree(case: Case) -> Answer:
    """Do enough stations agree?"""
    count, limit = len(case.event.origin.station_codes), case.params.minimum_stations
    return Answer(f"stations {count} of {limit}", count >= limit)


def state_confirmed(case: Case) -> Answer | None:
    """Three stations, or two and an S."""
    if not case.params.confirmed:
        return None
    return Answer(f"confirmed by three stations or two and an S ({case.event.state})", case.event.state == "confirmed")


def place_known(case: Case) -> Answer:
    """Does it say how large, and where to within what such an earthquake would make felt?

    Intensity by Bindi et al. (2011); a great uncertainty is told of a great earthquake, not of a small one.
    """
    size, km = case.event.magnitude, case.event.origin.horizontal_uncertainty_km
    if size is None:
        return Answer("magnitude not known yet", False)
    felt = float(bindi11(size.value, km))
    return Answer(
        f"intensity at its 68 % radius, {km:.0f} km, {felt:.1f} of {case.params.felt:g}", felt >= case.params.felt
    )


def large_or_strong(case: Case) -> Answer | None:
    """Is it large enough, and is some target to be shaken strongly enough (or one of the two)?"""
    size, strong = _large(case), _strong(case)
    if size is None or strong is None:
        return size or strong
    joint = "or" if case.params.either else "and"
    yes = size.yes or strong.yes if case.params.either else size.yes and strong.yes
    return Answer(f"{size.text}, {joint} {strong.text}", yes)


def _large(case: Case) -> Answer | None:
    params, size = case.params, case.event.magnitude
    limit, words = params.minimum_magnitude, ""
    if case.after and params.aftershock_magnitude > limit:
        limit, words = params.aftershock_magnitude, f" after {case.after}"
    if not limit:
        return None
    if size is None:
        return Answer(f"no magnitude of {limit:g}{words}", False)
    return Answer(f"magnitude {size.value:.1f} of {limit:g}{words}", size.value >= limit)


def _strong(case: Case) -> Answer | None:
    params = case.params
    if not params.level:
        return None
    found = case.reached
    if found:
        name = max(found, key=lambda one: (found[one], _chance(case, one)))
        words = f"probability of intensity {params.level} at {name} {_chance(case, name):.2f} of {params.probability:g}"
        return Answer(words, True)
    counted = [one for one in case.shaking if not params.targets or one.target in params.targets]
    best = max(counted, key=lambda one: one.probability(params.level), default=None)
    if best is None:
        return Answer(f"no target where intensity {params.level} could be expected", False)
    chance = best.probability(params.level)
    words = f"probability of intensity {params.level} at {best.target} {chance:.2f} of {params.probability:g}"
    if chance >= params.probability:
        words += f", S there {to_seconds(best.s_early_ns - case.now_ns):.1f} s from now, too late or too few people"
    return Answer(words, False)


def _chance(case: Case, name: str) -> float:
    return next(one.probability(case.params.level) for one in case.shaking if one.target == name)


def no_other_beside(case: Case) -> Answer | None:
    """Two events in one place within seconds are one that was located twice, unless the second is ten times larger."""
    return Answer(f"apart from {case.beside}", False) if case.beside else None


def not_warned_lately(case: Case) -> Answer | None:
    """Is there a target that was not warned lately, or not of so much?"""
    if not case.params.rate_s or not case.params.level:
        return None
    found = case.reached
    again = [name for name, level in found.items() if case.served.get(name, 0) >= level]
    if not again:
        return None
    others = len(found) - len(again)
    words = f"targets not warned of as much within {case.params.rate_s:g} s {others} of {len(found)}"
    return Answer(words, others > 0)


SEVERITY = (large_or_strong,)
"""Told earthquakes that fall short of these are told as weaker than they were, not kept silent about."""
RULES = (
    network_alive,
    data_fresh,
    origin_recent,
    likely,
    stations_agree,
    state_confirmed,
    place_known,
    large_or_strong,
    no_other_beside,
    not_warned_lately,
)


def ask(case: Case) -> tuple[Answer, ...]:
    """What every rule says that has something to say."""
    return tuple(answer for rule in RULES if (answer := rule(case)) is not None)

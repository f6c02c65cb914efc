"""A configuration certified: what it told in cases that are no reason to, and how soon it told what is one.

The rule this file owns: which figures decide, what they have to be, and when one configuration is worse than another.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.alert import LEVELS, Shaking
from seismonet.core.arrays import FloatArray
from seismonet.core.utc import SECOND_NS
from seismonet.synthesis.shaken import Shaken

PUBLIC = ("public", "civil_defence", "siren")
"""Classes of receivers that act or are frightened: none of them may be told of what is none."""
STRONG = 5.0
FELT = 3.0
IN_TIME, LOSS_S = 0.95, 1.0
WORSE_SHARE, WORSE_LOSS_S, WORSE_BRIER = 0.01, 0.2, 0.005
FALSE_BELOW = 1.0
"""An alert of a real earthquake is false where no target is shaken within so much of what its audience is told of."""
OPEN = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Told:
    """One alert. ``warned`` are the targets where the audience's own intensity is likely enough by it."""

    audience: str
    kind: str
    basis: str
    event_id: str
    issued_ns: int
    magnitude: float | None
    latitude: float
    longitude: float
    level: int
    warned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NuisanceResult:
    """A nuisance case: who may be told of it, who was."""

    name: str
    kind: str
    network: str
    why: str
    may: tuple[str, ...]
    most: float | None
    told: tuple[Told, ...]
    events: int

    @property
    def false(self) -> tuple[Told, ...]:
        """First alerts that should not have been."""
        return tuple(one for one in self.told if one.kind == "new" and one.audience not in self.may)

    @property
    def too_large(self) -> tuple[Told, ...]:
        """Alerts of more than there was."""
        if self.most is None:
            return ()
        return tuple(one for one in self.told if one.magnitude is not None and one.magnitude > self.most)


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """A scenario earthquake.

    Attributes
    ----------
    up, stations : how many stations sent, of how many
    arrived_ns : when the record with P of each station arrived, in order: nothing can be told before the second
    needed : stations that the configuration needs for an event
    shaken : the truth at targets
    first, last : forecasts by the first version of the event with a magnitude, and by its last
    located_ns : when that first version was issued; None when the earthquake was not found
    refused : what the public's last decision not to tell said no to
    """

    name: str
    magnitude: float
    latitude: float
    longitude: float
    depth_km: float
    origin_ns: int
    up: tuple[str, ...]
    stations: int
    arrived_ns: tuple[int, ...]
    needed: int
    shaken: tuple[Shaken, ...]
    told: tuple[Told, ...]
    first: tuple[Shaking, ...] = ()
    last: tuple[Shaking, ...] = ()
    located_ns: int | None = None
    refused: str = ""

    @property
    def second_ns(self) -> int | None:
        """When P of the second station arrived."""
        return self.arrived_ns[1] if len(self.arrived_ns) > 1 else None

    @property
    def strong(self) -> tuple[Shaken, ...]:
        """Targets shaken by V and more."""
        return tuple(one for one in self.shaken if one.intensity >= STRONG)

    @property
    def possible(self) -> tuple[Shaken, ...]:
        """Those of them where a warning can come before S."""
        return tuple(one for one in self.strong if self.second_ns is not None and one.s_ns > self.second_ns)

    @property
    def counts(self) -> bool:
        """Is it one that has to be warned of: three stations up, and strong somewhere that can be warned?"""
        return len(self.up) >= 3 and bool(self.possible)

    def warned_ns(self, target: str) -> int | None:
        """When the first alert of a public class warned a target."""
        return min(
            (one.issued_ns for one in self.told if target in one.warned and one.audience in PUBLIC), default=None
        )

    @property
    def in_time(self) -> tuple[Shaken, ...]:
        """Those possible targets that were warned before S."""
        return tuple(one for one in self.possible if (at := self.warned_ns(one.target)) is not None and at < one.s_ns)

    def first_ns(self, audiences: Sequence[str], onsite: bool = True) -> int | None:
        """The first alert of some audiences; without those that rest on one station unless ``onsite``."""
        mine = (one for one in self.told if one.audience in audiences)
        return min((one.issued_ns for one in mine if onsite or one.basis != "onsite"), default=None)

    def loss_s(self, audiences: Sequence[str] = PUBLIC, stations: int = 2) -> float | None:
        """How much later the first alert that rests on two stations or more came than P at so many."""
        first = self.first_ns(audiences, onsite=False)
        if first is None or len(self.arrived_ns) < stations:
            return None
        return (first - self.arrived_ns[stations - 1]) / SECOND_NS

    @property
    def false(self) -> tuple[Told, ...]:
        """First alerts to a public class of an intensity that was reached nowhere, by more than is forgiven."""
        most = max((one.intensity for one in self.shaken), default=0.0)
        return tuple(
            one
            for one in self.told
            if one.kind == "new" and one.audience in PUBLIC and one.level and most < one.level - FALSE_BELOW
        )

    @property
    def reason(self) -> str:
        """Why no target was warned in time though it could have been, in words."""
        if self.located_ns is None:
            return "not found"
        lead_s = max((one.s_ns - (self.second_ns or 0)) / SECOND_NS for one in self.possible)
        late_s = (self.located_ns - (self.second_ns or 0)) / SECOND_NS
        text = f"{lead_s:.1f} s were possible, located {late_s:.1f} s after P at two stations"
        public = self.first_ns(PUBLIC)
        if public is None:
            return f"{text}; not told ({self.refused or 'no decision'})"
        after_s = (public - (self.second_ns or 0)) / SECOND_NS
        if any(public < one.s_ns for one in self.possible):
            return f"{text}, told after {after_s:.1f} s, but of too little shaking there until S"
        return f"{text}, told after {after_s:.1f} s"


@dataclass(frozen=True, slots=True)
class ArchiveEvent:
    """What one configuration told of one event in the archive's last days."""

    time_ns: int
    latitude: float
    longitude: float
    magnitude: float | None
    audiences: tuple[str, ...]
    first_ns: int


@dataclass(frozen=True, slots=True)
class Certification:
    """All results of one configuration; ``archive`` is None where none was replayed."""

    name: str
    nuisances: tuple[NuisanceResult, ...]
    scenarios: tuple[ScenarioResult, ...]
    archive: tuple[ArchiveEvent, ...] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: in words, the value, what it has to be, and whether it is; ``met`` None where nothing is asked."""

    key: str
    what: str
    value: float | None
    text: str
    target: str = ""
    met: bool | None = None
    detail: str = ""


def rows(made: Certification) -> list[Row]:
    """All figures."""
    return [*_nuisance_rows(made.nuisances), *_scenario_rows(made.scenarios), *_chance_rows(made.scenarios)]


def _nuisance_rows(cases: Sequence[NuisanceResult]) -> list[Row]:
    public = sum(any(told.audience in PUBLIC for told in case.false) for case in cases)
    operator = sum(bool(case.false) for case in cases) - public
    large = sum(bool(case.too_large) for case in cases)
    n = len(cases)
    kinds = Counter(case.kind for case in cases)
    return [
        Row("nuisance.cases", "nuisance cases", n, str(n), detail=f"{len(kinds)} kinds"),
        Row("nuisance.public", "with a false alert of a public class", public, str(public), "0", public == 0),
        Row("nuisance.operator", "with a false alert of the operator alone", operator, str(operator)),
        Row("nuisance.large", "with an alert of a far greater earthquake", large, str(large), "0", large == 0),
    ]


def _scenario_rows(cases: Sequence[ScenarioResult]) -> list[Row]:
    need = [case for case in cases if case.counts]
    warned, places = sum(bool(case.in_time) for case in need), sum(len(case.possible) for case in need)
    reached, false = sum(len(case.in_time) for case in need), sum(bool(case.false) for case in cases)
    strong = sum(bool(case.strong) for case in cases)
    share = warned / len(need) if need else None
    each = reached / places if places else None
    met = None if share is None else share >= IN_TIME
    return [
        Row("scenario.cases", "scenario earthquakes", len(cases), str(len(cases)), detail=f"{strong} with V somewhere"),
        Row(
            "scenario.in_time",
            "strong ones warned of before S",
            share,
            _percent(share),
            f"≥ {IN_TIME:.0%}",
            met,
            f"{warned} of {len(need)}: V at some target, three stations up, time to warn",
        ),
        Row(
            "scenario.places",
            "their targets that were warned before S",
            each,
            _percent(each),
            detail=f"{reached} of {places}: V, and time to warn",
        ),
        *_loss_rows(cases),
        Row(
            "scenario.false",
            "public alerts of shaking that came nowhere",
            false,
            str(false),
            detail="earthquakes; nor of one degree less",
        ),
    ]


def _loss_rows(cases: Sequence[ScenarioResult]) -> list[Row]:
    found = []
    for key, what, audiences, needed, target in (
        ("loss", "time lost after the second station's P", PUBLIC, False, LOSS_S),
        ("any_loss", "the same, the operator counted too", (*PUBLIC, "operator"), False, None),
        ("needed_loss", "time lost after P at as many stations as needed", PUBLIC, True, None),
    ):
        loss = losses(cases, audiences, needed)
        median = float(np.median(loss)) if loss else None
        detail = f"median of {len(loss)} strong ones" + (f", 90 % {np.quantile(loss, 0.9):.1f} s" if loss else "")
        met = None if median is None or target is None else median <= target
        asked = "" if target is None else f"≤ {target:g} s"
        found.append(Row(f"scenario.{key}", what, median, _seconds(median), asked, met, detail))
    return found


def losses(cases: Sequence[ScenarioResult], audiences: Sequence[str] = PUBLIC, needed: bool = False) -> list[float]:
    """Seconds lost in each earthquake that had to be warned of and was.

    Against P at the second station; ``needed``: at as many as the configuration needs.
    """
    return [
        loss
        for case in cases
        if case.counts and (loss := case.loss_s(audiences, case.needed if needed else 2)) is not None
    ]


def chances(cases: Iterable[ScenarioResult], stage: str) -> tuple[FloatArray, FloatArray]:
    """Every P(I >= k) that was forecast, and whether people would have reported it: 1 or 0."""
    pairs = [
        (forecast.probabilities, [truth.reported >= level for level in LEVELS])
        for case in cases
        for forecast, truth in matched(case, stage)
    ]
    chance = np.array([one for one, _ in pairs], dtype=np.float64).ravel()
    return chance, np.array([one for _, one in pairs], dtype=np.float64).ravel()


def matched(case: ScenarioResult, stage: str) -> list[tuple[Shaking, Shaken]]:
    """Forecast and truth at each target that has both."""
    truth = {one.target: one for one in case.shaken}
    forecasts: tuple[Shaking, ...] = case.first if stage == "first" else case.last
    return [(one, truth[one.target]) for one in forecasts if one.target in truth]


def _chance_rows(cases: Sequence[ScenarioResult]) -> list[Row]:
    found = []
    for stage, words in (("first", "first located"), ("last", "last located")):
        chance, reached = chances(cases, stage)
        if not len(chance):
            continue
        brier = float(np.mean((chance - reached) ** 2))
        usual = reached.reshape(-1, len(LEVELS)).mean(axis=0)
        detail = f"{len(chance)} probabilities; usual frequencies give {np.mean(usual * (1 - usual)):.3f}"
        found.append(
            Row(f"shaking.{stage}.brier", f"Brier score of P(I ≥ k), {words}", brier, f"{brier:.3f}", detail=detail)
        )
        off = apart(chance, reached)
        what = f"reliability diagram off its diagonal, {words}"
        found.append(Row(f"shaking.{stage}.apart", what, off, f"{off:.3f}"))
        felt = [
            one.intensity - truth.intensity
            for case in cases
            for one, truth in matched(case, stage)
            if max(one.intensity, truth.intensity) >= FELT
        ]
        bias, spread = (float(np.mean(felt)), float(np.std(felt))) if felt else (0.0, 0.0)
        detail = f"{len(felt)} targets, spread {spread:.2f}"
        what = f"intensity, {words}: forecast less truth"
        found.append(Row(f"shaking.{stage}.bias", what, bias, f"{bias:+.2f}", detail=detail))
    return found


def tenths(chance: FloatArray, reached: FloatArray) -> list[tuple[float, float, int]]:
    """By tenths of the probability: mean forecast, how often it came true, number."""
    which = np.minimum((chance * 10).astype(int), 9)
    return [
        (float(chance[which == one].mean()), float(reached[which == one].mean()), int((which == one).sum()))
        for one in range(10)
        if (which == one).any()
    ]


def apart(chance: FloatArray, reached: FloatArray) -> float:
    """Mean distance of the reliability diagram from its diagonal, of what is neither sure nor impossible."""
    open_ = (chance >= OPEN[0]) & (chance <= OPEN[1])
    found = tenths(chance[open_], reached[open_])
    return sum(abs(told - came) * n for told, came, n in found) / max(int(open_.sum()), 1)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def missed(cases: Sequence[ScenarioResult]) -> list[tuple[ScenarioResult, str]]:
    """Earthquakes that should have been warned of in time and were not, with the reason."""
    return [(case, case.reason) for case in cases if case.counts and not case.in_time]


def worse(new: Certification, old: Certification) -> list[str]:
    """In which respects a configuration is worse than another: it does not pass when there are any.

    More false alerts of a public class or of far too great an earthquake; fewer earthquakes warned of in time, by more
    than one in a hundred; alerts later by more than a fifth of a second; probabilities that are worth less.
    """
    mine, theirs = ({row.key: row.value for row in rows(one)} for one in (new, old))
    limits = (
        ("nuisance.public", 1, 0.0, "more nuisance cases with a false alert of a public class"),
        ("nuisance.large", 1, 0.0, "more nuisance cases with an alert of a far greater earthquake"),
        ("scenario.false", 1, 0.0, "more earthquakes told to a public class that nobody felt so"),
        ("scenario.in_time", -1, WORSE_SHARE, "fewer earthquakes warned of before S"),
        ("scenario.places", -1, WORSE_SHARE, "fewer targets warned before S"),
        ("scenario.loss", 1, WORSE_LOSS_S, "later alerts"),
        ("shaking.first.brier", 1, WORSE_BRIER, "probabilities of shaking that are worth less"),
    )
    found = []
    for key, sign, margin, words in limits:
        now, before = mine.get(key), theirs.get(key)
        if now is None and before is not None and sign < 0:
            found.append(f"{words}: none, {before:.3g} before")
        elif now is not None and before is not None and sign * (now - before) > margin:
            found.append(f"{words}: {now:.3g}, {before:.3g} before")
    return found


def failed(made: Certification) -> list[str]:
    """The figures that miss what they have to be."""
    return [f"{row.what}: {row.text}, to be {row.target}" for row in rows(made) if row.met is False]

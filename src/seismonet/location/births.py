"""New sources: which picks may be one, and what speaks against it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from seismonet.core.event import Pick
from seismonet.core.geo import distance_km
from seismonet.core.utc import from_seconds

from .judge import AssociatorParams, Fit, Group, Judge
from .locating import NEARBY_STATIONS, Locator
from .memory import Memory
from .network import Network
from .nucleate import Trials
from .posterior import Solution
from .refusals import Front, at_once, by_wire, from_afar, hinted
from .sources import Source

YOUNG_STATIONS = 5
"""A source of fewer may lie elsewhere: a pick far from its predicted time is tried together with the others."""
OLD_STATIONS = 16
"""A source of more is not sought anew."""
POOR, BETTER = 1.0, 0.7
"""Misfits of so many standard deviations ask for another explanation, which must lessen them to this part."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A would-be source that is no local earthquake: the front, and the picks that made it."""

    front: Front
    picks: tuple[Pick, ...]


@dataclass(slots=True)
class Nursery:
    """Explains picks by sources that are not there yet."""

    network: Network
    judge: Judge
    memory: Memory
    locator: Locator
    alive: Callable[[str], bool]
    params: AssociatorParams
    _trials: Trials | None = field(init=False, default=None)

    @property
    def trials(self) -> Trials:
        """Trial sources about each station."""
        if self._trials is None:
            reach_km = float(self.network.km.max()) / 2 + self.locator.params.margin_km
            self._trials = Trials(self.network, reach_km, self.locator.params.max_depth_km)
        return self._trials

    def _hand(self, pick: Pick, standing: dict[str, str]) -> dict[str, list[Pick]]:
        """Picks that may be of one source with ``pick``, by station, of the nearest stations that have any."""
        own = self.network.index[pick.source_id.station_code]
        near_km = self.network.km[own].tolist()
        window_ns = [from_seconds(km / self.params.slowest_km_s + self.params.margin_s) for km in near_km]
        found: dict[str, list[Pick]] = {}
        for one in self.memory.picks.values():
            k, role = self.network.index[one.source_id.station_code], standing.get(one.id)
            if one.phase != "P" or k == own or abs(one.time_ns - pick.time_ns) > window_ns[k]:
                continue
            if role not in ("P", "twin") and not (role == "S" and one.hint == "S") and not self.judge.weak(one):
                found.setdefault(one.source_id.station_code, []).append(one)
        nearest = sorted(found, key=lambda code: (near_km[self.network.index[code]], code))[:NEARBY_STATIONS]
        return {code: found[code] for code in nearest}

    def nucleate(self, pick: Pick, now_ns: int) -> Fit | Refused | None:
        """Try to explain a pick and those about it by one source that is no chance."""
        standing = self.memory.standing()
        hand = self._hand(pick, standing)
        if len(hand) < self.params.minimum_stations - 1 or self._hopeless(pick, hand, now_ns):
            return None
        wired = by_wire([pick, *(one for group in hand.values() for one in group)], self.network, self.params.refuse)
        if wired is not None:
            return Refused(wired[0], tuple(wired[1]))
        nucleus = self.trials.find(pick, hand, self.params.fit_sigmas)
        if len(nucleus.picks) < self.params.minimum_stations:
            return None
        times = self.network.arrivals(nucleus.latitude, nucleus.longitude, nucleus.depth_km)
        picks = self.ready(self.judge.alike(nucleus.picks, times, nucleus.depth_km))
        if pick not in picks or len(picks) < self.params.minimum_stations:
            return None
        time_ns = pick.time_ns - from_seconds(float(times.p_s[self.network.index[pick.source_id.station_code]]))
        group = Group((*picks, *self._shear(picks)), time_ns, times)
        if self._by_chance(group, standing, 0.0, now_ns) or self._outvoted(group, standing, now_ns):
            return None
        fit = self.locator.solve(group.used, pick.time_ns, now_ns)
        return None if fit is None else self._judged(fit, standing, now_ns)

    def ready(self, picks: Sequence[Pick]) -> Sequence[Pick]:
        """Those of some P picks that may make an event; bare triggers only where many agree."""
        return picks if len(picks) >= self.params.hasty_stations else [one for one in picks if not bare(one)]

    def _shear(self, picks: Iterable[Pick]) -> list[Pick]:
        """The S that wait for some P."""
        ids = {one.id for one in picks}
        return [one for one in self.memory.picks.values() if one.phase == "S" and one.p_pick_id in ids]

    def _hopeless(self, pick: Pick, hand: dict[str, list[Pick]], now_ns: int) -> bool:
        shear = len(self._shear([pick, *(one for group in hand.values() for one in group)]))
        return self.judge.hopeless(pick, hand, shear, self.memory.chatter, now_ns)

    def _outvoted(self, group: Group, standing: dict[str, str], now_ns: int) -> bool:
        later = any(one.id in standing for one in group.used)
        return self.judge.outvoted(group, {} if later else self.memory.busy(), now_ns)

    def _judged(self, fit: Fit, standing: dict[str, str], now_ns: int) -> Fit | Refused | None:
        """The fit, if its picks may be a new event already; what they are instead, if they never may."""
        later = [one.id for one in fit.p if one.id in standing]
        busy = {} if later else self.memory.busy()
        if self.judge.against(fit, busy, now_ns):
            return None
        front = self.from_afar(fit)
        if front is not None:
            alive = sum(self.alive(code) for code in self.network.codes)
            return Refused(front, tuple(fit.p)) if len(fit.p) >= min(4, alive) else None
        if len(self.ready(fit.p)) < len(fit.p):
            return None
        if len(fit.p) == 2 and not self._pair(fit):
            return None
        parents = [source for source in self.memory.live if any(one in source.coda for one in later)]
        apart_km = min((_apart_km(source.solution, fit.solution) for source in parents), default=np.inf)
        return None if self._by_chance(Group.of(fit), standing, apart_km, now_ns) else fit

    def bereft(self, fit: Fit, now_ns: int) -> bool:
        """Are the two stations that a source was left with too few to be believed alone?"""
        if len(fit.used) != 2:
            return False
        often = self.judge.chance_per_hour(Group.of(fit), self.memory.chatter, now_ns) > self.params.false_per_hour
        return often or not self._pair(fit)

    def _pair(self, fit: Fit) -> bool:
        """May two stations alone be believed?"""
        if at_once(fit.p, self.network, self.params.refuse) or all(hinted(one) for one in fit.p):
            return False
        return self.judge.pair_agrees(fit, self.memory.amplitudes)

    def _by_chance(self, group: Group, standing: dict[str, str], apart_km: float, now_ns: int) -> bool:
        """Would chance, or the coda of an earthquake before, make these picks too often?"""
        if not any(one.id in standing for one in group.used):
            return self.judge.chance_per_hour(group, self.memory.chatter, now_ns) > self.params.false_per_hour
        expected = self.judge.chance_in_coda(group, standing, self.memory.chatter, apart_km, now_ns)
        return len(group.used) < 3 or expected > self.params.false_per_event

    def from_afar(self, fit: Fit) -> Front | None:
        """The plane wave that picks rather are."""
        return from_afar(fit.p, fit.rms_s, self.network, self.params.refuse)

    def revised(self, source: Source, fit: Fit, now_ns: int) -> Fit:
        """A fit that is poor is sought anew from its clearest pick: some of its picks may be of another cause."""
        poor = self.judge.poor(fit)
        if poor < POOR or not YOUNG_STATIONS <= len(fit.p) <= OLD_STATIONS:
            return fit
        best = max(fit.p, key=lambda one: (one.snr, one.id))
        own = {one.id for one in fit.used}
        standing = {
            key: role for key, role in self.memory.standing().items() if key not in own and key not in source.coda
        }
        nucleus = self.trials.find(best, self._hand(best, standing), self.params.fit_sigmas)
        found = {one.id for one in nucleus.picks}
        shear = [one for one in source.later.values() if one.p_pick_id in found]
        again = self.locator.solve([*nucleus.picks, *shear], source.reference_ns, now_ns)
        if again is None or len(again.p) < len(fit.p) - 1 or self.judge.poor(again) > BETTER * poor:
            return fit
        return again


def bare(pick: Pick) -> bool:
    """A trigger of which nothing else is known; a hundredfold surge of the energy speaks for itself."""
    return pick.version == 0 and not pick.detector.endswith("+")


def _apart_km(one: Solution, other: Solution) -> float:
    return float(distance_km(one.latitude, one.longitude, other.latitude, other.longitude))

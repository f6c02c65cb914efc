"""Picks to events.

The rule this file owns: an event is born when stations agree on one source more often than chance would make them, and
not too many that should have seen it stay silent; it dies when they do not agree any more. A trigger that an event
explains, as P, S or coda, makes another only together with others that chance, or that event's own later phases, would
hardly have put there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seismonet.core.arrays import BoolArray
from seismonet.core.event import Amplitude, Event, Pick, Rejection
from seismonet.core.geo import distance_km
from seismonet.core.inventory import Station
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.models.corrections import StationCorrections
from seismonet.models.traveltime import TravelTimes

from .amplitudes import MagnitudeParams
from .chance import Chatter
from .evidence import Known, evidence_of
from .grid import Tables, around
from .judge import AssociatorParams, Fit, Group, Judge
from .network import Network
from .nucleate import Trials
from .posterior import LocationParams, Solution, locate
from .refusals import Front, at_once, by_wire, from_afar, joins
from .sources import Claim, Source, claim, identity, ordered
from .telling import draft, materially, origin_of, size_of, withdrawn

SETTLED_STATIONS = 8
"""From so many on a source stands: it is located at intervals, about where it was, and silences move it no more."""
YOUNG_STATIONS = 5
"""A source of fewer may lie elsewhere: a pick far from its predicted time is tried together with the others."""
NEARBY_STATIONS = 15
"""An event is nucleated from so many stations next to that of its newest pick."""
GATHER_S, GATHER_LATER_S = 15.0, 60.0
"""Picks so long before and after its P are looked at when a source is new or has moved."""
RIVAL_S, OWN_S = 60.0, 0.6
"""Of two sources so near in time the one of more stations has what fits it to so much."""
POOR, BETTER = 1.0, 0.7
"""Misfits of so many standard deviations ask for another explanation, which must lessen them to this part."""
SAME_S, SAME_KM = 10.0, 50.0
"""After a restart, a source within this of an event that was told before is that event."""
CLOSENESS = {"twin": 0, "S": 1, "coda": 2}
DISAGREE = "the stations do not agree on this event any more"


@dataclass(slots=True)
class Associator:
    """The memory of association: recent picks, their amplitudes, live sources.

    Facts go in (``add_pick``, ``add_amplitude``, ``reject``); ``news`` gives the versions of events that follow from
    them, ``take_refused`` the picks that it refused itself. ``due_ns`` says when to ask for news without new facts.
    """

    stations: dict[str, Station]
    model: TravelTimes
    alive: Callable[[str], bool]
    params: AssociatorParams = field(default_factory=AssociatorParams)
    location: LocationParams = field(default_factory=LocationParams)
    magnitude: MagnitudeParams = field(default_factory=MagnitudeParams)
    corrections: StationCorrections = field(default_factory=StationCorrections)
    sources: list[Source] = field(default_factory=list)
    picks: dict[str, Pick] = field(default_factory=dict)
    amplitudes: dict[str, dict[str, Amplitude]] = field(default_factory=dict)
    known: list[Event] = field(default_factory=list)
    """Events that were told before a restart and of which no source is left: a source that is one of them goes on as
    that event."""
    fronts: list[Front] = field(default_factory=list)
    void: dict[str, int] = field(default_factory=dict)
    """Picks that were refused, and when: their later versions are refused too."""
    chatter: Chatter = field(default_factory=Chatter)
    network: Network = field(init=False)
    judge: Judge = field(init=False)
    _refused: list[Rejection] = field(init=False, default_factory=list)
    _tables: Tables | None = field(init=False, default=None)
    _trials: Trials | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.network = Network(self.stations, self.model, self.corrections)
        self.judge = Judge(self.network, self.alive, self.params)

    @property
    def tables(self) -> Tables:
        """Travel times from the coarse grid."""
        if self._tables is None:
            place = self.location
            grid = around(list(self.stations.values()), margin_km=place.margin_km, max_depth_km=place.max_depth_km)
            self._tables = Tables(grid, self.model, self.corrections)
        return self._tables

    @property
    def trials(self) -> Trials:
        """Trial sources about each station."""
        if self._trials is None:
            reach_km = float(self.network.km.max()) / 2 + self.location.margin_km
            self._trials = Trials(self.network, reach_km, self.location.max_depth_km)
        return self._trials

    @property
    def live(self) -> list[Source]:
        """Sources that are not cancelled, the oldest first."""
        return [source for source in self.sources if not source.cancelled]

    @property
    def due_ns(self) -> int | None:
        """When news are to be asked for at the latest."""
        return min((source.next_ns for source in self.live if source.next_ns), default=None)

    # What is remembered

    def save(self) -> dict[str, Any]:
        """Recent picks, amplitudes, live sources and what else is remembered, as plain values."""
        names = ("sources", "picks", "amplitudes", "known", "fronts", "void", "chatter")
        return {name: to_plain(getattr(self, name)) for name in names}

    def load(self, tree: Tree) -> None:
        """Take up what was saved; what belongs to stations that there are no more is left out."""

        def here(pick: Pick) -> bool:
            return pick.source_id.station_code in self.stations

        self.picks = {key: one for key, one in from_plain(dict[str, Pick], tree["picks"]).items() if here(one)}
        kinds = dict[str, dict[str, Amplitude]]
        self.amplitudes = {key: one for key, one in from_plain(kinds, tree["amplitudes"]).items() if key in self.picks}
        sources = from_plain(list[Source], tree["sources"])
        self.sources = [source for source in sources if all(here(one) for one in source.used)]
        self.known = from_plain(list[Event], tree["known"])
        self.fronts = from_plain(list[Front], tree["fronts"])
        self.void = from_plain(dict[str, int], tree["void"])
        self.chatter = from_plain(Chatter, tree["chatter"])

    def remember(self, event: Event) -> None:
        """Know of an event that was published before a restart, at this version at least."""
        for source in self.sources:
            if source.id == event.id:
                if event.version > source.version:
                    source.version, source.told = event.version, event
                return
        if event.event_type == "earthquake":
            self.known = [one for one in self.known if one.id != event.id] + [event]

    def take_refused(self) -> list[Rejection]:
        """The picks that were refused since this was asked last, each with its reason."""
        found, self._refused = self._refused, []
        return found

    def _expire(self, now_ns: int) -> None:
        old_ns = now_ns - from_seconds(self.params.keep_s)
        for pick_id in [one.id for one in self.picks.values() if one.issued_ns < old_ns]:
            del self.picks[pick_id]
            self.amplitudes.pop(pick_id, None)
        self.sources = [source for source in self.sources if source.time_ns > old_ns - 180 * SECOND_NS]
        self.void = {pick_id: when_ns for pick_id, when_ns in self.void.items() if when_ns >= old_ns}
        lasting_ns = now_ns - from_seconds(self.params.refuse.wave_lasts_s)
        self.fronts = [front for front in self.fronts if front.time_ns >= lasting_ns]

    # Facts

    def add_amplitude(self, amplitude: Amplitude) -> None:
        """Remember an amplitude."""
        key = f"{amplitude.source_id.nslc} {amplitude.window_s:g}"
        self.amplitudes.setdefault(amplitude.pick_id, {})[key] = amplitude
        for source in self.live:
            if source.holds(amplitude.pick_id):
                source.resized = True

    def add_pick(self, pick: Pick, now_ns: int) -> None:
        """Take in a pick, new or better."""
        if pick.source_id.station_code not in self.stations or pick.id in self.void:
            return
        self._expire(now_ns)
        before = self.picks.get(pick.id)
        self.picks[pick.id] = pick
        if before is None and pick.phase == "P":
            self.chatter.count(pick.source_id.station_code, now_ns)
        owner = self._owner(pick.id)
        if owner is not None:
            self._replace(owner, pick)
        elif pick.phase == "S":
            self._attach(pick, now_ns)
        elif not self.judge.weak(pick) and (before is None or _other(before, pick)):
            self._place(pick, now_ns)

    def reject(self, rejection: Rejection, now_ns: int) -> None:
        """Forget a pick that the gate refused: what rests on it is looked at again."""
        self.void[rejection.pick_id] = now_ns
        self.picks.pop(rejection.pick_id, None)
        self.amplitudes.pop(rejection.pick_id, None)
        for one in [one for one in self.picks.values() if one.p_pick_id == rejection.pick_id]:
            del self.picks[one.id]
            self._leave(one.id)
        self._leave(rejection.pick_id)

    def _leave(self, pick_id: str) -> None:
        for source in self.sources:
            source.coda.pop(pick_id, None)
            for group in (source.picks, source.later):
                for code in [code for code, one in group.items() if one.id == pick_id]:
                    del group[code]
                    source.stale = True

    def _owner(self, pick_id: str) -> Source | None:
        return next((source for source in self.live if source.holds(pick_id)), None)

    def _replace(self, source: Source, pick: Pick) -> None:
        """A better version of a pick that a source holds; it may have become an S, or too weak."""
        self._leave(pick.id)
        if self.judge.weak(pick):
            return
        (source.picks if pick.phase == "P" else source.later)[pick.source_id.station_code] = pick
        source.stale = True

    def _attach(self, pick: Pick, now_ns: int) -> None:
        """An S joins the source of its P; without one it waits."""
        code = pick.source_id.station_code
        for source in self.live:
            own = source.picks.get(code)
            if own is not None and own.id == pick.p_pick_id and code not in source.later:
                self._join(source, pick, now_ns)
                return

    def _join(self, source: Source, pick: Pick, now_ns: int) -> None:
        """A pick becomes a source's own; with a P the S that waited for it."""
        code = pick.source_id.station_code
        source.coda.pop(pick.id, None)
        source.stale = True
        source.until_ns = now_ns + from_seconds(self.params.look_s)
        source.next_ns = source.next_ns or now_ns + SECOND_NS
        if pick.phase == "S":
            source.later[code] = pick
            return
        source.picks[code] = pick
        self.chatter.count(code, now_ns, -1.0)
        for one in list(self.picks.values()):
            if one.phase == "S" and one.p_pick_id == pick.id and code not in source.later:
                source.later[code] = one

    # Where a new trigger belongs

    def _place(self, pick: Pick, now_ns: int) -> None:
        """Give a trigger to the source that explains it, or try to explain it by a new one."""
        for front in self.fronts:
            if joins(front, pick, self.network, self.params.refuse):
                self._refuse([pick], front, now_ns)
                return
        claims = [(source, self._claim(source, pick)) for source in self.live]
        as_p = [(abs(one.misfit), number) for number, (_, one) in enumerate(claims) if one.role == "P"]
        if as_p:
            self._join(claims[min(as_p)[1]][0], pick, now_ns)
            return
        if any(self._try(source, pick, now_ns) for source in self.live):
            return
        later = [(source, one) for source, one in claims if one.role]
        if later and not any(pick.id in source.coda for source in self.live):
            source, one = min(later, key=lambda pair: (CLOSENESS[pair[1].role], abs(pair[1].misfit)))
            source.coda[pick.id] = one.role
            self.chatter.count(pick.source_id.station_code, now_ns, -1.0)
        if not any(one.role in ("twin", "S") for _, one in later):
            self._nucleate(pick, now_ns)

    def _claim(self, source: Source, pick: Pick) -> Claim:
        return claim(source, pick, self.network, self.location, self.params.fit_sigmas)

    def _try(self, source: Source, pick: Pick, now_ns: int) -> bool:
        """Would a young source, whose place is uncertain, fit all its picks and this one?"""
        code = pick.source_id.station_code
        if len(source.picks) >= YOUNG_STATIONS or code in source.picks:
            return False
        if not all(self.judge.compatible(pick, one) for one in source.picks.values()):
            return False
        fit = self._solve([*source.picks.values(), *source.later.values(), pick], source.reference_ns, now_ns)
        if fit is None or len(fit.p) <= len(source.picks) or self.judge.against(fit, self._busy(), now_ns):
            return False
        source.settle(fit.solution, fit.used, now_ns)
        self._join(source, pick, now_ns)
        source.stale = len(source.later) + len(source.picks) > len(fit.used)
        return True

    def _standing(self) -> dict[str, str]:
        """What each recent pick is to the live sources: ``P``, ``twin``, ``S``, ``coda``."""
        found: dict[str, str] = {}
        for source in self.live:
            found.update(source.coda)
            found.update((one.id, "P") for one in source.picks.values())
            found.update((one.id, "S") for one in source.later.values())
        return found

    def _hand(self, pick: Pick, standing: dict[str, str]) -> dict[str, list[Pick]]:
        """Picks that may be of one source with ``pick``, by station, of the nearest stations that have any."""
        own = self.network.index[pick.source_id.station_code]
        near_km = self.network.km[own].tolist()
        window_ns = [from_seconds(km / self.params.slowest_km_s + self.params.margin_s) for km in near_km]
        found: dict[str, list[Pick]] = {}
        for one in self.picks.values():
            k, role = self.network.index[one.source_id.station_code], standing.get(one.id)
            if one.phase != "P" or k == own or abs(one.time_ns - pick.time_ns) > window_ns[k]:
                continue
            if role not in ("P", "twin") and not (role == "S" and one.hint == "S") and not self.judge.weak(one):
                found.setdefault(one.source_id.station_code, []).append(one)
        nearest = sorted(found, key=lambda code: (near_km[self.network.index[code]], code))[:NEARBY_STATIONS]
        return {code: found[code] for code in nearest}

    def _nucleate(self, pick: Pick, now_ns: int) -> bool:
        """Try to explain a pick and those about it by one source that is no chance."""
        standing = self._standing()
        hand = self._hand(pick, standing)
        if len(hand) < self.params.minimum_stations - 1 or self.judge.hopeless(pick, hand, self.chatter, now_ns):
            return False
        wired = by_wire([pick, *(one for group in hand.values() for one in group)], self.network, self.params.refuse)
        if wired is not None:
            self._shut_out(*wired, now_ns)
            return False
        nucleus = self.trials.find(pick, hand, self.params.fit_sigmas)
        if len(nucleus.picks) < self.params.minimum_stations:
            return False
        times = self.network.arrivals(nucleus.latitude, nucleus.longitude, nucleus.depth_km)
        picks = self.judge.alike(nucleus.picks, times, nucleus.depth_km)
        time_ns = pick.time_ns - from_seconds(float(times.p_s[self.network.index[pick.source_id.station_code]]))
        group = Group(picks, time_ns, times)
        if (
            pick not in picks
            or self._by_chance(group, standing, 0.0, now_ns)
            or self._outvoted(group, standing, now_ns)
        ):
            return False
        fit = self._solve(list(picks), pick.time_ns, now_ns)
        if fit is None or self._barred(fit, standing, now_ns):
            return False
        source = Source(identity(fit.p), {}, fit.solution, fit.reference_ns)
        self._recognise(source)
        source.settle(fit.solution, fit.used, now_ns)
        for one in fit.used:
            self._take_over(one)
            self._join(source, one, now_ns)
        source.stale = bool(source.later)
        self.sources.append(source)
        self._gather(source, now_ns)
        return True

    def _outvoted(self, group: Group, standing: dict[str, str], now_ns: int) -> bool:
        later = any(one.id in standing for one in group.used)
        return self.judge.outvoted(group, {} if later else self._busy(), now_ns)

    def _take_over(self, pick: Pick) -> None:
        for source in self.live:
            source.coda.pop(pick.id, None)

    def _barred(self, fit: Fit, standing: dict[str, str], now_ns: int) -> bool:
        """May these picks not be a new event, at least not yet?"""
        later = [one.id for one in fit.p if one.id in standing]
        busy = {} if later else self._busy()
        if self.judge.against(fit, busy, now_ns):
            return True
        front = self._from_afar(fit)
        if front is not None:
            alive = sum(self.alive(code) for code in self.network.codes)
            if len(fit.p) >= min(4, alive):
                self._shut_out(front, fit.p, now_ns)
            return True
        if len(fit.p) < self.params.hasty_stations and any(one.version == 0 for one in fit.p):
            return True
        if len(fit.p) == 2 and (
            at_once(fit.p, self.network, self.params.refuse) or not self.judge.pair_agrees(fit, self.amplitudes)
        ):
            return True
        parents = [source for source in self.live if any(one in source.coda for one in later)]
        apart_km = min((_apart_km(source.solution, fit.solution) for source in parents), default=np.inf)
        return self._by_chance(Group.of(fit), standing, apart_km, now_ns)

    def _by_chance(self, group: Group, standing: dict[str, str], apart_km: float, now_ns: int) -> bool:
        """Would chance, or the coda of an earthquake before, make these picks too often?"""
        if not any(one.id in standing for one in group.used):
            return self.judge.chance_per_hour(group, self.chatter, now_ns) > self.params.false_per_hour
        expected = self.judge.chance_in_coda(group, standing, self.chatter, apart_km, now_ns)
        return len(group.used) < 3 or expected > self.params.false_per_event

    def _from_afar(self, fit: Fit) -> Front | None:
        rms_s = float(np.sqrt(np.mean(np.square(fit.solution.residual_s))))
        return from_afar(fit.p, rms_s, self.network, self.params.refuse)

    def _shut_out(self, front: Front, picks: Iterable[Pick], now_ns: int) -> None:
        """Refuse picks, and those of the same wave that are still to come."""
        self.fronts.append(front)
        self._refuse(picks, front, now_ns)

    def _refuse(self, picks: Iterable[Pick], front: Front, now_ns: int) -> None:
        """Keep picks out of all that follows, each with the reason."""
        for one in picks:
            fact = Rejection(one.id, one.source_id, one.time_ns, now_ns, front.reason, front.detail)
            self.reject(fact, now_ns)
            self._refused.append(fact)

    def _recognise(self, source: Source) -> None:
        """Give a new source the identity of the known event that it is."""
        for event in self.known:
            origin, where = event.origin, source.solution
            apart_s = abs(source.time_ns - origin.time_ns) / SECOND_NS
            apart_km = float(distance_km(origin.latitude, origin.longitude, where.latitude, where.longitude))
            if apart_s <= SAME_S and apart_km <= SAME_KM:
                source.id, source.version, source.told = event.id, event.version, event
                self.known.remove(event)
                return

    # Locating

    def _busy(self) -> dict[str, list[int]]:
        """Times of recent picks by station."""
        found: dict[str, list[int]] = {}
        for one in self.picks.values():
            found.setdefault(one.source_id.station_code, []).append(one.time_ns)
        return found

    def _known(self, fit_codes: set[str], anchor: Pick, now_ns: int, most: int) -> Known:
        """Which stations are alive and have been silent: not those whose trigger may yet turn out to be of this."""
        standing = self._standing()
        open_codes = {one.source_id.station_code for one in self.picks.values() if one.id not in standing}
        near = self.network.km[self.network.index[anchor.source_id.station_code]]
        order = np.argsort(near, kind="stable").tolist()
        quiet = [code for code in (self.network.codes[k] for k in order) if code not in fit_codes | open_codes]
        alive = [code for code in quiet if self.alive(code)][:most]
        return Known(self.stations, self.amplitudes, alive, now_ns - from_seconds(self.params.silence_margin_s))

    def _solve(self, picks: Sequence[Pick], reference_ns: int, now_ns: int, source: Source | None = None) -> Fit | None:
        """Locate; drop what does not belong, and again; None when too few remain."""
        left = ordered(picks)
        while sum(one.phase == "P" for one in left) >= self.params.minimum_stations:
            codes = {one.source_id.station_code for one in left}
            settled = len(codes) >= SETTLED_STATIONS
            known = self._known(codes, left[0], now_ns, 0 if settled else NEARBY_STATIONS)
            solution = locate(self.tables, evidence_of(left, reference_ns, known), self.location)
            misfit = self.judge.misfit(solution, left)
            worst = float(misfit.max())
            if settled or worst <= self.params.fit_sigmas:
                # outliers have little weight among many: the solution stands without them
                return self._without(solution, left, misfit <= self.params.fit_sigmas, reference_ns)
            left = [one for one, off in zip(left, misfit, strict=True) if off < worst]
        return None

    def _without(self, solution: Solution, picks: Sequence[Pick], kept: BoolArray, reference_ns: int) -> Fit:
        """A solution with those of its picks that are kept."""
        parts = (solution.residual_s, solution.weight, solution.sigma_s, solution.distance_km)
        residual_s, weight, sigma_s, km = (part[kept] for part in parts)
        left = replace(solution, residual_s=residual_s, weight=weight, sigma_s=sigma_s, distance_km=km)
        used = tuple(one for one, yes in zip(picks, kept.tolist(), strict=True) if yes)
        where = self.network.arrivals(solution.latitude, solution.longitude, solution.depth_km)
        return Fit(left, used, reference_ns, where)

    def _fit(self, source: Source) -> Fit:
        return Fit(source.solution, source.used, source.reference_ns, source.arrivals(self.network))

    def _refit(self, source: Source, now_ns: int) -> None:
        """Locate again with what the source has now; what no longer fits leaves it, and may be another's."""
        own = [*source.picks.values(), *source.later.values()]
        fit = self._solve(own, source.reference_ns, now_ns, source)
        if fit is None:
            source.cancel(DISAGREE)
            return
        fit = self._revised(source, fit, now_ns)
        source.settle(fit.solution, fit.used, now_ns)
        why = self.judge.against(fit, self._busy(), now_ns)
        if why:
            source.cancel(why)
            return
        wired = by_wire(fit.p, self.network, self.params.refuse)
        front = wired[0] if wired else self._from_afar(fit) if len(fit.p) < SETTLED_STATIONS else None
        if front is not None:
            source.cancel(f"{front.reason}: {front.detail}")
            self._shut_out(front, fit.p, now_ns)
            return
        kept = {one.id for one in fit.used}
        out = [one for one in own if one.id not in kept]
        for one in out:
            role = self._claim(source, one).role
            if one.phase == "S" or role in ("S", "coda"):
                source.coda[one.id] = "S" if one.phase == "S" else role
        self._gather(source, now_ns)
        self._merge(source, now_ns)
        for one in out:
            if one.phase == "P" and not source.cancelled and self._owner(one.id) is None:
                self._nucleate(one, now_ns)

    def _revised(self, source: Source, fit: Fit, now_ns: int) -> Fit:
        """A fit that is poor is sought anew from its clearest pick: some of its picks may be of another cause."""
        poor = self.judge.poor(fit)
        if poor < POOR or not YOUNG_STATIONS <= len(fit.p) <= 2 * SETTLED_STATIONS:
            return fit
        best = max(fit.p, key=lambda one: (one.snr, one.id))
        own = {one.id for one in fit.used}
        standing = {key: role for key, role in self._standing().items() if key not in own and key not in source.coda}
        nucleus = self.trials.find(best, self._hand(best, standing), self.params.fit_sigmas)
        again = self._solve(list(nucleus.picks), source.reference_ns, now_ns)
        if again is None or len(again.p) < len(fit.p) - 1 or self.judge.poor(again) > BETTER * poor:
            return fit
        return again

    def _gather(self, source: Source, now_ns: int) -> None:
        """Take what fits as P and is nobody's, or a later phase to its owner, or fits its owner worse."""
        standing, arrivals = self._standing(), source.arrivals(self.network)
        best: dict[str, tuple[float, Pick]] = {}
        for one in self.picks.values():
            code, role = one.source_id.station_code, standing.get(one.id, "")
            p_s = float(arrivals.p_s[self.network.index[code]])
            after_s = (one.time_ns - source.time_ns) / SECOND_NS - p_s
            if one.phase != "P" or not -GATHER_S <= after_s <= GATHER_LATER_S or role == "twin" or self.judge.weak(one):
                continue
            mine = self._claim(source, one)
            if mine.role == "P" and (role != "P" or self._fits_better(source, one, mine)):
                best[code] = min(best.get(code, (np.inf, one)), (abs(mine.misfit), one), key=lambda pair: pair[0])
            elif mine.role and mine.role != "P" and not role:
                source.coda[one.id] = mine.role
        for _, one in best.values():
            self._leave(one.id)
            self._join(source, one, now_ns)
        if best and len(source.used) < SETTLED_STATIONS:
            fit = self._solve([*source.picks.values(), *source.later.values()], source.reference_ns, now_ns, source)
            if fit is not None:
                source.settle(fit.solution, fit.used, now_ns)

    def _fits_better(self, source: Source, pick: Pick, mine: Claim) -> bool:
        """Does a pick of another source, which it fits badly, fit this one well?"""
        owner = self._owner(pick.id)
        if owner is None or owner is source or abs(owner.time_ns - source.time_ns) > RIVAL_S * SECOND_NS:
            return False
        k = self.network.index[pick.source_id.station_code]
        theirs_s = (pick.time_ns - owner.time_ns) / SECOND_NS - float(owner.arrivals(self.network).p_s[k])
        mine_s = (pick.time_ns - source.time_ns) / SECOND_NS - float(source.arrivals(self.network).p_s[k])
        if len(source.picks) > len(owner.picks):
            return abs(mine_s) <= max(OWN_S, 0.5 * abs(theirs_s))
        return len(owner.picks) > 3 and abs(theirs_s) > 1.0 and abs(mine_s) < 0.5 * abs(theirs_s)

    def _merge(self, source: Source, now_ns: int) -> None:
        """Two sources that are one become the older of them."""
        for other in self.live:
            near = abs(other.time_ns - source.time_ns) <= RIVAL_S * SECOND_NS
            if other is source or source.cancelled or not near:
                continue
            old, new = (one for one in self.sources if one is source or one is other)
            if self._echoes(old, new):
                self._absorb(old, new)
            elif min(len(old.picks), len(new.picks)) < YOUNG_STATIONS:
                self._unite(old, new, now_ns)

    def _echoes(self, old: Source, new: Source) -> bool:
        """Are most picks of the newer source S or coda of the older?"""
        claims = [self._claim(old, one) for one in new.picks.values()]
        shear = sum(one.role == "S" for one in claims)
        return new.time_ns > old.time_ns and 3 * shear >= 2 * len(claims)

    def _unite(self, old: Source, new: Source, now_ns: int) -> None:
        """Locate the picks of both as one source; when nearly all fit, they are one."""
        shared = [code for code in new.picks if code in old.picks]
        if 3 * len(shared) > len(new.picks):
            return
        if not all(self.judge.compatible(a, b) for a in old.picks.values() for b in new.picks.values()
                   if a.source_id.station_code != b.source_id.station_code):  # fmt: skip
            return
        picks = [*old.picks.values(), *(one for code, one in new.picks.items() if code not in old.picks)]
        later = [*old.later.values(), *(one for code, one in new.later.items() if code not in old.later)]
        fit = self._solve([*picks, *later], old.reference_ns, now_ns)
        if fit is None or len(fit.p) < len(picks) or self.judge.against(fit, self._busy(), now_ns):
            return
        old.settle(fit.solution, fit.used, now_ns)
        old.until_ns = max(old.until_ns, new.until_ns)
        self._absorb(old, new)

    def _absorb(self, old: Source, new: Source) -> None:
        for one in new.picks.values():
            if not old.holds(one.id):
                old.coda[one.id] = "S" if self._claim(old, one).role == "S" else "coda"
        old.coda.update((key, role) for key, role in new.coda.items() if not old.holds(key))
        new.cancel(f"merged into {old.id}")

    # What is told

    def news(self, now_ns: int) -> list[Event]:
        """New versions of events: new ones, those that changed materially, those that are none any more."""
        for source in self.live:
            self._look(source, now_ns)
        found = []
        for source in self.sources:
            event = self._tell(source, now_ns)
            if event is not None:
                source.version, source.told = event.version, event
                found.append(event)
        return found

    def _look(self, source: Source, now_ns: int) -> None:
        """Locate a source again where it is stale, or where silence may have moved it, or see that it still holds."""
        if source.cancelled:
            return
        due = bool(source.next_ns) and source.next_ns <= now_ns
        settled = len(source.used) >= SETTLED_STATIONS
        ripe = not settled or now_ns - source.fitted_ns >= from_seconds(self.params.interval_s)
        if (source.stale and ripe) or (due and not settled and self._moving(source, now_ns)):
            self._refit(source, now_ns)
        elif due:
            why = self.judge.against(self._fit(source), self._busy(), now_ns)
            if why:
                source.cancel(why)
        if due or source.stale:
            soon_ns = now_ns + SECOND_NS if now_ns + SECOND_NS <= source.until_ns else 0
            ripe_ns = source.fitted_ns + from_seconds(self.params.interval_s)
            source.next_ns = max(ripe_ns, now_ns + 1) if source.stale else soon_ns

    def _moving(self, source: Source, now_ns: int) -> bool:
        """Is there a station in the silence of which the wave should just be arriving, or arrive soon?"""
        since_s = (now_ns - source.time_ns) / SECOND_NS - source.arrivals(self.network).p_s
        waited = np.flatnonzero((since_s > -10.0) & (since_s < self.params.silence_margin_s + 10.0)).tolist()
        codes = (self.network.codes[k] for k in waited)
        return any(code not in source.picks and self.alive(code) for code in codes)

    def _tell(self, source: Source, now_ns: int) -> Event | None:
        told = source.told
        if source.cancelled:
            open_event = told is not None and told.event_type == "earthquake"
            return withdrawn(source, told, now_ns) if told is not None and open_event else None
        fresh = source.fitted_ns == now_ns or source.resized or told is None
        if source.stale or not fresh:
            return None
        source.resized = False
        origin = origin_of(source, self.network, self._deaf(source))
        event = draft(source, origin, size_of(source, origin, self.network, self.amplitudes, self.magnitude), now_ns)
        return event if told is None or materially(told, event) else None

    def _deaf(self, source: Source) -> tuple[str, ...]:
        """The nearest stations that could not have seen it."""
        order = np.argsort(source.arrivals(self.network).km, kind="stable").tolist()
        deaf = [self.network.codes[k] for k in order if not self.alive(self.network.codes[k])]
        return tuple(code for code in deaf if code not in source.picks)[:NEARBY_STATIONS]


def _other(before: Pick, now: Pick) -> bool:
    """Does a new version of a pick that nobody wanted make a difference?"""
    return before.version == 0 or before.time_ns != now.time_ns or before.phase != now.phase


def _apart_km(one: Solution, other: Solution) -> float:
    return float(distance_km(one.latitude, one.longitude, other.latitude, other.longitude))

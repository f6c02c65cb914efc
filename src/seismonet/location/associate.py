"""Picks to events.

The rule this file owns: an event is born when stations agree on one source more often than chance would make them, and
not too many that should have seen it stay silent; it dies when they do not agree any more. A trigger that an event
explains, as P, S or coda, makes another only together with others that chance, or that event's own later phases, would
hardly have put there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seismonet.core.event import Amplitude, Event, Pick, Rejection
from seismonet.core.inventory import Station
from seismonet.core.plain import Tree
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.models.corrections import StationCorrections
from seismonet.models.traveltime import TravelTimes

from .amplitudes import LONGEST_S, MagnitudeParams
from .births import YOUNG_STATIONS, Nursery, Refused
from .evidence import locates
from .judge import AssociatorParams, Fit, Judge, in_time
from .locating import NEARBY_STATIONS, SETTLED_STATIONS, Locator
from .memory import Memory
from .network import Network
from .posterior import LocationParams
from .refusals import Front, by_wire, joins
from .sources import Claim, Source, claim, identity
from .telling import Measured, draft, materially, origin_of, size_of, withdrawn

GATHER_S, GATHER_LATER_S = 15.0, 60.0
"""Picks so long before and after its P are looked at when a source is new or has moved."""
RIVAL_S, OWN_S = 60.0, 0.6
"""Of two sources so near in time the one of more stations has what fits it to so much."""
CLOSENESS = {"twin": 0, "S": 1, "coda": 2}
DISAGREE = "the stations do not agree on this event any more"


@dataclass(slots=True)
class Associator:
    """Facts go in (``add_pick``, ``add_amplitude``, ``reject``); ``news`` gives the versions of events that follow from
    them, ``take_refused`` the picks that it refused itself. ``due_ns`` says when to ask for news without new facts.
    """

    stations: dict[str, Station]
    model: TravelTimes
    alive: Callable[[str], bool]
    params: AssociatorParams = field(default_factory=AssociatorParams)
    location: LocationParams = field(default_factory=LocationParams)
    magnitude: MagnitudeParams = field(default_factory=MagnitudeParams)
    corrections: StationCorrections = field(default_factory=StationCorrections)
    late_s: Callable[[str], float] = in_time
    least_snr: Mapping[str, float] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    network: Network = field(init=False)
    judge: Judge = field(init=False)
    locator: Locator = field(init=False)
    nursery: Nursery = field(init=False)
    _refused: list[Rejection] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.network = Network(self.stations, self.model, self.corrections)
        self.judge = Judge(self.network, self.alive, self.params, self.late_s, self.least_snr)
        self.locator = Locator(self.network, self.judge, self.memory, self.location)
        self.nursery = Nursery(self.network, self.judge, self.memory, self.locator, self.alive, self.params)

    def save(self) -> dict[str, Any]:
        """All that is remembered, as plain values."""
        return self.memory.save()

    def load(self, tree: Tree) -> None:
        """Take up what was saved; what belongs to stations that there are no more is left out."""
        self.memory.load(tree, self.stations)

    def remember(self, event: Event) -> None:
        """Know of an event that was published before a restart, at this version at least."""
        self.memory.remember(event)

    def prepare(self) -> None:
        """Do beforehand what the first earthquake would wait for; nothing is remembered of it."""
        self.locator.prepare()

    @property
    def due_ns(self) -> int | None:
        """When news are to be asked for at the latest."""
        return min((source.next_ns for source in self.memory.live if source.next_ns), default=None)

    def take_refused(self) -> list[Rejection]:
        """The picks that were refused since this was asked last, each with its reason."""
        found, self._refused = self._refused, []
        return found

    def add_amplitude(self, amplitude: Amplitude) -> None:
        """Remember an amplitude."""
        key = f"{amplitude.source_id.nslc} {amplitude.window_s:g}"
        self.memory.amplitudes.setdefault(amplitude.pick_id, {})[key] = amplitude
        for source in self.memory.live:
            if source.holds(amplitude.pick_id):
                source.resized = True
                # sizes tell places apart while these are open
                source.stale |= len(source.used) < SETTLED_STATIONS and locates(amplitude)

    def add_pick(self, pick: Pick, now_ns: int) -> None:
        """Take in a pick, new or better."""
        if pick.source_id.station_code not in self.stations or pick.id in self.memory.void:
            return
        self.memory.expire(now_ns, self.params.keep_s, self.params.refuse.wave_lasts_s)
        before = self.memory.picks.get(pick.id)
        self.memory.picks[pick.id] = pick
        if pick.phase == "P":
            self._count(before, pick, now_ns)
        owner = self.memory.owner(pick.id)
        if owner is not None:
            self._replace(owner, pick)
        elif pick.phase == "S":
            self._attach(pick, now_ns)
        elif not self.judge.weak(pick) and (before is None or _other(before, pick)):
            self._place(pick, now_ns)

    def _count(self, before: Pick | None, pick: Pick, now_ns: int) -> None:
        """A trigger, and later a refined pick, is one of its station's noise until it belongs to something."""
        clear = float(self.judge.clear(pick)) - float(before is not None and self.judge.clear(before))
        if before is None or (clear and pick.id not in self.memory.standing()):
            self.memory.chatter.count(pick.source_id.station_code, now_ns, float(before is None), clear)

    def _explained(self, pick: Pick, now_ns: int) -> None:
        """It is no noise of its station."""
        self.memory.chatter.count(pick.source_id.station_code, now_ns, -1.0, -float(self.judge.clear(pick)))

    def reject(self, rejection: Rejection, now_ns: int) -> None:
        """Forget a pick that the gate refused: what rests on it is looked at again."""
        self.memory.void[rejection.pick_id] = now_ns
        refused = self.memory.picks.pop(rejection.pick_id, None)
        if refused is not None and self.judge.clear(refused) and refused.id not in self.memory.standing():
            self.memory.chatter.count(refused.source_id.station_code, now_ns, 0.0, -1.0)
        self.memory.amplitudes.pop(rejection.pick_id, None)
        for one in [one for one in self.memory.picks.values() if one.p_pick_id == rejection.pick_id]:
            del self.memory.picks[one.id]
            self.memory.leave(one.id)
        self.memory.leave(rejection.pick_id)

    def _replace(self, source: Source, pick: Pick) -> None:
        """A better version of a pick that a source holds; it may have become an S, or too weak."""
        self.memory.leave(pick.id)
        if self.judge.weak(pick):
            return
        (source.picks if pick.phase == "P" else source.later)[pick.source_id.station_code] = pick
        source.stale = True

    def _attach(self, pick: Pick, now_ns: int) -> None:
        """An S joins the source of its P; without one it may be what was missing, or waits."""
        code = pick.source_id.station_code
        for source in self.memory.live:
            own = source.picks.get(code)
            if own is not None and own.id == pick.p_pick_id and code not in source.later:
                self._join(source, pick, now_ns)
                return
        first = self.memory.picks.get(pick.p_pick_id)
        if first is not None and first.id not in self.memory.standing() and not self.judge.weak(first):
            self._nucleate(first, now_ns)

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
        self._explained(pick, now_ns)
        self._reconsider(source)

    def _reconsider(self, source: Source) -> None:
        """With a new P every S of its stations counts again: what did not fit fewer picks may fit more."""
        for one in list(self.memory.picks.values()):
            code = one.source_id.station_code
            own = source.picks.get(code)
            if one.phase == "S" and own is not None and own.id == one.p_pick_id and code not in source.later:
                source.later[code] = one
                source.coda.pop(one.id, None)

    def _place(self, pick: Pick, now_ns: int) -> None:
        """Give a trigger to the source that explains it, or try to explain it by a new one."""
        for front in self.memory.fronts:
            if joins(front, pick, self.network, self.params.refuse):
                self._refuse([pick], front, now_ns)
                return
        claims = [(source, self._claim(source, pick)) for source in self.memory.live]
        as_p = [(abs(one.misfit), number) for number, (_, one) in enumerate(claims) if one.role == "P"]
        if as_p:
            source = claims[min(as_p)[1]][0]
            if self._ready(source, pick):
                self._join(source, pick, now_ns)
            return
        if any(self._try(source, pick, now_ns) for source in self.memory.live):
            return
        later = [(source, one) for source, one in claims if one.role]
        if later and not any(pick.id in source.coda for source in self.memory.live):
            source, one = min(later, key=lambda pair: (CLOSENESS[pair[1].role], abs(pair[1].misfit)))
            source.coda[pick.id] = one.role
            self._explained(pick, now_ns)
        if not any(one.role in ("twin", "S") for _, one in later):
            self._nucleate(pick, now_ns)

    def _nucleate(self, pick: Pick, now_ns: int) -> None:
        """Try to explain a pick and those about it by one source that is no chance."""
        fit = self.nursery.nucleate(pick, now_ns)
        if isinstance(fit, Refused):
            self._shut_out(fit.front, fit.picks, now_ns)
        if not isinstance(fit, Fit):
            return
        source = Source(identity(fit.p), {}, fit.solution, fit.reference_ns)
        self.memory.recognise(source)
        source.settle(fit.solution, fit.used, now_ns)
        for one in fit.used:
            self.memory.take_over(one)
            self._join(source, one, now_ns)
        source.stale = bool(source.later)
        for other in self.memory.live:
            # what is being measured of it may be partly of the new one
            other.resized |= abs(source.time_ns - other.time_ns) <= from_seconds(LONGEST_S)
        self.memory.sources.append(source)
        self._gather(source, now_ns)

    def _ready(self, source: Source, pick: Pick) -> bool:
        """May it join? A bare trigger is no third station: where there are few it waits until its onset is known."""
        picks = [*source.picks.values(), pick]
        return len(self.nursery.ready(picks)) == len(picks)

    def _claim(self, source: Source, pick: Pick) -> Claim:
        return claim(source, pick, self.network, self.location, self.params.fit_sigmas)

    def _try(self, source: Source, pick: Pick, now_ns: int) -> bool:
        """Would a young source, whose place is uncertain, fit all its picks and this one?"""
        code = pick.source_id.station_code
        if len(source.picks) >= YOUNG_STATIONS or code in source.picks or not self._ready(source, pick):
            return False
        if not all(self.judge.compatible(pick, one) for one in source.picks.values()):
            return False
        fit = self.locator.solve([*source.picks.values(), *source.later.values(), pick], source.reference_ns, now_ns)
        if fit is None or len(fit.p) <= len(source.picks) or self.judge.against(fit, self.memory.busy(), now_ns):
            return False
        source.settle(fit.solution, fit.used, now_ns)
        self._join(source, pick, now_ns)
        source.stale = len(source.later) + len(source.picks) > len(fit.used)
        return True

    def _shut_out(self, front: Front, picks: Iterable[Pick], now_ns: int) -> None:
        """Refuse picks, and those of the same wave that are still to come."""
        self.memory.fronts.append(front)
        self._refuse(picks, front, now_ns)

    def _refuse(self, picks: Iterable[Pick], front: Front, now_ns: int) -> None:
        """Keep picks out of all that follows, each with the reason."""
        for one in picks:
            fact = Rejection(one.id, one.source_id, one.time_ns, now_ns, front.reason, front.detail)
            self.reject(fact, now_ns)
            self._refused.append(fact)

    def _refit(self, source: Source, now_ns: int) -> None:
        """Locate again with what the source has now; what no longer fits leaves it, and may be another's."""
        own = [*source.picks.values(), *source.later.values()]
        fit = self.locator.solve(own, source.reference_ns, now_ns)
        if fit is None:
            source.cancel(DISAGREE)
            return
        fit = self.nursery.revised(source, fit, now_ns)
        fewer = len(fit.used) < len(source.used)
        source.settle(fit.solution, fit.used, now_ns)
        self._merge(source, now_ns)
        if source.cancelled:
            return
        fit = self.locator.fit(source)
        why = self.judge.against(fit, self.memory.busy(), now_ns)
        if fewer and self.nursery.bereft(fit, now_ns):
            why = DISAGREE
        if why:
            source.cancel(why)
            return
        wired = by_wire(fit.p, self.network, self.params.refuse)
        front = wired[0] if wired else self.nursery.from_afar(fit) if len(fit.p) < SETTLED_STATIONS else None
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
        for one in out:
            if one.phase == "P" and not source.cancelled and self.memory.owner(one.id) is None:
                self._nucleate(one, now_ns)

    def _gather(self, source: Source, now_ns: int) -> None:
        """Take what fits as P and is nobody's, or a later phase to its owner, or fits its owner worse."""
        standing, arrivals = self.memory.standing(), source.arrivals(self.network)
        best: dict[str, tuple[float, Pick]] = {}
        for one in self.memory.picks.values():
            code, role = one.source_id.station_code, standing.get(one.id, "")
            p_s = float(arrivals.p_s[self.network.index[code]])
            after_s = (one.time_ns - source.time_ns) / SECOND_NS - p_s
            if one.phase != "P" or not -GATHER_S <= after_s <= GATHER_LATER_S or role == "twin" or self.judge.weak(one):
                continue
            mine = self._claim(source, one)
            if mine.role == "P" and (role != "P" or self._fits_better(source, one, mine)) and self._ready(source, one):
                best[code] = min(best.get(code, (np.inf, one)), (abs(mine.misfit), one), key=lambda pair: pair[0])
            elif mine.role and mine.role != "P" and not role:
                source.coda[one.id] = mine.role
        for _, one in best.values():
            self.memory.leave(one.id)
            self._join(source, one, now_ns)
        if best and len(source.used) < SETTLED_STATIONS:
            own = [*source.picks.values(), *source.later.values()]
            fit = self.locator.solve(own, source.reference_ns, now_ns)
            if fit is not None:
                source.settle(fit.solution, fit.used, now_ns)

    def _fits_better(self, source: Source, pick: Pick, mine: Claim) -> bool:
        """Does a pick of another source, which it fits badly, fit this one well?"""
        owner = self.memory.owner(pick.id)
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
        for other in self.memory.live:
            near = abs(other.time_ns - source.time_ns) <= RIVAL_S * SECOND_NS
            if other is source or source.cancelled or not near:
                continue
            old, new = (one for one in self.memory.sources if one is source or one is other)
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
        fit = self.locator.solve([*picks, *later], old.reference_ns, now_ns)
        if fit is None or len(fit.p) < len(picks) or self.judge.against(fit, self.memory.busy(), now_ns):
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

    def news(self, now_ns: int) -> list[Event]:
        """New versions of events: new ones, those that changed materially, those that are none any more."""
        for source in self.memory.live:
            self._look(source, now_ns)
        found = []
        for source in self.memory.sources:
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
            why = self.judge.against(self.locator.fit(source), self.memory.busy(), now_ns)
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
        measured = Measured(self.memory.amplitudes, self.memory.live)
        event = draft(source, origin, size_of(source, origin, self.network, measured, self.magnitude), now_ns)
        return event if told is None or materially(told, event) else None

    def _deaf(self, source: Source) -> tuple[str, ...]:
        """The nearest stations that could not have seen it."""
        order = np.argsort(source.arrivals(self.network).km, kind="stable").tolist()
        deaf = [self.network.codes[k] for k in order if not self.alive(self.network.codes[k])]
        return tuple(code for code in deaf if code not in source.picks)[:NEARBY_STATIONS]


def _other(before: Pick, now: Pick) -> bool:
    """Does a new version of a pick that nobody wanted make a difference?"""
    return before.version == 0 or before.time_ns != now.time_ns or before.phase != now.phase

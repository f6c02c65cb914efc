"""What association remembers: recent picks, their amplitudes, live sources, and what was refused."""

from dataclasses import dataclass, field
from typing import Any

from seismonet.core.event import Amplitude, Event, Pick
from seismonet.core.geo import distance_km
from seismonet.core.inventory import Station
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.utc import SECOND_NS, from_seconds

from .chance import Chatter
from .refusals import Front
from .sources import Source

SAME_S, SAME_KM = 10.0, 50.0
"""After a restart, a source within this of an event that was told before is that event."""
OLDEST_S = 180.0
"""A source is remembered so much longer than its picks."""


@dataclass(slots=True)
class Memory:
    """All that is saved.

    Attributes
    ----------
    sources : events in the making, the oldest first
    picks : recent ones by id, the last version of each
    amplitudes : by pick, then by channel and window
    known : events that were told before a restart and of which no source is left: a source that is one of them goes on
        as that event
    fronts : waves that were refused, whose picks may still come
    void : picks that were refused, and when: their later versions are refused too
    chatter : how often stations trigger on nothing
    """

    sources: list[Source] = field(default_factory=list)
    picks: dict[str, Pick] = field(default_factory=dict)
    amplitudes: dict[str, dict[str, Amplitude]] = field(default_factory=dict)
    known: list[Event] = field(default_factory=list)
    fronts: list[Front] = field(default_factory=list)
    void: dict[str, int] = field(default_factory=dict)
    chatter: Chatter = field(default_factory=Chatter)

    @property
    def live(self) -> list[Source]:
        """Sources that are not cancelled, the oldest first."""
        return [source for source in self.sources if not source.cancelled]

    def save(self) -> dict[str, Any]:
        """Recent picks, amplitudes, live sources and what else is remembered, as plain values."""
        names = ("sources", "picks", "amplitudes", "known", "fronts", "void", "chatter")
        return {name: to_plain(getattr(self, name)) for name in names}

    def load(self, tree: Tree, stations: dict[str, Station]) -> None:
        """Take up what was saved; what belongs to stations that there are no more is left out."""

        def here(pick: Pick) -> bool:
            return pick.source_id.station_code in stations

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

    def expire(self, now_ns: int, keep_s: float, wave_lasts_s: float) -> None:
        """Forget what is too old to matter."""
        old_ns = now_ns - from_seconds(keep_s)
        for pick_id in [one.id for one in self.picks.values() if one.issued_ns < old_ns]:
            del self.picks[pick_id]
            self.amplitudes.pop(pick_id, None)
        self.sources = [source for source in self.sources if source.time_ns > old_ns - from_seconds(OLDEST_S)]
        self.void = {pick_id: when_ns for pick_id, when_ns in self.void.items() if when_ns >= old_ns}
        lasting_ns = now_ns - from_seconds(wave_lasts_s)
        self.fronts = [front for front in self.fronts if front.time_ns >= lasting_ns]

    def recognise(self, source: Source) -> None:
        """Give a new source the identity of the known event that it is."""
        for event in self.known:
            origin, where = event.origin, source.solution
            apart_s = abs(source.time_ns - origin.time_ns) / SECOND_NS
            apart_km = float(distance_km(origin.latitude, origin.longitude, where.latitude, where.longitude))
            if apart_s <= SAME_S and apart_km <= SAME_KM:
                source.id, source.version, source.told = event.id, event.version, event
                self.known.remove(event)
                return

    def owner(self, pick_id: str) -> Source | None:
        """The live source that a pick is one of."""
        return next((source for source in self.live if source.holds(pick_id)), None)

    def leave(self, pick_id: str) -> None:
        """Take a pick out of whatever it belongs to."""
        for source in self.sources:
            source.coda.pop(pick_id, None)
            for group in (source.picks, source.later):
                for code in [code for code, one in group.items() if one.id == pick_id]:
                    del group[code]
                    source.stale = True

    def take_over(self, pick: Pick) -> None:
        """It is no later phase any more."""
        for source in self.live:
            source.coda.pop(pick.id, None)

    def standing(self) -> dict[str, str]:
        """What each recent pick is to the live sources: ``P``, ``twin``, ``S``, ``coda``."""
        found: dict[str, str] = {}
        for source in self.live:
            found.update(source.coda)
            found.update((one.id, "P") for one in source.picks.values())
            found.update((one.id, "S") for one in source.later.values())
        return found

    def busy(self) -> dict[str, list[Pick]]:
        """Recent picks by station."""
        found: dict[str, list[Pick]] = {}
        for one in self.picks.values():
            found.setdefault(one.source_id.station_code, []).append(one)
        return found

"""What the sensors of a station measured of strong motion becomes the station's motion, with what its P says.

The rule this file owns: a station tells of one shaking at a time. Both of its sensors may have begun to watch it, or an
earlier onset did: who told of it first goes on to, until it is over or no more is heard. Facts are taken in the order
of their issue, and what is told follows from them alone.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from seismonet.core.event import Amplitude, Pick, Rejection
from seismonet.core.motion import Motion
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.utc import from_seconds

from .joining import KEEP_S

REIGN_S = 100.0
"""Nobody follows one shaking for longer."""
BEFORE_S, AFTER_S = 60.0, 1.0
"""A P belongs to shaking that reached the floor so long after it, or so little before."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A P of the station: its displacement and period are 0 until they are known."""

    pick_id: str
    time_ns: int
    pd_m: float = 0.0
    tau_c_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Reign:
    """Who tells of a station's shaking (the onset with which the watch began), and what was told last."""

    watch: str
    motion: Motion


@dataclass(slots=True)
class Shaken:
    """What is known of recent P picks and of shaking, by station."""

    heard: dict[str, list[Heard]] = field(default_factory=dict)
    reigns: dict[str, Reign] = field(default_factory=dict)

    def step(self, told: list[Any], motions: list[Motion]) -> list[Motion]:
        """The stations' motions, from what was told of picks and what sensors measured since the last step."""
        ordered = sorted([*told, *motions], key=_order)
        return [motion for fact in ordered for motion in self._take(fact)]

    def _take(self, fact: Any) -> list[Motion]:
        if isinstance(fact, Motion):
            return self._measured(fact)
        if isinstance(fact, Amplitude):
            return self._swing(fact)
        if isinstance(fact, Rejection):
            self._hear(fact.source_id.station_code, fact.issued_ns, fact.pick_id, None)
        elif isinstance(fact, Pick) and fact.phase == "P":
            self._hear(fact.source_id.station_code, fact.issued_ns, fact.id, Heard(fact.id, fact.time_ns))
        return []

    def _hear(self, station: str, now_ns: int, pick_id: str, new: Heard | None) -> None:
        """Keep a P in its latest version, or forget it."""
        here = [one for one in self.heard.get(station, []) if one.time_ns > now_ns - from_seconds(KEEP_S)]
        before = next((one for one in here if one.pick_id == pick_id), None)
        here = [one for one in here if one.pick_id != pick_id]
        if new is not None:
            here.append(new if before is None else replace(before, time_ns=new.time_ns))
        self.heard[station] = sorted(here, key=lambda one: (one.time_ns, one.pick_id))

    def _measured(self, motion: Motion) -> list[Motion]:
        reign, watch = self.reigns.get(motion.station_code), motion.pick_id
        if reign is not None and reign.watch != watch and not _over(reign.motion, motion.issued_ns):
            return []
        return [self._tell(watch, self._with_p(motion))]

    def _with_p(self, motion: Motion) -> Motion:
        """With the last P before the shaking."""
        first_ns, last_ns = motion.start_ns - from_seconds(BEFORE_S), motion.start_ns + from_seconds(AFTER_S)
        near = [one for one in self.heard.get(motion.station_code, []) if first_ns <= one.time_ns <= last_ns]
        if not near:
            return replace(motion, pick_id="")
        p = near[-1]
        return replace(motion, pick_id=p.pick_id, pd_m=p.pd_m, tau_c_s=p.tau_c_s)

    def _swing(self, amplitude: Amplitude) -> list[Motion]:
        """Displacement and period of a P, once the first window that tells both is there; who is shaken tells it."""
        station = amplitude.source_id.station_code
        here = self.heard.get(station, [])
        known = next((one for one in here if one.pick_id == amplitude.pick_id), None)
        if known is None or known.tau_c_s or amplitude.clipped or not amplitude.tau_c_s or amplitude.wood_anderson_m:
            return []
        better = replace(known, pd_m=amplitude.pd_m, tau_c_s=amplitude.tau_c_s)
        here[here.index(known)] = better
        reign = self.reigns.get(station)
        if reign is None or _over(reign.motion, amplitude.issued_ns) or reign.motion.pick_id != amplitude.pick_id:
            return []
        return [self._tell(reign.watch, self._with_p(replace(reign.motion, issued_ns=amplitude.issued_ns)))]

    def _tell(self, watch: str, motion: Motion) -> Motion:
        self.reigns[motion.station_code] = Reign(watch, motion)
        return motion

    def save(self) -> dict[str, Any]:
        """All that it remembers, as plain values."""
        return {"heard": to_plain(self.heard), "reigns": to_plain(self.reigns)}

    def load(self, tree: Tree) -> None:
        """Take up what was saved."""
        self.heard = from_plain(dict[str, list[Heard]], tree["heard"])
        self.reigns = from_plain(dict[str, Reign], tree["reigns"])


def _over(motion: Motion, now_ns: int) -> bool:
    return motion.final or now_ns > motion.start_ns + from_seconds(REIGN_S)


def _order(fact: Any) -> tuple[int, int, int, str, str]:
    """By time of issue; picks by version and onset, amplitudes, refusals, motions; then by name."""
    if isinstance(fact, Motion):
        return fact.issued_ns, 3000, fact.start_ns, fact.station_code, fact.source_ids[0].nslc
    if isinstance(fact, Pick):
        return fact.issued_ns, fact.version, fact.time_ns, fact.source_id.nslc, fact.id
    if isinstance(fact, Amplitude):
        return fact.issued_ns, 1000, round(fact.window_s * 1000), fact.source_id.nslc, fact.pick_id
    return fact.issued_ns, 2000, fact.time_ns, fact.source_id.nslc, fact.pick_id

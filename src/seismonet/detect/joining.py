"""What the sensors of a station say becomes one pick of the station.

The rule this file owns: facts are taken in the order of their issue, and what is told follows from them alone. An onset
that several detectors, channels or sensors see is one pick with one id, that of its first trigger; later versions are
the better reading: of a sensor that is not clipped before one that is, refined before bare, of the smaller uncertainty.
The first trigger of a station is told at once; one that comes after a P of the same station only when its motion is
rather P than S or coda, unless the energy surged a hundredfold. A pick is void when all sensors that saw it refuse it.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.event import Amplitude, Pick, Rejection, identifier
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.utc import SECOND_NS, from_seconds

from .findings import Comparison, Finding, Look, Period

NEW_P_PRIOR = 0.3
"""Of triggers in the minute after a P that are neither its S nor its coda; a cautious guess, as is right of a prior."""
HINT_PROBABILITY = 0.8
TELESEISM = "teleseism"
KEEP_S = 150.0


@parameters(frozen=True)
class JoinParams:
    """When readings are of one onset, and what the sensors of a site owe each other."""

    same_s: float = Field(default=2.0, gt=0, le=10, description="refined onsets no further apart are one")
    bare_s: float = Field(default=4.0, gt=0, le=10, description="a bare trigger of another sensor so late may be it")
    coda_s: float = Field(default=60.0, ge=0, le=300, description="so long after a P a trigger must prove to be one")
    minimum_s_minus_p_s: float = Field(default=0.3, ge=0, description="no S is told earlier after P")
    likeness: float = Field(default=0.6, ge=0, le=1, description="correlation of two sensors that see the same ground")
    lag_s: float = Field(default=0.1, gt=0, description="and how far apart they may be in time")
    log_ratio: float = Field(default=0.3, gt=0, description="and how far from their usual ratio, in log10")
    ratio_memory: int = Field(default=20, ge=1, description="earthquakes over which that ratio is learned")
    visible: float = Field(
        default=5.0, gt=1, description="motion over the other sensor's noise from which it must see the same"
    )
    unlike_trust: float = Field(default=0.4, ge=0, le=1, description="trust in a pick whose sensors do not agree")
    ratio_trust: float = Field(default=0.7, ge=0, le=1, description="and where only their amplitudes do not")


@dataclass(slots=True)
class Reading:
    """What one sensor says of an onset."""

    pick: Pick
    look: Look | None = None
    trust: float = 1.0
    teleseism: bool = False
    reason: str = ""
    detail: str = ""

    @property
    def rank(self) -> tuple[bool, bool, float, int, str]:
        """The better reading is the smaller."""
        pick = self.pick
        clipped = self.look is not None and self.look.clipped
        return clipped, pick.version == 0, pick.uncertainty_s, pick.time_ns, pick.id


@dataclass(slots=True)
class Onset:
    """One onset at a station: readings by the id of their sensor's pick; ``told`` is the last version that was told."""

    id: str
    readings: dict[str, Reading]
    held: bool
    told: Pick | None = None
    void: bool = False
    s: Pick | None = None
    s_told: bool = False

    @property
    def best(self) -> Reading | None:
        """The best reading that is not refused."""
        good = [one for one in self.readings.values() if not one.reason]
        return min(good, key=lambda one: one.rank) if good else None

    @property
    def time_ns(self) -> int:
        """Of its best reading, refused or not."""
        return (self.best or min(self.readings.values(), key=lambda one: one.rank)).pick.time_ns


@dataclass(slots=True)
class Joiner:
    """The memory of joining: recent onsets by station, and the usual amplitude ratio of each pair of sensors.

    ``ratios`` are (logarithm of the ratio, earthquakes that it was learned from) by the names of both channels.
    """

    params: JoinParams
    onsets: dict[str, list[Onset]] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    ratios: dict[str, tuple[float, int]] = field(default_factory=dict)

    def step(self, facts: list[Any]) -> list[Any]:
        """What is told, after facts that were issued since the last step and until now."""
        ordered = sorted(facts, key=_order)
        told: list[Any] = []
        index = 0
        while index < len(ordered):
            now_ns, touched = ordered[index].issued_ns, dict[str, Onset]()
            end = index
            while end < len(ordered) and ordered[end].issued_ns == now_ns:
                end += 1
            group, index = ordered[index:end], end
            for fact in group:
                self._take(fact, touched, told)
            for onset in touched.values():
                self._tell(onset, now_ns, told)
            told += [fact for one in group if isinstance(one, Amplitude) for fact in self._amplitude(one)]
        return told

    def _take(self, fact: Any, touched: dict[str, Onset], told: list[Any]) -> None:
        if isinstance(fact, Pick) and fact.phase == "P":
            placed = self._place(fact)
            touched[placed.id] = placed
            return
        if isinstance(fact, Rejection):
            told.append(fact)
            return
        if isinstance(fact, Amplitude):
            return
        onset = self._onset(fact.p_pick_id if isinstance(fact, Pick) else fact.pick_id, fact.source_id.station_code)
        if onset is None:
            return
        touched[onset.id] = onset
        if isinstance(fact, Pick):
            self._take_s(onset, fact, self.onsets[fact.source_id.station_code])
        else:
            self._take_finding(onset.readings[fact.pick_id], fact)

    def _amplitude(self, amplitude: Amplitude) -> list[Amplitude]:
        """An amplitude under the id of the station's pick, if there is one."""
        onset = self._onset(amplitude.pick_id, amplitude.source_id.station_code)
        if onset is None or onset.told is None or onset.void:
            return []
        return [replace(amplitude, pick_id=onset.id)]

    def _onset(self, pick_id: str, station: str) -> Onset | None:
        owner = self.owner.get(pick_id)
        return next((one for one in self.onsets.get(station, []) if one.id == owner), None)

    def _place(self, pick: Pick) -> Onset:
        """The onset that a reading belongs to: its own from before, one that is near, or a new one."""
        station = pick.source_id.station_code
        known = self._onset(pick.id, station)
        if known is not None and (known.id == pick.id or self._near(known, pick)):
            known.readings[pick.id].pick = pick
            return known
        if known is not None:
            del known.readings[pick.id]
        here = self._recent(station, pick.issued_ns)
        for onset in here:
            if not onset.void and onset.id != pick.id and self._near(onset, pick):
                onset.readings[pick.id] = Reading(pick)
                self.owner[pick.id] = onset.id
                return onset
        held = not pick.detector.endswith("+") and any(self._in_coda(onset, pick) for onset in here)
        new = Onset(pick.id, {pick.id: Reading(pick)}, held)
        here.append(new)
        self.owner[pick.id] = new.id
        return new

    def _near(self, onset: Onset, pick: Pick) -> bool:
        """Another channel's reading of the same onset? A channel itself has no two of one."""
        others = [one.pick for key, one in onset.readings.items() if key != pick.id]
        if any(one.source_id == pick.source_id for one in others) or not others:
            return False
        after_s = (pick.time_ns - min(others, key=lambda one: one.uncertainty_s).time_ns) / SECOND_NS
        return -self.params.same_s <= after_s <= (self.params.bare_s if pick.version == 0 else self.params.same_s)

    def _in_coda(self, onset: Onset, pick: Pick) -> bool:
        after_s = (pick.time_ns - onset.time_ns) / SECOND_NS
        return onset.told is not None and not onset.void and 0 < after_s <= self.params.coda_s

    def _recent(self, station: str, now_ns: int) -> list[Onset]:
        """The onsets of a station, without the old ones."""
        here = self.onsets.setdefault(station, [])
        old = [one for one in here if one.time_ns < now_ns - from_seconds(KEEP_S)]
        for onset in old:
            here.remove(onset)
            for pick_id in onset.readings:
                self.owner.pop(pick_id, None)
        return here

    def _take_finding(self, reading: Reading, finding: Finding) -> None:
        if isinstance(finding, Look):
            reading.look = finding
        elif isinstance(finding, Period):
            reading.teleseism = finding.teleseism
        else:
            reading.trust = self._agreement(finding)
        if not isinstance(finding, Comparison) and finding.reason and not reading.reason:
            reading.reason, reading.detail = finding.reason, finding.detail

    def _agreement(self, seen: Comparison) -> float:
        """Trust in a pick by what the other sensor of the site saw; and the pair's ratio is learned, slowly."""
        params = self.params
        if seen.expected < params.visible:
            return 1.0
        if seen.correlation < params.likeness or abs(seen.lag_s) > params.lag_s:
            return params.unlike_trust
        swap = seen.other < seen.source_id
        names = sorted((seen.source_id.nslc, seen.other.nslc))
        key, ratio = "|".join(names), -seen.log_ratio if swap else seen.log_ratio
        usual, learned = self.ratios.get(key, (0.0, 0))
        self.ratios[key] = usual + (ratio - usual) / params.ratio_memory, min(learned + 1, params.ratio_memory)
        return 1.0 if abs(ratio - usual) <= params.log_ratio else params.ratio_trust

    def _take_s(self, onset: Onset, pick: Pick, here: list[Onset]) -> None:
        """Keep the better reading of S, whichever sensor told it first; it is that of the last P before it."""
        best, known = onset.best, onset.s
        if best is None or (known is not None and (known.uncertainty_s, -known.snr) <= (pick.uncertainty_s, -pick.snr)):
            return
        own_ns = best.pick.time_ns
        later = any(one.told is not None and not one.void and own_ns < one.time_ns < pick.time_ns for one in here)
        if not later and pick.time_ns - own_ns >= from_seconds(self.params.minimum_s_minus_p_s):
            version = 1 if known is None else known.version + onset.s_told
            first_ns = pick.first_issued_ns if known is None else known.first_issued_ns
            s_id = identifier(f"{onset.id}|S")
            onset.s = replace(pick, id=s_id, p_pick_id=onset.id, version=version, first_issued_ns=first_ns)
            onset.s_told = False

    def _tell(self, onset: Onset, now_ns: int, told: list[Any]) -> None:
        """Tell of an onset what is new."""
        if onset.void or not onset.readings:
            return
        best = onset.best
        if best is None:
            self._void(onset, now_ns, told)
            return
        if onset.held:
            self._judge(onset, best, now_ns, told)
        if onset.held or onset.void:
            return
        self._tell_pick(onset, best, now_ns, told)
        if onset.s is not None and not onset.s_told:
            onset.s_told = True
            first_ns = onset.s.first_issued_ns if onset.s.version > 1 else now_ns
            onset.s = replace(onset.s, first_issued_ns=first_ns, issued_ns=now_ns)
            told.append(onset.s)

    def _judge(self, onset: Onset, best: Reading, now_ns: int, told: list[Any]) -> None:
        """A trigger after a P: rather P or not, once its first second was looked at."""
        if best.look is None:
            return
        p = best.look.p_probability
        posterior = p * NEW_P_PRIOR / (p * NEW_P_PRIOR + (1 - p) * (1 - NEW_P_PRIOR))
        if p != 0.5 and posterior < 0.5:
            best.reason = "coda"
            best.detail = f"after a P of this station, and its motion is P with a probability of {posterior:.2f}"
            self._void(onset, now_ns, told)
            return
        onset.held = False
        best.trust = min(best.trust, max(posterior, 0.5))

    def _void(self, onset: Onset, now_ns: int, told: list[Any]) -> None:
        onset.void = True
        refused = next(one for one in onset.readings.values() if one.reason)
        pick = onset.told or refused.pick
        told.append(Rejection(onset.id, pick.source_id, pick.time_ns, now_ns, refused.reason, refused.detail))

    def _tell_pick(self, onset: Onset, best: Reading, now_ns: int, told: list[Any]) -> None:
        merged = _merged(onset, best)
        last = onset.told
        if last is None:
            first = replace(merged, first_issued_ns=now_ns, issued_ns=now_ns, version=min(best.pick.version, 1))
        else:
            same = replace(merged, version=last.version, first_issued_ns=last.first_issued_ns, issued_ns=last.issued_ns)
            if same == last or best.pick.version == 0:
                return
            version = max(1, last.version + 1)
            first = replace(merged, first_issued_ns=last.first_issued_ns, issued_ns=now_ns, version=version)
        onset.told = first
        told.append(first)

    def save(self) -> dict[str, Any]:
        """All that it remembers, as plain values."""
        return {name: to_plain(getattr(self, name)) for name in ("onsets", "owner", "ratios")}

    def load(self, tree: Tree) -> None:
        """Take up what was saved."""
        self.onsets = from_plain(dict[str, list[Onset]], tree["onsets"])
        self.owner = from_plain(dict[str, str], tree["owner"])
        self.ratios = from_plain(dict[str, tuple[float, int]], tree["ratios"])


def _merged(onset: Onset, best: Reading) -> Pick:
    """The best reading with all that is known of its onset."""
    looks = [one.look for one in sorted(onset.readings.values(), key=lambda one: one.rank) if one.look is not None]
    good = [look for look in looks if not look.clipped]
    polarization = next((look.polarization for look in good if look.polarization is not None), None)
    polarity = next((look.polarity for look in looks if look.polarity), "")
    return replace(
        best.pick,
        id=onset.id,
        polarity=polarity,
        polarization=polarization,
        trust=min(one.trust for one in onset.readings.values() if not one.reason),
        hint=_hint(onset, looks),
    )


def _hint(onset: Onset, looks: list[Look]) -> str:
    if any(one.teleseism for one in onset.readings.values() if not one.reason):
        return TELESEISM
    if not looks:
        return ""
    p = looks[0].p_probability
    return "P" if p >= HINT_PROBABILITY else "S" if p <= 1 - HINT_PROBABILITY else ""


def _order(fact: Any) -> tuple[int, int, int, str, str]:
    """By time of issue; picks by version and onset, findings, amplitudes, S; then by name."""
    pick_id = getattr(fact, "pick_id", "") or fact.id
    if isinstance(fact, Pick):
        kind, time = (fact.version, fact.time_ns) if fact.phase == "P" else (100, fact.time_ns)
    elif isinstance(fact, Amplitude):
        kind, time = 50, round(fact.window_s * 1000)
    else:
        kind, time = 10 + ("Rejection", "Look", "Period", "Comparison").index(type(fact).__name__), 0
    return fact.issued_ns, kind, time, fact.source_id.nslc, pick_id

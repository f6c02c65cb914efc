"""States of channels, stations and the network: good, degraded, down, unknown; when each changed, and why.

A state is wrong for some seconds at most, and does not flicker::

    seen   good ────╮ bad ─╮ good ╭─ bad ─────────────────╮ good ────────────────────
    told   good ────┼──────┼──────┼─╮ degraded ───────────┼───────────╮ good ────────
                    ╰──────╯      ╰─╯ ``worse_s``          ╰───────────╯ ``better_s``

What is seen follows from the channels' statuses, which change at the receipt that showed it or when silence has lasted
``silent_s``; so with ``worse_s`` after that a failure is told, and after ``better_s`` its end. Findings of the
diagnosis degrade what they name. All is a function of facts in their order; nothing depends on batches.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.health import Change, Finding
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.sourceid import SourceId
from seismonet.core.status import ChannelStatus
from seismonet.core.utc import from_seconds

GOOD, DEGRADED, DOWN, UNKNOWN = "good", "degraded", "down", "unknown"
RANK = {GOOD: 0, UNKNOWN: 1, DEGRADED: 2, DOWN: 3}
NETWORK = "network"


@parameters(frozen=True)
class MachineParams:
    """How long something must last before it is told."""

    worse_s: float = Field(default=10.0, ge=0, le=40, description="a state that became worse is told after so long")
    better_s: float = Field(default=30.0, ge=0, le=60, description="one that became better, after so long")
    unknown_s: float = Field(
        default=60.0, ge=0, le=600, description="a station never heard of is down after so long, unknown before"
    )
    least_confidence: float = Field(
        default=0.7, ge=0, le=1, description="findings of the diagnosis less sure than this change no state"
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What something looks like since ``since_ns``."""

    state: str
    reasons: tuple[str, ...]
    since_ns: int


@dataclass(slots=True)
class StateMachine:
    """What is told of all channels, stations and the network.

    ``deciding`` are the channels without which a station can do nothing (as for ``NetworkMonitor``).
    """

    source_ids: Iterable[SourceId]
    deciding: frozenset[SourceId]
    params: MachineParams = field(default_factory=MachineParams)
    _latest: dict[SourceId, ChannelStatus] = field(default_factory=dict)
    _seen: dict[str, Seen] = field(default_factory=dict)
    _told: dict[str, Seen] = field(default_factory=dict)
    _findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    _begin_ns: int = -1
    _stations: dict[str, list[SourceId]] = field(default_factory=dict)
    _waiting: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name in sorted(self.source_ids):
            self._stations.setdefault(name.station_code, []).append(name)

    def hear(self, status: ChannelStatus) -> None:
        """A channel's status changed or was repeated."""
        name = status.source_id
        if name.station_code in self._stations:
            self._begin(status.time_ns)
            before = self._latest.get(name)
            self._latest[name] = status
            if before is None or (before.reasons, before.usable) != (status.reasons, status.usable):
                self._look_again(name.station_code, status.time_ns)

    def judge(self, findings: Iterable[Finding], time_ns: int) -> None:
        """What the diagnosis found, for all stations at once; what it does not name any more is over."""
        self._begin(time_ns)
        found: dict[str, list[Finding]] = {}
        for one in findings:
            if one.confidence >= self.params.least_confidence:
                found.setdefault(one.station_code, []).append(one)
        for code in self._stations:
            now = tuple(found.get(code, ()))
            if _said(now) != _said(self._findings.get(code, ())):
                self._findings[code] = now
                self._look_again(code, time_ns)

    def look(self, until_ns: int) -> list[Change]:
        """Changes that are due up to a time, in their order."""
        if self._begin_ns < 0:
            return []
        changes: list[Change] = []
        while (due := min(((self._due_ns(name), name) for name in self._waiting), default=None)) is not None:
            due_ns, name = due
            if due_ns > until_ns:
                break
            self._waiting.discard(name)
            seen, told = self._seen[name], self._told[name]
            if seen.state == UNKNOWN:
                seen = Seen(DOWN, seen.reasons, due_ns)
                self._seen[name] = seen
            if seen.state != told.state:
                changes.append(Change(name, due_ns, told.state, seen.state, seen.reasons))
            self._told[name] = Seen(seen.state, seen.reasons, due_ns)
            if name in self._stations:
                self._see(NETWORK, *self._network(), due_ns)
        return changes

    def state(self, name: str) -> Seen:
        """What is told of a channel (its NSLC name), a station (``NET.STA``) or the ``network``."""
        return self._told.get(name, Seen(UNKNOWN, ("nothing was heard so far",), self._begin_ns))

    def save(self) -> dict[str, Any]:
        """All that it remembers, as plain values."""
        parts = {"latest": self._latest, "seen": self._seen, "told": self._told, "findings": self._findings}
        return {name: to_plain(part) for name, part in parts.items()} | {"begin_ns": self._begin_ns}

    def load(self, tree: Tree) -> None:
        """Take up what was saved, for what there is still."""
        known = {name for names in self._stations.values() for name in names}
        names = {name.nslc for name in known} | set(self._stations) | {NETWORK}
        latest = from_plain(dict[SourceId, ChannelStatus], tree["latest"])
        self._latest = {name: status for name, status in latest.items() if name in known}
        seen, told = (from_plain(dict[str, Seen], tree[part]) for part in ("seen", "told"))
        self._seen = {name: one for name, one in seen.items() if name in names}
        self._told = {name: one for name, one in told.items() if name in names}
        findings = from_plain(dict[str, tuple[Finding, ...]], tree["findings"])
        self._findings = {code: some for code, some in findings.items() if code in self._stations}
        self._begin_ns = tree["begin_ns"]
        self._waiting = {name for name in self._seen if self._open(name)}
        # what is new since then is unknown since now
        if self._begin_ns >= 0:
            for code in self._stations:
                if code not in self._seen:
                    self._look_again(code, self._begin_ns)

    def _begin(self, time_ns: int) -> None:
        if self._begin_ns < 0:
            self._begin_ns = time_ns
            for code in self._stations:
                self._look_again(code, time_ns)

    def _look_again(self, code: str, time_ns: int) -> None:
        """A station's channels, itself and the network, after something of it changed."""
        named = self._findings.get(code, ())
        for name in self._stations[code]:
            self._see(name.nslc, *self._channel(name, named), time_ns)
        self._see(code, *self._station(code, named), time_ns)
        self._see(NETWORK, *self._network(), time_ns)

    def _channel(self, name: SourceId, findings: tuple[Finding, ...]) -> tuple[str, tuple[str, ...]]:
        status = self._latest.get(name)
        if status is None:
            return UNKNOWN, ("no record so far",)
        own = tuple(_words(one) for one in findings if one.channel and covers(one.channel, name))
        if not status.receiving or status.flat:
            return DOWN, status.reasons + own
        # a clipped channel is one that works in strong shaking
        doubts = tuple(reason for reason in status.reasons if not reason.startswith("clipped")) + own
        return (DEGRADED, doubts) if doubts else (GOOD, ())

    def _station(self, code: str, findings: tuple[Finding, ...]) -> tuple[str, tuple[str, ...]]:
        states = {name: self._channel(name, findings) for name in self._stations[code]}
        whole = tuple(_words(one) for one in findings if not one.channel)
        reasons: dict[str, list[str]] = {}
        for name, (state, why) in states.items():
            for reason in why if state != GOOD else ():
                reasons.setdefault(reason, []).append(name.channel)
        told = tuple(f"{', '.join(which)}: {reason}" for reason, which in reasons.items()) + whole
        kinds = {state for state, _ in states.values()}
        if kinds == {UNKNOWN}:
            return UNKNOWN, ("no record so far",)
        decide = [states[name][0] for name in states if name in self.deciding] or [
            state for state, _ in states.values()
        ]
        if all(state in (DOWN, UNKNOWN) for state in decide):
            return DOWN, told
        return (DEGRADED, told) if whole or kinds != {GOOD} else (GOOD, ())

    def _network(self) -> tuple[str, tuple[str, ...]]:
        """Of what the stations look like now."""
        found = {code: self._seen[code].state for code in self._stations if code in self._seen}
        bad = {state: [code for code, one in found.items() if one == state] for state in (DOWN, UNKNOWN, DEGRADED)}
        reasons = tuple(f"{', '.join(codes)}: {state}" for state, codes in bad.items() if codes)
        kinds = set(found.values())
        if not kinds or kinds == {UNKNOWN}:
            return UNKNOWN, reasons
        if kinds <= {DOWN, UNKNOWN}:
            return DOWN, reasons
        return (DEGRADED, reasons) if kinds != {GOOD} else (GOOD, ())

    def _see(self, name: str, state: str, reasons: tuple[str, ...], time_ns: int) -> None:
        before = self._seen.get(name)
        if before is None:
            self._told.setdefault(name, Seen(UNKNOWN, reasons, time_ns))
        since_ns = before.since_ns if before is not None and before.state == state else time_ns
        self._seen[name] = Seen(state, reasons, since_ns)
        if before is not None and before.state == state and self._told[name].state == state:
            self._told[name] = Seen(state, reasons, self._told[name].since_ns)
        (self._waiting.add if self._open(name) else self._waiting.discard)(name)

    def _open(self, name: str) -> bool:
        """Is there something to tell of it, when it has lasted?"""
        return self._seen[name].state != self._told[name].state or self._seen[name].state == UNKNOWN

    def _due_ns(self, name: str) -> int:
        seen, told = self._seen[name], self._told[name]
        if seen.state == UNKNOWN:
            return max(self._begin_ns, seen.since_ns) + from_seconds(self.params.unknown_s)
        if told.state == UNKNOWN:
            return seen.since_ns + (from_seconds(self.params.worse_s) if seen.state != GOOD else 0)
        worse = RANK[seen.state] > RANK[told.state]
        return seen.since_ns + from_seconds(self.params.worse_s if worse else self.params.better_s)


def covers(pattern: str, name: SourceId) -> bool:
    """Does a finding's channel (``00.HHE``, or ``00.HH?`` for a sensor) name this one?

    >>> covers("00.HH?", SourceId.parse("TJ.SAREZ.00.HHZ")), covers("00.HHE", SourceId.parse("TJ.SAREZ.00.HHZ"))
    (True, False)
    """
    code = f"{name.location}.{name.channel}"
    return code == pattern or (pattern.endswith("?") and code[:-1] == pattern[:-1])


def _said(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(one.cause, one.channel) for one in findings]


def _words(one: Finding) -> str:
    return f"{one.cause}: {one.evidence[0]}" if one.evidence else one.cause

"""Gaps of the archive are filled from what servers still have: their rings first, then their archives.

The rule this file owns: one request at a time, with a rest after it, newest gap first; what comes is handed over in
small portions, marked ``LATE``, so that a fresh packet never waits behind old ones. A server that is busy or broken is
left alone for ever longer; that costs a gap none of its tries.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from seismonet.core.errors import ArchiveError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_seconds
from seismonet.core.waveform import LATE, Packet
from seismonet.net.clock import Clock
from seismonet.net.dialing import Dialer
from seismonet.net.fdsn import Answer, RequestLimits, dataselect
from seismonet.net.ringfetch import RingFetch
from seismonet.net.source import SourceParams
from seismonet.store.backfill import BackfillParams, Gap, Ledger, Span, find_gaps, load_ledger, save_ledger
from seismonet.store.contents import contents

PORTION = 64
"""Records handed over at a time: some milliseconds of the writer's work."""
MOST_REQUESTS = 16
"""A window that is too large for a server is cut in halves, with no more requests than this for one gap."""
SHORTEST_HALF_NS = 60_000_000_000
FIRST_REST_S, LONGEST_REST_S = 60.0, 3600.0
Take = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Means:
    """One way to ask one source: for which stations (patterns of ``NET.STA``), and how.

    ``ask`` hands all bytes that come to ``take``, and says what became of the request; it never raises for the server's
    sake.
    """

    source: str
    words: str
    stations: tuple[str, ...]
    ask: Callable[[Gap, Take], Awaitable[Answer]]

    def knows(self, source_id: SourceId) -> bool:
        """Is this a channel that the source is asked for?"""
        return any(fnmatchcase(source_id.station_code, pattern) for pattern in self.stations)


@dataclass(frozen=True, slots=True)
class Lane:
    """The late lane: where gaps are seen and records go.

    ``spans`` tells what the archive has between two times (it may block: it is called in a thread); ``deliver`` takes
    packets of a source with their flags; ``room`` is awaited before each portion.
    """

    spans: Callable[[int, int], Mapping[SourceId, Sequence[Span]]]
    deliver: Callable[[str, Sequence[Packet], int], None]
    room: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BackfillState:
    """What the backfill is about: gaps that are open, those given up, and what was asked and came since the start."""

    open: int = 0
    known: int = 0
    requests: int = 0
    records: int = 0
    refused: int = 0
    last: str = ""


@dataclass(slots=True)
class _Rest:
    """How long a means is left alone."""

    until_s: float = 0.0
    failures: int = 0


@dataclass(slots=True)
class _Basket:
    """What comes for one gap, on its way to the journal."""

    gap: Gap
    source: str
    lane: Lane
    clock: Clock
    came: list[Span] = field(default_factory=list)
    records: int = 0
    refused: int = 0

    async def take(self, data: bytes) -> None:
        """Hand over the records of the gap's channel that lie in it; the rest was not asked for."""
        found = await asyncio.to_thread(contents, data)
        own = np.array([name == self.gap.source_id for name in found.names], dtype=bool)
        wanted = ~found.refused()
        wanted[wanted] = own[found.channel[wanted]]
        wanted &= (found.start_ns < self.gap.end_ns) & (found.end_ns > self.gap.start_ns)
        self.refused += len(found) - int(np.count_nonzero(wanted)) + len(found.skipped)
        spans = list(zip(found.start_ns[wanted].tolist(), found.end_ns[wanted].tolist(), strict=True))
        packets = found.packets(data, wanted)
        for first in range(0, len(packets), PORTION):
            await self.lane.room()
            portion = packets[first : first + PORTION]
            self.lane.deliver(self.source, portion, LATE)
            self.came += spans[first : first + PORTION]
            self.records += len(portion)
            await self.clock.sleep(0.0)


class Backfill:
    """Looks for gaps and has them filled, for ever.

    ``means`` are tried in their order; ``ledger`` is the file that remembers what was asked.
    """

    def __init__(self, params: BackfillParams, means: Sequence[Means], lane: Lane, ledger: Path, clock: Clock) -> None:
        self._params, self._means, self._lane, self._clock = params, tuple(means), lane, clock
        self._path, self._ledger = ledger, Ledger()
        self._rests = {number: _Rest() for number in range(len(self._means))}
        self.state = BackfillState()

    async def run(self) -> None:
        """Look, ask, rest, for ever; at once over when nothing may be asked."""
        if not self._means or self._params.days == 0:
            return
        self._ledger = await asyncio.to_thread(load_ledger, self._path)
        while True:
            try:
                await self.round()
            except ArchiveError as error:  # an index that is locked or a disk that is full will be usable again
                self.state = replace(self.state, last=str(error))
            await self._clock.sleep(self._params.look_s)

    async def round(self) -> None:
        """Ask for the gaps that are due, for as long as it is not time to look again."""
        now_ns, begin_s = self._clock.now_ns(), self._clock.monotonic_s()
        begin_ns = now_ns - from_seconds(self._params.days * 86400)
        spans = await asyncio.to_thread(self._lane.spans, begin_ns, now_ns)
        gaps = await asyncio.to_thread(find_gaps, spans, now_ns, self._params)
        self._ledger.keep(gaps)
        self.state = replace(self.state, open=len(gaps), known=len(self._ledger.known()))
        for gap in self._ledger.due(gaps, now_ns):
            if await self._fill(gap):
                await asyncio.to_thread(save_ledger, self._path, self._ledger)
            if self._clock.monotonic_s() - begin_s > self._params.look_s:
                return

    async def _fill(self, gap: Gap) -> bool:
        """Ask for one gap until nothing of it is left; False when nobody could be asked."""
        told: list[str] = []
        left = [gap]
        for number, means in enumerate(self._means):
            if not left or not means.knows(gap.source_id) or self._clock.monotonic_s() < self._rests[number].until_s:
                continue
            hull = Gap(gap.source_id, left[0].start_ns, left[-1].end_ns)
            basket = _Basket(hull, means.source, self._lane, self._clock)
            self.state = replace(self.state, requests=self.state.requests + 1)
            answer = await means.ask(hull, basket.take)
            self._count(basket)
            left = [one for part in left for one in part.without(basket.came)]
            if not self._rest(number, answer) or basket.came:
                told.append(f"{means.words} of {means.source}: {_told(answer, basket)}")
            await self._clock.sleep(self._params.pause_s)
        if told:
            attempt = self._ledger.note(gap, self._clock.now_ns(), "; ".join(told))
            self.state = replace(self.state, last=attempt.answer)
        return bool(told)

    def _count(self, basket: _Basket) -> None:
        records, refused = self.state.records + basket.records, self.state.refused + basket.refused
        self.state = replace(self.state, records=records, refused=refused)

    def _rest(self, number: int, answer: Answer) -> bool:
        """Leave a means alone when it is busy or broken."""
        rest = self._rests[number]
        if answer.kind not in ("busy", "failed"):
            rest.failures = 0
            return False
        wait_s = max(answer.retry_s, min(FIRST_REST_S * 2**rest.failures, LONGEST_REST_S))
        self._rests[number] = _Rest(self._clock.monotonic_s() + wait_s, min(rest.failures + 1, 16))
        self.state = replace(self.state, last=f"{self._means[number].source}: {answer.words}")
        return True


def _told(answer: Answer, basket: _Basket) -> str:
    return f"{basket.records} records" if basket.records else answer.words or "nothing"


def dataselect_means(
    source: str, stations: Sequence[str], url: str, params: BackfillParams, clock: Clock, ca_file: str = ""
) -> Means:
    """Asking an FDSN dataselect service; a window that it finds too large is asked for in parts, the newest first."""
    limits = RequestLimits(ca_file=ca_file)
    limit_bytes = round(params.limit_mb * 2**20)

    async def ask(gap: Gap, take: Take) -> Answer:
        parts, answer = [gap], Answer("none")
        for _ in range(MOST_REQUESTS):
            if not parts:
                break
            part = parts.pop()
            answer = await dataselect(url, part.source_id, part.start_ns, part.end_ns, limit_bytes, limits)
            if answer.payload:
                await take(answer.payload)
            if answer.kind == "too much" and part.end_ns - part.start_ns >= 2 * SHORTEST_HALF_NS:
                middle_ns = (part.start_ns + part.end_ns) // 2
                parts += [replace(part, end_ns=middle_ns), replace(part, start_ns=middle_ns)]
                await clock.sleep(params.pause_s)
            elif answer.kind not in ("data", "none", "too much"):
                break
        return answer

    return Means(source, "dataselect", tuple(stations), ask)


def ring_means(params: SourceParams, clock: Clock, dialer: Dialer) -> Means:
    """Asking a SeedLink server for what its ring still holds; ``dialer`` is the one of its live connection."""
    ring = RingFetch(params, clock, dialer)

    async def ask(gap: Gap, take: Take) -> Answer:
        return await ring.window(gap.source_id, (gap.start_ns, gap.end_ns), take)

    return Means(params.name, "ring", params.stations, ask)

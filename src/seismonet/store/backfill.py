"""What is missing in the archive, and when it is worth asking for it.

The rule this file owns: a gap is asked for a bounded number of times, with growing intervals, and then is a known gap
that costs nothing more. Nothing here asks anybody, and time is an argument.

A gap is cut at fixed times of the day, so that each ``Gap`` is one request's worth and stays the same gap while others
are filled beside it::

    spans   ███████              ███████    █████
    cut at      |       |       |       |       |
    gaps           [    ][      ]       [   ]
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.errors import ArchiveError
from seismonet.core.plain import from_plain, to_plain
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_seconds

RETRY_S = (600.0, 3600.0, 6 * 3600.0, 86400.0, 3 * 86400.0, 7 * 86400.0)
"""A gap that nobody could fill is asked for again after so long; after the last it is known and left alone."""
MOST_GAPS = 10_000
"""So many gaps are followed, the newest ones: a ledger must stay small on a link that breaks every minute."""

LEDGER = "gaps.json"
"""The ledger's file in an archive's folder."""
Span = tuple[int, int]


@parameters(frozen=True)
class BackfillParams:
    """How gaps are filled after the fact."""

    days: float = Field(default=7.0, ge=0, le=3650, description="how old a gap may be to be asked for; 0: never ask")
    settle_s: float = Field(default=60.0, ge=0, description="so long a gap may still heal by itself before we ask")
    shortest_s: float = Field(default=0.1, ge=0, description="gaps shorter than this are not asked for")
    request_hours: float = Field(default=6.0, ge=0.1, le=24, description="longest time window of one request")
    pause_s: float = Field(default=2.0, ge=0, description="rest between two requests")
    look_s: float = Field(default=60.0, gt=0, description="how often the archive is searched for gaps")
    limit_mb: float = Field(default=8.0, gt=0, le=64, description="largest answer that is kept, MiB")


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """What is missing of a channel: from the end of what is there to the start of what comes next."""

    source_id: SourceId
    start_ns: int
    end_ns: int

    def without(self, spans: Iterable[Span]) -> list["Gap"]:
        """What is left of it when ``spans`` have come.

        >>> gap = Gap(SourceId.parse("TJ.SAREZ.00.HHZ"), 0, 100)
        >>> [(one.start_ns, one.end_ns) for one in gap.without([(90, 120), (10, 20)])]
        [(0, 10), (20, 90)]
        """
        left, at = [], self.start_ns
        for start_ns, end_ns in sorted(spans):
            if at < start_ns and at < self.end_ns:
                left.append(Gap(self.source_id, at, min(start_ns, self.end_ns)))
            at = max(at, end_ns)
        if at < self.end_ns:
            left.append(Gap(self.source_id, at, self.end_ns))
        return left


def find_gaps(spans: Mapping[SourceId, Sequence[Span]], now_ns: int, params: BackfillParams) -> list[Gap]:
    """The gaps between spans that are worth asking for, newest first, at most ``MOST_GAPS``.

    ``spans`` are what is there of each channel, in any order. What a channel lacks before its first span and after its
    last is no gap: it did not exist yet, and what is still to come is asked for by the live connection.
    """
    begin_ns, until_ns = now_ns - from_seconds(params.days * 86400), now_ns - from_seconds(params.settle_s)
    step_ns, shortest_ns = from_seconds(params.request_hours * 3600), from_seconds(params.shortest_s)
    found: list[Gap] = []
    for source_id, own in spans.items():
        for start_ns, end_ns in _holes(own):
            if end_ns <= until_ns and end_ns - start_ns >= shortest_ns:
                found += [Gap(source_id, *piece) for piece in _cut(start_ns, end_ns, step_ns) if piece[1] > begin_ns]
    found.sort(key=lambda gap: (-gap.end_ns, gap.source_id))
    return found[:MOST_GAPS]


def _holes(spans: Sequence[Span]) -> list[Span]:
    ordered = sorted(spans)
    reach, holes = (ordered[0][1] if ordered else 0), []
    for _, (start_ns, end_ns) in pairwise(ordered):
        if start_ns > reach:
            holes.append((reach, start_ns))
        reach = max(reach, end_ns)
    return holes


def _cut(start_ns: int, end_ns: int, step_ns: int) -> list[Span]:
    """At whole multiples of the step since 1970.

    >>> _cut(5, 25, 10)
    [(5, 10), (10, 20), (20, 25)]
    """
    inner = range(start_ns // step_ns * step_ns + step_ns, end_ns, step_ns)
    return list(pairwise((start_ns, *inner, end_ns)))


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of asking for a gap: how often, when again (None: never), and the last answer in words."""

    gap: Gap
    tries: int
    next_ns: int | None
    answer: str


@dataclass(slots=True)
class Ledger:
    """What was asked for and with what result; it begins empty, and losing it costs nothing but asking again."""

    attempts: dict[Gap, Attempt] = field(default_factory=dict)

    def due(self, gaps: Iterable[Gap], now_ns: int) -> list[Gap]:
        """Those of the gaps that may be asked for now, in their order."""
        return [gap for gap in gaps if self._next_ns(gap, now_ns) <= now_ns]

    def _next_ns(self, gap: Gap, now_ns: int) -> int:
        attempt = self.attempts.get(gap)
        if attempt is None:
            return now_ns
        return attempt.next_ns if attempt.next_ns is not None else now_ns + 1

    def note(self, gap: Gap, now_ns: int, answer: str) -> Attempt:
        """Somebody was asked, and this is what they said."""
        tries = self.attempts[gap].tries + 1 if gap in self.attempts else 1
        wait_s = RETRY_S[tries - 1] if tries <= len(RETRY_S) else None
        next_ns = None if wait_s is None else now_ns + from_seconds(wait_s)
        self.attempts[gap] = Attempt(gap, tries, next_ns, answer)
        return self.attempts[gap]

    def keep(self, gaps: Iterable[Gap]) -> None:
        """Forget all gaps but these: the others are filled or too old."""
        still = set(gaps)
        self.attempts = {gap: attempt for gap, attempt in self.attempts.items() if gap in still}

    def known(self) -> list[Gap]:
        """Gaps that nobody could fill, oldest first."""
        return sorted(gap for gap, attempt in self.attempts.items() if attempt.next_ns is None)


def save_ledger(path: Path, ledger: Ledger) -> None:
    """Write a ledger beside and rename it; ArchiveError when that fails."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(json.dumps(to_plain(list(ledger.attempts.values()))), "utf-8")
        part.replace(path)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be written: {error.strerror or error}; check the disk") from None


def load_ledger(path: Path) -> Ledger:
    """The ledger in a file; an empty one where there is none, or none that can be read."""
    try:
        attempts = from_plain(list[Attempt], json.loads(path.read_text("utf-8")))
        return Ledger({attempt.gap: attempt for attempt in attempts})
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Ledger()

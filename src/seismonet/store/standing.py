"""How an archive stands: what there is of each channel and day, and what it costs. From the index; no tree is walked.

The rule this file owns: a day whose file was removed is told as removed, and never counts as there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from seismonet.core.errors import ArchiveError
from seismonet.core.sourceid import SourceId

from . import indexschema as tables
from .availability import Coverage, coverage
from .backfill import LEDGER, load_ledger
from .dayfiles import matches
from .files import Disk
from .inbox import waiting_bytes
from .index import NAME, Index
from .indexwriter import HERE, Conflict, Day, Loss, Span
from .quarantine import FOLDER
from .sds import DAY_NS, day_of

JOURNAL = "journal"
USUAL_DAYS = 7


@dataclass(frozen=True, slots=True)
class ChannelDay:
    """One channel and day: its row of the index, and what there is of the part of it that lies in the window."""

    row: Day
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class ChannelStanding:
    """One channel in the window.

    ``late_s`` is what only backfill or import has brought; ``last_ns`` when its newest record ends, in the window or
    not; ``rows`` are those of the index, ``spans`` what is there.
    """

    source_id: SourceId
    coverage: Coverage
    late_s: float
    last_ns: int
    rows: tuple[Day, ...]
    spans: tuple[Span, ...]
    first_ns: int
    window_ns: Span

    def total(self, name: str) -> int:
        """A number of the rows, summed: ``records``, ``length``, ``overlaps``, …"""
        return sum(getattr(row, name) for row in self.rows)

    @property
    def removed_days(self) -> int:
        """Days whose files were removed for their age or for lack of space."""
        return sum(row.state != HERE for row in self.rows)

    def days(self) -> list[ChannelDay]:
        """The days one by one."""
        by_day: dict[int, list[Span]] = {}
        for span in self.spans:
            by_day.setdefault(day_of(span[0]), []).append(span)
        found = []
        for row in self.rows:
            # a record that spans midnight is filed under the day before
            own = by_day.get(row.day - 1, [])[-1:] + by_day.get(row.day, [])
            found.append(ChannelDay(row, coverage(own, self.first_ns, _part(row, self.window_ns), cells=1)))
        return found


@dataclass(frozen=True, slots=True)
class Standing:
    """All wanted channels in a window, and where records disagree or went missing in it."""

    window_ns: Span
    channels: tuple[ChannelStanding, ...]
    conflicts: tuple[Conflict, ...]
    losses: tuple[Loss, ...]


def standing(
    index: Index, wanted: Sequence[str] = (), start_ns: int | None = None, end_ns: int | None = None
) -> Standing:
    """How the channels of an archive stand between two times.

    Without ``end_ns``, up to the newest sample of any channel; without ``start_ns``, the seven days that end with that.
    ArchiveError when the index cannot be read.
    """
    lives = _lives(index)
    end = end_ns if end_ns is not None else max((last for _, last in lives.values()), default=0)
    start = start_ns if start_ns is not None else (day_of(max(end - 1, 0)) - USUAL_DAYS + 1) * DAY_NS
    window = start, max(end, start)
    rows: dict[SourceId, list[Day]] = {name: [] for name in sorted(lives) if matches(name, wanted)}
    for row in index.days(*window):
        if row.source_id in rows and row.last_ns > window[0] and row.first_ns < window[1]:
            rows[row.source_id].append(row)
    both, live = index.spans(*window), index.spans(*window, late=False)
    channels = tuple(
        _channel(name, own, (both.get(name, []), live.get(name, [])), lives[name], window)
        for name, own in rows.items()
        if lives[name][0] < window[1]
    )
    conflicts = tuple(one for one in index.conflicts(*window) if one.source_id in rows)
    losses = tuple(one for one in index.losses() if one.source_id in rows and _touches(one, window))
    return Standing(window, channels, conflicts, losses)


def _touches(loss: Loss, window_ns: Span) -> bool:
    return loss.start_ns < window_ns[1] and loss.end_ns > window_ns[0]


def _channel(
    name: SourceId, rows: list[Day], spans: tuple[list[Span], list[Span]], life_ns: Span, window_ns: Span
) -> ChannelStanding:
    first_ns, last_ns = life_ns
    gone = {row.day for row in rows if row.state != HERE}
    both, live = ([span for span in one if day_of(span[0]) not in gone] for one in spans)
    whole = coverage(both, first_ns, window_ns)
    late_s = whole.covered_s - coverage(live, first_ns, window_ns).covered_s
    return ChannelStanding(name, whole, late_s, last_ns, tuple(rows), tuple(both), first_ns, window_ns)


def _lives(index: Index) -> dict[SourceId, Span]:
    """When the first record of each channel began and the last one ended, ever."""
    table = tables.days
    query = select(tables.channels.c.nslc, func.min(table.c.first_ns), func.max(table.c.last_ns))
    query = query.join(table, table.c.channel == tables.channels.c.id).group_by(tables.channels.c.nslc)
    with index.reading() as connection:
        return {SourceId.parse(nslc): (first, last) for nslc, first, last in connection.execute(query)}


def _part(row: Day, window_ns: Span) -> Span:
    """The day's part of the window."""
    start_ns = max(row.day_ns, window_ns[0])
    return start_ns, max(start_ns, min(row.day_ns + DAY_NS, window_ns[1]))


@dataclass(frozen=True, slots=True)
class Storage:
    """What an archive's folder costs: bytes of the journal, of the day files and of the quarantine (and its files);
    what waits in the inbox; the disk's free bytes; gaps that nobody could fill and that are not asked for any more."""

    archive_bytes: int
    journal_bytes: int
    quarantine_bytes: int
    quarantine_files: int
    inbox_bytes: int
    free_bytes: int
    known_gaps: int
    open_gaps: int


def storage(folder: Path, index: Index, disk: Disk) -> Storage:
    """What an archive costs. ArchiveError when its folder cannot be read."""
    try:
        journal = _sizes(folder / JOURNAL, disk)
        refused = _sizes(folder / FOLDER, disk)
        free = disk.free_bytes(folder)
    except OSError as error:
        raise ArchiveError(f"{folder}: cannot be read: {error.strerror or error}") from None
    ledger = load_ledger(folder / LEDGER)
    known = len(ledger.known())
    query = select(func.sum(tables.days.c.length)).where(tables.days.c.state == HERE)
    with index.reading() as connection:
        held = int(connection.execute(query).scalar() or 0)
    return Storage(
        held, sum(journal), sum(refused), len(refused), waiting_bytes(folder), free, known,
        len(ledger.attempts) - known,
    )  # fmt: skip


def _sizes(folder: Path, disk: Disk) -> list[int]:
    return [disk.size(folder / name) or 0 for name in disk.names(folder)]


def open_index(folder: Path) -> Index:
    """The index of an archive, to read; ArchiveError when there is none."""
    return Index(folder / NAME)

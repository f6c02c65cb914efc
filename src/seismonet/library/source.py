"""Waveform files as one ordered source of receipts: a day of an archive at a time, so that years fit into memory."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from seismonet.core.errors import FormatError, QueryError
from seismonet.core.inventory import ChannelTable
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.core.waveform import Receipts
from seismonet.feed import chained, fresh, in_order, modelled, packets, sliced, within
from seismonet.store.offline import OfflineFile, expand, read_file
from seismonet.store.receiptslog import FOLDER as RECEIPTS
from seismonet.store.receiptslog import read

Progress = Callable[[float], None]
Window = tuple[int | None, int | None]
DAY = re.compile(r"\.(\d{4})\.(\d{3})$")


@dataclass(slots=True)
class Source:
    """Files to replay. ``files`` fills as they are read, without their receipts; ``span_ns`` is what they cover."""

    waveforms: Sequence[str]
    window: Window
    latency_s: float
    table: ChannelTable
    files: list[OfflineFile] = field(default_factory=list)
    span_ns: tuple[int, int] = (2**63 - 1, -(2**63))
    records: int = 0
    _groups: list[list[Path]] = field(default_factory=list)
    _spans: list[tuple[int, int]] = field(default_factory=list)
    _first: list[Receipts] | None = None
    _progress: Progress | None = None

    def __post_init__(self) -> None:
        paths = expand(self.waveforms, *self.window)
        if not paths:
            raise QueryError("no waveform file in the time window; widen --start and --end")
        days: dict[str, list[Path]] = {}
        for path in paths:
            found = DAY.search(path.name)
            days.setdefault("".join(found.groups()) if found else "", []).append(path)
        self._groups = [days[day] for day in sorted(days)]

    def check(self) -> None:
        """Read the first day: QueryError or FormatError when nothing of it can be used."""
        self._first = self._load(0)
        if not self._first and len(self._groups) == 1:
            raise QueryError("no record in the time window; widen --start and --end")
        known = {channel.source_id for channel in self.table.channels}
        names = {name for part in self._first for name in part.source_ids}
        if names and not names & known:
            example = ", ".join(sorted(name.nslc for name in names)[:3])
            raise FormatError(
                f"none of the recorded channels ({example}, …) is in the station metadata; give their StationXML"
            )

    def batches(self) -> Iterator[Receipts]:
        """All receipts, in order."""
        return chained(part for day in self._days() for part in sliced(day))

    def _days(self) -> Iterator[list[Receipts]]:
        for number in range(len(self._groups)):
            first, self._first = self._first, None
            receipts = self._load(number) if first is None else first
            if self._progress is not None:
                self._progress(number / len(self._groups))
            yield receipts

    def progress(self, tell: Progress) -> Callable[[int], None]:
        """What to call with the number of receipts handled; ``tell`` hears the share that is done."""
        self._progress = tell
        done = 0

        def handled(count: int) -> None:
            nonlocal done
            done += count
            known = sum(file.outcomes["ok"] for file in self.files)
            tell(min(1.0, done / max(1, known) * len(self._spans) / len(self._groups)))

        return handled

    def _load(self, number: int) -> list[Receipts]:
        """One day; a file that cannot be read stops a replay, as a silent hole would look like quiet."""
        files = [read_file(path) for path in self._groups[number]]
        for file in files:
            _whole(file)
        parts = [within(modelled(_records(file), self.latency_s), self.window) for file in files]
        self.files += [replace(file, receipts=Receipts.of([])) for file in files]
        parts = [part for part in parts if len(part)]
        self.records += sum(len(part) for part in parts)
        begin_ns = min((int(part.start_ns.min()) for part in parts), default=2**63 - 1)
        end_ns = max((int(part.end_ns().max()) for part in parts), default=-(2**63))
        self._spans.append((begin_ns, end_ns))
        self.span_ns = min(self.span_ns[0], begin_ns), max(self.span_ns[1], end_ns)
        return parts

    def about(self, window_ns: tuple[int, int]) -> Receipts:
        """The receipts of a time window, read again."""
        paths = [
            path
            for group, span in zip(self._groups, self._spans, strict=True)
            if span[0] < window_ns[1] and span[1] > window_ns[0]
            for path in group
        ]
        return in_order(within(_records(read_file(path)), window_ns) for path in paths)


@dataclass(slots=True)
class ReceiptsSource:
    """What a daemon received, in its order and with its stamps: a replay of it is the live run once more.

    ``folder`` is the archive's; ``window`` is of receipt times here. Data more than ``late_s`` late are left out, as
    the daemon left them out.
    """

    folder: Path
    window: Window
    late_s: float
    table: ChannelTable
    files: list[OfflineFile] = field(default_factory=list)
    span_ns: tuple[int, int] = (2**63 - 1, -(2**63))
    records: int = 0
    latency_s: float = 0.0
    _received_ns: tuple[int, int] = (0, 0)
    _progress: Progress | None = None

    def check(self) -> None:
        """QueryError when nothing was received in the window."""
        days = sorted(path.stem for path in (self.folder / RECEIPTS).glob("*.rows"))
        if not days:
            raise QueryError(f"{self.folder}: holds no receipts; give the folder of a daemon's archive")
        first, last = (datetime.strptime(day, "%Y.%j").replace(tzinfo=UTC) for day in (days[0], days[-1]))
        begin_ns, end_ns = int(first.timestamp()) * SECOND_NS, int((last + timedelta(days=1)).timestamp()) * SECOND_NS
        start, end = self.window
        self._received_ns = max(begin_ns, start or begin_ns), min(end_ns, end or end_ns)
        if next(read(self.folder, *self._received_ns), None) is None:
            raise QueryError("nothing was received in the time window; widen --start and --end")

    def batches(self) -> Iterator[Receipts]:
        """All receipts, in order."""
        begin_ns, end_ns = self._received_ns
        for batch in read(self.folder, begin_ns, end_ns):
            part = fresh(batch, self.late_s)
            if len(part):
                span = int(part.start_ns.min()), int(part.end_ns().max())
                self.span_ns = min(self.span_ns[0], span[0]), max(self.span_ns[1], span[1])
                self.records += len(part)
                yield part
            if self._progress is not None:
                self._progress((int(batch.received_ns[-1]) - begin_ns) / (end_ns - begin_ns))

    def progress(self, tell: Progress) -> Callable[[int], None]:
        """What to call with the number of receipts handled; ``tell`` hears the share that is done."""
        self._progress = tell
        return lambda count: None

    def about(self, window_ns: tuple[int, int]) -> Receipts:
        """The receipts with data in a time window, read again."""
        begin_ns, end_ns = self._received_ns
        latest_ns = min(end_ns, window_ns[1] + from_seconds(self.late_s))
        batches = read(self.folder, max(begin_ns, window_ns[0]), latest_ns)
        return in_order(within(fresh(batch, self.late_s), window_ns) for batch in batches)


def _whole(file: OfflineFile) -> None:
    """FormatError for a file that ends within a record: what is missing may be what matters."""
    last = file.skipped[-1] if file.skipped else None
    if last is not None and last.reason.startswith("cut off") and last.offset + last.length == file.path.stat().st_size:
        raise FormatError(
            f"{file.path}: cut off within its last record ({last.length} bytes of it are there); fetch the file again"
        )


def _records(file: OfflineFile) -> Receipts:
    """A file's own records; packets of a second where its format has none."""
    return file.receipts if file.format == "MSEED" else packets(file.receipts)

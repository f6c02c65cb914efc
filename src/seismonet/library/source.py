"""Waveform files as one ordered source of receipts: a day of an archive at a time, so that years fit into memory."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from seismonet.core.errors import FormatError, QueryError
from seismonet.core.inventory import ChannelTable
from seismonet.core.waveform import Receipts
from seismonet.feed import chained, in_order, modelled, packets, sliced, within
from seismonet.store.offline import OfflineFile, expand, read_file

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

"""Waveform files as one ordered source of receipts: a day of an archive at a time, so that years fit into memory."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from seismonet.core.errors import FormatError, QueryError
from seismonet.core.inventory import ChannelTable
from seismonet.core.waveform import Receipts
from seismonet.feed import chained
from seismonet.store.offline import OfflineFile, expand, read_file

from .replaying import gather

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
    _groups: list[list[Path]] = field(default_factory=list)
    _spans: list[tuple[int, int]] = field(default_factory=list)
    _first: Receipts | None = None
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
        self._first = receipts = self._load(0)
        if len(receipts) == 0 and len(self._groups) == 1:
            raise QueryError("no record in the time window; widen --start and --end")
        known = {channel.source_id for channel in self.table.channels}
        if len(receipts) and not any(name in known for name in receipts.source_ids):
            example = ", ".join(sorted(name.nslc for name in receipts.source_ids)[:3])
            raise FormatError(
                f"none of the recorded channels ({example}, …) is in the station metadata; give their StationXML"
            )

    def batches(self) -> Iterator[Receipts]:
        """All receipts, in order."""
        return chained(self._days())

    def _days(self) -> Iterator[Receipts]:
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

    def _load(self, number: int) -> Receipts:
        """One day; a file that cannot be read stops a replay, as a silent hole would look like quiet."""
        files = [read_file(path) for path in self._groups[number]]
        receipts = gather([file.receipts for file in files], self.latency_s, self.window)
        nothing = receipts.select(slice(0, 0))
        self.files += [replace(file, receipts=replace(nothing, samples=nothing.samples[:0])) for file in files]
        span = (2**63 - 1, -(2**63))
        if len(receipts):
            span = int(receipts.start_ns.min()), int(receipts.end_ns().max())
        self._spans.append(span)
        self.span_ns = min(self.span_ns[0], span[0]), max(self.span_ns[1], span[1])
        return receipts

    def about(self, window_ns: tuple[int, int]) -> Receipts:
        """The receipts of a time window, read again."""
        paths = [
            path
            for group, span in zip(self._groups, self._spans, strict=True)
            if span[0] < window_ns[1] and span[1] > window_ns[0]
            for path in group
        ]
        return gather([read_file(path).receipts for path in paths], self.latency_s, window_ns)

"""Samples on their way: as sent, as decoded, as received, as processed.

The pipeline has two inputs, ``Receipts`` and ``Tick``. ``Receipts`` is a batch of receipts held as columns, because a
batch of 300 packets as 300 Python objects would cost more than everything that is done with their samples.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import AnyArray, BoolArray, FloatArray, IntArray, SampleArray
from .sourceid import SourceId

FOREIGN, LATE = 1, 2
"""Flags of a delivery: it claims a station that was not asked of its server; it was fetched to fill a gap."""


@dataclass(frozen=True, slots=True)
class Packet:
    """What one server sent: payload bytes, untouched; ``station`` is ``NET.STA``, ``sequence`` -1 without one."""

    station: str
    sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """Packets of one source that arrived together, and when. ``flags`` may hold ``FOREIGN`` and ``LATE``."""

    source: str
    received_ns: int
    packets: tuple[Packet, ...]
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Resume:
    """How far a station of a source is safely stored: its last sequence number (-1 unknown), the end of its data."""

    sequence: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Record:
    """One decoded record of any format.

    ``samples`` is int32 or float64 ``(n,)`` in native units (counts); ``timing_quality`` in percent, -1 unknown;
    ``flags`` of a miniSEED 2 header: activity in bits 0-7, input and output 8-15, data quality 16-23; -1 unknown.
    """

    source_id: SourceId
    start_ns: int
    rate_hz: float
    samples: SampleArray
    timing_quality: int = -1
    flags: int = -1

    @property
    def end_ns(self) -> int:
        """Time of the sample after the last: when the record is complete."""
        return self.start_ns + round(len(self.samples) * 1e9 / self.rate_hz)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A record and the moment it was received."""

    record: Record
    received_ns: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment: everything received up to and including ``time_ns`` has been handed over."""

    time_ns: int


@dataclass(frozen=True, slots=True)
class Receipts:
    """A batch of receipts in the order of their ``received_ns``, as columns.

    Attributes
    ----------
    source_ids : the k channels of this batch, each once
    channel : (m,) int64, index into ``source_ids``
    start_ns, received_ns : (m,) int64
    rate_hz : (m,) float64
    first, count : (m,) int64, where each record's samples lie in ``samples``
    samples : (total,) int32 or float64, native units
    timing_quality : (m,) int64 percent, -1 unknown
    flags : (m,) int64 as those of a record; None where none has any

    Examples
    --------
    >>> record = Record(SourceId.parse("TJ.SAREZ.00.HHZ"), 0, 100.0, np.arange(3, dtype=np.int32))
    >>> batch = Receipts.of([Receipt(record, 30_000_000)])
    >>> len(batch), next(iter(batch)).record.samples.tolist()
    (1, [0, 1, 2])
    """

    source_ids: tuple[SourceId, ...]
    channel: IntArray
    start_ns: IntArray
    rate_hz: FloatArray
    first: IntArray
    count: IntArray
    samples: SampleArray
    received_ns: IntArray
    timing_quality: IntArray
    flags: IntArray | None = None

    @classmethod
    def of(cls, receipts: Sequence[Receipt]) -> "Receipts":
        """Columns of single receipts. Integer samples stay int32 unless one record has floats."""
        names: dict[SourceId, int] = {}
        channel = [names.setdefault(receipt.record.source_id, len(names)) for receipt in receipts]
        records = [receipt.record for receipt in receipts]
        count = np.array([len(record.samples) for record in records], dtype=np.int64)
        whole = all(record.samples.dtype == np.int32 for record in records)
        parts = [np.asarray(record.samples, dtype=np.int32 if whole else np.float64) for record in records]
        return cls(
            source_ids=tuple(names),
            channel=np.array(channel, dtype=np.int64),
            start_ns=np.array([record.start_ns for record in records], dtype=np.int64),
            rate_hz=np.array([record.rate_hz for record in records], dtype=np.float64),
            first=np.cumsum(count) - count,
            count=count,
            samples=np.concatenate(parts) if parts else np.empty(0, dtype=np.int32),
            received_ns=np.array([receipt.received_ns for receipt in receipts], dtype=np.int64),
            timing_quality=np.array([record.timing_quality for record in records], dtype=np.int64),
            flags=np.array([record.flags for record in records], dtype=np.int64),
        )

    def record(self, index: int) -> Record:
        """One record of the batch (its samples are a view)."""
        first = int(self.first[index])
        return Record(
            self.source_ids[int(self.channel[index])],
            int(self.start_ns[index]),
            float(self.rate_hz[index]),
            self.samples[first : first + int(self.count[index])],
            int(self.timing_quality[index]),
            -1 if self.flags is None else int(self.flags[index]),
        )

    def end_ns(self) -> IntArray:
        """(m,) time of the sample after each record's last."""
        return self.start_ns + np.rint(self.count * (1e9 / self.rate_hz)).astype(np.int64)

    def select(self, index: IntArray | BoolArray | slice) -> "Receipts":
        """Some receipts of the batch, in the given order; samples are shared, not copied."""
        return Receipts(
            self.source_ids,
            self.channel[index],
            self.start_ns[index],
            self.rate_hz[index],
            self.first[index],
            self.count[index],
            self.samples,
            self.received_ns[index],
            self.timing_quality[index],
            None if self.flags is None else self.flags[index],
        )

    def compact(self) -> "Receipts":
        """The same receipts with no samples but their own, in their order."""
        end = self.first + self.count
        if len(self) == 0 or (self.first[1:] == end[:-1]).all():
            samples = self.samples[self.first[0] : end[-1]] if len(self) else self.samples[:0]
        else:
            samples = np.concatenate(
                [self.samples[f:e] for f, e in zip(self.first.tolist(), end.tolist(), strict=True)]
            )
        return Receipts(
            self.source_ids,
            self.channel,
            self.start_ns,
            self.rate_hz,
            np.cumsum(self.count) - self.count,
            self.count,
            samples,
            self.received_ns,
            self.timing_quality,
            self.flags,
        )

    def __len__(self) -> int:
        return len(self.channel)

    def __iter__(self) -> Iterator[Receipt]:
        for index in range(len(self)):
            yield Receipt(self.record(index), int(self.received_ns[index]))


def join(batches: Iterable[Receipts]) -> Receipts:
    """One batch of several, in their order."""
    parts = list(batches)
    names: dict[SourceId, int] = {}
    renumber = [
        np.array([names.setdefault(one, len(names)) for one in part.source_ids], dtype=np.int64) for part in parts
    ]
    whole = all(part.samples.dtype == np.int32 for part in parts)
    shift = np.cumsum([0, *(len(part.samples) for part in parts)])

    def column(name: str, kind: type) -> AnyArray:
        return (
            np.concatenate([getattr(part, name) for part in parts]).astype(kind) if parts else np.empty(0, dtype=kind)
        )

    samples = [np.asarray(part.samples, dtype=np.int32 if whole else np.float64) for part in parts]
    return Receipts(
        tuple(names),
        np.concatenate([new[part.channel] for new, part in zip(renumber, parts, strict=True)])
        if parts
        else column("", int),
        column("start_ns", np.int64),
        column("rate_hz", np.float64),
        np.concatenate([part.first + by for part, by in zip(parts, shift[:-1], strict=True)])
        if parts
        else column("", int),
        column("count", np.int64),
        np.concatenate(samples) if parts else np.empty(0, dtype=np.int32),
        column("received_ns", np.int64),
        column("timing_quality", np.int64),
        _flags(parts),
    )


def _flags(parts: list[Receipts]) -> IntArray | None:
    if all(part.flags is None for part in parts):
        return None
    return np.concatenate([np.full(len(part), -1) if part.flags is None else part.flags for part in parts])


@dataclass(frozen=True, slots=True)
class Segment:
    """Contiguous samples of one channel, any length: the notebook's unit."""

    source_id: SourceId
    start_ns: int
    rate_hz: float
    samples: SampleArray


@dataclass(frozen=True, slots=True)
class Block:
    """Equal-length pieces of r channels with (nearly) one sampling rate.

    Samples are addressed by number; the time of a number is that of the record which brought it (``detect.assemble``).

    Attributes
    ----------
    rows : (r,) int64, rows of the ChannelTable, each at most once
    number : (r,) int64, its number, counted from the first sample that the row ever received
    samples : (r, n) float64, native units
    fresh : (r,) bool, True where a new segment begins with this piece: reset the row's state first
    """

    rows: IntArray
    number: IntArray
    samples: FloatArray
    fresh: BoolArray

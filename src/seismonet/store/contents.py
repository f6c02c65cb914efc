"""What the records in some bytes are: names, times and the gate's reason, as columns, without their samples.

The rule this file owns: it is the bytes of the record that say of which channel and day it is, never a file's name.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import BoolArray, IntArray
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Packet
from seismonet.formats.gate import LENGTHS, REASONS, Verdict, end_ns
from seismonet.formats.headers import parse_header3, parse_headers
from seismonet.formats.miniseed import Known, decode
from seismonet.formats.scan import Scan, Skip, scan

REFUSED = np.array([reason.verdict is Verdict.QUAR for reason in REASONS])


@dataclass(frozen=True, slots=True)
class Contents:
    """The records of some bytes.

    Attributes
    ----------
    offset, length : (m,) int64, where each lies
    names : the channels of this table, each once
    channel : (m,) int64, index into ``names``; -1 where the record tells no channel
    start_ns, end_ns : (m,) int64, first sample, and the time of the sample after the last
    count : (m,) int64 samples, as the header says
    reason : (m,) int64, index into ``gate.REASONS``: what the gate and the decoder say of it
    skipped : bytes that belong to no record
    """

    offset: IntArray
    length: IntArray
    names: tuple[SourceId, ...]
    channel: IntArray
    start_ns: IntArray
    end_ns: IntArray
    count: IntArray
    reason: IntArray
    skipped: tuple[Skip, ...] = ()

    def __len__(self) -> int:
        return len(self.offset)

    def name(self, index: int) -> SourceId | None:
        """The channel of one record."""
        number = int(self.channel[index])
        return self.names[number] if number >= 0 else None

    def refused(self) -> BoolArray:
        """(m,) is it no record that an archive keeps, or one of no channel?"""
        return np.asarray(REFUSED[self.reason] | (self.channel < 0))

    def packets(self, data: bytes, chosen: BoolArray) -> list[Packet]:
        """Some of the records, out of the bytes they lie in, as packets of their stations."""
        stations = [name.station_code for name in self.names]
        index = np.flatnonzero(chosen)
        columns = (column[index].tolist() for column in (self.channel, self.offset, self.offset + self.length))
        return [Packet(stations[number], -1, data[at:end]) for number, at, end in zip(*columns, strict=True)]

    def refusals(self) -> Counter[str]:
        """How many records are refused, by reason code."""
        return Counter(REASONS[number].code for number in self.reason[self.refused()].tolist())


def contents(data: bytes, known: Known | None = None) -> Contents:
    """Find, judge and decode all records of some bytes; the samples are given up again.

    >>> contents(b"junk").skipped
    (Skip(offset=0, length=4, reason='no record'),)
    """
    return described(data, scan(data), known)


def described(data: bytes, found: Scan, known: Known | None = None) -> Contents:
    """The same for records whose places are known already."""
    m = len(found.offset)
    reason = decode(data, found.offset, found.length, known=known).reason
    numbers: dict[SourceId, int] = {}
    channel = np.full(m, -1, dtype=np.int64)
    start_ns, count = np.zeros((2, m), dtype=np.int64)
    rate_hz = np.ones(m)
    for index, names, own_start, own_count, own_rate in _headers(data, found):
        channel[index] = [-1 if name is None else numbers.setdefault(name, len(numbers)) for name in names]
        start_ns[index], count[index], rate_hz[index] = own_start, own_count, own_rate
    until_ns = end_ns(start_ns, count, rate_hz)
    return Contents(
        found.offset, found.length, tuple(numbers), channel, start_ns, until_ns, count, reason, found.skipped
    )


_Part = tuple[IntArray, list[SourceId | None], IntArray, IntArray, IntArray]


def _headers(data: bytes, found: Scan) -> Iterator[_Part]:
    """Index, names, starts, counts and rates: version 2 by length, version 3 all together."""
    view = np.frombuffer(data, dtype=np.uint8)
    third = view[found.offset] == ord("M") if len(found.offset) else np.empty(0, dtype=bool)
    for size in LENGTHS:
        index = np.flatnonzero((found.length == size) & ~third)
        if len(index):
            headers = parse_headers(view[found.offset[index][:, None] + np.arange(size)])
            names = [headers.names[k] for k in headers.channel.tolist()]
            yield index, names, headers.start_ns, headers.count, np.nan_to_num(headers.rate_hz, nan=1.0)
    places = [(k, int(found.offset[k]), int(found.length[k])) for k in np.flatnonzero(third).tolist()]
    parsed = [(k, parse_header3(data[at : at + n])) for k, at, n in places]
    own = [(k, header) for k, header in parsed if header is not None]
    if own:
        start = np.array([header.start_ns or 0 for _, header in own], dtype=np.int64)
        count = np.array([header.count for _, header in own], dtype=np.int64)
        rate = np.nan_to_num([header.rate_hz for _, header in own], nan=1.0)
        yield np.array([k for k, _ in own]), [header.source_id for _, header in own], start, count, rate

"""What the records in some bytes are: names, times and the gate's reason, as columns, without their samples.

The rule this file owns: it is the bytes of the record that say of which channel and day it is, never a file's name.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import BoolArray, IntArray
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Packet
from seismonet.formats.gate import REASONS, Verdict
from seismonet.formats.miniseed import Known, decode
from seismonet.formats.scan import Skip

from .sds import places

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
    told, found = places(data)
    columns = np.full((4, len(found.offset)), -1, dtype=np.int64)
    columns[:, np.searchsorted(found.offset, told.offset)] = told.channel, told.start_ns, told.end_ns, told.count
    channel, start_ns, end_ns, count = columns
    reason = decode(data, found.offset, found.length, known=known).reason
    return Contents(found.offset, found.length, told.names, channel, start_ns, end_ns, count, reason, found.skipped)

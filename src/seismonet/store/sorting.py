"""What becomes of each packet of the journal: the gate and decoder of the live pipeline, so that verdicts agree.

Live packets are judged by their clock and by what their channel usually sends. Late ones (backfill, import) were
recorded at any time, so no clock is judged, and the memory of the channel is left alone: the pipeline never sees them.
"""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import BoolArray, IntArray
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import FOREIGN, LATE
from seismonet.formats.gate import REASONS, USED, Verdict
from seismonet.formats.headers import parse_header3, parse_headers
from seismonet.formats.miniseed import Known, decode
from seismonet.formats.usual import Usual

from .frames import Frames
from .sds import extent

FOREIGN_STATION = "foreign_station"
ARCHIVED = np.array([reason.verdict is not Verdict.QUAR for reason in REASONS])
CODES = [reason.code for reason in REASONS]


@dataclass(frozen=True, slots=True)
class Sorted:
    """The packets of some frames as columns (m,).

    ``name`` is the channel of those that go into the archive, None where they are set aside; ``reason`` a code of the
    gate or ``foreign_station``; ``used`` by the pipeline; ``half_ns`` half a sample.
    """

    name: list[SourceId | None]
    start_ns: list[int]
    end_ns: list[int]
    samples: list[int]
    half_ns: list[int]
    reason: list[str]
    late: list[bool]
    used: list[bool]


def sort(frames: Frames, known: Known | None, usual: Usual) -> Sorted:
    """Judge all packets of some frames; ``usual`` is brought up to date."""
    m = len(frames)
    foreign = (frames.flags & FOREIGN) != 0
    late = (frames.flags & LATE) != 0
    names: list[SourceId | None] = [None] * m
    start_ns, end_ns, samples, half_ns = np.zeros((4, m), dtype=np.int64)
    reason = np.zeros(m, dtype=np.int64)
    used = np.zeros(m, dtype=bool)
    for chosen, is_live in ((~foreign & ~late, True), (~foreign & late, False)):
        index = np.flatnonzero(chosen)
        if not len(index):
            continue
        received_ns = frames.received_ns[index] if is_live else None
        memory = usual if is_live else None
        batch = decode(frames.data, frames.offset[index], frames.length[index], received_ns, known, memory)
        reason[index] = batch.reason
        own, receipts = index[batch.used()], batch.receipts
        for k, number in zip(own.tolist(), receipts.channel.tolist(), strict=True):
            names[k] = receipts.source_ids[number]
        start_ns[own], end_ns[own], samples[own] = receipts.start_ns, receipts.end_ns(), receipts.count
        half_ns[own] = np.rint(0.5e9 / receipts.rate_hz)
        used[own] = is_live
        kept = ARCHIVED[batch.reason] & ~USED[batch.reason]
        for k in index[kept].tolist():
            names[k], start_ns[k], end_ns[k], samples[k], half_ns[k] = _described(frames.payload(k))
    codes = [FOREIGN_STATION if is_foreign else CODES[number] for is_foreign, number in _pairs(foreign, reason)]
    start, end, count, half = (column.tolist() for column in (start_ns, end_ns, samples, half_ns))
    return Sorted(names, start, end, count, half, codes, late.tolist(), used.tolist())


def _pairs(foreign: BoolArray, reason: IntArray) -> "zip[tuple[bool, int]]":
    return zip(foreign.tolist(), reason.tolist(), strict=True)


def _described(payload: bytes) -> tuple[SourceId | None, int, int, int, int]:
    """Name, start, end, samples and half a sample of a record that is archived but was not decoded."""
    if payload[:3] == b"MS\x03":
        header = parse_header3(payload)
        if header is None or header.start_ns is None:
            return None, 0, 0, 0, 0
        name, start_ns, rate_hz = header.source_id, header.start_ns, header.rate_hz
        span_ns, samples = extent(header.count, header.encoding, rate_hz)
    else:
        one = parse_headers(np.frombuffer(payload, dtype=np.uint8).reshape(1, -1))
        name, start_ns, rate_hz = one.names[0], int(one.start_ns[0]), float(one.rate_hz[0])
        span_ns, samples = extent(int(one.count[0]), int(one.encoding[0]), rate_hz)
    return name, start_ns, start_ns + span_ns, samples, round(0.5e9 / rate_hz) if samples else 0

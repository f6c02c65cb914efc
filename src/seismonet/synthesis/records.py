"""Segments as records: cut, packed into miniSEED, received.

A digitizer either sends a packet each so many seconds, or waits until a record is full. Both are cut here first and
packed afterwards, record by record, so that a record keeps whatever was done to it in between.
"""

import json
import struct
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.utc import SECOND_NS, from_seconds, to_iso
from seismonet.core.waveform import Receipt, Receipts, Record, Segment

MARK = '{"seismonet":{"Simulated":true}}'
"""Extra headers of every miniSEED 3 record; a record of version 2 has no place for such a thing."""
CALIBRATION_HALF_S = 2.0
"""How long a calibrating square wave stays up, and down."""
_SAMPLES_PER_BYTE = 2
_COUNT2, _COUNT3 = struct.Struct(">H"), struct.Struct("<I")


@parameters(frozen=True)
class PackingParams:
    """How a digitizer packs its samples."""

    packet_s: float = Field(default=1.0, ge=0.0, le=600.0, description="seconds a packet; 0: whenever a record is full")
    record_bytes: Literal[128, 256, 512, 1024, 2048, 4096] = Field(default=512, description="longest record")
    encoding: Literal["steim1", "steim2"] = Field(default="steim2", description="compression")
    version: Literal[2, 3] = Field(default=2, description="of miniSEED")


USUAL = PackingParams()


def cut(segment: Segment, record_s: float = 1.0) -> list[Record]:
    """A segment as records of ``record_s`` seconds; the last may be shorter. ValueError when shorter than a sample."""
    n = round(record_s * segment.rate_hz)
    if n < 1:
        raise ValueError(f"a record of {record_s} s holds no sample at {segment.rate_hz} Hz")
    return [_record(segment, first, n) for first in range(0, len(segment.samples), n)]


def cut_full(segment: Segment, packing: PackingParams = USUAL) -> list[Record]:
    """A segment as records of which each fills one of ``record_bytes``; the last may be shorter."""
    records: list[Record] = []
    first, most = 0, packing.record_bytes * _SAMPLES_PER_BYTE
    while first < len(segment.samples):
        found = _record(segment, first, most)
        n = _count(next(iter(_generate(found, packing, None))))
        records.append(_record(segment, first, n))
        first += n
    return records


def records(segment: Segment, packing: PackingParams = USUAL) -> list[Record]:
    """A segment cut as the packing wants it."""
    return cut(segment, packing.packet_s) if packing.packet_s else cut_full(segment, packing)


def _record(segment: Segment, first: int, n: int) -> Record:
    start_ns = segment.start_ns + round(first * 1e9 / segment.rate_hz)
    return Record(segment.source_id, start_ns, segment.rate_hz, segment.samples[first : first + n], 100)


def receipts(segments: Iterable[Segment], record_s: float = 1.0, latency_s: float = 0.0) -> Receipts:
    """Records of many channels, each received ``latency_s`` after its end, in that order (ties by name)."""
    latency_ns = from_seconds(latency_s)
    found = [Receipt(record, record.end_ns + latency_ns) for segment in segments for record in cut(segment, record_s)]
    return Receipts.of(sorted(found, key=lambda receipt: (receipt.received_ns, receipt.record.source_id)))


def miniseed(record: Record, packing: PackingParams = USUAL, calibration_counts: float | None = None) -> list[bytes]:
    """A record as miniSEED: one, or as many as its samples need. They must be int32.

    The timing quality is told (blockette 1001, or the extra headers of version 3) unless it is unknown;
    ``calibration_counts`` marks the record as part of a calibration by a square wave of that size (blockette 300).
    """
    if record.samples.dtype != np.int32:
        raise ValueError(f"{packing.encoding.capitalize()} packs int32, not {record.samples.dtype}")
    return list(_generate(record, packing, calibration_counts))


def _generate(record: Record, packing: PackingParams, calibration_counts: float | None) -> Iterable[bytes]:
    from pymseed import DataEncoding, MS3Record

    encoding = DataEncoding.STEIM1 if packing.encoding == "steim1" else DataEncoding.STEIM2
    head = MS3Record(reclen=packing.record_bytes, encoding=encoding)
    head.formatversion = packing.version
    head.sourceid = record.source_id.fdsn
    head.starttime = record.start_ns
    head.samprate = record.rate_hz
    if packing.version == 3:
        head.merge_extra_headers(MARK)
    if record.timing_quality >= 0:
        head.set_extra_header("/FDSN/Time/Quality", record.timing_quality)
    if calibration_counts is not None:
        _tell_calibration(head, record, calibration_counts)
    generated: Iterable[bytes] = head.generate(data_samples=np.ascontiguousarray(record.samples), sample_type="i")
    return generated


def _tell_calibration(head: Any, record: Record, size_counts: float) -> None:
    length_s = len(record.samples) / record.rate_hz
    step = {
        "Type": "STEP",
        "BeginTime": to_iso(record.start_ns, 4),
        "Steps": max(1, round(length_s / CALIBRATION_HALF_S)),
        "StepFirstPulsePositive": True,
        "StepAlternateSign": True,
        "Trigger": "AUTOMATIC",
        "Duration": CALIBRATION_HALF_S,
        "Amplitude": float(size_counts),
        "InputChannel": "CAL",
    }
    head.merge_extra_headers(json.dumps({"FDSN": {"Calibration": {"Sequence": [step]}}}))


def _count(payload: bytes) -> int:
    """Number of samples that a packed record says it holds."""
    count = _COUNT3.unpack_from(payload, 24) if payload[:3] == b"MS\x03" else _COUNT2.unpack_from(payload, 30)
    return int(count[0])


def spans(record: Record, payloads: Iterable[bytes]) -> list[tuple[int, int, bytes]]:
    """Begin, end (ns) and bytes of each of a record's packed parts."""
    found: list[tuple[int, int, bytes]] = []
    first = 0
    for payload in payloads:
        begin, first = first, first + _count(payload)
        start_ns, end_ns = (record.start_ns + round(k * SECOND_NS / record.rate_hz) for k in (begin, first))
        found.append((start_ns, end_ns, payload))
    return found


def packed(segments: Iterable[Segment], record_s: float = 1.0) -> bytes:
    """The file a recorder would have written: miniSEED records of all channels in the order of their ends."""
    found = [record for segment in segments for record in cut(segment, record_s)]
    found.sort(key=lambda record: (record.end_ns, record.source_id))
    return b"".join(part for record in found for part in miniseed(record))

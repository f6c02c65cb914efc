"""Segments as records: cut, packed into miniSEED, received."""

from collections.abc import Iterable

import numpy as np

from seismonet.core.utc import from_seconds
from seismonet.core.waveform import Receipt, Receipts, Record, Segment


def cut(segment: Segment, record_s: float = 1.0) -> list[Record]:
    """A segment as records of ``record_s`` seconds; the last may be shorter. ValueError when shorter than a sample."""
    n = round(record_s * segment.rate_hz)
    if n < 1:
        raise ValueError(f"a record of {record_s} s holds no sample at {segment.rate_hz} Hz")
    return [
        Record(
            segment.source_id,
            segment.start_ns + round(first * 1e9 / segment.rate_hz),
            segment.rate_hz,
            segment.samples[first : first + n],
            100,
        )
        for first in range(0, len(segment.samples), n)
    ]


def receipts(segments: Iterable[Segment], record_s: float = 1.0, latency_s: float = 0.0) -> Receipts:
    """Records of many channels, each received ``latency_s`` after its end, in that order (ties by name)."""
    latency_ns = from_seconds(latency_s)
    found = [Receipt(record, record.end_ns + latency_ns) for segment in segments for record in cut(segment, record_s)]
    return Receipts.of(sorted(found, key=lambda receipt: (receipt.received_ns, receipt.record.source_id)))


def miniseed(record: Record) -> list[bytes]:
    """A record as miniSEED 2 of 512 bytes, Steim2: one, or as many as its samples need. They must be int32."""
    from pymseed import DataEncoding, MS3Record

    if record.samples.dtype != np.int32:
        raise ValueError(f"Steim2 packs int32, not {record.samples.dtype}")
    head = MS3Record(reclen=512, encoding=DataEncoding.STEIM2)
    head.formatversion = 2
    head.sourceid = record.source_id.fdsn
    head.starttime = record.start_ns
    head.samprate = record.rate_hz
    return list(head.generate(data_samples=np.ascontiguousarray(record.samples), sample_type="i"))


def packed(segments: Iterable[Segment], record_s: float = 1.0) -> bytes:
    """The file a recorder would have written: miniSEED records of all channels in the order of their ends."""
    records = [record for segment in segments for record in cut(segment, record_s)]
    records.sort(key=lambda record: (record.end_ns, record.source_id))
    return b"".join(part for record in records for part in miniseed(record))

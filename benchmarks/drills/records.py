"""Records that cost nothing to make: packed once, then only their start times are written into them.

A record is known by the second it starts at and by its template, so a drill that has read an archive back can tell what
each record is without remembering what it sent.
"""

import struct
from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from seismonet.core.arrays import AnyArray, IntArray
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, to_datetime
from seismonet.core.waveform import Record
from seismonet.synthesis.records import miniseed

RATE_HZ = 100.0
RECORD_BYTES = 512
DATA = 64
"""Where the samples of these records begin."""
NOISE_COUNTS = 20.0
_TIME = struct.Struct(">HHBBBxH")
_TIME_AT = 20


def templates(source_id: SourceId, duration_s: int, count: int, seed: int = 0) -> list[bytes]:
    """Records of noise of a channel, each other than the rest; ValueError when it does not fit into 512 bytes."""
    random = np.random.default_rng([seed, *source_id.nslc.encode()])
    found = []
    for _ in range(count):
        samples = np.rint(random.normal(0.0, NOISE_COUNTS, round(duration_s * RATE_HZ))).astype(np.int32)
        parts = miniseed(Record(source_id, 0, RATE_HZ, samples, 100))
        if len(parts) != 1:
            raise ValueError(f"{duration_s} s of noise do not fit into {RECORD_BYTES} bytes")
        found += parts
    return found


def stamped(template: bytes, second: int) -> bytes:
    """The same record, starting at a whole second since 1970."""
    day, rest = divmod(second, 86_400)
    year, number = _day(day)
    when = _TIME.pack(year, number, rest // 3600, rest // 60 % 60, rest % 60, 0)
    return b"".join((template[:_TIME_AT], when, template[_TIME_AT + 10 :]))


_days: dict[int, tuple[int, int]] = {}


def _day(day: int) -> tuple[int, int]:
    """Year and day of the year of a day since 1970."""
    if day not in _days:
        date = to_datetime(0) + timedelta(days=day)
        _days[day] = date.year, date.timetuple().tm_yday
    return _days[day]


def seconds(rows: AnyArray) -> IntArray:
    """Second that each record (m, 512) starts at; its fraction is left out."""
    part = rows[:, _TIME_AT : _TIME_AT + 10].astype(np.int64)
    year = part[:, 0] * 256 + part[:, 1]
    day = part[:, 2] * 256 + part[:, 3]
    starts = {one: int(np.datetime64(f"{one:04d}-01-01", "D").astype(np.int64)) for one in np.unique(year).tolist()}
    first = np.array([starts[one] for one in year.tolist()], dtype=np.int64)
    found = (((first + day - 1) * 24 + part[:, 4]) * 60 + part[:, 5]) * 60 + part[:, 6]
    return np.asarray(found, dtype=np.int64)


def which(rows: AnyArray, made: Sequence[bytes]) -> IntArray:
    """Template that each record was made of, -1 where there is none: it was damaged."""
    found = np.full(len(rows), -1, dtype=np.int64)
    for number, template in enumerate(made):
        own = np.frombuffer(template, dtype=np.uint8)
        same = (rows[:, DATA:] == own[DATA:]).all(axis=1) & (rows[:, :_TIME_AT] == own[:_TIME_AT]).all(axis=1)
        same &= (rows[:, _TIME_AT + 10 : DATA] == own[_TIME_AT + 10 : DATA]).all(axis=1)
        found[same] = number
    return found


def end_ns(second: int, duration_s: int) -> int:
    """End of such a record."""
    return (second + duration_s) * SECOND_NS

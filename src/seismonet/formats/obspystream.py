"""ObsPy's traces to records."""

import re
from typing import Any

import numpy as np

from seismonet.core.arrays import AnyArray
from seismonet.core.errors import FormatError
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Record

INT32 = np.iinfo(np.int32)


def records_of_trace(trace: Any) -> list[Record]:
    """The records of one ObsPy Trace: one, or one for each piece between masked samples.

    int32 stays int32, other integers become int32 where they fit, all else float64. Codes keep their letters and digits
    in upper case; a station without a code becomes ``UNKNWN`` and a channel without one ``XXZ``, as formats like SAC
    may leave them out. FormatError when samples are not numbers or the sampling rate is none.
    """
    stats = trace.stats
    rate_hz = float(stats.sampling_rate)
    if not np.isfinite(rate_hz) or rate_hz <= 0:
        raise FormatError(f"trace {trace.id}: a sampling rate of {rate_hz:g} Hz; give a positive one")
    name = source_id(stats)
    start_ns = int(stats.starttime.ns)
    data = trace.data
    if not np.ma.isMaskedArray(data):
        return [Record(name, start_ns, rate_hz, as_samples(data, trace.id))] if len(data) else []
    pieces = np.ma.clump_unmasked(data)  # type: ignore[no-untyped-call]
    return [
        Record(name, start_ns + round(p.start * 1e9 / rate_hz), rate_hz, as_samples(data.data[p], trace.id))
        for p in pieces
    ]


def source_id(stats: Any) -> SourceId:
    """The stream's name from ObsPy's header."""
    channel = _letters(stats.channel) or "XXZ"
    if len(channel) != 3:
        channel = (channel + "XXX")[:3] if len(channel) < 3 else channel[:3]
    return SourceId(
        _letters(stats.network)[:8], _letters(stats.station)[:8] or "UNKNWN", _letters(stats.location)[:8], channel
    )


def _letters(code: Any) -> str:
    return re.sub(r"[^A-Z0-9-]", "", str(code or "").upper()).replace("--", "")


def as_samples(data: AnyArray, name: str) -> AnyArray:
    """Samples as int32 where that loses nothing, else float64."""
    data = np.asarray(data)
    if data.dtype == np.int32:
        return data
    if data.dtype.kind in "iu":
        if len(data) == 0 or (data.min() >= INT32.min and data.max() <= INT32.max):
            return data.astype(np.int32)
        return data.astype(np.float64)
    if data.dtype.kind != "f":
        raise FormatError(f"trace {name}: samples of type {data.dtype} are no numbers")
    samples = data.astype(np.float64)
    if not np.isfinite(samples).all():
        raise FormatError(f"trace {name}: samples that are not finite; mask or cut them out")
    return samples

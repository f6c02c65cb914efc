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
    """The records of one ObsPy Trace: one, or one for each piece between samples that are masked or not finite.

    int32 stays int32, other integers become int32 where they fit, all else float64. FormatError when samples are not
    numbers or the sampling rate is none. For the name see :func:`source_id`.
    """
    stats = trace.stats
    rate_hz = float(stats.sampling_rate)
    if not np.isfinite(rate_hz) or rate_hz <= 0:
        raise FormatError(f"trace {trace.id}: a sampling rate of {rate_hz:g} Hz; give a positive one")
    name = source_id(stats)
    start_ns = int(stats.starttime.ns)
    samples = as_samples(np.ma.getdata(trace.data), trace.id)
    return [
        Record(name, start_ns + round(piece.start * 1e9 / rate_hz), rate_hz, samples[piece])
        for piece in _pieces(trace.data, samples)
    ]


def _pieces(data: Any, samples: AnyArray) -> list[slice]:
    """Where there are samples."""
    absent = np.zeros(len(samples), dtype=bool)
    if np.ma.isMaskedArray(data):
        absent |= np.ma.getmaskarray(data)
    if samples.dtype.kind == "f":
        absent |= ~np.isfinite(samples)
    if not absent.any():
        return [slice(0, len(samples))] if len(samples) else []
    edges = np.flatnonzero(np.diff(np.concatenate(([True], absent, [True])))).tolist()
    return [slice(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def source_id(stats: Any) -> SourceId:
    """The stream's name from ObsPy's header, whose codes may be missing or free text in formats like SAC.

    Letters and digits stay, in upper case. A station without a code becomes ``UNKNWN``. A channel code of one or two
    letters ends with the orientation (``Z`` is ``XXZ``, ``SZ`` is ``SXZ``); K-NET's and KiK-net's ``NS``, ``EW`` and
    ``UD`` are accelerometers at 100 Hz, so ``HNN``, ``HNE`` and ``HNZ``, with KiK-net's sensor number as location.
    """
    channel, location = _letters(stats.channel).replace("-", ""), _letters(stats.location)[:8]
    if found := re.fullmatch(r"(NS|EW|UD)(\d?)", channel):
        channel, location = "HN" + {"NS": "N", "EW": "E", "UD": "Z"}[found[1]], location or found[2]
    if len(channel) < 3:
        channel = channel[:-1].ljust(2, "X") + (channel[-1:] or "Z")
    return SourceId(_letters(stats.network)[:8], _letters(stats.station)[:8] or "UNKNWN", location, channel[:3])


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
    return data.astype(np.float64)

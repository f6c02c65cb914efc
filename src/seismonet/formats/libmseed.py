"""Samples of records that the gate has let through, decoded by libmseed as pymseed carries it.

The rule this file owns: nobody else calls a decoder. ``decode_payloads`` hands C the addresses inside a whole batch
(half a microsecond a packet); ``decode_records`` does the same through pymseed's record objects, and is what is left
should a later pymseed no longer show that function.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from seismonet.core.arrays import AnyArray

Job = tuple[int, int, int, int, bool, int]
"""Where a record's data begin, how many bytes they are, encoding, count, big-endian, where its samples go."""
KINDS = {"i": np.int32, "f": np.float32, "d": np.float64}


@lru_cache(maxsize=1)
def _direct() -> tuple[Any, Any] | None:
    """pymseed's C function for one payload, and its interface; None where it has none."""
    from pymseed import clib

    call = getattr(clib.clibmseed, "ms_decode_data", None)
    return (call, clib.ffi) if call is not None else None


def decode_payloads(data: AnyArray, jobs: Iterable[Job], out: AnyArray) -> list[bool] | None:
    """Decode many payloads of ``data`` (uint8) into ``out`` (int32, float32 or float64): did each give all its samples?

    Every job must lie inside both arrays: that is what the gate is for. None when pymseed has no such function.
    """
    from pymseed import configure_logging

    direct = _direct()
    if direct is None:
        return None
    configure_logging()  # what libmseed has to say is kept by it, not printed
    call, ffi = direct
    source, target = ffi.cast("char *", ffi.from_buffer(data)), ffi.cast("char *", ffi.from_buffer(out))
    width = out.itemsize
    letter = next(letter for letter, kind in KINDS.items() if out.dtype == kind)
    kind, name = ffi.new("char *", letter.encode()), ffi.new("char[]", b"record")
    little_host = np.little_endian
    return [
        call(
            source + at, size, encoding, n, target + first * width, n * width, kind, big == little_host, name, 0
        ) == n
        for at, size, encoding, n, big, first in jobs
    ]  # fmt: skip


def decode_record(record: bytes) -> tuple[AnyArray | None, str]:
    """Samples (int32, float32 or float64) of one record of either version, or None and the gate's code of the reason.

    The checksum of a miniSEED 3 record is verified.
    """
    from pymseed import MiniSEEDError, MS3Record

    try:
        parsed = MS3Record.parse(record, unpack_data=True, validate_crc=True)
        return np.array(parsed.np_datasamples), "ok"
    except (MiniSEEDError, ValueError) as error:
        return None, "crc" if "crc" in str(error).lower() else "decoder"


def decode_records(records: Iterable[bytes], firsts: Iterable[int], counts: Iterable[int], out: AnyArray) -> list[bool]:
    """As ``decode_payloads``, from whole records of version 2 and through pymseed's public objects."""
    done = []
    for record, first, count in zip(records, firsts, counts, strict=True):
        samples, _ = decode_record(record)
        good = samples is not None and len(samples) == count and samples.dtype == out.dtype
        if good:
            out[first : first + count] = samples
        done.append(good)
    return done

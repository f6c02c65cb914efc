"""Samples of records that the gate has let through, decoded by libmseed as pymseed carries it.

The rule this file owns: nobody else calls a decoder. ``decode_payloads`` hands C the addresses inside a whole batch
(half a microsecond a packet); ``decode_records`` does the same through pymseed's record objects, and is what is left
should a later pymseed no longer show that function.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from sys import byteorder
from typing import Any

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, IntArray

LETTERS = {np.dtype(np.int32): b"i", np.dtype(np.float32): b"f", np.dtype(np.float64): b"d"}


@lru_cache(maxsize=1)
def _direct() -> tuple[Any, Any, Callable[[], None]] | None:
    """libmseed's function for one payload, its interface, and what keeps its messages off the terminal; or None."""
    from pymseed import clib, configure_logging

    call = getattr(clib.clibmseed, "ms_decode_data", None)
    return (call, clib.ffi, configure_logging) if call is not None else None


@dataclass(frozen=True, slots=True)
class Payloads:
    """Where the data of records lie: (k,) first byte and number of bytes, with encoding, count and byte order."""

    at: IntArray
    size: IntArray
    encoding: IntArray
    count: IntArray
    big: BoolArray

    def alike(self) -> Iterator[tuple[Sequence[int], int, int, bool]]:
        """Those of one size, encoding and byte order together: which, and these three."""
        key = self.size << 9 | self.encoding << 1 | self.big
        if np.count_nonzero(key == key[0]) == len(key):
            yield range(len(key)), int(self.size[0]), int(self.encoding[0]), bool(self.big[0])
            return
        for one in np.unique(key).tolist():
            yield np.flatnonzero(key == one).tolist(), one >> 9, one >> 1 & 255, bool(one & 1)


def decode_payloads(data: AnyArray, payloads: Payloads, out: AnyArray, first: IntArray) -> list[int] | None:
    """Decode payloads of ``data`` (uint8) into ``out`` (int32, float32 or float64), each from ``first`` (k,) on.

    Tells which of them did not give all their samples. Each must lie inside both arrays: that is what the gate is for.
    None when pymseed has no such function.
    """
    direct = _direct()
    if direct is None:
        return None
    call, ffi, quiet = direct
    quiet()
    source, target = ffi.cast("char *", ffi.from_buffer(data)), ffi.cast("char *", ffi.from_buffer(out))
    kind, name = ffi.new("char *", LETTERS[out.dtype]), ffi.new("char[]", b"record")
    columns = payloads.at, payloads.count, first * out.itemsize, payloads.count * out.itemsize
    failed: list[int] = []
    for index, size, encoding, big in payloads.alike():
        swap = big == (byteorder == "little")
        jobs = zip(index, *(_at(column, index).tolist() for column in columns), strict=True)
        failed += [
            number
            for number, at, count, to, room in jobs
            if call(source + at, size, encoding, count, target + to, room, kind, swap, name, 0) != count
        ]
    return failed


def _at(column: IntArray, index: Sequence[int]) -> IntArray:
    return column if isinstance(index, range) else column[index]


def decode_record(record: bytes | memoryview) -> tuple[AnyArray | None, str]:
    """Samples (int32, float32 or float64) of one record of either version, or None and the gate's code of the reason.

    The checksum of a miniSEED 3 record is verified.
    """
    from pymseed import MiniSEEDError, MS3Record

    try:
        parsed = MS3Record.parse(record, unpack_data=True, validate_crc=True)
        return np.array(parsed.np_datasamples), "ok"
    except (MiniSEEDError, ValueError) as error:
        return None, "crc" if "crc" in str(error).lower() else "decoder"


def checksum_fits(record: bytes | memoryview) -> bool:
    """Is the checksum of a whole miniSEED 3 record right? Nothing is decoded."""
    from pymseed import MiniSEEDError, MS3Record

    try:
        MS3Record.parse(record, unpack_data=False, validate_crc=True)
    except (MiniSEEDError, ValueError):
        return False
    return True


def decode_records(records: Iterable[bytes], out: AnyArray, first: IntArray, count: IntArray) -> list[int]:
    """As ``decode_payloads``, from whole records of version 2 and through pymseed's record objects."""
    failed = []
    for number, (record, to, n) in enumerate(zip(records, first.tolist(), count.tolist(), strict=True)):
        samples, _ = decode_record(record)
        if samples is not None and len(samples) == n and samples.dtype == out.dtype:
            out[to : to + n] = samples
        else:
            failed.append(number)
    return failed

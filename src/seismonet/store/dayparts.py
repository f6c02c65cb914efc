"""Part of a day file by time, without reading the rest: an hour of one that is growing.

Records of one length in the order of time are found by halving; what came late lies further back in the file and is
found only by those who read all of it.
"""

import os
from pathlib import Path

import numpy as np

from seismonet.core.errors import ArchiveError
from seismonet.core.waveform import Receipts, join
from seismonet.formats.gate import LENGTHS
from seismonet.formats.headers import parse_headers
from seismonet.formats.miniseed import decode_file

SMALL_BYTES = 1 << 20
MARGIN = 32
"""Records before and after those that should be enough."""


def read_part(path: Path, start_ns: int, end_ns: int) -> Receipts:
    """Records of a day file that touch a window, and some around them; none when there is no file.

    ArchiveError when it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            begin, end = 0, size
            if size > SMALL_BYTES:
                begin, end = _place(file.fileno(), size, start_ns, end_ns)
            data = os.pread(file.fileno(), end - begin, begin)
    except FileNotFoundError:
        return join([])
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}; check the disk") from None
    receipts = decode_file(data)[0].receipts
    return receipts.select((receipts.end_ns() > start_ns) & (receipts.start_ns < end_ns))


def _place(handle: int, size: int, start_ns: int, end_ns: int) -> tuple[int, int]:
    """Where the records of a window lie; all of the file when its records are not alike."""
    length = next((one for one in LENGTHS if _time(handle, 0, one) is not None), 0)
    if not length or size % length:
        return 0, size
    edges = []
    for time_ns in (start_ns, end_ns):
        low, high = 0, size // length
        while low < high:
            middle = (low + high) // 2
            found = _time(handle, middle, length)
            if found is None:
                return 0, size
            low, high = (middle + 1, high) if found < time_ns else (low, middle)
        edges.append(low)
    return max(0, edges[0] - MARGIN) * length, min(size // length, edges[1] + MARGIN) * length


def _time(handle: int, number: int, length: int) -> int | None:
    """Start of a record of that length; None when there is none."""
    data = os.pread(handle, length, number * length)
    if len(data) < length:
        return None
    headers = parse_headers(np.frombuffer(data, dtype=np.uint8).reshape(1, length))
    good = headers.signature[0] and headers.time[0] and headers.stated_length[0] == length
    return int(headers.start_ns[0]) if good else None

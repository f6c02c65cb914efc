"""When each record was received, and where it is in the archive: what makes a replay equal to the live run.

Two files a day (of receipt), which need nothing but the SDS tree beside them: ``receipts/YEAR.DAY.rows`` holds 24
bytes a record in the order in which the pipeline saw them, ``receipts/YEAR.DAY.names`` the day files and sources that
the rows refer to by number, one a line. A record that came twice has two rows; the second points to the first's copy. A
row also holds a part of the record's checksum, so that other bytes in that place are not taken for it.

::

    row    received_ns 8 | offset 38 bits, length 20, flags 6 | day file 4 | source 2 | check 2
"""

import json
import os
import struct
import zlib
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, IntArray
from seismonet.core.errors import ArchiveError
from seismonet.core.utc import to_datetime
from seismonet.core.waveform import Receipts
from seismonet.formats.gate import USED
from seismonet.formats.miniseed import decode_packets

from .files import Disk
from .sds import DAY_NS

FOLDER, SDS = "receipts", "sds"
ROW = np.dtype([("received_ns", "<i8"), ("place", "<u8"), ("file", "<u4"), ("source", "<u2"), ("check", "<u2")])
_ROW = struct.Struct("<qQIHH")
DUPLICATE = 1
BATCH_ROWS = 4096
OPEN_FILES = 256
_OFFSET_BITS, _LENGTH_BITS = 38, 20
_OFFSET, _LENGTH = (1 << _OFFSET_BITS) - 1, (1 << _LENGTH_BITS) - 1


def log_path(received_ns: int) -> str:
    """Path of the rows of a day, below the archive's folder; the names lie beside it.

    >>> log_path(0)
    'receipts/1970.001.rows'
    """
    return f"{FOLDER}/{to_datetime(received_ns // DAY_NS * DAY_NS):%Y.%j}.rows"


def names_path(rows: str) -> str:
    """Path of the names that go with rows."""
    return rows.removesuffix(".rows") + ".names"


def check_of(payload: bytes) -> int:
    """The part of a record's checksum that a row holds; the same for copies that differ in the sequence number."""
    return zlib.crc32(payload if payload[:2] == b"MS" else payload[6:]) & 0xFFFF


class ReceiptsLog:
    """Collects what is to be appended to the log's files; the names of a day are read when first needed."""

    def __init__(self, disk: Disk, root: Path, lengths: dict[str, int]) -> None:
        """``lengths`` are those of the log's files, by path below the archive's folder ``root``."""
        self._disk, self._root, self._lengths = disk, root, lengths
        self._numbers: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._parts: dict[str, list[bytes]] = {}

    def add(self, payload: bytes, place: tuple[str, int], source: str, received_ns: int, is_duplicate: bool) -> None:
        """A record that the pipeline used; ``place`` is its day file below ``sds/``, and the offset there."""
        path = log_path(received_ns)
        names = self._names(path)
        file, own = self._number(path, names, f"f{place[0]}"), self._number(path, names, f"s{source}")
        packed = place[1] | len(payload) << _OFFSET_BITS | is_duplicate << (_OFFSET_BITS + _LENGTH_BITS)
        row = _ROW.pack(received_ns, packed, file, min(own, 0xFFFF), check_of(payload))
        self._parts.setdefault(path, []).append(row)

    def drain(self) -> dict[str, list[bytes]]:
        """What was collected since the last time, by path."""
        parts, self._parts = self._parts, {}
        while len(self._numbers) > 2:
            self._numbers.popitem(last=False)
        return parts

    def _names(self, path: str) -> dict[str, int]:
        if path not in self._numbers:
            length = self._lengths.get(names_path(path), 0)
            data = self._disk.read(self._root / names_path(path), 0, length) if length else b""
            self._numbers[path] = {name: number for number, name in enumerate(_read_names(data))}
        return self._numbers[path]

    def _number(self, path: str, names: dict[str, int], name: str) -> int:
        if name not in names:
            names[name] = len(names)
            self._parts.setdefault(names_path(path), []).append(json.dumps(name).encode() + b"\n")
        return names[name]


def _read_names(data: bytes) -> list[str]:
    """One name a line; a damaged line keeps its number, and is no name."""
    found = []
    for number, line in enumerate(data.split(b"\n")[:-1]):
        try:
            found.append(str(json.loads(line)))
        except ValueError:
            found.append(f"?{number}")
    return found


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a day's log as columns, with the names they refer to: ``f`` and a day file, or ``s`` and a source."""

    rows: AnyArray
    names: list[str]

    @property
    def received_ns(self) -> IntArray:
        """(m,) when."""
        return self.rows["received_ns"].astype(np.int64)

    @property
    def is_duplicate(self) -> BoolArray:
        """(m,) had the record come before?"""
        return np.asarray((self.rows["place"] >> (_OFFSET_BITS + _LENGTH_BITS)) & DUPLICATE == DUPLICATE)

    def file(self, index: int) -> str:
        """Day file of a row, below ``sds/``; empty when it refers to none."""
        return self._name(int(self.rows["file"][index]), "f")

    def source(self, index: int) -> str:
        """Source of a row."""
        return self._name(int(self.rows["source"][index]), "s")

    def place(self, index: int) -> tuple[int, int]:
        """Offset and length of the record in its day file."""
        packed = int(self.rows["place"][index])
        return packed & _OFFSET, packed >> _OFFSET_BITS & _LENGTH

    def _name(self, number: int, kind: str) -> str:
        name = self.names[number] if number < len(self.names) else ""
        return name[1:] if name.startswith(kind) else ""


def read_rows(folder: Path, start_ns: int, end_ns: int) -> Iterator[Rows]:
    """The rows of all records received in a window, some thousands at a time, in the order of the live run.

    ArchiveError when a file of the log cannot be read.
    """
    for day_ns in range(start_ns // DAY_NS * DAY_NS, end_ns, DAY_NS):
        path = folder / log_path(day_ns)
        if not path.is_file():
            continue
        try:
            rows = np.fromfile(path, dtype=ROW)
            names = _read_names((folder / names_path(log_path(day_ns))).read_bytes())
        except OSError as error:
            raise ArchiveError(f"{path}: the receipts cannot be read: {error.strerror}; check the disk") from None
        chosen = np.flatnonzero((rows["received_ns"] >= start_ns) & (rows["received_ns"] < end_ns))
        for first in range(0, len(chosen), BATCH_ROWS):
            yield Rows(np.array(rows[chosen[first : first + BATCH_ROWS]]), names)


def last_ns(folder: Path) -> int | None:
    """When the last record was received; None when none was. ArchiveError for files that cannot be read."""
    for path in sorted((folder / FOLDER).glob("*.rows"), reverse=True):
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from None
        if len(data) >= ROW.itemsize:
            return int(np.frombuffer(data, dtype=ROW, count=len(data) // ROW.itemsize)["received_ns"][-1])
    return None


def read(folder: Path, start_ns: int, end_ns: int, missing: Counter[str] | None = None) -> Iterator[Receipts]:
    """What the pipeline was given in a window of receipt time: in the same order, with the same ``received_ns``.

    ``folder`` is the archive's. Records that are not in their place any more (removed with their day, or damaged) are
    counted in ``missing`` by day file; without it they are an ArchiveError.
    """
    with _Files(folder / SDS) as files:
        for rows in read_rows(folder, start_ns, end_ns):
            payloads: list[bytes] = []
            kept: list[int] = []
            lost = Counter[str]()
            check = rows.rows["check"].tolist()
            for k in range(len(rows.rows)):
                payload = files.read(rows.file(k), *rows.place(k))
                if payload and check_of(payload) == check[k]:
                    payloads.append(payload)
                    kept.append(k)
                else:
                    lost[rows.file(k) or "unknown"] += 1
            batch = decode_packets(payloads)
            usable = USED[batch.reason]
            for k in np.flatnonzero(~usable).tolist():
                lost[rows.file(kept[k])] += 1
            _tell(lost, missing, folder)
            if len(batch.receipts):
                received_ns = rows.received_ns[np.array(kept, dtype=np.int64)[usable]]
                yield replace(batch.receipts, received_ns=received_ns)


def _tell(lost: Counter[str], missing: Counter[str] | None, folder: Path) -> None:
    if missing is not None:
        missing.update(lost)
    elif lost:
        path, count = next(iter(lost.items()))
        what = f"{count} records that were received are not in it any more"
        raise ArchiveError(f"{folder / SDS / path}: {what}; a replay would differ from the live run")


class _Files:
    """Day files that stay open while they are read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: OrderedDict[str, int] = OrderedDict()

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._close(self._open.popitem()[1])

    def read(self, path: str, offset: int, length: int) -> bytes:
        """Some bytes; fewer, or none, where they are not there."""
        if path not in self._open:
            self._open[path] = self._handle(path)
            if len(self._open) > OPEN_FILES:
                self._close(self._open.popitem(last=False)[1])
        else:
            self._open.move_to_end(path)
        handle = self._open[path]
        return os.pread(handle, length, offset) if handle >= 0 else b""

    def _handle(self, path: str) -> int:
        try:
            return os.open(self._root / path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW) if path else -1
        except FileNotFoundError:
            return -1
        except OSError as error:
            raise ArchiveError(f"{self._root / path}: cannot be read: {error.strerror}; check the disk") from None

    def _close(self, handle: int) -> None:
        if handle >= 0:
            os.close(handle)

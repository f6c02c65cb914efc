"""What cannot be archived is kept with the reason beside it: nothing that came in is thrown away.

Records lie one after the other in ``quarantine/YEAR.DAY.REASON.N.bin`` (day of receipt), and a line of JSON for each in
the ``.jsonl`` of the same name. What was found on the disk where it should not be lies in ``quarantine/tail.N.bin``.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from seismonet.core.utc import to_datetime, to_iso

from .files import Disk
from .sds import DAY_NS

FOLDER = "quarantine"
FILE_BYTES = 16 * 2**20
CHUNK_BYTES = 4 * 2**20


class Quarantine:
    """Collects what is to be appended to the quarantine's files. ``lengths`` are those of all that there are."""

    def __init__(self, lengths: Mapping[str, int]) -> None:
        self._lengths = {path: length for path, length in lengths.items() if path.startswith(f"{FOLDER}/")}
        self._last: dict[str, int] = {}
        for path in self._lengths:
            stem, _, number = path.removesuffix(".bin").rpartition(".")
            if path.endswith(".bin") and number.isdigit():
                self._last[stem] = max(self._last.get(stem, 0), int(number))
        self._parts: dict[str, list[bytes]] = {}

    def add(self, payload: bytes, reason: str, origin: tuple[str, str], received_ns: int) -> None:
        """Keep a record; ``origin`` is source and station, ``reason`` a code of the gate."""
        day = to_datetime(received_ns // DAY_NS * DAY_NS).strftime("%Y.%j")
        stem = f"{FOLDER}/{day}.{reason}"
        number = self._last.setdefault(stem, 0)
        if self._lengths.get(f"{stem}.{number}.bin", 0) >= FILE_BYTES:
            number = self._last[stem] = number + 1
        path = f"{stem}.{number}.bin"
        told = {
            "offset": self._lengths.get(path, 0),
            "length": len(payload),
            "source": origin[0],
            "station": origin[1],
            "reason": reason,
            "received": to_iso(received_ns, 9),
        }
        self._put(path, payload)
        self._put(path.removesuffix(".bin") + ".jsonl", json.dumps(told).encode() + b"\n")

    def _put(self, path: str, data: bytes) -> None:
        self._parts.setdefault(path, []).append(data)
        self._lengths[path] = self._lengths.get(path, 0) + len(data)

    def drain(self) -> dict[str, list[bytes]]:
        """What was collected since the last time, by path."""
        parts, self._parts = self._parts, {}
        return parts


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a file from ``offset`` on, which nobody vouches for."""

    path: Path
    offset: int
    length: int


def set_aside(disk: Disk, root: Path, tails: Sequence[Tail]) -> Path:
    """Copy tails of files into one new file of the quarantine, and cut them off; the file. OSError as it comes.

    The copy is on the disk before anything is cut.
    """
    folder = root / FOLDER
    disk.make_folder(folder)
    taken = {name.split(".")[1] for name in disk.names(folder) if name.startswith("tail.")}
    number = next(one for one in range(len(taken) + 1) if str(one) not in taken)
    path = folder / f"tail.{number}.bin"
    try:
        _copy(disk, root, tails, path)
    except OSError:
        disk.remove(path)
        disk.remove(path.with_suffix(".jsonl"))
        raise
    disk.sync_folder(folder)
    for tail in tails:
        disk.truncate(tail.path, tail.offset)
    return path


def _copy(disk: Disk, root: Path, tails: Sequence[Tail], path: Path) -> None:
    lines: list[bytes] = []
    with closing(disk.append(path)) as kept:
        for tail in tails:
            place = tail.path.relative_to(root).as_posix()
            told = {"offset": kept.size, "length": tail.length, "file": place, "from": tail.offset}
            lines.append(json.dumps(told).encode() + b"\n")
            for at in range(tail.offset, tail.offset + tail.length, CHUNK_BYTES):
                kept.write(disk.read(tail.path, at, min(CHUNK_BYTES, tail.offset + tail.length - at)))
        kept.sync()
    with closing(disk.append(path.with_suffix(".jsonl"))) as beside:
        beside.write(b"".join(lines))
        beside.sync()


def is_again_there(disk: Disk, aside: Path, tails: Sequence[Tail]) -> bool:
    """Has the journal put the tails of files, which were set aside one after the other, back where they were?"""
    at = 0
    for tail in tails:
        for begin in range(0, tail.length, CHUNK_BYTES):
            length = min(CHUNK_BYTES, tail.length - begin)
            if disk.read(aside, at + begin, length) != disk.read(tail.path, tail.offset + begin, length):
                return False
        at += tail.length
    return True


def discard(disk: Disk, path: Path) -> None:
    """Remove a file of tails, as all of it is elsewhere again."""
    disk.remove(path)
    disk.remove(path.with_suffix(".jsonl"))
    disk.sync_folder(path.parent)

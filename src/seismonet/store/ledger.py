"""The ledger: every decision and every act of a person, in lines that are chained, so that none can be changed unseen.

The rules this file owns. A line is written once and never touched again: files only grow, and what a power cut has torn
is left where it is. Each line is on the disk before the next is written. It holds the SHA-256 of the line before
(``prev``) and of itself (``hash``), across files too, so that a changed, missing, added or exchanged line breaks the
chain at its place::

    ledger/000001-2026-03-01.jsonl   {"n": 0, "prev": "00…", …, "hash": "a3…"}
                                     {"n": 1, "prev": "a3…", …, "hash": "77…"}
    ledger/000002-2026-03-02.jsonl   {"n": 2, "prev": "77…", …, "hash": "0c…"}

A day has a file of its own, a long day several. After a torn line a new file begins, and its first entry (``resumed``)
says what does not count, so that this is told from tampering. Whoever rewrites all lines from some place on, or cuts
off the end, is found out by a head that was noted elsewhere: the log names one a day, ``audit`` compares.

One process writes at a time: who holds the lock of the archive's folder.
"""

import hashlib
import json
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seismonet.core.errors import ArchiveError
from seismonet.core.utc import to_iso

from .files import Appender, Disk

FOLDER = "ledger"
FORMAT = "seismonet-ledger/1"
START = "0" * 64
"""What the first line has for the hash of the line before."""
ROTATE_BYTES = 16 * 2**20
RESUMED = "resumed"
_NAME = re.compile(r"(\d{6,})-\d{4}-\d\d-\d\d\.jsonl")
_SEAL = re.compile(rb'(.*),"hash":"([0-9a-f]{64})"\}', re.DOTALL)
JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written: who did what, when (ns), and all about it."""

    what: str
    who: str
    time_ns: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many lines there are, the hash of the last, and when it was written."""

    lines: int = 0
    hash: str = START
    time: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """What became of looking at every byte.

    Attributes
    ----------
    head : of the part that is sound, from its beginning
    files : that there are
    broken : the first place where the chain is broken, and how; empty when it is sound
    notes : what is no breach, but should be known: lines torn by a power cut
    expected : whether a head that was noted elsewhere was met, None where none was given
    """

    head: Head
    files: int
    broken: str = ""
    notes: tuple[str, ...] = ()
    expected: bool | None = None

    @property
    def sound(self) -> bool:
        """Is every line what was written, and is none missing as far as this can be told?"""
        return not self.broken and self.expected is not False


class Ledger:
    """The ledger of an archive's folder, to append to it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     ledger = Ledger(Path(name))
    ...     ledger.add(Entry("decision", "daemon", 0, {"told": False}))
    ...     audit(Path(name)).sound, ledger.head.lines
    (True, 1)
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        """Find the end of the chain; nothing is written yet. ArchiveError when files cannot be read."""
        self.folder, self._disk = folder / FOLDER, disk or Disk()
        self._file: Appender | None = None
        self._number, self._day, self._reopen, self._last = 0, "", "", ""
        self.head, self._void = Head(), list[JsonObject]()
        self._safe = 0
        self._find_end()

    def _find_end(self) -> None:
        """Where to go on: after the last line that is what it says; what was torn since does not count."""
        for name, data in reversed(list(_files(self._disk, self.folder))):
            self._number = max(self._number, int(name.partition("-")[0]))
            self._last = self._last or name
            lines, tail = _lines(data)
            known = [_entry(line) for line in lines]
            if (
                not tail and lines and known[-1] is None and b"\0" in lines[-1]
            ):  # a hole in the line, but not at its end
                tail = lines.pop() + b"\n"
            if tail:
                self._void.insert(0, _torn(name, data, tail))
            found = next((one for one in reversed(known) if one is not None), None)
            if found is not None:
                whole = data.endswith(b"\n") and known[-1] is not None
                self._reopen = name if whole and not self._void and len(data) < ROTATE_BYTES else ""
                self.head = Head(int(found["n"]) + 1, str(found["hash"]), str(found["time"]))
                return

    def add(self, entry: Entry) -> None:
        """Append an entry, and wait until it is on the disk.

        OSError when that fails: then it does not count, and is to be added again.
        """
        try:
            file = self._room(entry.time_ns)
            if self._void:
                self._write(file, Entry(RESUMED, entry.who, entry.time_ns, {"void": self._void}))
                self._void = []
            self._write(file, entry)
        except OSError:
            self._forsake()
            raise

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _forsake(self) -> None:
        """A file that failed is never written to again; what was not synced of it does not count."""
        if self._file is not None:
            self._void.append({"file": self._file.path.name, "from": self._safe})
        self._reopen = ""
        self.close()

    def _room(self, time_ns: int) -> Appender:
        """A file of the day that is not too long."""
        day = to_iso(time_ns, 0)[:10]
        if self._file is not None and day <= self._day and self._file.size < ROTATE_BYTES:
            return self._file
        self.close()
        self._disk.make_folder(self.folder)
        self._settle()
        self._day, name = day, self._reopen
        if name[-16:-6] != day:
            self._number += 1
            name = f"{self._number:06d}-{day}.jsonl"
        self._file, self._reopen = self._disk.append(self.folder / name), ""
        self._safe = self._file.size
        self._disk.sync_folder(self.folder)
        return self._file

    def _settle(self) -> None:
        """What a process that was killed had written may not be on the disk yet; what follows it must not be sooner."""
        if self._last:
            file, self._last = self._disk.append(self.folder / self._last), ""
            try:
                file.sync()
            finally:
                file.close()

    def _write(self, file: Appender, entry: Entry) -> None:
        line, own = seal(entry, self.head)
        file.write(line + b"\n")
        file.sync()
        self.head, self._safe = Head(self.head.lines + 1, own, to_iso(entry.time_ns, 9)), file.size


def seal(entry: Entry, head: Head) -> tuple[bytes, str]:
    """The line of an entry that follows a head, and its hash; ValueError for facts named like what each line has."""
    said = {"n": head.lines, "prev": head.hash, "time": to_iso(entry.time_ns, 9), "who": entry.who, "what": entry.what}
    if taken := [name for name in entry.facts if name in said or name in ("hash", "format")]:
        raise ValueError(f"{taken[0]!r} is a key of every line")
    said |= {"format": FORMAT} if head.lines == 0 else {}
    whole = _finite({**said, **entry.facts})
    body = json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    own = hashlib.sha256(body).hexdigest()
    return body[:-1] + f',"hash":"{own}"}}'.encode(), own


def _finite(value: Any) -> Any:
    """The same without numbers that JSON does not know."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value


def entries(folder: Path, disk: Disk | None = None) -> Iterator[JsonObject]:
    """All entries of an archive folder's ledger that are what they say, in their order; others are left out."""
    found = list(_files(disk or Disk(), folder / FOLDER))
    void = _voids(found)
    for name, data in found:
        start = void.get(name, {}).get("from", len(data))
        for line in _lines(data[:start])[0]:
            entry = _entry(line)
            if entry is not None:
                yield entry


def audit(folder: Path, expected: str = "", disk: Disk | None = None) -> Audit:
    """Look at every byte of an archive folder's ledger.

    ``expected`` is the hash (or its beginning) of a line that was noted elsewhere: it must be one of this chain.
    ArchiveError when a file cannot be read.
    """
    found = list(_files(disk or Disk(), folder / FOLDER))
    void, head, met, notes = _voids(found), Head(), False, list[str]()
    for name, data in found:
        broken, note = _voided(name, data, void.get(name))
        notes += [note] if note else []
        lines, tail = _lines(data[: void.get(name, {}).get("from", len(data))])
        for index, line in enumerate(lines, start=1):
            entry = _entry(line)
            wrong = _follows(entry, head)
            if entry is None or wrong:
                return Audit(
                    head, len(found), f"{name}, line {index}: {wrong}", tuple(notes), met if expected else None
                )
            head = Head(head.lines + 1, entry["hash"], entry["time"])
            met = met or (bool(expected) and entry["hash"].startswith(expected))
        broken = broken or (f"{name}, line {len(lines) + 1}: {NOT_WHOLE}" if tail else "")
        if broken:
            return Audit(head, len(found), broken, tuple(notes), met if expected else None)
    return Audit(head, len(found), "", tuple(notes), met if expected else None)


NOT_WHOLE = "is not whole: torn by a power cut since which nothing was written, or altered"


def _follows(entry: JsonObject | None, head: Head) -> str:
    """What is wrong with the next line; empty when it follows."""
    if entry is None:
        return "was altered: it does not have the hash that it says"
    if entry["n"] != head.lines or entry["prev"] != head.hash:
        words = f"entry {entry['n']} does not follow what is before it ({head.lines} entries)"
        return f"{words}: lines were altered, removed, added or exchanged there"
    return ""


def _voided(name: str, data: bytes, void: JsonObject | None) -> tuple[str, str]:
    """What is wrong with the end of a file that does not count, and what is to be noted of it."""
    if void is None:
        return "", ""
    tail = data[void["from"] :]
    if "sha256" in void and hashlib.sha256(tail).hexdigest() != void["sha256"]:
        return f"{name}: its torn last line is not the one that was noted", ""
    return "", f"{name}: its last {len(tail)} bytes were not written to the end, and do not count"


def _voids(found: Sequence[tuple[str, bytes]]) -> dict[str, JsonObject]:
    """By file, from where on it does not count, as later files say in their first lines."""
    void: dict[str, JsonObject] = {}
    for _, data in found:
        entry = _entry(data.partition(b"\n")[0]) or {}
        if entry.get("what") == RESUMED:
            void.update((one["file"], one) for one in entry["void"])
    return void


def _files(disk: Disk, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the ledger's files, in their order."""
    names = [name for name in disk.names(folder) if _NAME.fullmatch(name)]
    for name in sorted(names, key=lambda name: int(name.partition("-")[0])):
        try:
            yield name, disk.read(folder / name, 0, disk.size(folder / name) or 0)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise ArchiveError(f"{folder / name}: cannot be read: {reason}; make it readable") from None


def _lines(data: bytes) -> tuple[list[bytes], bytes]:
    """The lines of a file, and what is after the last of them; one that lacks no more than its end counts."""
    *lines, tail = data.split(b"\n")
    return ([*lines, tail], b"") if tail and _entry(tail) is not None else (lines, tail)


def _torn(name: str, data: bytes, tail: bytes) -> JsonObject:
    return {"file": name, "from": len(data) - len(tail), "sha256": hashlib.sha256(tail).hexdigest()}


def _entry(line: bytes) -> JsonObject | None:
    """The entry in a line; None when it is none, or not what was written."""
    found = _SEAL.fullmatch(line)
    if found is None or hashlib.sha256(found[1] + b"}").hexdigest() != found[2].decode():
        return None
    entry = json.loads(line)
    return entry if isinstance(entry, dict) and entry.keys() >= {"n", "prev", "time", "who", "what", "hash"} else None

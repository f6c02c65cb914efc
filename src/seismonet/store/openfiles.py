"""Appending to many files at once, with few of them open.

The rule this file owns: a file is only ever appended to at the byte where it is known to end. What somebody else has
put there is moved to the quarantine first; where something is missing nothing is written.
"""

import resource
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seismonet.core.errors import ArchiveError

from .files import Appender, Disk
from .quarantine import Tail, discard, is_again_there, set_aside

OPEN_FILES, FEWEST, SHARE = 512, 8, 3
"""At most so many files, and no more than one part of three of what the system lets the process have."""


class ShorterError(ArchiveError):
    """A file is shorter than it was: something of it is lost."""


@dataclass(frozen=True, slots=True)
class Addition:
    """Bytes for a file (``path`` below the root) that is ``length`` bytes long now."""

    path: str
    length: int
    parts: Sequence[bytes]


def affordable() -> int:
    """How many files may be open, by the limit of the process (``ulimit -n``)."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(FEWEST, min(OPEN_FILES, soft // SHARE)) if soft != resource.RLIM_INFINITY else OPEN_FILES


class OpenFiles:
    """Files below a root, at most ``limit`` of them open; by default what the process can well afford."""

    def __init__(self, disk: Disk, root: Path, limit: int | None = None) -> None:
        self._disk, self._root, self._limit = disk, root, limit or affordable()
        self._open: OrderedDict[str, Appender] = OrderedDict()
        self._aside: list[tuple[Path, Sequence[Tail]]] = []

    def append(self, additions: Sequence[Addition]) -> None:
        """Append to files and wait until all of it is on the disk.

        OSError, and ShorterError, leave what was written so far behind the lengths that were known before.
        """
        try:
            for first in range(0, len(additions), self._limit):
                self._append(additions[first : first + self._limit])
        except BaseException:
            self.close()
            raise

    def close(self, paths: Sequence[str] | None = None) -> None:
        """Close some files, or all."""
        for path in list(self._open) if paths is None else paths:
            if path in self._open:
                with suppress(OSError):  # what counts was synced
                    self._open.pop(path).close()

    def set_aside(self, tails: Sequence[Tail]) -> None:
        """Move the ends of files to the quarantine."""
        if tails:
            self._aside.append((set_aside(self._disk, self._root, tails), tails))

    def look_through(self) -> list[str]:
        """Of what was set aside, remove what has come back to its place meanwhile; the rest, in words."""
        notes = []
        for path, tails in self._aside:
            if is_again_there(self._disk, path, tails):
                discard(self._disk, path)
            else:
                size = sum(tail.length for tail in tails)
                notes.append(f"{size} bytes that ended {len(tails)} files were not ours; they are in {path}")
        self._aside = []
        return notes

    def _append(self, additions: Sequence[Addition]) -> None:
        for one in additions:
            if one.path in self._open:
                self._open.move_to_end(one.path)  # so that those which make room are others
        self._prepare(
            [one for one in additions if one.path not in self._open or self._open[one.path].size != one.length]
        )
        folders: dict[Path, None] = {}
        for one in additions:
            file = self._open[one.path]
            self._open.move_to_end(one.path)
            file.write(b"".join(one.parts))
            if not one.length:
                folders.setdefault(file.path.parent)
        for one in additions:
            self._open[one.path].sync()
        for folder in folders:
            self._disk.sync_folder(folder)

    def _prepare(self, additions: Sequence[Addition]) -> None:
        """Open files at the byte where they should end."""
        self.close([one.path for one in additions])
        while self._open and len(self._open) + len(additions) > self._limit:
            self.close([next(iter(self._open))])
        tails = []
        for one in additions:
            path = self._root / one.path
            if not one.length:
                self._disk.make_folder(path.parent)
            size = self._disk.size(path) or 0
            if size < one.length:
                raise ShorterError(
                    f"{path}: has {size} bytes, not {one.length}; who has cut it? The archive is recovered"
                )
            if size > one.length:
                tails.append(Tail(path, one.length, size - one.length))
        self.set_aside(tails)
        for one in additions:
            self._open[one.path] = self._disk.append(self._root / one.path)

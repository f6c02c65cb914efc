"""The one layer through which journal and archive touch the disk.

The rule this file owns: what is written is on the disk when ``sync`` has returned, and not before; a name is on the
disk when ``sync_folder`` of its folder has returned. Every method raises OSError as the system gives it. Tests put
disks that fail or lose power in the place of this one.
"""

import os
from collections.abc import Iterator
from pathlib import Path

READ_BYTES = 16 * 2**20
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class Appender:
    """A file that grows at its end. After an error it is to be closed, and never to be synced again.

    A failed sync may have dropped what was to be written, and a second one would report success.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, _APPEND, 0o644)
        self.size = os.fstat(self._handle).st_size

    def write(self, data: bytes) -> None:
        """Append all of it; after an error a part may be there."""
        view = memoryview(data)
        while view:
            done = os.write(self._handle, view)
            self.size += done
            view = view[done:]

    def sync(self) -> None:
        """Wait until all that was written is on the disk."""
        os.fdatasync(self._handle)

    def close(self) -> None:
        """Close it; what was not synced may still be lost."""
        if self._handle >= 0:
            handle, self._handle = self._handle, -1
            os.close(handle)


class Disk:
    """The disk as it is."""

    def append(self, path: Path) -> Appender:
        """Open a file to append to it, making it when it is not there. Links are not followed."""
        return Appender(path)

    def read(self, path: Path, offset: int = 0, length: int = READ_BYTES) -> bytes:
        """Up to ``length`` bytes from ``offset`` on; fewer only where the file ends."""
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            parts = []
            while length > 0 and (part := os.pread(handle, length, offset)):
                parts.append(part)
                offset, length = offset + len(part), length - len(part)
            return parts[0] if len(parts) == 1 else b"".join(parts)
        finally:
            os.close(handle)

    def size(self, path: Path) -> int | None:
        """Length of a file; None where there is none."""
        try:
            return os.stat(path, follow_symlinks=False).st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def truncate(self, path: Path, length: int) -> None:
        """Cut a file, and wait until that is on the disk."""
        handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.ftruncate(handle, length)
            os.fsync(handle)
        finally:
            os.close(handle)

    def remove(self, path: Path) -> None:
        """Remove a file; fine when it is not there."""
        path.unlink(missing_ok=True)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name; what had that name is gone. Both folders are synced."""
        os.replace(old, new)
        self.sync_folder(new.parent)
        if old.parent != new.parent:
            self.sync_folder(old.parent)

    def make_folder(self, path: Path) -> None:
        """Make a folder and all above it that are missing; their names are on the disk afterwards."""
        missing = []
        while not path.is_dir():
            missing.append(path)
            path = path.parent
        for one in reversed(missing):
            one.mkdir(exist_ok=True)
            self.sync_folder(one.parent)

    def sync_folder(self, path: Path) -> None:
        """Wait until the names in a folder are on the disk."""
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def names(self, folder: Path) -> list[str]:
        """The files of a folder, sorted; none where there is no folder."""
        try:
            with os.scandir(folder) as found:
                return sorted(one.name for one in found if one.is_file(follow_symlinks=False))
        except FileNotFoundError:
            return []

    def walk(self, folder: Path) -> Iterator[Path]:
        """All files below a folder, sorted by folder and name."""
        for here, below, names in os.walk(folder):
            below.sort()
            yield from (Path(here, name) for name in sorted(names))

    def free_bytes(self, folder: Path) -> int:
        """Room that we may still use."""
        found = os.statvfs(folder)
        return found.f_bavail * found.f_frsize

"""One process at a time works in an archive's folder.

The rule this file owns: who holds the lock on ``FOLDER/lock`` may write below ``FOLDER``. The lock is the system's
(``flock``): it ends with its process, however that ends, so there is no stale lock. The process id in the file only
tells people who it is. The file is never removed, as two processes could then hold locks on two files of one name.
"""

import contextlib
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from seismonet.core.errors import ArchiveError

NAME = "lock"
EXIT_CODE = 75
"""Exit code of a second instance: EX_TEMPFAIL of sysexits.h, "try again later"."""
PATIENCE_S = 0.5
"""``holder`` takes a lock for a moment: that must not turn a daemon away."""


class LockedError(ArchiveError):
    """Another process works in this folder; the command line ends with exit code 75."""


class Lock:
    """The lock of a folder, as a context manager or by ``acquire`` and ``release``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     with Lock(Path(name)):
    ...         holder(Path(name)) == os.getpid()
    ...     holder(Path(name))
    True
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = -1

    def acquire(self) -> None:
        """Take the lock, making the folder when needed.

        LockedError when another process has it, ArchiveError when the folder cannot be written to.
        """
        path = self.folder / NAME
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise ArchiveError(f"{path}: cannot be written: {error.strerror}; check the disk and who owns it") from None
        give_up_s = time.monotonic() + PATIENCE_S
        while not _locked(file, fcntl.LOCK_EX):
            if time.monotonic() > give_up_s:
                pid = _pid(file)
                os.close(file)
                who = f"process {pid}" if pid else "another process"
                raise LockedError(f"{self.folder}: {who} works here already; stop it first, or use another folder")
            time.sleep(0.02)
        self._file = file
        _note(file, f"{os.getpid()}\n")

    def release(self) -> None:
        """Give the lock back; nothing happens without one."""
        if self._file >= 0:
            _note(self._file, "")
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> "Lock":
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder(folder: Path) -> int | None:
    """Process id of who holds the lock, 0 when it cannot be told, None when nobody does."""
    try:
        file = os.open(folder / NAME, os.O_RDONLY)
    except OSError:
        return None
    try:
        return None if _locked(file, fcntl.LOCK_SH) else _pid(file) or 0
    finally:
        os.close(file)


def _locked(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _note(file: int, text: str) -> None:
    """For people; a disk that is full or read-only cannot take it."""
    with contextlib.suppress(OSError):
        os.truncate(file, 0)
        os.pwrite(file, text.encode(), 0)


def _pid(file: int) -> int:
    text = os.pread(file, 20, 0).strip()
    return int(text) if text.isdigit() else 0

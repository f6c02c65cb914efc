"""Disks that fail and disks that lose power. They really write, and keep book of what a sync has made safe.

When the power goes, what was not synced is there in part: pieces of it are missing, torn, or there without those that
were written before; new names whose folder was not synced may be gone, and removed ones back. An error at a sync drops
what it should have written, and a later sync of the same file says nothing about that.
"""

import errno
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from seismonet.store.files import Appender, Disk

SECTOR = 512


class PowerCut(Exception):
    """The power is gone; nothing can be done any more."""


@dataclass
class _State:
    """What is safe of a file: its bytes up to ``safe``, its name."""

    safe: int
    named: bool
    dropped: list[tuple[int, int]] = field(default_factory=list)


class FaultyDisk(Disk):
    """A disk that loses power at call ``cut_at``, or fails with ``code`` from call ``fail_at`` on, ``failures`` times.

    Attributes
    ----------
    calls : how often what was called (``write``, ``sync``, ``append``, …)
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        cut_at: int | None = None,
        fail_at: int | None = None,
        code: int = errno.ENOSPC,
        failures: int = 1,
    ) -> None:
        self.rng = random.Random(seed)
        self.cut_at, self.fail_at, self.code, self.failures = cut_at, fail_at, code, failures
        self.calls = Counter[str]()
        self.is_dead = False
        self._states: dict[Path, _State] = {}
        self._removed: dict[Path, bytes] = {}

    @property
    def count(self) -> int:
        """All calls so far."""
        return self.calls.total()

    @contextmanager
    def call(self, name: str, changes: bool = True) -> Iterator[bool]:
        """Around every call: True when it is to fail half-way. The power goes before the call, or after it."""
        if self.is_dead:
            raise PowerCut
        self.calls[name] += 1
        number = self.count
        dying = self.cut_at is not None and number >= self.cut_at
        if dying and self.rng.random() < 0.5:
            self.is_dead = True
            raise PowerCut
        fails = self.fail_at is not None and self.fail_at <= number < self.fail_at + self.failures
        if fails and (changes or self.code == errno.EIO):
            yield True
            raise OSError(self.code, os.strerror(self.code))
        yield False
        if dying:
            self.is_dead = True
            raise PowerCut

    def state(self, path: Path) -> _State:
        """What is safe of a file; one that was there before this disk is safe as it is."""
        if path not in self._states:
            size = super().size(path)
            self._states[path] = _State(size or 0, size is not None)
        return self._states[path]

    def append(self, path: Path) -> Appender:
        with self.call("append") as fails:
            self.state(path)
            self._removed.pop(path, None)
            return _Faulty(path, self) if not fails else None  # type: ignore[return-value]

    def read(self, path: Path, offset: int = 0, length: int = 16 * 2**20) -> bytes:
        with self.call("read", changes=False) as fails:
            return b"" if fails else super().read(path, offset, length)

    def truncate(self, path: Path, length: int) -> None:
        with self.call("truncate") as fails:
            if not fails:
                state = self.state(path)
                os.truncate(path, length)
                state.safe, state.dropped = length, [one for one in state.dropped if one[0] < length]

    def remove(self, path: Path) -> None:
        with self.call("remove") as fails:
            if not fails and super().size(path) is not None:
                self._removed[path] = super().read(path, 0, self.state(path).safe)
                del self._states[path]
                super().remove(path)

    def rename(self, old: Path, new: Path) -> None:
        with self.call("rename") as fails:
            if not fails:
                super().rename(old, new)
                self._states[new] = self._states.pop(old, _State(super().size(new) or 0, True))

    def make_folder(self, path: Path) -> None:
        with self.call("make_folder") as fails:
            if not fails:
                super().make_folder(path)

    def sync_folder(self, path: Path) -> None:
        if not path.is_dir():
            return
        with self.call("sync_folder") as fails:
            if not fails:
                for one, state in self._states.items():
                    state.named |= one.parent == path
                self._removed = {one: data for one, data in self._removed.items() if one.parent != path}

    def lose(self) -> None:
        """What the disk holds when the power comes back."""
        for path, data in self._removed.items():
            if self.rng.random() < 0.5 and path.parent.is_dir():
                path.write_bytes(data)
        for path, state in self._states.items():
            size = Disk.size(self, path)
            if size is None:
                continue
            if not state.named and self.rng.random() < 0.5:
                path.unlink()
            elif size > state.safe or state.dropped:
                self._tear(path, state, size)

    def _tear(self, path: Path, state: _State, size: int) -> None:
        holes = self.rng.choice((0.0, 0.4, 0.9))
        kept = self.rng.choice((state.safe, size, self.rng.randint(min(state.safe, size), size)))
        with path.open("r+b") as file:
            for begin, end in [*state.dropped, (state.safe, size)]:
                for at in range(begin, min(end, size), SECTOR):
                    if (begin, end) in state.dropped or self.rng.random() < holes:
                        file.seek(at)
                        file.write(bytes(min(SECTOR, end - at, size - at)))
            file.truncate(max(kept, state.safe))


class _Faulty(Appender):
    def __init__(self, path: Path, disk: FaultyDisk) -> None:
        super().__init__(path)
        self._disk = disk

    def write(self, data: bytes) -> None:
        with self._disk.call("write") as fails:
            if fails or (self._disk.cut_at is not None and self._disk.count >= self._disk.cut_at):
                super().write(data[: self._disk.rng.randint(0, len(data))])
            else:
                super().write(data)

    def sync(self) -> None:
        state = self._disk.state(self.path)
        with self._disk.call("sync") as fails:
            if fails:
                state.dropped.append((state.safe, self.size))
                state.safe = self.size
            else:
                state.safe = self.size


class ForgetfulDisk(FaultyDisk):
    """A broken twin: its files are never synced, and it says they are."""

    def append(self, path: Path) -> Appender:
        with self.call("append"):
            self.state(path)
            self._removed.pop(path, None)
            return _Forgetful(path, self)


class _Forgetful(_Faulty):
    def sync(self) -> None:
        with self._disk.call("sync"):
            return

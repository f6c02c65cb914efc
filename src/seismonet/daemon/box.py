"""The outbox, on the disk while that works and in memory when it does not.

The rule this file owns: whatever the disk does, what was decided is known and what is due is sent. What went on in
memory comes back to the disk as soon as it works; a crash before then may repeat letters, byte for byte.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from seismonet.core.errors import ArchiveError
from seismonet.core.utc import from_seconds
from seismonet.net.clock import Clock
from seismonet.store.files import Disk
from seismonet.store.opening import damage, rename_aside
from seismonet.store.outbox import NAME, Outbox, OvertakenError

from .logs import Log

REMEMBER_S = 2 * 86_400.0
"""What goes into memory: all that is not settled yet, and who was told lately."""
T = TypeVar("T")


class Box:
    """``do`` in the loop, ``soon`` in a thread of its own, take turns. Only OvertakenError comes out of either."""

    def __init__(self, folder: Path, clock: Clock, warn: Log, relief: Callable[[], bool] = lambda: False) -> None:
        """``relief`` makes room on a full disk, and says whether it could."""
        self.path, self.clock, self._warn, self._relief = folder / NAME, clock, warn, relief
        self._turn = threading.RLock()
        self._thread = ThreadPoolExecutor(1, "outbox")
        self._outbox = Outbox(None)

    @property
    def stored(self) -> bool:
        """Is the outbox on the disk?"""
        return self._outbox.path is not None

    def open(self) -> None:
        """Open it, and end the leases of earlier instances; one that is damaged is renamed, and a new one begun."""
        try:
            if found := damage(self.path):
                name = rename_aside(Disk(), self.path)
                self._warn("outbox damaged, a new one is begun", what=found, renamed=name)
            outbox = Outbox(self.path)
            outbox.take_over()
            self._outbox = outbox
        except (ArchiveError, OSError) as error:
            self._warn("alerts cannot be stored, they will be told all the same", reason=str(error))

    def close(self) -> None:
        """Let go of it."""
        self._thread.shutdown()
        with contextlib.suppress(ArchiveError):
            self.mend()
        self._outbox.close()

    def do(self, act: Callable[[Outbox], T]) -> T:
        """Do something with the outbox; when the disk fails, after making room, or in memory."""
        with self._turn:
            try:
                return act(self._outbox)
            except OvertakenError:
                raise
            except ArchiveError as error:
                if not self.stored:
                    raise
                reason = str(error)
            if self._relief():
                with contextlib.suppress(ArchiveError):
                    return act(self._outbox)
            self._go_on_in_memory(reason)
            return act(self._outbox)

    async def soon(self, act: Callable[[Outbox], T]) -> T:
        """The same in another thread, so that the loop does not wait for the disk."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.do, act)

    def _go_on_in_memory(self, reason: str) -> None:
        self._warn("alerts cannot be stored, they are told all the same", reason=reason)
        disk, memory = self._outbox, Outbox(None)
        memory.adopt(disk.epoch)
        try:
            memory.carry(self.path, self._since_ns(), back=False)
        except OvertakenError:
            raise
        except ArchiveError as error:
            self._warn("letters that wait cannot be read", reason=str(error))
        self._outbox = memory
        disk.close()

    def mend(self) -> None:
        """Go back to the disk, when the outbox is in memory and the disk works again."""
        with self._turn:
            if self.stored:
                return
            memory, disk = self._outbox, None
            try:
                disk = Outbox(self.path)
                if memory.epoch == 0:  # the file could not even be opened
                    memory.adopt(disk.take_over())
                memory.carry(self.path, self._since_ns(), back=True)
            except ArchiveError as error:
                if disk is not None:
                    disk.close()
                if isinstance(error, OvertakenError):
                    raise
                return
            disk.epoch, self._outbox = memory.epoch, disk
            memory.close()
        self._warn("alerts are stored again", file=str(self.path))

    def _since_ns(self) -> int:
        return self.clock.now_ns() - from_seconds(REMEMBER_S)

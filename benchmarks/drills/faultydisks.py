"""Disks that can be broken while a daemon writes to them: from within, by a file that says what fails; a small tmpfs;
databases that somebody else has locked.
"""

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from seismonet.daemon.run import run
from seismonet.net.clock import Clock
from seismonet.store.files import Appender, Disk

SWITCH = "fault"
DISK_MB = 64
PIECE_BYTES = 1 << 16
LOCK = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("PRAGMA busy_timeout = 20000")
held.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


class SwitchedDisk(Disk):
    """Works until the file ``switch`` names calls and an error (``write ENOSPC``, ``* EROFS``), and while it is there.

    A write that fails has written half of it. A sync that fails drops what it should have made safe, and the next one
    says nothing about that.
    """

    def __init__(self, switch: Path) -> None:
        self.switch = switch

    def check(self, call: str) -> None:
        """OSError when this call is to fail now."""
        try:
            which, _, name = self.switch.read_text("ascii").partition(" ")
        except FileNotFoundError:
            return
        if which in (call, "*"):
            code = getattr(errno, name.strip())
            raise OSError(code, os.strerror(code), str(self.switch.parent))

    def append(self, path: Path) -> Appender:
        self.check("append")
        return _Switched(path, self)

    def truncate(self, path: Path, length: int) -> None:
        self.check("truncate")
        super().truncate(path, length)

    def remove(self, path: Path) -> None:
        self.check("remove")
        super().remove(path)

    def rename(self, old: Path, new: Path) -> None:
        self.check("rename")
        super().rename(old, new)

    def make_folder(self, path: Path) -> None:
        self.check("make_folder")
        super().make_folder(path)

    def sync_folder(self, path: Path) -> None:
        self.check("sync")
        super().sync_folder(path)


class _Switched(Appender):
    def __init__(self, path: Path, disk: SwitchedDisk) -> None:
        super().__init__(path)
        self._disk, self._safe = disk, self.size

    def write(self, data: bytes) -> None:
        try:
            self._disk.check("write")
        except OSError:
            super().write(data[: len(data) // 2])
            raise
        super().write(data)

    def sync(self) -> None:
        try:
            self._disk.check("sync")
        except OSError:
            os.truncate(self.path, self._safe)
            raise
        super().sync()
        self._safe = self.size


def run_switched(path: Path, clock: Clock) -> int:
    """The daemon on such a disk; the switch lies beside its configuration."""
    return run(path, clock, SwitchedDisk(path.parent / SWITCH))


@asynccontextmanager
async def switched(folder: Path, what: str) -> AsyncIterator[None]:
    """Its disk fails inside the block."""
    switch, draft = folder / SWITCH, folder / f".{SWITCH}"
    draft.write_text(what, "ascii")
    draft.rename(switch)
    try:
        yield
    finally:
        switch.unlink()


@contextmanager
def mounted(folder: Path, kind: str) -> Iterator[None]:
    """A small disk is mounted there, ``tmpfs`` or ``ext4``. Takes root's rights: CalledProcessError without."""
    folder.mkdir()
    if kind == "ext4":
        image = image_of(folder)
        with open(image, "wb") as file:
            file.truncate(DISK_MB << 20)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
    mount(folder, kind)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def mount(folder: Path, kind: str) -> None:
    """Mount it, for the first time or again."""
    small = ["-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs"]
    image = ["-o", "loop,errors=remount-ro", str(image_of(folder))]
    subprocess.run(["mount", *(small if kind == "tmpfs" else image), folder], check=True)


def image_of(folder: Path) -> Path:
    """The file that an ext4 lives in."""
    return folder.with_suffix(".ext4")


def mount_again(folder: Path) -> None:
    """What an operator does when nobody has a file open there any more."""
    subprocess.run(["umount", folder], check=True)
    subprocess.run(["e2fsck", "-p", image_of(folder)], check=False, stdout=subprocess.DEVNULL)
    mount(folder, "ext4")


@asynccontextmanager
async def in_error(folder: Path) -> AsyncIterator[None]:
    """The file system has found an error in itself, and is read-only until it is mounted again."""
    device = os.stat(folder).st_dev
    name = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve().name
    Path(f"/sys/fs/ext4/{name}/trigger_fs_error").write_text("1", "ascii")
    yield


@asynccontextmanager
async def filled(folder: Path) -> AsyncIterator[None]:
    """Not a byte is free inside the block, whatever the daemon gives up meanwhile."""
    filling = asyncio.create_task(_fill(folder / "filler"))
    try:
        yield
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)
        (folder / "filler").unlink()


async def _fill(path: Path) -> None:
    with open(path, "wb", buffering=0) as file:
        while True:
            for size in (PIECE_BYTES, 512, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue
            await asyncio.sleep(0.02)


@asynccontextmanager
async def locked(database: Path) -> AsyncIterator[None]:
    """Another process has the database for itself inside the block."""
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-c", LOCK, str(database)]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if await process.stdout.readline() != b"locked\n":
            raise sqlite3.OperationalError(f"{database}: could not be locked")
        yield
    finally:
        process.stdin.close()
        await process.wait()

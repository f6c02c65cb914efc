"""One process at a time; a lock ends with its process, however that ends."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError
from seismonet.daemon.lock import Lock, LockedError, holder

HOLD = """
import sys
from pathlib import Path
from seismonet.daemon.lock import Lock
lock = Lock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def start(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_turned_away_and_told_who_it_is(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        with pytest.raises(LockedError, match=f"process {process.pid} works here already"):
            Lock(tmp_path).acquire()
        assert holder(tmp_path) == process.pid
        process.communicate("")


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert holder(tmp_path) is None
    with Lock(tmp_path):
        assert holder(tmp_path) == os.getpid()


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "made" / "now")
    for _ in range(3):
        lock.acquire()
        lock.release()
    lock.release()
    assert holder(lock.folder) is None


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="cannot be written: Not a directory"):
        Lock(tmp_path / "file" / "below").acquire()
    assert holder(tmp_path / "file" / "below") is None


def test_a_disk_that_has_become_read_only_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with Lock(tmp_path):
        monkeypatch.setattr(os, "truncate", refused)
    assert holder(tmp_path) is None
    with Lock(tmp_path):
        assert holder(tmp_path) is not None

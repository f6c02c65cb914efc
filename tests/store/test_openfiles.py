"""Many files are appended to with few of them open."""

import os
import resource
from pathlib import Path

import pytest

from seismonet.store.files import Disk
from seismonet.store.openfiles import FEWEST, OPEN_FILES, Addition, OpenFiles, affordable


def open_now(folder: Path) -> set[str]:
    """Which files of a folder this process has open."""
    found = {os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")}
    return {Path(one).name for one in found if one.startswith(f"{folder}/")}


def test_a_file_of_the_same_batch_does_not_make_room_for_another(tmp_path: Path) -> None:
    """``a`` has been open for longest, and is wanted beside two that are not open."""
    files = OpenFiles(Disk(), tmp_path, limit=3)
    lengths = dict.fromkeys("abcde", 0)
    for names in ("a", "b", "c", "ade", "bcd", "abcde"):
        files.append([Addition(name, lengths[name], [name.encode()]) for name in names])
        for name in names:
            lengths[name] += 1
        assert len(open_now(tmp_path)) <= 3
    files.close()
    assert open_now(tmp_path) == set()
    assert {name: (tmp_path / name).read_text() for name in lengths} == {name: name * n for name, n in lengths.items()}


@pytest.mark.parametrize(("limit", "files"), [(10, FEWEST), (96, 32), (1024, 341), (100_000, OPEN_FILES)])
def test_what_the_process_can_afford(limit: int, files: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert affordable() == files

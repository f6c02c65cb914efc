"""The file layer, and the disks that stand in its place."""

import errno
from pathlib import Path

import pytest

from seismonet.store.files import Disk
from tests.support.disks import FaultyDisk, PowerCut


def test_a_file_grows_and_is_read_in_parts(tmp_path: Path) -> None:
    disk = Disk()
    path = tmp_path / "a" / "b" / "file"
    disk.make_folder(path.parent)
    file = disk.append(path)
    file.write(b"hello ")
    file.write(b"world")
    file.sync()
    file.close()
    file.close()
    again = disk.append(path)
    assert again.size == 11
    again.close()
    assert disk.read(path, 6) == b"world"
    assert disk.read(path, 0, 5) == b"hello"
    assert disk.read(path, 11) == b""
    disk.truncate(path, 5)
    assert disk.size(path) == 5
    assert disk.names(path.parent) == ["file"]
    assert list(disk.walk(tmp_path)) == [path]
    disk.rename(path, tmp_path / "moved")
    disk.remove(tmp_path / "moved")
    disk.remove(tmp_path / "moved")
    assert disk.size(tmp_path / "moved") is None
    assert disk.names(tmp_path / "none") == []
    assert disk.free_bytes(tmp_path) > 0


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"link|symbolic"):
        Disk().append(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_takes_a_part_and_then_nothing(tmp_path: Path) -> None:
    disk = FaultyDisk(3, fail_at=2, code=errno.ENOSPC, failures=2)
    file = disk.append(tmp_path / "file")
    for _ in range(2):
        with pytest.raises(OSError, match="No space"):
            file.write(bytes(1000))
    size = file.size
    assert size < 2000
    file.write(b"end")
    assert disk.read(tmp_path / "file", size) == b"end"


def _write(disk: Disk, path: Path) -> None:
    file = disk.append(path)
    for part in (b"a" * 1000, b"b" * 3000):
        file.write(part)
        file.sync()
    disk.sync_folder(path.parent)


def test_without_a_sync_a_power_cut_takes_what_it_likes(tmp_path: Path) -> None:
    fates = set()
    for seed in range(40):
        path = tmp_path / str(seed)
        disk = FaultyDisk(seed, cut_at=5)
        with pytest.raises(PowerCut):
            _write(disk, path)
        disk.lose()
        if not path.exists():
            fates.add("name")
            continue
        data = path.read_bytes()
        assert data[:1000] == b"a" * 1000
        rest = data[1000:]
        fates |= {"short"} if len(rest) < 3000 else {"torn"} if b"\0" in rest else {"whole"}
    assert fates == {"name", "short", "torn", "whole"}

"""The ledger: no byte can be changed unseen, and no power cut breaks the chain or loses what was said to be written."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seismonet.store import ledger as room
from seismonet.store.ledger import Entry, Head, Ledger, audit, entries, seal
from tests.support.disks import FaultyDisk, PowerCut

DAY_NS = 86_400 * 10**9


def entry(number: int, day: int = 0, size: int = 40) -> Entry:
    return Entry("decision", "daemon", day * DAY_NS + number, {"number": number, "words": "ё" * size})


def write(folder: Path, numbers: range, day: int = 0) -> Ledger:
    made = Ledger(folder)
    for number in numbers:
        made.add(entry(number, day))
    made.close()
    return made


def files(folder: Path) -> list[Path]:
    return sorted((folder / "ledger").iterdir())


def numbers(folder: Path) -> list[int]:
    return [one["number"] for one in entries(folder) if "number" in one]


def test_every_changed_byte_is_found_at_its_line(tmp_path: Path) -> None:
    write(tmp_path, range(3))
    write(tmp_path, range(3, 5), day=1)
    assert (audit(tmp_path).sound, audit(tmp_path).head.lines, len(files(tmp_path))) == (True, 5, 2)
    for path in files(tmp_path):
        whole = path.read_bytes()
        for at in range(len(whole)):
            changed = bytearray(whole)
            changed[at] ^= 1 << (at % 8)
            path.write_bytes(changed)
            found = audit(tmp_path)
            line = whole[:at].count(b"\n") + 1
            assert not found.sound
            # an end of a line that is gone makes one line of two
            assert found.broken.startswith(f"{path.name}, line {line}:"), (at, found.broken)
        path.write_bytes(whole)


@pytest.mark.parametrize("kind", ["removed", "doubled", "exchanged", "first", "file", "foreign"])
def test_lines_that_are_missing_added_or_exchanged_are_found(tmp_path: Path, kind: str) -> None:
    write(tmp_path, range(4))
    write(tmp_path, range(4, 6), day=1)
    write(tmp_path, range(6, 8), day=2)
    first, second, third = files(tmp_path)
    lines = first.read_bytes().splitlines(keepends=True)
    changed = {
        "removed": [lines[0], lines[2], lines[3]], "doubled": [*lines[:2], lines[1], *lines[2:]],
        "exchanged": [lines[0], lines[2], lines[1], lines[3]], "first": lines[1:],
    }  # fmt: skip
    place = {"removed": 2, "doubled": 3, "exchanged": 2, "first": 1}
    if kind == "file":
        second.unlink()
        assert audit(tmp_path).broken.startswith(f"{third.name}, line 1:")
        return
    if kind == "foreign":
        write(tmp_path / "other", range(9, 11), day=1)
        second.write_bytes(files(tmp_path / "other")[0].read_bytes())
        assert audit(tmp_path).broken.startswith(f"{second.name}, line 1:")
        return
    first.write_bytes(b"".join(changed[kind]))
    assert audit(tmp_path).broken.startswith(f"{first.name}, line {place[kind]}:")


def test_a_line_of_another_chain_or_number_is_found_though_its_own_hash_is_right(tmp_path: Path) -> None:
    write(tmp_path, range(4))
    write(tmp_path, range(4, 6), day=1)
    write(tmp_path / "other", range(10, 14))
    write(tmp_path / "other", range(14, 16), day=1)
    second, head = files(tmp_path)[1], audit(tmp_path).head
    whole = second.read_bytes()
    second.write_bytes(files(tmp_path / "other")[1].read_bytes())
    assert audit(tmp_path).broken.startswith(f"{second.name}, line 1:"), "same numbers, other hashes"
    line, _ = seal(entry(7, day=1), Head(head.lines + 1, head.hash))
    second.write_bytes(whole + line + b"\n")
    assert audit(tmp_path).broken.startswith(f"{second.name}, line 3:"), "right hash, another number"
    line, _ = seal(entry(7, day=1), head)
    second.write_bytes(whole + line + b"\n")
    assert audit(tmp_path).sound


def test_an_end_that_was_cut_off_or_written_anew_is_found_by_a_head_noted_elsewhere(tmp_path: Path) -> None:
    noted = write(tmp_path, range(5)).head.hash
    write(tmp_path, range(5, 7))
    assert audit(tmp_path, noted[:12]).expected is True
    (path,) = files(tmp_path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    assert audit(tmp_path).sound, "nothing else can tell"
    assert (audit(tmp_path, noted).sound, audit(tmp_path, noted).expected) == (False, False)


def test_a_day_has_a_file_and_a_long_one_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROTATE_BYTES", 1000)
    write(tmp_path, range(9))
    write(tmp_path, range(9, 12), day=3)
    names = [path.name for path in files(tmp_path)]
    assert len(names) > 3
    assert names[-1].endswith("1970-01-04.jsonl")
    assert audit(tmp_path).head.lines == 12
    assert numbers(tmp_path) == list(range(12))


def test_a_clock_set_back_goes_on_in_the_same_file(tmp_path: Path) -> None:
    made = Ledger(tmp_path)
    made.add(entry(0, day=2))
    made.add(entry(1, day=1))
    assert [path.name for path in files(tmp_path)] == ["000001-1970-01-03.jsonl"]
    assert audit(tmp_path).sound


@pytest.mark.parametrize("kept", [0, 1, 30, -1, None])
def test_a_torn_last_line_is_left_as_it_is_noted_and_the_chain_goes_on(tmp_path: Path, kept: int | None) -> None:
    write(tmp_path, range(3))
    (path,) = files(tmp_path)
    *_, last, _ = path.read_bytes().split(b"\n")
    data = path.read_bytes()[: -len(last) - 1]
    path.write_bytes(data + (last[:kept] if kept is not None else last))  # None: all but the end of the line
    torn = path.read_bytes()
    write(tmp_path, range(7, 9))
    assert files(tmp_path)[0].read_bytes().startswith(torn)
    assert audit(tmp_path).sound
    assert numbers(tmp_path) == [0, 1, *([2] if kept is None else []), 7, 8]
    if kept not in (None, 0):
        (note,) = audit(tmp_path).notes
        assert note.startswith(path.name)
        path.write_bytes(path.read_bytes()[:-1] + b"?")  # the torn end, too, stays as it was noted
        assert not audit(tmp_path).sound


def test_a_changed_line_is_not_taken_for_a_torn_one_by_starting_again(tmp_path: Path) -> None:
    write(tmp_path, range(3))
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"number":2', b'"number":7'))
    write(tmp_path, range(3, 5))
    assert audit(tmp_path).broken.startswith(f"{path.name}, line 3:")


@pytest.mark.parametrize("seed", range(60))
def test_no_power_cut_breaks_the_chain_or_loses_what_was_written(tmp_path: Path, seed: int) -> None:
    safe: list[int] = []
    for life in range(3):
        disk = FaultyDisk(1000 * life + seed, cut_at=5 + (7 * seed + 11 * life) % 40)
        try:
            made = Ledger(tmp_path, disk)
            for number in range(100 * life, 100 * life + 30):
                made.add(entry(number, day=number // 10, size=600))
                safe.append(number)
        except PowerCut:
            disk.lose()
    write(tmp_path, range(900, 902), day=99)
    found = audit(tmp_path)
    assert found.sound, found.broken
    assert set(safe) <= set(numbers(tmp_path))
    assert numbers(tmp_path) == sorted(set(numbers(tmp_path)))


@pytest.mark.parametrize("fail_at", range(1, 20))
def test_what_could_not_be_written_is_written_again_once(tmp_path: Path, fail_at: int) -> None:
    disk = FaultyDisk(fail_at, fail_at=fail_at, failures=1 + fail_at % 3, code=errno.ENOSPC)
    made = Ledger(tmp_path, disk)
    refused = 0
    for number in range(6):
        for _ in range(9):
            try:
                made.add(entry(number, day=number // 3, size=300))
                break
            except OSError:
                refused += 1
    assert refused
    disk.lose()  # what failed to be synced is gone
    assert audit(tmp_path).sound, audit(tmp_path).broken
    assert numbers(tmp_path) == list(range(6))


KILLED = """
import sys
from pathlib import Path
from seismonet.store.ledger import Entry, Ledger
made = Ledger(Path(sys.argv[1]))
for number in range(100_000):
    made.add(Entry("decision", "daemon", number, {"number": number, "words": "x" * 5000}))
    print(number, flush=True)
"""


def test_a_writer_that_is_killed_leaves_all_that_it_said_it_wrote(tmp_path: Path) -> None:
    for life in range(2):
        child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        said = [int(child.stdout.readline()) for _ in range(40)]
        os.kill(child.pid, signal.SIGKILL)
        child.stdout.read()
        child.wait()
        found = [one["number"] for one in entries(tmp_path)]
        assert set(said) <= set(found)
        assert audit(tmp_path).sound or "is not whole" in audit(tmp_path).broken, life
    write(tmp_path, range(2))
    assert audit(tmp_path).sound


def test_numbers_that_json_does_not_know_are_null_and_keys_of_all_lines_are_not_overwritten(tmp_path: Path) -> None:
    made = Ledger(tmp_path)
    made.add(Entry("decision", "daemon", 0, {"depth": float("nan"), "parts": [{"x": float("inf")}]}))
    (line,) = files(tmp_path)[0].read_text().splitlines()
    assert json.loads(line)["depth"] is None
    with pytest.raises(ValueError, match="prev"):
        made.add(Entry("decision", "daemon", 0, {"prev": ""}))
    assert audit(tmp_path).sound

"""A computer that is not fit for the work is told so, with cause and next step."""

import errno
import os
from pathlib import Path

import pytest

from seismonet.core.utc import from_iso
from seismonet.daemon.findings import ERROR, GOOD, WARNING, Finding
from seismonet.daemon.hostchecks import (
    DiskFacts,
    KernelClock,
    chrony_clock,
    clock_findings,
    disk_findings,
    host_findings,
    kernel_clock,
    measure_disk,
    memory_findings,
)

NOW_NS = from_iso("2026-11-24T12:00:00Z")
GIB = 2**30
FIT = DiskFacts("ext4", 100 * GIB, 200 * GIB, 10_000_000, 12_000_000, (0.004,) * 10)
TRACKING = "C0A80001,192.168.0.1,2,1764000000.1,{offset},0.000012,0.000020,-3.2,0.001,0.02,{delay},0.000300,64.2,{leap}"


def levels(findings: list[Finding]) -> list[str]:
    return [one.level for one in findings]


def assert_helpful(findings: list[Finding]) -> None:
    for one in findings:
        if one.level != GOOD:
            assert one.next_step, one
        assert "\n" not in one.what + one.cause + one.next_step


@pytest.mark.parametrize(
    ("clock", "expected", "words"),
    [
        (KernelClock(True, 0.002), GOOD, "synchronised, off by at most 2 ms"),
        (KernelClock(True, 0.1), WARNING, "may be off by 100 ms"),
        (KernelClock(True, 2.0), ERROR, "may be off by 2 s"),
        (KernelClock(False, 0.002, "chrony"), ERROR, "chrony says that it is not synchronised"),
        (None, WARNING, "nobody says whether it is right"),
    ],
)
def test_the_clock(clock: KernelClock | None, expected: str, words: str) -> None:
    found = clock_findings(NOW_NS, (None, clock))
    assert levels(found) == [expected]
    assert words in found[0].what
    assert_helpful(found)


def test_who_knows_more_is_asked_first() -> None:
    found = clock_findings(NOW_NS, (KernelClock(True, 0.001, "chrony"), KernelClock(False, 16.0)))
    assert levels(found) == [GOOD]


def test_a_clock_that_was_reset_says_an_impossible_time() -> None:
    found = clock_findings(from_iso("1970-01-01T00:05:00Z"), (KernelClock(True, 0.001),))
    assert levels(found) == [ERROR]
    assert "1970-01-01 00:05:00 UTC, which is past" in found[0].what


def test_an_old_list_of_leap_seconds_is_told_since_when() -> None:
    found = clock_findings(from_iso("2028-01-01"), (KernelClock(True, 0.001),))
    assert levels(found) == [GOOD, WARNING]
    assert found[1].since_ns == from_iso("2027-06-28")


def chrony(folder: Path, script: str) -> str:
    path = folder / "chronyc"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_chrony_is_asked(tmp_path: Path) -> None:
    line = TRACKING.format(offset="-0.000250", delay="0.020000", leap="Normal")
    asked = chrony_clock(chrony(tmp_path, f'[ "$*" = "-c tracking" ] && echo "{line}"'))
    assert asked is not None
    assert (asked.synchronised, asked.keeper) == (True, "chrony")
    assert asked.error_s == pytest.approx(0.00025 + 0.01 + 0.0003)
    line = TRACKING.format(offset="0", delay="0", leap="Not synchronised")
    asked = chrony_clock(chrony(tmp_path, f'echo "{line}"'))
    assert asked is not None
    assert not asked.synchronised


@pytest.mark.parametrize("script", ["exit 1", "echo 506 Cannot talk to daemon", "echo ,,,,x", "true"])
def test_a_chrony_that_does_not_answer_says_nothing(tmp_path: Path, script: str) -> None:
    assert chrony_clock(chrony(tmp_path, script)) is None
    assert chrony_clock(str(tmp_path / "no such program")) is None


def test_the_kernel_is_asked() -> None:
    asked = kernel_clock()
    assert asked is None or 0 <= asked.error_s <= 1e6


@pytest.mark.parametrize(
    ("facts", "expected", "words"),
    [
        (FIT, [GOOD, GOOD], "100 GiB of 200 GiB free (50%)"),
        (DiskFacts("ext4", 15 * GIB, 200 * GIB, 9, 9, FIT.sync_s), [WARNING, GOOD], "15 GiB of 200 GiB free (8%)"),
        (DiskFacts("ext4", 9 * GIB, 200 * GIB, 9, 9, FIT.sync_s), [ERROR, GOOD], "9.0 GiB of 200 GiB free"),
        (DiskFacts("ext4", GIB, 4 * GIB, 9, 9, FIT.sync_s), [ERROR, GOOD], "1.0 GiB of 4.0 GiB free"),
        (DiskFacts("ext4", 99 * GIB, 200 * GIB, 4, 100, FIT.sync_s), [GOOD, ERROR, GOOD], "4 of 100 inodes free"),
        (DiskFacts("btrfs", 99 * GIB, 200 * GIB, 0, 0, FIT.sync_s), [GOOD, GOOD], "free"),
        (DiskFacts("ext4", 99 * GIB, 200 * GIB, 9, 9, (0.08,) * 10), [GOOD, WARNING], "safe after 80 ms"),
        (DiskFacts("ext4", 99 * GIB, 200 * GIB, 9, 9, (*[0.004] * 9, 1.5)), [GOOD, WARNING], "at worst 1.5 s"),
        (DiskFacts("tmpfs", 99 * GIB, 200 * GIB, 9, 9, FIT.sync_s), [GOOD, GOOD, ERROR], "kept in memory (tmpfs)"),
        (DiskFacts("nfs4", 99 * GIB, 200 * GIB, 9, 9, FIT.sync_s), [GOOD, GOOD, WARNING], "another computer (nfs4)"),
    ],
)
def test_the_disk(facts: DiskFacts, expected: list[str], words: str) -> None:
    found = disk_findings(Path("/archive"), facts)
    assert levels(found) == expected
    assert any(words in one.what for one in found)
    assert_helpful(found)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (errno.EROFS, "read-only"),
        (errno.EACCES, "belongs to another user"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EIO, ""),
    ],
)
def test_a_disk_that_refuses(code: int, cause: str) -> None:
    error = OSError(code, os.strerror(code))
    found = disk_findings(Path("/archive"), DiskFacts("ext4", 99 * GIB, 200 * GIB, 9, 9, (), error))
    assert levels(found) == [GOOD, ERROR]
    assert os.strerror(code) in found[1].what
    assert cause in found[1].cause
    assert_helpful(found)


def test_measuring_leaves_nothing_behind(tmp_path: Path) -> None:
    facts = measure_disk(tmp_path / "not" / "there" / "yet")
    assert facts.error is None
    assert len(facts.sync_s) == 10
    assert facts.total_bytes > facts.free_bytes > 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_file_is_an_error_and_not_an_accident() -> None:
    assert measure_disk(Path("/proc")).error is not None


@pytest.mark.parametrize(("free_mib", "expected"), [(4000, GOOD), (400, WARNING), (100, ERROR)])
def test_memory(free_mib: int, expected: str) -> None:
    found = memory_findings(f"MemTotal: 8000000 kB\nMemAvailable: {free_mib * 1024} kB\nHugePages_Total: 0\n\n")
    assert levels(found) == [expected]
    assert_helpful(found)


def test_without_numbers_nothing_is_said_of_memory() -> None:
    assert memory_findings("MemTotal: many kB") == []


def test_this_computer(tmp_path: Path) -> None:
    found = host_findings(tmp_path, NOW_NS)
    assert {"clock", "disk"} <= {one.area for one in found}
    assert_helpful(found)

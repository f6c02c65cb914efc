"""What a folder tells of the daemon that works in it, or did."""

import os
from dataclasses import replace
from pathlib import Path

from seismonet.daemon.archivechecks import archive_findings
from seismonet.daemon.findings import ERROR, GOOD, WARNING, Finding
from seismonet.daemon.lock import Lock
from seismonet.daemon.statefile import HostLine, Status, WriterLine, write_status
from seismonet.daemon.statuschecks import status_findings

from .statuses import MINUTE_NS, NOW_NS, status

S = 10**9


def well() -> Status:
    lines = tuple(replace(one, verdict="up", can_contribute=True, reasons=()) for one in status().stations)
    return replace(status(), stations=lines, writer=WriterLine(), host=HostLine(), sources=status().sources[:1])


def of(findings: list[Finding], area: str) -> list[Finding]:
    return [one for one in findings if one.area == area]


def test_before_the_first_start(tmp_path: Path) -> None:
    assert [one.level for one in archive_findings(tmp_path / "archive", NOW_NS)] == [GOOD]


def test_a_daemon_that_is_well(tmp_path: Path) -> None:
    write_status(tmp_path / "status.json", well())
    with Lock(tmp_path):
        found = archive_findings(tmp_path, NOW_NS + S)
    assert [one.level for one in found] == [GOOD, GOOD]
    assert found[0].what == f"process {os.getpid()} has been running for 2 h"


def test_one_that_ended_is_told_since_when(tmp_path: Path) -> None:
    write_status(tmp_path / "status.json", well())
    (found,) = of(archive_findings(tmp_path, NOW_NS + MINUTE_NS), "daemon")
    assert (found.level, found.what, found.since_ns) == (ERROR, "none is running", NOW_NS)


def test_none_ever(tmp_path: Path) -> None:
    (found,) = of(archive_findings(tmp_path, NOW_NS), "daemon")
    assert (found.level, found.what) == (WARNING, "none is running")


def test_one_that_hangs(tmp_path: Path) -> None:
    write_status(tmp_path / "status.json", well())
    with Lock(tmp_path):
        (found,) = of(archive_findings(tmp_path, NOW_NS + 5 * MINUTE_NS), "daemon")
    assert (found.level, found.since_ns) == (ERROR, NOW_NS)
    assert f"process {os.getpid()} has not renewed its status for 5 min" in found.what


def test_one_that_is_starting(tmp_path: Path) -> None:
    with Lock(tmp_path):
        (found,) = of(archive_findings(tmp_path, NOW_NS), "daemon")
    assert found.level == WARNING
    assert "runs without a status" in found.what


def test_what_the_daemon_knows_to_be_wrong_is_passed_on(tmp_path: Path) -> None:
    write_status(tmp_path / "status.json", status())
    with Lock(tmp_path):
        found = archive_findings(tmp_path, NOW_NS + S)
    passed = [one.what for one in status_findings(status())]
    assert passed
    assert [one.what for one in found if one.what in passed] == passed
    assert not [one for one in found if "doctor" in one.next_step]
    assert [one for one in found if "further down" in one.next_step]


def test_quarantine_is_counted_and_a_large_one_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "quarantine").mkdir()
    (tmp_path / "quarantine" / "a.bin").write_bytes(b"x" * 2048)
    (found,) = of(archive_findings(tmp_path, NOW_NS), "archive")
    assert (found.level, found.what) == (GOOD, "1 file of 2.0 KiB in quarantine")
    with open(tmp_path / "quarantine" / "b.bin", "wb") as file:
        file.truncate(200 * 2**20)
    (found,) = of(archive_findings(tmp_path, NOW_NS), "archive")
    assert (found.level, found.what) == (WARNING, "2 files of 200 MiB in quarantine")

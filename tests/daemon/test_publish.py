"""Alerts are stored before they are told, told once, and told even when the disk is full."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from seismonet.core.alert import Alert
from seismonet.daemon.publish import MIB, Publisher
from seismonet.pipeline import Output

ALERT = Alert("abc", 0, "new", 2_000, 1_000, 38.2, 72.8, 20.0, 7.1, "Mpd", ("TJ.MANEM", "TJ.SAREZ"), 9.0, "status")


class Log:
    """Keeps what it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lines, self.stored = folder, list[tuple[str, dict[str, object]]](), list[int]()

    def __call__(self, event: str, **values: object) -> None:
        self.lines.append((event, values))
        path = self.folder / "alerts.jsonl"
        self.stored.append(len(path.read_bytes().splitlines()) if path.exists() else 0)

    @property
    def alerts(self) -> list[dict[str, object]]:
        return [values for event, values in self.lines if event == "ALERT"]


def publisher(folder: Path) -> tuple[Publisher, Log]:
    log = Log(folder)
    return Publisher(folder, log, 1), log


def test_an_alert_is_in_the_file_when_it_is_told_and_is_told_once(tmp_path: Path) -> None:
    one, log = publisher(tmp_path)
    assert one.tell(Output(alerts=[ALERT])) == [ALERT]
    assert one.tell(Output(alerts=[ALERT])) == []
    assert log.stored == [1]
    assert log.alerts[0]["magnitude"] == "7.1"
    assert "simulated" not in json.loads((tmp_path / "alerts.jsonl").read_text())


def test_after_a_restart_it_is_known(tmp_path: Path) -> None:
    publisher(tmp_path)[0].tell(Output(alerts=[ALERT, replace(ALERT, version=1, kind="update", issued_ns=5_000)]))
    with open(tmp_path / "alerts.jsonl", "a") as file:
        file.write('{"event_id": "torn by a power c')
    later, log = publisher(tmp_path)
    assert later.recent(0) == [ALERT, replace(ALERT, version=1, kind="update", issued_ns=5_000)]
    assert later.tell(Output(alerts=[ALERT])) == []
    assert later.recent(3_000)[0].version == 1
    assert log.alerts == []
    assert len(later.tell(Output(alerts=[replace(ALERT, version=2)]))) == 1
    assert [one.version for one in later.recent(0)] == [0, 1, 2]


def test_what_is_simulated_says_so_in_file_and_log(tmp_path: Path) -> None:
    one, log = publisher(tmp_path)
    one.simulated = "SIMULATED digitizer"
    one.tell(Output(alerts=[ALERT]))
    assert json.loads((tmp_path / "alerts.jsonl").read_text())["simulated"] == "SIMULATED digitizer"
    assert log.alerts[0]["simulated"] == "SIMULATED digitizer"


def test_a_full_disk_first_costs_the_reserve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, log = publisher(tmp_path)
    one.keep_reserve()
    assert (tmp_path / "reserve").stat().st_size == MIB
    write = os.write

    def full_while_reserved(file: int, data: bytes) -> int:
        if (tmp_path / "reserve").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    monkeypatch.setattr(os, "write", full_while_reserved)
    one.tell(Output(alerts=[ALERT]))
    assert not (tmp_path / "reserve").exists()
    assert len(one.recent(0)) == 1
    assert log.alerts


def test_a_disk_that_refuses_all_delays_the_file_and_not_the_alert(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, log = publisher(tmp_path)
    with monkeypatch.context() as patched:

        def refuse(file: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        patched.setattr(os, "fdatasync", refuse)
        one.tell(Output(alerts=[ALERT]))
        assert log.alerts
        assert (tmp_path / "alerts.jsonl").read_bytes() == b""
    one.store_again()
    assert publisher(tmp_path)[0].recent(0) == [ALERT]


def test_what_is_withheld_is_stored_with_the_reason_and_told_to_nobody(tmp_path: Path) -> None:
    one, log = publisher(tmp_path)
    assert one.tell(Output(alerts=[ALERT]), "the clock was set") == []
    assert log.alerts == []
    assert [(event, values["why"]) for event, values in log.lines] == [("alert withheld", "the clock was set")]
    assert json.loads((tmp_path / "alerts.jsonl").read_text())["withheld"] == "the clock was set"
    assert one.tell(Output(alerts=[ALERT])) == [], "a version is decided upon once"


@pytest.mark.parametrize("restart", [False, True])
def test_nobody_is_told_of_the_end_of_what_he_was_not_told_of(restart: bool, tmp_path: Path) -> None:
    one, _ = publisher(tmp_path)
    one.tell(Output(alerts=[ALERT]), "the clock was set")
    if restart:
        one, _ = publisher(tmp_path)
        one.recent(0)
    update, cancel = replace(ALERT, version=1, kind="update"), replace(ALERT, version=2, kind="cancel")
    assert one.tell(Output(alerts=[cancel])) == []
    one.told.clear()
    assert one.tell(Output(alerts=[update])) == [update]
    assert one.tell(Output(alerts=[cancel])) == [cancel]


def test_an_alert_that_comes_too_late_is_withheld_and_its_end_is_not(tmp_path: Path) -> None:
    """As after a restart, when the journal is heard again."""
    one, log = publisher(tmp_path)
    now_ns = ALERT.issued_ns + 61 * 10**9
    assert one.tell(Output(alerts=[ALERT]), now_ns=ALERT.issued_ns + 59 * 10**9) == [ALERT]
    assert one.tell(Output(alerts=[replace(ALERT, version=1, kind="update")]), now_ns=now_ns) == []
    assert log.lines[-1][1]["why"] == "it comes 61 s too late"
    cancel = replace(ALERT, version=2, kind="cancel")
    assert one.tell(Output(alerts=[cancel]), now_ns=now_ns) == [cancel]


def test_a_disk_that_lets_nothing_be_removed_is_no_end(tmp_path: Path) -> None:
    """As when it has become read-only: here the reserve is something that cannot be unlinked."""
    one, log = publisher(tmp_path)
    (tmp_path / "reserve").mkdir()
    assert not one.free_reserve()
    one.keep_reserve()
    assert log.lines == []

"""``seismonet top`` as its users meet it, on a terminal too."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from seismonet.cli import main
from seismonet.daemon.statefile import write_status
from tests.daemon.statuses import status

PATIENCE_S = 20.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_status(tmp_path / "status.json", status())
    return tmp_path


def test_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["top", str(folder), "--once"]) == 0
    shown = capsys.readouterr().out
    assert "2 of 3 stations can contribute" in shown
    assert "NOT ALIVE" in shown


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["top", str(folder), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["station_code"] for one in document["stations"]] == ["TJ.SAREZ", "TJ.MURGH", "TJ.MANEM"]


def test_the_folder_that_a_configuration_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "here.toml").write_text('[archive]\nfolder = "."\n')
    assert main(["top", "-c", str(folder / "here.toml"), "--once"]) == 0
    assert "2 of 3 stations can contribute" in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--once"], ["--json"]])
def test_without_a_daemon_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    assert main(["top", str(tmp_path), *options]) == 1
    assert "no daemon has written its status here" in capsys.readouterr().err


def test_a_senseless_pace_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["top", str(folder), "--every", "nan"]) == 1
    assert "--every nan" in capsys.readouterr().err


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self.file, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "160", "LINES": "60"}
        command = [sys.executable, "-m", "seismonet", "top", str(folder), "--every", "0.1"]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)

    def read_until(self, text: str) -> None:
        seen = ""
        while text not in seen:
            ready, _, _ = select.select([self.file], [], [], PATIENCE_S)
            assert ready, f"{text!r} did not come; there was {seen[-2000:]!r}"
            seen += os.read(self.file, 65_536).decode("utf-8", "replace")

    def read_to_the_end(self) -> str:
        """All that is still shown; a terminal that nobody reads from holds its programs up."""
        seen = b""
        while True:
            ready, _, _ = select.select([self.file], [], [], PATIENCE_S)
            assert ready, f"it did not end; there was {seen[-2000:]!r}"
            try:
                seen += os.read(self.file, 65_536)
            except OSError:  # the other end is closed
                return seen.decode("utf-8", "replace")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        os.close(self.file)


@pytest.fixture
def terminal(folder: Path) -> Iterator[Terminal]:
    opened = Terminal(folder)
    yield opened
    opened.close()


def test_it_goes_on_showing_what_is_new_until_q(folder: Path, terminal: Terminal) -> None:
    terminal.read_until("q quits")
    write_status(folder / "status.json", replace(status(), network="Alai"))
    terminal.read_until("Alai: running")
    (folder / "status.json").unlink()
    terminal.read_until("no daemon has written its status here")
    os.write(terminal.file, b"xq")
    terminal.read_to_the_end()
    assert terminal.process.wait(PATIENCE_S) == 0


def test_it_ends_with_its_terminal(folder: Path) -> None:
    opened = Terminal(folder)
    opened.read_until("q quits")
    os.close(opened.file)
    assert opened.process.wait(PATIENCE_S) is not None


def test_ctrl_c_ends_it_and_gives_the_terminal_back(terminal: Terminal) -> None:
    terminal.read_until("q quits")
    terminal.process.send_signal(signal.SIGINT)
    assert "\x1b[?1049l" in terminal.read_to_the_end()
    assert terminal.process.wait(PATIENCE_S) == 0

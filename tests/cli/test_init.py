"""``seismonet init`` against a server: what it writes can be used as it is."""

import io
import sys
from pathlib import Path

import pytest

from seismonet.cli import main
from seismonet.config import load_config
from seismonet.core.share import share
from tests.support.stand import remembering, standing

CHANNELS = [(f"TJ.{code}.00.HHZ", 2.0) for code in ("SAREZ", "MURGH", "MANEM")]


def test_unattended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "net.toml"
    with standing(remembering(*CHANNELS, ("XX.OTHER.00.HHZ", 2.0)), organization="SIMULATED") as port:
        options = ["--server", f"127.0.0.1:{port}", "--stations", "TJ.*", "--name", "Pamir"]
        assert main(["init", *options, "--archive", str(tmp_path / "data"), "--yes", "-o", str(output)]) == 0
    said = capsys.readouterr().out
    assert "SIMULATED, SeedLink" in said
    assert "XX.OTHER" in said
    assert f"seismonet doctor -c {output}" in said
    config = load_config(output)
    assert config.network.name == "Pamir"
    assert config.network.stations == (str(share("stations")),)
    assert Path(config.archive.folder) == tmp_path / "data"
    (source,) = config.sources
    assert (source.name, source.url) == ("server1", f"seedlink://127.0.0.1:{port}")
    assert source.stations == ("TJ.MANEM", "TJ.MURGH", "TJ.SAREZ")
    assert main(["config", "check", str(output)]) == 0


def test_of_two_servers_one_is_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "net.toml"
    with standing(remembering(*CHANNELS)) as port:
        servers = ["--server", "127.0.0.1:9", "--server", f"127.0.0.1:{port}"]
        assert main(["init", *servers, "--yes", "-o", str(output)]) == 0
    assert "WARNING: seedlink://127.0.0.1:9: no connection" in capsys.readouterr().out
    assert [one.address[1] for one in load_config(output).sources] == [port]
    assert "no connection: connection refused" in output.read_text()


def test_what_exists_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "net.toml"
    output.write_text("mine")
    with standing(remembering(*CHANNELS)) as port:
        assert main(["init", "--server", f"127.0.0.1:{port}", "--yes", "-o", str(output)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert output.read_text() == "mine"


def test_a_server_that_is_not_there_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--server", "127.0.0.1:9", "--yes", "-o", str(tmp_path / "net.toml")]) == 1
    told = capsys.readouterr().err
    assert told == "seismonet: seedlink://127.0.0.1:9: no connection: connection refused\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["http://host", "seedlink://me:pw@host", "seedlink://host:port"])
def test_what_is_no_address(tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str) -> None:
    assert main(["init", "--server", address, "--yes", "-o", str(tmp_path / "net.toml")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_without_a_terminal_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("centre\n"))
    assert main(["init", "-o", str(tmp_path / "net.toml")]) == 1
    assert "there is no terminal to ask on" in capsys.readouterr().err


class Terminal(io.StringIO):
    """Typed lines."""

    def isatty(self) -> bool:
        return True


def test_questions_and_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "net.toml"
    with standing(remembering(*CHANNELS)) as port:
        lines = ["127.0.0.1:9", f"127.0.0.1:{port}", "", "", "", "", "Pamir"]
        monkeypatch.setattr(sys, "stdin", Terminal("\n".join(lines) + "\n"))
        assert main(["init", "-o", str(output)]) == 0
    said = capsys.readouterr().out
    assert "no connection: connection refused" in said
    assert load_config(output).network.name == "Pamir"
    assert len(load_config(output).sources[0].stations) == 3


def test_answers_that_end_write_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    assert main(["init", "-o", str(tmp_path / "net.toml")]) == 1
    assert "nothing was written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []

"""``seismonet doctor`` beside a server that is as it should be, and beside many that are not."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seismonet.cli import main
from seismonet.core.share import share
from tests.support.stand import remembering, standing

CODES = ("SAREZ", "MURGH", "MANEM")
CHANNELS = [(f"TJ.{code}.00.{sensor}{part}", 2.0) for code in CODES for sensor in ("HH", "HN") for part in "ZNE"]
PAMIR = str(share("stations"))
Examine = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def examine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Examine:
    """Run the doctor on a source; its exit code and findings."""

    def run(port: int, stations: str = "TJ.*", more: str = "", metadata: str = PAMIR, own: int = 0) -> Any:
        text = f"""
            [network]
            stations = ["{metadata}"]
            [server]
            port = {own}
            [[source]]
            name = "centre"
            url = "seedlink://127.0.0.1:{port}"
            stations = ["{stations}"]
            {more}
        """
        (tmp_path / "here.toml").write_text("\n".join(line.strip() for line in text.splitlines()))
        code = main(["doctor", "-c", str(tmp_path / "here.toml"), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def of(found: list[dict[str, Any]], area: str, level: str) -> list[str]:
    return [one["what"] for one in found if (one["area"], one["level"]) == (area, level)]


def test_all_that_is_good_is_said_to_be(examine: Examine) -> None:
    with standing(remembering(*CHANNELS), organization="Geophysical Service") as port:
        _, found = examine(port)
    assert of(found, "centre", "error") == of(found, "centre", "warning") == []
    told = of(found, "centre", "good")
    assert any("Geophysical Service, SeedLink" in text and "3 stations, 18 channels" in text for text in told)
    assert any(text.startswith("TJ.SAREZ: 6 channels, newest sample") for text in told)
    assert {"configuration", "clock", "disk", "metadata", "archive"} <= {one["area"] for one in found}
    assert of(found, "metadata", "error") == []
    assert any(text.startswith("TJ.SAREZ: assumed and not confirmed") for text in of(found, "metadata", "warning"))


def test_a_silent_station_a_missing_one_and_a_selector_that_takes_nothing(examine: Examine) -> None:
    ring = remembering(*CHANNELS[:6], ("TJ.MURGH.00.HHZ", 4000.0), ("KZ.OTHER.00.HHZ", 2.0))
    with standing(ring) as port:
        code, found = examine(port, 'TJ.SAREZ", "TJ.MURGH", "TJ.MANEM', 'selectors = ["HH?", "10HN?"]')
    assert code == 2
    errors = [one for one in found if one["area"] == "centre" and one["level"] == "error"]
    told = {one["what"]: one for one in errors}
    assert set(told) == {
        "TJ.MANEM is asked for and not offered",
        "TJ.MURGH: the server has nothing newer",
        "TJ.SAREZ: selector 10HN? takes none of its channels",
        "TJ.MURGH: selector 10HN? takes none of its channels",
    }
    assert told["TJ.MURGH: the server has nothing newer"]["since"] is not None
    assert "KZ.OTHER" in told["TJ.MANEM is asked for and not offered"]["next_step"]


def test_a_server_that_is_not_there(examine: Examine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    code, found = examine(port)
    assert code == 2
    assert of(found, "centre", "error") == [f"127.0.0.1:{port} cannot be connected to: connection refused"]


def test_a_station_without_metadata(examine: Examine) -> None:
    with standing(remembering(*CHANNELS)) as port:
        _, found = examine(port, metadata=str(share("stations") / "TJ.SAREZ.xml"), stations='TJ.SAREZ", "TJ.MANEM')
    assert of(found, "metadata", "error") == ["TJ.MANEM is asked of centre and has no metadata"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[source]", ["is no TOML"]),
        (
            "[alert]\nloud = 1\n[alert.operator]\nminimum_stations = 1",
            ["alert.loud: there is no such key", "alert.operator.minimum_stations: 1"],
        ),
    ],
)
def test_every_mistake_in_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: list[str]
) -> None:
    (tmp_path / "here.toml").write_text(text)
    assert main(["doctor", "-c", str(tmp_path / "here.toml"), "--json"]) == 2
    found = of(json.loads(capsys.readouterr().out), "configuration", "error")
    assert len(found) == len(told)
    assert all(part in one for part, one in zip(told, found, strict=True))


def test_without_sources_and_stations_nothing_can_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "here.toml").write_text("")
    assert main(["doctor", "-c", str(tmp_path / "here.toml")]) == 2
    told = capsys.readouterr().out
    assert "no server is named" in told
    assert "no station files are named" in told
    assert told.splitlines()[-1].endswith(("warning", "warnings"))


def test_what_is_wrong_about_the_earth_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "crust.txt").write_text("0 6.0 3.5\n20 6.0 3.5\n")
    network = '[network]\nearth_model = "crust.txt"\nstation_corrections = "terms.csv"\n'
    (tmp_path / "here.toml").write_text(network)
    assert main(["doctor", "-c", str(tmp_path / "here.toml"), "--json"]) == 2
    assert of(json.loads(capsys.readouterr().out), "travel times", "error") == [
        f"{tmp_path / 'crust.txt'}: line 2: ends at 20 km; it should reach 30 km",
        f"{tmp_path / 'terms.csv'}: cannot be read: No such file or directory",
    ]


def test_it_changes_nothing(tmp_path: Path, examine: Examine) -> None:
    with standing(remembering(*CHANNELS)) as port:
        examine(port)
    assert [path.name for path in tmp_path.iterdir()] == ["here.toml"]


def test_a_port_of_ours_that_others_have_is_told(examine: Examine) -> None:
    with standing(remembering(*CHANNELS)) as port:
        code, found = examine(port, own=port)
    assert code == 2
    (what,) = of(found, "server", "error")
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in what


def test_a_secret_that_cannot_be_read_is_told_though_the_server_is_away(tmp_path: Path, examine: Examine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    more = f'user = "anna"\npassword_file = "{tmp_path}/secret"'
    told = "\n".join(of(examine(port, more=more)[1], "centre", "error"))
    assert f"{tmp_path}/secret: cannot be read" in told
    assert "cannot be connected to" in told
    with standing(remembering(*CHANNELS)) as port:
        assert len(of(examine(port, more=more)[1], "centre", "error")) == 1

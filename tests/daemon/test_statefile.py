"""The status document: whole or not there, the same both ways, refused when it is none."""

import json
import threading
from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError, FormatError
from seismonet.daemon.statefile import SourceLine, read_status, summary, write_status
from seismonet.net.source import SourceState, StationState

from .statuses import status


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    write_status(tmp_path / "status.json", status())
    assert read_status(tmp_path / "status.json") == status()
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_readers_never_see_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    write_status(path, status(stations=300))
    done = threading.Event()

    def write() -> None:
        for count in (1, 300) * 40:
            write_status(path, status(stations=count))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(len(read_status(path).stations))
    writer.join(10)
    assert seen <= {1, 300}


def test_what_another_version_added_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    write_status(path, status())
    document = json.loads(path.read_text("utf-8"))
    document["weather"] = {"wind": "strong"}
    document["stations"][0]["mood"] = "good"
    del document["sources"], document["host"]["free_bytes"]
    path.write_text(json.dumps(document), "utf-8")
    read = read_status(path)
    assert read.stations == status().stations
    assert (read.sources, read.host.free_bytes) == ((), 0)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"time_ns": "now"}', '"x"', "\x00" * 100])
def test_what_is_no_status_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "status.json"
    path.write_text(text)
    with pytest.raises(FormatError, match="is no status") as caught:
        read_status(path)
    assert "\n" not in str(caught.value)


def test_a_missing_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no daemon has written"):
        read_status(tmp_path / "status.json")
    with pytest.raises(ArchiveError, match="cannot be read"):
        read_status(tmp_path)


def test_a_write_that_fails_leaves_the_old_one_and_no_draft(tmp_path: Path) -> None:
    (tmp_path / "status.json").mkdir()
    (tmp_path / "status.json" / "in the way").write_text("")
    with pytest.raises(OSError, match="directory"):
        write_status(tmp_path / "status.json", status())
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_a_sentence_says_how_things_are() -> None:
    said = summary(status())
    assert said.startswith("running: 2 of 3 stations can contribute, 1 of 2 servers connected")
    assert "CANNOT WRITE journal: no space left on device" in said


def test_a_client_is_told_whole() -> None:
    stations = (StationState("TJ.SAREZ", 7, 3, 1536, 9, 0.5), StationState("TJ.MANEM", -1, 0, 0, 0, 60.0))
    state = SourceState(
        "centre", "seedlink://centre", "waiting", 1, "seismonet", "SIMULATED", "4", stations, 3, 1536, 9, 5, 2, 1, 0.25,
        "refused", 11, ("TJ.MANEM",), ("TJ.X",), ("TJ.MANEM 00HN?",),
    )  # fmt: skip
    assert SourceLine.of(state) == SourceLine(
        "centre", "seedlink://centre", "waiting", 1, "seismonet", "4", 1, 3, 1536, 9, 4, 2, 0.25,
        "refused", 11, ("TJ.MANEM",), ("TJ.X",), ("TJ.MANEM 00HN?",),
    )  # fmt: skip

"""The demonstration, several times faster: the daemon is a process of its own, and nothing is left behind."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError, QueryError
from seismonet.daemon.demo import Demo, make_folder
from seismonet.synthesis.records import USUAL
from seismonet.synthesis.scenarios import scenario


def running(word: str) -> list[str]:
    """Command lines of processes with a word in them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            found += [line] if word in line else []
    return found


def test_an_earthquake_is_told_with_lead_times_and_the_gap_of_a_cut_station_heals(tmp_path: Path) -> None:
    lines: list[str] = []
    demo = Demo(scenario("2015-sarez"), tmp_path, lines.append, USUAL, rate=4.0, lead_s=80.0)

    async def bounded() -> int:
        async with asyncio.timeout(90):
            return await demo.run(keep_running=False)

    assert asyncio.run(bounded()) == 0, "\n".join(lines)
    told = "\n".join(lines)
    assert "ALERT    NEW version 0" in told
    assert "NOT MARKED" not in told
    assert "until the S wave" in told
    assert "TJ.SAREZ is cut off" in told
    assert demo.seen.healed, told
    rows = dict(demo.summary())
    assert {"truth", "first alert", "lead time", "cut off"} <= rows.keys()
    assert "SIMULATED" in rows["scenario"]
    alert = json.loads((tmp_path / "archive" / "alerts.jsonl").read_text().splitlines()[0])
    assert alert["simulated"].startswith("SIMULATED")
    assert not running(str(tmp_path))


def test_files_are_kept_only_where_nothing_is_overwritten(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "new") == tmp_path / "new"
    (tmp_path / "new" / "mine").touch()
    with pytest.raises(QueryError, match="is not empty"):
        make_folder(tmp_path / "new")
    for place in (tmp_path / "new" / "mine", tmp_path / "new" / "mine" / "below"):
        with pytest.raises(ArchiveError, match="cannot be made"):
            make_folder(place)

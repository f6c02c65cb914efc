"""Do the station files describe what the servers are asked for, and how sure are they?"""

from dataclasses import replace
from pathlib import Path

import pytest

from seismonet.core.inventory import ChannelTable
from seismonet.core.share import share
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.daemon.findings import ERROR, GOOD, WARNING, Finding
from seismonet.daemon.metadata import Asked, Notes, fits, metadata_findings, read_notes
from seismonet.store.inventory import read_inventories

NOW_NS = from_iso("2026-11-24T12:00:00Z")
PAMIR = [str(share("stations"))]
ALL = [Asked("centre", ("TJ.*",))]


@pytest.fixture(scope="module")
def table() -> ChannelTable:
    return read_inventories(PAMIR)


def examine(table: ChannelTable, asked: list[Asked], notes: dict[str, Notes] | None = None) -> list[Finding]:
    return metadata_findings(table, [], notes or {}, asked, NOW_NS)


def test_what_fits_is_good(table: ChannelTable) -> None:
    (found,) = examine(table, ALL)
    assert (found.level, found.what) == (GOOD, "3 stations with 18 channels: TJ.MANEM, TJ.MURGH, TJ.SAREZ")


def test_a_station_without_metadata_is_an_error(table: ChannelTable) -> None:
    found = examine(table, [*ALL, Asked("north", ("KZ.ABC",))])
    (error,) = [one for one in found if one.level == ERROR]
    assert error.what == "KZ.ABC is asked of north and has no metadata"
    assert "never picked" in error.next_step


def test_a_station_whose_epochs_are_all_over_is_told_since_when(table: ChannelTable) -> None:
    end_ns = from_iso("2025-06-01")
    closed = ChannelTable(table.stations, tuple(replace(one, end_ns=end_ns) for one in table if one.covers(NOW_NS)))
    (error,) = examine(closed, [Asked("centre", ("TJ.SAREZ",))])
    assert (error.level, error.since_ns) == (ERROR, end_ns)
    assert "has no epoch that holds now" in error.what


def test_channels_that_no_selector_takes_are_named(table: ChannelTable) -> None:
    found = examine(table, [Asked("centre", ("TJ.MANEM", "TJ.MURGH")), Asked("sarez", ("TJ.SAREZ",), ("HH?",))])
    (warning,) = [one for one in found if one.level == WARNING]
    assert warning.what == "TJ.SAREZ has metadata for HNE, HNN, HNZ, which no [[source]] asks for"


def test_without_sources_nobody_misses_channels(table: ChannelTable) -> None:
    assert [one.level for one in examine(table, [])] == [GOOD]


def test_assumptions_are_told_with_the_sentence_on_the_place(table: ChannelTable) -> None:
    found = examine(table, ALL, read_notes(PAMIR))
    sarez = next(one for one in found if one.what.startswith("TJ.SAREZ"))
    assert sarez.level == WARNING
    assert sarez.what == "TJ.SAREZ: assumed and not confirmed: codes, place, sensor, digitizer, orientation, health"
    manem = next(one for one in found if one.what.startswith("TJ.MANEM"))
    assert manem.what.endswith("orientation, health, 1 other thing")
    assert sarez.cause.startswith("place: coordinates and elevation are those of the Usoi dam")


def test_faults_of_the_files_are_errors(table: ChannelTable) -> None:
    (found,) = metadata_findings(table, ["x.xml: no sensitivity"], {}, ALL, NOW_NS)
    assert (found.level, found.what) == (ERROR, "x.xml: no sensitivity")


def test_the_delay_of_the_filters_is_that_of_the_metadata() -> None:
    notes = read_notes(PAMIR)
    assert {code: round(one.filter_s or 0.0, 3) for code, one in notes.items()} == {
        "TJ.MANEM": 0.604,
        "TJ.MURGH": 0.604,
        "TJ.SAREZ": 0.604,
    }


def test_a_station_in_two_files_is_one(tmp_path: Path) -> None:
    source = Path(PAMIR[0]) / "TJ.SAREZ.xml"
    (tmp_path / "a.xml").write_bytes(source.read_bytes())
    (tmp_path / "b.xml").write_bytes(source.read_bytes())
    assert read_notes([tmp_path])["TJ.SAREZ"] == read_notes([source])["TJ.SAREZ"]


@pytest.mark.parametrize(
    ("selector", "channel", "expected"),
    [
        ("HH?", "TJ.SAREZ.00.HHZ", True),
        ("HH?", "TJ.SAREZ.00.HNZ", False),
        ("00HH?", "TJ.SAREZ.00.HHZ", True),
        ("10HH?", "TJ.SAREZ.00.HHZ", False),
        ("--HHZ", "TJ.SAREZ..HHZ", True),
        ("--HHZ", "TJ.SAREZ.00.HHZ", False),
        ("HHZ.D", "TJ.SAREZ.00.HHZ", True),
        ("!HHZ", "TJ.SAREZ.00.HHZ", True),
        ("*_H_H_?", "TJ.SAREZ.00.HHZ", True),
        ("00_H_N_*", "TJ.SAREZ.00.HHZ", False),
        ("_H_H_Z", "TJ.SAREZ..HHZ", True),
        ("00_H_H_Z.2E", "TJ.SAREZ.00.HHZ", True),
        ("what is this", "TJ.SAREZ.00.HHZ", False),
    ],
)
def test_selectors_of_both_versions(selector: str, channel: str, expected: bool) -> None:
    assert fits(selector, SourceId.parse(channel)) == expected


def test_what_is_left_out_is_not_asked_for() -> None:
    asked = Asked("centre", ("TJ.S*",), ("!HN?", "H??"))
    taken = [
        name for name in ("TJ.SAREZ.00.HHZ", "TJ.SAREZ.00.HNZ", "TJ.SAREZ.00.LHZ", "TJ.MANEM.00.HHZ")
        if asked.channel(SourceId.parse(name))
    ]  # fmt: skip
    assert taken == ["TJ.SAREZ.00.HHZ"]

"""Which files of a tree are day files, and of which channel and day."""

from pathlib import Path, PurePath

import pytest

from seismonet.core.errors import QueryError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.store.dayfiles import check_patterns, day_files, matches, place_of, strangers
from seismonet.store.sds import DAY_NS

HHZ = SourceId.parse("TJ.SAREZ.00.HHZ")
DAY = from_iso("2024-10-03T00:00:00Z")  # day 277


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("sds/2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.277", True),
        ("2024/TJ/SAREZ/HHZ.D/TJ.SAREZ..HHZ.D.2024.366", True),
        ("2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.000", False),
        ("2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2023.277", False),
        ("2024/TJ/SAREZ/HHN.D/TJ.SAREZ.00.HHZ.D.2024.277", False),
        ("2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.277.old", False),
        ("2024/TJ/SAREZ/HHZ.D/TJ.sarez.00.HHZ.D.2024.277", False),
        ("TJ.SAREZ.00.HHZ.D.2024.277", False),
        ("2024/_/SAREZ/HHZ.D/_.SAREZ.00.HHZ.D.2024.276", True),
        ("2023/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2023.366", False),
        ("0000/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.0000.366", False),
        ("2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.²77", False),
    ],
)
def test_where_a_file_lies_says_its_channel_and_day(path: str, right: bool) -> None:
    place = place_of(PurePath(path))
    assert (place is not None) is right
    if place is not None and "277" in path:
        assert place == (HHZ, DAY // DAY_NS)


def tree(root: Path) -> None:
    for year, day in ((2023, 365), (2024, 1), (2024, 2), (2024, 3)):
        for station in ("SAREZ", "MURGH"):
            folder = root / f"{year}" / "TJ" / station / "HHZ.D"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"TJ.{station}.00.HHZ.D.{year}.{day:03d}").touch()
    (root / "2024" / "TJ" / "SAREZ" / "HHZ.D" / "notes.txt").touch()
    (root / "2024" / "TJ" / "SAREZ" / "HHZ.D" / "TJ.SAREZ.00.HHN.D.2024.001").touch()


def test_files_come_by_year_channel_and_day(tmp_path: Path) -> None:
    tree(tmp_path)
    found = [one.path.name for one in day_files(tmp_path)]
    assert len(found) == 8
    assert found[:3] == ["TJ.MURGH.00.HHZ.D.2023.365", "TJ.SAREZ.00.HHZ.D.2023.365", "TJ.MURGH.00.HHZ.D.2024.001"]
    assert [path.name for path in strangers(tmp_path)] == ["TJ.SAREZ.00.HHN.D.2024.001", "notes.txt"]


def test_only_what_can_hold_something_of_a_window_and_is_wanted(tmp_path: Path) -> None:
    tree(tmp_path)
    begin = from_iso("2024-01-02T00:00:00Z")
    window = (begin + 1000, begin + DAY_NS)
    found = [(one.source_id, one.day) for one in day_files(tmp_path, ["TJ.SAREZ"], window)]
    assert found == [(HHZ, begin // DAY_NS - 1), (HHZ, begin // DAY_NS)]
    assert list(day_files(tmp_path / "nothing")) == []


@pytest.mark.parametrize(
    ("pattern", "right"),
    [
        ("TJ", True), ("TJ.SAREZ", True), ("*.*.00.HH?", True), ("TJ.SAREZ.00.HHZ", True), ("*", True),
        ("TJ.SAREZ.10", False), ("SAREZ", False), ("TJ.SAREZ.00.HHN", False), ("TJ.S", False),
    ],
)  # fmt: skip
def test_channels_are_named_by_as_much_as_is_needed(pattern: str, right: bool) -> None:
    assert matches(HHZ, [pattern]) is right
    assert matches(HHZ, ["XX", pattern]) is right
    check_patterns([pattern])


@pytest.mark.parametrize("pattern", ["tj", "TJ.SAREZ.00.HHZ.D", "../x", "TJ/SAREZ", "a b"])
def test_what_names_no_channel_is_told(pattern: str) -> None:
    with pytest.raises(QueryError, match="names no channels"):
        check_patterns([pattern])

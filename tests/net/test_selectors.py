"""Selectors of both versions, by the examples of the specification and of SeisComP's documentation."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.net.ring import Ring, Stream
from seismonet.net.selectors import Wish, glob, is_station_pattern, selector3, selector4
from tests.support.miniseed import record, record3
from tests.support.talk import seconds

LOG = record(encoding=0)


def streams() -> dict[str, Stream]:
    """Streams by what they are: ``LLCCC.format and subformat``."""
    ring = Ring(1_000_000)
    for name in ("GE.WLF..BHZ", "GE.WLF.00.BHN", "GE.WLF.10.HHZ", "GE.WLF.0.LHZ"):
        seconds(ring, name, 0, 1)
    seconds(ring, "GE.WLF..OCF", 0, 1, LOG)
    seconds(ring, "GE.WLF.00.BHN", 0, 1, record3())
    return {f"{one.seed}.{one.kind}": one for one in ring.streams.values()}


ALL = streams()


def taken(selectors: list[str], version: int) -> list[str]:
    read = selector3 if version == 3 else selector4
    wish = Wish("GE_WLF", [read(text) for text in selectors])
    return [name for name, stream in ALL.items() if wish.takes_stream(stream)]


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        ([], list(ALL)),
        (["BHZ"], ["  BHZ.2D"]),
        (["--BH?"], ["  BHZ.2D"]),
        (["00BH?"], ["00BHN.2D", "00BHN.3D"]),
        (["0-LHZ"], ["0 LHZ.2D"]),
        (["00???", "HHZ"], ["00BHN.2D", "10HHZ.2D", "00BHN.3D"]),
        (["???.D", "!00???"], ["  BHZ.2D", "10HHZ.2D", "0 LHZ.2D"]),
        (["L"], ["  OCF.2L"]),
        ([".L"], ["  OCF.2L"]),
        (["!L"], ["  BHZ.2D", "00BHN.2D", "10HHZ.2D", "0 LHZ.2D", "00BHN.3D"]),
    ],
)
def test_version_3(selectors: list[str], expected: list[str]) -> None:
    assert taken(selectors, 3) == expected


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        (["_B_H_Z"], ["  BHZ.2D"]),
        (["*_B_H_?"], ["  BHZ.2D", "00BHN.2D", "00BHN.3D"]),
        (["*_B_H_?.2"], ["  BHZ.2D", "00BHN.2D"]),
        (["*_B_H_?.3D:native"], ["00BHN.3D"]),
        (["_B*", "10*"], ["  BHZ.2D", "10HHZ.2D"]),
        (["*", "!*.?L", "!00_*"], ["  BHZ.2D", "10HHZ.2D", "0 LHZ.2D"]),
        (["!*.3"], ["  BHZ.2D", "00BHN.2D", "10HHZ.2D", "0 LHZ.2D", "  OCF.2L"]),
        (["_*Z"], ["  BHZ.2D"]),
        (["*.D2"], []),
    ],
)
def test_version_4(selectors: list[str], expected: list[str]) -> None:
    assert taken(selectors, 4) == expected


@pytest.mark.parametrize("text", ["", "!", "BH", "BHZZZZ", "BHZ.", "BHZ.X", "00:BHZ", "bhz", "B?Z.DD", "../", "!!BHZ"])
def test_no_selectors_of_version_3(text: str) -> None:
    with pytest.raises(ValueError, match="no selector"):
        selector3(text)


@pytest.mark.parametrize("text", ["", "!", "*:3", "*:", "!*:native", "*.2D.", "a b", "*[Z]", "*/", "(a+)+"])
def test_no_selectors_of_version_4(text: str) -> None:
    with pytest.raises(ValueError):
        selector4(text)


def test_station_patterns() -> None:
    assert all(map(is_station_pattern, ("GE_WLF", "*", "G?_*F")))
    assert not any(map(is_station_pattern, ("", "GE.WLF", "GE WLF", "[A]_B", "A" * 65)))


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_patterns_mean_what_they_mean_elsewhere(pattern: str, text: str) -> None:
    assert glob(pattern, text) == fnmatch.fnmatchcase(text, pattern)


def test_no_pattern_takes_long() -> None:
    """With a regular expression this would not come to its end."""
    assert not glob("*a" * 100 + "b", "a" * 200)

"""Station files found and read as one table."""

from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError, FormatError
from seismonet.formats.stationxml import MAX_BYTES
from seismonet.models.nominal import station_xml
from seismonet.store.inventory import find_files, read_document, read_inventories
from tests.support.stationdoc import GOOD, HHZ, Doc, spec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.xml").write_bytes(GOOD)
    (tmp_path / "b.xml").write_bytes(station_xml(spec(code="DEF")))
    (tmp_path / "notes.txt").write_text("not a station")
    return tmp_path


def test_folders_globs_and_files_are_found_once_in_order(folder: Path) -> None:
    a, b = folder / "a.xml", folder / "b.xml"
    assert find_files([folder]) == [a, b]
    assert find_files([str(folder / "*.xml")]) == [a, b]
    assert find_files([b, folder, str(folder / "[ab].xml")]) == [b, a]


def test_many_files_are_one_table(folder: Path) -> None:
    table = read_inventories([folder])
    assert {one.station_code for one in table.stations} == {"XX.ABC", "XX.DEF"}
    assert len(table) == 12
    assert read_inventories([folder, folder / "a.xml"]) == table


def test_what_is_missing_is_named(folder: Path) -> None:
    for path in (folder / "c.xml", folder / "*.sac", folder / "none" / "*.xml"):
        with pytest.raises(ArchiveError, match="no such file"):
            read_inventories([folder, path])
    (folder / "empty").mkdir()
    with pytest.raises(ArchiveError, match="empty"):
        read_inventories([folder / "empty"])


def test_faults_name_the_file(folder: Path) -> None:
    bad = Doc().text(f"{HHZ}/Response/InstrumentSensitivity/Value", "0").bytes()
    (folder / "c.xml").write_bytes(bad)
    with pytest.raises(FormatError, match=r"c\.xml: XX\.ABC\.00\.HHZ"):
        read_inventories([folder / "c.xml"])
    faults: list[str] = []
    assert len(read_inventories([folder / "b.xml", folder / "c.xml"], faults)) == 11
    assert [fault.startswith(f"{folder / 'c.xml'}: XX.ABC.00.HHZ") for fault in faults] == [True]


def test_a_file_that_is_no_stationxml_is_an_error_even_when_faults_are_collected(folder: Path) -> None:
    for read in (lambda: read_inventories([folder / "notes.txt"], []), lambda: read_document(folder / "notes.txt")):
        with pytest.raises(FormatError, match=r"notes\.txt: not StationXML"):
            read()


def test_a_giant_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "giant.xml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(FormatError, match=r"giant\.xml.*32 MB"):
        read_inventories([tmp_path / "giant.xml"])

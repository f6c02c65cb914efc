"""A folder of simulated data says so for ever."""

from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError
from seismonet.core.share import share
from seismonet.store.simulated import LETTERS, NAME, Mark, read_mark, stations_told
from seismonet.synthesis.simulation import read_network
from seismonet.synthesis.truth import station_xml


def test_what_was_said_is_kept_and_added_to(tmp_path: Path) -> None:
    mark = Mark(tmp_path)
    assert (mark.learn(""), mark.words, read_mark(tmp_path)) == (False, "", "")
    assert not (tmp_path / NAME).exists()
    assert mark.learn("SIMULATED one")
    assert not mark.learn("SIMULATED one")
    assert read_mark(tmp_path) == "SIMULATED one"
    later = Mark(tmp_path)
    assert not later.learn("")
    assert later.learn("SIMULATED two; SIMULATED one")
    assert read_mark(tmp_path) == later.words == "SIMULATED one; SIMULATED two"


def test_names_without_end_do_not_fill_the_disk(tmp_path: Path) -> None:
    mark = Mark(tmp_path)
    for number in range(1000):
        mark.learn(f"SIMULATED {number}")
    assert LETTERS - 20 < len(read_mark(tmp_path)) <= LETTERS


def test_what_the_disk_refuses_holds_and_is_stored_later(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    mark = Mark(folder)
    assert mark.learn("SIMULATED")
    assert (mark.words, mark.store()) == ("SIMULATED", False)
    folder.mkdir()
    assert mark.store()
    assert read_mark(folder) == "SIMULATED"


def test_an_empty_mark_is_a_mark_and_one_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    assert read_mark(tmp_path) == "SIMULATED"
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).mkdir()
    with pytest.raises(ArchiveError, match="cannot be read"):
        read_mark(tmp_path)


def test_station_files_of_a_simulation_say_so_and_real_ones_do_not(tmp_path: Path) -> None:
    real = str(share("stations") / "TJ.*.xml")
    assert stations_told([real]) == ""
    (tmp_path / "made.xml").write_bytes(station_xml(read_network([real])[1]))
    assert stations_told([real, tmp_path]).startswith("SIMULATED: made by seismonet")

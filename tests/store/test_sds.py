"""Where records lie, and how they are found in files of any size."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.store import sds
from seismonet.store.dayfiles import place_of
from seismonet.store.dayrecords import Base, Place, disagree, same
from seismonet.store.files import Disk
from tests.support.archives import BEGIN_NS, SAREZ, VERSION3, one
from tests.support.miniseed import record, record3

CODES = st.text("ABCXYZ0189", min_size=1, max_size=5)


@given(CODES, CODES, st.text("01", max_size=2), st.text("HNZE12", min_size=3, max_size=3), st.integers(0, 40_000))
def test_a_path_says_channel_and_day_and_stays_in_the_tree(
    network: str, station: str, location: str, channel: str, day: int
) -> None:
    name = SourceId(network, station, location, channel)
    path = Path(sds.day_path(name, day))
    assert place_of("sds" / path) == (name, day)
    assert ".." not in path.parts
    assert len(path.parts) == 5


def test_a_record_without_a_network_has_a_folder_of_its_own() -> None:
    assert sds.day_path(SourceId("", "A", "", "HHZ"), 0) == "1970/_/A/HHZ.D/_.A..HHZ.D.1970.001"


@pytest.mark.parametrize("piece_bytes", [1500, 4096, 2**20])
def test_files_are_walked_in_pieces_without_losing_a_record(
    tmp_path: Path, piece_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sds, "PIECE_BYTES", piece_bytes)
    monkeypatch.setattr(sds, "MAX_RECORD3", 1024)
    parts = [one(SAREZ, k, packing=VERSION3) if k % 3 else one(SAREZ, k) for k in range(40)]
    data = b"".join(parts[:20]) + b"junk" * 9 + b"".join(parts[20:]) + parts[0][:100]
    (tmp_path / "file").write_bytes(data)
    found = list(sds.walk_places(partial(Disk().read, tmp_path / "file"), len(data)))
    offsets = np.concatenate([places.offset for places, _ in found]).tolist()
    lengths = np.concatenate([places.length for places, _ in found]).tolist()
    assert [data[at : at + n] for at, n in zip(offsets, lengths, strict=True)] == parts
    assert np.concatenate([places.start_ns for places, _ in found]).tolist() == [
        BEGIN_NS + k * 10**9 for k in range(40)
    ]
    assert found[-1][1] == len(data) - 100


def test_records_without_samples_take_no_time() -> None:
    data = (
        record([], encoding=0, rate=(0, 0), count=30)
        + record(encoding=99, rate=(1, -32768))
        + record3(encoding=0, rate=0.0)
    )
    found, _ = sds.places(data)
    assert len(found) == 3
    assert (found.end_ns - found.start_ns).tolist()[0] == (found.end_ns - found.start_ns).tolist()[2] == 0
    assert found.count.tolist()[0] == found.count.tolist()[2] == 0
    assert found.start_ns[0] == from_iso("2024-10-03T08:15:30.1234Z")


def test_base_finds_what_touches_a_window() -> None:
    base = Base([Place(0, 100, 0, 1), Place(20, 30, 1, 1), Place(50, 60, 2, 1)])
    base.add([Place(10, 12, 3, 1)])
    assert {place.offset for place in base.near(55, 58)} == {0, 2}
    assert {place.offset for place in base.near(12, 20)} == {0, 1, 3}
    assert base.near(101, 200) == []


def test_records_are_the_same_but_for_a_sequence_number() -> None:
    payload, other = record(sequence=b"000001"), record(sequence=b"000099")
    assert same(payload, other)
    assert not same(payload, record(sequence=b"000001", count=7))
    third = record3()
    assert same(third, third)
    assert not same(third, b"XX" + third[2:])
    assert not same(third[:2] + b"\x04" + third[3:], third)


def test_records_agree_when_their_common_samples_do() -> None:
    whole, part = one(SAREZ, 0), one(SAREZ, 0.3, samples=20)
    assert not disagree(whole, part)
    assert not disagree(part, whole)
    assert not disagree(one(SAREZ, 0), one(SAREZ, 0, packing=VERSION3))
    assert disagree(whole, one(SAREZ, 0.3, samples=20, level=1))
    assert disagree(whole, b"junk")

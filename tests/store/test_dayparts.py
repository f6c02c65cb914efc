"""An hour of a day file, found without reading all of it."""

from pathlib import Path

import numpy as np
import pytest

from seismonet.core.rollup import DAY_NS
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Record
from seismonet.store import dayparts
from seismonet.store.dayparts import read_part
from seismonet.synthesis.records import miniseed

NAME = SourceId.parse("XX.A.00.HHZ")
BEGIN_NS, HOUR_NS = 20_000 * DAY_NS, 3600 * 10**9


def records(begin: int, end: int) -> list[bytes]:
    """A record a second, a block of 512 bytes each."""
    draw = np.random.default_rng(12)
    found = []
    for k in range(begin, end):
        samples = draw.integers(-(10**5), 10**5, 100).astype(np.int32)
        found.append(miniseed(Record(NAME, BEGIN_NS + k * 10**9, 100.0, samples))[0])
    return found


@pytest.fixture(scope="module")
def payloads() -> list[bytes]:
    return records(0, 7200)


@pytest.mark.parametrize("window_s", [(0, 60), (3000, 4000), (7000, 9000), (-90, 3), (8000, 9000)])
def test_records_of_a_window_are_found(payloads: list[bytes], window_s: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / "day"
    path.write_bytes(b"".join(payloads))
    assert path.stat().st_size > dayparts.SMALL_BYTES
    found = read_part(path, BEGIN_NS + window_s[0] * 10**9, BEGIN_NS + window_s[1] * 10**9)
    expected = [BEGIN_NS + k * 10**9 for k in range(max(window_s[0], 0), min(window_s[1], 7200))]
    assert found.start_ns.tolist() == expected


def test_a_file_of_unlike_records_is_read_whole(payloads: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "day"
    path.write_bytes(b"".join([*payloads[:3000], b"junk" * 7, *payloads[3000:]]))
    assert len(read_part(path, BEGIN_NS + 2900 * 10**9, BEGIN_NS + 3100 * 10**9)) == 200


def test_no_file_no_records(tmp_path: Path) -> None:
    assert len(read_part(tmp_path / "none", 0, 1)) == 0

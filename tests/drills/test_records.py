"""Records of a template: the time written into one is the time that everybody reads, and each is known again."""

import numpy as np
from benchmarks.drills.records import RECORD_BYTES, seconds, stamped, templates, which
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.sourceid import SourceId
from seismonet.formats.miniseed import decode_packets

NAME = SourceId.parse("XX.S000.00.HHZ")
MADE = templates(NAME, 4, 3)


@given(st.lists(st.tuples(st.integers(1_000_000_000, 4_000_000_000), st.integers(0, 2)), min_size=1, max_size=20))
def test_time_and_template_are_read_back(chosen: list[tuple[int, int]]) -> None:
    payloads = [stamped(MADE[template], second) for second, template in chosen]
    receipts = decode_packets(payloads).receipts
    assert receipts.start_ns.tolist() == [second * 1_000_000_000 for second, _ in chosen]
    rows = np.frombuffer(b"".join(payloads), dtype=np.uint8).reshape(-1, RECORD_BYTES)
    assert list(zip(seconds(rows).tolist(), which(rows, MADE).tolist(), strict=True)) == chosen


@given(st.integers(0, RECORD_BYTES - 1).filter(lambda place: not 20 <= place < 30), st.integers(1, 255))
def test_a_record_with_any_other_byte_is_none(place: int, change: int) -> None:
    row = np.frombuffer(stamped(MADE[0], 1_764_000_000), dtype=np.uint8).reshape(1, -1).copy()
    row[0, place] ^= change
    assert which(row, MADE).tolist() == [-1]

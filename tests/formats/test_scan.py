"""Every byte of a file is part of a record or told as skipped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.formats.scan import Skip, scan
from tests.support.miniseed import record, record3

SIZES = (128, 256, 512, 4096)


def _found(data: bytes) -> list[tuple[int, int]]:
    found = scan(data)
    return list(zip(found.offset.tolist(), found.length.tolist(), strict=True))


def test_records_of_all_lengths_and_versions_in_a_row() -> None:
    parts = [record([1, 2], length=size) for size in SIZES] + [record3(), record3([1]), record(order="<")] * 3
    ends = np.cumsum([len(part) for part in parts])
    assert _found(b"".join(parts)) == [(int(end) - len(part), len(part)) for end, part in zip(ends, parts, strict=True)]
    assert scan(b"".join(parts)).skipped == ()


def test_many_records_of_one_length_and_then_another() -> None:
    data = record() * 5000 + record([1, 2], length=256) * 7
    found = scan(data)
    assert len(found.offset) == 5007
    assert found.skipped == ()
    assert (np.diff(found.offset) == found.length[:-1]).all()


@pytest.mark.parametrize(
    ("between", "reason"), [(b"\xa5" * 100, "no record"), (bytes(512), "zeros"), (record()[:300], "cut off")]
)
def test_what_lies_between_records_is_skipped_and_told(between: bytes, reason: str) -> None:
    for before in (1, 3, 20):
        data = record() * before + between + record() * 2
        found = scan(data)
        assert found.skipped == (Skip(512 * before, len(between), reason),)
        assert found.skipped_bytes == len(between)
        assert len(found.offset) == before + 2


def test_a_cut_off_tail_is_told() -> None:
    found = scan(record() * 8 + record()[:511])
    assert found.skipped == (Skip(8 * 512, 511, "cut off"),)
    assert len(found.offset) == 8


def test_without_blockette_1000_the_next_header_tells_the_length() -> None:
    bare = record(encoding=10, blockette_1000=False, length=1024)
    assert _found(bare * 3) == [(0, 1024), (1024, 1024), (2048, 1024)]
    assert _found(record() + bare) == [(0, 512), (512, 1024)]


def test_a_header_without_any_length_is_no_record() -> None:
    bare = record(encoding=10, blockette_1000=False, length=512)[:500]
    assert _found(bare + b"\xa5" * 77) == []


JUNK = st.one_of(st.binary(max_size=80), st.integers(1, 600).map(bytes), st.just(record()[:200]), st.just(b"MS\x03"))
PIECE = st.one_of(JUNK, st.sampled_from([record([1, 2], length=size) for size in SIZES] + [record3()]))


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECE, max_size=12))
def test_every_byte_belongs_to_a_record_or_to_a_skip(parts: list[bytes]) -> None:
    data = b"".join(parts)
    found = scan(data)
    spans = [*zip(found.offset.tolist(), found.length.tolist(), strict=True)]
    spans += [(skip.offset, skip.length) for skip in found.skipped]
    at = 0
    for offset, length in sorted(spans):
        assert offset == at
        assert length > 0
        at += length
    assert at == len(data)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(SIZES), st.binary(max_size=40).filter(lambda junk: b"MS" not in junk)), max_size=9
    )
)
def test_junk_between_records_loses_none_of_them(parts: list[tuple[int, bytes]]) -> None:
    data = b"".join(junk + record([1, 2], length=size) for size, junk in parts)
    assert [length for _, length in _found(data)] == [size for size, _ in parts]

"""Availability against counting second by second."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seismonet.store.availability import EDGE_NS, TEAR_NS, coverage

SECOND, HOUR = 10**9, 3600 * 10**9
Spans = list[tuple[int, int]]


@given(
    st.lists(st.tuples(st.integers(-50, 250), st.integers(0, 60)), max_size=12),
    st.integers(-60, 260),
    st.integers(0, 100),
    st.integers(1, 150),
)
def test_it_is_what_counting_minute_by_minute_gives(drawn: Spans, first: int, begin: int, length: int) -> None:
    minute = 60 * SECOND
    spans = [(a * minute, (a + n) * minute) for a, n in drawn if a >= first]
    found = coverage(spans, first * minute, (begin * minute, (begin + length) * minute), cells=length)
    there = np.zeros(600, dtype=bool)
    for a, n in drawn:
        if a >= first:
            there[a + 100 : a + n + 100] = True
    counted = np.arange(begin, begin + length) >= first
    own = there[begin + 100 : begin + length + 100]
    assert found.window_s == 60.0 * counted.sum()
    assert found.covered_s == 60.0 * (own & counted).sum()
    missing = np.concatenate(([False], ~own[counted], [False])).astype(int)
    begins, ends = np.flatnonzero(np.diff(missing) == 1), np.flatnonzero(np.diff(missing) == -1)
    assert found.gaps == len(begins)
    assert found.longest_gap_s == (60.0 * (ends - begins).max() if len(begins) else 0.0)
    expected = np.where(counted, own.astype(float), -1.0)
    assert np.allclose(found.cells, expected, atol=1e-6)


def test_some_seconds_at_the_edges_are_no_gap_but_a_minute_is() -> None:
    window = (0, HOUR)
    assert coverage([(5 * SECOND, HOUR - 5 * SECOND)], 0, window).gaps == 0
    assert coverage([(0, HOUR - EDGE_NS)], 0, window).gaps == 1
    assert coverage([(0, HOUR // 2 - TEAR_NS), (HOUR // 2, HOUR)], 0, window).gaps == 1
    assert coverage([(0, HOUR // 2 - TEAR_NS + 1), (HOUR // 2, HOUR)], 0, window).gaps == 0


def test_a_channel_is_not_blamed_for_the_time_before_it_began() -> None:
    found = coverage([(3 * HOUR, 4 * HOUR)], 3 * HOUR, (0, 4 * HOUR), cells=4)
    assert (found.percent, found.gaps, found.strip) == (100.0, 0, "   █")


def test_nothing_at_all() -> None:
    found = coverage([], 0, (0, 4 * HOUR), cells=4)
    assert (found.percent, found.gaps, found.longest_gap_s, found.strip) == (0.0, 1, 4 * 3600.0, "····")
    later = coverage([], 9 * HOUR, (0, 4 * HOUR), cells=4)
    assert (later.percent, later.gaps, later.strip) == (0.0, 0, "    ")


def test_the_strip_shows_that_a_little_is_missing() -> None:
    spans = [(0, HOUR - 2 * SECOND), (HOUR, HOUR + HOUR // 2), (2 * HOUR, 2 * HOUR + SECOND)]
    assert coverage(spans, 0, (0, 3 * HOUR), cells=3).strip == "▇▄▁"

"""Gaps found, cut, asked for ever more rarely, and at last known."""

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.sourceid import SourceId
from seismonet.store.backfill import (
    MOST_GAPS,
    RETRY_S,
    BackfillParams,
    Gap,
    Ledger,
    find_gaps,
    load_ledger,
    save_ledger,
)

HHZ, HHN = SourceId.parse("TJ.SAREZ.00.HHZ"), SourceId.parse("TJ.SAREZ.00.HHN")
SECOND, HOUR, DAY = 10**9, 3600 * 10**9, 86400 * 10**9
NOW = 20_000 * DAY
PARAMS = BackfillParams()


def pieces(gaps: list[Gap]) -> list[tuple[int, int]]:
    return [(gap.start_ns, gap.end_ns) for gap in gaps]


def test_what_lies_between_two_spans_is_a_gap_and_what_lies_before_and_after_is_none() -> None:
    begin = NOW - HOUR
    spans = [(begin, begin + 10 * SECOND), (begin + 25 * SECOND, begin + 40 * SECOND)]
    assert find_gaps({HHZ: spans, HHN: []}, NOW, PARAMS) == [Gap(HHZ, begin + 10 * SECOND, begin + 25 * SECOND)]


def test_a_gap_is_left_alone_until_it_had_time_to_heal() -> None:
    spans = [(NOW - HOUR, NOW - 90 * SECOND), (NOW - 59 * SECOND, NOW)]
    assert find_gaps({HHZ: spans}, NOW, PARAMS) == []
    assert len(find_gaps({HHZ: spans}, NOW + 2 * SECOND, PARAMS)) == 1


def test_tears_and_what_is_too_old_are_not_asked_for() -> None:
    old, tear = NOW - 8 * DAY, NOW - HOUR
    spans = [(old - HOUR, old), (old + HOUR, tear), (tear + SECOND // 20, NOW)]
    assert find_gaps({HHZ: spans}, NOW, PARAMS) == []
    assert find_gaps({HHZ: spans[:2]}, NOW, BackfillParams(days=9.0)) == [Gap(HHZ, old, old + HOUR)]
    assert find_gaps({HHZ: spans[:2]}, NOW, BackfillParams(days=0.0)) == []


def test_newest_first_whatever_the_channel() -> None:
    at = NOW - DAY
    first = {HHZ: [(at, at + 1), (at + HOUR, at + HOUR + 1)], HHN: [(at, at + 2), (at + 2 * HOUR, at + 2 * HOUR + 1)]}
    assert [gap.source_id for gap in find_gaps(first, NOW, PARAMS)] == [HHN, HHZ]


def test_a_long_gap_is_cut_at_fixed_times_and_its_pieces_do_not_change_as_time_passes() -> None:
    spans = [(NOW - 10 * DAY, NOW - 6 * DAY + HOUR), (NOW - 5 * DAY, NOW)]
    found = find_gaps({HHZ: spans}, NOW, PARAMS)
    begin = NOW - 6 * DAY
    assert pieces(found)[::-1] == [
        (begin + HOUR, begin + 6 * HOUR), (begin + 6 * HOUR, begin + 12 * HOUR),
        (begin + 12 * HOUR, begin + 18 * HOUR), (begin + 18 * HOUR, begin + DAY),
    ]  # fmt: skip
    later = find_gaps({HHZ: spans}, NOW + 30 * HOUR + 7, PARAMS)
    assert later == found[:3]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=20))
def test_spans_and_gaps_together_are_the_whole(drawn: list[tuple[int, int]]) -> None:
    begin = NOW - 7 * HOUR  # a time at which gaps are cut lies in the middle
    spans = [(begin + k * HOUR // 10, begin + (k + n) * HOUR // 10) for k, n in drawn]
    gaps = find_gaps({HHZ: spans}, NOW, BackfillParams(shortest_s=0.0, settle_s=0.0))
    whole = sorted(spans + pieces(gaps))
    reach = whole[0][0] if whole else 0
    for start, end in whole:
        assert start <= reach
        reach = max(reach, end)
    assert not any(start < gap.end_ns and end > gap.start_ns for gap in gaps for start, end in spans)


def test_what_has_come_is_taken_off_a_gap() -> None:
    gap = Gap(HHZ, 100, 200)
    assert pieces(gap.without([])) == [(100, 200)]
    assert pieces(gap.without([(0, 100), (200, 300)])) == [(100, 200)]
    assert pieces(gap.without([(90, 120), (110, 130), (180, 250)])) == [(130, 180)]
    assert gap.without([(150, 200), (100, 150)]) == []


def test_a_hopeless_gap_is_asked_for_ever_more_rarely_and_then_known() -> None:
    ledger, gap, other, now = Ledger(), Gap(HHZ, 100, 200), Gap(HHN, 100, 200), NOW
    asked = []
    assert ledger.due([gap, other], now) == [gap, other]
    for _ in range(100):
        if ledger.due([gap], now):
            ledger.note(gap, now, "nothing")
            asked.append(now)
        now += HOUR // 6
    attempt = ledger.attempts[gap]
    waits = [(b - a) / SECOND for a, b in pairwise(asked)]
    assert waits == list(RETRY_S[: len(waits)])
    assert ledger.known() == []
    while ledger.attempts[gap].next_ns is not None:
        assert ledger.due([gap], now + 100 * DAY) == [gap]
        now += 100 * DAY
        attempt = ledger.note(gap, now, "still nothing")
    assert (attempt.tries, attempt.answer) == (len(RETRY_S) + 1, "still nothing")
    assert ledger.known() == [gap]
    assert ledger.due([gap, other], now + 1000 * DAY) == [other]


def test_filled_gaps_are_forgotten() -> None:
    ledger = Ledger()
    for start in range(5):
        ledger.note(Gap(HHZ, start, start + 1), NOW, "nothing")
    ledger.keep([Gap(HHZ, 3, 4), Gap(HHZ, 9, 10)])
    assert list(ledger.attempts) == [Gap(HHZ, 3, 4)]


def test_a_ledger_outlives_its_process(tmp_path: Path) -> None:
    path, ledger = tmp_path / "backfill.json", Ledger()
    for tries in range(len(RETRY_S) + 1):
        ledger.note(Gap(HHZ, 1, 2), NOW, f"nothing, {tries}")
    ledger.note(Gap(HHN, 1, 2), NOW, "ünknown")
    save_ledger(path, ledger)
    assert load_ledger(path) == ledger
    assert [one.name for one in tmp_path.iterdir()] == ["backfill.json"]


def test_a_ledger_that_cannot_be_read_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "backfill.json"
    assert load_ledger(path) == Ledger()
    for text in (b"", b"\xff\xfe", b"[1]", b'{"a": 1}', b'[{"gap": {}}]', b"[" * 100_000):
        path.write_bytes(text)
        assert load_ledger(path) == Ledger()


def test_of_more_gaps_than_can_be_followed_the_newest_are() -> None:
    spans = [(NOW - HOUR - 2 * k * SECOND // 10, NOW - HOUR - (2 * k - 1) * SECOND // 10) for k in range(MOST_GAPS + 5)]
    found = find_gaps({HHZ: spans}, NOW, PARAMS)
    assert len(found) == MOST_GAPS
    assert found[0].end_ns == NOW - HOUR

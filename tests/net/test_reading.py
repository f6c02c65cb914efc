"""A client's place in the ring, without a network."""

from seismonet.net.reading import LATE_NS, Reader
from seismonet.net.ring import Ring
from seismonet.net.selectors import Start, Wish
from tests.support.miniseed import record3
from tests.support.talk import BEGIN_NS, S, seconds

THEN_NS = BEGIN_NS + 700 * S


def count(reader: Reader) -> int:
    return len(reader.read(10_000))


def test_only_what_was_queued_when_it_was_asked_for() -> None:
    ring = Ring(1_000_000)
    seconds(ring, "TJ.SAREZ.00.HHZ", 0, 3)
    reader = Reader(ring, [Wish("*", start=Start.ALL)], 4, dialup=True)
    seconds(ring, "TJ.SAREZ.00.HHZ", 3, 3)
    assert not reader.is_over(THEN_NS)
    assert count(reader) == 3
    assert reader.is_over(THEN_NS)
    assert count(reader) == 0


def test_queued_records_that_the_ring_has_dropped_since_are_lost_and_it_is_over() -> None:
    ring = Ring(3200)
    seconds(ring, "TJ.SAREZ.00.HHZ", 0, 3)
    reader = Reader(ring, [Wish("*", start=Start.ALL)], 4, dialup=True)
    seconds(ring, "TJ.SAREZ.00.HHZ", 3, 9)
    assert (count(reader), reader.lost, reader.is_over(THEN_NS)) == (0, 9, True)


def test_a_window_is_not_over_while_records_are_waiting() -> None:
    ring = Ring(10_000_000)
    seconds(ring, "TJ.SAREZ.00.HHZ", 0, 600)
    reader = Reader(ring, [Wish("*", start=Start.ALL, begin_ns=BEGIN_NS, end_ns=BEGIN_NS + 500 * S)], 4)
    found = 0
    while not reader.is_over(THEN_NS + LATE_NS):
        found += len(reader.read(256))
    assert found == 500


def test_a_window_of_a_station_that_is_not_there_yet_waits_for_it() -> None:
    ring = Ring(1_000_000)
    seconds(ring, "TJ.SAREZ.00.HHZ", 0, 3)
    reader = Reader(ring, [Wish("TJ_MANEM", start=Start.ALL, end_ns=BEGIN_NS + 2 * S)], 4)
    assert count(reader) == 0
    assert not reader.is_over(BEGIN_NS + 2 * S + LATE_NS - 1)
    seconds(ring, "TJ.MANEM.00.HHZ", 0, 3)
    assert (count(reader), reader.is_over(BEGIN_NS)) == (2, True)


def test_windows_are_over_only_when_all_have_an_end() -> None:
    ring = Ring(1_000_000)
    wishes = [Wish("A_B", start=Start.ALL, end_ns=0), Wish("*", start=Start.ALL)]
    assert not Reader(ring, wishes, 4).is_over(THEN_NS)
    assert not Reader(ring, [], 4).is_over(THEN_NS)


def test_version_3_takes_no_miniseed_3_of_whatever_length() -> None:
    ring = Ring(1_000_000)
    extra = b'{"x":"' + b"x" * (512 - len(record3()) - 8) + b'"}'
    assert len(record3(extra=extra)) == 512
    seconds(ring, "TJ.SAREZ.00.HHZ", 0, 1, record3(extra=extra))
    reader = Reader(ring, [Wish("*", start=Start.ALL)], 3)
    assert (count(reader), reader.unsuited, reader.sent) == (0, 1, 0)


def test_a_stream_that_comes_after_very_many_is_still_decided() -> None:
    """Decisions are kept for so many streams and then made anew."""
    ring = Ring(1_000_000)
    reader = Reader(ring, [Wish("TJ_SAREZ", start=Start.ALL)], 4)
    found = 0
    for k in range(30_000):
        station = "SAREZ" if k % 1000 == 0 else f"S{k % 1000}"
        seconds(ring, f"TJ.{station}.{k % 97:02}.HHZ", k, 1)
        found += count(reader)
    assert found == 30

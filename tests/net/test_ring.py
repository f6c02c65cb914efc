"""The ring: bounded memory, two orders (arrival and sequence number), and numbers that wrap."""

import tracemalloc
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.sourceid import SourceId
from seismonet.net.ring import MAX_PAYLOAD_BYTES, Ring, kind
from tests.support.miniseed import record, record3
from tests.support.talk import BEGIN_NS, S, seconds

SAREZ = SourceId.parse("TJ.SAREZ.00.HHZ")
LAST = (1 << 64) - 1


def numbers(ring: Ring, position: int) -> list[int]:
    return [entry.sequence for entry in ring.read(position, 1000)]


def test_each_station_counts_for_itself_and_all_stand_in_one_order() -> None:
    ring = Ring(1_000_000, {"TJ.SAREZ": 41})
    seconds(ring, "TJ.SAREZ.00.HHZ", 0, 1)
    seconds(ring, "TJ.MANEM.00.HHZ", 0, 2)
    seconds(ring, "TJ.SAREZ.00.HHN", 0, 1)
    found = [(entry.stream.station.code, entry.sequence) for entry in ring.read(0, 10)]
    assert found == [("TJ.SAREZ", 41), ("TJ.MANEM", 1), ("TJ.MANEM", 2), ("TJ.SAREZ", 42)]
    assert {code: station.next for code, station in ring.stations.items()} == {"TJ.SAREZ": 43, "TJ.MANEM": 3}


def test_memory_is_what_it_is_said_to_be_and_stays_flat() -> None:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    ring = Ring(2_000_000)
    seconds(ring, "TJ.SAREZ.00.HHZ", 0, 4000)
    full = tracemalloc.get_traced_memory()[0] - before
    seconds(ring, "TJ.SAREZ.00.HHZ", 4000, 8000)
    later = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert 0.8 * ring.limit_bytes < full < 1.1 * ring.limit_bytes
    assert later < 1.1 * ring.limit_bytes
    assert ring.bytes <= ring.limit_bytes
    assert 1000 < ring.end - ring.begin == len(ring.read(0, 10_000)) < 4000


def test_what_is_dropped_is_gone_from_every_list() -> None:
    ring = Ring(3000)
    seconds(ring, "TJ.SAREZ.00.HHZ", 0, 1)
    seconds(ring, "TJ.MANEM.00.HHZ", 0, 5)
    assert [stream.stream_id for stream in ring.streams.values()] == ["00_H_H_Z"]
    assert ring.stations["TJ.SAREZ"].first == ring.stations["TJ.SAREZ"].next == 2
    assert ring.stations["TJ.MANEM"].first == numbers(ring, 0)[0] == 4


def test_a_record_that_no_client_takes_is_counted() -> None:
    ring = Ring(1_000_000)
    assert ring.append("TJ.SAREZ", SAREZ, 0, S, b"MS\x03" + bytes(MAX_PAYLOAD_BYTES)) == -1
    assert (ring.refused, ring.end) == (1, 0)
    assert ring.append("TJ.SAREZ", SAREZ, 0, S, (b"MS\x03" + bytes(MAX_PAYLOAD_BYTES))[:MAX_PAYLOAD_BYTES]) == 1


def test_a_number_is_not_given_twice() -> None:
    ring = Ring(1_000_000)
    assert ring.append("TJ.SAREZ", SAREZ, 0, S, record(), sequence=7) == 7
    with pytest.raises(ValueError, match="given before"):
        ring.append("TJ.SAREZ", SAREZ, 0, S, record(), sequence=7)
    assert ring.append("TJ.SAREZ", SAREZ, 0, S, record(), sequence=20) == 20
    assert [numbers(ring, ring.find("TJ.SAREZ", sequence)) for sequence in (7, 8, 20, 21)] == [[7, 20], [20], [20], []]


def test_who_listens_hears_of_every_record() -> None:
    ring, heard = Ring(1_000_000), []
    ring.listeners.append(lambda: heard.append(ring.end))
    seconds(ring, "TJ.SAREZ.00.HHZ", 0, 3)
    assert heard == [1, 2, 3]


@given(
    first=st.sampled_from([0, 1, 0xFFFFF0, (1 << 24) - 1, LAST - 5, LAST]) | st.integers(0, LAST),
    stations=st.lists(st.sampled_from(["SAREZ", "MANEM", "MURGH"]), min_size=1, max_size=40),
    kept=st.integers(1, 40),
    asked=st.integers(0, 45),
)
def test_a_client_that_goes_on_misses_nothing_wherever_the_numbers_stand(
    first: int, stations: list[str], kept: int, asked: int
) -> None:
    """The k-th record of a station and all later ones are found by its number, in 64 bits and in 24, across a wrap."""
    ring = Ring(kept * (512 + 26 + 490), first=first)
    given_numbers: dict[str, list[int]] = {"SAREZ": []}
    for k, station in enumerate(stations):
        given_numbers.setdefault(station, []).extend(seconds(ring, f"TJ.{station}.00.HHZ", k, 1))
    of_sarez = given_numbers["SAREZ"]
    assert of_sarez == [(first + k) % (1 << 64) for k in range(len(of_sarez))]
    held = [entry.sequence for entry in ring.read(0, 100) if entry.stream.station.code == "TJ.SAREZ"]
    number = (first + asked) % (1 << 64)
    wanted = [one for one in held if one in of_sarez[asked:]] if asked <= len(of_sarez) else held
    for bits in (64, 24):
        position = ring.find("TJ.SAREZ", number % (1 << bits), bits)
        found = [entry for entry in ring.read(position, 100) if entry.stream.station.code == "TJ.SAREZ"]
        assert [entry.sequence for entry in found] == wanted


@given(
    firsts=st.tuples(st.integers(0, 20), st.integers(0, 20), st.sampled_from([1, (1 << 24) - 4, LAST - 3])),
    order=st.lists(st.integers(0, 2), min_size=1, max_size=60),
    kept=st.integers(1, 60),
    last=st.integers(0, 59),
    bits=st.sampled_from([24, 64]),
)
def test_one_number_for_many_stations_misses_nothing_either(
    firsts: tuple[int, int, int], order: list[int], kept: int, last: int, bits: Literal[24, 64]
) -> None:
    """A client has all up to some record, of whichever station, and goes on with the number after that one's."""
    names = ("SAREZ", "MANEM", "MURGH")
    ring = Ring(kept * (512 + 26 + 490), {f"TJ.{name}": first for name, first in zip(names, firsts, strict=True)})
    given_numbers = [seconds(ring, f"TJ.{names[k]}.00.HHZ", 0, 1)[0] for k in order]
    last %= len(order)
    asked = (given_numbers[last] + 1) % (1 << bits)
    assert ring.find_any([f"TJ.{name}" for name in names], asked, bits) <= max(last + 1, ring.begin)


def test_one_number_for_many_stations_gives_little_twice() -> None:
    ring = Ring(1_000_000)
    for k in range(10):
        seconds(ring, "TJ.SAREZ.00.HHZ", k, 1)
        seconds(ring, "TJ.MANEM.00.HHZ", k, 2)
    meant = ["TJ.SAREZ", "TJ.MANEM"]
    assert ring.find_any(meant, 15) == 21
    assert ring.find_any(meant, 6) == min(3 * 4 + 1, 3 * 2 + 2)
    assert ring.find_any(["TJ.NONE"], 5) == ring.find_any([], 5) == ring.find_any(meant, 99) == ring.begin


def test_gaps_are_told_and_healed() -> None:
    ring = Ring(1_000_000)
    for first, count in ((0, 3), (10, 2), (20, 2)):
        seconds(ring, "TJ.SAREZ.00.HHZ", first, count)
    (stream,) = ring.streams.values()
    assert [((a - BEGIN_NS) // S, (b - BEGIN_NS) // S) for a, b in stream.gaps] == [(3, 10), (12, 20)]
    seconds(ring, "TJ.SAREZ.00.HHZ", 3, 7)
    seconds(ring, "TJ.SAREZ.00.HHZ", 15, 1)
    assert [((a - BEGIN_NS) // S, (b - BEGIN_NS) // S) for a, b in stream.gaps] == [(12, 15), (16, 20)]
    assert stream.end_ns == BEGIN_NS + 22 * S


@pytest.mark.parametrize("order", [">", "<"])
def test_kinds_of_records(order: str) -> None:
    assert kind(record(order=order)) == "2D"
    assert kind(record(order=order, timing=(90, 0), rate_100=99.9)) == "2D"
    assert kind(record(order=order, encoding=0)) == "2L"
    assert kind(record3()) == "3D"
    for number, code in ((201, "E"), (300, "C"), (395, "C"), (500, "T"), (2000, "O")):
        changed = bytearray(record(order=order))
        changed[48:50] = number.to_bytes(2, "big" if order == ">" else "little")
        assert kind(bytes(changed)) == f"2{code}"


@given(st.binary(max_size=200))
def test_whatever_the_bytes_a_kind_is_found(data: bytes) -> None:
    assert kind(data) in {"2D", "2L", "2E", "2C", "2T", "2O", "3D"}

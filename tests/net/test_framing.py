"""Packets out of bytes, however the bytes are cut; and nothing that is no packet."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.net.framing import HEAD4, Frames, Raw, stated_length, text_of
from seismonet.net.infodocuments import packet4, packets3
from seismonet.net.source import Limits
from tests.support.miniseed import record, record3

LIMITS = Limits()
USUAL, LONG, SHORT = record(), record(list(range(900)), length=4096), record(length=256)
THREE = record3()
AFTER_1001 = record(blockette_1000=False, blockettes=[(1001, bytes([100, 0, 0, 1])), (1000, bytes([11, 1, 9, 0]))])


def four(payload: bytes, sequence: int, station: bytes = b"TJ_SAREZ", kind: bytes = b"2D") -> bytes:
    return HEAD4.pack(b"SE", kind, len(payload), sequence, len(station)) + station + payload


def three(payload: bytes, sequence: int) -> bytes:
    return b"SL%06X" % sequence + payload


def fed(version: int, data: bytes, cuts: list[int] | None = None) -> tuple[list[Raw], Frames]:
    frames, found = Frames(version, LIMITS), []
    places = [0, *sorted(cuts or []), len(data)]
    for a, b in pairwise(places):
        found += frames.feed(data[a:b])
    return found, frames


payloads3 = st.lists(st.sampled_from([USUAL, USUAL, THREE, LONG, AFTER_1001]), min_size=1, max_size=8)
payloads4 = st.lists(st.sampled_from([USUAL, THREE, LONG, SHORT, b""]), min_size=1, max_size=8)
cuts = st.lists(st.integers(0, 5000), max_size=30)


@given(payloads=payloads4, cuts=cuts)
def test_version_4_comes_whole_however_it_is_cut(payloads: list[bytes], cuts: list[int]) -> None:
    data = b"".join(four(one, 1000 + k) for k, one in enumerate(payloads))
    found, frames = fed(4, data, [cut for cut in cuts if cut < len(data)])
    assert found == [(b"TJ_SAREZ", 1000 + k, one) for k, one in enumerate(payloads)]
    assert frames.fault is None
    assert not frames.waiting


@given(payloads=payloads3, cuts=cuts)
def test_version_3_comes_whole_however_it_is_cut(payloads: list[bytes], cuts: list[int]) -> None:
    payloads = [*payloads, USUAL]
    data = b"".join(three(one, 1000 + k) for k, one in enumerate(payloads))
    data += packets3("<seedlink/>", 0)
    found, frames = fed(3, data, [cut for cut in cuts if cut < len(data)])
    assert found == [(b"", 1000 + k, one) for k, one in enumerate(payloads)]
    assert frames.fault is None
    assert frames.answers == 1


def test_a_record_that_lies_about_its_length_costs_no_other() -> None:
    for exponent in (7, 8, 10, 12, 16, 30):
        liar = record(exponent=exponent)
        found, frames = fed(3, b"".join(three(one, k) for k, one in enumerate([USUAL, liar, USUAL, USUAL])))
        assert [one[2] for one in found] == [USUAL, liar, USUAL, USUAL]
        assert frames.fault is None


def test_shorter_records_are_believed_when_the_next_packet_proves_it() -> None:
    found, _ = fed(3, three(SHORT, 1))
    assert found == []
    found, _ = fed(3, three(SHORT, 1) + three(SHORT, 2) + three(SHORT, 3))
    assert [one[1] for one in found] == [1, 2, 3]


def test_the_longest_packet_is_taken_and_one_byte_more_is_not() -> None:
    found, frames = fed(4, four(bytes(65_536), 1))
    assert len(found) == 1
    found, frames = fed(4, four(bytes(65_537), 1))
    assert found == []
    assert "65,537" in str(frames.fault)


@pytest.mark.parametrize(
    ("version", "data", "words"),
    [
        (4, b"SX" + bytes(30), "no packet"),
        (4, HEAD4.pack(b"SE", b"2D", 2**32 - 1, 1, 8), "4,294,967,295"),
        (4, HEAD4.pack(b"SE", b"JI", 2**20, 1, 0), "INFO"),
        (4, b"ERROR INTERNAL out of order\r\n", "INTERNAL out of order"),
        (4, b"END", "END"),
        (4, packet4("E", b'{"error": {"message": "no more"}}'), "no more"),
        (3, b"SL00000G" + USUAL, "sequence number"),
        (3, b"SL 12345" + USUAL, "sequence number"),
        (3, b"SL+12345" + USUAL, "sequence number"),
        (3, b"HTTP/1.1 400 Bad Request\r\n", "no packet"),
        (3, b"SL000001" + THREE[:33] + b"\x18\x00\x00" + b"\xff" * 40, "claims"),
        (3, b"ERROR\r\n", "ERROR"),
        (3, b"E" * 6000, "no packet"),
        (3, b"ERROR " + b"x" * 6000, "xxx"),
    ],
)
def test_what_is_no_packet_is_a_fault_and_what_came_before_is_kept(version: int, data: bytes, words: str) -> None:
    good = four(USUAL, 7) if version == 4 else three(USUAL, 7)
    found, frames = fed(version, good + data)
    assert [one[1] for one in found] == [7]
    assert words in str(frames.fault)
    assert len(str(frames.fault)) < 300
    assert frames.feed(good) == []


@given(version=st.sampled_from([3, 4]), data=st.binary(max_size=3000), cut=st.integers(0, 3000))
def test_no_bytes_whatever_do_more_than_be_a_fault(version: int, data: bytes, cut: int) -> None:
    prefix = b"SE2D" if version == 4 else b"SL000001"
    for text in (data, prefix + data, (four if version == 4 else three)(USUAL, 1) + data):
        fed(version, text, [cut] if cut < len(text) else [])


def test_five_thousand_spoilt_streams_are_faults_or_packets_and_nothing_else() -> None:
    random = Random(20_261_124)
    good = {
        4: b"".join(four(one, k) for k, one in enumerate([USUAL, THREE, SHORT, USUAL])),
        3: b"".join(three(one, k) for k, one in enumerate([USUAL, THREE, USUAL, USUAL])),
    }
    faults = 0
    for k in range(5000):
        version = 3 + k % 2
        data = bytearray(good[version])
        for _ in range(random.choice((1, 1, 2, 8))):
            at = random.randrange(len(data))
            match random.randrange(4):
                case 0:
                    data[at] = random.randrange(256)
                case 1:
                    del data[at : at + random.randrange(1, 64)]
                case 2:
                    data[at:at] = random.randbytes(random.randrange(1, 64))
                case 3:
                    data[at : at + 4] = b"\xff" * 4
        found, frames = fed(version, bytes(data), [random.randrange(len(data))])
        faults += frames.fault is not None
        assert len(found) <= 12
        assert sum(len(one[2]) for one in found) <= len(data)
    assert 500 < faults < 5000


def test_an_answer_to_info_has_an_end() -> None:
    frames = Frames(3, LIMITS)
    piece = packets3("x" * 1000, 0)[:520]
    for _ in range(1000):
        frames.feed(piece)
    assert "without end" in str(frames.fault)
    frames = Frames(3, LIMITS)
    for _ in range(1000):
        frames.expect_info()
        frames.feed(packets3("<seedlink/>", 0))
    assert (frames.fault, frames.answers) == (None, 1000)


def test_documents_are_put_together_when_they_are_kept() -> None:
    text = "<seedlink>" + "abc " * 1000 + "</seedlink>"
    frames = Frames(3, LIMITS, keep_info=True)
    frames.feed(packets3(text, 0))
    assert (frames.info.decode(), frames.info_is_error, frames.answers) == (text, False, 1)
    frames.feed(packets3("no", 0, is_error=True))
    assert (frames.info, frames.info_is_error) == (b"no", True)


def test_a_server_of_version_3_may_not_know_an_info() -> None:
    frames = Frames(3, LIMITS)
    frames.feed(packets3("no", 0, is_error=True))
    assert (frames.fault, frames.answers) == (None, 1)


def test_lengths_are_read_from_records_of_any_kind() -> None:
    assert stated_length(THREE) == len(THREE)
    assert stated_length(record(order="<", length=1024)) == 1024
    assert stated_length(AFTER_1001) == 512
    assert stated_length(record(blockette_1000=False)) == 512
    assert stated_length(AFTER_1001[:50]) == -56
    assert stated_length(USUAL[:40]) is None
    assert text_of(bytes(512)) == b""

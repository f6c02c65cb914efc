"""What was acknowledged is there after anything; what was not is there whole, or not at all."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.waveform import FOREIGN, LATE, Delivery, Packet, Resume
from seismonet.store.frames import SEGMENT_HEAD_BYTES, pack, unpack
from seismonet.store.journal import START, Journal, Position
from tests.support.archives import BEGIN_NS, SAREZ, delivery, one
from tests.support.disks import FaultyDisk

DELIVERIES = [
    Delivery("pamir", 10, (Packet("TJ.SAREZ", 7, b"first"), Packet("TJ.MURGH", 2**63 + 1, b"second"))),
    Delivery("pamir", 10, (Packet("TJ.SAREZ", -1, b""),), FOREIGN),
    Delivery("тянь-шань", 11, (Packet("KG.ARAL", 0, bytes(5000)),), LATE),
]


def write(folder: Path, *batches: list[Delivery], segment_bytes: int = 2**20) -> list[Position]:
    journal = Journal(folder, segment_bytes=segment_bytes)
    positions = []
    for batch in batches:
        journal.append(batch)
        positions.append(journal.commit())
    journal.close()
    return positions


def contents(folder: Path, after: Position = START) -> list[Delivery]:
    return [found for _, found in Journal(folder).read(after)]


def last_segment(folder: Path) -> Path:
    return sorted(folder.glob("*.journal"))[-1]


def test_deliveries_come_back_as_they_were_in_their_order(tmp_path: Path) -> None:
    write(tmp_path / "journal", DELIVERIES)
    assert contents(tmp_path / "journal") == DELIVERIES


def test_every_position_is_a_place_to_go_on_from(tmp_path: Path) -> None:
    positions = write(tmp_path, *[[one] for one in DELIVERIES * 3], segment_bytes=6000)
    assert len({position.segment for position in positions}) > 1
    for number, position in enumerate(positions):
        assert contents(tmp_path, position) == (DELIVERIES * 3)[number + 1 :]
    for position, found in Journal(tmp_path).read():
        assert contents(tmp_path, position) == (DELIVERIES * 3)[positions.index(position) + 1 :], found


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(DELIVERIES)
    assert journal.waiting_bytes > 5000
    assert journal.end == START
    assert journal.resume() == {}
    journal.close()
    assert contents(tmp_path) == []


@pytest.mark.parametrize("torn", [b"S", b"SNf1\x00\x00\x10\x00", bytes(100), b"SNf1" + bytes(5000)])
def test_a_torn_end_is_cut_and_kept(tmp_path: Path, torn: bytes) -> None:
    folder = tmp_path / "journal"
    write(folder, DELIVERIES)
    with last_segment(folder).open("ab") as file:
        file.write(torn)
    journal = Journal(folder)
    assert journal.cut_bytes == len(torn)
    (kept,) = (tmp_path / "quarantine").iterdir()
    assert kept.read_bytes() == torn
    assert last_segment(folder).stat().st_size == journal.end.offset
    journal.append(DELIVERIES[:1])
    journal.commit()
    journal.close()
    assert contents(folder) == [*DELIVERIES, DELIVERIES[0]]


@given(st.data())
def test_a_segment_cut_or_torn_anywhere_holds_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    write(folder / "journal", *[[one] for one in DELIVERIES])
    path = last_segment(folder / "journal")
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    torn = (
        whole[:at]
        if data.draw(st.booleans())
        else whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    )
    path.write_bytes(torn)
    flat = [(one.received_ns, packet) for one in DELIVERIES for packet in one.packets]
    found = [(one.received_ns, packet) for one in contents(folder / "journal") for packet in one.packets]
    assert found == flat[: len(found)]
    assert (len(found) < len(flat)) or torn[:24] == whole[:24]


def test_damage_in_an_older_segment_costs_only_the_frames_it_hits(tmp_path: Path) -> None:
    write(tmp_path, [DELIVERIES[0]], [DELIVERIES[2]], segment_bytes=200)
    write(tmp_path, [DELIVERIES[2]], segment_bytes=200)
    first = sorted(tmp_path.glob("*.journal"))[0]
    data = bytearray(first.read_bytes())
    data[SEGMENT_HEAD_BYTES + 47] ^= 1
    first.write_bytes(data)
    journal = Journal(tmp_path)
    frames, _ = journal.frames(START) or pytest.fail("nothing there")
    assert frames.skipped > 0
    found = list(journal.read())
    assert [one.packets for _, one in found] == [
        DELIVERIES[0].packets[1:],
        DELIVERIES[2].packets,
        DELIVERIES[2].packets,
    ]


@pytest.mark.parametrize("length", [0, 10, SEGMENT_HEAD_BYTES, SEGMENT_HEAD_BYTES + 20, SEGMENT_HEAD_BYTES + 70])
def test_an_older_segment_that_has_become_shorter_ends_early(tmp_path: Path, length: int) -> None:
    write(tmp_path, [DELIVERIES[0]], [DELIVERIES[2]], [DELIVERIES[1]], segment_bytes=100)
    journal = Journal(tmp_path)
    first = sorted(tmp_path.glob("*.journal"))[0]
    for opened in (journal, None):
        first.write_bytes(first.read_bytes()[:length])
        found = [packet for _, one in (opened or Journal(tmp_path)).read() for packet in one.packets]
        assert found[-2:] == [*DELIVERIES[2].packets, *DELIVERIES[1].packets]
        assert found[:-2] == list(DELIVERIES[0].packets[: length > SEGMENT_HEAD_BYTES + 50])


def test_frames_that_are_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    write(tmp_path, [DELIVERIES[2]], [DELIVERIES[0]])
    journal, after, found = Journal(tmp_path), START, 0
    while (more := journal.frames(after, limit_bytes=64)) is not None:
        assert more[0].skipped == 0
        found, after = found + len(more[0]), more[1]
    assert (found, after) == (3, journal.end)


def test_what_a_commit_has_refused_is_not_there_after_a_restart(tmp_path: Path) -> None:
    disk = FaultyDisk()
    journal = Journal(tmp_path, disk=disk)
    journal.append(DELIVERIES[:1])
    journal.commit()
    disk.fail_at = disk.count + 2
    journal.append(DELIVERIES[2:])
    with pytest.raises(OSError, match="No space"):
        journal.commit()
    assert contents(tmp_path) == DELIVERIES[:1]


def test_a_segment_ends_where_the_next_one_says_whatever_lies_behind(tmp_path: Path) -> None:
    disk = FaultyDisk()
    journal = Journal(tmp_path, disk=disk)
    journal.append(DELIVERIES[:1])
    journal.commit()
    disk.fail_at, disk.failures = disk.count + 2, 2
    journal.append(DELIVERIES[2:])
    with pytest.raises(OSError, match="No space"):
        journal.commit()
    journal.append(DELIVERIES[1:])
    journal.commit()
    journal.close()
    first = sorted(tmp_path.glob("*.journal"))[0]
    assert unpack(first.read_bytes()[SEGMENT_HEAD_BYTES:]).origins[-1][0] == "тянь-шань", "it could not be cut"
    assert contents(tmp_path) == DELIVERIES


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_after_any_error_the_same_is_appended_again_and_is_there_once(tmp_path: Path, code: int) -> None:
    sound = FaultyDisk()
    tries = 0
    for fail_at in range(1, 40):
        folder = tmp_path / str(fail_at) / "journal"
        disk = FaultyDisk(fail_at, fail_at=fail_at, code=code)
        failed = 0
        journal = None
        for batch in ([DELIVERIES[0]], [DELIVERIES[2]], [DELIVERIES[1]]):
            done = False
            while not done:
                try:
                    journal = journal or Journal(folder, disk=disk, segment_bytes=5000)
                    journal.append(batch)
                    journal.commit()
                    done = True
                except OSError as error:
                    if error.errno != code:
                        raise
                    failed += 1
        assert journal is not None
        journal.close()
        assert [found for _, found in Journal(folder, disk=sound).read()] == [
            DELIVERIES[0],
            DELIVERIES[2],
            DELIVERIES[1],
        ]
        disk.lose()
        assert [found for _, found in Journal(folder).read()] == [DELIVERIES[0], DELIVERIES[2], DELIVERIES[1]]
        tries += failed
    assert tries > 10


def test_segments_that_were_taken_and_are_old_are_dropped_but_never_the_last(tmp_path: Path) -> None:
    journal = Journal(tmp_path, segment_bytes=100)
    for second in range(5):
        journal.append([Delivery("pamir", second, (Packet("TJ.SAREZ", second, bytes(200)),))])
        journal.commit()
    end = journal.end
    assert (journal.first.segment, end.segment) == (1, 5)
    assert journal.drop_before(Position(3, 0)) == 2
    assert journal.drop_before(end, received_ns=3) == 1, "the one of second 3 may hold something of second 3"
    assert journal.drop_before(Position(99, 0)) == 1
    assert [found.received_ns for _, found in journal.read()] == [4]
    assert journal.bytes == end.offset
    assert [found.received_ns for found in contents(tmp_path)] == [4]


def test_resume_follows_what_is_durable_and_survives(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([delivery([one(SAREZ, 0), one(SAREZ, 1)], 1, first=41)])
    assert journal.resume() == {}
    journal.commit()
    wanted = {("pamir", "TJ.SAREZ"): Resume(42, BEGIN_NS + 2 * 10**9)}
    assert journal.resume() == wanted
    journal.append([delivery([one(SAREZ, 2)], 2, first=99, flags=flags) for flags in (LATE, FOREIGN)])
    journal.commit()
    assert journal.resume() == wanted, "late and foreign packets say nothing on where to go on"
    journal.append([delivery([b"junk", one(SAREZ, 5 * 10**6)], 3, first=43)])
    journal.commit()
    assert journal.resume() == {("pamir", "TJ.SAREZ"): Resume(44, BEGIN_NS + 2 * 10**9)}, "a clock that is wrong"
    journal.close()
    assert Journal(tmp_path).resume()[("pamir", "TJ.SAREZ")].sequence == 44
    journal.remember({("pamir", "TJ.SAREZ"): Resume(-1, 5), ("other", "TJ.MURGH"): Resume(3, 4)})
    assert journal.resume() == {("pamir", "TJ.SAREZ"): Resume(-1, 5), ("other", "TJ.MURGH"): Resume(3, 4)}


def test_what_no_frame_can_hold_is_refused_whole(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for bad in (Packet("TJ.SAREZ", 0, bytes(2**20 + 1)), Packet("X" * 300, 0, b"")):
        with pytest.raises(ValueError, match=r"most|up to"):
            journal.append([DELIVERIES[0], Delivery("pamir", 0, (bad,))])
        assert journal.waiting_bytes == 0


@given(st.binary(max_size=400))
def test_any_bytes_can_be_read_as_frames(data: bytes) -> None:
    assert unpack(data).upto == len(data)
    assert len(unpack(data, torn=True)) == 0
    assert unpack(data, more=True).upto <= len(data)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_frames_are_found_between_any_bytes(before: bytes, after: bytes) -> None:
    packed: list[bytes] = []
    pack(DELIVERIES[0], packed)
    found = unpack(before + b"".join(packed) + after)
    assert [found.payload(k) for k in range(len(found))] == [b"first", b"second"]
    assert found.skipped == len(before) + len(after)

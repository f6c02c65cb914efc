"""Deliveries come in stamped, in one order for pipeline and writer; a full memory leaves no hole in the journal."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from seismonet.core.waveform import LATE, Packet
from seismonet.daemon.intake import Intake
from seismonet.daemon.live import Snapshot
from seismonet.net.clock import Clock

PACKETS = [Packet("XX.A", number, bytes(512)) for number in range(4)]
LIMIT = 1 << 20
ONE = 512 + 64


def in_loop(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await work()

    asyncio.run(bounded())


def test_both_queues_have_one_order_and_rising_stamps() -> None:
    async def work() -> None:
        intake = Intake(Clock(), LIMIT, lambda: False)
        for packet in PACKETS:
            intake.port("a")([packet], 0)
            intake.deliver("b", [packet])
        assert intake.wake.is_set()
        seen = intake.take()
        written, mark = intake.next_for_writer(LIMIT)
        assert seen == written
        assert mark is None
        assert [one.source for one in seen] == ["a", "b"] * 4
        stamps = [one.received_ns for one in seen]
        assert stamps == sorted(set(stamps))
        assert intake.take() == []
        assert not intake.wake.is_set()

    in_loop(work)


def test_late_data_are_for_the_journal_alone() -> None:
    async def work() -> None:
        intake = Intake(Clock(), LIMIT, lambda: False)
        intake.deliver("a", PACKETS, LATE)
        assert intake.take() == []
        assert len(intake.next_for_writer(LIMIT)[0]) == 1

    in_loop(work)


def test_a_snapshot_is_met_in_its_place() -> None:
    async def work() -> None:
        intake = Intake(Clock(), LIMIT, lambda: False)
        snapshot = Snapshot({"x": np.zeros(1)}, 5)
        intake.deliver("a", PACKETS[:1])
        intake.mark(snapshot)
        intake.deliver("a", PACKETS[1:2])
        before, mark = intake.next_for_writer(LIMIT)
        assert [one.packets[0].sequence for one in before] == [0]
        assert mark is snapshot
        after, mark = intake.next_for_writer(LIMIT)
        assert [one.packets[0].sequence for one in after] == [1]
        assert mark is None

    in_loop(work)


def test_sources_wait_while_the_disk_is_slow_and_go_on_when_it_has_caught_up() -> None:
    async def work() -> None:
        intake = Intake(Clock(), 3 * ONE, lambda: False)
        await intake.room()
        intake.deliver("a", PACKETS)
        waiting = asyncio.create_task(intake.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        written, _ = intake.next_for_writer(LIMIT)
        assert intake.pending_bytes == 4 * ONE
        intake.written(written)
        await waiting
        assert intake.pending_bytes == 0
        assert not intake.broken

    in_loop(work)


def test_a_source_that_sends_much_waits_and_the_others_do_not() -> None:
    async def work() -> None:
        intake = Intake(Clock(), 16 * ONE, lambda: False)
        intake.deliver("burst", PACKETS[:3])
        intake.deliver("gaps", PACKETS[:1], LATE)
        waiting = asyncio.create_task(intake.room("burst"))
        await intake.room("fresh")
        await intake.room()
        assert not waiting.done()
        intake.deliver("gaps", PACKETS[:2], LATE)
        late = asyncio.create_task(intake.room())
        await intake.room("gaps")
        assert not late.done()
        first, _ = intake.next_for_writer(1)
        intake.written(first)
        await waiting
        assert not late.done()
        intake.written(intake.next_for_writer(LIMIT)[0])
        await late

    in_loop(work)


def test_while_the_disk_fails_the_pipeline_goes_on_and_the_journal_stays_a_prefix() -> None:
    """What does not fit is left out, and so is all that follows, until the source is asked again."""

    async def work() -> None:
        failing = [True]
        intake = Intake(Clock(), 2 * ONE, lambda: failing[0])
        for packet in PACKETS:
            intake.deliver("a", [packet])
        await intake.room()
        assert [one.packets[0].sequence for one in intake.take()] == [0, 1, 2, 3]
        assert intake.broken == {"a"}
        assert intake.counts["a", "unjournaled"] == 2
        failing[0] = False
        intake.deliver("b", PACKETS[:1])
        assert intake.pending_of("a") == 2 * ONE
        written, _ = intake.next_for_writer(2 * ONE)
        intake.written(written)
        assert (intake.pending_of("a"), intake.pending_of("b")) == (0, ONE)
        assert intake.next_for_writer(LIMIT)[0][0].source == "b"
        intake.deliver("a", [Packet("XX.A", 9, bytes(512))])
        assert intake.next_for_writer(LIMIT)[0] == []
        intake.mend("a")
        intake.deliver("a", [PACKETS[2]])
        assert [one.packets[0].sequence for one in [*written, *intake.next_for_writer(LIMIT)[0]]] == [0, 1, 2]

    in_loop(work)


@pytest.mark.parametrize("limit", [1, 3 * ONE])
def test_the_writer_gets_portions_of_about_the_size_it_asks_for(limit: int) -> None:
    async def work() -> None:
        intake = Intake(Clock(), LIMIT, lambda: False)
        for packet in PACKETS * 5:
            intake.deliver("a", [packet])
        sizes = []
        while portion := intake.next_for_writer(limit)[0]:
            sizes.append(len(portion))
        assert sum(sizes) == 20
        assert max(sizes) == -(-limit // ONE)

    in_loop(work)

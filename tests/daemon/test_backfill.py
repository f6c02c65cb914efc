"""Gaps are filled from servers that speak bytes; the clock runs fast, so rests of minutes take no time."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from seismonet.core.errors import ArchiveError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.core.waveform import LATE, Packet, Record
from seismonet.daemon.backfill import Backfill, Lane, Means, Take, dataselect_means, ring_means
from seismonet.net.clock import Clock
from seismonet.net.dialing import Dialer
from seismonet.net.fdsn import Answer
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams
from seismonet.net.source import SourceParams
from seismonet.store.backfill import RETRY_S, BackfillParams, Gap, load_ledger
from seismonet.store.contents import contents
from seismonet.synthesis.records import miniseed
from tests.support.httpserver import Script, response, serving

HHZ, HHN, OTHER = (SourceId.parse(f"TJ.{name}") for name in ("SAREZ.00.HHZ", "SAREZ.00.HHN", "MURGH.00.HHZ"))
SECOND = 10**9
RATE = 2000.0
PARAMS = BackfillParams(pause_s=1.0)


def fast() -> Clock:
    """A clock 2000 times as fast as the host's."""
    return Clock(RATE)


def records(name: SourceId, start_ns: int, seconds: int, each_s: int = 10) -> list[bytes]:
    found = []
    for at in range(0, seconds, each_s):
        samples = (np.arange(each_s * 20) % 50).astype(np.int32)
        found += miniseed(Record(name, start_ns + at * SECOND, 20.0, samples))
    return found


@dataclass
class Archive:
    """What is there, as the daemon's archive would tell it, and all that was delivered."""

    there: dict[SourceId, list[tuple[int, int]]]
    delivered: list[tuple[str, Packet, int]] = field(default_factory=list)
    stored: bool = True
    failing: int = 0

    def spans(self, start_ns: int, end_ns: int) -> Mapping[SourceId, Sequence[tuple[int, int]]]:
        if self.failing:
            self.failing -= 1
            raise ArchiveError("index.sqlite: locked")
        return {name: list(spans) for name, spans in self.there.items()}

    def deliver(self, source: str, packets: Sequence[Packet], flags: int) -> None:
        for packet in packets:
            self.delivered.append((source, packet, flags))
            if self.stored:
                found = contents(packet.payload)
                self.there[found.names[0]].append((int(found.start_ns[0]), int(found.end_ns[0])))

    async def room(self) -> None:
        await asyncio.sleep(0)

    @property
    def payloads(self) -> list[bytes]:
        return [packet.payload for _, packet, _ in self.delivered]

    def lane(self) -> Lane:
        return Lane(self.spans, self.deliver, self.room)


def window(target: str) -> tuple[str, int, int]:
    query = parse_qs(urlsplit(target).query)
    name = ".".join(query[key][0] for key in ("net", "sta", "loc", "cha"))
    return name, from_iso(query["starttime"][0]), from_iso(query["endtime"][0])


def dataselect_of(held: Sequence[bytes]) -> Callable[[str], Script]:
    """A service that gives whole records that touch a window, as the real ones do."""

    def answer(target: str) -> Script:
        name, start_ns, end_ns = window(target)
        found = contents(b"".join(held))
        touches = (found.start_ns <= end_ns) & (found.end_ns >= start_ns)
        own = [held[k] for k in np.flatnonzero(touches).tolist() if str(found.name(k)) == name]
        return response("200 OK", b"".join(own)) if own else response("204 No Content")

    return answer


async def until(condition: Callable[[], bool], backfill: Backfill) -> None:
    """Let it run until something is so; a test that waits in vain fails."""
    task = asyncio.create_task(backfill.run())
    try:
        async with asyncio.timeout(10.0):
            while not condition():
                assert not task.done() or task.result() is None
                await asyncio.sleep(0.005)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def run(scene: Awaitable[None]) -> None:
    asyncio.run(_bounded(scene))


async def _bounded(scene: Awaitable[None]) -> None:
    async with asyncio.timeout(20.0):
        await scene


def with_gap(now_ns: int, *names: SourceId) -> tuple[Archive, int]:
    """Archives of channels that lack 100 s, and since when."""
    begin = (now_ns - 3600 * SECOND) // (10 * SECOND) * 10 * SECOND
    there = {
        name: [(begin - 50 * SECOND, begin), (begin + 100 * SECOND, begin + 150 * SECOND)] for name in names or (HHZ,)
    }
    return Archive(there), begin


def test_a_gap_is_filled_with_the_servers_own_bytes_and_nothing_else(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = fast()
        archive, begin = with_gap(clock.now_ns())
        held = records(HHZ, begin - 50 * SECOND, 200)
        junk = [*records(OTHER, begin, 20), b"\0" * 512]

        def answer(target: str) -> Script:
            good = dataselect_of(held)(target)
            return good + b"".join(junk) if b"Content-Length: 0" not in good else good  # type: ignore[operator]

        async with serving(lambda target: _relength(answer(target))) as server:
            means = dataselect_means("sarez", ["TJ.*"], server.url, PARAMS, clock)
            backfill = Backfill(PARAMS, [means], archive.lane(), tmp_path / "backfill.json", clock)
            await until(lambda: len(archive.delivered) >= 10, backfill)
            assert archive.payloads == held[5:15]
            assert {(source, flags) for source, _, flags in archive.delivered} == {("sarez", LATE)}
            assert {packet.station for _, packet, _ in archive.delivered} == {"TJ.SAREZ"}
            await until(lambda: backfill.state.open == 0, backfill)
            assert backfill.state.refused >= 3
            assert len(server.asked) == 1

    run(scene())


def _relength(script: Script) -> Script:
    assert isinstance(script, bytes)
    body = script.partition(b"\r\n\r\n")[2]
    return response("200 OK", body) if body else script


def test_one_request_at_a_time_newest_gap_first_with_a_rest_between(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = fast()
        now_ns = clock.now_ns()
        archive, begin = with_gap(now_ns, HHZ, HHN)
        archive.there[HHN] = [(begin - 7000 * SECOND, begin - 6000 * SECOND), (begin - 5900 * SECOND, begin)]
        asked_s: list[float] = []

        def answer(_: str) -> Script:
            asked_s.append(clock.monotonic_s())
            return response("204 No Content")

        async with serving(answer) as server:
            params = BackfillParams(pause_s=30.0)
            means = dataselect_means("sarez", ["TJ.SAREZ"], server.url, params, clock)
            backfill = Backfill(params, [means], archive.lane(), tmp_path / "ledger", clock)
            await until(lambda: len(asked_s) >= 2, backfill)
            assert [window(target)[0] for target in server.asked[:2]] == ["TJ.SAREZ.00.HHZ", "TJ.SAREZ.00.HHN"]
            assert server.most_open == 1
            assert asked_s[1] - asked_s[0] >= 30.0

    run(scene())


def of_list(source: str, words: str, gaps: list[Gap], give: Callable[[Gap], tuple[Answer, bytes]]) -> Means:
    """A means that notes what it is asked for."""

    async def ask(gap: Gap, take: Take) -> Answer:
        gaps.append(gap)
        answer, data = give(gap)
        if data:
            await take(data)
        return answer

    return Means(source, words, ("TJ.*",), ask)


def test_the_ring_is_asked_first_and_the_archive_for_what_is_left(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = fast()
        archive, begin = with_gap(clock.now_ns())
        ring: list[Gap] = []
        shelf: list[Gap] = []
        newer, older = records(HHZ, begin + 60 * SECOND, 40), records(HHZ, begin, 60)
        means = [
            of_list("sarez", "ring", ring, lambda _: (Answer("data"), b"".join(newer))),
            of_list("centre", "dataselect", shelf, lambda _: (Answer("data"), b"".join(older))),
        ]
        backfill = Backfill(PARAMS, means, archive.lane(), tmp_path / "ledger", clock)
        await until(lambda: len(archive.delivered) >= 10, backfill)
        assert ring == [Gap(HHZ, begin, begin + 100 * SECOND)]
        assert shelf == [Gap(HHZ, begin, begin + 60 * SECOND)]
        assert [source for source, _, _ in archive.delivered] == ["sarez"] * 4 + ["centre"] * 6

    run(scene())


def test_a_gap_is_filled_from_the_ring_of_a_real_server(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = fast()
        archive, begin = with_gap(clock.now_ns())
        held, ring = records(HHZ, begin - 50 * SECOND, 200), Ring(2**24)
        for at, payload in enumerate(held):
            start_ns = begin + (10 * at - 50) * SECOND
            ring.append("TJ.SAREZ", HHZ, start_ns, start_ns + 10 * SECOND, payload)
        server = SeedLinkServer(ServerParams(port=0), ring, Clock())
        await server.start()
        try:
            url = f"seedlink://127.0.0.1:{server.address[1]}"
            means = ring_means(SourceParams("sarez", url, ("TJ.*",)), clock, Dialer(clock))
            backfill = Backfill(PARAMS, [means], archive.lane(), tmp_path / "ledger", clock)
            await until(lambda: len(archive.delivered) >= 10, backfill)
            assert archive.payloads == held[5:15]
        finally:
            await server.stop()

    run(scene())


def test_what_the_ring_has_whole_nobody_else_is_asked_for(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = fast()
        archive, begin = with_gap(clock.now_ns())
        ring: list[Gap] = []
        shelf: list[Gap] = []
        means = [
            of_list("sarez", "ring", ring, lambda _: (Answer("data"), b"".join(records(HHZ, begin, 100)))),
            of_list("centre", "dataselect", shelf, lambda _: (Answer("none"), b"")),
        ]
        backfill = Backfill(PARAMS, means, archive.lane(), tmp_path / "ledger", clock)
        await until(lambda: bool(ring) and backfill.state.open == 0, backfill)
        assert (len(ring), shelf) == (1, [])

    run(scene())


def test_a_hopeless_gap_is_known_at_last_and_stays_so_after_a_restart(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = Clock(1_000_000.0)
        archive, begin = with_gap(clock.now_ns())
        asked: list[Gap] = []
        means = of_list("sarez", "dataselect", asked, lambda _: (Answer("none", words="no data"), b""))
        params = BackfillParams(days=60.0, look_s=600.0)
        backfill = Backfill(params, [means], archive.lane(), tmp_path / "ledger", clock)
        await until(lambda: backfill.state.known == 1, backfill)
        assert len(asked) == len(RETRY_S) + 1
        attempt = load_ledger(tmp_path / "ledger").attempts[Gap(HHZ, begin, begin + 100 * SECOND)]
        assert (attempt.tries, attempt.answer) == (len(asked), "dataselect of sarez: no data")
        later = Backfill(params, [means], archive.lane(), tmp_path / "ledger", clock)
        await until(lambda: later.state.known == 1, later)
        assert len(asked) == len(RETRY_S) + 1

    run(scene())


@pytest.mark.parametrize("kind", ["busy", "failed"])
def test_a_server_in_trouble_is_left_alone_ever_longer_and_costs_no_try(kind: str, tmp_path: Path) -> None:
    async def scene() -> None:
        clock = Clock(20_000.0)
        archive, begin = with_gap(clock.now_ns())
        asked_s: list[float] = []
        tries: list[int] = []

        def trouble(_: Gap) -> tuple[Answer, bytes]:
            asked_s.append(clock.monotonic_s())
            tries.append(len(load_ledger(tmp_path / "ledger").attempts))
            if len(asked_s) < 4:
                return Answer(kind, words="trouble", retry_s=100.0), b""  # type: ignore[arg-type]
            return Answer("data"), b"".join(records(HHZ, begin, 100))

        means = of_list("sarez", "dataselect", [], trouble)
        backfill = Backfill(PARAMS, [means], archive.lane(), tmp_path / "ledger", clock)
        await until(lambda: len(archive.delivered) == 10, backfill)
        waits = [b - a for a, b in itertools.pairwise(asked_s)]
        assert all(wait >= least for wait, least in zip(waits, (100.0, 120.0, 240.0), strict=True))
        assert tries == [0, 0, 0, 0]

    run(scene())


def test_a_window_that_is_too_large_is_asked_for_in_parts(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = fast()
        now_ns = clock.now_ns()
        begin = (now_ns - 7200 * SECOND) // (10 * SECOND) * 10 * SECOND
        archive = Archive({HHZ: [(begin - 10 * SECOND, begin), (begin + 1000 * SECOND, begin + 1010 * SECOND)]})
        held = records(HHZ, begin, 1000)
        params = BackfillParams(pause_s=1.0, request_hours=24.0)

        def answer(target: str) -> Script:
            _, start_ns, end_ns = window(target)
            if end_ns - start_ns > 300 * SECOND:
                return response("413 Request Entity Too Large")
            return dataselect_of(held)(target)

        async with serving(answer) as server:
            means = dataselect_means("sarez", ["*"], server.url, params, clock)
            backfill = Backfill(params, [means], archive.lane(), tmp_path / "ledger", clock)
            await until(lambda: backfill.state.records >= 100, backfill)
            assert sorted(set(archive.payloads)) == sorted(held)
            sizes = [end_ns - start_ns for _, start_ns, end_ns in map(window, server.asked)]
            assert max(sizes) == 1000 * SECOND or len(sizes) > 7  # cut in two where the day changes
            assert min(sizes) >= 100 * SECOND

    run(scene())


def test_old_records_wait_for_room(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = fast()
        archive, begin = with_gap(clock.now_ns())
        gate = asyncio.Event()
        waited: list[int] = []

        async def room() -> None:
            waited.append(len(archive.delivered))
            await gate.wait()

        small = [record for at in range(100) for record in records(HHZ, begin + at * SECOND, 1, 1)]
        asked: list[Gap] = []
        means = of_list("sarez", "ring", asked, lambda _: (Answer("data"), b"".join(small)))
        lane = Lane(archive.spans, archive.deliver, room)
        backfill = Backfill(PARAMS, [means], lane, tmp_path / "ledger", clock)
        await until(lambda: bool(waited), backfill)
        assert (waited, archive.delivered) == ([0], [])
        gate.set()
        await until(lambda: len(archive.delivered) == 100, backfill)
        assert waited[-1] == 64

    run(scene())


def test_a_locked_index_or_a_full_disk_does_not_end_it(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = fast()
        archive, begin = with_gap(clock.now_ns())
        archive.failing = 3
        asked: list[Gap] = []
        means = of_list("sarez", "ring", asked, lambda _: (Answer("data"), b"".join(records(HHZ, begin, 100))))
        ledger = tmp_path / "no such folder" / "ledger"
        backfill = Backfill(PARAMS, [means], archive.lane(), ledger, clock)
        seen: list[str] = []

        def done() -> bool:
            seen.append(backfill.state.last)
            return len(archive.delivered) == 10 and str(ledger) in backfill.state.last

        await until(done, backfill)
        assert "index.sqlite: locked" in seen

    run(scene())


def test_what_no_source_is_asked_for_and_what_is_switched_off_stays_as_it_is(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = fast()
        archive, _ = with_gap(clock.now_ns(), OTHER)
        asked: list[Gap] = []
        means = Means("s", "ring", ("TJ.SAREZ",), of_list("s", "ring", asked, lambda _: (Answer("none"), b"")).ask)
        backfill = Backfill(PARAMS, [means], archive.lane(), tmp_path / "ledger", clock)
        await until(lambda: backfill.state.open == 1, backfill)
        await backfill.round()
        off = Backfill(BackfillParams(days=0.0), [means], archive.lane(), tmp_path / "ledger", clock)
        await asyncio.wait_for(off.run(), 1.0)
        assert asked == []

    run(scene())

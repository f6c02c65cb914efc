"""The SeedLink client: one server, for as long as the process runs.

The rule this file owns: it goes on from what ``resume()`` says is safely stored, at every connection, and remembers no
position of its own. Whatever a server does, the connection to it is given up within half a minute and tried again; and
whatever came in before is handed over first.

``run`` is the life of a source, ``_converse`` one connection. While data flow there are three tasks: reading, a watch
over the time-outs, and a look at what was asked for and does not come.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum

import structlog
from seedlink_client import SeedLinkError

from seismonet.core.errors import AuthError, ProtocolError
from seismonet.core.waveform import FOREIGN, Packet, Resume

from .clock import Clock
from .dialing import Dialer, Ladder, reason_of
from .framing import Frames, Raw
from .link import Link
from .negotiation import Refusal, asks, negotiate
from .progress import Progress
from .source import Limits, SourceParams, SourceState, plain
from .stations import Stations, key_of
from .unmatched import unmatched

MAX_PATIENCE_S = 600.0
PLANNED = "asked again from what is stored"
LOOKS_A_LIMIT = 10
SLOWEST_S = 2.0
"""What a command may take, beyond the time for all of them, on the slowest link."""
_log = structlog.get_logger(__name__)
Deliver = Callable[[Sequence[Packet], int], None]


class Condition(Enum):
    """How a source is."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    REFUSED = "refused"


class SeedLinkClient:
    """A source of packets.

    Parameters
    ----------
    params : the server, and what to ask of it
    deliver : called after each read from the socket with all packets that were complete with it, in their order;
        with the flag FOREIGN and apart from the others for packets of stations that were not asked for
    resume : asked at each connection: what of each station (``NET.STA``) is safely stored
    room : awaited before each read: while it waits, nothing is read, and no time-out counts
    dialer : shared by all clients of a process, so that they take turns
    draw : a number between two, for the waits
    """

    def __init__(
        self,
        params: SourceParams,
        deliver: Deliver,
        *,
        resume: Callable[[], Mapping[str, Resume]],
        room: Callable[[], Awaitable[None]],
        clock: Clock,
        dialer: Dialer | None = None,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.params, self.limits, self.clock = params, limits, clock
        self.dialer = dialer or Dialer(clock)
        self._deliver, self._resume, self._room = deliver, resume, room
        self._ladder = Ladder(limits, draw)
        self._stations = Stations(params.stations, clock.monotonic_s())
        self._condition, self._since_ns, self._next_try_ns = Condition.CONNECTING, clock.now_ns(), 0
        self._server = self._organization = self._protocol = self._error = ""
        self._connections = self._foreign = self._packets = self._bytes = self._received_ns = 0
        self._round_trip_s: float | None = None
        self._refused: tuple[str, ...] = ()
        self._unmatched: tuple[str, ...] = ()
        self._progress = Progress()
        self._planned = 0
        self._together = True
        self._silences = 0
        self._link: Link | None = None
        self._again = asyncio.Event()
        # of the connection: when anything came, when data did first and last, and why we broke it off
        self._heard_s = self._first_s = self._data_s = 0.0
        self._holding = False
        self._verdict = ""

    @property
    def state(self) -> SourceState:
        """As it is now."""
        now_s = self.clock.monotonic_s()
        stations = tuple(flow.state(now_s) for _, flow in sorted(self._stations.flows.items()))
        silent = tuple(one.station for one in stations if one.silent_s > self.params.station_silent_s)
        return SourceState(
            self.params.name, self.params.url, self._condition.value, self._since_ns,
            self._server, self._organization, self._protocol, stations,
            self._packets, self._bytes, self._received_ns, self._connections, self._foreign, self._progress.resets,
            self._round_trip_s, self._error, self._next_try_ns, silent, self._refused, self._unmatched, self._planned,
        )  # fmt: skip

    @property
    def organization(self) -> str:
        """What the server says who runs it; empty before the first connection."""
        return self._organization

    def redial(self) -> None:
        """Connect anew and at once, to be sent again what is not stored; also ends a wait."""
        self._again.set()
        if self._link is not None:
            self._verdict = self._verdict or PLANNED
            self._link.abort()

    async def run(self) -> None:
        """Receive until cancelled."""
        while True:
            self._enter(Condition.CONNECTING)
            wait_s = await self._attempt()
            if wait_s > 0:
                self._next_try_ns = self.clock.now_ns() + round(wait_s * 1e9)
                await self._wait(wait_s)

    async def _wait(self, wait_s: float) -> None:
        self._again.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s / self.clock.rate):
                await self._again.wait()
        self._next_try_ns = 0

    def _enter(self, condition: Condition) -> None:
        if condition is not self._condition:
            self._condition, self._since_ns = condition, self.clock.now_ns()

    async def _attempt(self) -> float:
        """One connection from begin to end; how long to wait after it."""
        try:
            await self._converse()
        except Refusal:
            self._together = False
            return 0.0
        except AuthError as error:
            self._lost(Condition.REFUSED, plain(error))
            return self.limits.refused_s
        except (ProtocolError, SeedLinkError, OSError, UnicodeError) as error:
            words = self._verdict or plain(reason_of(error))
            again = self._again.is_set() or self._progress.again
            self._progress.again = False
            self._lost(Condition.WAITING, words)
            return 0.0 if again else self._ladder.wait_s()
        raise AssertionError("a connection ends with an error")

    def _lost(self, condition: Condition, words: str) -> None:
        self._again.clear()
        planned = words == PLANNED
        self._planned += planned
        if not planned:
            self._error = words
            self._enter(condition)
        if self._data_s - self._first_s >= self.limits.steady_s and self._first_s:
            self._ladder.reset()
        self._first_s = self._data_s = 0.0
        if planned:
            _log.info("source asked again", source=self.params.name, why="from what is stored")
        else:
            _log.warning("source lost", source=self.params.name, why=words, failures=self._ladder.failures)

    async def _converse(self) -> None:
        self._verdict = ""
        link = Link(self.params, self.limits, self.clock, self.dialer)
        try:
            async with self.dialer.turn(*self.params.address):
                await link.open()
            self._link = link
            await self._agree(link)
            self._connected(link)
            async with asyncio.TaskGroup() as group:
                frames = Frames(link.version, self.limits)
                helpers = [group.create_task(self._watch(link, frames)), group.create_task(self._look())]
                ending = await self._read(link, frames)
                for helper in helpers:
                    helper.cancel()
            raise ending
        finally:
            self._link = None
            await link.close()

    async def _agree(self, link: Link) -> None:
        asked = asks(self.params.stations, self._resume(), self._progress.by_time, link.version)
        # servers of version 3 are often simple ones, which take one command at a time
        together = self._together and link.version == 4
        count = len(asked) * (2 + len(self.params.selectors))
        limit_s = self.limits.agree_s + count * min(SLOWEST_S, 3 * (link.round_trip_s or 0.0))
        try:
            async with asyncio.timeout(limit_s / self.clock.rate):
                agreed = await negotiate(link, asked, self.params.selectors, together)
        except TimeoutError:
            raise ProtocolError("no agreement on the stations in time") from None
        except (ProtocolError, SeedLinkError):
            self._together = self._together and not together
            raise
        self._refused = tuple(agreed.refused)
        self._progress.begin(link.version, asked, agreed.by_time)
        if self._progress.again:
            raise ProtocolError("the server does not take our sequence numbers: asked again by time")

    def _connected(self, link: Link) -> None:
        self._connections += 1
        self._server, self._organization = plain(link.server_id or ""), plain(link.organization or "")
        self._protocol, self._round_trip_s = str(link.version), link.round_trip_s
        self._heard_s = self.clock.monotonic_s()
        self._stations.begin(self._heard_s)
        self._enter(Condition.CONNECTED)
        _log.info("source connected", source=self.params.name, server=self._server, protocol=self._protocol)

    # while data flow

    async def _read(self, link: Link, frames: Frames) -> Exception:
        """Hand over what comes, until it ends; why it ended."""
        data = bytes(link.rest)
        try:
            while True:
                if data:
                    self._take(frames.feed(data))
                    if frames.fault is not None:
                        return frames.fault
                    if self._progress.again:
                        return ProtocolError("the numbers of its packets are not those of before: asked again by time")
                self._holding = True
                await self._room()
                self._holding = False
                data = await link.read()
        except (SeedLinkError, OSError) as error:
            return error

    def _take(self, raws: list[Raw]) -> None:
        """Everything of one read."""
        now_s, now_ns = self.clock.monotonic_s(), self.clock.now_ns()
        self._heard_s = now_s
        if not raws:
            return
        own: list[Packet] = []
        foreign: list[Packet] = []
        names, meet, progress = self._stations.names, self._stations.meet, self._progress
        size = 0
        for station_id, sequence, payload in raws:
            key = key_of(station_id, payload)
            name = names.get(key) or meet(key, payload)
            packet = Packet(name.station, sequence if sequence < 1 << 63 else -1, payload)
            flow = name.flow
            size += len(payload)
            if flow is None:
                foreign.append(packet)
                continue
            own.append(packet)
            if sequence < flow.last or (progress.unsure and name.station in progress.unsure):
                progress.look(packet, flow.last)
            flow.packets += 1
            flow.received_bytes += len(payload)
            flow.last = flow.sequence = packet.sequence
            flow.received_ns, flow.received_s = now_ns, now_s
        self._packets, self._bytes, self._received_ns = self._packets + len(raws), self._bytes + size, now_ns
        if own:
            self._first_s, self._data_s = self._first_s or now_s, now_s
            self._silences = 0
            self._deliver(own, 0)
        if foreign:
            self._foreign += len(foreign)
            self._deliver(foreign, FOREIGN)

    async def _watch(self, link: Link, frames: Frames) -> None:
        """Time-outs and keepalives, from outside of the reading."""
        params, limits = self.params, self.limits
        every_s = min(params.keepalive_s, params.dead_s, limits.packet_s, params.station_silent_s) / LOOKS_A_LIMIT
        now_s = begin_s = asked_s = packet_s = self.clock.monotonic_s()
        packets, answers = -1, 0
        while True:
            due_s = now_s + 2 * every_s
            await self.clock.sleep(every_s)
            now_s = self.clock.monotonic_s()
            if now_s > due_s:
                continue  # this process was held up: what came meanwhile has not been read yet
            if self._holding:
                self._heard_s = packet_s = now_s
                continue
            if frames.answers > answers:
                self._round_trip_s, answers = self._heard_s - asked_s, frames.answers
            if not frames.waiting or frames.packets != packets:
                packets, packet_s = frames.packets, now_s
            patience_s = min(params.station_silent_s * 2**self._silences, max(MAX_PATIENCE_S, params.station_silent_s))
            mark = self._data_s or begin_s
            if self._progress.windowed and self._data_s and now_s - begin_s > limits.settle_s:
                self.redial()
            if now_s - self._heard_s > params.dead_s - every_s:  # the next look would come too late
                self._break(link, f"nothing heard for {params.dead_s:g} s, not even when asked")
            elif now_s - packet_s > limits.packet_s - every_s:
                self._break(link, f"a packet that is not complete after {limits.packet_s:g} s")
            elif now_s - mark > patience_s:
                self._silences += 1
                self._break(link, f"no data from any station for {patience_s:.0f} s")
            elif now_s - self._heard_s > params.keepalive_s and now_s - asked_s > params.keepalive_s:
                asked_s, answers = now_s, frames.answers
                frames.expect_info()
                link.ask("INFO ID")

    def _break(self, link: Link, why: str) -> None:
        self._verdict = self._verdict or why
        link.abort()

    async def _look(self) -> None:
        """Say what was asked for and is not offered: a wrong code is silence without an error otherwise."""
        await self.clock.sleep(self.limits.look_s)
        while True:
            found = await unmatched(self.params, self._stations, self.limits, self.clock, self.dialer)
            if found is not None:
                if found and found != self._unmatched:
                    _log.warning("asked for and not offered", source=self.params.name, what=", ".join(found[:10]))
                self._unmatched = found
            await self.clock.sleep(self.limits.look_again_s)

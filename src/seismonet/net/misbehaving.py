"""A SeedLink server that misbehaves, in one of twelve ways: for tests, drills and simulations, never for service.

It begins well: it greets, agrees and sends some packets of its ring as any server would. Then it does what its name
says, on every connection.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Literal, get_args

from seismonet.core.errors import ProtocolError

from .clock import Clock
from .commands import Lines
from .framing import HEAD4
from .handshake import Action, Handshake, Identity
from .infodocuments import Subject, info3, info4, packet4, packets3
from .reading import Reader
from .ring import Ring

Behaviour = Literal[
    "silent",
    "endless_line",
    "wrong_signature",
    "huge_length",
    "slow_loris",
    "info_flood",
    "entity_bomb",
    "cut_info",
    "half_open",
    "hang_up",
    "foreign",
    "ring_reset",
]
BEHAVIOURS: tuple[Behaviour, ...] = get_args(Behaviour)
MEANING: dict[Behaviour, str] = {
    "silent": "accepts the connection and says nothing",
    "endless_line": "answers the greeting with a line that does not end",
    "wrong_signature": "sends bytes that are no packet",
    "huge_length": "sends a packet that claims to have 4 GiB",
    "slow_loris": "sends a packet byte by byte, one a second",
    "info_flood": "answers INFO, and does not stop",
    "entity_bomb": "answers INFO with entities that grow (XML), or brackets in brackets (JSON)",
    "cut_info": "closes the connection in the middle of its answer to INFO",
    "half_open": "sends nothing more, answers nothing and does not close",
    "hang_up": "closes the connection after a few packets",
    "foreign": "sends each packet twice, once as of a station that nobody asked for",
    "ring_reset": "begins its sequence numbers anew at every connection",
}
IN_DOCUMENTS = ("info_flood", "entity_bomb", "cut_info")
STRANGER = b"SPOOF"
BOMB3 = b'<?xml version="1.0"?><!DOCTYPE seedlink [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%b">' % (name, b"&%c;" % (name - 1) * 10) for name in range(ord("b"), ord("k"))
) + b"]><seedlink>&j;</seedlink>"  # fmt: skip
BOMB4 = b'{"station":' + b"[" * 60_000
FLOOD_BYTES = 32_768
IDENTITY = Identity("seismonet/misbehaving", "SIMULATED")


class MisbehavingServer:
    """Serves a ring, badly.

    ``sound`` is how many packets of a connection are as they should be, ``trickle_s`` the time between two bytes where
    they come one by one. ``connections`` counts those accepted, ``ended`` those that are over, whoever ended them.
    """

    def __init__(
        self,
        behaviour: Behaviour,
        ring: Ring,
        clock: Clock,
        address: tuple[str, int] = ("127.0.0.1", 0),
        *,
        sound: int = 3,
        trickle_s: float = 1.0,
    ) -> None:
        self.behaviour, self.ring, self.clock = behaviour, ring, clock
        self.sound, self.trickle_s = sound, trickle_s
        self.connections = self.ended = 0
        self.misbehaves_since_s: float | None = None
        """Monotonic time of the first offence."""
        self.address = address
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, *self.address)
        self.address = self._server.sockets[0].getsockname()[:2]

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            with contextlib.suppress(OSError, ProtocolError, _Over):
                await _Talk(self, reader, writer).run()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self.ended += 1
            self._tasks.discard(task)
            writer.close()


class _Over(Exception):
    """The conversation is over."""


class _Talk:
    """One client."""

    def __init__(self, server: MisbehavingServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.behaviour = server, server.behaviour
        self.reader, self.writer = reader, writer
        self.handshake = Handshake(IDENTITY)
        self.sent = 0
        self._new = asyncio.Event()
        self._gone = False

    async def run(self) -> None:
        """From greeting to end."""
        if self.behaviour in ("silent", "endless_line"):
            self._note()
        if self.behaviour == "silent":
            await self._wait_for_end()
        if self.behaviour == "endless_line":
            await self._flood(b"A" * FLOOD_BYTES)
        lines = Lines()
        while not await self._obey(lines):
            await self._more(lines)
        wake: Callable[[], None] = self._new.set
        self.server.ring.listeners.append(wake)
        hearing = asyncio.ensure_future(self._hear(lines))
        try:
            await self._stream()
        finally:
            self.server.ring.listeners.remove(wake)
            hearing.cancel()

    def _note(self) -> None:
        if self.server.misbehaves_since_s is None:
            self.server.misbehaves_since_s = self.server.clock.monotonic_s()

    async def _more(self, lines: Lines) -> None:
        data = await self.reader.read(4096)
        if not data:
            raise _Over
        lines.feed(data)

    async def _obey(self, lines: Lines) -> bool:
        """Answer the commands that have come; has the client said END?"""
        while (line := lines.next()) is not None:
            answer = self.handshake.answer(line)
            await self._send(answer.reply)
            if answer.action is Action.INFO:
                await self._inform(answer.arguments)
            elif answer.action is Action.CLOSE:
                raise _Over
            elif answer.action is Action.STREAM:
                return True
        return False

    async def _hear(self, lines: Lines) -> None:
        """While data flow the client may ask, and may go."""
        with contextlib.suppress(OSError, ProtocolError, _Over):
            if self.behaviour in ("half_open", "slow_loris"):
                await self._wait_for_end()
            while True:
                await self._obey(lines)
                await self._more(lines)
        self.writer.transport.abort()
        self._gone = True
        self._new.set()

    async def _send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def _flood(self, data: bytes) -> None:
        while True:
            await self._send(data)

    async def _wait_for_end(self) -> None:
        while await self.reader.read(4096):
            pass
        raise _Over

    async def _inform(self, arguments: tuple[str, ...]) -> None:
        """An answer to INFO, sound or not."""
        three = self.handshake.version == 3
        if self.behaviour in IN_DOCUMENTS:
            self._note()
        if self.behaviour == "info_flood":
            if not three:
                await self._send(HEAD4.pack(b"SE", b"JI", 2**30, 0, 0))
            piece = packets3("x" * 456 * 2, self.server.clock.now_ns())[:520]
            await self._flood(piece * 32)
        if self.behaviour == "entity_bomb":
            document = BOMB3.decode("ascii")
            await self._send(packets3(document, self.server.clock.now_ns()) if three else packet4("I", BOMB4))
            return
        subject = Subject(IDENTITY, self.server.clock.now_ns(), self.server.ring, {}, ())
        if three:
            whole = packets3(info3(subject, (*arguments, "ID")[0].upper())[1], self.server.clock.now_ns())
        else:
            whole = packet4(*info4(subject, (*arguments, "ID")[0].upper(), arguments[1:]))
        if self.behaviour == "cut_info":
            await self._send(whole[: len(whole) // 2])
            raise _Over
        await self._send(whole)

    async def _stream(self) -> None:
        """Packets, as they should be and then not."""
        async for packet in self._packets():
            if self.sent >= self.server.sound:
                await self._misbehave(packet)
            await self._send(self._renumbered(packet) if self.behaviour == "ring_reset" else packet)
            self.sent += 1

    async def _packets(self) -> AsyncIterator[bytes]:
        handshake, ring = self.handshake, self.server.ring
        reader = Reader(ring, handshake.wishes, handshake.version)
        forgotten = self.behaviour == "ring_reset" and self.server.connections > 1
        if forgotten and not any(wish.begin_ns for wish in handshake.wishes):
            reader.position = ring.end
        while not self._gone:
            self._new.clear()
            pieces = reader.read(64)
            step = 2 if handshake.version == 3 else 1
            for first in range(0, len(pieces), step):
                yield b"".join(pieces[first : first + step])
            if not pieces and not reader.behind:
                await self._new.wait()

    def _renumbered(self, packet: bytes) -> bytes:
        number = self.sent + 1
        if self.handshake.version == 3:
            return b"SL%06X" % number + packet[8:]
        return packet[:8] + number.to_bytes(8, "little") + packet[16:]

    async def _misbehave(self, packet: bytes) -> None:
        """What comes after the sound packets; it returns where the packet itself is sent after all."""
        three = self.handshake.version == 3
        if self.behaviour not in IN_DOCUMENTS:
            self._note()
        if self.behaviour == "wrong_signature":
            await self._send(b"\xff\xfe\xfd\xfc" * 200)
        elif self.behaviour == "huge_length":
            record = b"MS\x03" + bytes(30) + b"\x18\x00\x00" + b"\xff" * 4
            head = b"SL000001" + record if three else HEAD4.pack(b"SE", b"2D", 2**32 - 1, 1, 8) + b"TJ_SAREZ"
            await self._flood(head + bytes(FLOOD_BYTES))
        elif self.behaviour == "slow_loris":
            for byte in packet:
                await self._send(bytes([byte]))
                await self.server.clock.sleep(self.server.trickle_s)
        elif self.behaviour == "foreign":
            await self._send(self._foreign(packet))
        elif self.behaviour == "hang_up":
            raise _Over
        if self.behaviour not in ("foreign", "ring_reset"):
            await self.writer.wait_closed()
            raise _Over

    def _foreign(self, packet: bytes) -> bytes:
        """The same packet, of a station of another name."""
        at = 8 if self.handshake.version == 3 else 17 + packet[16]
        record = packet[at:]
        return packet[:at] + record[:8] + STRANGER + record[13:]

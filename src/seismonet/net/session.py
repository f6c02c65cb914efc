"""One client of the SeedLink server, from its connection to its end.

The rule this file owns: a client costs bounded memory and bounded time, whatever it does. What it sends is looked at
only while it takes what it is sent; what waits to be sent is one buffer's fill, and all else stays in the ring.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from seismonet.core.errors import ProtocolError

from .commands import Lines
from .handshake import Action, Answer, Handshake
from .infodocuments import Connection
from .reading import Reader

if TYPE_CHECKING:
    from .server import SeedLinkServer

CHUNK = 256
"""Records looked at in one go: some 2 ms at most, then others have their turn."""
ALLOWANCE, DOCUMENT_COST = 2000, 200
"""Commands that a client may give in a second, and what an INFO that looks through the ring counts."""
LEAVE_S = 10.0
"""Time to close a connection after END was sent."""


class Session(asyncio.Protocol):
    """A client.

    ``reader`` is there from the moment that data flow; ``reason`` says why the connection ended, once it has.
    """

    def __init__(self, server: "SeedLinkServer") -> None:
        self.handshake = Handshake(server.identity)
        self.reader: Reader | None = None
        self.peer: tuple[str, int] = ("", 0)
        self.began_ns, self.since_s = server.now_ns(), server.monotonic_s()
        self.sent_bytes = 0
        self.reason = ""
        self._server = server
        self._lines = Lines()
        self._transport: asyncio.Transport | None = None
        self._full = self._over = self._scheduled = False
        self._allowance = ALLOWANCE
        self._taken, self._moved_s = 0, self.since_s

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection, TLS and all."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.peer = tuple((transport.get_extra_info("peername") or ("", 0))[:2])
        transport.set_write_buffer_limits(self._server.buffer_bytes, self._server.buffer_bytes // 4)
        self.since_s = self._moved_s = self._server.monotonic_s()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is closed, by either side or by the kernel."""
        self.reason = self.reason or ("stalled" if isinstance(error, TimeoutError) else "closed by the client")
        self._transport = None
        self._server.gone(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        self._lines.feed(data)
        self._obey()

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        self._full = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It has taken most of it."""
        self._full = False
        self._go_on()

    # what the server calls

    @property
    def connection(self) -> Connection:
        """What to tell of this client."""
        sent, behind = (self.reader.sent, self.reader.behind) if self.reader else (0, 0)
        agent, version, streaming = self.handshake.agent, self.handshake.version, self.reader is not None
        return Connection(*self.peer, self.began_ns, agent, version, sent, self.sent_bytes, behind, streaming)

    def look(self, handshake_s: float, stalled_s: float) -> None:
        """Once a second: is it in time, is its work done?"""
        if self._transport is None:
            return
        now_s = self._server.monotonic_s()
        waiting = self._transport.get_write_buffer_size()
        taken, quiet_s = self.sent_bytes - waiting, now_s - self.since_s
        if waiting == 0 or taken != self._taken:
            self._taken, self._moved_s = taken, now_s
        if now_s - self._moved_s > stalled_s:
            self.close("stalled")
        elif self.reader is None and quiet_s > handshake_s:
            self.close("silent")
        elif self._over and waiting == 0 and quiet_s > LEAVE_S:
            self.close("done")
        else:
            self._allowance = ALLOWANCE
            if not self._full:
                self._go_on()

    def pump(self) -> None:
        """Send what is new in the ring, as much as the client takes now."""
        self._scheduled = False
        reader, transport = self.reader, self._transport
        if reader is None or transport is None or self._full or self._over:
            return
        pieces = reader.read(CHUNK)
        if pieces:
            self._send(b"".join(pieces))
        if reader.is_over(self._server.now_ns()):
            self._over, self.since_s = True, self._server.monotonic_s()
            self._send(b"END")
        elif reader.behind and not self._full:
            self._soon(self.pump)

    def close(self, reason: str) -> None:
        """End the connection now; what waits to be sent is thrown away."""
        self.reason = self.reason or reason
        if self._transport is not None:
            self._transport.abort()

    # inside

    def _go_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        self._obey()
        self.pump()

    def _soon(self, call: Callable[[], None]) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(call)

    def _send(self, data: bytes) -> None:
        if self._transport is not None and data:
            self._transport.write(data)
            self.sent_bytes += len(data)

    def _obey(self) -> None:
        """Commands, one after the other, while the client takes the answers and has not asked too much."""
        while self._transport is not None and not self._transport.is_closing() and not self._full:
            if self._allowance <= 0:
                self._transport.pause_reading()
                return
            try:
                line = self._lines.next()
            except ProtocolError as error:
                self.close(str(error))
                return
            if line is None:
                return
            self._allowance -= 1
            self._do(line)

    def _do(self, line: str) -> None:
        answer = self._while_streaming(line) if self.reader else self.handshake.answer(line)
        if self.reader is None:
            self.since_s = self._server.monotonic_s()
        self._send(answer.reply)
        if answer.action is Action.INFO:
            self._allowance -= DOCUMENT_COST if answer.arguments[:1] != ("ID",) else 0
            self._send(self._server.info(self, answer.arguments))
        elif answer.action is Action.CAT:
            self._allowance -= DOCUMENT_COST
            self._send(self._server.stations_text(self))
        elif answer.action is Action.STREAM:
            handshake = self.handshake
            self.reader = Reader(self._server.ring, handshake.wishes, handshake.version, handshake.dialup)
            self._soon(self.pump)
        elif answer.action is Action.CLOSE and self._transport is not None:
            self.reason = "BYE" if not answer.reply else "authentication failed"
            self._transport.close()

    def _while_streaming(self, line: str) -> Answer:
        """INFO and BYE; everything else is not heard any more (SeedLink 4, Overall operation)."""
        verb = line.split()[0].upper()
        if verb == "BYE" or (verb == "INFO" and not self._over):
            return self.handshake.answer(line)
        return Answer()

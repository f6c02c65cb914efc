"""One connection to a SeedLink server, from the socket to the moment data flow: seedlink-client, held to limits.

The library opens the conversation (HELLO, choice of version, SLPROTO, USERAGENT, AUTH, CAPABILITIES), writes the
commands for the stations in either version, and reads the replies. It has one deadline for a whole conversation, takes
lines of 8 KiB and answers of any length, closes politely however long that takes, logs commands with the passwords in
them, and lets nobody choose who may vouch for a server. So its five methods that touch the socket are replaced here.
That is not its public face: ``PRIVATE`` names all that we lean on, and a test looks whether it is there.
"""

import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from seedlink_client import AsyncSeedLink, Protocol, SeedLinkAuthError, SeedLinkError
from seedlink_client._commands import Command
from seedlink_client.protocol import parse_reply

from seismonet.core.errors import AuthError, ProtocolError

from .clock import Clock
from .dialing import Dialer, reason_of, tls_context
from .source import Limits, SourceParams, plain

PRIVATE = ("_connect_socket", "_read_line", "_send_command", "_do_hello", "_reader", "_writer", "_streaming")
VERSIONS = {"auto": None, "3": Protocol.V3, "4": Protocol.V4}
READ_BYTES = 256 * 1024
_DENIALS = ("AUTH", "UNAUTHORIZED")


class Link(AsyncSeedLink):
    """A connection. ``rest`` are bytes that came after the last line that was read."""

    def __init__(self, params: SourceParams, limits: Limits, clock: Clock, dialer: Dialer) -> None:
        self.params, self.limits, self.clock, self.dialer = params, limits, clock, dialer
        self.rest = bytearray()
        self.majors: tuple[str, ...] = ()
        self.round_trip_s: float | None = None
        self._secrets: tuple[str, ...] = ()
        host, port = params.address
        super().__init__(
            host,
            port,
            tls=params.tls,
            protocol=VERSIONS[params.protocol],
            clientname="seismonet",
            clientversion=version("seismonet"),
        )

    @property
    def version(self) -> int:
        """3 or 4, once agreed."""
        return 4 if self.protocol is Protocol.V4 else 3

    async def open(self) -> None:
        """Connect and agree on version and name; ProtocolError, AuthError or OSError when that fails."""
        given = self.params.credentials()
        self._auth = given
        self._secrets = (given,) if isinstance(given, str) else given[1:] if given else ()
        try:
            async with asyncio.timeout((self.limits.connect_s + self.limits.agree_s) / self.clock.rate):
                await self.connect()
        except SeedLinkAuthError as error:
            raise AuthError(f"the server does not accept {self._who}: {self.words(error)}") from None
        except SeedLinkError as error:
            cause = error.__cause__
            if isinstance(cause, OSError):
                raise cause from None
            raise ProtocolError(self.words(error)) from None
        except TimeoutError:
            raise ProtocolError("no agreement in time") from None
        finally:
            self._auth = None
        if given and self.version == 3:
            await self.close()
            raise AuthError(f"the server speaks SeedLink 3 only, which cannot be told {self._who}; ask without it")

    @property
    def _who(self) -> str:
        return "our token" if self.params.token_file else f"user {self.params.user} and password"

    def words(self, text: object) -> str:
        """What was said, without our secrets in it."""
        said = str(text)
        for secret in self._secrets:
            said = said.replace(secret, "***")
        return plain(said)

    # in place of the library's

    async def _connect_socket(self) -> None:
        host, port = self.params.address
        try:
            tls = tls_context(self.params.ca_file) if self.params.tls else None
        except OSError as error:
            raise SeedLinkError(f"{self.params.ca_file}: cannot be used: {reason_of(error)}") from None
        try:
            self._reader, self._writer = await self.dialer.connect(host, port, tls, self.limits.connect_s)
        except OSError as error:
            raise SeedLinkError(str(error)) from error
        self.rest.clear()

    async def _do_hello(self, promote_protocol: bool = True) -> None:
        self.protocol = None
        begin_s = self.clock.monotonic_s()
        await super()._do_hello(promote_protocol)
        self.round_trip_s = self.clock.monotonic_s() - begin_s
        self.majors = tuple(sorted(self._server_protocol_majors)) or ("3",)

    async def _send_command(self, cmd: Command) -> Any:
        await self.send([cmd])
        return cmd.parse(await self._read_line()) if cmd.parse else None

    async def _read_line(self) -> str:
        most = self.limits.reply3_bytes if self.protocol is Protocol.V3 else self.limits.line_bytes
        try:
            async with asyncio.timeout(self.limits.line_s / self.clock.rate):
                while (place := self.rest.find(b"\r\n", 0, most + 2)) < 0:
                    if len(self.rest) > most:
                        raise SeedLinkError(f"a line of more than {most} bytes")
                    await self._fill()
        except TimeoutError:
            raise SeedLinkError(f"no answer within {self.limits.line_s:g} s") from None
        line = self.rest[:place].decode("ascii", "replace")
        del self.rest[: place + 2]
        return line

    async def close(self) -> None:
        """Let the connection go at once."""
        self.abort()
        await super().close()

    # ours

    async def _fill(self) -> None:
        self.rest += await self.read(4096)

    async def read(self, most: int = READ_BYTES) -> bytes:
        """What has come; ProtocolError at the end, OSError when the connection breaks."""
        reader = self._reader
        data = await reader.read(most) if reader is not None else b""
        if not data:
            raise SeedLinkError("the server closed the connection")
        return data

    async def send(self, commands: Sequence[Command]) -> None:
        """Say some commands in one go."""
        if self._writer is None:
            raise SeedLinkError("the connection is closed")
        self._writer.write(b"".join(one.text.encode("ascii") + one.terminator for one in commands))
        await self._writer.drain()

    async def reply(self) -> tuple[bool, str]:
        """The answer to a command: was it done, and if not what was said. AuthError when we may not."""
        line = await self._read_line()
        answer = parse_reply(line)
        words = self.words(" ".join(part for part in (answer.code, answer.message) if part))
        if answer.code in _DENIALS:
            raise AuthError(f"the server does not let us: {words}")
        if answer.status not in ("OK", "ERROR"):
            raise ProtocolError(f"an answer that is none: {self.words(line)}")
        return bool(answer), words

    def ask(self, line: str) -> None:
        """Say a line and wait for nothing; not at all when the server does not take what was said before."""
        if self._writer is not None and self._writer.transport.get_write_buffer_size() < 4096:
            self._writer.write(line.encode("ascii") + b"\r\n")

    def abort(self) -> None:
        """Break the connection off; whoever reads from it notices."""
        if self._writer is not None:
            self._writer.transport.abort()

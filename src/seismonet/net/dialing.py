"""Reaching servers: names, sockets, whose turn it is, and how long to wait after a failure.

The rule this file owns: however many servers are gone at once and however fast they come back, no server is dialled
twice at a time and all together no more than five times a second.
"""

import asyncio
import contextlib
import os
import random
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_address

from .clock import Clock
from .source import Limits

SPACING_S = 0.2
LOOKUP_S = 5.0
REMEMBERED_S = 3600.0
READ_BUFFER_BYTES = 128 * 1024
"""asyncio stops reading when twice this waits for us."""
USER_TIMEOUT_MS = 20_000
TUNING = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS),
)
Lookup = Callable[[str, int], Awaitable[list[str]]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def system_lookup(host: str, port: int) -> list[str]:
    """Addresses of a name, as the system knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Dialer:
    """Shared by all sources of a process. ``lookup`` gives the addresses of a name; OSError when there are none."""

    def __init__(self, clock: Clock, lookup: Lookup = system_lookup) -> None:
        self._clock, self._lookup = clock, lookup
        self._turns: dict[tuple[str, int], asyncio.Lock] = {}
        self._next_s = 0.0
        self._good: dict[str, tuple[str, float]] = {}
        self._asking: dict[str, asyncio.Future[list[str]]] = {}

    @contextlib.asynccontextmanager
    async def turn(self, host: str, port: int) -> AsyncIterator[None]:
        """Wait until this server may be dialled; it is ours until we leave."""
        async with self._turns.setdefault((host, port), asyncio.Lock()):
            now_s = self._clock.monotonic_s()
            wait_s = self._next_s - now_s
            self._next_s = max(now_s, self._next_s) + SPACING_S
            if wait_s > 0:
                await self._clock.sleep(wait_s)
            yield

    async def connect(self, host: str, port: int, tls: ssl.SSLContext | None, limit_s: float) -> Streams:
        """Open a connection, to the first of the name's addresses that answers; OSError when none does."""
        error: OSError = OSError(f"the name {host} has no address")
        for address in await self.addresses(host, port):
            try:
                async with asyncio.timeout(limit_s / self._clock.rate):
                    streams = await asyncio.open_connection(
                        address, port, ssl=tls, server_hostname=host if tls else None, limit=READ_BUFFER_BYTES
                    )
            except TimeoutError:
                error = OSError(f"no answer within {limit_s:g} s")
                continue
            except OSError as failed:
                error = failed
                continue
            self._good[host] = address, self._clock.monotonic_s()
            found = streams[1].get_extra_info("socket")
            for option in TUNING:
                found.setsockopt(*option)
            return streams
        raise error

    async def addresses(self, host: str, port: int) -> list[str]:
        """Addresses of a name; the last one that answered, for an hour, when it cannot be looked up."""
        with contextlib.suppress(ValueError):
            return [str(ip_address(host))]
        if host not in self._asking:
            asking = asyncio.ensure_future(self._lookup(host, port))
            self._asking[host] = asking
            asking.add_done_callback(lambda done: self._answered(host, done))
        try:
            async with asyncio.timeout(LOOKUP_S / self._clock.rate):
                # shielded: a lookup in the system's hands cannot be ended, so a second one would only come on top
                return await asyncio.shield(self._asking[host])
        except (OSError, UnicodeError) as error:
            address, when_s = self._good.get(host, ("", 0.0))
            if address and self._clock.monotonic_s() - when_s <= REMEMBERED_S:
                return [address]
            reason = getattr(error, "strerror", None) or "no answer"
            raise OSError(f"the name {host} cannot be looked up: {reason}") from None

    def _answered(self, host: str, done: "asyncio.Future[list[str]]") -> None:
        self._asking.pop(host, None)
        if not done.cancelled():
            done.exception()  # looked at here, in case nobody waits for it any more


class Ladder:
    """How long to wait: nothing after the first failure, then at most 1, 2, 4 … 60 s, drawn from zero to that.

    ``draw(a, b)`` gives a number between two.

    >>> ladder = Ladder(Limits(), lambda low, high: high)
    >>> [ladder.wait_s() for _ in range(8)]
    [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]
    """

    def __init__(self, limits: Limits, draw: Callable[[float, float], float] = random.uniform) -> None:
        self._limits, self._draw = limits, draw
        self.failures = 0

    def wait_s(self) -> float:
        """The wait after one more failure."""
        self.failures += 1
        if self.failures == 1:
            return 0.0
        doublings = min(self.failures - 2, 30)
        return self._draw(0.0, min(self._limits.last_retry_s, self._limits.first_retry_s * 2**doublings))

    def reset(self) -> None:
        """All is well."""
        self.failures = 0


def tls_context(ca_file: str) -> ssl.SSLContext:
    """For connections to servers whose certificate must be good; OSError when ``ca_file`` cannot be used."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def reason_of(error: BaseException) -> str:
    """In words for a person, without numbers of the system.

    >>> reason_of(ConnectionResetError(104, "Connection reset by peer"))
    'connection reset by peer'
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or str(error)).replace('_', ' ').lower()}"
    if isinstance(error, TimeoutError) and not error.args:
        return "no answer in time"
    if isinstance(error, OSError) and error.errno:
        # asyncio's own words hide the system's, and name an address that is told anyway
        return os.strerror(error.errno).lower() if error.errno > 0 else str(error.strerror).lower()
    return str(error) or type(error).__name__

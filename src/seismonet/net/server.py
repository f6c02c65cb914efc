"""SeedLink server, versions 3 and 4: what is in the ring, for any number of clients up to a limit.

The rule this file owns: clients are woken together, at most a hundred times a second, when the ring has something new;
nobody polls. Whoever is not in time is put out and counted.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from ipaddress import ip_address
from types import MappingProxyType

import structlog
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from .clock import Clock
from .handshake import Identity
from .infodocuments import Connection, Subject, error4, info3, info4, packet4, packets3
from .listening import credentials, listen, spelled, tls_context, tune
from .ring import Ring
from .session import Session

GATHER_S = 0.01
"""Clients are woken this often at most: 50 clients on 1,500 packets a second would else cost a core."""
TLS_HANDSHAKE_S = 10.0
SWEEP_S = 1.0
MAX_DOCUMENTS = 64
ORGANIZATION_LETTERS = 90
EMPTY = Ring(0)
"""What those see who have not said who they are, where that is asked for."""
_log = structlog.get_logger(__name__)


@parameters(frozen=True)
class ServerParams:
    """The SeedLink server."""

    host: str = Field(default="127.0.0.1", description="address to listen on; 0.0.0.0 or :: for all of them")
    port: int = Field(default=18000, ge=0, le=65535, description="TCP port; 0 takes any that is free")
    organization: str = Field(
        default="seismonet",
        max_length=ORGANIZATION_LETTERS,
        pattern=r"^[ -~]+$",
        description="second line of the answer to HELLO",
    )
    ring_mb: float = Field(default=64.0, gt=0, le=65536, description="memory for the records that are served, MiB")
    clients: int = Field(default=100, ge=1, le=10_000, description="connections at a time; more are refused")
    buffer_kb: int = Field(default=256, ge=64, le=16_384, description="what may wait to be sent to a client, KiB")
    handshake_s: float = Field(default=30.0, gt=0, description="a client that says nothing for so long is put out")
    stalled_s: float = Field(default=30.0, gt=0, description="a client that takes nothing for so long is put out")
    cert_file: str = Field(default="", description="certificate chain (PEM); with it the server speaks TLS only")
    key_file: str = Field(default="", description="private key of the certificate (PEM)")
    credentials_file: str = Field(
        default="",
        description="who may see data: lines 'USERPASS user password' or 'JWT token'; for its owner's eyes only (0600)",
    )


@dataclass(frozen=True, slots=True)
class ServerState:
    """What to know of a server; ``ended`` counts connections by the reason why they ended, ``lost`` records that the
    ring dropped before a client came to them, ``unsuited`` those that SeedLink 3 could not carry."""

    address: tuple[str, int]
    clients: tuple[Connection, ...]
    accepted: int
    refused: int
    ended: Mapping[str, int]
    sent: int
    sent_bytes: int
    lost: int
    unsuited: int
    ring_bytes: int
    ring_records: int


class SeedLinkServer:
    """Serves a ring.

    ``descriptions`` are names of stations (``NET.STA``) for people. ``start`` raises ConfigError when the address, the
    certificate or the credentials cannot be used.
    """

    def __init__(
        self, params: ServerParams, ring: Ring, clock: Clock, descriptions: Mapping[str, str] | None = None
    ) -> None:
        self.params, self.ring, self.clock = params, ring, clock
        self.descriptions = dict(descriptions or {})
        self.identity = Identity(_software(), params.organization)
        self.buffer_bytes = params.buffer_kb * 1024
        self.started_ns = clock.now_ns()
        self._socket: socket.socket | None = None
        self._address = (params.host, params.port)
        self._tls: ssl.SSLContext | None = None
        self._sessions: set[Session] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepted = self._refused = 0
        self._ended: Counter[str] = Counter()
        self._past: Counter[str] = Counter()
        self._documents: dict[tuple[object, ...], bytes] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._woken_s = 0.0

    def mark(self, word: str) -> None:
        """From now on the second line of the answer to HELLO begins with a word."""
        said = self.params.organization
        if not said.startswith(word):
            self.params = replace(self.params, organization=f"{word} {said}"[:ORGANIZATION_LETTERS])
            self.identity = replace(self.identity, organization=self.params.organization)

    async def start(self) -> None:
        """Listen."""
        self.identity = Identity(_software(), self.params.organization, credentials(self.params.credentials_file))
        self._tls = tls_context(self.params.cert_file, self.params.key_file)
        self._socket = await listen(self.params.host, self.params.port)
        self._address = self._socket.getsockname()[:2]
        self.ring.listeners.append(self._wake)
        for work in (self._accept(self._socket), self._sweep()):
            self._start_task(asyncio.ensure_future(work))
        _log.info("SeedLink server listens", address=spelled(*self._address))

    async def stop(self) -> None:
        """Close all connections, and stop."""
        if self._wake in self.ring.listeners:
            self.ring.listeners.remove(self._wake)
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()
        for session in list(self._sessions):
            session.close("the server stops")
        while self._sessions:
            await asyncio.sleep(0)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host and port."""
        return self._address

    @property
    def state(self) -> ServerState:
        """As it is now."""
        past = self._past.copy()
        for session in self._sessions:
            past.update(_counts(session))
        return ServerState(
            self._address,
            tuple(session.connection for session in sorted(self._sessions, key=lambda one: one.began_ns)),
            self._accepted,
            self._refused,
            MappingProxyType(dict(self._ended)),
            past["sent"],
            past["bytes"],
            past["lost"],
            past["unsuited"],
            self.ring.bytes,
            self.ring.end - self.ring.begin,
        )

    # connections

    async def _accept(self, listener: socket.socket) -> None:
        """One connection after the other. Done by hand because asyncio's servers do not count TLS handshakes."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                found, _ = await loop.sock_accept(listener)
            except OSError:  # out of file handles, or gone before it was accepted
                await asyncio.sleep(GATHER_S)
                continue
            if len(self._sessions) >= self.params.clients:
                self._refused += 1
                found.close()
                continue
            self._accepted += 1
            session = Session(self)
            self._sessions.add(session)
            entering = asyncio.ensure_future(self._enter(session, found))
            entering.add_done_callback(partial(self._entered, session, found))
            self._start_task(entering)

    def _entered(self, session: Session, found: socket.socket, done: "asyncio.Future[None]") -> None:
        """Also when it was cancelled before it began, which it cannot know itself."""
        if done.cancelled():
            found.close()
            session.reason = session.reason or "the server stops"
            self.gone(session)

    async def _enter(self, session: Session, found: socket.socket) -> None:
        limit_s = TLS_HANDSHAKE_S if self._tls else None
        try:
            tune(found, self.params.stalled_s)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: session, found, ssl=self._tls, ssl_handshake_timeout=limit_s
            )
        except OSError:
            found.close()
            session.reason = session.reason or ("no TLS" if self._tls else "closed by the client")
            self.gone(session)

    def _start_task(self, task: "asyncio.Future[None]") -> None:
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _sweep(self) -> None:
        while True:
            await self.clock.sleep(SWEEP_S)
            self._documents.clear()
            for session in list(self._sessions):
                session.look(self.params.handshake_s, self.params.stalled_s)

    def _wake(self) -> None:
        """Something came into the ring."""
        if self._timer is None and self._sessions:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(self._woken_s + GATHER_S, loop.time()), self._pump)

    def _pump(self) -> None:
        self._timer = None
        self._woken_s = asyncio.get_running_loop().time()
        for session in list(self._sessions):
            session.pump()

    # what sessions ask for

    def now_ns(self) -> int:
        """Time of day."""
        return self.clock.now_ns()

    def monotonic_s(self) -> float:
        """Time for time-outs."""
        return self.clock.monotonic_s()

    def gone(self, session: Session) -> None:
        """A session has ended."""
        if session not in self._sessions:
            return
        self._sessions.discard(session)
        self._ended[session.reason] += 1
        self._past.update(_counts(session))
        if session.reader is not None:
            _log.info(
                "SeedLink client has gone", host=session.peer[0], agent=session.handshake.agent, why=session.reason
            )

    def info(self, session: Session, arguments: tuple[str, ...]) -> bytes:
        """Packets of the answer to an INFO; made once a second at most, for all clients that ask the same."""
        level, patterns = (arguments[0].upper() if arguments else ""), arguments[1:]
        if level in ("CONNECTIONS", "ALL") and not self._trusts(session):
            return self._untrusted(session)
        key = session.handshake.version, session.handshake.admitted, level, patterns
        if key not in self._documents:
            if len(self._documents) >= MAX_DOCUMENTS:
                self._documents.clear()
            self._documents[key] = self._document(session, level, patterns)
        return self._documents[key]

    def _document(self, session: Session, level: str, patterns: tuple[str, ...]) -> bytes:
        subject = self._subject(session)
        if session.handshake.version == 4:
            return packet4(*info4(subject, level, patterns))
        known, document = info3(subject, level)
        return packets3(document, self.now_ns(), is_error=not known)

    def _subject(self, session: Session) -> Subject:
        ring = self.ring if session.handshake.admitted else EMPTY
        connections = self.state.clients if self._trusts(session) else ()
        return Subject(self.identity, self.started_ns, ring, self.descriptions, connections)

    def _trusts(self, session: Session) -> bool:
        """Who else is connected is told to this machine, and to those who said who they are."""
        if self.identity.credentials:
            return session.handshake.admitted
        try:
            return ip_address(session.peer[0]).is_loopback
        except ValueError:
            return False

    def _untrusted(self, session: Session) -> bytes:
        if session.handshake.version == 4:
            words = "connections are told on the server's own machine"
            return packet4("E", error4(self.identity, "UNAUTHORIZED", words))
        return packets3(info3(self._subject(session), "ID")[1], self.now_ns(), is_error=True)

    def stations_text(self, session: Session) -> bytes:
        """Answer to CAT."""
        subject = self._subject(session)
        lines = []
        for code, station in sorted(subject.ring.stations.items()):
            network, _, name = code.partition(".")
            lines.append(f"{network:<2} {name:<5} {subject.describe(station)}\r\n")
        return "".join([*lines, "END\r\n"]).encode("ascii", "replace")


def _software() -> str:
    return f"seismonet/{version('seismonet')}"


def _counts(session: Session) -> dict[str, int]:
    reader = session.reader
    if reader is None:
        return {"bytes": session.sent_bytes}
    return {"bytes": session.sent_bytes, "sent": reader.sent, "lost": reader.lost, "unsuited": reader.unsuited}

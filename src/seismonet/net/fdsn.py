"""FDSN dataselect, as a client: what a server's archive has of one channel and time window.

The rule this file owns: whatever the server does, a request is over by its deadline, keeps no more than its limit in
memory and talks to no other host. What became of it is an ``Answer``, never an exception: a gap that cannot be filled
is nothing out of the ordinary. The records are not looked at here; they pass the gate like any others.
"""

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.errors import ConfigError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import to_iso

Kind = Literal["data", "none", "too much", "busy", "refused", "failed"]
QUERY = "fdsnws/dataselect/1/query"
CHUNK_BYTES = 65536
REDIRECTS = 3
DEFAULT_RETRY_S, LONGEST_RETRY_S = 60.0, 3600.0
_BY_STATUS: dict[int, Kind] = {200: "data", 204: "none", 404: "none", 413: "too much", 429: "busy", 503: "busy"}
_WORDS = {
    204: "the server has no data for this window",
    404: "the server has no data for this window, or no dataselect service at this address",
    413: "the server finds the window too large",
    429: "the server asks for fewer requests",
    503: "the server is overloaded",
}


@parameters(frozen=True)
class RequestLimits:
    """How long a request may take, and whom it trusts."""

    silent_s: float = Field(default=30.0, gt=0, description="longest wait for a connection or the next bytes")
    whole_s: float = Field(default=120.0, gt=0, description="longest time for a whole request")
    ca_file: str = Field(default="", description="certificates to trust, PEM; empty: those of the system")


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request.

    ``kind`` is what to do about it: ``data`` take it; ``none`` and ``refused`` ask again much later or never;
    ``too much`` ask for less; ``busy`` wait ``retry_s``; ``failed`` the way there or the server is broken.
    ``payload`` is what had arrived by then, whatever the kind; ``words`` tell a person.
    """

    kind: Kind
    payload: bytes = b""
    words: str = ""
    retry_s: float = 0.0


def query_url(url: str, source_id: SourceId, start_ns: int, end_ns: int) -> str:
    """The address that asks a server for one channel and time window; ConfigError when ``url`` is none.

    >>> query_url("http://centaur/", SourceId.parse("TJ.SAREZ..HHZ"), 0, 10**9)[:60]
    'http://centaur/fdsnws/dataselect/1/query?net=TJ&sta=SAREZ&lo'
    """
    parts = _split(url)
    wanted = {
        "net": source_id.network,
        "sta": source_id.station,
        "loc": source_id.location or "--",
        "cha": source_id.channel,
        "starttime": to_iso(start_ns).removesuffix("Z"),
        "endtime": to_iso(end_ns).removesuffix("Z"),
        "nodata": "204",
    }
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/{QUERY}?{urlencode(wanted, safe=':')}"


async def dataselect(
    url: str,
    source_id: SourceId,
    start_ns: int,
    end_ns: int,
    limit_bytes: int,
    limits: RequestLimits = RequestLimits(),  # noqa: B008 (frozen)
) -> Answer:
    """Ask an FDSN dataselect service for the records of one channel in a time window.

    Parameters
    ----------
    url : where the service lies, ``http://host/``, without ``fdsnws/...``
    limit_bytes : what is kept of the answer; a larger one counts as ``too much``, with its beginning as payload

    Spec: FDSN web services 1.2. A redirect is followed on the same host, and never from https to http.
    """
    exchange = _Exchange(query_url(url, source_id, start_ns, end_ns), limit_bytes, limits)
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Answer] = loop.create_future()

    def settle(answer: Answer) -> None:
        if not done.done():
            done.set_result(answer)

    def work() -> None:
        answer = exchange.run()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, answer)

    # a thread of its own: one that hangs in a name server's answer must not keep the process from ending
    threading.Thread(target=work, name="dataselect", daemon=True).start()
    try:
        async with asyncio.timeout(limits.whole_s):
            return await done
    except TimeoutError:
        return Answer("failed", exchange.payload(), f"no whole answer within {limits.whole_s:g} s")
    finally:
        exchange.abandon()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or "@" in parts.netloc:
        shown = url.rpartition("@")[2]  # what stands before may be a password
        raise ConfigError(f"{shown!r} is no address of an FDSN service; write http://host/ (no user, no password)")
    return parts


@dataclass(slots=True)
class _Exchange:
    """One request in its thread: it can be given up from outside at any time."""

    url: str
    limit_bytes: int
    limits: RequestLimits
    _parts: list[bytes] = field(default_factory=list)
    _socket: socket.socket | None = None
    _given_up: bool = False

    def payload(self) -> bytes:
        """What has arrived."""
        return b"".join(self._parts)

    def abandon(self) -> None:
        """End the thread's wait, if it still waits."""
        self._given_up = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # the plain socket's own, as a TLS socket's takes its state away under the thread that reads
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def run(self) -> Answer:
        """The request, redirects included."""
        url = self.url
        try:
            for _ in range(REDIRECTS + 1):
                found = self._ask(url)
                if isinstance(found, Answer):
                    return found
                if (problem := _forbidden(url, found)) is not None:
                    return Answer("refused", words=problem)
                url = found
            return Answer("failed", words=f"more than {REDIRECTS} redirects")
        except TimeoutError:
            return Answer("failed", self.payload(), f"nothing came for {self.limits.silent_s:g} s")
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = " ".join(str(error).split())[:160] or type(error).__name__
            return Answer("failed", self.payload(), f"the connection or its answer failed: {why}")

    def _ask(self, url: str) -> Answer | str:
        """One request: the answer, or where the server sends us."""
        parts = urlsplit(url)
        connection = self._connection(parts)
        try:
            connection.connect()
            self._socket = connection.sock
            if self._given_up:
                return Answer("failed", words="given up")
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers={"Accept-Encoding": "identity", "User-Agent": "seismonet"})
            response = connection.getresponse()
            if 300 <= response.status < 400 and (place := response.getheader("Location")):
                return urljoin(url, place)
            return self._read(response) if response.status == 200 else _answer(response)
        finally:
            connection.close()

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self.limits.silent_s)
        context = ssl.create_default_context(cafile=self.limits.ca_file or None)
        return http.client.HTTPSConnection(host, port, timeout=self.limits.silent_s, context=context)

    def _read(self, response: http.client.HTTPResponse) -> Answer:
        stated = response.getheader("Content-Length")
        total = 0
        while total < self.limit_bytes and (part := response.read1(min(CHUNK_BYTES, self.limit_bytes - total))):
            self._parts.append(part)
            total += len(part)
        if total >= self.limit_bytes and response.read1(1):
            return Answer("too much", self.payload(), f"more than {self.limit_bytes} bytes")
        if stated is not None and total < int(stated):
            return Answer("failed", self.payload(), f"cut off after {total} of {int(stated)} bytes")
        return Answer("data" if total else "none", self.payload(), f"{total} bytes")


def _forbidden(url: str, follow: str) -> str | None:
    """Why a redirect is not followed; None when it is."""
    before, after = urlsplit(url), urlsplit(follow)
    if after.scheme not in ("http", "https") or after.hostname != before.hostname:
        return f"sent on to another host ({after.hostname}), which is not followed"
    if before.scheme == "https" and after.scheme == "http":
        return "sent on from https to http, which is not followed"
    return None


def _answer(response: http.client.HTTPResponse) -> Answer:
    """What a status without data means."""
    status = response.status
    kind = _BY_STATUS.get(status, "refused" if 400 <= status < 500 else "failed")
    words = _WORDS.get(status, f"HTTP status {status} {response.reason}"[:160])
    return Answer(kind, words=words, retry_s=_retry_s(response.getheader("Retry-After")) if kind == "busy" else 0.0)


def _retry_s(text: str | None) -> float:
    """Seconds to wait, as the server says; its other form, a date, would need a clock and gets the usual wait."""
    try:
        return min(max(float(int(text or "")), 1.0), LONGEST_RETRY_S)
    except ValueError:
        return DEFAULT_RETRY_S

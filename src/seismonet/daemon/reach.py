"""Can a server be reached at all: its name, then a connection, each with its own time limit and its own cure."""

import asyncio
import os
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from seismonet.core.errors import ConfigError
from seismonet.net.clock import Clock
from seismonet.net.source import PORTS

from .findings import ERROR, WARNING, Finding, good
from .words import span

NAME_S, CONNECT_S = 5.0, 10.0
SLOW_NAME_S, SLOW_CONNECT_S = 1.0, 1.0


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an attempt got: ``failed`` is ``name``, ``connection`` or empty, ``reason`` what the system said."""

    host: str
    port: int
    addresses: tuple[str, ...] = ()
    name_s: float = 0.0
    connect_s: float = 0.0
    failed: str = ""
    reason: str = ""


def address(url: str) -> tuple[str, int]:
    """Host and port of a server's address; ConfigError when it is none.

    >>> address("seedlink://sarez.example"), address("seedlinks://[::1]:18501")
    (('sarez.example', 18000), ('::1', 18501))
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in PORTS or not parts.hostname:
        raise ConfigError(f"{url!r} is no address of a SeedLink server; write seedlink://HOST:18000")
    return parts.hostname, port or PORTS[parts.scheme]


async def reach(host: str, port: int, clock: Clock, *, name_s: float = NAME_S, connect_s: float = CONNECT_S) -> Reach:
    """Look the name up and open a connection, which is closed at once."""
    begin_s = clock.monotonic_s()
    try:
        async with asyncio.timeout(name_s):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        return Reach(host, port, failed="name", reason=_reason(error))
    addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
    named_s = clock.monotonic_s()
    try:
        async with asyncio.timeout(connect_s):
            _, writer = await asyncio.open_connection(host, port, happy_eyeballs_delay=0.25)
    except (OSError, TimeoutError) as error:
        return Reach(host, port, addresses, named_s - begin_s, failed="connection", reason=_reason(error))
    writer.transport.abort()
    return Reach(host, port, addresses, named_s - begin_s, clock.monotonic_s() - named_s)


def _reason(error: Exception) -> str:
    """What the system calls it; asyncio hides that in a text of its own, or in one on several attempts."""
    if isinstance(error, TimeoutError) and not error.args:
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return str(error.strerror or error).lower()
    code = re.search(r"\[Errno (\d+)\]", str(error))
    return os.strerror(int(code[1])).lower() if code else str(error)


def reach_findings(area: str, got: Reach) -> list[Finding]:
    """Judge it: an empty list when there is nothing to say against it."""
    where = f"{got.host}:{got.port}"
    if got.failed == "name":
        cause = "a typing error in the address, or the name service of this computer does not work"
        step = f"try: getent hosts {got.host}; a numeric address in the url does without names"
        return [Finding(area, ERROR, f"the name {got.host} cannot be looked up: {got.reason}", 0, cause, step)]
    if got.failed:
        cause, step = _of_connection(got)
        return [Finding(area, ERROR, f"{where} cannot be connected to: {got.reason}", 0, cause, step)]
    found = [good(area, f"{where} answers in {span(got.connect_s)}")]
    if got.name_s > SLOW_NAME_S:
        what = f"looking up {got.host} takes {span(got.name_s)}"
        found.append(Finding(area, WARNING, what, 0, "a slow name service", "use one nearby, or a numeric address"))
    if got.connect_s > SLOW_CONNECT_S:
        what = f"{where} takes {span(got.connect_s)} to accept a connection"
        found.append(Finding(area, WARNING, what, 0, "a slow link, or one that is full", "look at the link's load"))
    return found


def _of_connection(got: Reach) -> tuple[str, str]:
    if "refused" in got.reason:
        cause = "the computer is there, but no server listens on that port, or a firewall turns us away"
        return cause, f"start the SeedLink server there, or mend the port {got.port} in the url"
    if "no answer" in got.reason or "timed out" in got.reason:
        cause = "the computer is off, the link (VSAT, GSM, VPN) is down, or a firewall drops the connection"
        return cause, f"try: ping {got.host}; ask who runs the link"
    return (
        "there is no way to that computer from here",
        f"try: ip route get {got.addresses[0] if got.addresses else got.host}",
    )

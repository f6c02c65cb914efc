"""Which addresses a webhook may be sent to.

The rule this file owns: a name is looked up once, every address that it has is judged, and the connection is made to
one that was judged. So no name, redirect or second look-up leads a message, or a probe of somebody who may set
addresses, into a network of our own.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]

_WRAPPERS = {
    ipaddress.ip_network(network): what
    for network, what in (
        ("::ffff:0:0/96", "IPv4 inside of IPv6"),
        ("::ffff:0:0:0/96", "IPv4 translated to IPv6"),
        ("::/96", "IPv4 inside of IPv6"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2002::/16", "6to4"),
        ("2001::/32", "Teredo"),
        ("192.88.99.0/24", "6to4"),
        ("fec0::/10", "site-local"),
        ("5f00::/16", "segment routing"),
        ("3fff::/20", "documentation"),
    )
}
"""Addresses that carry another one, which may lead anywhere; and some that Python of 3.11 takes for global."""
_ISATAP = 0x5EFE


async def look_up(host: str, port: int) -> Sequence[str]:
    """Addresses of a name, as the system tells them; OSError or UnicodeError when it cannot."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


def objection(text: str, allowed: Sequence[str] = ()) -> str:
    """Why an address may not be sent to; empty when it may. ``allowed`` are networks that were named as harmless.

    >>> objection("93.184.215.14"), objection("10.0.0.7", ["10.0.0.0/24"])
    ('', '')
    >>> objection("::ffff:127.0.0.1")
    'IPv4 inside of IPv6'
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "no address"
    if any(address in ipaddress.ip_network(one) for one in allowed):
        return ""
    for network, what in _WRAPPERS.items():
        if address in network:
            return what
    if address.version == 6 and (getattr(address, "scope_id", None) or (int(address) >> 32) & 0xFFFF == _ISATAP):
        return "an address of one link"
    for what in ("loopback", "link_local", "multicast", "unspecified", "reserved", "private"):
        if getattr(address, f"is_{what}"):
            return what.replace("_", "-")
    return "" if address.is_global else "not of the public network"


async def checked(host: str, port: int, allowed: Sequence[str], lookup: Lookup = look_up) -> tuple[str, str]:
    """The address to connect to, or an empty text and why not. OSError or UnicodeError when there is none.

    One bad address among several is enough to refuse them all: an honest name has no reason for it.
    """
    found = await lookup(host, port)
    for one in found:
        if why := objection(one, allowed):
            return "", f"{host} is {one} ({why}); allow_private may name its network"
    return (found[0], "") if found else ("", f"{host} has no address")

"""The text that clients send: lines, numbers, times; and the sentences that answer them.

The rule this file owns: nothing is kept of a line beyond its limit, and every number and time is checked before it is
converted.
"""

import re

from seismonet.core.errors import ProtocolError
from seismonet.core.utc import from_iso

MAX_LINE_BYTES = 255
"""SeedLink 4, chapter Commands, with the line's end."""
MAX_AUTH_BYTES = 4096
"""A JSON Web Token is longer than a line may be; libslink and ringserver allow for this much."""
_LINE_END = re.compile(rb"[\r\n]")
_NUMBER3 = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{1,16})", re.ASCII)
_NUMBER4 = re.compile(r"[0-9]{1,20}", re.ASCII)
_TIME3 = re.compile(
    r"(\d{4}),(\d{1,2}),(\d{1,2})(?:,(\d{1,2})(?:,(\d{1,2})(?:,(\d{1,2})(?:[.,](\d{1,9}))?)?)?)?", re.ASCII
)
_TIME4 = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z?)?", re.ASCII)


class Lines:
    """Bytes in, command lines out; lines end with CR, LF or both.

    >>> lines = Lines()
    >>> lines.feed(b"HELLO" + bytes([13, 10]) + b"SLPR")
    >>> lines.next(), lines.next()
    ('HELLO', None)
    """

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> None:
        """Take in what came from the socket."""
        self._held += data

    def next(self) -> str | None:
        """The next line that is not empty, without its end; None when there is none yet.

        ProtocolError when it is too long, or has bytes that are no printable ASCII: then no sense is to be had of the
        rest either.
        """
        while self._held:
            found = _LINE_END.search(self._held, 0, MAX_AUTH_BYTES + 1)
            line = self._held[: found.start() if found else MAX_AUTH_BYTES + 1]
            self._check(line)
            if not found:
                return None
            del self._held[: found.end()]
            if text := line.decode("ascii").strip():
                return text
        return None

    @staticmethod
    def _check(line: bytearray) -> None:
        limit = MAX_AUTH_BYTES if line[:5].upper() == b"AUTH " else MAX_LINE_BYTES
        if len(line) > limit:
            raise ProtocolError(f"a command of more than {limit} bytes")
        if not (line.isascii() and line.replace(b"\t", b" ").decode("ascii").isprintable()):
            raise ProtocolError("a command with bytes that are no text")


def number3(text: str) -> int | None:
    """A sequence number of SeedLink 3, hexadecimal; None for -1, which means none. ValueError when it is no number.

    >>> number3("0x1FF"), number3("-1")
    (511, None)
    """
    if text == "-1":
        return None
    found = _NUMBER3.fullmatch(text)
    if not found:
        raise ValueError(f"{text} is no sequence number")
    return int(found[1], 16)


def number4(text: str) -> int:
    """A sequence number of SeedLink 4, decimal, of 64 bits. ValueError when it is none."""
    if not _NUMBER4.fullmatch(text) or int(text) >= 1 << 64:
        raise ValueError(f"{text} is no sequence number")
    return int(text)


def moment(text: str) -> int:
    """A time as nanoseconds: ``2024,10,3,8,15,30[,123456789]`` or ISO 8601. ValueError when it is none.

    >>> moment("2024,10,3,8,15,30") == moment("2024-10-03T08:15:30Z")
    True
    """
    if found := _TIME3.fullmatch(text):
        date, clock = "-".join(f"{int(part):02}" for part in found.groups()[:3]), found.groups()[3:6]
        return from_iso(f"{date}T" + ":".join(f"{int(part or 0):02}" for part in clock) + f".{found[7] or 0}")
    if _TIME4.fullmatch(text):
        return from_iso(text)
    raise ValueError(f"{text} is no time")

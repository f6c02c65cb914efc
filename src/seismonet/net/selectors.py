"""What a client wants: stations by pattern, streams by selectors, a place to begin, a time window.

The rule this file owns: patterns come from strangers, so they are matched in time that grows with the length of pattern
times text and never faster (no regular expressions), and each selector is read once for all clients.
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from .ring import Bits, Ring, Stream

_SELECT4 = re.compile(r"(!?)([A-Za-z0-9_*?-]+)(?:\.([A-Z0-9*?]+))?(?::([A-Za-z0-9]+))?", re.ASCII)
_SELECT3 = re.compile(r"(!?)(?:([A-Z0-9?*-]{2})?([A-Z0-9?*]{3}))?(?:\.?([DECOTL?*]))?", re.ASCII)
_STATION = re.compile(r"[A-Za-z0-9_*?-]{1,64}", re.ASCII)


def glob(pattern: str, text: str) -> bool:
    """Does a pattern with ``*`` (any characters) and ``?`` (any one) fit the whole text?

    >>> glob("*_H_H_?", "00_H_H_Z"), glob("_*Z", "00_B_H_Z")
    (True, False)
    """
    p = t = 0
    star, mark = -1, 0
    while t < len(text):
        if p < len(pattern) and pattern[p] == "*":
            star, mark = p, t
            p += 1
        elif p < len(pattern) and pattern[p] in ("?", text[t]):
            p, t = p + 1, t + 1
        elif star >= 0:
            mark += 1
            p, t = star + 1, mark
        else:
            return False
    return not pattern[p:].strip("*")


@dataclass(frozen=True, slots=True)
class Selector:
    """One SELECT: ``seed`` says that ``pattern`` is for ``LLCCC`` (SeedLink 3), not for ``LOC_B_S_SS``."""

    pattern: str
    kind: str = "*"
    exclude: bool = False
    seed: bool = False

    def fits(self, stream: Stream) -> bool:
        """Does the stream fit the pattern, whether to be taken or left out?"""
        return glob(self.pattern, stream.seed if self.seed else stream.stream_id) and glob(self.kind, stream.kind)


@lru_cache(maxsize=4096)
def selector4(text: str) -> Selector:
    """SeedLink 4: ``[!]stream_pattern[.format_subformat_pattern][:native]``; ValueError with the reason.

    >>> selector4("!*.2E").exclude
    True
    """
    found = _SELECT4.fullmatch(text)
    if not found:
        raise ValueError("no stream pattern")
    exclude, pattern, record_kind, conversion = found.groups()
    if conversion not in (None, "native"):
        raise ValueError(f"no filter {conversion}, data are served as they came (native)")
    if exclude and conversion:
        raise ValueError("a filter makes no sense with !")
    return Selector(pattern, (record_kind or "") + "*", bool(exclude))


@lru_cache(maxsize=4096)
def selector3(text: str) -> Selector:
    """SeedLink 3: ``[!][LL]CCC[.T]`` or ``[!]T``; ``-`` stands for a space. ValueError with the reason.

    >>> selector3("--BH?.D").pattern, selector3("!L").kind
    ('  BH?', '?L')
    """
    found = _SELECT3.fullmatch(text)
    if not found or not (found[3] or found[4]):
        raise ValueError("no selector of the form [!][LL]CCC[.T]")
    exclude, location, channel, record_type = found.groups()
    pattern = (location or "??").replace("-", " ") + (channel or "???")
    return Selector(pattern, "?" + (record_type or "*"), bool(exclude), seed=True)


def is_station_pattern(text: str) -> bool:
    """May this be asked as a station?"""
    return bool(_STATION.fullmatch(text))


class Start(Enum):
    """Where to begin when no sequence number is given."""

    NEXT = "next"
    ALL = "all"


@dataclass(slots=True)
class Wish:
    """What a client wants of the stations that fit a pattern (``NET_STA``).

    ``start`` is a sequence number, to be compared in its lowest ``bits``, or a ``Start``; ``begin_ns`` and ``end_ns``
    bound the time window, None where it is open.
    """

    station: str
    selectors: list[Selector] = field(default_factory=list)
    start: int | Start = Start.NEXT
    bits: Bits = 64
    begin_ns: int | None = None
    end_ns: int | None = None

    @property
    def single(self) -> bool:
        """Is one station meant, not a pattern?"""
        return "*" not in self.station and "?" not in self.station

    def takes_station(self, station_id: str) -> bool:
        """Is the station meant?"""
        return glob(self.station, station_id)

    def takes_stream(self, stream: Stream) -> bool:
        """Is the stream, of a station that is meant, selected? Without selectors all are."""
        wanted = [one for one in self.selectors if not one.exclude]
        if wanted and not any(one.fits(stream) for one in wanted):
            return False
        return not any(one.fits(stream) for one in self.selectors if one.exclude)

    def position(self, ring: Ring) -> int:
        """Where in the ring to begin."""
        if isinstance(self.start, Start):
            return ring.end if self.start is Start.NEXT else ring.begin
        if self.single:
            return ring.find(self.station.replace("_", ".", 1), self.start, self.bits)
        meant = [code for code, one in ring.stations.items() if self.takes_station(one.station_id)]
        return ring.find_any(meant, self.start, self.bits)

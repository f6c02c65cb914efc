"""SeedLink's packets out of the bytes of a socket, all that are complete at once.

The rule this file owns: a packet is at most so long, whatever its header claims, and nothing that follows bytes without
sense is believed: they are a fault, and the connection is given up. Packets before the fault are still handed over.

``framing`` knows no time and no socket. SeedLink 4 states the length of a packet; in version 3 it is that of the record
in it, so one record that lies about its length would cost all that follow. There a length other than the usual one is
believed only when the next packet's signature stands where it should.
"""

import json
import struct

from seismonet.core.errors import ProtocolError

from .source import Limits, plain

HEAD4 = struct.Struct("<2s2sIQB")
USUAL3 = 512
LONGEST3_EXPONENT = 16
MAX_BLOCKETTES = 8
_FIRST_1000 = {b"\x00\x30\x03\xe8", b"\x30\x00\xe8\x03"}
"""The bytes 46 to 49 of nearly all miniSEED 2 records: the first blockette follows the header and is a 1000."""
_HEAD3 = struct.Struct("<BHI")
_NEXT = (b"SL", b"EN", b"ER")

Raw = tuple[bytes, int, bytes]
"""A packet: station id as in SeedLink 4's header (empty in version 3), sequence number, payload."""


class Frames:
    """Bytes in, packets out.

    Attributes
    ----------
    waiting : is there the beginning of a packet whose end has not come?
    packets : how many have come; with ``waiting`` this tells whether it is still the same one
    fault : what was wrong with the bytes, once something was; nothing is taken in any more
    answers : how many answers to INFO are complete
    info, info_is_error : the newest answer's document, when it is kept

    Examples
    --------
    >>> frames = Frames(4, Limits())
    >>> packet = HEAD4.pack(b"SE", b"2D", 512, 7, 8) + b"TJ_SAREZ" + bytes(512)
    >>> frames.feed(packet[:100]), frames.waiting
    ([], True)
    >>> [(station, sequence, len(payload)) for station, sequence, payload in frames.feed(packet[100:])]
    [(b'TJ_SAREZ', 7, 512)]
    """

    def __init__(self, version: int, limits: Limits, keep_info: bool = False) -> None:
        self.version, self.limits = version, limits
        self.fault: ProtocolError | None = None
        self.packets = self.answers = 0
        self.info, self.info_is_error = b"", False
        self._keep = keep_info
        self._parse = self._parse3 if version == 3 else self._parse4
        self._held = bytearray()
        self._need = 0
        self._pieces = bytearray()
        self._info_bytes = 0
        self._usual = USUAL3

    @property
    def waiting(self) -> bool:
        """Has a packet begun and not ended?"""
        return bool(self._held)

    def expect_info(self) -> None:
        """An INFO was sent: as much as one answer may have is welcome again."""
        self._info_bytes = 0
        self._pieces.clear()

    def feed(self, data: bytes) -> list[Raw]:
        """Take in what came from the socket; the data packets that are complete with it."""
        if self.fault is not None:
            return []
        if self._held:
            self._held += data
            if len(self._held) < self._need:
                return []
            data = bytes(self._held)
        found: list[Raw] = []
        try:
            used = self._parse(data, found)
            self._held = bytearray(data[used:])
        except ProtocolError as error:
            self.fault = error
            self._held.clear()
        self.packets += len(found)
        return found

    def _parse4(self, data: bytes, found: list[Raw]) -> int:
        at, end, unpack, most = 0, len(data), HEAD4.unpack_from, self.limits.packet_bytes
        while end - at >= 17:
            signature, kind, length, sequence, size = unpack(data, at)
            begin = at + 17 + size
            stop = begin + length
            if signature != b"SE" or length > most or kind[0] in b"JX":
                if signature != b"SE":
                    return self._other(data, at)
                self._check_length(kind, length)
            if stop > end:
                self._need = stop - at
                return at
            if kind[0] in b"JX":
                self._take_info(kind[1:] == b"E", data[begin:stop], whole=True)
                self.packets += 1
            else:
                found.append((data[at + 17 : begin], sequence, data[begin:stop]))
            at = stop
        self._need = 17
        return self._other(data, at) if at < end and data[at] != 0x53 else at

    def _check_length(self, kind: bytes, length: int) -> None:
        is_info = kind[0] in b"JX"
        most = self.limits.info_bytes if is_info and self._keep else self.limits.packet_bytes
        if length > most:
            what = "an answer to INFO" if is_info else "a packet"
            raise ProtocolError(f"{what} that claims to have {length:,} bytes; at most {most:,} are taken")

    def _parse3(self, data: bytes, found: list[Raw]) -> int:
        at, end = 0, len(data)
        while end - at >= 8:
            if data[at : at + 2] != b"SL":
                return self._other(data, at)
            length = self._length3(data, at + 8)
            if not length:
                return at
            stop = at + 8 + length
            if stop > end:
                self._need = stop - at
                return at
            head = data[at + 2 : at + 8]
            if head[:4] == b"INFO":
                payload = data[at + 8 : stop]
                self._take_info(payload[15:18] == b"ERR", text_of(payload), whole=head[5:] != b"*")
                self.packets += 1
            else:
                found.append((b"", _number3(head), data[at + 8 : stop]))
            at = stop
        self._need = 8
        return self._other(data, at) if at < end and data[at] != 0x53 else at

    def _length3(self, data: bytes, at: int) -> int:
        """Length of the record at ``at``; 0 when more bytes are needed to tell."""
        if data[at + 46 : at + 50] in _FIRST_1000 and len(data) - at > 54:
            exponent = data[at + 54]
            stated = 1 << exponent if 7 <= exponent <= LONGEST3_EXPONENT else self._usual
        else:
            told = stated_length(data, at)
            if told is None or told < 0:
                self._need = 8 + max(64, -(told or 0))
                return 0
            if data[at : at + 3] == b"MS\x03":
                if told > self.limits.packet_bytes:
                    raise ProtocolError(f"a record that claims to have {told:,} bytes")
                return told
            stated = told if 128 <= told <= self.limits.packet_bytes else self._usual
        return stated if stated == self._usual else self._settle(data, at, stated)

    def _settle(self, data: bytes, at: int, stated: int) -> int:
        """Between the length that a record states and the usual one: at the shorter one's end the bytes tell."""
        short = min(stated, self._usual)
        follows = data[at + short : at + short + 2]
        if len(follows) < 2:
            self._need = 8 + short + 2
            return 0
        if follows in _NEXT:
            self._usual = short
        else:
            self._usual = max(stated, self._usual)
        return self._usual

    def _other(self, data: bytes, at: int) -> int:
        """No packet: END, a line with an error, or nothing that has a sense."""
        rest = data[at : at + self.limits.line_bytes]
        if b"END".startswith(rest[:3]) or b"ERROR".startswith(rest[:5]):
            if len(rest) < 3:
                self._need = 3
                return at
            if rest[:3] == b"END":
                raise ProtocolError("the server says END: it has no more data for us")
            line, ended, _ = rest.partition(b"\n")
            if not ended and len(rest) < self.limits.line_bytes:
                self._need = len(data) - at + 1
                return at
            raise ProtocolError(f"the server says: {plain(line.decode('ascii', 'replace'))}")
        shown = plain(rest[:16].decode("ascii", "backslashreplace"))
        raise ProtocolError(f"bytes that are no packet of SeedLink {self.version}: {shown}")

    def _take_info(self, is_error: bool, document: bytes, whole: bool) -> None:
        self._info_bytes += len(document)
        if self._info_bytes > (self.limits.info_bytes if self._keep else self.limits.packet_bytes):
            raise ProtocolError("an answer to INFO without end")
        if is_error and not self._keep and self.version == 4:  # in version 3 it only means: no such INFO here
            raise ProtocolError(f"the server says: {_message(document)}")
        if self._keep:
            self._pieces += document
        if whole:
            self.answers += 1
            self.info, self.info_is_error = bytes(self._pieces), is_error
            self._pieces.clear()


def _number3(text: bytes) -> int:
    try:
        if text.isalnum():
            return int(text, 16)
    except ValueError:
        pass
    raise ProtocolError(f"a sequence number that is none: {plain(text.decode('ascii', 'backslashreplace'))}")


def _message(document: bytes) -> str:
    """What an error's document says."""
    try:
        told = json.loads(document)["error"]["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        told = document[:200].decode("utf-8", "replace")
    return plain(told)


def stated_length(data: bytes, at: int = 0) -> int | None:
    """Length that a miniSEED record at ``at`` states, 512 where it does not; None, or minus the bytes that are needed,
    when too few have come.

    >>> stated_length(b"MS" + bytes([3]) + bytes(30) + bytes([19, 0, 0, 64, 0, 0, 0]))
    123
    """
    have = len(data) - at
    if have < 48:
        return _length_of_3(data, at) if data[at : at + 3] == b"MS\x03" and have >= 40 else None
    if data[at : at + 3] == b"MS\x03":
        return _length_of_3(data, at)
    order = "big" if 1900 <= int.from_bytes(data[at + 20 : at + 22], "big") <= 2100 else "little"
    place = _word(data, at + 46, order)
    for _ in range(MAX_BLOCKETTES):
        if place < 48 or place > 4096:
            break
        if have < place + 8:
            return -(place + 8)
        kind, follow = _word(data, at + place, order), _word(data, at + place + 2, order)
        if kind == 1000:
            return 1 << min(data[at + place + 6], 30)
        place = follow if follow > place else 0
    return USUAL3


def _length_of_3(data: bytes, at: int) -> int:
    name, extra, samples = _HEAD3.unpack_from(data, at + 33)
    return 40 + int(name) + int(extra) + int(samples)


def _word(data: bytes, at: int, order: str) -> int:
    return int.from_bytes(data[at : at + 2], "big" if order == "big" else "little")


def text_of(record: bytes) -> bytes:
    """The text in a miniSEED 2 record that carries an answer to INFO."""
    order = "big" if 1900 <= int.from_bytes(record[20:22], "big") <= 2100 else "little"
    begin = _word(record, 44, order)
    return record[begin : begin + _word(record, 30, order)] if begin >= 48 else b""

"""Answers to INFO: JSON for SeedLink 4, XML in miniSEED log records for SeedLink 3.

The JSON follows the schema of the FDSN's specification, appendix B; the XML is what SeisComP's server says, since
version 3 has no specification.
"""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from seismonet.core.utc import to_datetime, to_iso

from .handshake import Identity
from .ring import Ring, Station, Stream
from .selectors import glob

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
"""Clients of ours take no more of an INFO."""
TEXT_BYTES = 456
LEVELS4 = ("ID", "FORMATS", "CAPABILITIES", "STATIONS", "STREAMS", "CONNECTIONS")
LEVELS3 = ("ID", "CAPABILITIES", "STATIONS", "STREAMS", "GAPS", "CONNECTIONS", "ALL")
LEGACY = ("dialup", "multistation", "window-extraction", *(f"info:{level.lower()}" for level in LEVELS3))
FORMATS = {
    "2": {
        "mimetype": "application/vnd.fdsn.mseed",
        "subformat": {"D": "data", "E": "event", "C": "calibration", "T": "timing", "L": "log", "O": "opaque"},
    },
    "3": {"mimetype": "application/vnd.fdsn.mseed3", "subformat": {"D": "data"}},
    "J": {"mimetype": "application/json", "subformat": {"I": "info", "E": "error"}},
}
_HEAD = struct.Struct(">6s2s5s2s3s2sHHBBBxHHhhBBBBiHHHHBBBB")
_FRAME4 = struct.Struct("<4sIQB")


@dataclass(frozen=True, slots=True)
class Connection:
    """What INFO CONNECTIONS tells of a client.

    ``began_ns`` is when it connected, ``streaming`` whether it is done with its commands, ``behind`` how many records
    of the ring it has not come to.
    """

    host: str
    port: int
    began_ns: int
    agent: str
    version: int
    sent: int
    sent_bytes: int
    behind: int
    streaming: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """What documents are about: who the server is, since when, what it has, and who is connected."""

    identity: Identity
    started_ns: int
    ring: Ring
    descriptions: Mapping[str, str]
    connections: Sequence[Connection]

    def describe(self, station: Station) -> str:
        """What people call a station; its code when nobody said."""
        return self.descriptions.get(station.code, station.code)


def info4(subject: Subject, item: str, patterns: Sequence[str]) -> tuple[str, bytes]:
    """Subformat (``I`` or ``E``) and JSON document; ``patterns`` are of stations and of streams with format."""
    head = {"software": subject.identity.hello, "organization": subject.identity.organization}
    if item not in LEVELS4:
        return "E", error4(subject.identity, "ARGUMENTS", f"items are {', '.join(LEVELS4)}")
    body: dict[str, object] = {}
    if item == "CAPABILITIES":
        body["capability"] = list(subject.identity.capabilities)
    if item in ("FORMATS", "STATIONS", "STREAMS"):
        body |= {"format": FORMATS, "filter": {"native": "data as they came"}}
    if item in ("STATIONS", "STREAMS"):
        body["station"] = list(_stations4(subject, item == "STREAMS", patterns))
    if item == "CONNECTIONS":
        body["connections"] = {"client_count": len(subject.connections), "client": _clients4(subject.connections)}
    document = json.dumps(head | body, separators=(",", ":")).encode("ascii")
    if len(document) > MAX_DOCUMENT_BYTES:
        return "E", error4(subject.identity, "LIMIT", "the document is too long, ask for fewer stations")
    return "I", document


def error4(identity: Identity, code: str, message: str) -> bytes:
    """The JSON document of an error."""
    error = {"code": code, "message": message}
    return json.dumps({"software": identity.hello, "organization": identity.organization, "error": error}).encode(
        "ascii"
    )


def packet4(subformat: str, document: bytes) -> bytes:
    """The one packet that an INFO is answered with."""
    return _FRAME4.pack(b"SEJ" + subformat.encode("ascii"), len(document), 0, 0) + document


def _stations4(subject: Subject, with_streams: bool, patterns: Sequence[str]) -> Iterable[dict[str, object]]:
    station_pattern, stream_pattern = [*patterns, "*", "*"][:2] if patterns else ("*", "*")
    stream_pattern, _, kind_pattern = stream_pattern.partition(".")
    for station, streams in _by_station(subject.ring):
        if not glob(station_pattern, station.station_id):
            continue
        entry: dict[str, object] = {"id": station.station_id, "description": subject.describe(station)}
        entry |= {"start_seq": station.first, "end_seq": station.next}
        if with_streams:
            fit = [s for s in streams if glob(stream_pattern, s.stream_id) and glob(kind_pattern + "*", s.kind)]
            entry["stream"] = [_stream4(stream) for stream in fit]
        yield entry


def _stream4(stream: Stream) -> dict[str, object]:
    return {
        "id": stream.stream_id,
        "format": stream.kind[0],
        "subformat": stream.kind[1],
        "start_time": to_iso(stream.entries[0].start_ns),
        "end_time": to_iso(stream.end_ns),
    }


def _clients4(connections: Sequence[Connection]) -> list[dict[str, object]]:
    return [
        {
            "host": one.host, "port": one.port, "connect_time": to_iso(one.began_ns), "client": one.agent,
            "protocol": one.version, "transmit_packets": one.sent, "transmit_bytes": one.sent_bytes,
            "behind": one.behind, "streaming": one.streaming,
        }
        for one in connections
    ]  # fmt: skip


def _by_station(ring: Ring) -> Iterable[tuple[Station, list[Stream]]]:
    streams: dict[str, list[Stream]] = {code: [] for code in sorted(ring.stations)}
    for stream in ring.streams.values():
        streams[stream.station.code].append(stream)
    for code, found in streams.items():
        yield ring.stations[code], sorted(found, key=lambda one: (one.stream_id, one.kind))


def info3(subject: Subject, level: str) -> tuple[bool, str]:
    """Is the level one that there is, and the XML document; the identity alone when it is none."""
    parts = []
    if level in ("CAPABILITIES", "ALL"):
        parts += [f"<capability name={quoteattr(name)}/>" for name in LEGACY]
    if level in ("STATIONS", "STREAMS", "GAPS", "ALL"):
        detail = level in ("STREAMS", "GAPS", "ALL")
        parts += [_station3(subject, *pair, detail, level in ("GAPS", "ALL")) for pair in _by_station(subject.ring)]
    if level in ("CONNECTIONS", "ALL"):
        parts += [_connection3(one) for one in subject.connections]
    attributes = _attributes(
        software=subject.identity.hello,
        organization=subject.identity.organization,
        started=_time3(subject.started_ns),
    )
    body = "".join(parts)
    return level in LEVELS3, f'<?xml version="1.0"?><seedlink {attributes}>{body}</seedlink>'


def _attributes(**values: object) -> str:
    return " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items())


def _time3(ns: int) -> str:
    return to_datetime(ns).strftime("%Y/%m/%d %H:%M:%S.") + f"{ns % 1_000_000_000 // 100_000:04}"


def _station3(subject: Subject, station: Station, streams: list[Stream], detail: bool, gaps: bool) -> str:
    network, _, name = station.code.partition(".")
    first, after = (station.first, station.next) if station.entries else (0, 0)
    attributes = _attributes(
        name=name,
        network=network,
        description=subject.describe(station),
        begin_seq=f"{first & 0xFFFFFF:06X}",
        end_seq=f"{after & 0xFFFFFF:06X}",
        stream_check="enabled",
    )
    inner = "".join(_stream3(stream, gaps) for stream in streams) if detail else ""
    return f"<station {attributes}>{inner}</station>"


def _stream3(stream: Stream, gaps: bool) -> str:
    begin_ns = stream.entries[0].start_ns
    attributes = _attributes(
        location=stream.source_id.location,
        seedname=stream.source_id.channel,
        type=stream.kind[1],
        begin_time=_time3(begin_ns),
        end_time=_time3(stream.end_ns),
        begin_recno=0,
        end_recno=len(stream.entries),
        gap_check="enabled" if gaps else "disabled",
        gap_treshold=-1,
    )
    shown = [span for span in stream.gaps if gaps and span[1] > begin_ns]
    inner = "".join(f"<gap {_attributes(begin_time=_time3(a), end_time=_time3(b))}/>" for a, b in shown)
    return f"<stream {attributes}>{inner}</stream>"


def _connection3(one: Connection) -> str:
    station = _attributes(
        name="CLIENT",
        network="SL",
        description=one.agent,
        begin_seq="000000",
        end_seq="000000",
        stream_check="disabled",
    )
    connection = _attributes(
        host=one.host,
        port=one.port,
        ctime=_time3(one.began_ns),
        begin_seq="0",
        current_seq="0",
        sequence_gaps=0,
        txcount=one.sent,
        totBytes=one.sent_bytes,
        begin_seq_valid="no",
        realtime="yes",
        end_of_data="no",
    )
    return f"<station {station}><connection {connection}/></station>"


def packets3(document: str, now_ns: int, is_error: bool = False) -> bytes:
    """The document in SeedLink 3 packets: ``SLINFO *`` until the last, which is ``SLINFO`` and two blanks.

    Each holds a miniSEED 2 record of 512 bytes in text encoding, station INFO, channel INF, or ERR for an error.
    """
    text = document.encode("ascii", "xmlcharrefreplace")
    pieces = [text[k : k + TEXT_BYTES] for k in range(0, len(text), TEXT_BYTES)]
    when = to_datetime(now_ns)
    out = []
    for number, piece in enumerate(pieces):
        out.append(b"SLINFO *" if number + 1 < len(pieces) else b"SLINFO  ")
        day = int(when.strftime("%j"))
        head = _HEAD.pack(
            b"%06d" % (number % 999_999 + 1), b"D ", b"INFO ", b"  ", b"ERR" if is_error else b"INF", b"SL",
            when.year, day, when.hour, when.minute, when.second, when.microsecond // 100, len(piece), 0, 0,
            0, 0, 0, 1, 0, 56, 48, 1000, 0, 0, 1, 9, 0,
        )  # fmt: skip
        out.append((head + piece).ljust(512, b"\0"))
    return b"".join(out)

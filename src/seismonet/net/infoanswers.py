"""What a server says of itself in its answers to INFO: JSON in SeedLink 4, XML in version 3.

The rule this file owns: a document comes from a stranger and was cut at its limit before it came here. XML is read
element by element, without any document type, so that nothing in it can grow; what makes no sense is left out.
"""

import json
import re
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from seismonet.core.errors import ProtocolError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso

from .source import plain

_TIME = re.compile(r"(\d{4})[/-](\d\d)[/-](\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,9})?)\d*Z?", re.ASCII)


@dataclass(frozen=True, slots=True)
class OfferedStream:
    """A channel that a server has, with the span of time that it remembers; 0 where it does not say."""

    source_id: SourceId
    begin_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A server: what it calls itself, its versions of SeedLink, its stations (``NET.STA``) and channels."""

    server: str
    organization: str
    protocols: tuple[str, ...]
    stations: tuple[str, ...] = ()
    streams: tuple[OfferedStream, ...] = ()
    round_trip_s: float | None = None


Offered = tuple[list[str], list[OfferedStream]]


def offered4(document: bytes) -> Offered:
    """Stations and channels in an answer of SeedLink 4; ProtocolError when it is no JSON.

    >>> offered4(b'{"station": [{"id": "TJ_SAREZ", "stream": [{"id": "00_H_H_Z"}]}]}')[0]
    ['TJ.SAREZ']
    """
    try:
        told = json.loads(document)
    except (ValueError, RecursionError):
        raise ProtocolError("an answer to INFO that is no JSON") from None
    stations: list[str] = []
    streams: list[OfferedStream] = []
    for station in _list(told, "station"):
        station_id = str(station.get("id", "")) if isinstance(station, dict) else ""
        network, _, name = station_id.partition("_")
        if code := _code(network, name):
            stations.append(code)
            for one in _list(station, "stream"):
                if isinstance(one, dict):
                    _add(streams, f"FDSN:{station_id}_{one.get('id', '')}", one.get("start_time"), one.get("end_time"))
    return stations, streams


def _list(holder: Any, key: str) -> list[Any]:
    found = holder.get(key) if isinstance(holder, dict) else None
    return found if isinstance(found, list) else []


def offered3(document: bytes) -> Offered:
    """Stations and channels in an answer of SeedLink 3; ProtocolError when it is no XML, or has a document type."""
    reader = _Xml()
    try:
        reader.parser.Parse(document, True)
    except expat.ExpatError as error:
        raise ProtocolError(f"an answer to INFO that is no XML: {plain(error)}") from None
    return reader.stations, reader.streams


class _Xml:
    def __init__(self) -> None:
        self.stations: list[str] = []
        self.streams: list[OfferedStream] = []
        self._code = ""
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        raise ProtocolError("an answer to INFO with a document type, which could hold anything")

    def _start(self, name: str, has: dict[str, str]) -> None:
        if name == "station":
            self._code = _code(has.get("network", ""), has.get("name", ""))
            if self._code:
                self.stations.append(self._code)
        elif name == "stream" and self._code:
            location, channel = has.get("location", "").strip(), has.get("seedname", "").strip()
            nslc = f"{self._code}.{location}.{channel}"
            _add(self.streams, nslc, has.get("begin_time"), has.get("end_time"))


def _code(network: str, station: str) -> str:
    try:
        return SourceId(network.strip(), station.strip(), "", "HHZ").station_code
    except ValueError:
        return ""


def _add(streams: list[OfferedStream], name: str, begin: object, end: object) -> None:
    try:
        streams.append(OfferedStream(SourceId.parse(name), _moment(begin), _moment(end)))
    except ValueError:
        return


def _moment(text: object) -> int:
    found = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    try:
        return from_iso(f"{found[1]}-{found[2]}-{found[3]}T{found[4]}") if found else 0
    except ValueError:
        return 0

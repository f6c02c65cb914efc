"""StationXML into the channels that processing needs.

No parser sees a document before :func:`guard` has passed it: no document type, no entities, 32 MB at most.
"""

import io
import math
import re
import warnings
from collections.abc import Iterable
from typing import Any, TypeAlias

from seismonet.core.errors import FormatError
from seismonet.core.inventory import OPEN_END_NS, Channel, ChannelTable, Station
from seismonet.core.sourceid import INSTRUMENT_GROUPS, SourceId

Inventory: TypeAlias = Any  # obspy.core.inventory.Inventory, which has no types and is imported when first used

MAX_BYTES = 32 * 1024 * 1024
CENTAUR_CLIP_COUNTS = 8.0e6
"""+-20 V at 4.0e5 counts/V; the other input ranges of the Nanometrics Centaur end at the same count (NRL)."""
ADC_CLIP_COUNTS = 0.9 * 2**23
"""No 24-bit converter counts beyond 2**23, and its analog side gives up somewhat earlier."""

SOH_CODES = frozenset(
    re.findall(
        r"\w+",
        """
        LOG ACE OCF SOH LCE LCQ LCC LPL LCL GNS GST GLA GLO GEL GPL GAN GAZ VDT VEI VEC VEP VPB VFP VKI VCO VTW
        VM1 VM2 VM3 VM4 VM5 VM6 VMU VMV VMW VMZ VMN VME EX1 EX2 EX3 BCI BDA QBD QBP QDG QDL QDR QEF QG1 QGD QID QLD
        QPD QRD QRT QTH QTP QWD
        """,
    )
)
"""State-of-health channels of common digitizers; some look like seismic ones (GNS is no accelerometer)."""
SOH_TYPES = frozenset({"HEALTH", "FLAG", "MAINTENANCE"})
"""StationXML channel types that are not ground motion."""

_METRES = {"": 1.0, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "m": 1e-3, "c": 1e-2, "k": 1e3}
_UNIT = re.compile(r"(n|u|µ|m|c|k)?m/(?:s|sec)(\*\*2|\^2|2|/s|/sec)?")
_FULL_SCALE = re.compile(r"full scale (\d+(?:\.\d+)?(?:e\d+)?) counts")
_ENCODING = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ASCII_FAMILY = re.compile(r"utf-?8|us-ascii|ascii|iso-?8859-\d+|latin-?1|windows-125\d", re.IGNORECASE)
_ORIENTATION = {"Z": (0.0, -90.0), "N": (0.0, 0.0), "E": (90.0, 0.0)}


def guard(data: bytes) -> bytes:
    """The document itself when a parser may see it; FormatError otherwise.

    Refused are documents above 32 MB, anything with a document type or an entity declaration (external files, exploding
    text), and encodings in which those could hide from a search of the bytes.
    """
    if len(data) > MAX_BYTES:
        raise FormatError(
            f"StationXML of {len(data) / 1e6:.0f} MB: at most {MAX_BYTES // 2**20} MB, split it by network"
        )
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.startswith(b"<"):
        raise FormatError("not StationXML: the first character is no '<'; give a StationXML file")
    declared = _ENCODING.match(head)
    if b"\0" in head[:64] or (declared and not _ASCII_FAMILY.fullmatch(declared[1].decode())):
        raise FormatError("StationXML in an encoding that is not accepted: convert it to UTF-8")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise FormatError(
            "StationXML with a document type (DTD), which may hide entities: remove the <!DOCTYPE …> part"
        )
    return data


def parse(data: bytes, faults: list[str] | None = None) -> Inventory:
    """ObsPy's Inventory of a StationXML document.

    What ObsPy leaves out (a channel without coordinates) is a FormatError, or goes to ``faults`` when a list is given.
    """
    import obspy

    if b"FDSNStationXML" not in guard(data):
        raise FormatError("XML, but not StationXML: there is no FDSNStationXML element")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            inventory = obspy.read_inventory(io.BytesIO(data), format="STATIONXML")
        except MemoryError:
            raise  # says nothing about the document
        except Exception as error:  # ObsPy lets through whatever its XML library and its own classes raise
            raise FormatError(f"broken StationXML: {_one_line(error)}") from error
    for warning in caught:
        if "will not be part of" in str(warning.message):
            _fault(_one_line(warning.message), faults)
    return inventory


def channel_table(source: bytes | Inventory, faults: list[str] | None = None) -> ChannelTable:
    """Every epoch of every channel that records ground velocity or acceleration, sensitivities in counts per SI unit.

    State-of-health channels and other quantities (pressure, temperature, displacement) are left out.

    Parameters
    ----------
    source : bytes of a StationXML document, or an ObsPy Inventory
    faults : list, optional
        Channels that cannot be used are left out and described here. Without it the first one is an error.

    Raises
    ------
    FormatError
        Not StationXML; a sensitivity that is missing, zero or not finite; a name that is none.
    """
    inventory = parse(source, faults) if isinstance(source, bytes) else source
    stations: list[Station] = []
    channels: list[Channel] = []
    for network in inventory:
        for station in network:
            stations.append(_station(network, station))
            for channel in station:
                try:
                    found = _channel(network, station, channel)
                except FormatError as error:
                    _fault(str(error), faults)
                    continue
                if found:
                    channels.append(found)
    return merge([ChannelTable.of(stations, channels)], faults)


def merge(tables: Iterable[ChannelTable], faults: list[str] | None = None) -> ChannelTable:
    """One table of several; what two say alike stands once, a contradiction is a fault (the first one stays)."""
    stations: dict[tuple[str, int], Station] = {}
    channels: dict[tuple[SourceId, int], Channel] = {}
    for table in tables:
        for station in table.stations:
            known = stations.setdefault((station.station_code, station.start_ns), station)
            if (known.latitude, known.longitude) != (station.latitude, station.longitude):
                _fault(f"{station.station_code}: two places from the same date: remove the wrong one", faults)
        for channel in table.channels:
            first = channels.setdefault((channel.source_id, channel.start_ns), channel)
            if first != channel:
                _fault(f"{channel.source_id}: described twice from the same date, differently: remove one", faults)
    return ChannelTable.of(stations.values(), channels.values())


def si_unit(name: str) -> tuple[str, float] | None:
    """Quantity and size in SI of a unit of ground motion; None for any other unit.

    >>> si_unit("M/S**2"), si_unit("nm/s"), si_unit("PA")
    (('acceleration', 1.0), ('velocity', 1e-09), None)
    """
    match = _UNIT.fullmatch(name.strip().lower().replace(" ", ""))
    if not match:
        return None
    return ("acceleration" if match[2] else "velocity"), _METRES[match[1] or ""]


def is_soh(code: str, types: Iterable[str] = ()) -> bool:
    """Is this a state-of-health channel, by its code or its StationXML types?"""
    return code in SOH_CODES or any(kind in SOH_TYPES for kind in types)


def _station(network: Any, station: Any) -> Station:
    start_ns, end_ns = _span(station)
    name = (station.site.name if station.site else "") or ""
    place = (float(station.latitude), float(station.longitude), float(station.elevation))
    return Station(network.code, station.code, start_ns, end_ns, *place, name=name)


def _channel(network: Any, station: Any, channel: Any) -> Channel | None:
    location = (channel.location_code or "").strip().replace("--", "")
    label = f"{network.code}.{station.code}.{location}.{channel.code}"
    motion = _motion(channel, label)
    if motion is None:
        return None
    quantity, scale = motion
    sensitivity = _sensitivity(channel, label) / scale
    try:
        source_id = SourceId(network.code, station.code, location, channel.code)
    except ValueError as error:
        raise FormatError(f"{label}: {error}") from error
    start_ns, end_ns = _span(channel)
    usual = _ORIENTATION.get(channel.code[-1], (math.nan, math.nan))
    return Channel(
        source_id,
        start_ns,
        end_ns,
        latitude=float(channel.latitude),
        longitude=float(channel.longitude),
        elevation_m=float(channel.elevation),
        depth_m=float(channel.depth or 0.0),
        azimuth_deg=usual[0] if channel.azimuth is None else float(channel.azimuth),
        dip_deg=usual[1] if channel.dip is None else float(channel.dip),
        rate_hz=float(channel.sample_rate or 0.0),
        quantity=quantity,
        sensitivity=sensitivity,
        clip_counts=_clip_counts(channel),
        sensor=_describe(channel.sensor),
    )


def _motion(channel: Any, label: str) -> tuple[str, float] | None:
    """Quantity and size of the input unit, None when this is no channel of ground motion."""
    if is_soh(channel.code, channel.types or ()):
        return None
    units = _input_units(channel.response)
    if units:
        return si_unit(units)
    if len(channel.code) == 3 and channel.code[1] in INSTRUMENT_GROUPS and channel.code[2] in "ZNE123UVWRT":
        raise FormatError(f"{label}: no response with input units; add the response (seismonet stations import)")
    return None


def _input_units(response: Any) -> str:
    if response is None:
        return ""
    sensitivity = response.instrument_sensitivity
    if sensitivity is not None and sensitivity.input_units:
        return str(sensitivity.input_units)
    if response.instrument_polynomial is not None:
        return str(response.instrument_polynomial.input_units or "")
    stages = response.response_stages or []
    return str(stages[0].input_units or "") if stages else ""


def _sensitivity(channel: Any, label: str) -> float:
    found = channel.response.instrument_sensitivity
    value = 0.0 if found is None or found.value is None else float(found.value)
    if value == 0.0 or not math.isfinite(value):
        kind = "no" if found is None or found.value is None else f"an InstrumentSensitivity of {value:g}, which is no"
        raise FormatError(
            f"{label}: {kind} sensitivity: mend the StationXML (seismonet stations check names every fault)"
        )
    return value


def _clip_counts(channel: Any) -> float:
    """Full scale in counts: as a Comment says, of a known digitizer, of any converter behind a sensor, else unknown."""
    for comment in channel.comments or ():
        said = _FULL_SCALE.search(str(comment.value or ""))
        if said:
            return float(said[1])
    if "centaur" in _describe(channel.data_logger).lower():
        return CENTAUR_CLIP_COUNTS
    stages = channel.response.response_stages or []
    analog = any(str(stage.output_units or "").strip().lower() in ("v", "volt", "volts") for stage in stages)
    return ADC_CLIP_COUNTS if analog else math.inf


def _describe(equipment: Any) -> str:
    if equipment is None:
        return ""
    named = " ".join(part for part in (equipment.manufacturer, equipment.model) if part)
    return str(equipment.description or named or equipment.type or "")


def _span(node: Any) -> tuple[int, int]:
    """Start and end; dates beyond the range of int64 nanoseconds (year 2262), as used for "still open", mean open."""
    start = -OPEN_END_NS if node.start_date is None else max(int(node.start_date.ns), -OPEN_END_NS)
    end = OPEN_END_NS if node.end_date is None else min(int(node.end_date.ns), OPEN_END_NS)
    return start, end


def _fault(text: str, faults: list[str] | None) -> None:
    if faults is None:
        raise FormatError(text)
    faults.append(text)


def _one_line(problem: object) -> str:
    text = " ".join(str(problem).split())
    return text[:200] or type(problem).__name__

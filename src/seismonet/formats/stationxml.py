"""StationXML to the channel table.

The rule this file owns: no XML parser sees a document that declares a DTD or is larger than 32 MB.
"""

import io
from typing import Any

import numpy as np

from seismonet.core.errors import FormatError
from seismonet.core.inventory import OPEN_END_NS, Channel, ChannelTable, Station
from seismonet.core.sourceid import SourceId

MAX_BYTES = 32 * 1024 * 1024
FULL_SCALE_24_BIT = float(2**23 - 1)
UNITS = {
    "m/s": ("velocity", 1.0),
    "nm/s": ("velocity", 1e9),
    "um/s": ("velocity", 1e6),
    "mm/s": ("velocity", 1e3),
    "cm/s": ("velocity", 1e2),
    "m/s**2": ("acceleration", 1.0),
    "nm/s**2": ("acceleration", 1e9),
    "mm/s**2": ("acceleration", 1e3),
    "cm/s**2": ("acceleration", 1e2),
    "gal": ("acceleration", 1e2),
}


def parse(data: bytes, name: str) -> Any:
    """ObsPy's Inventory of a StationXML document; FormatError in one line otherwise. ``name`` is for the message."""
    if len(data) > MAX_BYTES:
        raise FormatError(f"{name}: StationXML of {len(data) / 1e6:.0f} MB is refused; split it (limit 32 MB)")
    head = data[:65536].lstrip()
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise FormatError(f"{name}: declares a DTD, which StationXML never needs; remove the DOCTYPE")
    if not head.startswith((b"<", b"\xef\xbb\xbf<")) or b"FDSNStationXML" not in data[:65536]:
        raise FormatError(f"{name}: not StationXML (no FDSNStationXML element); give a station metadata file")
    from obspy import read_inventory

    try:
        return read_inventory(io.BytesIO(data), format="STATIONXML")
    except Exception as error:  # a document is one record: whatever ObsPy's parser raises means it cannot be read
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise FormatError(f"{name}: StationXML cannot be read: {reason}") from error


def quantity(units: str) -> tuple[str, float] | None:
    """What a unit measures, and how many of it make one SI unit; None for anything but ground motion.

    >>> quantity("M/S**2"), quantity("NM/S"), quantity("PA")
    (('acceleration', 1.0), ('velocity', 1000000000.0), None)
    """
    text = units.strip().lower().replace("^2", "**2").replace("/s/s", "/s**2").replace("/s2", "/s**2")
    return UNITS.get(text.replace("(", "").replace(")", ""))


def channel_table(inventory: Any, name: str = "metadata") -> ChannelTable:
    """The stations and ground-motion channels of an ObsPy Inventory.

    Channels of other units (state of health, pressure) are left out. FormatError names a channel whose sensitivity is
    missing, zero or not a number, as its samples could not be turned into ground motion.
    """
    stations: list[Station] = []
    channels: list[Channel] = []
    for network in inventory:
        for station in network:
            place = (float(station.latitude), float(station.longitude), float(station.elevation))
            start, end = _ns(station.start_date, -OPEN_END_NS), _ns(station.end_date, OPEN_END_NS)
            site = station.site.name if station.site and station.site.name else ""
            stations.append(Station(network.code, station.code, start, end, *place, site))
            for channel in station:
                one = _channel(network.code, station.code, channel, name)
                if one is not None:
                    channels.append(one)
    return ChannelTable.of(stations, channels)


def _channel(network: str, station: str, channel: Any, name: str) -> Channel | None:
    location = channel.location_code.strip().replace("--", "")
    where = f"{name}: channel {network}.{station}.{location}.{channel.code}"
    response = channel.response
    sensitivity = response.instrument_sensitivity if response is not None else None
    if sensitivity is None:
        if is_ground_motion(channel.code):
            raise FormatError(f"{where} has no InstrumentSensitivity; add it, or leave the channel out")
        return None
    measured = quantity(str(sensitivity.input_units or ""))
    if measured is None:
        return None
    value = sensitivity.value
    if value is None or not np.isfinite(value) or value == 0:
        raise FormatError(f"{where} has a sensitivity of {value}; give counts per {sensitivity.input_units}")
    try:
        source_id = SourceId(network, station, location, channel.code)
    except ValueError as error:
        raise FormatError(f"{where}: {error}") from error
    kind, per_si = measured
    return Channel(
        source_id,
        _ns(channel.start_date, -OPEN_END_NS),
        _ns(channel.end_date, OPEN_END_NS),
        float(channel.latitude),
        float(channel.longitude),
        float(channel.elevation),
        float(channel.depth or 0.0),
        float(channel.azimuth) if channel.azimuth is not None else float("nan"),
        float(channel.dip) if channel.dip is not None else float("nan"),
        float(channel.sample_rate or 0.0),
        kind,
        abs(float(value)) * per_si,
        clip_counts(channel),
        str(channel.sensor.type or channel.sensor.description or "") if channel.sensor else "",
    )


def is_ground_motion(code: str) -> bool:
    """Does a channel code name a ground-motion channel (a seismometer's or an accelerometer's)?"""
    return len(code) == 3 and code[0] in "EHSBCFGDM" and code[1] in "HLNG"


def clip_counts(channel: Any) -> float:
    """Counts beyond which samples are clipped: nine tenths of what a 24-bit converter can give.

    Digitizers of 40 V peak to peak at 2.5 microvolts a count (Centaur) reach 8.0e6 counts, others up to 2**23; a
    datalogger whose full scale is known otherwise can say so by a channel Comment ``full scale N counts``.
    """
    for comment in channel.comments:
        words = str(comment.value or "").lower().split()
        if words[:2] == ["full", "scale"] and words[3:4] == ["counts"]:
            return float(words[2])
    return 0.9 * FULL_SCALE_24_BIT


def _ns(time: Any, missing: int) -> int:
    """Nanoseconds; years that do not fit int64 (after 2262) mean an open end."""
    return missing if time is None else max(-OPEN_END_NS, min(int(time.ns), OPEN_END_NS))

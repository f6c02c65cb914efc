"""Checks of station metadata: every breach of a rule, where it is, and how to mend it.

The rules are in ``stationrules``; here are those on names, dates, places and orientations, and the walk through a
document. State-of-health channels and channels described by a polynomial are exempt from what does not
concern them.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from seismonet.core.geo import distance_km
from seismonet.core.inventory import OPEN_END_NS
from seismonet.core.utc import to_iso

from .stationhonesty import honest_channel, honest_station
from .stationresponse import check_response
from .stationrules import ERROR, Finding, breach
from .stationunits import canonical
from .stationview import ChannelView, NetworkView, Node, StationView, read
from .stationxml import Inventory

MOTION = "HLMN"
"""Second letters of the channel codes that have an orientation."""
_FAR_KM = 1.0
_NORTH_DEG = 5.0


def check(source: bytes | Inventory) -> list[Finding]:
    """Every breach of a rule in a StationXML document, errors first.

    FormatError when it is not StationXML, or nothing that may be parsed.
    """
    networks = read(source)
    findings = [finding for network in networks for finding in _network(network)]
    return sorted(findings, key=lambda finding: (finding.level != ERROR, finding.where, finding.rule))


def _network(network: NetworkView) -> Iterator[Finding]:
    node = network.node
    if not re.fullmatch(r"[A-Z0-9]{1,2}", node.code):
        yield breach(101, node.where, f"{node.code!r} is no network code")
    if node.start_ns is not None and node.start_ns >= node.end_ns:
        yield breach(110, node.where, f"from {_day(node.start_ns)} to {_day(node.end_ns)}")
    yield from _unreadable(node)
    yield from _cover(112, node, [station.node for station in network.stations])
    yield from _overlaps(111, [station.node for station in network.stations], doubles=True)
    for station in network.stations:
        yield from _station(station)


def _station(station: StationView) -> Iterator[Finding]:
    node = station.node
    if not re.fullmatch(r"[A-Z0-9]{1,5}", node.code):
        yield breach(201, node.where, f"{node.code!r} is no station code")
    yield from _dates(210, node)
    yield from _unreadable(node)
    yield from _cover(212, node, [channel.node for channel in station.channels])
    yield from _overlaps(211, [channel.node for channel in station.channels], doubles=False)
    yield from honest_station(station)
    for channel in station.channels:
        yield from _channel(channel)
        yield from _distance(channel.node, node)
        yield from honest_channel(channel, station)


def _channel(channel: ChannelView) -> Iterator[Finding]:
    node = channel.node
    if not re.fullmatch(r"[A-Z0-9]{3}", node.code):
        yield breach(301, node.where, f"{node.code!r} is no channel code")
    if not re.fullmatch(r"[A-Z0-9]{0,2}| {2}|--", channel.location):
        yield breach(302, node.where, f"{channel.location!r} is no location code")
    if channel.calibration_units and canonical(channel.calibration_units) is None:
        yield breach(303, node.where, f"{channel.calibration_units!r} is no unit")
    yield from _dates(310, node)
    yield from _unreadable(node)
    if channel.soh:
        return
    if not channel.sensor:
        yield breach(304, node.where, "the sensor has no description")
    if not channel.rate_hz and channel.response is not None:
        yield breach(305, node.where, "there is a response, but no sampling rate")
    yield from _orientation(channel)
    yield from check_response(channel)


def _unreadable(node: Node) -> Iterator[Finding]:
    for problem in node.broken:
        yield breach(900, node.where, problem)


def _dates(rule: int, node: Node) -> Iterator[Finding]:
    if node.start_ns is None:
        yield breach(rule, node.where, "there is no start")
    elif node.start_ns >= node.end_ns:
        yield breach(rule, node.where, f"from {_day(node.start_ns)} to {_day(node.end_ns)}")


def _cover(rule: int, parent: Node, children: Sequence[Node]) -> Iterator[Finding]:
    for child in children:
        early = parent.start_ns is not None and child.start_ns is not None and child.start_ns < parent.start_ns
        if early or child.end_ns > parent.end_ns:
            yield breach(rule, child.where, f"{_span(child)} is not within {_span(parent)} of {parent.where}")


def _overlaps(rule: int, nodes: Sequence[Node], doubles: bool) -> Iterator[Finding]:
    """Neighbouring epochs of one name that overlap; with ``doubles`` equal dates are no overlap (one told in parts)."""
    ordered = sorted(nodes, key=lambda node: (node.where, _start(node), node.end_ns))
    for first, second in pairwise(ordered):
        same = doubles and (first.start_ns, first.end_ns) == (second.start_ns, second.end_ns)
        if first.where == second.where and _start(second) < first.end_ns and not same:
            yield breach(rule, first.where, f"{_span(first)} and {_span(second)} overlap")


def _distance(channel: Node, station: Node) -> Iterator[Finding]:
    places = (channel.latitude, channel.longitude, station.latitude, station.longitude)
    if None not in places:
        apart_km = float(distance_km(*places))  # type: ignore[arg-type]
        if apart_km > _FAR_KM:
            yield breach(222, channel.where, f"{apart_km:.1f} km from its station")
    if channel.elevation_m is not None and station.elevation_m is not None:
        higher_km = (channel.elevation_m - station.elevation_m) / 1000
        if abs(higher_km) > _FAR_KM:
            yield breach(223, channel.where, f"{higher_km:+.1f} km above its station")


def _orientation(channel: ChannelView) -> Iterator[Finding]:
    node = channel.node
    if len(node.code) != 3 or channel.instrument not in MOTION:
        return
    if channel.azimuth is None or channel.dip is None:
        missing = [name for name, value in (("azimuth", channel.azimuth), ("dip", channel.dip)) if value is None]
        yield breach(320, node.where, f"no {' and no '.join(missing)}")
        return
    said = f"azimuth {channel.azimuth:g}, dip {channel.dip:g}"
    letter = node.code[2]
    if letter in "NE":
        off_axis = (channel.azimuth - (0 if letter == "N" else 90)) % 180
        if min(off_axis, 180 - off_axis) > _NORTH_DEG or abs(channel.dip) > _NORTH_DEG:
            yield breach(332 if letter == "N" else 333, node.where, said)
    elif letter == "Z" and abs(channel.dip) < 90 - _NORTH_DEG:
        yield breach(334, node.where, said)


def _start(node: Node) -> int:
    """Start of an epoch; without one it goes back for ever. 1970-01-01 is 0, and a date like any other."""
    return -OPEN_END_NS if node.start_ns is None else node.start_ns


def _day(ns: int) -> str:
    return "now" if ns >= OPEN_END_NS else to_iso(ns, 0)[:10]


def _span(node: Node) -> str:
    return f"{'ever' if node.start_ns is None else _day(node.start_ns)} to {_day(node.end_ns)}"

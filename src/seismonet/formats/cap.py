"""A message as CAP 1.2 (OASIS, 1 July 2010): what civil-defence systems, broadcasters and sirens read.

The rule this file owns: order, form and enumerations of the standard (``formats/capcheck.py`` holds its rules, each on
its own); one ``info`` block a language, all with the same values. Times are to the second with a numeric offset, never
with Z.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.utc import from_iso

from .alertjson import local
from .alertmessage import Message, MessageOrigin, MessageTarget
from .alerttext import intensity_class, phase, sender_name, sureness, text
from .texttemplates import Templates

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
FELT = 4
"""The area is where this intensity (MSK-64) is reached."""
CORNERS = 36
SEVERITIES = ((9, "Extreme"), (7, "Severe"), (5, "Moderate"), (0, "Minor"))
CERTAINTIES = {"observed": "Observed", "likely": "Likely", "possible": "Possible", "unlikely": "Unlikely"}


def cap(message: Message, templates: Sequence[Templates], now_ns: int | None = None) -> bytes:
    """A message as a CAP document in the languages given, the first the most important.

    ``now_ns`` is when it will be read, as in :func:`seismonet.formats.alerttext.text`.
    """
    from lxml import etree

    now_ns = from_iso(message.sent) if now_ns is None else now_ns
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    _add(root, _head(message))
    for words in templates:
        info = etree.SubElement(root, f"{{{NAMESPACE}}}info")
        _add(info, _info(message, words, now_ns))
        for name, value in _parameters(message, words, now_ns):
            _add(etree.SubElement(info, f"{{{NAMESPACE}}}parameter"), [("valueName", name), ("value", value)])
        _add(etree.SubElement(info, f"{{{NAMESPACE}}}area"), _area(message, words, now_ns))
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def severity(message: Message) -> str:
    """By the strongest shaking among places where people live, or among all when nobody lives at any."""
    if message.type == "Cancel":
        return "Minor"
    inhabited = [one for one in message.targets if _inhabited(one)] or list(message.targets)
    if not inhabited:
        return "Unknown"
    strongest = intensity_class(max(one.intensity for one in inhabited))
    return next(name for least, name in SEVERITIES if strongest >= least)


def ring(latitude: float, longitude: float, radius_km: float, corners: int = CORNERS) -> list[tuple[float, float]]:
    """A circle on the Earth as a closed ring of latitude and longitude, clockwise from north.

    >>> [tuple(round(one) for one in corner) for corner in ring(0.0, 0.0, 1111.95, 4)]
    [(10, 0), (0, 10), (-10, 0), (0, -10), (10, 0)]
    """
    azimuth = np.linspace(0.0, 2 * np.pi, corners, endpoint=False)
    far = np.deg2rad(min(radius_km / KM_PER_DEGREE, 90.0))
    phi = np.deg2rad(latitude)
    corner_phi = np.arcsin(np.clip(np.sin(phi) * np.cos(far) + np.cos(phi) * np.sin(far) * np.cos(azimuth), -1, 1))
    east = np.arctan2(np.sin(azimuth) * np.sin(far) * np.cos(phi), np.cos(far) - np.sin(phi) * np.sin(corner_phi))
    corner_longitude = (longitude + np.rad2deg(east) + 180.0) % 360.0 - 180.0
    points = [(float(one), float(other)) for one, other in zip(np.rad2deg(corner_phi), corner_longitude, strict=True)]
    return [*points, points[0]]


def _add(parent: "Element", items: Sequence[tuple[str, str]] | Iterator[tuple[str, str]]) -> None:
    from lxml import etree

    for name, value in items:
        etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = value


def _head(message: Message) -> Iterator[tuple[str, str]]:
    public = message.audience == "public"
    yield "identifier", message.identifier
    yield "sender", message.sender.id
    yield "sent", _local(message, message.sent)
    yield "status", message.status
    yield "msgType", message.type
    yield "source", "seismonet"
    yield "scope", "Public" if public else "Restricted"
    if not public:
        yield "restriction", f"for receivers of class {message.audience}"
    if message.status != "Actual":
        yield "note", f"{message.status}: no real warning"
    elif message.type == "Cancel":
        yield "note", message.reason or "withdrawn"
    if message.references:
        yield "references", " ".join(message.references)
    yield "incidents", message.event_id


def _info(message: Message, words: Templates, now_ns: int) -> Iterator[tuple[str, str]]:
    told = text(message, words, now_ns=now_ns)
    standing = phase(message, None, now_ns)
    yield "language", words.tag
    yield "category", "Geo"
    yield "event", words.say("words.event")
    yield "responseType", _response(message, standing)
    yield "urgency", "Immediate" if standing == "ahead" else "Past"
    yield "severity", severity(message)
    yield "certainty", "Unlikely" if standing == "cancel" else CERTAINTIES[sureness(message)]
    yield "audience", message.audience
    yield "effective", _local(message, message.sent)
    yield "onset", _local(message, _onset(message))
    yield "expires", _local(message, message.expires)
    yield "senderName", sender_name(message, words)
    yield "headline", told.headline
    yield "description", told.description
    yield "instruction", told.instruction
    if message.sender.contact:
        yield "contact", message.sender.contact


def _response(message: Message, standing: str) -> str:
    if standing != "ahead":
        return "AllClear" if standing == "cancel" else "Monitor"
    if message.targets and intensity_class(message.targets[0].intensity) < FELT:
        return "None"
    return "Execute" if message.audience == "operator" else "Shelter"


def _onset(message: Message) -> str:
    """When the shaking begins at the first of the places."""
    first = min((one.s_early for one in message.targets), default=None)
    return first or (message.origin.time if message.origin is not None else message.created)


def _parameters(message: Message, words: Templates, now_ns: int) -> Iterator[tuple[str, str]]:
    """What machines want that CAP has no element for; the same in all languages but the short text."""
    yield "EventId", message.event_id
    yield "Version", str(message.version)
    yield "State", message.state
    yield "Basis", message.method.basis
    yield "Likelihood", f"{message.likelihood:g}"
    yield "Stations", str(len(message.stations))
    if message.origin is not None:
        yield "OriginTime", message.origin.time
        yield "Latitude", f"{message.origin.latitude:g}"
        yield "Longitude", f"{message.origin.longitude:g}"
        if message.origin.depth is not None:
            yield "DepthKm", f"{message.origin.depth.median_km:g}"
    if message.magnitude is not None:
        yield "Magnitude", f"{message.magnitude.value:g}"
        yield "MagnitudeType", message.magnitude.type
        yield "MagnitudeIsLowerBound", str(message.magnitude.is_lower_bound).lower()
    yield "NetworkStatus", message.method.network_status
    if message.drill:
        yield "Drill", "true"
    if message.simulated:
        yield "Simulated", "true"
    for one in message.targets:
        yield "Intensity", f"{one.name}: MSK {one.intensity:g} +- {one.sd:g}, S waves {one.s_time}"
    yield "ShortText", text(message, words, now_ns=now_ns).sms


def _area(message: Message, words: Templates, now_ns: int) -> Iterator[tuple[str, str]]:
    felt = [one for one in message.targets if intensity_class(one.intensity) >= FELT]
    names = ", ".join(one.names.get(words.language, one.name) for one in felt)
    yield "areaDesc", names or text(message, words, now_ns=now_ns).place
    radius_km = _radius_km(message)
    if message.origin is None or radius_km is None:
        return
    at = message.origin.latitude, message.origin.longitude
    if _has_ring(message.origin, radius_km):
        yield "polygon", " ".join(f"{one:.4f},{other:.4f}" for one, other in ring(*at, radius_km))
    yield "circle", f"{at[0]:.4f},{at[1]:.4f} {radius_km:.1f}"


def _has_ring(origin: MessageOrigin, radius_km: float) -> bool:
    """Rings about a pole or across the 180th meridian mean something else in the plane of CAP's polygons."""
    degrees = radius_km / KM_PER_DEGREE
    wide = degrees / max(np.cos(np.deg2rad(origin.latitude)), 1e-3)
    return degrees > 0.001 and abs(origin.latitude) + degrees < 89 and abs(origin.longitude) + 2 * wide < 180


def _radius_km(message: Message) -> float | None:
    """Of intensity IV; where nobody can say, of the place where the earthquake is."""
    felt = next((one.radius_km for one in message.regions if one.intensity == FELT), None)
    if felt is not None or message.origin is None:
        return felt
    return message.origin.r68_km


def _inhabited(target: MessageTarget) -> bool:
    return bool(target.population) or any(one in target.kind for one in ("city", "town", "village", "district"))


def _local(message: Message, moment: str) -> str:
    return local(from_iso(moment), message.sender.local_offset)

"""A message as other programs read it: GeoJSON for maps, QuakeML for catalogues.

Both are views: what they leave out stands in the canonical JSON, whose identifier they name.
"""

import json
from typing import TYPE_CHECKING, Any

from .alertmessage import Message, MessageMagnitude, MessageOrigin
from .cap import ring
from .quakeml import authority

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

QUAKEML = "http://quakeml.org/xmlns/quakeml/1.2"
BED = "http://quakeml.org/xmlns/bed/1.2"
M_PER_KM = 1000.0


def alert_geojson(message: Message) -> bytes:
    """The epicentre, how far each intensity reaches, and all places whose coordinates are known, as features.

    The property ``kind`` of a feature is ``epicentre``, ``region`` or ``target``.
    """
    features = [*_epicentre(message), *_regions(message), *_targets(message)]
    collection = {
        "type": "FeatureCollection",
        "metadata": {
            "identifier": message.identifier,
            "type": message.type,
            "status": message.status,
            "sent": message.sent,
            "expires": message.expires,
        },
        "features": features,
    }
    return (json.dumps(collection, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _feature(geometry: dict[str, Any], **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _epicentre(message: Message) -> list[dict[str, Any]]:
    origin, size = message.origin, message.magnitude
    if origin is None:
        return []
    return [
        _feature(
            {"type": "Point", "coordinates": [origin.longitude, origin.latitude]},
            kind="epicentre",
            time=origin.time,
            depth_km=origin.depth.median_km if origin.depth is not None else None,
            r68_km=origin.r68_km,
            magnitude=size.value if size is not None else None,
            magnitude_type=size.type if size is not None else None,
            likelihood=message.likelihood,
        )
    ]


def _regions(message: Message) -> list[dict[str, Any]]:
    """Rings are counter-clockwise here (RFC 7946)."""
    if message.origin is None:
        return []
    at = message.origin.latitude, message.origin.longitude
    found = []
    for region in message.regions:
        corners = [[round(east, 4), round(north, 4)] for north, east in reversed(ring(*at, region.radius_km))]
        polygon = {"type": "Polygon", "coordinates": [corners]}
        found.append(_feature(polygon, kind="region", intensity=region.intensity, radius_km=region.radius_km))
    return found


def _targets(message: Message) -> list[dict[str, Any]]:
    return [
        _feature(
            {"type": "Point", "coordinates": [one.longitude, one.latitude]},
            kind="target",
            name=one.name,
            names=one.names,
            place=one.kind,
            intensity=one.intensity,
            sd=one.sd,
            s_time=one.s_time,
            lead_s=one.lead_s,
            blind=one.blind,
        )
        for one in message.targets
        if one.latitude is not None and one.longitude is not None
    ]


def alert_quakeml(message: Message) -> bytes:
    """The event of a message as QuakeML 1.2: an origin and a magnitude as far as there are any, no picks."""
    from lxml import etree

    own = f"smi:{authority(message.sender.name)}"
    event_id = f"{own}/event/{message.source_event_id or message.event_id}"
    root = etree.Element(f"{{{QUAKEML}}}quakeml", nsmap={"q": QUAKEML, None: BED})
    parameters = _add(root, "eventParameters", publicID=f"{own}/alert/{message.identifier}")
    event = _add(parameters, "event", publicID=event_id)
    origin_id, magnitude_id = (f"{own}/{kind}/{message.identifier}" for kind in ("origin", "magnitude"))
    _told(event, "description", message.reason or message.type, "text")
    _told(event, "comment", f"{message.status} {message.type} {message.identifier}", "text")
    _add(event, "type", "not existing" if message.type == "Cancel" else "earthquake")
    _made(event, message)
    if message.origin is not None:
        _add(event, "preferredOriginID", origin_id)
        _origin(_add(event, "origin", publicID=origin_id), message, message.origin)
    if message.magnitude is not None:
        _add(event, "preferredMagnitudeID", magnitude_id)
        _magnitude(_add(event, "magnitude", publicID=magnitude_id), message, message.magnitude)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _add(parent: "Element", name: str, text: str | None = None, **attributes: str) -> "Element":
    from lxml import etree

    child = etree.SubElement(parent, f"{{{BED}}}{name}", attributes)
    child.text = text
    return child


def _told(parent: "Element", name: str, text: str, inner: str) -> None:
    _add(_add(parent, name), inner, text)


def _value(parent: "Element", name: str, value: object, uncertainty: float | None = None) -> None:
    quantity = _add(parent, name)
    _add(quantity, "value", str(value))
    if uncertainty is not None:
        _add(quantity, "uncertainty", str(uncertainty))


def _made(parent: "Element", message: Message) -> None:
    made = _add(parent, "creationInfo")
    _add(made, "agencyID", message.sender.network)
    _add(made, "author", "seismonet")
    _add(made, "creationTime", message.created)
    _add(made, "version", str(message.version))


def _standing(parent: "Element", message: Message) -> None:
    _add(parent, "evaluationMode", "automatic")
    _add(parent, "evaluationStatus", "rejected" if message.type == "Cancel" else "preliminary")
    _made(parent, message)


def _origin(parent: "Element", message: Message, origin: MessageOrigin) -> None:
    _value(parent, "time", origin.time, origin.time_uncertainty_s)
    _value(parent, "latitude", origin.latitude)
    _value(parent, "longitude", origin.longitude)
    if origin.depth is not None:
        sigma_km = origin.depth.uncertainty_km
        sigma_m = None if sigma_km is None else round(sigma_km * M_PER_KM, 1)
        _value(parent, "depth", round(origin.depth.median_km * M_PER_KM, 1), sigma_m)
    if origin.r68_km is not None:
        uncertainty = _add(parent, "originUncertainty")
        _add(uncertainty, "horizontalUncertainty", str(round(origin.r68_km * M_PER_KM, 1)))
        _add(uncertainty, "preferredDescription", "horizontal uncertainty")
        _add(uncertainty, "confidenceLevel", "68.0")
    _standing(parent, message)


def _magnitude(parent: "Element", message: Message, size: MessageMagnitude) -> None:
    _value(parent, "mag", size.value, size.sigma)
    _add(parent, "type", size.type)
    if size.is_lower_bound:
        _told(parent, "comment", "lower bound: the rupture may have outgrown what was measured", "text")
    _standing(parent, message)

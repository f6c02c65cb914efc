"""Events as GeoJSON in the style of USGS's feeds, and where they are, in words.

Field names, units (depth km, ``time`` and ``updated`` in milliseconds, ``dmin`` in degrees) and the comma-fenced lists
follow the USGS GeoJSON summary format, so that what reads those feeds reads these; what that has no field for comes
after it, under names in the same style, lengths in km.
"""

import json
from collections.abc import Sequence
from typing import Any

from seismonet.core.event import Event, Origin
from seismonet.core.geo import KM_PER_DEGREE

from .jsonlines import finite

WINDS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")


def geojson(events: Sequence[Event], *, agency: str = "seismonet") -> str:
    """A feature collection of events, in the order given; ``agency`` stands where USGS has the network's code."""
    features = [_feature(event, agency) for event in events]
    metadata = {"title": f"Earthquakes located by {agency}", "count": len(features)}
    document = {"type": "FeatureCollection", "metadata": metadata, "features": features}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def coordinates(latitude: float, longitude: float) -> str:
    """Coordinates for people.

    >>> coordinates(38.2, -72.7)
    '38.20°N 72.70°W'
    """
    north, east = "S" if latitude < 0 else "N", "W" if longitude < 0 else "E"
    return f"{abs(latitude):.2f}°{north} {abs(longitude):.2f}°{east}"


def place(origin: Origin) -> str:
    """Where an epicentre is, seen from the nearest station that recorded it (``40 km NNE of station TJ.SAREZ``)."""
    nearest = min(origin.arrivals, key=lambda one: one.distance_km, default=None)
    if nearest is None:
        return coordinates(origin.latitude, origin.longitude)
    seen_from_station = WINDS[round((nearest.azimuth_deg + 180.0) / 22.5) % 16]
    return f"{nearest.distance_km:.0f} km {seen_from_station} of station {nearest.source_id.station_code}"


def sureness(event: Event) -> dict[str, Any]:
    """How sure it is, in fields that USGS's feeds have not; None for what is not known.

    The place where the earthquake may have been instead is ``other...``; ``deaf`` are the stations that could not
    contribute.
    """
    sure, size = event.origin.confidence, event.magnitude
    other = sure.modes[1] if sure is not None and len(sure.modes) > 1 else None

    def of(one: object, name: str, digits: int) -> float | None:
        value = finite(getattr(one, name)) if one is not None else None
        return None if value is None else round(value, digits)

    return {
        "state": event.state if event.event_type == "earthquake" else "cancelled",
        "reason": event.reason or None,
        "quality": sure.quality if sure else None,
        "radius50": of(sure, "radius_50_km", 2),
        "radius90": of(sure, "radius_90_km", 2),
        "ellipseMajor": of(sure, "major_km", 2),
        "ellipseMinor": of(sure, "minor_km", 2),
        "ellipseAzimuth": of(sure, "azimuth_deg", 1),
        "depthLow": of(sure, "depth_low_km", 2),
        "depthHigh": of(sure, "depth_high_km", 2),
        "depthClass": sure.depth_class if sure else None,
        "probabilityShallow": of(sure, "probability_shallow", 3),
        "probabilityDeep": of(sure, "probability_deep", 3),
        "otherLatitude": of(other, "latitude", 4),
        "otherLongitude": of(other, "longitude", 4),
        "otherDepth": of(other, "depth_km", 2),
        "otherProbability": of(other, "probability", 3),
        "deaf": ",".join(sure.deaf) if sure else None,
        "magAtLeast": bool(size.at_least) if size else None,
    }


def _feature(event: Event, agency: str) -> dict[str, Any]:
    origin, magnitude = event.origin, event.magnitude
    exists = event.event_type == "earthquake"
    where = place(origin)
    size = f"M {'≥ ' * magnitude.at_least}{magnitude.value:.1f}" if magnitude else "M ?"
    identity = f"{agency}{event.id}"
    properties = {
        "mag": round(magnitude.value, 2) if magnitude else None,
        "place": where,
        "time": origin.time_ns // 1_000_000,
        "updated": event.issued_ns // 1_000_000,
        "tz": None,
        "url": None,
        "detail": None,
        "felt": None,
        "cdi": None,
        "mmi": None,
        "alert": None,
        "status": "automatic" if exists else "deleted",
        "tsunami": 0,
        "sig": None,
        "net": agency,
        "code": event.id,
        "ids": f",{identity},",
        "sources": f",{agency},",
        "types": ",origin,phase-data,",
        "nst": len(origin.station_codes),
        "dmin": finite(round(origin.minimum_distance_km / KM_PER_DEGREE, 4)),
        "rms": finite(round(origin.rms_s, 3)),
        "gap": finite(round(origin.azimuthal_gap_deg, 1)),
        "magType": magnitude.type if magnitude else None,
        "type": event.event_type,
        "title": f"{size} - {where}",
        "horizontalError": finite(round(origin.horizontal_uncertainty_km, 2)),
        "depthError": finite(round(origin.depth_uncertainty_km, 2)),
        "magError": finite(round(magnitude.uncertainty, 2)) if magnitude else None,
        **sureness(event),
    }
    position = [finite(round(value, 5)) for value in (origin.longitude, origin.latitude, origin.depth_km)]
    geometry = {"type": "Point", "coordinates": position}
    return {"type": "Feature", "id": identity, "properties": properties, "geometry": geometry}

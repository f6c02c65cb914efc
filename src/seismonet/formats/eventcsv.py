"""Events as CSV with the columns of USGS's feeds, and after them how sure it is."""

import csv
import io
import math
from collections.abc import Sequence

from seismonet.core.event import Event
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.utc import to_iso

from .geojson import place, sureness

COLUMNS = (
    "time", "latitude", "longitude", "depth", "mag", "magType", "nst", "gap", "dmin", "rms", "net", "id", "updated",
    "place", "type", "horizontalError", "depthError", "magError", "magNst", "status", "locationSource", "magSource",
    "state", "reason", "quality", "radius50", "radius90", "ellipseMajor", "ellipseMinor", "ellipseAzimuth", "depthLow",
    "depthHigh", "depthClass", "probabilityShallow", "probabilityDeep", "otherLatitude", "otherLongitude", "otherDepth",
    "otherProbability", "deaf", "magAtLeast",
)  # fmt: skip


def event_csv(events: Sequence[Event], *, agency: str = "seismonet") -> str:
    """A header and one line per event, in the order given; behind USGS's columns those of ``geojson.sureness``.

    Depth and errors in km (``horizontalError`` is the 68 % radius), ``gap`` and ``dmin`` in degrees, ``rms`` in s; what
    is not known is empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(event, agency) for event in events)
    return text.getvalue()


def _row(event: Event, agency: str) -> list[str]:
    origin, magnitude = event.origin, event.magnitude
    status = "automatic" if event.event_type == "earthquake" else "deleted"
    return [
        to_iso(origin.time_ns, 3),
        _number(origin.latitude, 4),
        _number(origin.longitude, 4),
        _number(origin.depth_km, 2),
        _number(magnitude.value, 2) if magnitude else "",
        magnitude.type if magnitude else "",
        str(len(origin.station_codes)),
        _number(origin.azimuthal_gap_deg, 1),
        _number(origin.minimum_distance_km / KM_PER_DEGREE, 4),
        _number(origin.rms_s, 3),
        agency,
        event.id,
        to_iso(event.issued_ns, 3),
        place(origin),
        event.event_type,
        _number(origin.horizontal_uncertainty_km, 2),
        _number(origin.depth_uncertainty_km, 2),
        _number(magnitude.uncertainty, 2) if magnitude else "",
        str(len({one.source_id.station_code for one in magnitude.station_magnitudes if one.used})) if magnitude else "",
        status,
        agency,
        agency if magnitude else "",
        *map(_text, sureness(event).values()),
    ]


def _text(value: object) -> str:
    """As JSON would write it, but without quotes, and nothing for null."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else ""

"""Origins in QuakeML: the preferred one with all that is known of its errors, and where else it may have been."""

import math
from typing import Any

from seismonet.core.event import Confidence, Origin, Place
from seismonet.core.geo import KM_PER_DEGREE

from .quakemlbase import Maker, known, time

RADIUS68_PER_SIGMA = math.sqrt(-2 * math.log(0.32))
"""Radius holding 68 % of a round two-dimensional normal distribution, in standard deviations of one coordinate."""


def origins(maker: Maker) -> list[Any]:
    """The preferred origin, then one of each other mode, which shares its time as no other is known."""
    source = maker.source.origin
    modes = source.confidence.modes[1:] if source.confidence else ()
    return [_preferred(maker, source), *(_other(maker, source, k, one) for k, one in enumerate(modes, start=2))]


def _preferred(maker: Maker, origin: Origin) -> Any:
    north_km, east_km = _sigmas_km(origin)
    return maker.quake.Origin(
        resource_id=maker.origin_id,
        time=time(origin.time_ns),
        time_errors=maker.errors(origin.time_uncertainty_s),
        latitude=origin.latitude,
        latitude_errors=maker.errors(north_km / KM_PER_DEGREE),
        longitude=origin.longitude,
        longitude_errors=maker.errors(east_km / KM_PER_DEGREE / _shrink(origin.latitude)),
        depth=origin.depth_km * 1e3,
        depth_errors=_depth_errors(maker, origin),
        depth_type="from location",
        earth_model_id=maker.name("model", origin.model),
        origin_uncertainty=_uncertainty(maker, origin),
        quality=_quality(maker, origin),
        arrivals=_arrivals(maker, origin),
        origin_type="hypocenter",
        evaluation_mode="automatic",
        evaluation_status=maker.status,
        creation_info=maker.made(maker.source.issued_ns, maker.source.version),
        comments=_comments(maker, origin.confidence),
    )


def _other(maker: Maker, origin: Origin, number: int, place: Place) -> Any:
    name = f"place-{number}"
    told = {"probability": f"probability {place.probability:.3f}; the time is that of the preferred origin"}
    return maker.quake.Origin(
        resource_id=maker.own("origin", name),
        time=time(origin.time_ns),
        latitude=place.latitude,
        longitude=place.longitude,
        depth=place.depth_km * 1e3,
        depth_type="from location",
        earth_model_id=maker.name("model", origin.model),
        origin_type="hypocenter",
        evaluation_mode="automatic",
        evaluation_status=maker.status,
        creation_info=maker.made(maker.source.issued_ns, maker.source.version),
        comments=maker.comments((maker.source.id, maker.source.version, name), told),
    )


def _shrink(latitude: float) -> float:
    return max(math.cos(math.radians(latitude)), 1e-3)


def _sigmas_km(origin: Origin) -> tuple[float, float]:
    """Standard deviations to the north and to the east, of the ellipse, or of the radius where that is all."""
    sure = origin.confidence
    if sure is None or not math.isfinite(sure.major_km + sure.minor_km + sure.azimuth_deg):
        sigma = origin.horizontal_uncertainty_km / RADIUS68_PER_SIGMA
        return sigma, sigma
    angle = math.radians(sure.azimuth_deg)
    major, minor = sure.major_km / RADIUS68_PER_SIGMA, sure.minor_km / RADIUS68_PER_SIGMA
    north = math.hypot(major * math.cos(angle), minor * math.sin(angle))
    return north, math.hypot(major * math.sin(angle), minor * math.cos(angle))


def _depth_errors(maker: Maker, origin: Origin) -> Any:
    """The percentiles too: they are seldom as far above as below."""
    sure = origin.confidence
    if sure is None:
        return maker.errors(origin.depth_uncertainty_km * 1e3)
    below, above = origin.depth_km - sure.depth_low_km, sure.depth_high_km - origin.depth_km
    return maker.errors(origin.depth_uncertainty_km * 1e3, max(below, 0.0) * 1e3, max(above, 0.0) * 1e3)


def _uncertainty(maker: Maker, origin: Origin) -> Any:
    """The radius that holds 68 %, of all modes, and the ellipse of the dominant one."""
    radius_km, sure = origin.horizontal_uncertainty_km, origin.confidence
    if not math.isfinite(radius_km):
        return None
    ellipse = {}
    if sure is not None and math.isfinite(sure.major_km + sure.minor_km + sure.azimuth_deg):
        ellipse = {
            "min_horizontal_uncertainty": sure.minor_km * 1e3,
            "max_horizontal_uncertainty": sure.major_km * 1e3,
            "azimuth_max_horizontal_uncertainty": sure.azimuth_deg % 180.0,
        }
    return maker.quake.OriginUncertainty(
        horizontal_uncertainty=radius_km * 1e3,
        preferred_description="horizontal uncertainty",
        confidence_level=68.0,
        **ellipse,
    )


def _quality(maker: Maker, origin: Origin) -> Any:
    distances = sorted(one.distance_km / KM_PER_DEGREE for one in origin.arrivals)
    used = [one for one in origin.arrivals if one.weight > 0]
    return maker.quake.OriginQuality(
        associated_phase_count=len(origin.arrivals),
        used_phase_count=len(used),
        associated_station_count=len(origin.station_codes),
        used_station_count=len({one.source_id.station_code for one in used}),
        standard_error=known(origin.rms_s),
        azimuthal_gap=known(origin.azimuthal_gap_deg),
        minimum_distance=known(origin.minimum_distance_km / KM_PER_DEGREE),
        maximum_distance=distances[-1] if distances else None,
        median_distance=distances[len(distances) // 2] if distances else None,
    )


def _arrivals(maker: Maker, origin: Origin) -> list[Any]:
    return [
        maker.quake.Arrival(
            resource_id=maker.own("arrival", one.pick_id),
            pick_id=maker.pick_id(one.pick_id),
            phase=one.phase,
            azimuth=known(one.azimuth_deg),
            distance=known(one.distance_km / KM_PER_DEGREE),
            time_residual=known(one.residual_s),
            time_weight=known(one.weight),
        )
        for one in origin.arrivals
    ]


def _comments(maker: Maker, sure: Confidence | None) -> list[Any]:
    """What QuakeML has no element for, a fact each."""
    if sure is None:
        return []
    several = len(sure.modes) > 1
    texts = {
        "quality": f"quality {sure.quality}",
        "depth-class": f"depth class {sure.depth_class}",
        "shallow": f"probability of a depth less than 40 km {sure.probability_shallow:.3f}",
        "deep": f"probability of a depth of 60 km and more {sure.probability_deep:.3f}",
        "radius-50": f"50 % within {sure.radius_50_km:.1f} km",
        "radius-90": f"90 % within {sure.radius_90_km:.1f} km",
        "probability": f"probability {sure.modes[0].probability:.3f}" if several else "",
        "deaf": f"could not contribute: {', '.join(sure.deaf)}" if sure.deaf else "",
    }
    return maker.comments((maker.source.id, maker.source.version), texts)

"""Origins that are as sure as a test wants."""

from seismonet.core.event import Confidence, Origin, Place


def confidence(
    *,
    major_km: float = 0.0,
    minor_km: float = 0.0,
    azimuth_deg: float = 0.0,
    shallow: float = 1.0,
    deep: float = 0.0,
    modes: tuple[Place, ...] = (),
) -> Confidence:
    """How sure an origin is."""
    return Confidence(
        major_km / 1.3, 1.4 * major_km, major_km, minor_km, azimuth_deg, 0.0, 300.0, shallow, deep, modes, "", ""
    )


def origin(
    *,
    latitude: float = 38.0,
    longitude: float = 72.0,
    depth_km: float = 15.0,
    time_ns: int = 1_000_000_000_000_000_000,
    horizontal_km: float = 0.0,
    depth_sigma_km: float = 0.0,
    time_sigma_s: float = 0.0,
    confidence: Confidence | None = None,
) -> Origin:
    """An origin by three stations."""
    return Origin(
        time_ns, latitude, longitude, depth_km, time_sigma_s, horizontal_km, depth_sigma_km, 0.2, 120.0, 50.0, (),
        "iasp91", confidence,
    )  # fmt: skip

"""Distances and azimuths on the Earth.

Travel times are tabulated on a sphere, so geographic latitudes are turned into geocentric ones first; that brings the
distance within 0.35 % of the ellipsoid's geodesic everywhere (tested against GeographicLib's values in ObsPy).
"""

from typing import TypeAlias

import numpy as np

from .arrays import FloatArray

Degrees: TypeAlias = FloatArray | float

KM_PER_DEGREE = 6371.0 * np.pi / 180.0
_FLATTENING = 1 / 298.257223563


def geocentric_deg(latitude_deg: Degrees) -> FloatArray:
    """Geocentric latitude of a geographic (WGS84) one, both in degrees."""
    latitude = np.deg2rad(np.asarray(latitude_deg, dtype=np.float64))
    return np.rad2deg(np.arctan((1 - _FLATTENING) ** 2 * np.tan(latitude)))


def distance_deg(latitude1: Degrees, longitude1: Degrees, latitude2: Degrees, longitude2: Degrees) -> FloatArray:
    """Angular distance in degrees between points given in degrees; arguments broadcast.

    >>> round(float(distance_deg(0.0, 0.0, 0.0, 1.0)), 6)
    1.0
    """
    phi1, phi2 = np.deg2rad(geocentric_deg(latitude1)), np.deg2rad(geocentric_deg(latitude2))
    half_lon = np.deg2rad(np.asarray(longitude2, dtype=np.float64) - longitude1) / 2
    h = np.sin((phi2 - phi1) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lon) ** 2
    return np.asarray(np.rad2deg(2 * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))))


def distance_km(latitude1: Degrees, longitude1: Degrees, latitude2: Degrees, longitude2: Degrees) -> FloatArray:
    """Distance along the surface in km; see :func:`distance_deg`."""
    return distance_deg(latitude1, longitude1, latitude2, longitude2) * KM_PER_DEGREE


def azimuth_deg(latitude1: Degrees, longitude1: Degrees, latitude2: Degrees, longitude2: Degrees) -> FloatArray:
    """Azimuth at point 1 towards point 2, degrees clockwise from north, 0 to 360.

    >>> round(float(azimuth_deg(0.0, 0.0, 0.0, 1.0)), 6)
    90.0
    """
    phi1, phi2 = np.deg2rad(geocentric_deg(latitude1)), np.deg2rad(geocentric_deg(latitude2))
    lon = np.deg2rad(np.asarray(longitude2, dtype=np.float64) - longitude1)
    y = np.sin(lon) * np.cos(phi2)
    x = np.cos(phi1) * np.sin(phi2) - np.sin(phi1) * np.cos(phi2) * np.cos(lon)
    return np.asarray(np.rad2deg(np.arctan2(y, x)) % 360.0)

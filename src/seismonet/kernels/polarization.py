"""How the ground moves in a window of three components: along which line, and how nearly along a line.

Rows of three-component arrays are Z (up), N, E throughout.
"""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray

FLOOR_DEG, DEFLECTION_DEG = 10.0, 6.0
"""What no amplitude removes, standard deviations: of back-azimuths, as the way is no stack of layers and sensors are
not turned exactly north; and of the direction of motion in space, as the ground under the station scatters. The second
counts the more, the steeper the wave. Together some 15 degrees at an incidence of 30, as studies of local and regional
P waves report; ``benchmarks/threecomponents.py`` compares with simulations."""
UNKNOWN_DEG = 104.0
"""Standard deviation of an angle of which nothing is known: 360 / sqrt(12)."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What a window of three components says; angles in degrees, the uncertainty one standard deviation.

    ``backazimuth_deg`` points to where a P wave came from, ``incidence_deg`` is the angle of the motion from the
    vertical, ``rectilinearity`` 1 along a line and 0 for motion the same in all directions; ``vertical_share`` is that
    of the energy.
    """

    backazimuth_deg: float
    uncertainty_deg: float
    incidence_deg: float
    rectilinearity: float
    vertical_share: float


def directions(azimuth_deg: FloatArray, dip_deg: FloatArray) -> FloatArray:
    """(n, 3) unit vectors as Z (up), N, E of n components; dips are down from horizontal, as in StationXML.

    >>> directions(np.array([90.0]), np.array([0.0])).round(6).tolist()
    [[-0.0, 0.0, 1.0]]
    """
    azimuth, dip = np.deg2rad(azimuth_deg), np.deg2rad(dip_deg)
    return np.stack([-np.sin(dip), np.cos(azimuth) * np.cos(dip), np.sin(azimuth) * np.cos(dip)], axis=1)


def independent(azimuth_deg: FloatArray, dip_deg: FloatArray) -> bool:
    """Do three components span space, not nearly a plane?

    >>> independent(np.array([0.0, 0.0, 90.0]), np.array([-90.0, 0.0, 0.0]))
    True
    """
    return bool(abs(np.linalg.det(directions(azimuth_deg, dip_deg))) > 0.1)


def axes(azimuth_deg: FloatArray, dip_deg: FloatArray) -> FloatArray:
    """(3, 3) matrix that turns three :func:`independent` components into Z, N, E.

    >>> turn = axes(np.array([0.0, 45.0, 135.0]), np.array([-90.0, 0.0, 0.0]))
    >>> (turn @ np.array([1.0, 0.0, np.sqrt(2.0)])).round(6).tolist()  # Z and the component to the south-east
    [1.0, -1.0, 1.0]
    """
    return np.asarray(np.linalg.inv(directions(azimuth_deg, dip_deg)))


def turned(samples: FloatArray, matrix: FloatArray) -> FloatArray:
    """(3, n) samples times a (3, 3) matrix, summed in one order whatever n is.

    >>> turned(np.ones((3, 2)), np.eye(3)).tolist()
    [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
    """
    return np.stack([(row[0] * samples[0] + row[1] * samples[1]) + row[2] * samples[2] for row in matrix])


def covariance(samples: FloatArray) -> FloatArray:
    """(3, 3) mean products of (3, n) samples about zero.

    >>> covariance(np.array([[1.0, -1.0], [2.0, -2.0], [0.0, 0.0]])).tolist()
    [[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 0.0]]
    """
    products = [[float(np.mean(one * other)) for other in samples] for one in samples]
    return np.array(products)


def motion(signal: FloatArray, noise: FloatArray, samples: float) -> Motion:
    """Direction of a P wave from the covariances of signal and noise.

    Parameters
    ----------
    signal, noise : (3, 3) as :func:`covariance` gives, of Z, N, E
    samples : number of independent samples in the signal's window: twice its bandwidth times its length

    Notes
    -----
    The principal eigenvector of the covariance, turned so that it points up, points away from the source for either
    polarity (Jurkevics 1988, BSSA 78, 1725-1743). ``rectilinearity = 1 - (l2 + l3) / (2 l1)``. The uncertainty of the
    back-azimuth is that of the direction of a mean of ``samples`` samples whose scatter is the motion transverse to
    the wave, which holds noise and scattered waves alike, divided by the sine of the incidence; the chance that it came
    out upside down is counted in.

    Examples
    --------
    >>> line = np.array([2.0, 1.0, 1.0])  # up and to the north-east: it came from the south-west
    >>> found = motion(np.outer(line, line), np.zeros((3, 3)), 10.0)
    >>> round(found.backazimuth_deg), round(found.incidence_deg), round(found.rectilinearity, 6)
    (225, 35, 1.0)
    """
    clean = signal - noise
    values, vectors = np.linalg.eigh(clean)
    if values[2] <= 0.0:
        return Motion(0.0, UNKNOWN_DEG, 0.0, 0.0, 0.0)
    line = vectors[:, 2] if vectors[0, 2] >= 0 else -vectors[:, 2]
    across = float(np.hypot(line[1], line[2]))
    sides = np.maximum(values[:2], 0.0)
    uncertainty = _uncertainty(signal, line, across, float(values[2]), samples)
    return Motion(
        float(np.rad2deg(np.arctan2(-line[2], -line[1])) % 360.0),
        uncertainty,
        float(np.rad2deg(np.arccos(min(1.0, abs(line[0]))))),
        float(1.0 - (sides[0] + sides[1]) / (2.0 * values[2])),
        float(max(clean[0, 0], 0.0) / max(np.trace(clean), 1e-300)),
    )


def _uncertainty(signal: FloatArray, line: FloatArray, across: float, strength: float, samples: float) -> float:
    if across < 1e-6:
        return UNKNOWN_DEG
    north, east = line[1] / across, line[2] / across
    transverse = np.array([0.0, -east, north])
    slanted = np.array([-across, line[0] * north, line[0] * east])  # normal to the motion, in its vertical plane
    spread = np.sqrt(strength * max(samples, 1.0))
    deflection = np.deg2rad(DEFLECTION_DEG)
    turn = np.rad2deg(
        np.hypot(np.sqrt(max(float(transverse @ signal @ transverse), 0.0)) / spread, deflection) / across
    )
    tilt = np.hypot(np.sqrt(max(float(slanted @ signal @ slanted), 0.0)) / spread, deflection)
    wide = np.hypot(turn, FLOOR_DEG)
    flipped = _beyond(np.arcsin(across) / tilt) + _beyond(np.arccos(across) / tilt)
    return float(min(UNKNOWN_DEG, np.sqrt(wide**2 + min(flipped, 1.0) * UNKNOWN_DEG**2)))


def _beyond(deviations: float) -> float:
    """Probability that a normal variable lies beyond so many standard deviations on one side."""
    from math import erfc, sqrt

    return 0.5 * erfc(float(deviations) / sqrt(2.0))

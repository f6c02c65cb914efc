"""Intensity of an earthquake at a place: from its size and distance, or from how the ground moved.

MSK-64, MMI and EMS-98 are the same numbers, within what two people who read them differ by (``SCALE_SD``). The scales
of Japan (JMA) and Italy (MCS) are others, and nothing here turns one into the other.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from seismonet.core.arrays import FloatArray

KIN = ("MSK-64", "MMI", "EMS-98")
SCALE_SD = 0.3
"""What one intensity as another of its kin adds to the standard deviation."""
LOWEST, HIGHEST = 1.0, 10.0
"""Intensities from ground motion are given within these."""

BINDI11_MAGNITUDES, BINDI11_KM, BINDI11_DEEPEST_KM = (4.6, 8.3), (0.0, 600.0), 40.0
ALLEN12_MAGNITUDES, ALLEN12_KM = (5.0, 7.9), (0.0, 300.0)
"""Ranges of moment magnitude and distance for which the relations were made."""
BINDI11_SD, BINDI11_DEPTH_SD = 0.689, 0.737
WORDEN12_SD = {"PGA": 0.66, "PGV": 0.63}
LARGER_HORIZONTAL = 1.1
"""Larger over mean horizontal peak, acceleration and velocity: Beyer & Bommer (2006), BSSA 96, 1512-1522, table 2."""

BINDI11_FIXED_KM = 15.0
_BINDI11 = (1.049, 0.686, 2.706, 1.811e-4)
_BINDI11_DEPTH = (0.898, 1.215, 1.809, 3.447e-3)
# log10 of the value (cm/s**2, cm/s) where the next line begins; then constant and slope of each line
_WORDEN12 = {
    "PGA": ((0.14, 1.57), (1.71, 1.78, -1.60), (2.08, 1.55, 3.70)),
    "PGV": ((-1.21, 0.53), (4.62, 3.78, 2.89), (2.17, 1.47, 3.16)),
}
_MSK64 = {"PGA": 0.855, "PGV": 4.46}
_MSK64_SLOPE = 3.322
_TINY_CM = 1e-9

Measure = Literal["PGA", "PGV"]


def bindi11(magnitude: ArrayLike, epicentral_km: ArrayLike) -> FloatArray:
    """Intensity (MSK-64) of a crustal earthquake of Central Asia, all taken to be 15 km deep.

    Surface-wave magnitudes 4.6 to 8.3, epicentral distances to 600 km; standard deviation 0.689. ``I = a1 M + a2 - a3
    log10(sqrt(R**2 + h**2) / h) - a4 (sqrt(R**2 + h**2) - h)``: Bindi, Parolai, Oth, Abdrakhmatov, Muraliev & Zschau
    (2011), GJI 187, 327-337.

    >>> [round(float(bindi11(*case)), 1) for case in ((7.2, 104.0), (5.5, 30.0))]
    [5.9, 5.5]
    """
    return _bindi(magnitude, epicentral_km, np.float64(BINDI11_FIXED_KM), _BINDI11)


def bindi11_depth(magnitude: ArrayLike, epicentral_km: ArrayLike, depth_km: ArrayLike) -> FloatArray:
    """The same by the earthquake's own depth, at most 40 km: below, it is far too high. Standard deviation 0.737.

    >>> round(float(bindi11_depth(7.2, 104.0, 15.0)), 1)
    5.8
    """
    return _bindi(magnitude, epicentral_km, np.maximum(np.asarray(depth_km, float), 1.0), _BINDI11_DEPTH)


def _bindi(
    magnitude: ArrayLike, epicentral_km: ArrayLike, h: FloatArray | np.float64, by: tuple[float, float, float, float]
) -> FloatArray:
    a1, a2, a3, a4 = by
    r = np.sqrt(np.square(np.asarray(epicentral_km, float)) + h**2)
    return np.asarray(a1 * np.asarray(magnitude, float) + a2 - a3 * np.log10(r / h) - a4 * (r - h))


def allen12(magnitude: ArrayLike, hypocentral_km: ArrayLike) -> FloatArray:
    """Intensity (MMI) of a crustal earthquake anywhere, by the distance to its hypocentre.

    Moment magnitudes 5 to 7.9, distances to 300 km; :func:`allen12_sigma`. Allen, Wald & Worden (2012), J. Seismol. 16,
    409-431.

    >>> round(float(allen12(7.2, 106.0)), 2)
    5.87
    """
    m, r = np.asarray(magnitude, float), np.asarray(hypocentral_km, float)
    saturation = -0.209 + 2.042 * np.exp(m - 5)
    far = 0.078 * np.log(np.maximum(r, 50.0) / 50.0)
    return np.asarray(2.085 + 1.428 * m - 1.402 * np.log(np.sqrt(r**2 + saturation**2)) + far)


def allen12_sigma(hypocentral_km: ArrayLike) -> FloatArray:
    """Standard deviation of :func:`allen12`.

    >>> round(float(allen12_sigma(100.0)), 3)
    0.838
    """
    return np.asarray(0.82 + 0.37 / (1 + np.square(np.asarray(hypocentral_km, float) / 22.9)))


def allen12_rupture(magnitude: ArrayLike, rupture_km: ArrayLike) -> FloatArray:
    """Intensity (MMI) by the distance to the rupture; otherwise as :func:`allen12`.

    >>> round(float(allen12_rupture(7.2, 60.0)), 2)
    5.98
    """
    m, r = np.asarray(magnitude, float), np.asarray(rupture_km, float)
    saturation = 1 + 0.813 * np.exp(m - 5)
    return np.asarray(3.950 + 0.913 * m - 1.107 * np.log(np.sqrt(r**2 + saturation**2)))


def allen12_rupture_sigma(rupture_km: ArrayLike) -> FloatArray:
    """Standard deviation of :func:`allen12_rupture`.

    >>> round(float(allen12_rupture_sigma(44.7)), 3)
    0.835
    """
    return np.asarray(0.72 + 0.23 / (1 + np.square(np.asarray(rupture_km, float) / 44.7)))


def worden12(peak: ArrayLike, measure: Measure) -> FloatArray:
    """Intensity (MMI) where the ground moved with a peak acceleration (m/s**2) or velocity (m/s); 1 to 10.

    The peak is that of the larger horizontal, ``LARGER_HORIZONTAL`` times what ground-motion relations give. Standard
    deviation 0.66 and 0.63. Worden, Gerstenberger, Rhoades & Wald (2012), BSSA 102, 204-221, below intensity 2
    as ShakeMap has it.

    >>> round(float(worden12(1.0, "PGA")), 2), round(float(worden12(0.1, "PGV")), 2)
    (5.8, 6.05)
    """
    edges, constants, slopes = (np.array(one) for one in _WORDEN12[measure])
    x = np.log10(np.maximum(np.asarray(peak, float) * 100, _TINY_CM))
    index = np.searchsorted(edges, x)
    return np.asarray(np.clip(constants[index] + slopes[index] * x, LOWEST, HIGHEST))


def worden12_peak(intensity: ArrayLike, measure: Measure) -> FloatArray:
    """The peak (m/s**2, m/s) that an intensity (MMI) from 1 to 10 stands for: :func:`worden12` turned round.

    >>> round(float(worden12_peak(worden12(0.25, "PGA"), "PGA")), 3)
    0.25
    """
    edges, constants, slopes = (np.array(one) for one in _WORDEN12[measure])
    wanted = np.clip(np.asarray(intensity, float), LOWEST, HIGHEST)
    index = np.searchsorted(constants[1:] + slopes[1:] * edges, wanted)
    return np.asarray(10 ** ((wanted - constants[index]) / slopes[index]) / 100)


def msk64(peak: ArrayLike, measure: Measure) -> FloatArray:
    """Intensity (MSK-64) by that scale's own table of peak acceleration (m/s**2) or velocity (m/s); V to IX.

    Every doubling is one degree: acceleration 0.25 to 0.5 m/s**2 and velocity 0.021 to 0.04 m/s are VI. Medvedev,
    Sponheuer & Karnik (1964); the line through the middles. It stands up to two degrees above :func:`worden12`, being
    from before there were strong recordings.

    >>> round(float(msk64(1.0, "PGA")), 2), round(float(msk64(0.1, "PGV")), 2)
    (7.5, 7.78)
    """
    x = np.log10(np.maximum(np.asarray(peak, float) * 100, _TINY_CM))
    return np.asarray(np.clip(_MSK64[measure] + _MSK64_SLOPE * x, LOWEST, HIGHEST))


def kin_sd(sd: float, scale: str, wanted: str) -> float:
    """Standard deviation of an intensity read on another scale of the same kin; the number itself stays.

    ValueError for a scale that is no kin, as JMA or MCS: their numbers mean something else.

    >>> round(kin_sd(0.689, "MSK-64", "EMS-98"), 3), kin_sd(0.66, "MMI", "MMI")
    (0.751, 0.66)
    """
    for one in (scale, wanted):
        if one not in KIN:
            raise ValueError(f"intensity on the scale {one!r} is no kin of {', '.join(KIN)}; it cannot be converted")
    return sd if scale == wanted else float(np.hypot(sd, SCALE_SD))

"""Relations between size, distance and shaking: what earthquakes of the past did to the ground.

Everything comes out in SI units (m, m/s, m/s**2) as the median; the standard deviations are of its logarithm to base
10. Each relation names the magnitudes and distances it was made for; outside them it still answers, and is a guess.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from seismonet.core.arrays import FloatArray

GRAVITY_M_S2 = 9.80665
CM = 0.01
LOG10_E = float(np.log10(np.e))

CUA_MAGNITUDES, CUA_KM = (2.0, 7.3), (0.0, 200.0)
BSSA14_MAGNITUDES, BSSA14_KM = (3.0, 8.5), (0.0, 400.0)
BCHYDRO_SLAB_MAGNITUDES, BCHYDRO_SLAB_KM = (5.0, 8.0), (30.0, 300.0)
"""Ranges of moment magnitude and distance for which the relations were made."""
BCHYDRO_SLAB_SD = 0.74 * LOG10_E
"""Standard deviation of log10, between earthquakes and within one."""

# a, b, c1, c2, d, e, standard deviation; by wave and channel (H horizontal, Z vertical; A, V, D), on rock
_CUA = {
    "P": {
        "HA": (0.72, -3.3e-3, 1.6, 1.05, -1.2, -1.06, 0.31),
        "HV": (0.80, -8.4e-4, 0.76, 1.03, -1.24, -3.103, 0.27),
        "HD": (0.95, -1.7e-7, 2.16, 1.08, -1.27, -4.96, 0.28),
        "ZA": (0.74, -4.01e-3, 1.75, 1.09, -1.2, -0.96, 0.29),
        "ZV": (0.82, -8.54e-4, 1.14, 1.10, -1.36, -2.901, 0.26),
        "ZD": (0.96, -1.98e-6, 1.66, 1.16, -1.34, -4.79, 0.28),
    },
    "S": {
        "HA": (0.73, -7.2e-4, 1.16, 0.96, -1.48, -0.42, 0.31),
        "HV": (0.86, -5.58e-4, 0.84, 0.98, -1.37, -2.58, 0.28),
        "HD": (1.03, -1.01e-7, 1.09, 1.13, -1.43, -4.34, 0.27),
        "ZA": (0.78, -2.7e-3, 1.76, 1.11, -1.38, -0.75, 0.30),
        "ZV": (0.90, -1.03e-3, 1.39, 1.09, -1.51, -2.78, 0.25),
        "ZD": (1.04, -1.12e-5, 1.38, 1.18, -1.37, -4.74, 0.25),
    },
}
# e0, e4, e5, e6, Mh, c1, c2, c3, h, then of the site: c, Vc, f4, f5
_BSSA14 = {
    "PGA": (0.4473, 1.431, 0.05053, -0.1662, 5.5, -1.134, 0.1917, -0.008088, 4.5, -0.6, 1500.0, -0.15, -0.00701),
    "PGV": (5.037, 1.073, -0.1536, 0.2252, 6.2, -1.243, 0.1489, -0.00344, 5.3, -0.84, 1300.0, -0.1, -0.00844),
}

Wave = Literal["P", "S"]
Measure = Literal["PGA", "PGV"]


def cua_envelope(magnitude: ArrayLike, epicentral_km: ArrayLike, wave: Wave, channel: str) -> FloatArray:
    """Peak of the envelope of P or S on rock, in m, m/s or m/s**2.

    ``channel`` is H or Z and then D, V or A: ``HA`` is horizontal acceleration (both components together). Crustal
    earthquakes, magnitudes 2 to 7.3 within 200 km; standard deviation 0.25 to 0.31. ValueError for another channel.

    ``log10 A = a M + b (R1 + C) + d log10(R1 + C) + e``, ``R1 = sqrt(R**2 + 9)``, ``C = c1 exp(c2 (M - 5)) (arctan(M -
    5) + 1.4)``: Cua (2005), Creating the virtual seismologist, PhD thesis, Caltech; Cua & Heaton (2009), SCEC report.

    >>> float(cua_envelope(7.0, 50.0, "S", "HA").round(3)), float((cua_envelope(5.0, 30.0, "P", "ZD") * 1e6).round(1))
    (0.812, 96.5)
    """
    rows = _CUA[wave]
    if channel not in rows:
        raise ValueError(f"there is no envelope of channel {channel!r}, only of {', '.join(rows)}")
    a, b, c1, c2, d, e, _ = rows[channel]
    m = np.asarray(magnitude, dtype=np.float64)
    saturation = c1 * np.exp(c2 * (m - 5)) * (np.arctan(m - 5) + 1.4)
    far = np.sqrt(np.asarray(epicentral_km, dtype=np.float64) ** 2 + 9) + saturation
    return np.asarray(10 ** (a * m + b * far + d * np.log10(far) + e) * CM)


def bssa14(
    magnitude: ArrayLike, joyner_boore_km: ArrayLike, measure: Measure, vs30_m_s: ArrayLike = 760.0
) -> FloatArray:
    """Peak horizontal acceleration (m/s**2) or velocity (m/s) of a crustal earthquake of any mechanism.

    The average of the two components (RotD50), magnitudes 3 to 8.5 (7 for normal faulting), distances to the surface
    projection of the rupture up to 400 km. Standard deviation 0.26 to 0.37. Boore, Stewart, Seyhan & Atkinson (2014),
    Earthquake Spectra 30, 1057-1085, without regional adjustment and basins.

    >>> float((bssa14(6.0, 20.0, "PGA") / 9.80665).round(4)), float((bssa14(6.0, 20.0, "PGV") * 100).round(3))
    (0.0954, 5.256)
    """
    c, vc, f4, f5 = _BSSA14[measure][9:]
    rock_pga = np.exp(_bssa14_rock(magnitude, joyner_boore_km, "PGA"))
    vs30 = np.asarray(vs30_m_s, dtype=np.float64)
    softness = f4 * (np.exp(f5 * (np.minimum(vs30, 760.0) - 360.0)) - np.exp(f5 * 400.0))
    site = c * np.log(np.minimum(vs30, vc) / 760.0) + softness * np.log((rock_pga + 0.1) / 0.1)
    unit = GRAVITY_M_S2 if measure == "PGA" else CM
    return np.asarray(np.exp(_bssa14_rock(magnitude, joyner_boore_km, measure) + site) * unit)


def _bssa14_rock(magnitude: ArrayLike, joyner_boore_km: ArrayLike, measure: Measure) -> FloatArray:
    """Natural logarithm of the value at 760 m/s, in g or cm/s."""
    e0, e4, e5, e6, hinge, c1, c2, c3, h = _BSSA14[measure][:9]
    m = np.asarray(magnitude, dtype=np.float64)
    above = m - hinge
    size = np.where(above <= 0, e4 * above + e5 * above**2, e6 * above)
    r = np.sqrt(np.asarray(joyner_boore_km, dtype=np.float64) ** 2 + h**2)
    return np.asarray(e0 + size + (c1 + c2 * (m - 4.5)) * np.log(r) + c3 * (r - 1.0))


def bssa14_sigma(magnitude: float, measure: Measure) -> float:
    """Standard deviation (log10) of :func:`bssa14` at 760 m/s within 100 km.

    >>> round(bssa14_sigma(6.0, "PGA"), 3)
    0.263
    """
    within, between = {"PGA": ((0.695, 0.495), (0.398, 0.348)), "PGV": ((0.644, 0.552), (0.401, 0.346))}[measure]
    phi, tau = (float(np.interp(magnitude, (4.5, 5.5), part)) for part in (within, between))
    return float(np.hypot(phi, tau)) * LOG10_E


def bchydro_slab(
    magnitude: ArrayLike,
    hypocentral_km: ArrayLike,
    depth_km: ArrayLike,
    *,
    backarc: bool = False,
    vs30_m_s: ArrayLike = 760.0,
) -> FloatArray:
    """Peak horizontal acceleration (m/s**2) of an earthquake inside a subducted slab.

    Magnitudes 5 to 8, depths from 30 km, hypocentral distances to 300 km. Behind the arc the mantle swallows more.
    Standard deviation 0.32. Abrahamson, Gregor & Addo (2016), Earthquake Spectra 32, 23-44, the central branch.

    >>> [float((bchydro_slab(7.5, 230.0, 210.0, backarc=back) / 9.80665).round(4)) for back in (False, True)]
    [0.1023, 0.0258]
    """
    hard = _bchydro_slab(magnitude, hypocentral_km, depth_km, backarc)
    vs30 = np.minimum(np.asarray(vs30_m_s, dtype=np.float64), 1000.0)
    # linear from 865.1 m/s on, as is the rock of 1000 m/s that the other branch refers to
    linear = (0.98 - 1.186 * 1.18) * np.log(vs30 / 865.1)
    slow = np.minimum(vs30 / 865.1, 1.0)
    rock_pga = np.exp(hard + (0.98 - 1.186 * 1.18) * np.log(1000.0 / 865.1))
    shaken = np.log(rock_pga + 1.88) - np.log(rock_pga + 1.88 * slow**1.18)
    site = np.where(vs30 >= 865.1, linear, 0.98 * np.log(slow) + 1.186 * shaken)
    return np.asarray(np.exp(hard + site) * GRAVITY_M_S2)


def _bchydro_slab(magnitude: ArrayLike, hypocentral_km: ArrayLike, depth_km: ArrayLike, backarc: bool) -> FloatArray:
    """Natural logarithm of the value in g without the site's term."""
    m, r = (np.asarray(one, dtype=np.float64) for one in (magnitude, hypocentral_km))
    size = 0.9 * np.minimum(m - 7.5, 0.0) - 0.0135 * (10.0 - m) ** 2
    spread = (-1.75 + 0.1 * (m - 7.8)) * np.log(r + 10.0 * np.exp(0.4 * (m - 6.0)))
    depth = 0.013 * (np.minimum(depth_km, 120.0) - 60.0)
    behind = 1.0988 - 1.42 * np.log(np.maximum(r, 85.0) / 40.0) if backarc else 0.0
    return np.asarray(4.2203 - 0.27 + size + spread - 0.0012 * r + 3.12 + depth + behind)

"""What an earthquake radiates and what the Earth leaves of it: the spectrum of Boore's stochastic point source.

The amplitude spectrum of the ground's displacement is::

    R V F M0                1
    ------------  .  ---------------  .  g(r)  .  exp(-pi f (t / Q(f) + kappa))  .  A(f)
    4 pi rho c^3     1 + (f / fc)^2
    size             source              spreading    attenuation                   site

after Boore (2003), Pageoph 160, 635-676. All numbers are published ones. None is
fitted to recordings, but which of several was taken was decided with the ground-motion relations in view; what was
tried stands in docs/simulation.md.

crust
    10 MPa and ``Q = 180 f**0.45``: Campbell (2003), BSSA 93, 1012-1033, for western North America. ``1/r`` to 100 km
    and ``1/sqrt(r)`` beyond: Herrmann & Kijko (1983), BSSA 73, 1835-1846, as used for the Himalaya, whose crust is as
    thick.
slab, from 60 km depth on
    30.4 MPa, 3200 kg/m**3, 4.68 km/s and ``1/r``: Garcia et al. (2004), BSSA 94, 789-802, ``Q = 416 f**0.7``: Castro &
    Ruiz-Cruz (2005), BSSA 95, 2259-2271; both for Mexico.
site
    Rock of 760 m/s (average of the upper 30 m): Boore (2016), BSSA 106, 1010-1019; for P derived from the same profile.
    Kappa 0.035 s: Boore & Joyner (1997), BSSA 87, 327-341.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from seismonet.core.arrays import FloatArray

RADIATION = {"P": 4 / (3 * np.pi), "S": 0.55}
"""Average of P's absolute values over the focal sphere, and the usual average of S: Boore & Boatwright (1984), BSSA 74,
1615-1621."""
PARTITION = {"P": 1.0, "S": np.sqrt(0.5)}
"""P shakes along its ray, S along two components that share its energy."""
FREE_SURFACE = 2.0
P_OVER_S = np.sqrt(3.0)
"""Speeds of P and S in a solid with Poisson's ratio of 1/4."""
P_CORNER = 1.5
"""P corner over S corner: Madariaga (1976), BSSA 66, 639-666."""
SLAB_FROM_KM = 60.0
WIDTH_LOG10_KM = (-1.01, 0.32)
"""Width of a rupture by magnitude: Wells & Coppersmith (1994), BSSA 84, 974-1002, all mechanisms."""
FINITE_LOG10_KM = (-0.405, 0.235)
"""Distance to be added to that of the rupture's nearest point: Yenier & Atkinson (2015), BSSA 105, 1989-2009."""
KAPPA_S = 0.035
# amplification of S by frequency, against 3500 m/s and 2720 kg/m**3: Boore (2016), table for 760 m/s
SITE_HZ = (
    0.010, 0.015, 0.021, 0.031, 0.045, 0.065, 0.095, 0.138, 0.200, 0.291, 0.423, 0.615, 0.894, 1.301, 1.892, 2.751,
    4.000, 5.817, 8.459, 12.301, 17.889, 26.014, 37.830, 55.012, 80.000,
)  # fmt: skip
SITE_GAIN = (
    1.00, 1.01, 1.02, 1.02, 1.04, 1.06, 1.09, 1.13, 1.18, 1.25, 1.32, 1.41, 1.51, 1.64, 1.80, 1.99,
    2.18, 2.38, 2.56, 2.75, 2.95, 3.17, 3.42, 3.68, 3.96,
)  # fmt: skip
SITE_M_S, SITE_KG_M3 = 3500.0, 2720.0


@dataclass(frozen=True, slots=True)
class Setting:
    """Where earthquakes happen: properties at the source and of the way to the surface.

    ``hinge_km`` is where the amplitude of S begins to fall with the square root of distance only, as it is trapped in
    the crust; ``quality`` is Q at 1 Hz and its power of frequency; ``path_km`` and ``path_s`` say how much longer than
    at the source the strong shaking lasts at some distances, ``path_slope_s_km`` how that goes on beyond the last.
    """

    name: str
    density_kg_m3: float
    shear_m_s: float
    stress_drop_pa: float
    hinge_km: float
    quality: tuple[float, float]
    path_km: tuple[float, ...]
    path_s: tuple[float, ...]
    path_slope_s_km: float


# durations: Boore & Thompson (2014), BSSA 104, 2541-2552, table 1; Herrmann (1985), BSSA 75, 1447-1453
CRUST = Setting(
    "crust", 2800.0, 3500.0, 10e6, 100.0, (180.0, 0.45),
    (0.0, 7.0, 45.0, 125.0, 175.0, 270.0), (0.0, 2.4, 8.4, 10.9, 17.4, 34.2), 0.156,
)  # fmt: skip
SLAB = Setting("slab", 3200.0, 4680.0, 30.4e6, np.inf, (416.0, 0.7), (0.0,), (0.0,), 0.05)


def setting_of(depth_km: float) -> Setting:
    """Crust above 60 km, slab below.

    >>> setting_of(10.0).name, setting_of(200.0).name
    ('crust', 'slab')
    """
    return SLAB if depth_km >= SLAB_FROM_KM else CRUST


def moment_nm(magnitude: float) -> float:
    """Seismic moment in N m: ``log10 M0 = 1.5 M + 9.1`` (IASPEI 2013).

    >>> round(moment_nm(6.0) / 1e18, 2)
    1.26
    """
    return float(10 ** (1.5 * magnitude + 9.1))


def corner_hz(magnitude: float, stress_drop_pa: float = CRUST.stress_drop_pa, shear_m_s: float = 3500.0) -> float:
    """Corner frequency of the S wave: ``2.34 beta / (2 pi r)`` with ``r**3 = 7 M0 / (16 stress drop)``.

    Brune (1970), JGR 75, 4997-5009.

    >>> round(corner_hz(5.0, 3e6), 2)
    0.73
    """
    radius = (7 * moment_nm(magnitude) / (16 * stress_drop_pa)) ** (1 / 3)
    return float(2.34 * shear_m_s / (2 * np.pi * radius))


def corners(
    magnitude: float, stress_drop_pa: float = CRUST.stress_drop_pa, shear_m_s: float = 3500.0
) -> tuple[float, float, float]:
    """Two corners of the S wave, and the share of the higher one, that stand for Brune's one.

    The patches of a rupture radiate ``share / (1 + (f/high)**2)``, the whole of it, by chance of its own,
    ``sqrt(1 - share**2) / (1 + (f/low)**2)``. Together that is Brune's moment and his high frequencies, and less in
    between, as large earthquakes have it. Low corner and share: Atkinson & Silva (2000), BSSA 90, 255-274; the high one
    keeps the level that the stress drop gives: Boore, Di Alessandro & Abrahamson (2014), BSSA 104, 2387-2398. The
    smallest earthquakes have one corner.

    >>> [round(one, 3) for one in corners(7.0)], corners(2.0)[2]
    ([0.051, 0.416, 0.066], 1.0)
    """
    brune = corner_hz(magnitude, stress_drop_pa, shear_m_s)
    low, share = 10 ** (2.181 - 0.496 * magnitude), 10 ** (0.605 - 0.255 * magnitude)
    if low >= brune or share >= 1.0:
        return brune, brune, 1.0
    # by chance of their own: powers add up, not amplitudes
    patches = np.sqrt(brune**4 - (1 - share**2) * low**4)
    return low, float(np.sqrt(patches / share)), share


def effective_km(magnitude: float, epicentral_km: float, depth_km: float) -> float:
    """Distance from which a point would shake a site as the whole rupture does.

    The hypocentre is the middle of the rupture, whose upper edge is half its width shallower, at most at the surface.

    >>> round(effective_km(4.0, 30.0, 10.0), 1), round(effective_km(7.5, 0.0, 15.0), 1)
    (31.5, 22.9)
    """
    width_km, extra_km = (10 ** (constant + slope * magnitude) for constant, slope in (WIDTH_LOG10_KM, FINITE_LOG10_KM))
    top_km = max(depth_km - width_km / 2, 0.0)
    return float(np.sqrt(epicentral_km**2 + top_km**2 + extra_km**2))


def spreading(distance_km: float, hinge_km: float = np.inf) -> float:
    """Amplitude at a distance, against that at 1 km.

    >>> spreading(160.0, 40.0) * 80.0
    1.0
    """
    near = min(distance_km, hinge_km)
    return float(np.sqrt(near / distance_km) / near)


def path_s(distance_km: float, setting: Setting = CRUST) -> float:
    """How much longer than at the source the strong shaking lasts at a distance.

    >>> path_s(45.0), round(path_s(370.0), 1), path_s(200.0, SLAB)
    (8.4, 49.8, 10.0)
    """
    beyond = max(distance_km - setting.path_km[-1], 0.0) * setting.path_slope_s_km
    return float(np.interp(distance_km, setting.path_km, setting.path_s)) + beyond


def level_m_s(phase: str, magnitude: float, setting: Setting, distance_km: float) -> float:
    """Displacement spectrum (m s) of one component at low frequencies, before attenuation and site."""
    speed = setting.shear_m_s * (P_OVER_S if phase == "P" else 1.0)
    size = RADIATION[phase] * PARTITION[phase] * FREE_SURFACE * moment_nm(magnitude)
    at_1_km = size / (4 * np.pi * setting.density_kg_m3 * speed**3 * 1000.0)
    hinge_km = np.inf if phase == "P" else setting.hinge_km
    return float(at_1_km * spreading(distance_km, hinge_km))


def loss(phase: str, frequency_hz: FloatArray, setting: Setting, travel_s: float) -> FloatArray:
    """What attenuation leaves of the amplitude after a travel time. P sees the same Q as S for a shorter time."""
    q, power = setting.quality
    kappa_s = KAPPA_S / (P_OVER_S if phase == "P" else 1.0)
    return np.asarray(np.exp(-np.pi * (frequency_hz ** (1 - power) * travel_s / q + frequency_hz * kappa_s)))


def site_gain(phase: str, frequency_hz: FloatArray, setting: Setting) -> FloatArray:
    """Amplification by the slower ground near the surface; energy is kept, so slower ground moves more."""
    hz, gain = _gain_p() if phase == "P" else (np.array(SITE_HZ), np.array(SITE_GAIN))
    denser = np.sqrt(setting.density_kg_m3 * setting.shear_m_s / (SITE_KG_M3 * SITE_M_S))
    return np.asarray(np.interp(np.log(np.maximum(frequency_hz, 1e-6)), np.log(hz), gain) * denser)


@cache
def _gain_p() -> tuple[FloatArray, FloatArray]:
    """Frequencies and amplifications of P, from the profile that those of S stand for.

    A gain of S tells the mean impedance down to a quarter of its wavelength, so the mean speed there; the speed of P
    and the density belong to it by Brocher (2005), BSSA 95, 2081-2092 (equations 9 and 1).
    """
    shear = np.linspace(0.3, SITE_M_S / 1000, 2000)
    speed = _brocher_p(shear)
    impedance = _density(speed) * shear
    top = _density(_brocher_p(np.array([SITE_M_S / 1000])))[0] * SITE_M_S / 1000
    mean = np.interp(top / np.array(SITE_GAIN) ** 2, impedance, shear)
    fast = _brocher_p(mean)
    gain = np.sqrt((_density(fast[:1]) * fast[:1]) / (_density(fast) * fast))
    return np.array(SITE_HZ) * fast / mean, np.asarray(gain)


def _brocher_p(shear_km_s: FloatArray) -> FloatArray:
    return np.asarray(np.polynomial.Polynomial([0.9409, 2.0947, -0.8206, 0.2683, -0.0251])(shear_km_s))


def _density(speed_km_s: FloatArray) -> FloatArray:
    return np.asarray(np.polynomial.Polynomial([0.0, 1.6612, -0.4721, 0.0671, -0.0043, 0.000106])(speed_km_s))

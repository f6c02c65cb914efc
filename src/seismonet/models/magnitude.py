"""Relations between amplitudes and magnitude: P displacement, Wood-Anderson amplitude, period of the P wave."""

import numpy as np

from seismonet.core.arrays import FloatArray

Number = FloatArray | float

PD_SLOPE_R = 1.38
"""What the logarithm of the distance counts in :func:`pd_magnitude`."""
PD_EVENT_SIGMA = 0.31
"""What Kuyuk & Allen (2013) leave open of an earthquake, however many stations see it."""
PD_VALID_KM = 200.0
ML_VALID_KM = 1000.0
SLAB_WINDOWS_S = (1.0, 2.0, 4.0, 10.0)
SLAB_PD = ((-3.358, 0.844, -1.684), (-4.044, 0.932, -1.538), (-4.450, 0.997, -1.484), (-5.036, 1.043, -1.321))
"""SIMULATED (``python -m benchmarks.magnitudefit``): ``log10(Pd / cm) = a + b M + c log10(R / km)`` of each window."""
ML_SATURATES_FROM, ML_SATURATION_NEAR, ML_SATURATION_FAR, ML_CEILING = 5.2, 0.48, 0.35, 6.8
"""SIMULATED (``python -m benchmarks.magnitudefit``): see :func:`unsaturated`."""


def pd_magnitude(pd_m: Number, hypocentral_km: Number) -> FloatArray:
    """Magnitude of a peak P displacement (m, vertical, up to 4 s, high-passed at 0.075 Hz) at a distance (km).

    ``M = 5.39 + 1.23 log10(Pd / cm) + 1.38 log10(R / km)``, Kuyuk & Allen (2013), GRL 40, 6329-6333, as EPIC uses it,
    but with the hypocentral distance, as a deep source is further than its epicentre. Standard deviation 0.31, valid
    for M 3-8 within 200 km.

    >>> float(pd_magnitude(0.001, 50.0).round(3)), float(pd_magnitude(0.0001, 100.0).round(3))
    (6.505, 5.69)
    """
    return np.asarray(5.39 + 1.23 * np.log10(np.asarray(pd_m) * 100) + PD_SLOPE_R * _log_km(hypocentral_km))


def pd_of(magnitude: float, hypocentral_km: float) -> float:
    """The displacement in m that :func:`pd_magnitude` takes for a magnitude at a distance.

    >>> round(float(pd_magnitude(pd_of(5.0, 80.0), 80.0)), 9)
    5.0
    """
    return float(10 ** ((magnitude - 5.39 - PD_SLOPE_R * np.log10(max(hypocentral_km, 1.0))) / 1.23) / 100)


def wu_zhao_magnitude(pd_m: Number, hypocentral_km: Number) -> FloatArray:
    """Magnitude of a peak P displacement (m) within 3 s by another relation, for comparison.

    ``log10(Pd / cm) = -3.463 + 0.729 M - 1.374 log10(R / km)``, sd 0.305 of the left side; Southern California, below
    M 6.5: Wu & Zhao (2006), GRL 33, L16312.

    >>> float(wu_zhao_magnitude(0.001, 50.0).round(2))
    6.58
    """
    return np.asarray((np.log10(np.asarray(pd_m) * 100) + 3.463 + 1.374 * _log_km(hypocentral_km)) / 0.729)


def slab_magnitude(pd_m: Number, hypocentral_km: Number, window_s: float) -> FloatArray:
    """Magnitude of a peak P displacement (m) within some seconds, of an earthquake in the slab.

    There is no published relation for P of earthquakes 60 to 300 km deep, which have a higher stress drop and lose
    little on their way through the mantle. This one is SIMULATED: fitted in the open to the published stochastic
    source of :mod:`seismonet.synthesis.source`, M 4-7.5; earthquakes of the Hindu Kush are to replace it.

    >>> round(float(slab_magnitude(1e-4, 150.0, 4.0)), 2), round(float(slab_magnitude(1e-4, 150.0, 30.0)), 2)
    (5.7, 5.67)
    """
    a, b, c = (float(np.interp(np.log(window_s), np.log(SLAB_WINDOWS_S), one)) for one in zip(*SLAB_PD, strict=True))
    return np.asarray((np.log10(np.asarray(pd_m) * 100) - a - c * _log_km(hypocentral_km)) / b)


def pd_sigma(window_s: float) -> float:
    """Standard deviation of one station's magnitude by the seconds of P wave it has seen.

    0.9 at 0.5 s, 0.55 at 1 s, 0.42 at 2 s, 0.35 from 4 s on (proposed from EPIC's and ElarmS' performance).

    >>> pd_sigma(1.0), pd_sigma(10.0)
    (0.55, 0.35)
    """
    return float(np.interp(window_s, [0.5, 1.0, 2.0, 4.0], [0.9, 0.55, 0.42, 0.35]))


def local_magnitude(wood_anderson_m: Number, hypocentral_km: Number) -> FloatArray:
    """ML of a horizontal Wood-Anderson amplitude (m, gain 1, zero to peak) at a distance (km).

    ``ML = log10(A / nm) + 1.11 log10(R / km) + 0.00189 R / km - 2.09``, IASPEI (2013) after Hutton & Boore (1987),
    BSSA 77, 2074-2094; for the crust, within 1000 km.

    >>> float(local_magnitude(1e-4, 100.0).round(3))
    5.319
    """
    km = np.maximum(hypocentral_km, 1.0)
    return np.asarray(np.log10(np.asarray(wood_anderson_m) * 1e9) + 1.11 * np.log10(km) + 0.00189 * km - 2.09)


def unsaturated(local: Number, hypocentral_km: Number) -> FloatArray:
    """The moment magnitude that a station's ML stands for: the same up to 5.2, more above, where ML runs short.

    A Wood-Anderson seismograph sees little below 1 Hz, so ML grows less than the moment, and the nearer the less: far
    away the high frequencies are gone anyhow (Hanks & Boore 1984, JGR 89, 6229-6235, from the stochastic source).
    ``M = ML + (0.48 - 0.35 log10(R / 50 km)) (ML - 5.2)**1.5``, R from 50 km on and ML up to 6.8; SIMULATED, fitted in
    the open to :mod:`seismonet.synthesis.source`, M 4-7.6.

    >>> float(unsaturated(5.0, 50.0)), float(unsaturated(6.5, 50.0).round(2)), float(unsaturated(6.5, 200.0).round(2))
    (5.0, 7.21, 6.9)
    """
    over = np.clip(np.asarray(local), ML_SATURATES_FROM, ML_CEILING) - ML_SATURATES_FROM
    rate = ML_SATURATION_NEAR - ML_SATURATION_FAR * np.log10(np.maximum(hypocentral_km, 50.0) / 50.0)
    return np.asarray(local + np.maximum(rate, 0.0) * over**1.5)


def rupture_s(magnitude: float) -> float:
    """How long an earthquake lasts at its source, ``2.1e-8 (M0 / dyn cm)**(1/3)`` seconds.

    Twice the half duration of Ekstrom, Nettles & Dziewonski (2012), PEPI 200-201, 1-9.

    >>> [round(rupture_s(one), 1) for one in (5.0, 6.5, 7.5)]
    [1.5, 8.7, 27.5]
    """
    return float(2.1e-8 * 10 ** ((1.5 * magnitude + 16.1) / 3))


def tau_c_magnitude(tau_c_s: Number) -> FloatArray:
    """Magnitude of the period (s) of the first 3 s of a P wave: ``5.787 + 3.373 log10(tau_c)``.

    Standard deviation 0.41; Wu & Kanamori (2008), Sensors 8, 1-9; M 4.5-7.5 within some 60 km.

    >>> float(tau_c_magnitude(1.0))
    5.787
    """
    return np.asarray(5.787 + 3.373 * np.log10(tau_c_s))


def _log_km(hypocentral_km: Number) -> FloatArray:
    return np.asarray(np.log10(np.maximum(hypocentral_km, 1.0)))

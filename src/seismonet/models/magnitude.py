"""Magnitude from peak ground displacement of the P wave."""

import numpy as np

from seismonet.core.arrays import FloatArray


def pd_magnitude(pd_m: FloatArray | float, hypocentral_km: FloatArray | float) -> FloatArray:
    """Magnitude of a peak P displacement (m, vertical, up to 4 s, high-passed at 0.075 Hz) at a distance (km).

    ``M = 5.39 + 1.23 log10(Pd / cm) + 1.38 log10(R / km)``, Kuyuk & Allen (2013), GRL 40, 6329-6333, as EPIC uses it,
    but with the hypocentral distance, as a deep source is further than its epicentre. Standard deviation 0.31, valid
    for M 3-8 within 200 km.

    >>> float(pd_magnitude(0.001, 50.0).round(3)), float(pd_magnitude(0.0001, 100.0).round(3))
    (6.505, 5.69)
    """
    return np.asarray(5.39 + 1.23 * np.log10(np.asarray(pd_m) * 100) + 1.38 * np.log10(np.maximum(hypocentral_km, 1.0)))


def pd_of(magnitude: float, hypocentral_km: float) -> float:
    """The displacement in m that :func:`pd_magnitude` takes for a magnitude at a distance.

    >>> round(float(pd_magnitude(pd_of(5.0, 80.0), 80.0)), 9)
    5.0
    """
    return float(10 ** ((magnitude - 5.39 - 1.38 * np.log10(max(hypocentral_km, 1.0))) / 1.23) / 100)


def pd_sigma(window_s: float) -> float:
    """Standard deviation of one station's magnitude by the seconds of P wave it has seen.

    0.9 at 0.5 s, 0.55 at 1 s, 0.42 at 2 s, 0.35 from 4 s on (proposed from EPIC's and ElarmS' performance).

    >>> pd_sigma(1.0), pd_sigma(10.0)
    (0.55, 0.35)
    """
    return float(np.interp(window_s, [0.5, 1.0, 2.0, 4.0], [0.9, 0.55, 0.42, 0.35]))

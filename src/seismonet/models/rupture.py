"""How much nearer a long rupture is than its epicentre.

Relations for strong motion count distance from the rupture, an early warning knows the epicentre alone. Where the
rupture begins and which way it runs are unknown: the distance is averaged over both.
"""

import numpy as np
from numpy.typing import ArrayLike

from seismonet.core.arrays import FloatArray

LENGTH_LOG10_KM = (-2.44, 0.59)
_STRIKES, _BEGINS, _FAR = 36, 21, 30.0


def rupture_km(magnitude: ArrayLike) -> FloatArray:
    """Length of a rupture below ground: Wells & Coppersmith (1994), BSSA 84, 974-1002, all mechanisms.

    >>> rupture_km([5.0, 7.2]).round(1)
    array([ 3.2, 64.3])
    """
    constant, slope = LENGTH_LOG10_KM
    return np.asarray(10 ** (constant + slope * np.asarray(magnitude, float)))


def rupture_distance(epicentral_km: ArrayLike, length_km: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Distance to a vertical rupture's trace (Joyner & Boore's), in km: its mean and standard deviation.

    Any strike and any point of the rupture to begin at are as likely as another.

    >>> [round(float(one), 1) for one in rupture_distance(104.0, 64.3)]
    [86.9, 15.7]
    """
    r, length = np.asarray(epicentral_km, float), np.maximum(np.asarray(length_km, float), 1e-3)
    along = r / length
    nearer = np.interp(along, _RATIO, _NEARER) * length
    return np.asarray(np.maximum(r - nearer, 0.0)), np.asarray(np.interp(along, _RATIO, _SPREAD) * length)


def _table() -> tuple[FloatArray, FloatArray, FloatArray]:
    """By distance over length: how much nearer, and the standard deviation of it, both over the length."""
    ratio = np.r_[0.0, np.geomspace(0.02, _FAR, 60)]
    strike = (np.arange(_STRIKES) + 0.5) * np.pi / _STRIKES
    begin = (np.arange(_BEGINS) + 0.5) / _BEGINS
    x, y = (ratio[:, None] * part(strike) for part in (np.cos, np.sin))
    # the rupture runs along x from -begin to 1 - begin
    beyond = np.maximum(np.maximum(-begin - x[..., None], x[..., None] - (1 - begin)), 0.0)
    distance = np.hypot(beyond, y[..., None]).reshape(len(ratio), -1)
    return ratio, ratio - distance.mean(axis=1), distance.std(axis=1)


_RATIO, _NEARER, _SPREAD = _table()

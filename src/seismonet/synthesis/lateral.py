"""What no layered Earth has: places where the ground is faster or slower than the same depth elsewhere.

A random medium after Chernov: shares of velocity that vary from place to place in all directions, with a standard
deviation and a correlation ``exp(-(r / a)**2)`` between places ``r`` apart. A ray keeps to the straight line from the
source to the station (Fermat: what it saves by bending is of second order) and takes the mean of what lies on it; so
rays of neighbouring stations are late together, and long ones less in proportion than short ones, as
``rms * sqrt(sqrt(pi) * a / length)`` beyond a few ``a``.
"""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray

from .draws import generator

RADIUS_KM = 6371.0
WAVES = 256
"""So many plane waves make up a medium; its correlation is then true to a sixteenth."""


@dataclass(frozen=True, slots=True)
class RandomMedium:
    """Shares of slowness, as a sum of plane waves: ``wavenumber`` (waves, 3) in 1 / km and ``phase`` (waves,).

    Coordinates are Earth-centred, so one medium holds for the whole Earth.
    """

    wavenumber: FloatArray
    phase: FloatArray
    rms: float

    @classmethod
    def draw(cls, rms: float, correlation_km: float, seed: int, purpose: str) -> "RandomMedium":
        """The medium of a seed: a Gaussian correlation has normal wavenumbers of variance ``2 / a**2``."""
        random = generator(seed, purpose, "medium")
        wavenumber = random.normal(scale=np.sqrt(2.0) / correlation_km, size=(WAVES, 3))
        return cls(wavenumber, random.uniform(0.0, 2 * np.pi, size=WAVES), rms)

    def along(self, source: FloatArray, station: FloatArray) -> float:
        """Mean share along the straight line between two points (km, as :func:`point` gives them).

        A plane wave's mean along a line is its value in the middle times ``sin(h) / h``, ``h`` half the turn of its
        phase.

        >>> one = RandomMedium.draw(0.03, 20.0, 1, "P")
        >>> top, bottom = point(38.0, 72.0, 0.0), point(38.0, 72.0, 200.0)
        >>> abs(one.along(bottom, top)) < 0.03, one.along(bottom, top) == one.along(top, bottom)
        (True, True)
        """
        middle = self.wavenumber @ ((source + station) / 2) + self.phase
        half_turn = self.wavenumber @ (station - source) / 2
        waves = np.cos(middle) * np.sinc(half_turn / np.pi)
        return float(self.rms * np.sqrt(2.0 / WAVES) * waves.sum())


def point(latitude: float, longitude: float, depth_km: float) -> FloatArray:
    """(3,) Earth-centred coordinates in km of a place.

    >>> point(0.0, 90.0, 371.0).round(6).tolist()
    [0.0, 6000.0, 0.0]
    """
    north, east = np.deg2rad(latitude), np.deg2rad(longitude)
    level = np.cos(north)
    return (RADIUS_KM - depth_km) * np.array([level * np.cos(east), level * np.sin(east), np.sin(north)])

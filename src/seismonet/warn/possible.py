"""What an earthquake may have been, as a few dozen sources with a probability each.

An origin and a magnitude say how sure they are; shaking is forecast for sources that stand for all of that::

    each place where it may have been     seven epicentres of its ellipse:      · x ·
                                          the middle and six about it          x  X  x
                                                                                · x ·
    crust | 40 to 60 km | below           two depths each, by the probability of each class
    magnitude                             three, by its probabilities

The points are those of Gaussian quadrature: what they give is exact for shaking that depends on the source as smoothly
as a polynomial of the fifth degree does (of the third for depth). No chance, so the same event gives the same numbers.
"""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Magnitude, Origin, Place
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.location.magnitude import HIGHEST, LOWEST, STEP
from seismonet.location.modes import DEEP_KM, SHALLOW_KM

ELLIPSE_68 = float(np.sqrt(-2 * np.log(0.32)))
"""Half axes of the ellipse that holds 68 % of a normal distribution, in standard deviations."""
BOTTOM_KM = 300.0
"""Of what is possible where nothing else is said."""
ANYWHERE = 1e-3
"""Share of a depth that may be anything: where nothing else is said of a class that is possible."""
MAGNITUDES: FloatArray = np.arange(0.01, 9.5, 0.02)
USUAL_SLOPE = 2.303
"""Within a half unit small earthquakes are more frequent (Gutenberg & Richter, 1944, b = 1)."""
SHARPEST = 0.03
NEGLIGIBLE, NIL = 1e-3, 1e-12

# degree five for a normal distribution in the plane: the middle, and six about it two standard deviations away
_AROUND: FloatArray = np.deg2rad(np.arange(6) * 60.0)
_ALONG: FloatArray = np.r_[0.0, 2 * np.cos(_AROUND)]
_ACROSS: FloatArray = np.r_[0.0, 2 * np.sin(_AROUND)]
EPICENTRE_WEIGHT: FloatArray = np.r_[0.5, np.full(6, 1 / 12)]


@dataclass(frozen=True, slots=True)
class Possible:
    """Sources, each with a probability.

    Attributes
    ----------
    latitude, longitude : (places, 7) epicentres; weights in ``EPICENTRE_WEIGHT``
    depth_km : (places, 6) two each for the crust, for 40 to 60 km and for below
    depth_weight : (places, 6) sums to 1 over all
    magnitude, magnitude_weight : (3,)
    """

    latitude: FloatArray
    longitude: FloatArray
    depth_km: FloatArray
    depth_weight: FloatArray
    magnitude: FloatArray
    magnitude_weight: FloatArray


def possible(origin: Origin, magnitude: Magnitude) -> Possible:
    """The sources that an origin and a magnitude allow."""
    latitude, longitude = _epicentres(origin)
    depth_km, depth_weight = _depths(origin)
    return Possible(latitude, longitude, depth_km, depth_weight, *magnitudes(magnitude))


def _places(origin: Origin) -> tuple[Place, ...]:
    modes = origin.confidence.modes if origin.confidence is not None else ()
    return modes or (Place(origin.latitude, origin.longitude, origin.depth_km, 1.0),)


def _epicentres(origin: Origin) -> tuple[FloatArray, FloatArray]:
    """(places, 7) each. The ellipse is that of the dominant place; another has the same for want of its own."""
    if origin.confidence is None:
        major = minor = origin.horizontal_uncertainty_km / ELLIPSE_68
        azimuth = 0.0
    else:
        major, minor = origin.confidence.major_km / ELLIPSE_68, origin.confidence.minor_km / ELLIPSE_68
        azimuth = float(np.deg2rad(origin.confidence.azimuth_deg))
    north = major * _ALONG * np.cos(azimuth) - minor * _ACROSS * np.sin(azimuth)
    east = major * _ALONG * np.sin(azimuth) + minor * _ACROSS * np.cos(azimuth)
    middle = np.array([(place.latitude, place.longitude) for place in _places(origin)])
    latitude = np.clip(middle[:, :1] + north / KM_PER_DEGREE, -90.0, 90.0)
    narrow = np.maximum(np.cos(np.deg2rad(middle[:, :1])), 0.05)
    return latitude, middle[:, 1:] + east / (KM_PER_DEGREE * narrow)


def _depths(origin: Origin) -> tuple[FloatArray, FloatArray]:
    """(places, 6) each: in every class its mean less and plus one standard deviation.

    A normal distribution about each place, cut into the classes; these then get the probabilities that the origin
    gives them.
    """
    places, sigma_km = _places(origin), max(origin.depth_uncertainty_km, 1.0)
    middle = np.array([[place.depth_km] for place in places])
    edges = np.array([0.0, SHALLOW_KM, DEEP_KM, max(BOTTOM_KM, float(middle.max()) + 3 * sigma_km)])
    depth = np.arange(1.0, edges[-1], 2.0)
    off = (depth - middle) / sigma_km
    density = np.exp(-np.square(off) / 2)
    density /= density.sum(axis=1, keepdims=True)
    share = np.array([place.probability for place in places])
    density = (density + ANYWHERE / len(depth) * (depth < BOTTOM_KM)) * (share / share.sum())[:, None]
    cuts = np.searchsorted(depth, edges[:-1])
    mass = np.add.reduceat(density, cuts, axis=1)
    mean = np.add.reduceat(density * depth, cuts, axis=1) / mass
    spread = np.sqrt(np.maximum(np.add.reduceat(density * depth**2, cuts, axis=1) / mass - mean**2, 0.0))
    if origin.confidence is None:
        total = mass.sum(axis=0)
    else:
        shallow, deep = origin.confidence.probability_shallow, origin.confidence.probability_deep
        total = np.array([shallow, max(0.0, 1.0 - shallow - deep), deep])
    weight = mass / mass.sum(axis=0) * total
    weight[weight < NEGLIGIBLE] = 0.0
    weight /= weight.sum()
    both = np.clip(np.stack([mean - spread, mean + spread], axis=2), edges[:-1, None], edges[1:, None])
    both = both.reshape(len(places), -1)
    return both, np.repeat(weight / 2, 2, axis=1)


def magnitudes(magnitude: Magnitude) -> tuple[FloatArray, FloatArray]:
    """Three magnitudes and their probabilities, with the moments of what is known up to the fifth.

    What was measured (a lower bound speaks against what is smaller only), each half unit with the probability that the
    magnitude gives it; without these probabilities the measured value alone.

    >>> from seismonet.core.event import Magnitude
    >>> value, weight = magnitudes(Magnitude(6.0, "ML", 0.2, ()))
    >>> value.round(2), weight.round(3)
    (array([5.65, 6.  , 6.35]), array([0.167, 0.667, 0.167]))
    """
    from scipy.special import log_ndtr

    off = (MAGNITUDES - magnitude.value) / max(magnitude.uncertainty, SHARPEST)
    log_density = log_ndtr(off) if magnitude.at_least else -np.square(off) / 2
    if magnitude.at_least or magnitude.probabilities:
        log_density = log_density - USUAL_SLOPE * MAGNITUDES
    # never nil, so that a half unit which is told has magnitudes
    density = np.maximum(np.exp(log_density - log_density.max()), NIL)
    if magnitude.probabilities:
        edges = np.arange(LOWEST, HIGHEST + STEP / 2, STEP)
        half_unit = np.searchsorted(edges, MAGNITUDES, side="right")
        held = np.bincount(half_unit, density, minlength=len(edges) + 1)
        density *= (np.array(magnitude.probabilities) / held)[half_unit]
    return _three(MAGNITUDES, density / density.sum())


def _three(value: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gauss's rule of three points for a discrete distribution: Stieltjes' polynomials, then Golub & Welsch (1969)."""
    before, now, norm_before = np.zeros_like(value), np.ones_like(value), 1.0
    diagonal, beside = [], []
    for _ in range(3):
        norm = float(weight @ now**2)
        diagonal.append(float(weight @ (value * now**2)) / norm)
        beside.append(norm / norm_before)
        before, now, norm_before = now, (value - diagonal[-1]) * now - beside[-1] * before, norm
    off = np.sqrt(beside[1:])
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    return nodes, vectors[0] ** 2

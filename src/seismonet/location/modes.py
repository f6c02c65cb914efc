"""From weighted cells to words: the most probable place, how far the truth may be, and where else it may be."""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.event import Confidence, Place
from seismonet.core.geo import KM_PER_DEGREE, distance_deg

from .grid import Grid

BINS = 40
SHALLOW_KM, DEEP_KM = 40.0, 60.0
SECOND_SHARE, APART_KM = 0.2, 50.0
ELLIPSE_68 = float(np.sqrt(-2 * np.log(0.32)))
"""Half axes of the ellipse that holds 68 % of a normal distribution, in standard deviations."""
CLOSER = 3
"""So often the ellipse is drawn closer."""
SURE = 0.6
DECIDED_P = 6


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of all sizes and the probability of each (sums to 1)."""

    latitude: FloatArray
    longitude: FloatArray
    depth_km: FloatArray
    height_km: FloatArray
    width_km: FloatArray
    probability: FloatArray

    @classmethod
    def join(cls, parts: list[tuple[Grid, FloatArray]]) -> "Cells":
        """Cells of several grids with their masses."""
        mass = np.concatenate([one[1] for one in parts])
        grids = [one[0] for one in parts]
        return cls(
            np.concatenate([grid.latitude for grid in grids]),
            np.concatenate([grid.longitude for grid in grids]),
            np.concatenate([grid.depth_km for grid in grids]),
            np.concatenate([grid.height_km for grid in grids]),
            np.concatenate([np.full(len(grid), grid.spacing_km) for grid in grids]),
            mass / mass.sum(),
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """The dominant mode's place, its spread, and the confidence in it."""

    latitude: float
    longitude: float
    depth_km: float
    horizontal_km: float
    depth_sigma_km: float
    confidence: Confidence


def summarise(cells: Cells, *, stations: int, shear: int) -> Summary:
    """One place and how sure it is, by ``stations`` with P and ``shear`` readings of S."""
    p = cells.probability
    north = (cells.latitude - np.average(cells.latitude, weights=p)) * KM_PER_DEGREE
    middle = float(np.average(cells.latitude, weights=p))
    shrink = max(0.1, np.cos(np.deg2rad(middle)))
    east = (cells.longitude - np.average(cells.longitude, weights=p)) * KM_PER_DEGREE * shrink
    mode = _modes(north, east, cells)
    masses = np.bincount(mode, weights=p)
    first = mode == 0
    latitude, longitude = (float(np.average(one[first], weights=p[first])) for one in (cells.latitude, cells.longitude))
    depth, sigma = _depth(cells, first)
    radius = _radii(cells, latitude, longitude)
    major, minor, azimuth = _ellipse(north[first], east[first], cells.width_km[first], p[first])
    shallow = float(p[cells.depth_km < SHALLOW_KM].sum())
    deep = float(p[cells.depth_km >= DEEP_KM].sum())
    places = [Place(latitude, _wrapped(longitude), depth, float(masses[0]))]
    if len(masses) > 1 and masses[1] > SECOND_SHARE:
        places.append(_place(cells, mode == 1, float(masses[1])))
    decided = shear > 0 or stations >= DECIDED_P
    low, high = _percentiles(cells.depth_km, cells.height_km, p, (0.16, 0.84))
    confidence = Confidence(
        radius[0],
        radius[2],
        major,
        minor,
        azimuth,
        low,
        high,
        shallow,
        deep,
        tuple(places),
        _quality(radius[1], len(places)),
        "crust" if decided and shallow >= SURE else "slab" if decided and deep >= SURE else "undecided",
    )
    return Summary(latitude, _wrapped(longitude), depth, radius[1], sigma, confidence)


def _wrapped(longitude: float) -> float:
    return (longitude + 180) % 360 - 180


def _quality(radius_km: float, places: int) -> str:
    if places > 1:
        return "ambiguous"
    return "good" if radius_km <= 10 else "fair" if radius_km <= 30 else "poor"


def _modes(north: FloatArray, east: FloatArray, cells: Cells) -> IntArray:
    """Number of the mode of each cell, by probability.

    Modes are the pieces into which the smallest 68 % of the map falls, in the crust and below each of their own, as
    an epicentre between what the two say is neither's. Pieces nearer than ``APART_KM``, depth counted, to a more
    probable one belong to it.
    """
    number = np.zeros(len(north), dtype=np.int64)
    shallow = cells.depth_km < SHALLOW_KM
    count = 0
    for part in (shallow, ~shallow):
        if part.any():
            number[part] = count + _pieces(north[part], east[part], cells.width_km[part], cells.probability[part])
            count = int(number[part].max()) + 1
    return _merged(number, (north, east, cells.depth_km), cells.probability)


def _pieces(north: FloatArray, east: FloatArray, width: FloatArray, p: FloatArray) -> IntArray:
    """Number of the piece of the map that each cell belongs to or is nearest to."""
    from scipy.ndimage import label

    grain = max(float(np.sqrt(np.average(width**2, weights=p))), _extent(north, east, p) / BINS, 0.1)
    row, column = (np.floor((one - one.min()) / grain).astype(np.int64) for one in (north, east))
    density = np.zeros((row.max() + 3, column.max() + 3))
    np.add.at(density, (row + 1, column + 1), p)
    smooth = _smoothed(density)
    order = np.argsort(smooth, axis=None)[::-1]
    share = np.cumsum(density.reshape(-1)[order])
    least = smooth.reshape(-1)[order[min(int(np.searchsorted(share, 0.68 * share[-1])), len(order) - 1)]]
    pieces, count = label(smooth >= max(least, 1e-300), structure=np.ones((3, 3)))
    if count <= 1:
        return np.zeros(len(p), dtype=np.int64)
    at = np.argwhere(pieces > 0)
    number = pieces[at[:, 0], at[:, 1]] - 1
    own, back = np.unique(np.stack([row + 1, column + 1], axis=1), axis=0, return_inverse=True)
    nearest = np.argmin(np.square(own[:, None, :] - at[None]).sum(axis=2), axis=1)
    return np.asarray(number[nearest][back.reshape(-1)], dtype=np.int64)


def _extent(north: FloatArray, east: FloatArray, p: FloatArray) -> float:
    """Side of the square that holds nearly all."""
    held = p > p.max() * 1e-4
    return float(max(np.ptp(north[held]), np.ptp(east[held])))


def _smoothed(density: FloatArray) -> FloatArray:
    out = density.copy()
    for axis in (0, 1):
        out = 0.5 * out + 0.25 * (np.roll(out, 1, axis) + np.roll(out, -1, axis))
    return out


def _merged(number: IntArray, place: tuple[FloatArray, ...], p: FloatArray) -> IntArray:
    """Pieces renumbered by probability, near ones joined."""
    mass = np.maximum(np.bincount(number, weights=p), 1e-300)
    middle = np.stack([np.bincount(number, weights=p * one) / mass for one in place], axis=1)
    new = np.full(len(mass), -1)
    leaders: list[int] = []
    for piece in np.argsort(-mass, kind="stable").tolist():
        apart = [float(np.linalg.norm(middle[one] - middle[piece])) for one in leaders]
        near = [k for k, km in enumerate(apart) if km < APART_KM]
        new[piece] = near[0] if near else len(leaders)
        if not near:
            leaders.append(piece)
    joined = new[number]
    order = np.argsort(-np.bincount(joined, weights=p), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[joined])


def _percentiles(depth: FloatArray, height: FloatArray, p: FloatArray, shares: tuple[float, ...]) -> tuple[float, ...]:
    """Depths above which so much lies, each cell filled evenly."""
    # the density changes by p / height at the top of a cell, and back at its bottom
    edges = np.concatenate([depth - height / 2, depth + height / 2])
    step = np.concatenate([p / height, -p / height])
    order = np.argsort(edges)
    edges, density = edges[order], np.cumsum(step[order])
    above = np.concatenate([[0.0], np.cumsum(density[:-1] * np.diff(edges))])
    return tuple(float(np.interp(share, above / above[-1], edges)) for share in shares)


def _depth(cells: Cells, first: FloatArray) -> tuple[float, float]:
    """Median depth of a mode's more probable class, as the middle between crust and slab is neither; and its spread."""
    depth, p, height = cells.depth_km[first], cells.probability[first], cells.height_km[first]
    shallow = depth < SHALLOW_KM
    own = shallow if p[shallow].sum() >= p[~shallow].sum() else ~shallow
    median = _percentiles(depth[own], height[own], p[own], (0.5,))[0]
    mean = float(np.average(depth, weights=p))
    variance = float(np.average(np.square(depth - mean) + np.square(height) / 12, weights=p))
    return median, float(np.sqrt(variance))


def _radii(cells: Cells, latitude: float, longitude: float) -> tuple[float, float, float]:
    """Radii about a place that hold 50, 68 and 90 %."""
    km = distance_deg(cells.latitude, cells.longitude, latitude, longitude) * KM_PER_DEGREE
    km = np.hypot(km, cells.width_km / np.sqrt(6.0))
    order = np.argsort(km)
    share = np.cumsum(cells.probability[order])
    found = np.interp((0.5, 0.68, 0.9), share, km[order])
    return float(found[0]), float(found[1]), float(found[2])


def _ellipse(north: FloatArray, east: FloatArray, width: FloatArray, p: FloatArray) -> tuple[float, float, float]:
    """Half axes (km) of the 68 % ellipse of a mode, and the azimuth of the longer one (0 to 180 degrees).

    Its shape is that of the 68 % that lie together closest, found as a minimum covariance determinant is (Rousseeuw &
    Van Driessen 1999, Technometrics 41, 212-223): the covariance of all would take it from the tails. Its size is what
    holds 68 %.
    """
    north, east = north - np.average(north, weights=p), east - np.average(east, weights=p)
    own, p = np.square(width) / 12, p / p.sum()
    inside = p
    for _ in range(CLOSER + 1):
        nn, ee, ne = (float(np.average(one, weights=inside)) for one in (north**2 + own, east**2 + own, north * east))
        away2 = (ee * (north**2 + own) + nn * (east**2 + own) - 2 * ne * north * east) / (nn * ee - ne * ne)
        order = np.argsort(away2)
        share = np.cumsum(p[order])
        inside = np.zeros_like(p)
        inside[order] = np.where(share <= max(0.68, share[0]), p[order], 0.0)
    scale = float(np.interp(0.68, share, np.sqrt(away2[order])))
    middle, half = (nn + ee) / 2, float(np.hypot((nn - ee) / 2, ne))
    azimuth = float(np.rad2deg(0.5 * np.arctan2(2 * ne, nn - ee))) % 180.0
    major, minor = np.sqrt(middle + half), np.sqrt(max(middle - half, 0.0))
    return scale * float(major), scale * float(minor), azimuth


def _place(cells: Cells, chosen: FloatArray, probability: float) -> Place:
    p = cells.probability[chosen]
    latitude, longitude = (float(np.average(one[chosen], weights=p)) for one in (cells.latitude, cells.longitude))
    return Place(latitude, _wrapped(longitude), _depth(cells, chosen)[0], probability)

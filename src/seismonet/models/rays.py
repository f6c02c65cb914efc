"""Rays through a layered spherical Earth: where they come up and when, for many sources at once.

A ray keeps its parameter p = r sin(i) / v, in s per radian, and turns where r / v falls to it. Between two of many
boundaries velocity is taken as A r**B, for which distance and time are known in closed form (Bullen & Bolt 1985, An
Introduction to the Theory of Seismology, chapter 7), so that a curve of travel time is a sum over layers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray

from .earth import END_KM, Earth

EARTH_RADIUS_KM = 6371.0
BELOW_STEP_KM = 10.0
RAYS = 49
# layers whose rays differ by less than this when they come up (s/km) are one kind: where they change places as the
# first, a table with columns a kilometre apart is wrong by a quarter of that at most
ONE_KIND_S_KM = 0.002
NEVER_S = 1e6
# the tangent at a head wave's first point is needed for interpolation, so many columns before it
BEFORE = 2


@dataclass(frozen=True, slots=True)
class Layers:
    """A model cut at many boundaries, for one phase.

    Attributes
    ----------
    depth_km : (boundaries,) from 0
    top, bottom : (boundaries - 1,) r / v in s at the upper and lower side of each layer
    stretch : (boundaries - 1,) 1 / (1 - B) of each
    thickness : (boundaries - 1,) logarithm of the ratio of its radii
    """

    depth_km: FloatArray
    top: FloatArray
    bottom: FloatArray
    stretch: FloatArray
    thickness: FloatArray

    def index(self, depth_km: float) -> int:
        """Number of the boundary at a depth."""
        return int(np.searchsorted(self.depth_km, depth_km - 1e-9))


@dataclass(frozen=True, slots=True)
class Kind:
    """Rays that turn between two depths: where their first arrivals change places with others', time has a kink.

    ``parameters`` are those of its rays for sources above, falling, none where velocity above is too high for any.
    """

    top_km: float
    bottom_km: float
    nodes: FloatArray
    parameters: FloatArray


def layers(earth: Earth, phase: str, sources_km: FloatArray) -> Layers:
    """The model cut at its own rows, at the depths of sources, and every 10 km below them."""
    deep = np.arange(sources_km[-1], END_KM, BELOW_STEP_KM)
    depth = np.unique(np.r_[sources_km, deep, earth.depth_km[earth.depth_km < END_KM], END_KM])
    segment = np.searchsorted(earth.depth_km, (depth[:-1] + depth[1:]) / 2) - 1
    own, velocity = earth.depth_km, earth.velocity(phase)
    slope = (velocity[segment + 1] - velocity[segment]) / (own[segment + 1] - own[segment])
    radius = EARTH_RADIUS_KM - depth
    top = radius[:-1] / (velocity[segment] + slope * (depth[:-1] - own[segment]))
    bottom = radius[1:] / (velocity[segment] + slope * (depth[1:] - own[segment]))
    thickness = np.log(radius[:-1] / radius[1:])
    # a layer in which r / v is constant turns no ray; this little makes it pass for one of any other
    ratio = np.log(top / bottom)
    ratio = np.where(np.abs(ratio) < 1e-9, 1e-9, ratio)
    return Layers(depth, top, np.asarray(top * np.exp(-ratio)), thickness / ratio, thickness)


def kinds(earth: Earth, phase: str, cut: Layers) -> list[Kind]:
    """All kinds of rays, from the surface down: parted where velocity jumps or its gradient changes."""
    borders = [0.0, *_borders(earth, phase), END_KM]
    found = []
    for top, bottom in pairwise(borders):
        first = cut.index(top)
        nodes = _nodes(earth, cut, top, bottom)
        reach = float(cut.top[first]) if first == 0 else min(_least(cut, 0, first), float(cut.top[first]))
        inside = nodes[nodes < reach]
        some = reach >= float(cut.top[first]) or len(inside) > 0
        found.append(Kind(top, bottom, nodes, np.r_[reach, inside] if some else inside))
    return found


def _borders(earth: Earth, phase: str) -> Iterator[float]:
    """Depths (km) between kinds of rays."""
    depth, velocity = earth.depth_km, earth.velocity(phase)
    slowness = (EARTH_RADIUS_KM - depth) / EARTH_RADIUS_KM / velocity
    steps = np.flatnonzero(np.diff(depth) > 0)
    least = most = slowness[0]
    for above, below in zip(steps[:-1].tolist(), steps[1:].tolist(), strict=True):
        least, most = min(least, *slowness[above : above + 2]), max(most, *slowness[above : above + 2])
        if depth[below] >= END_KM:
            return
        bend = _gradient(depth, velocity, below) - _gradient(depth, velocity, above)
        smooth = below == above + 1 and abs(bend) * (depth[below + 1] - depth[above]) < 1e-4
        after = slowness[below : below + 2]
        if not smooth and max(most, *after) - min(least, *after) > ONE_KIND_S_KM:
            yield float(depth[below])
            least = most = after[0]


def _gradient(depth: FloatArray, velocity: FloatArray, row: int) -> float:
    return float((velocity[row + 1] - velocity[row]) / (depth[row + 1] - depth[row]))


def _nodes(earth: Earth, cut: Layers, top_km: float, bottom_km: float) -> FloatArray:
    """Parameters of rays that turn between two depths, falling; dense below each step, where distance runs fastest."""
    own = earth.depth_km[(earth.depth_km > top_km) & (earth.depth_km < bottom_km)]
    edges = [cut.index(depth) for depth in np.unique(np.r_[top_km, own, bottom_km])]
    count = max(6, RAYS // (len(edges) - 1))
    part = np.linspace(0, 1, count) ** 2
    found = [
        cut.top[first] - (cut.top[first] - cut.bottom[last - 1]) * part
        for first, last in pairwise(edges)
        if cut.bottom[last - 1] < cut.top[first]
    ]
    return np.unique(np.concatenate(found))[::-1] if found else np.zeros(0)


def _least(cut: Layers, first: int, last: int) -> float:
    """Least r / v of the layers between two boundaries: no ray of a larger parameter passes them."""
    return float(min(cut.top[first:last].min(), cut.bottom[first:last].min()))


def vertical(cut: Layers) -> tuple[FloatArray, FloatArray]:
    """Of a ray straight up from each boundary: its time in s, and how time grows with distance.

    Near the vertical it is the hyperbola ``sqrt(time**2 + (growth * distance)**2)``, the distance in radians.
    """
    mean = (cut.top + cut.bottom) / 2
    time = np.r_[0.0, np.cumsum(mean * cut.thickness)]
    spread = np.r_[0.0, np.cumsum(cut.thickness / mean)]
    growth = np.full_like(time, cut.top[0])
    growth[1:] = np.sqrt(time[1:] / spread[1:])
    return time, growth


def _legs(cut: Layers, parameter: FloatArray, last: int) -> tuple[FloatArray, FloatArray]:
    """Distance (radians) and time (s) of rays down to each boundary, (…, rays, last + 1), until they turn."""
    p = parameter[..., None]
    top, bottom = cut.top[:last], cut.bottom[:last]
    passes = p <= np.minimum(top, bottom)
    alive = np.logical_and.accumulate(passes, axis=-1)
    turns = ~passes & (p <= top)
    turns[..., 1:] &= alive[..., :-1]
    upper, lower = np.minimum(p / top, 1.0), np.minimum(p / bottom, 1.0)
    angle = np.where(alive | turns, np.arccos(upper) - np.arccos(lower), 0.0)
    root = np.where(alive | turns, top * np.sqrt(1 - upper**2) - bottom * np.sqrt(1 - lower**2), 0.0)
    shape = (*parameter.shape, last + 1)
    distance, time = np.zeros(shape), np.zeros(shape)
    np.cumsum(angle * cut.stretch[:last], axis=-1, out=distance[..., 1:])
    np.cumsum(root * cut.stretch[:last], axis=-1, out=time[..., 1:])
    return distance, time


def curves(cut: Layers, kind: Kind, sources_km: FloatArray, distance_deg: FloatArray) -> FloatArray:
    """First arrivals of one kind of rays.

    Parameters
    ----------
    cut : Layers, with a boundary at every source
    kind : Kind of that model
    sources_km : (sources,) depths
    distance_deg : (distances,) evenly spaced from 0

    Returns
    -------
    time : (sources, distances) s; ``NEVER_S`` where there is no such ray, as before the critical distance of a head
        wave, or from sources below where these rays turn. Beyond its last ray a curve goes straight on, as a wave that
        creeps along the layer above does; where there are other rays, those are earlier.
    """
    first = np.full((len(sources_km), len(distance_deg)), NEVER_S)
    above = np.flatnonzero(sources_km < kind.top_km)
    last = cut.index(kind.bottom_km)
    if len(above) and len(kind.parameters):
        distance, time = _legs(cut, kind.parameters, last)
        rows = [cut.index(depth) for depth in sources_km[above].tolist()]
        down = 2 * distance[:, -1] - distance[:, rows].T, 2 * time[:, -1] - time[:, rows].T
        curve = (*down, np.broadcast_to(kind.parameters, down[0].shape))
        _draw(first, above, _before(curve, distance_deg), distance_deg)
        _draw(first, above, _straight_on(curve, distance_deg), distance_deg)
    for row in np.flatnonzero((sources_km >= kind.top_km) & (sources_km <= kind.bottom_km)).tolist():
        source = cut.index(float(sources_km[row]))
        for curve in _own(cut, kind, source, last):
            _draw(first, np.array([row]), _straight_on(curve, distance_deg), distance_deg)
    return first


Curve = tuple[FloatArray, FloatArray, FloatArray]


def _own(cut: Layers, kind: Kind, source: int, last: int) -> Iterator[Curve]:
    """Rays upward from a source inside the kind's depths, and those that turn below it there."""
    at = float(cut.top[source] if source < last else cut.bottom[source - 1])
    reach = min(at, _least(cut, 0, source)) if source else at
    if source:
        part = np.linspace(0, 1, RAYS)
        up = reach * (1 - (1 - part) ** 2)
        distance, time = _legs(cut, up, source)
        yield distance[None, :, -1], time[None, :, -1], up[None]
    else:
        # straight along the surface, for as long as nothing is earlier
        yield np.zeros((1, 1)), np.zeros((1, 1)), np.full((1, 1), reach)
    lowest = min(reach, _least(cut, source, last)) if source < last else reach
    near = reach - (reach - lowest) * np.linspace(0, 1, RAYS) ** 2
    down = np.unique(np.r_[near, kind.nodes[(kind.nodes < reach) & (kind.nodes > lowest)]])[::-1]
    distance, time = _legs(cut, down, last)
    yield (2 * distance[:, -1] - distance[:, source])[None], (2 * time[:, -1] - time[:, source])[None], down[None]


def _before(curve: Curve, distance_deg: FloatArray) -> Curve:
    """The tangents at the first distances that curves reach, backwards from there."""
    distance, time, slope = curve
    first = np.arange(len(distance)), distance.argmin(axis=1)
    back = np.array([0.0, BEFORE]) * np.deg2rad(distance_deg[1] - distance_deg[0])
    p = slope[first][:, None]
    return distance[first][:, None] - back, time[first][:, None] - p * back, np.repeat(p, 2, axis=1)


def _straight_on(curve: Curve, distance_deg: FloatArray) -> Curve:
    """Curves with a point beyond all distances, on the tangent at their last ray."""
    distance, time, slope = curve
    end = np.maximum(np.deg2rad(distance_deg[-1]), distance[:, -1:]) + 1.0
    late = time[:, -1:] + slope[:, -1:] * (end - distance[:, -1:])
    longer = [np.concatenate(pair, axis=1) for pair in ((distance, end), (time, late), (slope, slope[:, -1:]))]
    return longer[0], longer[1], longer[2]


def _draw(first: FloatArray, rows: IntArray, curve: Curve, distance_deg: FloatArray) -> None:
    """Lower some rows of a table to curves of time over distance, ray by ray.

    Along a curve dT/d(distance) is the ray parameter, so two neighbouring rays give values and slopes, and time between
    them is a cubic.
    """
    distance, time, slope = curve
    step = np.deg2rad(distance_deg[1] - distance_deg[0])
    ends = np.sort(np.stack([distance[:, :-1], distance[:, 1:]]), axis=0) / step
    low = np.clip(np.ceil(ends[0] - 1e-9), 0, len(distance_deg)).astype(np.int64)
    high = np.clip(np.floor(ends[1] + 1e-9), -1, len(distance_deg) - 1).astype(np.int64)
    count = np.maximum(high - low + 1, 0).ravel()
    segment = np.repeat(np.arange(count.size), count)
    column = np.arange(len(segment)) - np.repeat(np.cumsum(count) - count - low.ravel(), count)
    line, ray = np.divmod(segment, low.shape[1])
    begin = line * distance.shape[1] + ray
    here = _hermite(np.deg2rad(distance_deg)[column], begin, distance.ravel(), time.ravel(), slope.ravel())
    np.minimum.at(first.reshape(-1), rows[line] * len(distance_deg) + column, here)


def _hermite(x: FloatArray, begin: IntArray, distance: FloatArray, time: FloatArray, slope: FloatArray) -> FloatArray:
    start = distance.take(begin)
    width = distance.take(begin + 1) - start
    t = (x - start) / np.where(width == 0, 1.0, width)
    early, late = time.take(begin), time.take(begin + 1)
    rest = 1 - t
    value = (1 + 2 * t) * rest**2 * early + t**2 * (3 - 2 * t) * late
    return np.asarray(value + width * t * rest * (rest * slope.take(begin) - t * slope.take(begin + 1)))

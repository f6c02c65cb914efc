"""What the agreement of two sensors means: which axis of which sensor is wrong, in what, and by what factor.

Of two sensors that disagree one is right, and they alone cannot say which. Their own other axes can: horizontal motions
of one place differ by a third or so (``anisotropy``), so of two ratios between axes the one nearer to 1 is likelier.
Whole sensors are judged by the noise of the ground, which no place has below the low or far above the high noise model,
and by neighbours. Where nothing speaks for either, the seismometer is named, with half the confidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seismonet.core.sourceid import SourceId

from .pairspectra import EDGES_HZ, HOUR_NS, Pair, PairSums
from .sensorpair import AxisAgreement, PairAgreement, PairParams, agreement
from .symptoms import Symptom

DEAF = 0.3
"""Squared coherence below which an axis feels nothing of what its neighbours feel."""
FELT = 0.7
ALIVE = 0.9
"""And from which one is alive."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What else is known of the two sensors' levels, in dB: above the high or below the low noise model, or against
    neighbours (0 where nothing is known)."""

    velocity_db: float = 0.0
    acceleration_db: float = 0.0


def pair_symptoms(
    hours: Mapping[int, PairSums], pair: Pair, params: PairParams | None = None, doubt: Doubt | None = None
) -> list[Symptom]:
    """What is wrong between two sensors; empty when they agree, or when there was nothing that both felt."""
    params, doubt = params or PairParams(), doubt or Doubt()
    found, since_ns = _now(hours, pair, params)
    if not found.informative:
        return []
    off = frozenset(axis for axis in range(3) if _silent(found, axis))
    symptoms = _deaf(found, pair, params, since_ns)
    gains = _gains(found, pair, params, (since_ns, doubt, off))
    order = [] if off else _order(found, pair, params, since_ns)
    # a quiet axis is explained by what leaks from the others: where its size is wrong, its direction is not known
    odd = {one.channel[-1] for one in gains}
    order = [
        one for one in order if one.name != "pair_rotated" or one.channel.endswith("?") or one.channel[-1] not in odd
    ]
    wrong = {one.channel for one in order}
    symptoms += order + [one for one in gains if one.channel not in wrong]
    if np.isfinite(found.lag_s) and abs(found.lag_s) > max(params.lag_s, 4 * found.lag_uncertainty_s):
        late = pair.velocity if found.lag_s > 0 else pair.acceleration
        text = f"{_sensor(late.names)} comes {abs(found.lag_s):.3f} s after the station's other sensor"
        symptoms.append(Symptom("pair_lag", _sensor(late.names), since_ns, text, abs(found.lag_s), 0.5))
    return symptoms + _apart(found, pair, since_ns)


def _silent(found: PairAgreement, axis: int) -> bool:
    """Has this axis of either sensor nothing in common with any other channel, while other axes have?"""
    one = found.axes[axis]
    others = [other for k, other in enumerate(found.axes) if k != axis]
    return min(one.felt_v, one.felt_a) < DEAF and max(max(o.felt_v, o.felt_a) for o in others) >= ALIVE


def _code(name: SourceId) -> str:
    return f"{name.location}.{name.channel}"


def _sensor(names: tuple[SourceId, ...]) -> str:
    return _code(names[0])[:-1] + "?"


def _apart(found: PairAgreement, pair: Pair, since_ns: int) -> list[Symptom]:
    if not np.isfinite(found.apart_hz):
        return []
    known = (
        f"; metadata put them {pair.apart_m:.0f} m apart" if pair.apart_m > 1 else ", though metadata put them there"
    )
    text = f"the sensors agree at low frequencies, and from {found.apart_hz:.2g} Hz on feel strong motion that is not"
    text += f" the same, {found.apart_times:.2g} times as large at the seismometer: they do not stand side by side"
    text += known
    return [Symptom("pair_apart", _sensor(pair.acceleration.names), since_ns, text)]


def _deaf(found: PairAgreement, pair: Pair, params: PairParams, since_ns: int) -> list[Symptom]:
    """Axes that nothing moves, while the others are alive."""
    symptoms = []
    for axis, one in enumerate(found.axes):
        if not _silent(found, axis):
            continue
        # ground that moves the three axes alike shows at once which of the two feels nothing of it
        clear = abs(one.felt_v - one.felt_a) > DEAF
        blame = float(one.felt_v < one.felt_a) if clear else _blame(one, params)
        names = pair.velocity.names[axis], pair.acceleration.names[axis]
        name, other = names if blame >= 0.5 else names[::-1]
        text = f"{_code(name)} has nothing in common with {_code(other)} or any other channel (squared coherence"
        text += f" {min(one.felt_v, one.felt_a):.2f}), while other axes have {_best(found):.2f}"
        symptoms.append(Symptom("deaf", _code(name), since_ns, text, None, max(blame, 1 - blame)))
    return symptoms


def _best(found: PairAgreement) -> float:
    return max(max(one.felt_v, one.felt_a) for one in found.axes)


def _blame(one: AxisAgreement, params: PairParams) -> float:
    """How likely it is the seismometer's axis, not the accelerometer's, that is wrong: by its level among its own."""
    # far from usual the bell's tails mean nothing more: a Student-like tail keeps the odds finite
    odds = np.log1p((one.level_v / params.anisotropy) ** 2) - np.log1p((one.level_a / params.anisotropy) ** 2)
    return float(1 / (1 + np.exp(-1.5 * odds))) if np.isfinite(odds) else 0.5


def _permutation(found: PairAgreement) -> tuple[list[int], list[float], list[float]]:
    """To which axis of the other each axis is nearest; with which sign; and by how many degrees it is off."""
    order, sign, off = [], [], []
    for k, axis in enumerate(found.axes):
        row = np.array(axis.row) if axis.estimates else np.eye(3)[k]
        nearest = int(np.argmax(np.abs(row)))
        order.append(nearest)
        sign.append(float(np.sign(row[nearest])))
        off.append(float(np.degrees(np.arccos(min(abs(row[nearest]), 1.0)))))
    return order, sign, off


def _order(found: PairAgreement, pair: Pair, params: PairParams, since_ns: int) -> list[Symptom]:
    """Swapped components, wrong polarities, rotations."""
    order, sign, off = _permutation(found)
    if not all(axis.estimates for axis in found.axes[1:]) and order == [0, 1, 2] and min(sign) > 0:
        return []
    angle = _rotation_deg(found)
    names = pair.velocity.names
    if np.isfinite(angle) and abs(angle) > params.rotation_deg:
        text = (
            f"{_sensor(names)} is turned by {angle:.0f} degrees about the vertical against the station's other sensor"
        )
        return [Symptom("pair_rotated", _sensor(names), since_ns, text, angle, 0.5)]
    if order != [0, 1, 2] and sorted(order) == [0, 1, 2]:
        return _swapped(order, pair, since_ns)
    symptoms = []
    for axis in range(3):
        if sign[axis] < 0 and order[axis] == axis:
            text = f"{_code(names[axis])} moves against {_code(pair.acceleration.names[axis])} at all frequencies"
            weight = 0.5 if found.axes[axis].coherence < 0.5 else 0.7
            symptoms.append(Symptom("pair_polarity", _code(names[axis]), since_ns, text, -1.0, weight))
    if not symptoms and max(off) > params.rotation_deg:
        axis = int(np.argmax(off))
        text = f"{_code(names[axis])} is {off[axis]:.0f} degrees off the axis that metadata state"
        symptoms.append(Symptom("pair_rotated", _code(names[axis]), since_ns, text, off[axis], 0.5))
    return symptoms


def _swapped(order: list[int], pair: Pair, since_ns: int) -> list[Symptom]:
    names, others = pair.velocity.names, pair.acceleration.names
    moved = [axis for axis in range(3) if order[axis] != axis]
    text = " and ".join(f"{_code(names[axis])} feels what {_code(others[order[axis]])} feels" for axis in moved)
    return [Symptom("pair_swapped", _code(names[axis]), since_ns, text, None, 0.7) for axis in moved]


def _rotation_deg(found: PairAgreement) -> float:
    """How far the horizontal axes are both turned, clockwise from above; nan when they are not turned alike."""
    up, north, east = found.axes
    if not north.estimates or not east.estimates or (up.estimates and abs(up.row[0]) < 0.9):
        return float("nan")
    by_north = np.arctan2(north.row[2], north.row[1])
    by_east = np.arctan2(-east.row[1], east.row[2])
    apart = abs(np.angle(np.exp(1j * (by_north - by_east))))
    if apart > np.deg2rad(15.0):
        return float("nan")
    return float(np.degrees(np.angle(np.exp(1j * by_north) + np.exp(1j * by_east))))


def _gains(
    found: PairAgreement, pair: Pair, params: PairParams, known: tuple[int, Doubt, frozenset[int]]
) -> list[Symptom]:
    """Axes whose gain is not as stated; a whole sensor when all three are off alike."""
    since_ns = known[0]
    wrong = [
        axis
        for axis, one in enumerate(found.axes)
        if axis not in known[2]
        and one.estimates
        and abs(np.log(one.gain)) > max(np.log(params.gain_ratio), 4 * one.log_uncertainty)
    ]
    logs = [np.log(found.axes[axis].gain) for axis in wrong]
    heard = [axis for axis in range(3) if found.axes[axis].estimates]
    if len(wrong) >= 2 and len(wrong) == len(heard) and np.ptp(logs) < np.log(1.5):
        return _whole(found, pair, float(np.mean(logs)), known[:2])
    symptoms = []
    for axis in wrong:
        one = found.axes[axis]
        blame = _blame(one, params)
        velocity = blame >= 0.5
        name = (pair.velocity if velocity else pair.acceleration).names[axis]
        other = (pair.acceleration if velocity else pair.velocity).names[axis]
        factor = one.gain if velocity else 1 / one.gain
        text = f"{_code(name)} is {factor:.3g} times what {_code(other)} says, from {one.low_hz:.2g} to"
        text += f" {one.high_hz:.2g} Hz, squared coherence {one.coherence:.2f}"
        symptoms.append(Symptom("pair_gain", _code(name), since_ns, text, factor, max(blame, 1 - blame)))
    return symptoms


def _whole(found: PairAgreement, pair: Pair, log_gain: float, known: tuple[int, Doubt]) -> list[Symptom]:
    """All axes alike: one of the sensors, or the digitizer's range, is not what metadata say."""
    since_ns, doubt = known
    off_db = 20 * log_gain / np.log(10.0)
    # the sensor whose level is strange in the direction in which it would have to be wrong
    for_velocity = abs(doubt.velocity_db) - abs(doubt.velocity_db - off_db)
    for_acceleration = abs(doubt.acceleration_db) - abs(doubt.acceleration_db + off_db)
    odds = (for_velocity - for_acceleration) / 6.0
    blame = float(1 / (1 + np.exp(-np.clip(odds, -20, 20))))
    velocity = blame >= 0.5
    sensor, other = (pair.velocity, pair.acceleration) if velocity else (pair.acceleration, pair.velocity)
    factor = float(np.exp(log_gain if velocity else -log_gain))
    coherence = min(axis.coherence for axis in found.axes if axis.estimates)
    text = f"all axes of {_sensor(sensor.names)} are {factor:.3g} times what {_sensor(other.names)} says, squared"
    text += f" coherence {coherence:.2f} or more"
    return [Symptom("pair_gain", _sensor(sensor.names), since_ns, text, factor, max(blame, 1 - blame))]


def _now(hours: Mapping[int, PairSums], pair: Pair, params: PairParams) -> tuple[PairAgreement, int]:
    """What the last hours say, and since when they have said so.

    Hours are added from the last one backwards, until something is known of all axes, and then as long as none says
    otherwise.
    """
    used: dict[int, PairSums] = {}
    found, since, known = agreement({}, pair, params), 0, False
    for hour in sorted(hours, reverse=True):
        alone = agreement({hour: hours[hour]}, pair, params)
        if known and alone.informative and not _alike(alone, found):
            break
        used[hour] = hours[hour]
        since = hour if alone.informative or not since else since
        if not known:
            found = agreement(used, pair, params)
            known = sum(axis.estimates > 0 for axis in found.axes) >= 2
    return agreement(used, pair, params), since * HOUR_NS


def _alike(one: PairAgreement, other: PairAgreement) -> bool:
    for a, b in zip(one.axes, other.axes, strict=True):
        if (min(a.felt_v, a.felt_a) < DEAF) != (min(b.felt_v, b.felt_a) < DEAF):
            return False
        both = a.estimates > 0 and b.estimates > 0
        if both and (abs(np.log(a.gain / b.gain)) > np.log(1.5) or float(np.dot(a.row, b.row)) < 0.7):
            return False
    return True


def ground(hours: Mapping[int, PairSums], axis: int, since_ns: int) -> bool:
    """Is what a channel has recorded since then motion of the ground, as the other sensor's same axis felt it too?

    Asked where the channel had most of its power, in its own quantity; ``axis`` 0 to 2 of velocity, 3 to 5 of
    acceleration.
    """
    found = []
    for hour, sums in hours.items():
        power = np.maximum(sums.matrix[:, axis, axis].real, 0.0)
        if hour < since_ns // HOUR_NS or not power.any():
            continue
        middle_hz = np.sqrt(EDGES_HZ[1:] * EDGES_HZ[:-1])
        k = int(np.argmax(power * (middle_hz**2 if axis >= 3 else 1.0)))
        other = (axis + 3) % 6
        both = abs(sums.matrix[k, axis, other]) ** 2
        found.append(both / max(float(power[k] * sums.matrix[k, other, other].real), 1e-300))
    return bool(found) and float(np.median(found)) >= FELT

"""How strongly the ground moved at one sensor, from the raw samples of its components.

Acceleration and velocity are those of :mod:`seismonet.detect.amplitude`: without the mean of the quiet before,
high-passed at 0.075 Hz, integrated or differentiated. All functions are of whole windows by sample number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.inventory import Channel
from seismonet.kernels.filter import (
    IntegratorState,
    bandpass_sos,
    filter_initial,
    highpass_sos,
    integrate,
    sos_filter,
)
from seismonet.kernels.intensity import LEVEL_S, LOWEST, jma_intensity
from seismonet.models.intensity import worden12

from .amplitude import HIGHPASS_HZ, has_clipped
from .gate import IMPULSE_FRACTION
from .history import History
from .jobs import Trace, Work
from .onset import impulsiveness
from .seen import Seen
from .shape import electronic

ONSITE_HZ = (0.1, 20.0)
COMMON_HZ = (1.0, 8.0)
LEAST_RATE_HZ = 20.0
"""Below, the common band is not there."""
IMPULSE_S, IMPULSE_SAMPLES = 0.25, 24
LOOKED_S = 1.0
"""What the shape of a motion is judged by, from where it began."""
ABOUT_S = 4.0
"""What is looked at about it."""
SHARED = 0.1
"""The ground moves in all directions: of any two components the second has so much of the first, at least."""
GUARD_S = 0.2


@dataclass(frozen=True, slots=True)
class Recording:
    """What one sensor recorded: its components, the vertical first where it has one, as many as are there and not dead.

    Attributes
    ----------
    traces, channels : of the components
    lying : which of them are horizontal
    whole : all components that the metadata name are there
    """

    traces: tuple[Trace, ...]
    channels: tuple[Channel, ...]
    lying: tuple[int, ...]
    whole: bool

    @classmethod
    def of(cls, work: Work, rows: Sequence[int]) -> "Recording | None":
        """From the windows of a job; None where no component or no unit is known."""
        found: list[tuple[Trace, Channel]] = []
        for row in rows:
            trace = work.trace(row)
            channel = work.channel(trace) if trace is not None else None
            if trace is None or channel is None or channel.quantity == "counts" or float(np.ptp(trace.samples)) == 0.0:
                continue
            if not found or trace.rate_hz == found[0][0].rate_hz:
                found.append((trace, channel))
        if not found:
            return None
        traces, channels = (tuple(part) for part in zip(*found, strict=True))
        lying = tuple(k for k, trace in enumerate(traces) if not work.rows.vertical[trace.row])
        return cls(traces, channels, lying, len(found) == len(rows))

    @property
    def rate_hz(self) -> float:
        """Of all components."""
        return self.traces[0].rate_hz

    @property
    def accelerometer(self) -> bool:
        """Is acceleration what it sees?"""
        return self.channels[0].quantity == "acceleration"

    @property
    def lead(self) -> int:
        """Samples before the onset that all components hold."""
        return min(one.onset - one.begin for one in self.traces)

    def raw(self) -> FloatArray:
        """(components, n) counts, aligned at the onset."""
        lead = self.lead
        parts = [one.samples[one.onset - one.begin - lead :] for one in self.traces]
        n = min(len(part) for part in parts)
        return np.stack([part[:n] for part in parts])

    def clipped(self, since_s: float) -> bool:
        """Did any component run into its stop, since so long after the onset or at any time before (0)?"""
        begin = self.lead + round((since_s - 1) * self.rate_hz) if since_s else 0
        pairs = zip(self.raw()[:, max(0, begin) :], self.channels, strict=True)
        return any(has_clipped(raw, channel.clip_counts) for raw, channel in pairs)

    def bound_m_s2(self) -> float:
        """What the horizontal acceleration did not exceed in the window, by the range of each component."""
        raw = self.raw()[list(self.lying)]
        if raw.shape[0] == 0 or raw.shape[1] < 3:
            return 0.0
        gains = [self.channels[k].sensitivity for k in self.lying]
        moved = raw if self.accelerometer else np.diff(raw, axis=1) * self.rate_hz
        return float(np.hypot.reduce(np.ptp(moved, axis=1) / np.array(gains)))


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground at one sensor: (components, n) acceleration and velocity, their rate, which ones are horizontal.

    ``lead`` is the index of the onset.
    """

    acceleration: FloatArray
    velocity: FloatArray
    rate_hz: float
    lying: tuple[int, ...]
    lead: int

    @property
    def size(self) -> FloatArray:
        """(n,) horizontal acceleration, the vector sum."""
        return _size(self.acceleration[list(self.lying)])


@dataclass(frozen=True, slots=True)
class Strength:
    """Peaks (vector sum of the horizontals), seconds beyond the on-site threshold, and MSK-64 intensity."""

    pga_m_s2: float
    pgv_m_s: float
    above_s: float
    intensity: float


def ground(sensor: Recording, quiet_until: int) -> Ground:
    """What the ground did, with the mean of the samples before index ``quiet_until`` as its zero."""
    raw, rate_hz = sensor.raw(), sensor.rate_hz
    gains = np.array([one.sensitivity for one in sensor.channels])[:, None]
    moved = (raw - raw[:, : max(1, quiet_until)].mean(axis=1, keepdims=True)) / gains
    sos = highpass_sos(HIGHPASS_HZ, rate_hz, corners=2)
    first = sos_filter(moved, filter_initial(sos, moved[:, 0]), sos=sos)[0]
    if sensor.accelerometer:
        rest = IntegratorState(first[:, 0], np.zeros(len(first)))
        velocity = integrate(first, rest, dt_s=1 / rate_hz)[0]
        velocity = sos_filter(velocity, filter_initial(sos, velocity[:, 0]), sos=sos)[0]
        return Ground(first, velocity, rate_hz, sensor.lying, sensor.lead)
    acceleration = np.diff(first, axis=1, prepend=first[:, :1]) * rate_hz
    return Ground(acceleration, first, rate_hz, sensor.lying, sensor.lead)


def strength(moved: Ground, part: slice, threshold_m_s2: float) -> Strength:
    """How strong a part of it was.

    Intensity is the mean of what peak acceleration and velocity of the larger horizontal say, by Worden et al. (2012).
    """
    lying, rate_hz = list(moved.lying), moved.rate_hz
    acceleration, velocity = moved.acceleration[lying, part], moved.velocity[lying, part]
    pga_m_s2, pgv_m_s = (float(_size(one).max()) for one in (acceleration, velocity))
    above_s = 0.0
    if pga_m_s2 >= threshold_m_s2:
        band = _band(moved.acceleration[lying], *ONSITE_HZ, rate_hz)[:, part]
        above_s = float(np.count_nonzero(_size(band) >= threshold_m_s2)) / rate_hz
    larger = (float(np.abs(one).max()) for one in (acceleration, velocity))
    by_pga, by_pgv = (float(worden12(peak, kind)) for peak, kind in zip(larger, ("PGA", "PGV"), strict=True))  # type: ignore[arg-type]
    return Strength(pga_m_s2, pgv_m_s, above_s, (by_pga + by_pgv) / 2)


def instrumental(moved: Ground, part: slice) -> float:
    """JMA intensity of a part of it; the lowest there is while it is shorter than what the definition asks for."""
    acceleration = moved.acceleration[:, part]
    if acceleration.shape[1] < round(LEVEL_S * moved.rate_hz):
        return LOWEST
    return jma_intensity(acceleration, rate_hz=moved.rate_hz)


def shared(moved: Ground, part: slice) -> bool:
    """Did a second component move as well?

    >>> one = np.zeros((3, 200))
    >>> one[1, 50:] = 1.0
    >>> shared(Ground(one, one, 100.0, (1, 2), 0), slice(0, 200))
    False
    """
    peaks = np.sort(np.abs(moved.acceleration[:, part]).max(axis=1))
    return len(peaks) > 1 and bool(peaks[-2] >= SHARED * peaks[-1])


def impulse_samples(rate_hz: float) -> int:
    """What is needed after a sample to know that it is none of an impulse."""
    return max(IMPULSE_SAMPLES, round(IMPULSE_S * rate_hz))


def impulsive(recording: Recording, index: int) -> bool:
    """Is what is at an index a spike or a step of the electronics, on any component?"""
    half = impulse_samples(recording.rate_hz)
    for raw in recording.raw()[:, max(0, index - half) : index + half]:
        history = History.of(recording.rate_hz, [(0, raw)])
        if impulsiveness(history, 0, min(half, index), (half, half)) > IMPULSE_FRACTION:
            return True
    return False


def shape_at(recording: Recording, index: int) -> str:
    """Why what begins at an index is none of the ground's; empty when it may be. It needs ``LOOKED_S`` after it."""
    about = round(ABOUT_S * recording.rate_hz)
    begin = max(0, index - about)
    near = recording.raw()[:, begin : index + about]
    for raw, channel in zip(near, recording.channels, strict=True):
        reason, _ = electronic(Seen(History.of(recording.rate_hz, [(begin, raw)]), index, channel))
        if reason:
            return reason
    return ""


def triggers(moved: Ground, least: float) -> bool:
    """Does the first component stand so far out of what it did before the onset that it has triggered by itself?"""
    band = np.abs(_band(moved.acceleration[:1], *COMMON_HZ, moved.rate_hz)[0])
    before = band[: max(1, moved.lead - round(GUARD_S * moved.rate_hz))]
    return bool(band[max(moved.lead, 0) :].max() >= least * np.sqrt(np.square(before).mean()))


def alike(one: Ground, other: Ground, begin_s: float, log_ratio: float, likeness: float) -> bool | None:
    """Did two sensors see the same since ``begin_s`` after the onset: as large and at the same time, 1 to 8 Hz?

    The length of the velocity is compared, as the sensors need not be turned alike. None where a band is not there.
    """
    if min(one.rate_hz, other.rate_hz) < LEAST_RATE_HZ or one.velocity.shape[0] != other.velocity.shape[0]:
        return None
    until_s = min((part.velocity.shape[1] - part.lead - 1) / part.rate_hz for part in (one, other))
    times = np.arange(begin_s, until_s, 1 / min(one.rate_hz, other.rate_hz))
    if len(times) < 10:
        return None
    first, second = (_common(part, times) for part in (one, other))
    sizes = [float(np.sqrt(np.square(part).mean())) for part in (first, second)]
    if min(sizes) <= 0:
        return False
    first, second = first - first.mean(), second - second.mean()
    spread = float(np.sqrt(np.square(first).sum() * np.square(second).sum()))
    if spread <= 0 or float((first * second).sum()) < likeness * spread:
        return False
    return abs(float(np.log10(sizes[0] / sizes[1]))) <= log_ratio


def _common(moved: Ground, times: FloatArray) -> FloatArray:
    """Length of the velocity in the common band at times from the onset."""
    size = _size(_band(moved.velocity, *COMMON_HZ, moved.rate_hz))
    return np.asarray(np.interp(times, (np.arange(len(size)) - moved.lead) / moved.rate_hz, size))


def _band(samples: FloatArray, low_hz: float, high_hz: float, rate_hz: float) -> FloatArray:
    sos = bandpass_sos(low_hz, min(high_hz, 0.4 * rate_hz), rate_hz, corners=2)
    return sos_filter(samples, filter_initial(sos, samples[:, 0]), sos=sos)[0]


def _size(parts: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.square(parts).sum(axis=0)))

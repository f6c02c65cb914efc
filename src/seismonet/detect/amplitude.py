"""Peak motions after a P onset, from the raw samples about it: displacement to acceleration, period, Wood-Anderson."""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import BoolArray, FloatArray, IntArray
from seismonet.core.inventory import Channel
from seismonet.kernels.filter import IntegratorState, filter_initial, highpass_sos, integrate, sos_filter
from seismonet.kernels.woodanderson import wood_anderson

from .history import History

HIGHPASS_HZ = 0.075
BASELINE_S = 20.0
HOLD_S = 30.0
"""A sensor that clipped takes so long to come back to rest: until then its motions are not trusted."""
BEFORE_S = max(BASELINE_S, HOLD_S)
"""What a window to be measured needs ahead of the onset."""
GUARD_S = 0.2
TAU_C_WINDOW_S = 3.0
FLAT_SAMPLES, FLAT_COUNTS, FLAT_STEP = 4, 1000.0, 0.02
TOP, CORNER, TOP_SAMPLES = 0.75, 0.3, 6
"""A sine that comes from 0.3 of its top to 0.75 within a sample, or leaves so, stays there for less than three."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """Largest absolute displacement (m), velocity (m/s), acceleration (m/s**2); displacement noise; clipped or not.

    ``tau_c_s`` is 0 unless the window holds 3 s; the Wood-Anderson amplitude (m, gain 1) and its noise are 0 unless
    they were asked for.
    """

    pd_m: float
    pv_m_s: float
    pa_m_s2: float
    noise_pd_m: float
    clipped: bool
    tau_c_s: float = 0.0
    wood_anderson_m: float = 0.0
    noise_wood_anderson_m: float = 0.0


def measure(
    history: History, row: int, onset: int, samples: int, channel: Channel, *, horizontal: bool = False
) -> Peaks | None:
    """Peaks within ``samples`` after ``onset``; None without metadata or while the window is not all there.

    As ElarmS does it: the trace loses the mean of what precedes the onset, then a causal two-pole Butterworth high-pass
    at 0.075 Hz, again after each integration (Kuyuk & Allen 2013; Shieh et al. 2008, GRL 35, L20301). Of a horizontal
    channel also what a Wood-Anderson seismograph would show. Clipped is what clips in the window or did in the 30 s
    before the onset::

        hold         ├──────────── 30 s ────────────┤
        baseline               ├────── 20 s ───────┤
        window                                       ├── samples ──┤
                                                     ^ onset
    """
    end, rate_hz = onset + samples, history.rate_hz
    first = history.first(row)
    begin = max(first, onset - round(BASELINE_S * rate_hz))
    if channel.quantity == "counts" or end > history.end[row] or onset - begin < rate_hz:
        return None
    clipped = has_clipped(history.window(row, max(first, onset - round(HOLD_S * rate_hz)), end), channel.clip_counts)
    raw = history.window(row, begin, end)
    before = onset - begin
    guard = max(1, before - round(GUARD_S * rate_hz))
    ground = ((raw - raw[:guard].mean()) / channel.sensitivity)[None, :]
    motions = _motions(ground, rate_hz, channel.quantity)
    displacement, velocity, acceleration = (np.abs(one) for one in motions)
    pendulum, quiet = 0.0, slice(guard // 2, guard)
    noise_pendulum = 0.0
    if horizontal:
        swing = np.abs(_pendulum(motions, rate_hz, channel.quantity))
        pendulum, noise_pendulum = float(swing[before:].max()), float(swing[quiet].max())
    return Peaks(
        float(displacement[before:].max()),
        float(velocity[before:].max()),
        float(acceleration[before:].max()),
        float(displacement[quiet].max()),
        clipped,
        tau_c(motions[0][before:], motions[1][before:], rate_hz),
        pendulum,
        noise_pendulum,
    )


def has_clipped(raw: FloatArray, clip_counts: float) -> bool:
    """Did a digitizer or sensor run into its stop?

    Beyond the full scale of the metadata; or, as that is seldom known, a top that no wave has. Flat: at least four
    samples in a row at the largest value of all, reached by a step of a fiftieth of it, where a wave would turn
    smoothly. Or cut off before the digitizer's filters, which then ring about the level of the stop: at least six
    samples within a quarter of the largest value, with a corner before or after them.

    >>> wave = (9000 * np.sin(np.arange(100) / 3.0)).round()
    >>> has_clipped(wave, np.inf), has_clipped(wave, 8000.0), has_clipped(np.minimum(wave, 5000.0), np.inf)
    (False, True, True)
    >>> ringing = np.array([9600.0, 9900.0, 9500.0, 9800.0, 9600.0, 9700.0])
    >>> has_clipped(np.concatenate([np.zeros(9), ringing, np.zeros(9)]), np.inf)
    True
    """
    size = np.abs(raw)
    if size.max() >= clip_counts:
        return True
    middle = float(np.median(raw))
    return any(_flat_top(side) or _cut_top(side) for side in (raw - middle, middle - raw))


def _flat_top(raw: FloatArray) -> bool:
    top = raw.max()
    if top < FLAT_COUNTS:
        return False
    starts, _ = _stays(raw == top, FLAT_SAMPLES)
    return bool((top - raw[starts - 1] >= FLAT_STEP * top).any())


def _cut_top(raw: FloatArray) -> bool:
    top = raw.max()
    if top < FLAT_COUNTS:
        return False
    starts, ends = _stays(raw >= TOP * top, TOP_SAMPLES)
    outside = np.concatenate([raw[starts - 1], raw[ends[ends < len(raw)]]])
    return bool((outside <= CORNER * top).any())


def _stays(there: BoolArray, least: int) -> tuple[IntArray, IntArray]:
    """Where so many samples in a row or more begin, not at the very first, and the samples after them."""
    edges = np.diff(np.concatenate([[False], there, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    long = (ends - starts >= least) & (starts > 0)
    return starts[long], ends[long]


def tau_c(displacement_m: FloatArray, velocity_m_s: FloatArray, rate_hz: float) -> float:
    """Period (s) of the first 3 s of a P wave, 0 where there are not as many or nothing moves.

    ``2 pi sqrt(int d**2 dt / int v**2 dt)``, Kanamori (2005), Annu. Rev. Earth Planet. Sci. 33, 195-214.

    >>> time = np.arange(300) / 100.0
    >>> round(tau_c(np.sin(time * np.pi), np.pi * np.cos(time * np.pi), 100.0), 2)
    2.0
    """
    samples = round(TAU_C_WINDOW_S * rate_hz)
    if len(velocity_m_s) < samples:
        return 0.0
    d2, v2 = (float(np.square(one[:samples]).sum()) for one in (displacement_m, velocity_m_s))
    return float(2 * np.pi * np.sqrt(d2 / v2)) if v2 > 0 else 0.0


def tau_p(velocity_m_s: FloatArray, rate_hz: float) -> FloatArray:
    """(n,) predominant period (s) of a trace, sample by sample, with a memory of 1 s.

    ``2 pi sqrt(X / D)`` with ``X = a X + v**2``, ``D = a D + (dv/dt)**2`` and ``a = 1 - 1/rate``; the maximum from
    0.5 s to 4 s after the onset grows with magnitude: Allen & Kanamori (2003), Science 300, 786-789; as Wurman, Allen &
    Lombard (2007) have it, JGR 112, B08311, the trace is low-passed at 3 Hz before.

    >>> round(float(tau_p(np.sin(np.arange(2000) / 100.0 * 2 * np.pi), 100.0)[-1]), 2)
    1.0
    """
    from scipy.signal import lfilter

    memory = [1.0, -(1.0 - 1.0 / rate_hz)]
    slope = np.diff(velocity_m_s, prepend=velocity_m_s[:1]) * rate_hz
    level, change = (lfilter([1.0], memory, np.square(one)) for one in (velocity_m_s, slope))
    ratio = np.divide(level, change, out=np.zeros_like(level), where=change > 0)
    return np.asarray(2 * np.pi * np.sqrt(ratio))


def _motions(ground: FloatArray, rate_hz: float, quantity: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    sos = highpass_sos(HIGHPASS_HZ, rate_hz, corners=2)

    def high_pass(x: FloatArray) -> FloatArray:
        return sos_filter(x, filter_initial(sos, x[:, 0]), sos=sos)[0]

    def integral(x: FloatArray) -> FloatArray:
        return high_pass(integrate(x, IntegratorState(x[:, 0], np.zeros(1)), dt_s=1 / rate_hz)[0])

    if quantity == "acceleration":
        acceleration = high_pass(ground)
        velocity = integral(acceleration)
    else:
        velocity = high_pass(ground)
        acceleration = np.diff(velocity, prepend=velocity[:, :1]) * rate_hz
    return integral(velocity)[0], velocity[0], acceleration[0]


def _pendulum(motions: tuple[FloatArray, FloatArray, FloatArray], rate_hz: float, quantity: str) -> FloatArray:
    """What a Wood-Anderson seismograph shows, from the motion that the sensor saw."""
    seen = motions[2] if quantity == "acceleration" else motions[1]
    return np.asarray(wood_anderson(seen[None, :], rate_hz=rate_hz, quantity=quantity)[0])

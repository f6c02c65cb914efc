"""Peak displacement, velocity and acceleration after a P onset, from the raw samples about it."""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.inventory import Channel
from seismonet.kernels.filter import IntegratorState, filter_initial, highpass_sos, integrate, sos_filter

from .history import History

HIGHPASS_HZ = 0.075
BASELINE_S = 20.0
GUARD_S = 0.2


@dataclass(frozen=True, slots=True)
class Peaks:
    """Largest absolute displacement (m), velocity (m/s), acceleration (m/s**2); displacement noise; clipped or not."""

    pd_m: float
    pv_m_s: float
    pa_m_s2: float
    noise_pd_m: float
    clipped: bool


def measure(history: History, row: int, onset: int, samples: int, channel: Channel) -> Peaks | None:
    """Peaks within ``samples`` after ``onset``; None without metadata or while the window is not all there.

    As ElarmS does it: the trace loses the mean of what precedes the onset, then a causal two-pole Butterworth high-pass
    at 0.075 Hz, again after each integration (Kuyuk & Allen 2013; Shieh et al. 2008, GRL 35, L20301).
    """
    end, rate_hz = onset + samples, history.rate_hz
    begin = max(history.first(row), onset - round(BASELINE_S * rate_hz))
    if channel.quantity == "counts" or end > history.end[row] or onset - begin < rate_hz:
        return None
    raw = history.window(row, begin, end)
    before = onset - begin
    guard = max(1, before - round(GUARD_S * rate_hz))
    ground = ((raw - raw[:guard].mean()) / channel.sensitivity)[None, :]
    displacement, velocity, acceleration = _motions(ground, rate_hz, channel.quantity)
    return Peaks(
        float(np.abs(displacement[before:]).max()),
        float(np.abs(velocity[before:]).max()),
        float(np.abs(acceleration[before:]).max()),
        float(np.abs(displacement[guard // 2 : guard]).max()),
        bool(np.abs(raw[before:]).max() >= channel.clip_counts),
    )


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

"""Recursive filters over many channels: band-pass, high-pass, integration, running mean."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class FilterState:
    """Delays of a filter in second-order sections: ``zi`` (rows, sections, 2)."""

    zi: FloatArray


@dataclass(frozen=True, slots=True)
class IntegratorState:
    """Last sample ``last`` (rows,) and integral so far ``total`` (rows,)."""

    last: FloatArray
    total: FloatArray


@dataclass(frozen=True, slots=True)
class DemeanState:
    """Running mean ``mean`` (rows, 1) and the number of samples it has ``seen`` (rows,)."""

    mean: FloatArray
    seen: IntArray


@lru_cache(maxsize=1)
def signal() -> Any:
    """``scipy.signal``, imported when first used, as it takes a second."""
    import scipy.signal

    return scipy.signal


def bandpass_sos(low_hz: float, high_hz: float, rate_hz: float, *, corners: int = 4) -> FloatArray:
    """Butterworth band-pass as second-order sections, (corners, 6).

    ``corners`` counts as ObsPy and scipy do: the order of the low-pass prototype, so the band-pass has twice as many
    poles and falls by 6 dB an octave and corner on each side. ValueError unless ``0 < low < high < rate / 2``.

    >>> bandpass_sos(1.0, 20.0, 100.0, corners=2).shape
    (2, 6)
    """
    if not 0 < low_hz < high_hz < rate_hz / 2:
        raise ValueError(f"a band of {low_hz}-{high_hz} Hz cannot be had at {rate_hz} Hz")
    return np.ascontiguousarray(signal().butter(corners, [low_hz, high_hz], "bandpass", fs=rate_hz, output="sos"))


def highpass_sos(corner_hz: float, rate_hz: float, *, corners: int = 2) -> FloatArray:
    """Butterworth high-pass as second-order sections; ValueError unless ``0 < corner < rate / 2``.

    >>> highpass_sos(0.075, 100.0).shape
    (1, 6)
    """
    if not 0 < corner_hz < rate_hz / 2:
        raise ValueError(f"a corner of {corner_hz} Hz cannot be had at {rate_hz} Hz")
    return np.ascontiguousarray(signal().butter(corners, corner_hz, "highpass", fs=rate_hz, output="sos"))


@lru_cache(maxsize=64)
def _steady(sos: bytes, shape: tuple[int, int]) -> FloatArray:
    return np.asarray(signal().sosfilt_zi(np.frombuffer(sos).reshape(shape)))


def filter_initial(sos: FloatArray, first_samples: FloatArray) -> FilterState:
    """The state of a filter that has seen ``first_samples`` (rows,) for ever: a segment starts without a step.

    >>> sos = highpass_sos(0.1, 10.0)
    >>> y, _ = sos_filter(np.full((1, 5), 7.0), filter_initial(sos, np.array([7.0])), sos=sos)
    >>> bool(np.abs(y).max() < 1e-12)
    True
    """
    steady = _steady(np.ascontiguousarray(sos).tobytes(), (sos.shape[0], 6))
    return FilterState(np.asarray(first_samples, dtype=np.float64)[:, None, None] * steady)


def sos_filter(samples: FloatArray, state: FilterState, *, sos: FloatArray) -> tuple[FloatArray, FilterState]:
    """Filter by second-order sections, sample by sample.

    Parameters
    ----------
    samples : (rows, n) float64
    state : FilterState of the same rows
    sos : (sections, 6) as :func:`bandpass_sos` gives

    Returns
    -------
    filtered : (rows, n) float64
    state : FilterState
    """
    filtered, zi = signal().sosfilt(sos, samples, axis=1, zi=state.zi.transpose(1, 0, 2))
    return filtered, FilterState(zi.transpose(1, 0, 2))


def integrate(
    samples: FloatArray, state: IntegratorState, *, dt_s: float | FloatArray
) -> tuple[FloatArray, IntegratorState]:
    """Trapezoidal integral, sample by sample: ``y[k] = y[k-1] + (x[k] + x[k-1]) * dt / 2``.

    Parameters
    ----------
    samples : (rows, n) float64
    state : IntegratorState; a segment starts with its first sample and a total of zero
    dt_s : sampling interval in s, one or (rows,)

    Examples
    --------
    >>> y, _ = integrate(np.array([[0.0, 2.0, 2.0]]), IntegratorState(np.zeros(1), np.zeros(1)), dt_s=0.5)
    >>> y.tolist()
    [[0.0, 0.5, 1.5]]
    """
    before = np.concatenate([state.last[:, None], samples[:, :-1]], axis=1)
    step = (samples + before) * (np.reshape(np.asarray(dt_s, dtype=np.float64), (-1, 1)) / 2)
    total, _ = signal().lfilter([1.0], [1.0, -1.0], step, axis=1, zi=state.total[:, None])
    return total, IntegratorState(samples[:, -1].copy(), total[:, -1].copy())


def demean_initial(rows: int) -> DemeanState:
    """Before the first sample."""
    return DemeanState(np.zeros((rows, 1)), np.zeros(rows, dtype=np.int64))


def demean(samples: FloatArray, state: DemeanState, *, n: int) -> tuple[FloatArray, DemeanState]:
    """Subtract a running mean that forgets with a time constant of ``n`` samples.

    ``m[k] = m[k-1] + (x[k] - m[k-1]) / n``, divided by ``1 - (1 - 1/n)**seen``, so that a young mean is unbiased: the
    first sample becomes zero.

    >>> bool(np.abs(demean(np.array([[5.0, 5.0]]), demean_initial(1), n=10)[0]).max() < 1e-12)
    True
    """
    if n < 1:
        raise ValueError("n must be at least 1")
    keep = 1 - 1 / n
    mean, zf = signal().lfilter([1 / n], [1.0, -keep], samples, axis=1, zi=state.mean)
    seen = state.seen[:, None] + np.arange(1, samples.shape[1] + 1)
    return samples - mean / -np.expm1(seen * np.log(keep) if n > 1 else -np.inf), DemeanState(
        zf, state.seen + samples.shape[1]
    )

"""Recursive filters over many channels: band-pass, high-pass, integration, running mean."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

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


# An average that has seen this many times its time constant is unbiased to the last bit: 1 - exp(-40) is 1.0.
OLD = 40

# A filter that is fed zeros decays into denormal numbers, which a processor handles fifty times as slowly: one dead
# channel would cost as much as fifty live ones. Added to any sample but a zero, this is lost in rounding.
FLOOR = 1e-100


@lru_cache(maxsize=1)
def signal() -> Any:
    """``scipy.signal``, imported when first used, as it takes a second."""
    import scipy.signal

    return scipy.signal


class _Cascade(Protocol):
    def __call__(self, sos: FloatArray, samples: FloatArray, zi: FloatArray, /) -> None: ...


@lru_cache(maxsize=1)
def _cascade() -> _Cascade:
    """What ``scipy.signal.sosfilt`` runs: (rows, n) samples and (rows, sections, 2) delays, changed in place.

    Around it the public function spends 20 us on every call, twice what the packets of 18 channels take to filter.
    Where a scipy keeps it elsewhere, the public function gives the same bits.
    """
    signal()
    try:
        from scipy.signal._sosfilt import _sosfilt
    except ImportError:
        return _public_cascade
    return _sosfilt


def _public_cascade(sos: FloatArray, samples: FloatArray, zi: FloatArray, /) -> None:
    samples[:], after = signal().sosfilt(sos, samples, axis=1, zi=zi.transpose(1, 0, 2))
    zi[:] = after.transpose(1, 0, 2)


@lru_cache(maxsize=256)
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


@lru_cache(maxsize=256)
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

    Notes
    -----
    The bits of ``scipy.signal.sosfilt``, but for runs of zeros: these come out near 1e-100 instead of below 1e-308.
    """
    filtered = np.add(samples, FLOOR, dtype=np.float64, order="C")
    zi = np.array(state.zi, order="C")
    _cascade()(sos, filtered, zi)
    return filtered, FilterState(zi)


def integrate(
    samples: FloatArray, state: IntegratorState, *, dt_s: float | FloatArray
) -> tuple[FloatArray, IntegratorState]:
    """Trapezoidal integral, sample by sample: ``y[k] = y[k-1] + (x[k] + x[k-1]) * dt / 2``.

    Parameters
    ----------
    samples : (rows, n) float64
    state : IntegratorState
        A segment starts with its first sample as the last and a total of zero.
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


def average(values: FloatArray, memory: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Exponential average ``a[k] = a[k-1] + (x[k] - a[k-1]) / n`` of (rows, n) and its memory (rows, 1).

    >>> average(np.array([[4.0, 4.0]]), np.zeros((1, 1)), 2)[0].tolist()
    [[2.0, 3.0]]
    """
    averaged, memory = signal().lfilter([1 / n], [1.0, -(1 - 1 / n)], values, axis=1, zi=memory)
    return averaged, memory


def young(seen: IntArray, n: int) -> IntArray | slice | None:
    """The rows that have seen less than n samples: their indices, or all, or None.

    >>> young(np.array([5, 9]), 5) is None, young(np.array([5, 9]), 6), young(np.array([5, 9]), 10)
    (True, array([0]), slice(None, None, None))
    """
    mask = seen < n
    if not mask.any():
        return None
    return slice(None) if mask.all() else np.flatnonzero(mask)


def youth(seen: IntArray, n: int, samples: int) -> FloatArray:
    """The weight an average of time constant n has gathered: ``1 - (1 - 1/n)**seen``.

    (rows, samples), or (1, samples) where all rows are of one age.

    >>> youth(np.array([0, 0]), 2, 3).tolist()
    [[0.5, 0.75, 0.875]]
    """
    ages = seen[:1] if (seen == seen[0]).all() else seen
    if n == 1:
        return np.ones((1, samples))
    return np.asarray(-np.expm1((ages[:, None] + np.arange(1, samples + 1)) * np.log1p(-1 / n)))


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
    mean, memory = average(samples, state.mean, n)
    if (rows := young(state.seen, OLD * n)) is not None:
        mean[rows] /= youth(state.seen[rows], n, samples.shape[1])
    return samples - mean, DemeanState(memory, state.seen + samples.shape[1])

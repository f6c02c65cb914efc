"""Where in a window the signal begins."""

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray

MINIMUM_S, MAXIMUM_S = 0.05, 0.5


def aic(window: FloatArray) -> FloatArray:
    """Akaike's criterion for a window to be two stationary pieces, cut before each sample.

    ``aic[k] = k ln var(x[:k]) + (n - k - 1) ln var(x[k:])``; its minimum is the onset. Maeda (1985), Zisin 38, 365-379;
    ObsPy's ``aic_simple`` is the same, but puts it to the sample before the cut.

    Parameters
    ----------
    window : (rows, n) float64, n >= 4

    Returns
    -------
    criterion : (rows, n) float64
        But for a constant that depends on the units; infinite at the edges, where a piece has fewer than two samples.

    Examples
    --------
    >>> x = np.r_[0.01 * np.sin(np.arange(40.0)), np.sin(np.arange(40.0))]
    >>> int(np.argmin(aic(x[None])[0])) in (39, 40, 41)
    True
    """
    n = window.shape[1]
    if n < 4:
        raise ValueError("an onset window needs at least four samples")
    window = np.ascontiguousarray(window)  # sums over other layouts have other bits
    x = window - window.mean(axis=1, keepdims=True)
    scale = np.abs(x).max(axis=1, keepdims=True)
    x = x / np.where(scale > 0, scale, 1.0)
    cut = np.arange(2, n - 1)
    total, square = np.cumsum(x, axis=1), np.cumsum(x * x, axis=1)
    left, left2 = total[:, cut - 1], square[:, cut - 1]
    right, right2 = total[:, -1:] - left, square[:, -1:] - left2
    tiny = 1e-20
    before = np.maximum(left2 / cut - np.square(left / cut), tiny)
    after = np.maximum(right2 / (n - cut) - np.square(right / (n - cut)), tiny)
    criterion = np.full(window.shape, np.inf)
    criterion[:, 2 : n - 1] = cut * np.log(before) + (n - cut - 1) * np.log(after)
    return criterion


def aic_onset(window: FloatArray) -> tuple[IntArray, FloatArray]:
    """(rows,) index of the first sample of the signal, and (rows,) how far the minimum stands below the median."""
    criterion = aic(window)
    index = np.argmin(criterion, axis=1)
    least = np.take_along_axis(criterion, index[:, None], axis=1)[:, 0]
    return index, np.median(criterion[:, 2:-1], axis=1) - least


def onset_uncertainty(snr: float, dominant_hz: float, rate_hz: float) -> float:
    """Standard deviation of an onset time in s.

    ``1 / (2 pi f sqrt(snr))``, after the bound on the arrival time of a signal of dominant frequency f in noise
    (Cramer-Rao; the root is the fact sheet's cautious choice), but never below 0.05 s or one sample nor
    above 0.5 s, as what a reading is worth is limited by the onset's shape.

    >>> onset_uncertainty(100.0, 5.0, 100.0), onset_uncertainty(1.0, 0.1, 100.0)
    (0.05, 0.5)
    """
    spread = 1 / (2 * np.pi * max(dominant_hz, 1e-3) * np.sqrt(max(snr, 1e-3)))
    return float(np.clip(spread, max(MINIMUM_S, 1 / rate_hz), MAXIMUM_S))

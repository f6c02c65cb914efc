"""From a trigger to an onset: the Akaike criterion on the samples about it."""

from dataclasses import dataclass

import numpy as np

from seismonet.kernels.filter import filter_initial, sos_filter
from seismonet.kernels.onset import aic_onset, onset_uncertainty

from .detectors import Detector
from .history import History

EDGE = 3
IMPULSE_SAMPLES = 3
MAXIMUM_SNR = 1e4
EMERGENT_S, EMERGENT_POWER = 0.4, 0.7
"""A faint onset is read late, as it begins in the noise: by 0.1 s on average at a ratio of 6, and as much scattered.
Fitted to simulated onsets in recorded noise by ``python -m benchmarks onsets``, docs/measurements.md."""


@dataclass(frozen=True, slots=True)
class Onset:
    """Sample number of an onset, its standard deviation in seconds, and its amplitude signal-to-noise ratio."""

    number: int
    uncertainty_s: float
    snr: float


def refine(history: History, row: int, trigger: int, detector: Detector) -> Onset | None:
    """Onset about a trigger, from ``before`` samples ahead of it to ``after`` behind; None when the window is short.

    ::

          settle        before        after
        |---------|----------------|---------|
                                   ^ trigger
    """
    end = trigger + detector.after
    begin = max(history.first(row), trigger - detector.before)
    if end > history.end[row] or trigger - begin < detector.before // 4:
        return None
    start = max(history.first(row), begin - detector.settle)
    raw = history.window(row, start, end)[None, :]
    band = sos_filter(raw, filter_initial(detector.sos, raw[:, 0]), sos=detector.sos)[0][0, begin - start :]
    index = int(aic_onset(band[None, :])[0][0])
    if not EDGE <= index < len(band) - EDGE:
        index = trigger - begin
    rate_hz = history.rate_hz
    tail = band[index : index + max(EDGE, round(rate_hz))]
    snr = min(MAXIMUM_SNR, _rms(tail) / max(_rms(band[:index]), 1e-30))
    bound = onset_uncertainty(snr, _dominant_hz(tail, rate_hz), rate_hz)
    return Onset(begin + index, float(np.hypot(bound, emergent_s(snr))), snr)


def emergent_s(snr: float) -> float:
    """How late, and how scattered, an onset of P is read for being faint, in s.

    >>> [round(emergent_s(snr), 2) for snr in (3.0, 10.0, 100.0)]
    [0.19, 0.08, 0.02]
    """
    return float(EMERGENT_S / max(snr, 1.0) ** EMERGENT_POWER)


def impulsiveness(history: History, row: int, trigger: int, span: tuple[int, int]) -> float:
    """Share of a window's change, squared, that lies in its three largest steps: near 1 for a spike or a step.

    An earthquake's onset spreads its sample-to-sample changes over the whole window, telemetry and electronics do not.
    ``span`` is (samples before, samples from the trigger on).
    """
    begin, end = max(history.first(row), trigger - span[0]), min(int(history.end[row]), trigger + span[1])
    change = np.sort(np.square(np.diff(history.window(row, begin, end))))
    total = float(change.sum())
    if len(change) <= IMPULSE_SAMPLES or total == 0.0:
        return 0.0
    return float(change[-IMPULSE_SAMPLES:].sum()) / total


def _rms(samples: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    return float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0


def _dominant_hz(samples: "np.ndarray[tuple[int], np.dtype[np.float64]]", rate_hz: float) -> float:
    """Dominant frequency from the ratio of the derivative's power to the power (as tau_c does)."""
    power, change = float(np.square(samples).sum()), float(np.square(np.diff(samples)).sum())
    return float(rate_hz * np.sqrt(change / power) / (2 * np.pi)) if power > 0 else 1.0

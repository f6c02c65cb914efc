"""Filters that do what they do as early as can be, and nothing before."""

import numpy as np

from seismonet.core.arrays import FloatArray


def minimum_phase(amplitude: FloatArray) -> FloatArray:
    """Impulse response of the causal filter that has these amplitudes and the least delay.

    ``amplitude`` (n/2 + 1,) > 0 from frequency 0 to the Nyquist frequency, n even; the response has n/2 taps. From the
    folded cepstrum: Oppenheim & Schafer (2010), Discrete-Time Signal Processing, chapter 13.

    >>> minimum_phase(np.full(9, 2.0)).round(9).tolist()
    [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    n = 2 * (len(amplitude) - 1)
    cepstrum = np.fft.irfft(np.log(amplitude))
    cepstrum[1 : n // 2] *= 2
    cepstrum[n // 2 + 1 :] = 0
    return np.asarray(np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[: n // 2])

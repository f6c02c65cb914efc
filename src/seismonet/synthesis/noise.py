"""The ground's unrest between Peterson's quietest and noisiest stations, the same for a moment whoever asks for it.

Time is divided into blocks on a fixed grid; each block is drawn by its own number and faded into its neighbours::

    block k-1  ▁▃▅▇█▇▅▃▁
    block k        ▁▃▅▇█▇▅▃▁         the squares of the two fades add up to 1
    block k+1          ▁▃▅▇█▇▅▃▁

so any window of any length shows the same noise.
"""

from functools import lru_cache

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.utc import SECOND_NS

from .draws import generator
from .motion import COMPONENTS, GroundMotion

BLOCK_S = 256
LOWEST_HZ = 0.01


@lru_cache(maxsize=1)
def _peterson() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Periods (s) and the two models there (dB relative to 1 (m/s**2)**2/Hz)."""
    from obspy.signal.spectral_estimation import get_nhnm, get_nlnm

    period, low = (np.asarray(values, dtype=np.float64) for values in get_nlnm())
    high_period, high = (np.asarray(values, dtype=np.float64) for values in get_nhnm())
    order, high_order = np.argsort(period), np.argsort(high_period)
    period, low = period[order], low[order]
    return period, low, np.interp(np.log(period), np.log(high_period[high_order]), high[high_order])


def noise_db(frequency_hz: FloatArray, level: float) -> FloatArray:
    """Acceleration power density in dB relative to 1 (m/s**2)**2/Hz.

    ``level`` 0 is the New Low Noise Model, 1 the New High Noise Model, between them linear in dB. Above 10 Hz, where
    the models end, the value there. Peterson (1993), USGS Open-File Report 93-322.
    """
    period, low, high = _peterson()
    place = np.log(1 / np.asarray(frequency_hz, dtype=np.float64))
    db = low + level * (high - low)
    return np.interp(place, np.log(period), db)


def background(station_code: str, still: GroundMotion, *, level: float = 0.4, seed: int = 0) -> GroundMotion:
    """Noise of a station at the samples of ``still``, from 0.01 Hz to the Nyquist frequency.

    Sample times are taken to the next point of the rate's own grid since 1970.
    """
    rate_hz, n = still.rate_hz, still.displacement_m.shape[1]
    length = round(BLOCK_S * rate_hz) // 2 * 2
    half = length // 2
    first = round(still.start_ns / SECOND_NS * rate_hz)
    motion = GroundMotion.still(still.start_ns, rate_hz, n)
    for number in range(first // half - 1, (first + n - 1) // half + 1):
        begin, end = max(number * half, first), min(number * half + length, first + n)
        for axis, component in enumerate(COMPONENTS):
            block = _block(generator(seed, station_code, component, "noise", number), length, rate_hz, level)
            into, out = slice(begin - first, end - first), slice(begin - number * half, end - number * half)
            for whole, part in zip(
                (motion.displacement_m, motion.velocity_m_s, motion.acceleration_m_s2), block, strict=True
            ):
                whole[axis, into] += part[out]
    return motion


def _block(random: np.random.Generator, length: int, rate_hz: float, level: float) -> FloatArray:
    """Displacement, velocity and acceleration (3, length) of one faded block.

    The fade ``sin(pi t / T)`` belongs to the displacement; the product rule gives the other two.
    """
    frequency: FloatArray = np.asarray(np.fft.rfftfreq(length, 1 / rate_hz), dtype=np.float64)
    heard = frequency >= LOWEST_HZ
    heard[-1] = False
    # one-sided density S: each line of the spectrum has the variance S * rate * length / 2
    size = np.zeros(len(frequency))
    size[heard] = np.sqrt(10 ** (noise_db(frequency[heard], level) / 10) * rate_hz * length / 4)
    lines = (random.normal(size=len(frequency)) + 1j * random.normal(size=len(frequency))) * size
    omega = 2j * np.pi * frequency
    omega[~heard] = 1.0
    a, v, d = (np.fft.irfft(lines / omega**power, length) for power in range(3))
    turn = np.pi * rate_hz / length
    phase = np.pi * (np.arange(length) + 0.5) / length
    fade, rise = np.sin(phase), turn * np.cos(phase)
    return np.stack([fade * d, fade * v + rise * d, fade * a + 2 * rise * v - turn**2 * fade * d])

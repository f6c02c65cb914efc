"""What no ground does, and what noise does: looks at the shape of an onset, in any unit and at any sampling rate.

Each look answers with reason and sentence, :data:`~seismonet.detect.seen.PASSED` where there is nothing to object.
EPIC counts zero crossings, and compares the horizontals' first 0.02 s with the vertical's (its ``epic.conf``; Chung et
al. 2019, SRL 90, 727-743); where it counts in samples or seconds of 100 Hz, ours goes by the channel's own noise.
"""

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.kernels.filter import bandpass_sos, filter_initial, highpass_sos, sos_filter

from .history import History
from .seen import PASSED, Seen

LEVEL_SIGMAS, QUIET_FACTOR = 20.0, 2.0
"""A step: the level moved by so many standard deviations, and what is about a line there, and its high frequencies,
are at most so much stronger than before."""
LEVEL_SHARE, HELD_SHARE, NEAR_SIGMAS = 0.95, 0.05, 4.0
"""A boxcar: so many of the samples lie on two levels, of which each holds so many, within so many deviations."""
COUNT_SIGMA = 0.29
"""What rounding to whole counts adds to any trace."""
LEAST_TURNS = 2
FIRST_S, FIRST_SAMPLES = 0.02, 3
SIDEWAYS_HZ, SETTLE_S = 0.5, 6.0
NOISE_S, NOISE_GUARD_S, STRETCHES_S = 10.0, 0.2, (1.0, 2.0, 4.0)


def electronic(seen: Seen) -> tuple[str, str]:
    """A step, a boxcar, or a trace that hardly turns: reason and sentence, from a second after the onset."""
    history, onset, rate_hz = seen.history, seen.onset, seen.history.rate_hz
    begin, end = max(history.first(0), onset - round(3 * rate_hz)), onset + round(rate_hz)
    if onset - begin < rate_hz or end > history.end[0]:
        return PASSED
    before, after = history.window(0, begin, onset), history.window(0, onset, end)
    guard = before[: len(before) - max(1, round(0.1 * rate_hz))]
    for found in (_step(guard, after), _boxcar(guard, after), _turns(after)):
        if found != PASSED:
            return found
    return PASSED


def _step(guard: FloatArray, after: FloatArray) -> tuple[str, str]:
    """Another level, as quiet as before: no wave does that."""
    settled = after[len(after) // 2 :]
    moved = abs(float(np.median(settled) - np.median(guard)))
    rough = float(np.abs(np.diff(settled, n=2)).mean())
    smooth = QUIET_FACTOR * float(np.abs(np.diff(guard, n=2)).mean())
    line = np.linspace(-1.0, 1.0, len(settled))
    flat = settled - settled.mean() - line * float((settled * line).mean() / np.square(line).mean())
    level, noise = LEVEL_SIGMAS * float(guard.std()), max(float(guard.std()), COUNT_SIGMA)
    if moved <= level or rough > smooth or float(flat.std()) > QUIET_FACTOR * noise:
        return PASSED
    return "step", f"the level moved by {moved:.3g} counts and the trace is as quiet there as before"


def _boxcar(guard: FloatArray, after: FloatArray) -> tuple[str, str]:
    """Two levels and next to nothing between: a calibration pulse, a bit that hangs, never a wave that was clipped."""
    rest, noise = float(np.median(guard)), max(float(guard.std()), COUNT_SIGMA)
    beyond = after[np.abs(after - rest) > LEVEL_SIGMAS * noise]
    if len(beyond) < max(2, HELD_SHARE * len(after)):
        return PASSED
    level = float(np.median(beyond))
    on_level, at_rest = (np.abs(after - one) <= NEAR_SIGMAS * noise for one in (level, rest))
    if on_level.mean() < HELD_SHARE or (on_level | at_rest).mean() < LEVEL_SHARE:
        return PASSED
    return "boxcar", f"the trace holds two levels {abs(level - rest):.3g} counts apart and hardly anything between"


def _turns(after: FloatArray) -> tuple[str, str]:
    """Zero crossings of the slope: what swings turns, also at the noise that it bears; what recovers slopes one way."""
    steps = np.diff(after)
    signs = np.sign(steps[steps != 0])
    turns = int(np.count_nonzero(signs[1:] != signs[:-1]))
    if len(signs) < len(steps) // 2 or turns >= LEAST_TURNS:
        return PASSED
    return "crossings", f"the trace turns {turns} times in the first second, at least {LEAST_TURNS} are asked"


def sideways(samples: FloatArray, onset: int, rate_hz: float, limit: float) -> tuple[str, str]:
    """Do the horizontals move more than the vertical from the first? Then it is S, or noise of the surface.

    ``samples`` are (3, n) Z, N, E in one unit, of which the first 0.02 s after ``onset``, at least four samples, count:
    the range of the larger horizontal over that of the vertical, above 0.5 Hz. P that comes up through the hardest rock
    leans by ``2 asin(beta p)`` (Wiechert, 1907): 64 degrees with an S velocity of 3.2 km/s at the surface and a ray
    that left a source in 6 km/s sideways, which moves a horizontal twice as much as the vertical.

    >>> time = np.arange(800) / 100
    >>> wave = np.sin(30 * (time - 6)) * (time >= 6) * np.array([[1.0], [3.0], [2.0]])
    >>> sideways(wave, 600, 100.0, 2.0)[0], sideways(wave[[1, 0, 2]], 600, 100.0, 2.0)[0]
    ('sideways', '')
    """
    span = max(FIRST_SAMPLES, round(FIRST_S * rate_hz)) + 1
    begin = max(0, onset - round(SETTLE_S * rate_hz))
    part = samples[:, begin : onset + span]
    if part.shape[1] - (onset - begin) < span or onset - begin < rate_hz:
        return PASSED
    sos = highpass_sos(SIDEWAYS_HZ, rate_hz, corners=2)
    motion = sos_filter(part, filter_initial(sos, part[:, 0]), sos=sos)[0][:, onset - begin :]
    vertical, *horizontals = (float(one) for one in np.ptp(motion, axis=1))
    ratio = max(horizontals) / max(vertical, 1e-30)
    if ratio <= limit:
        return PASSED
    return (
        "sideways",
        f"a horizontal first moves {min(ratio, 999):.1f} times as much as the vertical, {limit:g} may be",
    )


def noise_like(seen: Seen, band_hz: tuple[float, float], limit: float) -> tuple[str, str]:
    """Has the noise just done the same? Reason and sentence when an onset stands out of it at no length.

    ::

          loudest 1, 2, 4 s           onset
        |----[====]--------[==]----|-|-----------------|
        -10 s                    -0.2 s 0   1 s  2 s  4 s

    The root mean square of 1, 2 or 4 s from the onset on must be ``limit`` times that of the loudest stretch of the
    same length in the ten seconds before. A short average crosses its threshold in noise some times a day, where a few
    cycles happen to add up; but noise that did so does it again, at one length or another, within ten seconds. What is
    asked is no more than what triggered: D2's ratio of energies, 4.5, is one of amplitudes of 2.1.
    """
    history, onset, rate_hz = seen.history, seen.onset, seen.history.rate_hz
    first, end = history.first(0), onset + round(STRETCHES_S[-1] * rate_hz)
    begin = max(first + round(rate_hz), onset - round(NOISE_S * rate_hz))
    if end > history.end[0] or onset - begin < 3 * rate_hz:
        return PASSED
    power = np.square(_band(history, first, end, band_hz))
    quiet, signal = power[begin - first : onset - first - round(NOISE_GUARD_S * rate_hz)], power[onset - first :]
    best = max(_ratio(quiet, signal, round(length_s * rate_hz)) for length_s in STRETCHES_S)
    if best >= limit:
        return PASSED
    return "noise", f"{best:.1f} times the loudest noise of the ten seconds before, {limit:g} is asked"


def _band(history: History, first: int, end: int, band_hz: tuple[float, float]) -> FloatArray:
    rate_hz = history.rate_hz
    sos = bandpass_sos(band_hz[0], min(band_hz[1], 0.4 * rate_hz), rate_hz, corners=2)
    raw = history.window(0, first, end)[None]
    return np.asarray(sos_filter(raw, filter_initial(sos, raw[:, 0]), sos=sos)[0][0])


def _ratio(quiet: FloatArray, signal: FloatArray, n: int) -> float:
    """Amplitude of ``n`` samples over that of the loudest ``n`` before; none where these are too few."""
    if len(quiet) < n:
        return 0.0
    total = np.concatenate([[0.0], np.cumsum(quiet)])
    loudest = float((total[n:] - total[:-n]).max())
    return float(np.sqrt(signal[:n].sum() / max(loudest, 1e-300)))

"""What the three components of one sensor say together: direction, P or S, first motion, the onset of S.

All functions are of whole windows of samples by number: the same window gives the same bits, however its samples came.
About a refined onset at sample ``onset`` of the vertical they want this much, in seconds before and after it:

| function | before | after | what to do with it |
|---|---|---|---|
| :func:`awakened` | 2.5 | 0.5 | True: no onset; refuse the trigger, and let the detectors begin anew as after a gap |
| :func:`leaning` | 6 | 0.5 | refuse the trigger |
| :func:`first_motion` | 6 | 0.15 | ``Pick.polarity`` |
| :func:`p_probability` | 5 | 0.5 | factor of ``Pick.trust``; below one half, soon after a P of the station, no new P |
| :func:`polarize` | 6 | 0.5 | ``Pick.polarization`` |
| :func:`seek_s` | 6 | every 0.5 more, to 60 | its first answer is the S of this P |
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Polarization
from seismonet.core.inventory import Channel
from seismonet.kernels import phasetype
from seismonet.kernels.filter import bandpass_sos, filter_initial, highpass_sos, sos_filter
from seismonet.kernels.onset import onset_uncertainty
from seismonet.kernels.polarization import axes, covariance, independent, motion, turned
from seismonet.kernels.sphase import HIGH_HZ, LOW_HZ, s_candidate

from .history import History
from .onset import Onset
from .seen import PASSED
from .shape import sideways

POLARIZE_S, POLARIZE_HZ = 0.5, (1.0, 8.0)
INDEPENDENT_HZ = 6.0
"""Independent samples a second of a P wave in that band: twice its usual width, which is less than the band's."""
EARLY_S, MOTION_S, BASE_S, MOTION_HZ = 0.03, 0.15, 0.25, 0.5
"""First motion is sought from so long before the onset, as that may come late, until so long after it."""
SEEK_S = 60.0
S_PROBABILITY = 0.5
S_MINIMUM_S = 0.1
"""What reading an onset of S is worth at best: it comes out of scattered P."""
S_BLUR = 0.02
"""And what it loses with every second after P, as scattering blurs it."""
ACROSS_S, ACROSS, LINEAR = 1.0, 0.6, 0.6
"""From a second after P on, an S moves across the direction of a P that had one. Motion of no direction, as scattered
waves are, has two thirds of its energy across any; less has another P: Pg after Pn, or a reflection."""
LATE_S, LATE_JUMP = 15.0, 1.1
"""Beyond some 120 km Pg follows Pn and Sg follows Sn: an S so late must raise the horizontals by that (log10 of
energy), or it is one of those."""


@dataclass(frozen=True, slots=True)
class Components:
    """The channels of one sensor in a history: vertical, first and second horizontal; or the vertical alone.

    ``shifts`` are what is added to a sample number of the vertical to have the same moment on each row. Where neither
    metadata nor codes (N, E) say how the horizontals are turned, ``oriented`` is False and the first counts as north.
    """

    rows: tuple[int, ...]
    shifts: tuple[int, ...]
    sensitivity: tuple[float, ...]
    clip_counts: tuple[float, ...]
    azimuth_deg: tuple[float, ...]
    dip_deg: tuple[float, ...]
    oriented: bool

    @classmethod
    def of(cls, channels: Sequence[Channel], numbers: Sequence[int]) -> "Components":
        """The channels of rows 0, 1, ... of a history, the vertical first; ``numbers`` are of one moment on each.

        Unless there are three channels that do not lie in a plane, the vertical counts alone.
        """
        others = sorted(range(1, len(channels)), key=lambda row: _order(channels[row].source_id.subsource))
        rows = (0, *others) if len(channels) == 3 else (0,)
        chosen = [channels[row] for row in rows]
        known = all(np.isfinite([one.azimuth_deg, one.dip_deg]).all() for one in chosen)
        azimuths = [one.azimuth_deg for one in chosen] if known else [0.0, 0.0, 90.0]
        dips = [one.dip_deg for one in chosen] if known else [-90.0, 0.0, 0.0]
        if len(rows) == 3 and not independent(np.array(azimuths), np.array(dips)):
            return cls.of(channels[:1], numbers)
        coded = [one.source_id.subsource for one in chosen[1:]] == ["N", "E"]
        return cls(
            rows,
            tuple(numbers[row] - numbers[0] for row in rows),
            tuple(one.sensitivity for one in chosen),
            tuple(one.clip_counts for one in chosen),
            tuple(azimuths[: len(rows)]),
            tuple(dips[: len(rows)]),
            len(rows) == 3 and (known or coded),
        )

    @property
    def three(self) -> bool:
        """Are both horizontals there?"""
        return len(self.rows) == 3


def _order(subsource: str) -> tuple[bool, str]:
    """North before east, else by code."""
    return subsource != "N", subsource


def first_held(history: History, components: Components) -> int:
    """Number on the vertical of the first sample that all rows hold."""
    return max(history.first(row) - shift for row, shift in zip(components.rows, components.shifts, strict=True))


def last_held(history: History, components: Components) -> int:
    """Number on the vertical behind the last sample that all rows hold."""
    return min(int(history.end[row]) - shift for row, shift in zip(components.rows, components.shifts, strict=True))


def window(history: History, components: Components, begin: int, end: int) -> FloatArray | None:
    """(3, end - begin) samples as Z, N, E in the sensor's unit, or (1, n) of a lone vertical; None if not all held."""
    if begin < first_held(history, components) or not begin < end <= last_held(history, components):
        return None
    pairs = zip(components.rows, components.shifts, components.sensitivity, strict=True)
    raw = np.stack([history.window(row, begin + shift, end + shift) / gain for row, shift, gain in pairs])
    if not components.three:
        return raw
    return turned(raw, axes(np.array(components.azimuth_deg), np.array(components.dip_deg)))


def _band(samples: FloatArray, low_hz: float, high_hz: float, rate_hz: float) -> FloatArray:
    sos = bandpass_sos(low_hz, min(high_hz, 0.8 * rate_hz / 2), rate_hz, corners=2)
    return sos_filter(samples, filter_initial(sos, samples[:, 0]), sos=sos)[0]


def polarize(history: History, components: Components, onset: int, until: int) -> Polarization | None:
    """Direction of the P wave whose onset is sample ``onset`` of the vertical, from its first half second.

    None without three oriented components, or while that half second is not before ``until``, or with less than two
    seconds before the onset. Later waves are no longer P alone; the first half cycle of displacement (Noda et al. 2012)
    did not place better on recorded earthquakes.
    """
    rate_hz = history.rate_hz
    begin = max(first_held(history, components), onset - round(6 * rate_hz))
    end = onset + max(4, round(POLARIZE_S * rate_hz))
    if not components.oriented or end > until or onset - begin < 2 * rate_hz:
        return None
    samples = window(history, components, begin, end)
    if samples is None or _clipped(history, components, onset, end):
        return None
    band = _band(samples, *POLARIZE_HZ, rate_hz)
    quiet = slice(round(rate_hz), onset - begin - max(1, round(0.1 * rate_hz)))
    signal, noise = covariance(band[:, onset - begin :]), covariance(band[:, quiet])
    found = motion(signal, noise, INDEPENDENT_HZ * POLARIZE_S)
    return Polarization(found.backazimuth_deg, found.uncertainty_deg, found.incidence_deg, found.rectilinearity)


def first_motion(history: History, row: int, onset: int) -> str:
    """``positive`` when the ground first moved up, ``negative`` down, ``undecidable`` when it cannot be told.

    Read where the trace, only high-passed (causally, at 0.5 Hz, which keeps the sign of what is much shorter), first
    leaves its last quarter of a second by more than three standard deviations, within 0.15 s of the onset. A standard
    deviation is what the noise did within the same time in the three seconds before. A lone sample out there is a spike
    and says nothing.
    """
    rate_hz = history.rate_hz
    early, n, base = (
        max(least, round(span_s * rate_hz)) for least, span_s in ((1, EARLY_S), (4, MOTION_S), (3, BASE_S))
    )
    begin = max(history.first(row), onset - round(6 * rate_hz))
    if onset - begin < 3 * rate_hz or onset + n > history.end[row]:
        return "undecidable"
    raw = history.window(row, begin, onset + n)[None, :]
    sos = highpass_sos(MOTION_HZ, rate_hz, corners=2)
    trace = sos_filter(raw, filter_initial(sos, raw[:, 0]), sos=sos)[0][0]
    pieces = np.lib.stride_tricks.sliding_window_view(trace[-round(3 * rate_hz) - early - n :], base + early + n)
    moved = pieces[:, base:] - pieces[:, :base].mean(axis=1)[:, None]
    deviation = np.sqrt(np.mean(np.square(moved[: -early - n]), axis=0))
    sign = np.where(np.abs(moved[-1]) > 3.0 * deviation, np.sign(moved[-1]), 0.0)
    beyond = np.flatnonzero(sign[:-1])
    if deviation[0] == 0.0 or len(beyond) == 0 or sign[beyond[0]] != sign[beyond[0] + 1]:
        return "undecidable"
    return "positive" if sign[beyond[0]] > 0 else "negative"


def awakened(history: History, row: int, number: int) -> bool:
    """Did a dead channel come alive just before sample ``number``, so that what triggered is its noise?

    It held one value for two seconds, and left it by a leap of more than three of the smallest steps that follow: a
    sensor whose noise is less than a count begins an earthquake with single counts.
    """
    flat, lately = round(2 * history.rate_hz), max(4, round(0.5 * history.rate_hz))
    begin, end = number - flat - lately, number + lately
    if begin < history.first(row) or end > history.end[row]:
        return False
    steps = np.abs(np.diff(history.window(row, begin, end)))
    moves = np.flatnonzero(steps)
    if len(moves) == 0 or moves[0] < flat - 1:
        return False
    return bool(steps[moves[0]] > 3.0 * steps[moves].min())


def p_probability(history: History, components: Components, onset: int, until: int) -> float:
    """Probability that what begins at ``onset`` is P rather than S or the tail of an earthquake.

    0.5, which says nothing, of a vertical alone and before a fifth of a second has passed; final half a second after
    the onset. It knows nothing of what came before at the station: after a P a trigger is likelier S than this says.
    """
    rate_hz = history.rate_hz
    begin = max(first_held(history, components), onset - round(5 * rate_hz))
    end = min(until, onset + round(phasetype.WINDOW_S * rate_hz))
    if not components.three or end - onset < 0.2 * rate_hz or onset - begin < rate_hz:
        return 0.5
    samples = window(history, components, begin, end)
    if samples is None:
        return 0.5
    return phasetype.p_probability(_band(samples, phasetype.LOW_HZ, phasetype.HIGH_HZ, rate_hz), onset - begin, rate_hz)


def leaning(history: History, components: Components, onset: int, limit: float) -> tuple[str, str]:
    """Reason and sentence when the horizontals outdo the vertical ``limit`` times from the first; else empty."""
    rate_hz = history.rate_hz
    begin = max(first_held(history, components), onset - round(6 * rate_hz))
    samples = window(history, components, begin, onset + round(0.5 * rate_hz)) if components.three else None
    return PASSED if samples is None else sideways(samples, onset - begin, rate_hz, limit)


def seek_s(history: History, components: Components, p_onset: int, until: int) -> Onset | None:
    """The onset of S after the P at sample ``p_onset``, from what came before sample ``until``; None: not yet, or none.

    To be called with growing ``until``, at moments that depend on sample numbers alone (every half second does), until
    it answers or ``SEEK_S`` have passed. S is told half a second to two seconds after its largest motion. Nothing is
    told where a component was clipped since P. ``snr`` is the amplitude ratio of the horizontals after the onset to
    those before it, which are scattered P.
    """
    rate_hz = history.rate_hz
    begin = max(first_held(history, components), p_onset - round(6 * rate_hz))
    if not components.three or p_onset - begin < rate_hz or until - p_onset > SEEK_S * rate_hz:
        return None
    samples = window(history, components, begin, until)
    if samples is None or _clipped(history, components, p_onset, until):
        return None
    found = s_candidate(_band(samples, LOW_HZ, HIGH_HZ, rate_hz), p_onset - begin, rate_hz)
    after_s = 0.0 if found is None else (begin + found.onset - p_onset) / rate_hz
    if found is None or found.probability < S_PROBABILITY or (after_s > LATE_S and found.jump < LATE_JUMP):
        return None
    if after_s >= ACROSS_S and found.linear >= LINEAR and found.across < ACROSS:
        return None
    snr = float(10 ** (found.jump / 2))
    uncertainty_s = max(S_MINIMUM_S, S_BLUR * after_s, onset_uncertainty(snr, found.dominant_hz, rate_hz))
    return Onset(begin + found.onset, uncertainty_s, snr)


def _clipped(history: History, components: Components, begin: int, end: int) -> bool:
    rows = zip(components.rows, components.shifts, components.clip_counts, strict=True)
    return any(
        np.isfinite(limit) and np.abs(history.window(row, begin + shift, end + shift)).max() >= limit
        for row, shift, limit in rows
    )

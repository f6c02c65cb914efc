"""A point source as a station would feel it: P and S as noise of Brune's spectrum, with onsets known exactly.

Each wave is white noise under an envelope that begins at the onset, weakened by attenuation and passed through the
filter whose impulse response is Brune's far-field displacement pulse. All of it is causal, so nothing moves before the
onset, and the pulse is two equal low-pass stages in a row, so velocity and acceleration follow without differences::

    envelope            P onset                  S onset
    vertical   ─────────┴▆█▇▅▄▃▂▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁┴▄▅▅▄▃▃▂▂▁▁▁▁▁
    horizontal ─────────┴▂▃▂▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁┴▇██▇▆▅▄▃▂▂▁▁▁
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg, distance_deg
from seismonet.core.inventory import Station
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.models.magnitude import pd_of

from .draws import generator
from .motion import GroundMotion

# phase ("P" or "S"), distance in degrees, depth in km -> seconds; TravelTimes.times is one
TravelTime: TypeAlias = Callable[[str, float, float], Any]

SHEAR_M_S = 3500.0
RISE_S = 0.02
KAPPA_S = 0.04  # near-surface part of t*, hard rock: Anderson & Hough (1984), BSSA 74, 1969-1993
QUALITY = {"P": 800.0, "S": 400.0}
FINE_HZ = 800.0
# the P corner is higher than the S corner, by 1.5 in Madariaga's (1976) rupture, BSSA 66, 639-666
P_CORNER = 1.5
# a site's horizontal S peak over its vertical P peak, displacement; P leans from the vertical, S is mostly horizontal
S_OVER_P = 4.0
P_LEAN = 0.4
S_VERTICAL = 0.35


@dataclass(frozen=True, slots=True)
class SyntheticEvent:
    """An earthquake that we made: ``stress_drop_pa`` sets the corner frequency, the seed of a station its details."""

    latitude: float
    longitude: float
    depth_km: float
    magnitude: float
    origin_ns: int
    stress_drop_pa: float | None = None


@dataclass(frozen=True, slots=True)
class Onset:
    """The truth about one phase at one station."""

    station_code: str
    phase: str
    time_ns: int


def corner_hz(magnitude: float, stress_drop_pa: float = 3e6) -> float:
    """Corner frequency of the S wave: ``2.34 beta / (2 pi r)`` with ``r**3 = 7 M0 / (16 stress drop)``.

    Brune (1970), JGR 75, 4997-5009; ``log10 M0 = 1.5 M + 9.1`` (N m).

    >>> round(corner_hz(5.0), 2)
    0.73
    """
    moment = 10 ** (1.5 * magnitude + 9.1)
    radius = (7 * moment / (16 * stress_drop_pa)) ** (1 / 3)
    return float(2.34 * SHEAR_M_S / (2 * np.pi * radius))


def onsets(event: SyntheticEvent, station: Station, travel_time: TravelTime) -> tuple[Onset, Onset]:
    """When P and S begin at a station."""
    distance = float(distance_deg(event.latitude, event.longitude, station.latitude, station.longitude))
    times = [float(travel_time(phase, distance, event.depth_km)) for phase in "PS"]
    p, s = (event.origin_ns + from_seconds(time) for time in times)
    return Onset(station.station_code, "P", p), Onset(station.station_code, "S", s)


def ground_motion(
    event: SyntheticEvent, station: Station, travel_time: TravelTime, still: GroundMotion, seed: int = 0
) -> GroundMotion:
    """What an earthquake adds at a station, at the samples of ``still``.

    The peak of the vertical displacement, high-passed at 0.075 Hz, from P to P + 4 s or S is what
    :func:`~seismonet.models.magnitude.pd_of` says for the magnitude and the hypocentral distance, which stands for the
    geometric spreading too. There is no anti-alias filter but attenuation: ValueError below 50 Hz.
    """
    if still.rate_hz < 50.0:
        raise ValueError(f"{still.rate_hz} Hz is too slow for the frequencies of a synthetic earthquake (50 Hz)")
    p_onset, s_onset = onsets(event, station, travel_time)
    s_minus_p_s = (s_onset.time_ns - p_onset.time_ns) / SECOND_NS
    p, s, across = (
        _wave(event, station, onset, still, generator(seed, station.station_code, event.origin_ns, name))
        for onset, name in ((p_onset, "P"), (s_onset, "S"), (s_onset, "S across"))
    )
    distance_km = _surface_km(event, station)
    pd_m = pd_of(event.magnitude, float(np.hypot(distance_km, event.depth_km + station.elevation_m / 1000)))
    p_scale = pd_m / _early_peak(p, min(4.0, s_minus_p_s))
    s_scale = S_OVER_P * p_scale * p.peak / max(s.peak, across.peak)
    away = np.deg2rad(float(azimuth_deg(station.latitude, station.longitude, event.latitude, event.longitude)) + 180.0)
    north, east = np.cos(away), np.sin(away)
    parts = (
        p.laid(still, p_scale * np.array([1.0, P_LEAN * north, P_LEAN * east])),
        s.laid(still, s_scale * np.array([-S_VERTICAL, north, east])),
        across.laid(still, s_scale * np.array([0.0, -east, north])),
    )
    return GroundMotion(still.start_ns, still.rate_hz, *(sum(kind[1:], kind[0]) for kind in zip(*parts, strict=True)))


def _surface_km(event: SyntheticEvent, station: Station) -> float:
    places = event.latitude, event.longitude, station.latitude, station.longitude
    return float(distance_deg(*places)) * KM_PER_DEGREE


@dataclass(frozen=True, slots=True)
class _Wave:
    """Displacement, velocity and acceleration (3, n) of one wave, sampled finely; every ``step``-th is a sample.

    ``first`` numbers the first fine sample at or after the onset, counted from the first sample of the record.
    """

    fine: FloatArray
    fine_hz: float
    step: int
    first: int

    @property
    def peak(self) -> float:
        """Largest displacement, m."""
        return float(np.abs(self.fine[0]).max())

    def laid(self, still: GroundMotion, direction: FloatArray) -> list[FloatArray]:
        """Displacement, velocity and acceleration as (3, n) along a direction (Z, N, E) at the samples of ``still``."""
        n = still.displacement_m.shape[1]
        number = -(-self.first // self.step)  # of the first sample at or after the onset
        samples = self.fine[:, number * self.step - self.first :: self.step]
        line = np.zeros((3, n))
        begin, end = max(number, 0), min(number + samples.shape[1], n)
        if begin < end:
            line[:, begin:end] = samples[:, begin - number : end - number]
        return [np.outer(direction, kind) for kind in line]


def _wave(
    event: SyntheticEvent, station: Station, onset: Onset, still: GroundMotion, random: np.random.Generator
) -> _Wave:
    """A wave of no particular size."""
    step = int(np.ceil(FINE_HZ / still.rate_hz))
    fine_hz = still.rate_hz * step
    first_exact = (onset.time_ns - still.start_ns) * fine_hz / SECOND_NS
    first = int(np.ceil(first_exact))
    corner = corner_hz(event.magnitude, event.stress_drop_pa or 3e6) * (P_CORNER if onset.phase == "P" else 1.0)
    # as long as the rupture, and longer with distance: Boore (2003), Pageoph 160, 635-676
    strong_s = 1.0 / corner + 0.05 * _surface_km(event, station)
    coda_s = max(strong_s, 1.0)
    tau = (np.arange(round((strong_s + 8 * coda_s) * fine_hz)) + (first - first_exact)) / fine_hz
    envelope = -np.expm1(-tau / RISE_S) * np.exp(-np.maximum(tau - strong_s, 0.0) / coda_s)
    t_star = KAPPA_S + (onset.time_ns - event.origin_ns) / SECOND_NS / QUALITY[onset.phase]
    push = _attenuated(random.normal(size=len(tau)) * envelope, t_star, fine_hz)
    return _Wave(_brune(push, corner, fine_hz), fine_hz, step, first)


def _attenuated(x: FloatArray, t_star_s: float, rate_hz: float) -> FloatArray:
    """Amplitudes times ``exp(-pi f t*)``, causally: the minimum-phase filter, from the folded cepstrum.

    Infinite frequencies would outrun all others by several hundredths of a second, and no instrument would see them:
    the filter begins where its response comes out of nothing, and so does the wave.
    """
    from scipy.signal import fftconvolve

    n = 8192
    cepstrum = np.fft.irfft(-np.pi * t_star_s * np.fft.rfftfreq(n, 1 / rate_hz))
    cepstrum[1 : n // 2] *= 2
    cepstrum[n // 2 + 1 :] = 0
    taps = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[: n // 4]
    taps = taps[np.argmax(taps > taps.max() / 100) :]
    return np.asarray(fftconvolve(x, taps)[: len(x)])


def _brune(push: FloatArray, corner: float, rate_hz: float) -> FloatArray:
    """Displacement, velocity and acceleration when a push, held from sample to sample, goes through Brune's pulse.

    ``omega**2 t exp(-omega t)``, whose spectrum is ``1 / (1 + (f/fc)**2)``, solves ``y' = omega (push - y)``,
    ``d' = omega (y - d)``. Both are solved exactly over a sample, and the equations themselves give ``v = d'`` and
    ``a = v'``; where the push jumps, the acceleration is the mean of both sides.
    """
    from scipy.signal import lfilter

    omega = 2 * np.pi * corner
    turn = omega / rate_hz
    decay = np.exp(-turn)
    y = lfilter([0.0, -np.expm1(-turn)], [1.0, -decay], push)
    d = lfilter([0.0, 1.0], [1.0, -decay], decay * turn * y + (1.0 - decay * (1.0 + turn)) * push)
    v = omega * (y - d)
    middle = (push + np.r_[0.0, push[:-1]]) / 2
    return np.stack([d, v, omega * (omega * (middle - y) - v)])


def _early_peak(wave: _Wave, window_s: float) -> float:
    """Peak displacement as magnitudes take it: high-passed (Butterworth, 2 poles, 0.075 Hz), first seconds only."""
    from scipy.signal import butter, sosfilt

    sos = butter(2, 0.075, "highpass", fs=wave.fine_hz, output="sos")
    n = max(round(window_s * wave.fine_hz), 10)
    return float(np.abs(sosfilt(sos, wave.fine[0, :n])).max())

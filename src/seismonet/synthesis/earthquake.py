"""An earthquake as a station would feel it: P and S of a stochastic point source, with onsets known exactly.

Each wave is white noise under an envelope that begins at the onset, weakened by attenuation and amplified by the site,
and passed through the filter whose impulse response is Brune's far-field displacement pulse. Its mean spectrum is that
of :mod:`~seismonet.synthesis.source`, so its size follows from the moment alone. All of it is causal: nothing moves
before the onset. The pulse is two equal low-pass stages in a row, so velocity and acceleration follow without
differences::

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

from .draws import generator
from .envelope import CODA_EDGES_S, FADE_S, coda, coda_parts, direct, fade
from .minimumphase import minimum_phase
from .motion import GroundMotion
from .source import (
    P_CORNER,
    P_OVER_S,
    Setting,
    corner_hz,
    corners,
    effective_km,
    level_m_s,
    loss,
    path_s,
    setting_of,
    site_gain,
)

# phase ("P" or "S"), distance in degrees, depth in km -> seconds; TravelTimes.times is one
TravelTime: TypeAlias = Callable[[str, float, float], Any]
FINE_HZ = 400.0
TAPS = 8192
SURFACE_SHEAR_KM_S = 2.0
"""Speed of S some 300 m down in generic rock (Boore & Joyner, 1997, BSSA 87, 327-341): it tells how P leans."""
S_VERTICAL = 0.5
"""Vertical over one horizontal component of S on rock, as Cua & Heaton's envelopes have it at magnitude 5 to 7."""
TRAVEL_STEP_DEG = 0.02


@dataclass(frozen=True, slots=True)
class SyntheticEvent:
    """An earthquake that we made: ``magnitude`` is Mw; without a stress drop it has that of its :class:`Setting`.

    ``shear`` is how strong S is against an earthquake's: explosions hardly shear the rock.
    """

    latitude: float
    longitude: float
    depth_km: float
    magnitude: float
    origin_ns: int
    stress_drop_pa: float | None = None
    shear: float = 1.0


# travel times from an earthquake to a station: its ground, its height and what lies on the way may have a part in them
TimesTo: TypeAlias = Callable[[SyntheticEvent, Station], TravelTime]


def everywhere(travel_time: TravelTime) -> TimesTo:
    """The same travel times from all earthquakes to all stations."""
    return lambda event, station: travel_time


@dataclass(frozen=True, slots=True)
class Onset:
    """The truth about one phase at one station."""

    station_code: str
    phase: str
    time_ns: int


def onsets(event: SyntheticEvent, station: Station, travel_time: TravelTime) -> tuple[Onset, Onset]:
    """When P and S begin at a station."""
    distance = float(distance_deg(event.latitude, event.longitude, station.latitude, station.longitude))
    times = [float(travel_time(phase, distance, event.depth_km)) for phase in "PS"]
    p, s = (event.origin_ns + from_seconds(time) for time in times)
    return Onset(station.station_code, "P", p), Onset(station.station_code, "S", s)


def lean(event: SyntheticEvent, station: Station, travel_time: TravelTime) -> float:
    """Angle of the first motion from the vertical, radians: ``2 asin(beta p)`` (Wiechert, 1907)."""
    distance = float(distance_deg(event.latitude, event.longitude, station.latitude, station.longitude))
    ends = max(distance - TRAVEL_STEP_DEG, 0.0), distance + TRAVEL_STEP_DEG
    early, late = (float(travel_time("P", end, event.depth_km)) for end in ends)
    slowness = (late - early) / ((ends[1] - ends[0]) * KM_PER_DEGREE)
    return float(2 * np.arcsin(np.clip(SURFACE_SHEAR_KM_S * slowness, 0.0, 0.7)))


def ground_motion(
    event: SyntheticEvent, station: Station, travel_time: TravelTime, still: GroundMotion, seed: int = 0
) -> GroundMotion:
    """What an earthquake adds at a station, at the samples of ``still``.

    There is no anti-alias filter but attenuation: ValueError below 50 Hz.
    """
    if still.rate_hz < 50.0:
        raise ValueError(f"{still.rate_hz} Hz is too slow for the frequencies of a synthetic earthquake (50 Hz)")
    p_onset, s_onset = onsets(event, station, travel_time)
    p, s, across = (
        _wave(event, station, onset, still, generator(seed, station.station_code, event.origin_ns, name))
        for onset, name in ((p_onset, "P"), (s_onset, "S"), (s_onset, "S across"))
    )
    away = np.deg2rad(float(azimuth_deg(station.latitude, station.longitude, event.latitude, event.longitude)) + 180.0)
    north, east = np.cos(away), np.sin(away)
    angle = lean(event, station, travel_time)
    parts = (
        p.laid(still, np.array([np.cos(angle), np.sin(angle) * north, np.sin(angle) * east])),
        s.laid(still, event.shear * np.array([-S_VERTICAL, north, east])),
        across.laid(still, event.shear * np.array([0.0, -east, north])),
    )
    return GroundMotion(still.start_ns, still.rate_hz, *(sum(kind[1:], kind[0]) for kind in zip(*parts, strict=True)))


@dataclass(frozen=True, slots=True)
class _Wave:
    """Displacement, velocity and acceleration (3, n) of one wave, sampled finely; every ``step``-th is a sample.

    ``first`` numbers the first fine sample at or after the onset, counted from the first sample of the record.
    """

    fine: FloatArray
    step: int
    first: int

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
    """A wave along its own direction, in metres."""
    setting = setting_of(event.depth_km)
    step = int(np.ceil(FINE_HZ / still.rate_hz))
    fine_hz = still.rate_hz * step
    first_exact = (onset.time_ns - still.start_ns) * fine_hz / SECOND_NS
    first = int(np.ceil(first_exact))
    places = event.latitude, event.longitude, station.latitude, station.longitude
    epicentral_km = float(distance_deg(*places)) * KM_PER_DEGREE
    distance_km = effective_km(event.magnitude, epicentral_km, event.depth_km + station.elevation_m / 1000)
    speed = P_OVER_S if onset.phase == "P" else 1.0
    faster = P_CORNER if onset.phase == "P" else 1.0
    strength = event.magnitude, event.stress_drop_pa or setting.stress_drop_pa, setting.shear_m_s
    low, high, share = corners(*strength)
    way = _Way(
        setting,
        onset.phase,
        (onset.time_ns - event.origin_ns) / SECOND_NS,
        setting.shear_m_s / 1000 * speed,
        1.0 / (corner_hz(*strength) * faster),
        # the same detours, at the speed of the wave
        path_s(distance_km, setting) / speed,
    )
    size = level_m_s(onset.phase, event.magnitude, setting, distance_km)
    shares = ((high, share), (low, np.sqrt(1.0 - share**2))) if share < 1.0 else ((high, 1.0),)
    parts = [
        part * _brune(_push(way, first - first_exact, fine_hz, random), corner * faster, fine_hz)
        for corner, part in shares
    ]
    return _Wave(size * sum(parts[1:], parts[0]), step, first)


@dataclass(frozen=True, slots=True)
class _Way:
    """What a wave of one phase went through: travel time, speed, how long the rupture and the detours last."""

    setting: Setting
    phase: str
    travel_s: float
    speed_km_s: float
    rupture_s: float
    path_s: float


def _push(way: _Way, late: float, fine_hz: float, random: np.random.Generator) -> FloatArray:
    """White noise under the envelope of a wave, after attenuation and site: what goes into Brune's pulse.

    ``late`` is the fraction of a fine sample by which the first one is later than the onset.
    """
    strong_s = way.rupture_s + 4 * way.path_s + 1.0
    n = round((strong_s + CODA_EDGES_S[-1]) * fine_hz)
    tau_s: FloatArray = np.asarray((np.arange(n) + late) / fine_hz, dtype=np.float64)
    # the coda begins with the wave, but is chance of its own
    strong, scattered = random.normal(size=(2, n)) * np.sqrt(fine_hz)
    pushed = np.zeros(n)
    early = slice(0, round(strong_s * fine_hz))
    _add(pushed, 0, strong[early] * direct(tau_s[early], way.rupture_s, way.path_s), _taps(way, 0.0, fine_hz))
    scattered *= coda(tau_s, way.travel_s, way.speed_km_s, max(way.path_s, way.rupture_s))
    for part in coda_parts():
        first = max(round((part.first_s - FADE_S) * fine_hz), 0)
        piece = slice(first, round((part.last_s + FADE_S) * fine_hz))
        _add(pushed, first, scattered[piece] * fade(tau_s[piece], part), _taps(way, part.detour_s, fine_hz))
    return pushed


def _add(whole: FloatArray, first: int, piece: FloatArray, taps: FloatArray) -> None:
    """Add a filtered piece from one place on, as far as there is room."""
    from scipy.signal import fftconvolve

    filtered = fftconvolve(piece, taps)[: len(whole) - first]
    whole[first : first + len(filtered)] += filtered


def _taps(way: _Way, detour_s: float, rate_hz: float) -> FloatArray:
    """Attenuation and amplification, causally: the minimum-phase filter of those amplitudes, from the folded cepstrum.

    Infinite frequencies would outrun all others by several hundredths of a second, and no instrument would see them:
    the filter begins where its response comes out of nothing, and so does the wave.
    """
    frequency: FloatArray = np.asarray(np.fft.rfftfreq(TAPS, 1 / rate_hz), dtype=np.float64)
    left = loss(way.phase, frequency, way.setting, way.travel_s + detour_s)
    taps = minimum_phase(np.maximum(left, 1e-12) * site_gain(way.phase, frequency, way.setting))
    return taps[np.argmax(taps > taps.max() / 100) :]


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

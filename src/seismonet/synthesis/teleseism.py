"""The first waves of an earthquake far away, as a network sees them: long, slow to begin, nearly at once everywhere.

Times are traced through iasp91, so that the wave crosses the network as steeply as it does on the Earth. Its spectrum
is Brune's after the mantle's attenuation: ``Omega = F M0 g / (4 pi rho a**3) / (1 + (f/fc)**2) exp(-pi f t*)``.
"""

from functools import cache
from typing import Any

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg, distance_deg
from seismonet.core.inventory import Station
from seismonet.core.utc import SECOND_NS

from .draws import generator
from .minimumphase import minimum_phase
from .motion import GroundMotion
from .source import FREE_SURFACE, P_CORNER, RADIATION, corner_hz, moment_nm

T_STAR_S = 1.0
"""Of teleseismic P; of deep earthquakes, whose rays cross the asthenosphere once, about half (Der et al., 1982)."""
DEEP_T_STAR_S, DEEP_KM = 0.6, 150.0
SPREADING_KM = 25_000.0
"""Distance at which a homogeneous Earth would weaken P as the real one does at 30 to 95 degrees: 6371 km over 0.25,
Kanamori & Stewart (1976), Phys. Earth Planet. Inter. 11, 312-332."""
SOURCE_P_KM_S, SOURCE_KG_M3 = 8.0, 3300.0
SURFACE_P_KM_S = 6.0
CODA_S, STEPS, STEP_HZ = 60.0, 2**14, 20.0
PHASES = ("P", "pP", "sP", "PcP", "PP")
SIZES = (1.0, -0.6, 0.4, 0.2, 0.5)


@parameters(frozen=True, config=ConfigDict(extra="forbid"))
class Teleseism:
    """An earthquake so far from the middle of the network, in a direction from there."""

    away_deg: float = Field(ge=30.0, le=95.0, description="epicentral distance")
    azimuth_deg: float = Field(ge=0.0, lt=360.0, description="direction of the epicentre")
    depth_km: float = Field(ge=0.0, le=650.0, description="depth")
    magnitude: float = Field(ge=5.0, le=9.5, description="moment magnitude")
    after_s: float = Field(default=60.0, ge=0.0, description="P at the middle of the network, after the begin")


def arrive(
    far: Teleseism, stations: tuple[Station, ...], still: GroundMotion, begin_ns: int, station: Station
) -> GroundMotion:
    """What it adds at a station, at the samples of ``still``."""
    onsets = _onsets(far, stations, station)
    wave, pulse = GroundMotion.still(still.start_ns, still.rate_hz, still.displacement_m.shape[1]), _pulse(far)
    back = np.deg2rad(_back_azimuth(far, stations))
    for after_s, slowness_s_km, size in onsets:
        lean = float(np.arcsin(np.clip(SURFACE_P_KM_S * slowness_s_km, 0.0, 0.9)))
        direction = np.array([np.cos(lean), -np.sin(lean) * np.cos(back), -np.sin(lean) * np.sin(back)])
        begin_s = (begin_ns - still.start_ns) / SECOND_NS + after_s
        time_s = np.arange(still.displacement_m.shape[1]) / still.rate_hz - begin_s
        known_s = np.arange(pulse.shape[1]) / STEP_HZ
        parts = [np.interp(time_s, known_s, size * kind, left=0.0, right=0.0) for kind in pulse]
        wave = wave + GroundMotion(still.start_ns, still.rate_hz, *(np.outer(direction, kind) for kind in parts))
    return wave


def _middle(stations: tuple[Station, ...]) -> tuple[float, float]:
    return (
        float(np.mean([one.latitude for one in stations])),
        float(np.mean([one.longitude for one in stations])),
    )


def _epicentre(far: Teleseism, stations: tuple[Station, ...]) -> tuple[float, float]:
    """Along a great circle from the middle of the network."""
    latitude, longitude = np.deg2rad(_middle(stations))
    away, azimuth = np.deg2rad(far.away_deg), np.deg2rad(far.azimuth_deg)
    north = np.arcsin(np.sin(latitude) * np.cos(away) + np.cos(latitude) * np.sin(away) * np.cos(azimuth))
    turn = np.arctan2(
        np.sin(azimuth) * np.sin(away) * np.cos(latitude), np.cos(away) - np.sin(latitude) * np.sin(north)
    )
    return float(np.rad2deg(north)), float((np.rad2deg(longitude + turn) + 180.0) % 360.0 - 180.0)


def _back_azimuth(far: Teleseism, stations: tuple[Station, ...]) -> float:
    return float(azimuth_deg(*_middle(stations), *_epicentre(far, stations)))


def _onsets(far: Teleseism, stations: tuple[Station, ...], station: Station) -> list[tuple[float, float, float]]:
    """Of each phase: when it arrives (s after the begin), slowness (s/km), size against P."""
    epicentre = _epicentre(far, stations)
    first_s = traced(far.depth_km, far.away_deg)[0][1]
    here = float(distance_deg(*epicentre, station.latitude, station.longitude))
    return [
        (far.after_s + time_s - first_s, slowness, SIZES[PHASES.index(name)])
        for name, time_s, slowness in traced(far.depth_km, here)
    ]


def traced(depth_km: float, away_deg: float) -> list[tuple[str, float, float]]:
    """P and what follows it, each by name: travel time in s and slowness in s/km, through iasp91.

    >>> [(name, round(time_s)) for name, time_s, _ in traced(10.0, 60.0)][0]
    ('P', 607)
    """
    found: dict[str, tuple[float, float]] = {}
    for arrival in _taup().get_travel_times(max(depth_km, 0.1), away_deg, phase_list=PHASES):
        found.setdefault(arrival.name, (float(arrival.time), float(arrival.ray_param_sec_degree) / KM_PER_DEGREE))
    return [(name, *found[name]) for name in PHASES if name in found]


@cache
def _taup() -> Any:
    from obspy.taup import TauPyModel

    return TauPyModel("iasp91")


def _pulse(far: Teleseism) -> FloatArray:
    """Displacement, velocity and acceleration of P by ``STEP_HZ``, begun at once and scattered for a minute."""
    frequency: FloatArray = np.asarray(np.fft.rfftfreq(STEPS, 1 / STEP_HZ), dtype=np.float64)
    corner = corner_hz(far.magnitude) * P_CORNER
    level = FREE_SURFACE * RADIATION["P"] * moment_nm(far.magnitude)
    level /= 4 * np.pi * SOURCE_KG_M3 * (SOURCE_P_KM_S * 1000) ** 3 * SPREADING_KM * 1000
    t_star_s = DEEP_T_STAR_S if far.depth_km >= DEEP_KM else T_STAR_S
    spectrum = np.exp(-np.pi * frequency * t_star_s) / (1 + (frequency / corner) ** 2)
    taps = minimum_phase(np.maximum(spectrum, 1e-9))
    time_s = np.arange(STEPS // 2) / STEP_HZ
    random = generator(0, "teleseism", repr(far))
    lasts_s = 1 / corner
    # patches of the rupture radiate one after another, then the crust scatters
    push = np.where(time_s < lasts_s, 1.0, 0.15 * np.exp(-(time_s - lasts_s) / CODA_S))
    chance = np.where(time_s < lasts_s, 1 + random.normal(size=len(time_s)), random.normal(size=len(time_s)))
    pushed = push * chance / (lasts_s * STEP_HZ)
    displacement = level * STEP_HZ * np.fft.irfft(np.fft.rfft(pushed, STEPS) * np.fft.rfft(taps, STEPS), STEPS)
    velocity = np.gradient(displacement, 1 / STEP_HZ)
    return np.stack([displacement, velocity, np.gradient(velocity, 1 / STEP_HZ)])[:, : STEPS // 2]

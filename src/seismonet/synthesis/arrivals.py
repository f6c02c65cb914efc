"""What stations would read of an earthquake: arrivals, back-azimuths and amplitudes with the errors of real ones.

No waveforms are made, so that thousands of earthquakes take seconds. Times are those of a
:class:`~seismonet.synthesis.earthmodels.SimulatedEarth`; peaks follow by random vibration theory (Boore 2003, Pageoph
160, 635-676) from the spectra of :mod:`~seismonet.synthesis.source`; whether a station sees the earthquake at all
follows from these and the noise of its site. The locator's own relations appear nowhere here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg, distance_deg
from seismonet.core.inventory import Station

from .draws import generator
from .earthmodels import SimulatedEarth
from .noise import noise_db
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

FREQUENCY_HZ: FloatArray = np.geomspace(0.02, 40.0, 160)
DISPLACEMENT_HIGH_PASS_HZ = 0.075
DETECTION_BAND_HZ = (1.0, 8.0)
LEAN_SHEAR_KM_S = 2.0
"""Speed of S some 300 m down (Boore & Joyner 1997, BSSA 87, 327-341): with the slowness it tells how P leans."""
FULL_LEAN_DEG = 25.0
"""P that leans less than this tells less of where it comes from."""
WIDEST_DIRECTION_DEG = 90.0
CODA_OF_P = 0.3
"""What is left of P when S comes, which S has to stand above."""


@parameters(frozen=True)
class ReadingErrors:
    """How stations read: when they see a wave, and how far off they are.

    Onsets spread as 0.05 s, as the picks of good pickers do against analysts (PhaseNet 0.05 s for P and 0.08 s for S,
    Zhu & Beroza 2019, GJI 216, 261-273), and more where noise hides the first motion, far smaller than the peak. Stress
    drops vary by a factor of 1.65 (ln 0.5, Cotton et al. 2013, SRL 84, 42-48, from ground motions), peaks at one
    distance by 0.25 in log10 beside that.
    """

    least_snr: float = Field(default=4.0, gt=0, description="amplitude over noise at 1-8 Hz of a wave that is seen")
    missed: float = Field(default=0.03, ge=0, lt=1, description="share of such P that no pick is made of")
    s_read: float = Field(default=0.7, ge=0, le=1, description="share of S above noise and P's coda that are picked")
    p_s: float = Field(default=0.05, ge=0, description="error of a clear P onset")
    s_s: float = Field(default=0.15, ge=0, description="error of a clear S onset")
    p_noise_s: float = Field(default=2.0, ge=0, description="and what is added over the peak's ratio to noise, P")
    s_noise_s: float = Field(default=2.0, ge=0, description="the same of S")
    p_most_s: float = Field(default=0.5, ge=0, description="error of a P onset hardly seen")
    s_most_s: float = Field(default=1.0, ge=0, description="the same of S")
    p_wrong: float = Field(default=0.03, ge=0, lt=1, description="share of P onsets that are something else")
    s_wrong: float = Field(default=0.08, ge=0, lt=1, description="the same of S")
    p_wrong_s: float = Field(default=3.0, ge=0, description="by up to which those are off, P")
    s_wrong_s: float = Field(default=5.0, ge=0, description="the same of S")
    direction_deg: float = Field(default=25.0, gt=0, description="error of a back-azimuth of P that leans well")
    direction_wrong: float = Field(default=0.15, ge=0, lt=1, description="share of back-azimuths that mean nothing")
    stress_ln: float = Field(default=0.5, ge=0, description="spread of stress drops")
    peak_log10: float = Field(default=0.25, ge=0, description="spread of peaks by site and path")
    noise_level: tuple[float, float] = Field(default=(0.3, 0.7), description="noise of stations, from and to")

    def sentence(self) -> str:
        """The error model as one sentence."""
        onsets = [
            f"{least:g} s + {noise:g} s / SNR, {most:g} s at most ({phase}; {wrong:.0%} anywhere within {span:g} s)"
            for phase, least, noise, most, wrong, span in (
                ("P", self.p_s, self.p_noise_s, self.p_most_s, self.p_wrong, self.p_wrong_s),
                ("S", self.s_s, self.s_noise_s, self.s_most_s, self.s_wrong, self.s_wrong_s),
            )
        ]
        return (
            f"Onsets are off by {' and '.join(onsets)}; back-azimuths by {self.direction_deg:g} degrees, more near the"
            f" vertical, {self.direction_wrong:.0%} of them by any angle; amplitudes come from Brune sources whose"
            f" stress drops spread by {self.stress_ln:g} (ln) and peaks by {self.peak_log10:g} (log10); P is seen from"
            f" SNR {self.least_snr:g} on."
        )


@dataclass(frozen=True, slots=True)
class Source:
    """A simulated earthquake; its origin is second 0."""

    latitude: float
    longitude: float
    depth_km: float
    magnitude: float

    @property
    def place(self) -> tuple[float, float, float]:
        """Latitude, longitude, depth in km."""
        return self.latitude, self.longitude, self.depth_km


@dataclass(frozen=True, slots=True)
class Reading:
    """What one station reads: seconds from the origin, with the uncertainty that the station states for them.

    ``s_s`` is None where S was not picked. ``pd_m`` is the peak displacement of P, with what is known of its spread.
    """

    station: Station
    p_s: float
    p_sigma_s: float
    s_s: float | None
    s_sigma_s: float
    backazimuth_deg: float
    backazimuth_sigma_deg: float
    pd_m: float
    log10_pd_sigma: float
    snr: float


def read(
    source: Source, stations: Iterable[Station], earth: SimulatedEarth, errors: ReadingErrors, seed: int
) -> list[Reading]:
    """Readings of the stations that see P, by time of the reading.

    What a station reads depends on the source, the Earth, the seed and itself, not on which others are up.
    """
    of_event = generator(seed, *map(repr, source.place), "event")
    setting = setting_of(source.depth_km)
    stress_pa = setting.stress_drop_pa * float(np.exp(errors.stress_ln * of_event.normal()))
    found = [_read_at(station, _Seen(source, setting, stress_pa, earth), errors, seed) for station in stations]
    return sorted((one for one in found if one is not None), key=lambda one: (one.p_s, one.station.station_code))


@dataclass(frozen=True, slots=True)
class _Seen:
    """An earthquake in its Earth."""

    source: Source
    setting: Setting
    stress_pa: float
    earth: SimulatedEarth

    def spectrum(self, phase: str, epicentral_km: float, travel_s: float) -> tuple[FloatArray, float]:
        """Power of the displacement spectrum at ``FREQUENCY_HZ`` ((m s)**2), and how long the strong part lasts (s)."""
        source, setting = self.source, self.setting
        distance_km = effective_km(source.magnitude, epicentral_km, source.depth_km)
        faster, speed = (P_CORNER, P_OVER_S) if phase == "P" else (1.0, 1.0)
        low, high, share = corners(source.magnitude, self.stress_pa, setting.shear_m_s)
        power = np.zeros_like(FREQUENCY_HZ)
        for corner, part in ((high, share), (low, np.sqrt(1.0 - share**2))):
            power += np.square(part / (1 + np.square(FREQUENCY_HZ / (corner * faster))))
        way = loss(phase, FREQUENCY_HZ, setting, travel_s) * site_gain(phase, FREQUENCY_HZ, setting)
        level = level_m_s(phase, source.magnitude, setting, distance_km)
        rupture_s = 1.0 / (corner_hz(source.magnitude, self.stress_pa, setting.shear_m_s) * faster)
        return power * np.square(level * way), rupture_s + path_s(distance_km, setting) / speed


def _read_at(station: Station, seen: _Seen, errors: ReadingErrors, seed: int) -> Reading | None:
    source = seen.source
    random = generator(seed, *map(repr, source.place), station.station_code)
    # every number is drawn whether it is needed or not, so that a change of one error leaves the others as they were
    miss, read_luck, *onset_luck = random.uniform(size=6)
    size, p_normal, s_normal, p_guess, s_guess = random.normal(size=5)
    wave = _wave_at(station, seen, errors, float(10 ** (errors.peak_log10 * size)), seed)
    backazimuth, spread = _direction(station, seen, wave.km, errors, random)
    if wave.p_snr < errors.least_snr or miss < errors.missed:
        return None
    p_error = _Onset(min(errors.p_s + errors.p_noise_s / wave.p_snr, errors.p_most_s), errors.p_wrong, errors.p_wrong_s)
    s_error = _Onset(min(errors.s_s + errors.s_noise_s / wave.s_snr, errors.s_most_s), errors.s_wrong, errors.s_wrong_s)
    p_s, s_s = (seen.earth.arrival_s(phase, source.place, station) for phase in "PS")
    picked = read_luck < errors.s_read and wave.s_snr >= errors.least_snr
    return Reading(
        station,
        p_s + p_error.drawn(onset_luck[0], onset_luck[1], p_normal),
        p_error.stated(p_guess),
        s_s + s_error.drawn(onset_luck[2], onset_luck[3], s_normal) if picked else None,
        s_error.stated(s_guess),
        backazimuth,
        spread,
        wave.pd_m,
        errors.peak_log10,
        wave.p_snr,
    )


@dataclass(frozen=True, slots=True)
class _Wave:
    """How strong P and S are at a station: peak displacement of P, and peaks over noise; S also over the coda of P."""

    km: float
    pd_m: float
    p_snr: float
    s_snr: float


def _wave_at(station: Station, seen: _Seen, errors: ReadingErrors, site: float, seed: int) -> _Wave:
    source = seen.source
    degrees = float(distance_deg(source.latitude, source.longitude, station.latitude, station.longitude))
    times = [float(seen.earth.travel_times.times(phase, degrees, source.depth_km)) for phase in "PS"]
    km = degrees * KM_PER_DEGREE
    noise = _noise_of(seed, station.station_code, errors.noise_level)
    (p_power, p_lasts), (s_power, s_lasts) = (
        seen.spectrum(phase, km, time) for phase, time in zip("PS", times, strict=True)
    )
    p_peak = site * peak(p_power, p_lasts, 1, DETECTION_BAND_HZ)
    s_peak = site * peak(s_power, s_lasts, 1, DETECTION_BAND_HZ)
    pd_m = site * peak(p_power, p_lasts, 0, (DISPLACEMENT_HIGH_PASS_HZ, float(FREQUENCY_HZ[-1])))
    return _Wave(km, pd_m, p_peak / noise, float(s_peak / np.hypot(noise, CODA_OF_P * p_peak)))


def _direction(
    station: Station, seen: _Seen, km: float, errors: ReadingErrors, random: np.random.Generator
) -> tuple[float, float]:
    """A back-azimuth as read, and its spread, degrees: the less P leans the wider.

    P's first motion leans by ``2 asin(beta p)`` from the vertical (Wiechert 1907).
    """
    lost, anywhere, normal = random.uniform(), random.uniform(), random.normal()
    slowness = seen.earth.slowness_s_km("P", km, seen.source.depth_km)
    lean = 2 * np.arcsin(np.clip(LEAN_SHEAR_KM_S * slowness, 0.01, 0.7))
    full = np.deg2rad(FULL_LEAN_DEG)
    spread = min(errors.direction_deg * max(1.0, float(np.sin(full) / np.sin(lean))), WIDEST_DIRECTION_DEG)
    source = seen.source
    azimuth = float(azimuth_deg(station.latitude, station.longitude, source.latitude, source.longitude))
    turn = 360.0 * anywhere if lost < errors.direction_wrong else spread * normal
    return (azimuth + turn) % 360.0, spread


@cache
def _noise_of(seed: int, station_code: str, levels: tuple[float, float]) -> float:
    return band_noise_m_s(float(generator(seed, station_code, "noise").uniform(*levels)))


@dataclass(frozen=True, slots=True)
class _Onset:
    """Error of an onset: its spread, and the share that are another onset, somewhere within a span."""

    sigma_s: float
    wrong: float
    span_s: float

    def drawn(self, chance: float, place: float, normal: float) -> float:
        """Seconds by which a reading is late; two numbers of 0 to 1 and a normal one decide."""
        return self.span_s * (2 * place - 1) if chance < self.wrong else self.sigma_s * normal

    def stated(self, normal: float) -> float:
        """What the station says of it: nobody knows the spread of one reading better than to a third."""
        return float(self.sigma_s * np.exp(0.3 * normal))


def peak(power: FloatArray, lasts_s: float, derivatives: int, band_hz: tuple[float, float]) -> float:
    """Peak of a motion with a power spectrum that lasts so long, between two frequencies, by random vibration theory.

    The root mean square times ``sqrt(2 ln N) + 0.5772 / sqrt(2 ln N)``, N its extrema (Cartwright & Longuet-Higgins
    1956);
    ``derivatives`` 0 for displacement, 1 for velocity.

    >>> level = np.ones_like(FREQUENCY_HZ)
    >>> round(peak(4 * level, 10.0, 1, (1.0, 8.0)) / peak(level, 10.0, 1, (1.0, 8.0)), 6)
    2.0
    """
    low, high = band_hz
    rise, fall = np.square(FREQUENCY_HZ / low) ** 2, np.square(FREQUENCY_HZ / high) ** 2
    omega2 = np.square(2 * np.pi * FREQUENCY_HZ)
    heard = power * rise / (1 + rise) / (1 + fall) * omega2**derivatives
    moments = [2 * float(np.trapezoid(heard * omega2**order, FREQUENCY_HZ)) for order in (0, 1)]
    extrema = max(2.0, np.sqrt(moments[1] / moments[0]) / np.pi * lasts_s)
    factor = np.sqrt(2 * np.log(extrema))
    return float((factor + 0.5772 / factor) * np.sqrt(moments[0] / lasts_s))


def band_noise_m_s(level: float) -> float:
    """Root mean square velocity of a station's noise in the band of detection.

    >>> band_noise_m_s(0.7) > 5 * band_noise_m_s(0.3)
    True
    """
    low, high = DETECTION_BAND_HZ
    frequency = np.geomspace(low, high, 60)
    density = 10 ** (noise_db(frequency, level) / 10) / np.square(2 * np.pi * frequency)
    return float(np.sqrt(np.trapezoid(density, frequency)))


@dataclass(frozen=True, slots=True)
class Stage:
    """How much of an earthquake has been read: P of so many stations, S of so many of those, None for all.

    ``directions`` and ``sizes`` say whether back-azimuths and amplitudes are known.
    """

    name: str
    p: int | None
    s: int | None = 0
    directions: bool = False
    sizes: bool = False


FIRST = Stage("first alert (2 P)", 2, 0, directions=True, sizes=True)
THREE_P = Stage("3 P", 3)
THREE_P_DIRECTIONS = Stage("3 P + back-azimuths", 3, 0, directions=True, sizes=True)
THREE_P_S = Stage("3 P + 1 S + back-azimuths", 3, 1, directions=True, sizes=True)
FINAL = Stage("all P and S", None, None, directions=True, sizes=True)
STAGES = (FIRST, THREE_P, THREE_P_DIRECTIONS, THREE_P_S, FINAL)
MEASURED_S = 1.0
"""A direction or an amplitude is measured this long after P; stations that have not triggered by then say so."""


def known(readings: list[Reading], stage: Stage) -> list[Reading] | None:
    """The readings of a stage, S that are not known yet left out; None for an earthquake that never gets there.

    The S are the first ones that were picked.
    """
    number = len(readings) if stage.p is None else stage.p
    part = readings[:number]
    with_s = sorted((one.s_s, one.station.station_code) for one in part if one.s_s is not None)
    wanted = len(with_s) if stage.s is None else stage.s
    if len(part) < max(number, 2) or len(with_s) < wanted:
        return None
    chosen = {code for _, code in with_s[:wanted]}
    return [one if one.station.station_code in chosen else replace(one, s_s=None) for one in part]


def last_s(readings: list[Reading]) -> float:
    """When the last of some readings was complete, s after the origin."""
    return max(max(one.p_s, one.s_s or 0.0) for one in readings) + MEASURED_S

"""Which of a station's amplitudes speak of the size of an event.

The rule this file owns: a station has one vote. Of its sensors the one speaks that is not clipped and stands highest
above its noise; of the windows of P the longest that ends before S, of the windows for ML one that holds the S waves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.event import Amplitude

NOISE_SPREAD = 0.5
"""Peaks of noise of one window and the next differ by half."""

LONGEST_S, TAIL_S = 85.0, 5.0
"""The longest window that is measured, and what must be left in it after S."""


@parameters(frozen=True)
class MagnitudeParams:
    """Which amplitudes count, and what is left open however many there are."""

    outlier: float = Field(default=1.5, gt=0, description="a station this far from the median is set aside")
    minimum_ratio: float = Field(default=2.0, ge=1, description="peak over noise, below it an amplitude does not count")
    s_fraction: float = Field(default=0.9, gt=0, le=1, description="windows of P end at this fraction of S minus P")
    s_stretch: float = Field(default=1.35, ge=1, description="windows of ML last this many times S minus P, and longer")
    s_tail_s: float = Field(default=2.0, ge=0, description="by this")
    s_rupture_s: float = Field(default=20.0, ge=0, description="and longer by up to this, as a large rupture lasts")
    p_event_sigma: float = Field(default=0.3, ge=0, description="error of Mpd common to all stations")
    s_event_sigma: float = Field(default=0.2, ge=0, description="the same of ML")
    slab_event_sigma: float = Field(default=0.3, ge=0, description="the same of Mpd of earthquakes in the slab")
    station_sigma: float = Field(default=0.25, gt=0, description="error of one station's ML")
    gutenberg_richter_b: float = Field(default=1.0, ge=0, le=2, description="how much more small ones there are")


@dataclass(frozen=True, slots=True)
class Site:
    """A station as seen from the source, and all that was measured after its P.

    ``s_minus_p_s`` as predicted by the location, or as picked; ``amplitudes`` of all its channels and windows, in any
    order: of one pick, or of those that were joined into one.
    """

    station_code: str
    hypocentral_km: float
    s_minus_p_s: float
    amplitudes: tuple[Amplitude, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The amplitude that speaks for a station: its peak less the noise, and what noise leaves open of log10 of it."""

    site: Site
    amplitude: Amplitude
    peak_m: float
    log10_sigma: float

    @property
    def clipped(self) -> bool:
        """The true peak was larger."""
        return self.amplitude.clipped


def p_reading(site: Site, params: MagnitudeParams) -> Reading | None:
    """P displacement on a vertical; the shortest window where S comes within it."""
    found = [one for one in site.amplitudes if one.wood_anderson_m == 0 and one.pd_m > 0]
    readings = []
    for windows in _by_channel(found):
        fitting = [one for one in windows if one.window_s <= params.s_fraction * site.s_minus_p_s]
        one = fitting[-1] if fitting else windows[0]
        if (reading := _reading(site, one, one.pd_m, one.noise_pd_m, params)) is not None:
            readings.append(reading)
    return _best(readings)


def s_reading(site: Site, params: MagnitudeParams) -> Reading | None:
    """Geometric mean of the horizontals' Wood-Anderson amplitudes, once a window is there that holds S."""
    whole_s = min(params.s_stretch * site.s_minus_p_s + params.s_tail_s, max(LONGEST_S, site.s_minus_p_s + TAIL_S))
    found = [one for one in site.amplitudes if one.wood_anderson_m > 0 and one.window_s >= whole_s]
    sensors: dict[str, list[Reading]] = {}
    for windows in _by_channel(found):
        one = [windows[0], *(later for later in windows if later.window_s <= whole_s + params.s_rupture_s)][-1]
        reading = _reading(site, one, one.wood_anderson_m, one.noise_wood_anderson_m, params)
        if reading is not None:
            sensors.setdefault(one.source_id.instrument, []).append(reading)
    return _best([_mean(pair) for pair in sensors.values()])


def _by_channel(found: Sequence[Amplitude]) -> list[list[Amplitude]]:
    """Amplitudes of each channel by length of window, channels by name."""
    channels: dict[str, list[Amplitude]] = {}
    for one in sorted(found, key=lambda one: (one.source_id.nslc, one.window_s, one.issued_ns)):
        channels.setdefault(one.source_id.nslc, []).append(one)
    return list(channels.values())


def _reading(site: Site, one: Amplitude, peak_m: float, noise_m: float, params: MagnitudeParams) -> Reading | None:
    """The peak without the noise below it: powers add up."""
    if peak_m < params.minimum_ratio * noise_m:
        return None
    share = (noise_m / peak_m) ** 2
    sigma = NOISE_SPREAD * share / (1 - share) / np.log(10)
    return Reading(site, one, float(peak_m * np.sqrt(1 - share)), float(sigma))


def _mean(pair: list[Reading]) -> Reading:
    first = max(pair, key=lambda one: (one.clipped, one.peak_m))
    peak = float(np.exp(np.mean([np.log(one.peak_m) for one in pair])))
    return Reading(first.site, first.amplitude, peak, float(np.mean([one.log10_sigma for one in pair])))


def _best(readings: list[Reading]) -> Reading | None:
    """Not clipped before clipped; then the longer window, up to 10 s; then the higher above the noise."""

    def rank(one: Reading) -> tuple[bool, float, float, str]:
        return not one.clipped, min(one.amplitude.window_s, 10.0), -one.log10_sigma, one.amplitude.source_id.nslc

    return max(readings, key=rank, default=None)

"""The size of an event from the peak displacement of its P waves."""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.event import Amplitude, Magnitude, StationMagnitude
from seismonet.models.magnitude import pd_magnitude, pd_sigma

LN10_SLOPE = 1.38 / np.log(10)


@parameters(frozen=True)
class MagnitudeParams:
    """Which amplitudes count."""

    outlier: float = Field(default=1.5, gt=0, description="a station this far from the median is set aside")
    minimum_ratio: float = Field(default=2.0, ge=1, description="displacement peak over noise, below it does not count")
    s_fraction: float = Field(default=0.9, gt=0, le=1, description="windows end at this fraction of S minus P")
    base_error: float = Field(default=0.2, ge=0, description="error common to all stations")


def choose(amplitudes: Mapping[float, Amplitude], s_minus_p_s: float, params: MagnitudeParams) -> Amplitude | None:
    """The longest window that ends before S; the shortest there is where S comes within it."""
    fitting = [window for window in amplitudes if window <= params.s_fraction * s_minus_p_s]
    if fitting:
        return amplitudes[max(fitting)]
    return amplitudes[min(amplitudes)] if amplitudes else None


def network_magnitude(
    measured: Sequence[tuple[Amplitude, float]], horizontal_km: float, params: MagnitudeParams
) -> Magnitude | None:
    """One magnitude of amplitudes and their hypocentral distances (km); None when nothing can be used.

    Clipped amplitudes are lower bounds and stand aside while an unclipped one is there, as do those that do not stand
    well out of the noise, and those too far from the median. The others are averaged by inverse variance, which falls
    with the length of the window; the location's uncertainty adds through the distance term.
    """
    seen = [pair for pair in measured if pair[0].pd_m > 0 and pair[0].pd_m >= pair[0].noise_pd_m]
    usable = [pair for pair in seen if pair[0].pd_m >= params.minimum_ratio * pair[0].noise_pd_m] or seen
    usable = [pair for pair in usable if not pair[0].clipped] or usable
    if not usable:
        return None
    values = np.array([pd_magnitude(one.pd_m, km) for one, km in usable])
    sigma = np.array([pd_sigma(one.window_s) for one, _ in usable])
    near = np.abs(values - np.median(values)) <= params.outlier
    weight = np.where(near, 1 / np.square(sigma), 0.0)
    value = float(np.average(values, weights=weight))
    distance = float(np.average([km for _, km in usable], weights=weight))
    from_place = LN10_SLOPE * min(1.0, horizontal_km / max(distance, 1.0))
    uncertainty = float(np.sqrt(1 / weight.sum() + params.base_error**2 + from_place**2))
    counted = {one.pick_id: bool(ok) for (one, _), ok in zip(usable, near, strict=True)}
    parts = tuple(_part(one, km, counted.get(one.pick_id, False)) for one, km in measured if one.pd_m > 0)
    return Magnitude(value, "Mpd", uncertainty, parts)


def _part(one: Amplitude, km: float, used: bool) -> StationMagnitude:
    value = float(pd_magnitude(one.pd_m, km))
    return StationMagnitude(one.pick_id, one.source_id, value, one.pd_m, one.window_s, used)

"""The digitizer's own state of health: what its slow channels say, in units, against thresholds, and where it leads.

Codes and scales are those of Nanometrics' Centaur as far as they are known (GNS, GST, LCE and LCQ are documented, the
rest is usual); every scale and threshold can be set for a station, as other digitizers use the same codes otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import BoolArray, FloatArray, IntArray
from seismonet.core.utc import SECOND_NS

from .measures import Series

HOUR_NS, DAY_NS = 3600 * SECOND_NS, 86_400 * SECOND_NS
MASS_CODES = tuple(f"VM{k}" for k in range(1, 7))
MASS_LIMIT_V = 12.0
"""No mass position is beyond its supply: what would be more in mV is in microvolts."""


@parameters(frozen=True, config=ConfigDict(extra="forbid"))
class Limits:
    """One slow channel. What is left out is as usual for its code; thresholds are in ``unit``."""

    scale: float | None = Field(default=None, description="units a count; unset: as usual for the code")
    warn_below: float | None = Field(default=None, description="lower values are told")
    alarm_below: float | None = Field(default=None, description="lower values are alarms; trends are led to here")
    warn_above: float | None = Field(default=None, description="higher values are told")
    alarm_above: float | None = Field(default=None, description="higher values are alarms; trends are led to here")
    hold_s: float | None = Field(default=None, ge=0, description="only what lasts so long counts")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code is: in words, its unit, its usual limits; ``absolute`` when the sign does not matter."""

    name: str
    unit: str
    limits: Limits
    absolute: bool = False


# lead-acid batteries of 12 V: 11.8 V is some 30 % of their charge at rest, below 11.3 V regulators cut the load
MEANINGS: Mapping[str, Meaning] = {
    "LCQ": Meaning("clock quality", "%", Limits(1.0, 90.0, 70.0, None, None, 3600.0)),
    "LCE": Meaning("clock error", "us", Limits(1.0, None, None, 100.0, 1000.0, 600.0), True),
    "GST": Meaning("GNSS status", "(0 off, 1 unlocked, 2 locked)", Limits(1.0, 2.0, None, None, None, 7200.0)),
    "GNS": Meaning("GNSS satellites used", "", Limits(1.0, 4.0, 1.0, None, None, 7200.0)),
    "VDT": Meaning("temperature of the digitizer", "degC", Limits(0.01, -20.0, -40.0, 55.0, 60.0, 1800.0)),
    "VEI": Meaning("supply voltage", "V", Limits(0.001, 11.8, 11.3, 15.5, 17.0, 600.0)),
    "VEC": Meaning("supply current", "A", Limits(0.001, None, None, 1.5, 2.5, 600.0)),
    **{code: Meaning("mass position", "V", Limits(0.001, None, None, 2.0, 3.5, 3600.0), True) for code in MASS_CODES},
}
POSITION = ("GLA", "GLO")
DEGREES_A_COUNT = 1e-6
MONOTONE = 0.8
"""Kendall's tau that a day of hourly values needs; a day's course up and down has less than 0.5."""
ANTENNA = "GAN"


@dataclass(frozen=True, slots=True)
class Excess:
    """A slow channel beyond a threshold: ``alarm`` beyond the second one; ``value`` its worst."""

    code: str
    since_ns: int
    value: float
    threshold: float
    alarm: bool
    below: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """Where a slow channel goes: ``slope`` in units a day with its 95 % range; ``days`` until ``threshold`` is met."""

    code: str
    slope: float
    low: float
    high: float
    days: float
    threshold: float


def limits(code: str, of_all: Mapping[str, Limits], of_station: Mapping[str, Limits]) -> Limits:
    """Scale and thresholds of a code: the station's before the network's before what is usual."""
    found = MEANINGS[code].limits
    for one in (of_all.get(code), of_station.get(code)):
        if one is not None:
            set_ = {part.name: getattr(one, part.name) for part in fields(one) if getattr(one, part.name) is not None}
            found = replace(found, **set_)
    return found


def in_units(code: str, counts: FloatArray, of: Limits) -> FloatArray:
    """Values in the code's unit.

    Mass positions that would be beyond any supply in mV are in microvolts.

    >>> in_units("VM1", np.array([1_500_000.0, -800_000.0]), MEANINGS["VM1"].limits).tolist()
    [1.5, -0.8]
    """
    scale = 1.0 if of.scale is None else of.scale
    values = np.asarray(counts, dtype=np.float64) * scale
    if code in MASS_CODES and len(values) and np.median(np.abs(values)) > MASS_LIMIT_V:
        values = values / 1000.0
    return values


def excess(code: str, time_ns: IntArray, values: FloatArray, of: Limits) -> Excess | None:
    """How a slow channel is beyond its thresholds now, or was until less than ``hold_s`` ago; None when it is not.

    Examples
    --------
    >>> hours = np.arange(48) * 3600 * SECOND_NS
    >>> volts = np.where(np.arange(48) < 40, 12.6, 11.5)
    >>> found = excess("VEI", hours, volts, MEANINGS["VEI"].limits)
    >>> found.since_ns // HOUR_NS, found.alarm
    (40, False)
    """
    if not len(values):
        return None
    shown = np.abs(values) if MEANINGS[code].absolute else values
    for alarm in (True, False):
        low = of.alarm_below if alarm else of.warn_below
        high = of.alarm_above if alarm else of.warn_above
        for threshold, beyond, below in (
            (low, shown < (low if low is not None else -np.inf), True),
            (high, shown > (high if high is not None else np.inf), False),
        ):
            run = _last_run(time_ns, beyond, of.hold_s or 0.0)
            if threshold is not None and run is not None:
                first, last = run
                part = shown[first : last + 1]
                worst = float(part.min() if below else part.max())
                return Excess(code, _first_warned(time_ns, shown, of, first, below), worst, threshold, alarm, below)
    return None


def _first_warned(time_ns: IntArray, shown: FloatArray, of: Limits, first: int, below: bool) -> int:
    """When what became an alarm had begun to be told."""
    warn = of.warn_below if below else of.warn_above
    if warn is None:
        return int(time_ns[first])
    beyond = shown < warn if below else shown > warn
    while first > 0 and beyond[first - 1]:
        first -= 1
    return int(time_ns[first])


def _last_run(time_ns: IntArray, beyond: BoolArray, hold_s: float) -> tuple[int, int] | None:
    """The last stretch that lasted ``hold_s``, if it went on in the last quarter of the series or for a tenth of it."""
    edges = np.flatnonzero(np.diff(np.r_[False, beyond, False].astype(np.int8)))
    runs = [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]
    held = [(a, b) for a, b in runs if time_ns[b] - time_ns[a] >= hold_s * SECOND_NS]
    if not held:
        return None
    first, last = held[-1]
    whole_ns = int(time_ns[-1] - time_ns[0])
    recent = time_ns[last] >= time_ns[-1] - whole_ns // 4
    long = time_ns[last] - time_ns[first] >= whole_ns // 10
    return (first, last) if recent or long else None


def trend(code: str, time_ns: IntArray, values: FloatArray, of: Limits, most_days: float = 90.0) -> Trend | None:
    """Where a slow channel leads, if it will meet an alarm threshold within ``most_days``; None when it does not.

    Each value is a day's: the lowest for a supply (before sunrise), a median otherwise, so that the daily course of the
    sun is no trend; with less than three days an hour's, and then nearly all pairs must go the same way. Slope by Theil
    (1950) and Sen (1968), its 95 % range from Kendall's variance (Hollander & Wolfe, Nonparametric Statistical Methods,
    section 9.3); it must not contain 0.

    Examples
    --------
    >>> days = np.arange(240) * HOUR_NS
    >>> volts = 0.5 + 0.1 * np.arange(240) / 24 + 0.02 * np.sin(np.arange(240) / 24 * 2 * np.pi)
    >>> found = trend("VM1", days, volts, MEANINGS["VM1"].limits)
    >>> round(found.slope, 2), round(found.days)
    (0.1, 20)
    """
    if len(values) < 4:
        return None
    step_ns = DAY_NS if time_ns[-1] - time_ns[0] >= 3 * DAY_NS else HOUR_NS
    period = (time_ns - time_ns[0]) // step_ns
    take = np.min if code == "VEI" else np.median
    steps = np.unique(period)
    daily = np.array([take(values[period == one]) for one in steps])
    at_days = steps * (step_ns / DAY_NS)
    if len(daily) < 4 or time_ns[-1] - time_ns[0] < DAY_NS // 4:
        return None
    slope, low, high = theil_sen(at_days, daily)
    if low <= 0 <= high or (step_ns == HOUR_NS and abs(_tau(daily)) < MONOTONE):
        return None
    rising = slope > 0
    end_days = float(time_ns[-1] - time_ns[0]) / DAY_NS
    last = float(np.median(daily - slope * (at_days + 0.5 * step_ns / DAY_NS))) + slope * end_days
    threshold = of.alarm_above if rising else of.alarm_below
    if MEANINGS[code].absolute and threshold is None and of.alarm_above is not None:
        threshold = -of.alarm_above
    if threshold is None:
        return None
    days = (threshold - last) / slope
    return Trend(code, slope, low, high, float(days), threshold) if 0 < days <= most_days else None


def _tau(y: FloatArray) -> float:
    first, second = np.triu_indices(len(y), 1)
    return float(np.sign(y[second] - y[first]).mean())


def theil_sen(x: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    """Median of the slopes between all pairs of points, and its 95 % range.

    >>> theil_sen(np.arange(9.0), np.array([0, 1, 2, 3, 99, 5, 6, 7, 8.0]))[0]
    1.0
    """
    first, second = np.triu_indices(len(x), 1)
    slopes = np.sort((y[second] - y[first]) / (x[second] - x[first]))
    n, pairs = len(x), len(slopes)
    spread = 1.96 * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = slopes[max(int((pairs - spread) / 2), 0)]
    high = slopes[min(int((pairs + spread) / 2) + 1, pairs - 1)]
    return float(np.median(slopes)), float(low), float(high)


def moved_m(latitude: Series, longitude: Series, place: tuple[float, float]) -> float:
    """How far the median position of a receiver is from ``place`` (degrees), m; nan without values."""
    from seismonet.core.geo import distance_km

    found = [
        float(np.median(one.value)) * DEGREES_A_COUNT if len(one.value) else np.nan for one in (latitude, longitude)
    ]
    if not np.isfinite([*found, *place]).all():
        return float("nan")
    return 1000 * float(distance_km(found[0], found[1], *place))


def antenna_changed(series: Series) -> tuple[int, float, float] | None:
    """When the antenna's status left what it usually is: since, usual value, value now; None when it did not."""
    if len(series.value) < 4:
        return None
    values, counts = np.unique(series.value, return_counts=True)
    usual = float(values[int(np.argmax(counts))])
    if series.value[-1] == usual:
        return None
    same = np.flatnonzero(series.value == usual)
    return int(series.time_ns[min(int(same[-1]) + 1, len(series.value) - 1)]), usual, float(series.value[-1])


def by_code(soh: Sequence[Series]) -> dict[str, Series]:
    """The first series of each code."""
    found: dict[str, Series] = {}
    for one in soh:
        found.setdefault(one.source_id.channel, one)
    return found

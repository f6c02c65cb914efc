"""Stations check each other on what all of them feel: the microseism, and P waves of earthquakes far away.

Microseism comes from the oceans; at periods of 4 to 8 s it is alike within some decibels over hundreds of kilometres
of rock, and rises and falls everywhere together. The first seconds of a teleseism are the same wave at all stations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import distance_km
from seismonet.core.sourceid import SourceId

from .measures import ChannelMeasures, StationMeasures
from .symptoms import Symptom

PERIOD_S = (4.0, 8.0)
SCATTER_DB = 4.0
"""Usual differences of secondary microseism between stations on rock within some hundred km, one standard deviation;
sediments add up to 10 dB (Peterson, 1993, shows the range between all stations of a global network to be 20 dB)."""
NEAR_KM = 500.0
LEAST_HOURS = 2
TAPER = 0.1
AGREE, AGAINST = 0.7, -0.7
"""Correlations with the others from which a station has the same first motion, or the opposite one."""
TIMES = 3.0
"""No radiation or structure makes long-period P of a teleseism so much larger at one station than at the others."""


@dataclass(frozen=True, slots=True)
class Level:
    """A channel's microseism against that of its neighbours: ``db`` above their median, over ``hours`` in common."""

    channel: str
    db: float
    neighbours: tuple[str, ...]
    hours: int
    since_ns: int


def microseism_db(one: ChannelMeasures) -> tuple[FloatArray, FloatArray]:
    """Hours (begin, ns as float) and power in the microseism's band, dB of (m/s**2)**2/Hz; empty when unknown."""
    if one.spectra is None or not one.spectra.corrected or not len(one.spectra.start_ns):
        return np.empty(0), np.empty(0)
    inside = (one.spectra.period_s >= PERIOD_S[0]) & (one.spectra.period_s <= PERIOD_S[1])
    if not inside.any():
        return np.empty(0), np.empty(0)
    return one.spectra.start_ns.astype(np.float64), np.asarray(one.spectra.db[:, inside].mean(axis=1))


def levels(stations: Sequence[StationMeasures], near_km: float = NEAR_KM) -> dict[str, list[Level]]:
    """By station: its seismometer's channels against the same components of all neighbours.

    Nothing is said of a station with fewer than two neighbours: of two stations that differ either may be wrong.
    """
    known: dict[tuple[str, str], tuple[ChannelMeasures, dict[float, float]]] = {}
    for station in stations:
        for one in station.quantity("velocity"):
            at, db = microseism_db(one)
            if len(at) >= LEAST_HOURS:
                key = (station.station_code, one.source_id.channel[-1])
                known.setdefault(key, (one, dict(zip(at.tolist(), db.tolist(), strict=True))))
    found: dict[str, list[Level]] = {}
    for (code, letter), (one, mine) in known.items():
        others = {
            other: theirs
            for (other, its), (channel, theirs) in known.items()
            if other != code and its == letter and _km(one, channel) <= near_km
        }
        level = _against(one, mine, others)
        if level is not None:
            found.setdefault(code, []).append(level)
    return found


def _km(one: ChannelMeasures, other: ChannelMeasures) -> float:
    if one.channel is None or other.channel is None:
        return float("inf")
    places = (one.channel.latitude, one.channel.longitude, other.channel.latitude, other.channel.longitude)
    return float(distance_km(*places)) if np.isfinite(places).all() else float("inf")


def _against(
    one: ChannelMeasures, mine: Mapping[float, float], others: Mapping[str, Mapping[float, float]]
) -> Level | None:
    differences, used = [], set[str]()
    for hour in sorted(mine):
        theirs = [(other, values[hour]) for other, values in sorted(others.items()) if hour in values]
        if len(theirs) >= 2:
            differences.append((hour, mine[hour] - float(np.median([value for _, value in theirs]))))
            used |= {other for other, _ in theirs}
    if len(differences) < LEAST_HOURS:
        return None
    off = np.array([value for _, value in differences])
    now = float(np.median(off[-12:]))
    # since when it has been nearer to what it is now than to what it should be
    strange = np.abs(off) > abs(now) / 2
    usual = np.flatnonzero(~strange)
    first = min(int(usual[-1]) + 1, len(off) - 1) if len(usual) else 0
    code = f"{one.source_id.location}.{one.source_id.channel}"
    return Level(code, now, tuple(sorted(used)), len(differences), int(differences[first][0]))


@dataclass(frozen=True, slots=True)
class FirstMotion:
    """A station's P of a teleseism against the others': correlation, -1 for a wrong polarity; ``log_ratio`` of size."""

    correlation: float
    log_ratio: float


def first_motions(traces: FloatArray) -> list[FirstMotion]:
    """Each station's long-period P against the stack of all others.

    Parameters
    ----------
    traces : (stations, n) velocity in m/s, band-passed to 0.03 to 0.2 Hz, each from its own predicted arrival on

    Examples
    --------
    >>> wave = np.sin(np.arange(200) / 9) * np.exp(-np.arange(200) / 80)
    >>> found = first_motions(np.stack([wave, 1.1 * wave, -wave, 5 * wave]))
    >>> [round(one.correlation) for one in found], round(float(np.exp(found[3].log_ratio)), 1)
    ([1, 1, -1, 1], 5.0)
    """
    n = traces.shape[1]
    edge = max(int(TAPER * n), 1)
    fade = np.ones(n)
    fade[-edge:] = 0.5 * (1 + np.cos(np.pi * np.arange(edge) / edge))
    shaped = (traces - traces.mean(axis=1, keepdims=True)) * fade
    size = np.sqrt((shaped**2).mean(axis=1))
    unit = shaped / np.maximum(size, 1e-30)[:, None]
    common = np.linalg.svd(unit, full_matrices=False)[2][0]
    # the sign that most stations have is right
    sides = np.sign(unit @ common)
    common = common * (1.0 if sides.sum() >= 0 else -1.0)
    motions = []
    for k in range(len(traces)):
        correlation = float(unit[k] @ common / max(np.linalg.norm(unit[k]), 1e-30))
        others = np.delete(size, k)
        ratio = float(np.log(max(size[k], 1e-30) / max(float(np.median(others)), 1e-30))) if len(others) else np.nan
        motions.append(FirstMotion(correlation, ratio))
    return motions


def teleseism_symptoms(names: Sequence[SourceId], traces: FloatArray, time_ns: int) -> dict[str, list[Symptom]]:
    """What a teleseism shows of vertical channels, by station: a wrong polarity, a wrong size.

    Nothing is said with fewer than four stations, nor where most do not agree.

    Parameters
    ----------
    names : the channels, one of each station
    traces : (channels, n) as for ``first_motions``
    time_ns : when it arrived
    """
    found: dict[str, list[Symptom]] = {}
    motions = first_motions(traces) if len(names) >= 4 else []
    if sum(one.correlation >= AGREE for one in motions) < 0.6 * len(names) or not motions:
        return found
    for name, one in zip(names, motions, strict=True):
        code = f"{name.location}.{name.channel}"
        own = found.setdefault(name.station_code, [])
        if one.correlation <= AGAINST:
            text = f"{code} moved against all others in the first seconds of a teleseism (correlation"
            own.append(Symptom("neighbour_polarity", code, time_ns, f"{text} {one.correlation:.2f})", -1.0))
        elif one.correlation >= AGREE and abs(one.log_ratio) > np.log(TIMES):
            times = float(np.exp(one.log_ratio))
            text = f"{code} recorded a teleseism {times:.3g} times as large as its neighbours did"
            own.append(Symptom("neighbour_level", code, time_ns, text, times))
    return {code: some for code, some in found.items() if some}

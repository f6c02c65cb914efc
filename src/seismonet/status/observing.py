"""From what was measured of a station to symptoms: channel by channel, then what all its channels have in common."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace

import numpy as np

from seismonet.core.arrays import BoolArray, FloatArray
from seismonet.core.utc import SECOND_NS, from_seconds

from .healthparams import HealthParams
from .measures import SLOT_NS, ChannelMeasures, Slots, StationMeasures
from .soh import theil_sen
from .symptoms import Symptom

LASTING = 3
"""Slots of ten minutes that a condition of the ground must last, so that no earthquake is a fault."""
FULL_SCALE = 2.0**23
CENTURY_S = 1e6
CREST = 6.0
"""Gaussian noise stays within 5 standard deviations for ten minutes at 200 Hz."""
LEAST_RAIL = 50.0


def channel_symptoms(one: ChannelMeasures, end_ns: int, params: HealthParams) -> list[Symptom]:
    """What a channel shows by itself."""
    code = code_of(one)
    if one.channel is None and (len(one.slots) or one.present):
        begun_ns = one.present[0][0] if one.present else int(one.slots.start_ns[0])
        return [Symptom("unstated", code, begun_ns, f"{code}: sends data, and no metadata hold for it")]
    if not len(one.slots):
        return [Symptom("missing", code, end_ns, f"{code}: no data at all")]
    found = [
        *_heard(one, code, end_ns, params),
        *_samples(one, code, params),
        *_loudness(one, code, params),
        *_gaps(one, code, params),
        *_clock(one, code, params),
        *_lateness(one, code, params),
        *_stated(one, code),
    ]
    return found


def code_of(one: ChannelMeasures) -> str:
    """Location and channel, as ``00.HHE``."""
    return f"{one.source_id.location}.{one.source_id.channel}"


def _last_run(mask: BoolArray, least: int = 1) -> tuple[int, int] | None:
    """First and last place of the last stretch of at least ``least`` that are true; single exceptions do not end it."""
    filled = mask.copy()
    if len(mask) > 2:
        filled[1:-1] |= mask[:-2] & mask[2:]
    edges = np.flatnonzero(np.diff(np.r_[False, filled, False].astype(np.int8))).reshape(-1, 2)
    runs = [(int(a), int(b) - 1) for a, b in edges if b - a >= least]
    return runs[-1] if runs else None


def _heard(one: ChannelMeasures, code: str, end_ns: int, params: HealthParams) -> list[Symptom]:
    last_ns = one.present[-1][1] if one.present else int(one.slots.start_ns[-1]) + SLOT_NS
    silent_s = (end_ns - last_ns) / SECOND_NS
    if silent_s < params.silent_s:
        return []
    return [Symptom("missing", code, last_ns, f"{code}: no data for {_span(silent_s)}")]


def _span(seconds: float) -> str:
    """A length of time as people say it.

    >>> _span(90.0), _span(7200.0), _span(4e5)
    ('2 min', '2 h', '5 days')
    """
    for unit, length in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _of_samples(slots: Slots) -> Slots:
    """The slots that have samples: in others only receipts were counted."""
    return _some(slots, slots.samples > 0)


def _some(slots: Slots, which: BoolArray) -> Slots:
    return Slots(*(getattr(slots, part.name)[which] for part in fields(slots)))


def _samples(one: ChannelMeasures, code: str, params: HealthParams) -> list[Symptom]:
    slots, found = _of_samples(one.slots), list[Symptom]()
    if not len(slots):
        return []
    long = slots.samples >= params.flat_s * one.rate_hz
    flat = (slots.maximum == slots.minimum) & long
    if (run := _last_run(flat)) is not None:
        value = slots.mean[run[1]]
        text = f"{code}: the same value ({value:.0f} counts) for {_span(SLOT_NS / SECOND_NS * (run[1] - run[0] + 1))}"
        found.append(Symptom("flat", code, int(slots.start_ns[run[0]]), text))
    full = one.channel.clip_counts if one.channel is not None else np.inf
    rail = _rail(slots)
    railed = (slots.maximum == rail) & ~flat
    clipped = (slots.clipped > 0) | railed
    if (run := _last_run(clipped, 2)) is not None and not flat[run[0] : run[1] + 1].all():
        count = int(slots.clipped[run[0] : run[1] + 1].sum())
        text = f"{code}: {count} samples at full scale" if count else f"{code}: stops at +-{rail:.0f} counts, always"
        found.append(Symptom("clipped", code, int(slots.start_ns[run[0]]), text))
    scale = full if np.isfinite(full) else FULL_SCALE
    if (run := _last_run(np.abs(slots.mean) > params.offset * scale, LASTING)) is not None:
        text = (
            f"{code}: mean {slots.mean[run[1]]:.3g} counts, {100 * abs(slots.mean[run[1]]) / scale:.0f} % of full scale"
        )
        found.append(Symptom("offset", code, int(slots.start_ns[run[0]]), text))
    # outliers by their neighbours that do not stand out of their ten minutes are no spikes but steps and clipped waves
    crest = np.maximum(slots.maximum - slots.mean, slots.mean - slots.minimum) / np.maximum(slots.rms, 1e-9)
    spiky = (slots.spikes >= max(params.spikes_per_h / 6, 1)) & (crest >= CREST)
    if (run := _last_run(spiky, LASTING)) is not None:
        rate = 6 * slots.spikes[run[0] : run[1] + 1].mean()
        text = f"{code}: {rate:.0f} spikes an hour"
        found.append(Symptom("spikes", code, int(slots.start_ns[run[0]]), text))
    return found


def _rail(slots: Slots) -> float:
    """A level, as far below as above, at which several slots end: no ground does that. NaN for none."""
    even = (slots.maximum == -slots.minimum) & (slots.maximum >= LEAST_RAIL)
    levels, times = np.unique(slots.maximum[even], return_counts=True)
    return float(levels[int(np.argmax(times))]) if len(times) and times.max() >= LASTING else float("nan")


def _loudness(one: ChannelMeasures, code: str, params: HealthParams) -> list[Symptom]:
    """Noise against itself before, and against Peterson's models."""
    slots, found = _of_samples(one.slots), list[Symptom]()
    if not len(slots):
        return []
    # a slot with little in it is quieter, as less happened in it
    slots = _some(slots, slots.samples >= 0.5 * slots.samples.max())
    rms = np.log(np.maximum(slots.rms, 1e-3))
    usual = float(np.percentile(rms, 20))
    run = _last_run(rms > usual + np.log(params.louder), LASTING)
    if run is not None and run[0] > 0:
        times = float(np.exp(np.median(rms[run[0] : run[1] + 1]) - usual))
        text = f"{code}: noise {times:.3g} times its usual size for {_span(600.0 * (run[1] - run[0] + 1))}"
        found.append(Symptom("louder", code, int(slots.start_ns[run[0]]), text, times))
    for name, metric, word in (
        ("below_models", "pct_below_nlnm", "below the low"),
        ("above_models", "pct_above_nhnm", "above the high"),
    ):
        share = one.metric(metric)
        if share >= params.beyond_models_percent and one.channel is not None and one.channel.quantity == "velocity":
            text = f"{code}: noise {word} noise model at {share:.0f} % of all periods"
            found.append(Symptom(name, code, int(slots.start_ns[0]), text))
    return found


def _gaps(one: ChannelMeasures, code: str, params: HealthParams) -> list[Symptom]:
    slots, found = one.slots, list[Symptom]()
    short = np.where((slots.gaps > 0) & (slots.gap_s < params.short_gap_s), slots.gaps, 0)
    hours = max((int(slots.start_ns[-1]) + SLOT_NS - int(slots.start_ns[0])) / 3600 / SECOND_NS, 1 / 6)
    long = (slots.gaps > 0) & (slots.gap_s >= params.short_gap_s)
    for name, counts, word in (("packets_lost", short, "short gaps"), ("overlaps", slots.overlaps, "overlaps")):
        some = np.flatnonzero(counts)
        if len(some) and counts.sum() >= params.gaps_per_h * max(hours / 2, 1) and len(some) >= 2:
            text = f"{code}: {int(counts.sum())} {word} in {_span(hours * 3600)}"
            found.append(Symptom(name, code, int(slots.start_ns[some[0]]), text))
    if long.any():
        first = int(np.flatnonzero(long)[0])
        worst = float(slots.gap_s[long].max())
        text = f"{code}: {int(slots.gaps[long].sum())} outages, the longest of {_span(worst)}"
        found.append(Symptom("outages", code, int(slots.start_ns[first]), text))
    return found


def _clock(one: ChannelMeasures, code: str, params: HealthParams) -> list[Symptom]:
    slots = one.slots
    stated = np.isfinite(slots.timing_quality) & (np.nanmax(slots.timing_quality, initial=-1.0) > 0)
    poor = stated & (slots.timing_quality < params.timing_percent)
    # many digitizers never set that flag
    sets_it = np.nanmax(slots.locked, initial=0.0) >= 0.5
    unlocked = np.isfinite(slots.locked) & (slots.locked < 0.5) & sets_it
    if (run := _last_run(poor | unlocked, LASTING)) is None:
        return []
    lowest = np.nanmin(slots.timing_quality[run[0] : run[1] + 1]) if poor[run[0] : run[1] + 1].any() else np.nan
    said = (
        f"timing quality down to {lowest:.0f} %" if np.isfinite(lowest) else "its records say the clock is not locked"
    )
    return [Symptom("clock_unlocked", code, int(slots.start_ns[run[0]]), f"{code}: {said}")]


def _lateness(one: ChannelMeasures, code: str, params: HealthParams) -> list[Symptom]:
    """What the age of data at their receipt says of clock and link."""
    slots = one.slots
    known = np.isfinite(slots.latency_s)
    latency, start = slots.latency_s[known], slots.start_ns[known]
    if not len(latency):
        return []
    strange = np.abs(latency) > CENTURY_S
    if strange.any():
        first = int(np.flatnonzero(strange)[0])
        text = f"{code}: records are stamped {_span(abs(float(latency[first])))} from when they came"
        return [Symptom("wrong_epoch", code, int(start[first]), text)]
    found = []
    if (run := _last_run(latency < -params.ahead_s, 2)) is not None:
        text = f"{code}: records come {-float(np.median(latency[run[0] : run[1] + 1])):.2f} s before they end"
        found.append(Symptom("from_future", code, int(start[run[0]]), text))
    if (run := _last_run(latency > params.late_s, LASTING)) is not None:
        text = f"{code}: data come {_span(float(np.median(latency[run[0] : run[1] + 1])))} late"
        found.append(Symptom("late", code, int(start[run[0]]), text))
        return found
    return found + _wandering(code, start, latency, params)


def _wandering(
    code: str, start: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]", latency: FloatArray, params: HealthParams
) -> list[Symptom]:
    """A latency that drifts steadily, or jumps and stays: a link wavers, a clock does not."""
    n = len(latency)
    if n < 2 * LASTING:
        return []
    tail = slice(_drift_begin(latency), n)
    hours = (start[tail] - start[tail][0]) / 3600 / SECOND_NS
    if len(hours) >= 2 * LASTING:
        slope, low, high = theil_sen(hours, latency[tail])
        around = latency[tail] - slope * hours
        steady = float(np.median(np.abs(around - np.median(around)))) < 0.1 * abs(slope) * hours[-1]
        if abs(slope) > params.drift_s_per_h and low * high > 0 and steady:
            text = f"{code}: latency drifts by {slope:+.2f} s an hour, steadily, as of a clock that runs free"
            return [Symptom("late_drifting", code, int(start[tail][0]), text, slope)]
    splits = range(LASTING, n - LASTING + 1)
    jumps = [float(np.median(latency[k:]) - np.median(latency[:k])) for k in splits]
    spread = [max(_mad(latency[:k]), _mad(latency[k:])) for k in splits]
    best = int(np.argmax(np.abs(jumps) / (np.array(spread) + 0.01)))
    if abs(jumps[best]) > max(params.jump_s, 8 * spread[best]):
        first = int(start[splits[best]])
        text = f"{code}: latency jumped by {jumps[best]:+.2f} s and stays, as of a clock that was set wrong"
        return [Symptom("late_jumped", code, first, text, jumps[best])]
    return []


def _drift_begin(latency: FloatArray) -> int:
    """Where the last steady course begins: from the end backwards as long as the steps go the same way."""
    steps = np.sign(np.diff(latency))
    way = np.sign(steps[-LASTING:].sum())
    k = len(steps)
    while k > 0 and (steps[k - 1] == way or (k > 1 and steps[k - 2] == way)):
        k -= 1
    return k


def _mad(x: FloatArray) -> float:
    return float(1.48 * np.median(np.abs(x - np.median(x))))


def _stated(one: ChannelMeasures, code: str) -> list[Symptom]:
    """What metadata say of a channel against what it sends."""
    start_ns = int(one.slots.start_ns[0])
    stated = one.channel.rate_hz if one.channel is not None else 0.0
    if stated > 0 and abs(one.rate_hz / stated - 1) > 1e-3:
        text = f"{code}: sends {one.rate_hz:g} Hz, metadata say {stated:g} Hz"
        return [Symptom("rate", code, start_ns, text, one.rate_hz / stated)]
    return []


JOINED = {"missing": "silent", "louder": "louder_everywhere"}
"""Symptoms that have another name when all channels have them."""


def joined(found: Iterable[Symptom], channels: Sequence[str], params: HealthParams) -> list[Symptom]:
    """What nearly all channels of a station have, as one of the station; what all of a sensor have, as the sensor's.

    Examples
    --------
    >>> both = [Symptom("missing", one, 0, "") for one in ("00.HHZ", "00.HHN", "00.HHE")]
    >>> [(one.name, one.channel) for one in joined(both, ["00.HHZ", "00.HHN", "00.HHE"], HealthParams())]
    [('silent', '')]
    """
    named: dict[str, list[Symptom]] = {}
    for one in found:
        named.setdefault(one.name, []).append(one)
    told = []
    for name, some in named.items():
        having = {one.channel for one in some}
        if len(having) >= 0.8 * len(channels) and len(channels) > 1:
            told.append(replace(_first(some), name=JOINED.get(name, name), channel="", text=_of_all(some)))
            continue
        sensors: dict[str, list[Symptom]] = {}
        for one in some:
            sensors.setdefault(one.channel[:-1], []).append(one)
        for stem, those in sensors.items():
            axes = [code for code in channels if code[:-1] == stem]
            whole = len(axes) > 1 and len({one.channel for one in those}) == len(axes) and name != "pair_swapped"
            told += [replace(_first(those), channel=f"{stem}?", text=_of_all(those))] if whole else those
    return told


def _first(some: Sequence[Symptom]) -> Symptom:
    return min(some, key=lambda one: (one.since_ns, one.channel))


def _of_all(some: Sequence[Symptom]) -> str:
    """One channel's sentence for all that say the like."""
    return f"{_first(some).text} (and {len(some) - 1} more alike)" if len(some) > 1 else some[0].text


def station_symptoms(
    measures: StationMeasures, params: HealthParams, moved: Callable[[str, int], bool] = lambda code, since_ns: False
) -> list[Symptom]:
    """What the waveform channels of a station show, each by itself and all together.

    ``moved`` says whether what a channel recorded since a time was motion of the ground: then no sensor is noisy.
    """
    found = [one for channel in measures.channels for one in channel_symptoms(channel, measures.end_ns, params)]
    loud = {one.channel for one in found if one.name == "louder"}
    if len(loud) < 0.8 * len(measures.channels):
        found = [one for one in found if one.name != "louder" or not moved(one.channel, one.since_ns)]
    return joined(found, [code_of(one) for one in measures.channels], params)


def began_together(moments: Iterable[int], params: HealthParams) -> bool:
    """Did all of these begin at about the same time?"""
    some = list(moments)
    return bool(some) and max(some) - min(some) <= from_seconds(params.together_s)

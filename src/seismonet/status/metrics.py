"""Rollups to metrics under MUSTANG's names and by its definitions, for any span of time; docs/metrics.md lists them.

Where MUSTANG measures every four hours, latencies are measured here at every receipt and averaged over time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from seismonet.core.health import Metric
from seismonet.core.inventory import OPEN_END_NS, Channel
from seismonet.core.rollup import DAY_NS, FLAGS, SLOT_NS, ReceiptRollup, RecordRollup, SampleRollup
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, to_seconds
from seismonet.store.availability import Coverage, coverage

from .measures import Slots, Spectra
from .ppsd import beyond_models, dead_measures

FLAG_NAMES = tuple(name for name in FLAGS if name != "spikes")
METRICS = {
    "percent_availability": "%",
    "num_gaps": "count",
    "max_gap": "s",
    "num_overlaps": "count",
    "max_overlap": "s",
    "sample_max": "counts",
    "sample_min": "counts",
    "sample_mean": "counts",
    "sample_median": "counts",
    "sample_rms": "counts",
    "sample_unique": "count",
    "max_range": "counts",
    "max_stalta": "ratio",
    "num_spikes": "count",
    "spikes": "count",
    "dead_channel_lin": "dB",
    "dead_channel_gsn": "0 or 1",
    "pct_above_nhnm": "%",
    "pct_below_nlnm": "%",
    "timing_quality": "%",
    "sample_rate_channel": "0 or 1",
    "data_latency": "s",
    "feed_latency": "s",
    "total_latency": "s",
    "ts_percent_availability": "%",
    "ts_num_gaps": "count",
    "ts_gap_length": "s",
    "ts_max_gap": "s",
    "ts_channel_up_time": "s",
    "ts_channel_continuity": "s",
    **dict.fromkeys(FLAG_NAMES, "count"),
}
"""Every metric and its unit."""
ALIASES = {
    "availability": "percent_availability",
    "delay": "total_latency",
    "latency": "feed_latency",
    "gaps count": "num_gaps",
    "gaps length": "ts_gap_length",
    "overlaps count": "num_overlaps",
    "offset": "sample_mean",
    "rms": "sample_rms",
    "spikes count": "num_spikes",
    "timing quality": "timing_quality",
}
"""SeisComP's names (scqc) for the same. Mind ``latency``: SeisComP's is MUSTANG's feed_latency, not data_latency."""
RATE_TOLERANCE = 0.01
NONE = float("nan")
Part = TypeVar("Part", SampleRollup, RecordRollup, ReceiptRollup)


@dataclass(frozen=True, slots=True)
class Material:
    """What is known of one channel: rollups, metrics of days, spectra, stretches of data (None where not known).

    ``channels`` are the epochs of its metadata; nothing is missing outside them.
    """

    source_id: SourceId
    samples: Sequence[SampleRollup] = ()
    records: Sequence[RecordRollup] = ()
    receipts: Sequence[ReceiptRollup] = ()
    days: Sequence[Metric] = ()
    spectra: Spectra | None = None
    present: Sequence[tuple[int, int]] | None = None
    channels: Sequence[Channel] = field(default=())


def metrics_of(material: Material, start_ns: int, end_ns: int) -> dict[str, float]:
    """All metrics of a span of time; NaN for what is not known."""
    return {
        **_samples(_within(material.samples, start_ns, end_ns), material.channels),
        **_days(material, start_ns, end_ns),
        **_records(_within(material.records, start_ns, end_ns)),
        **_receipts(_within(material.receipts, start_ns, end_ns)),
        **_availability(material, start_ns, end_ns),
        **_spectra(material.spectra, start_ns, end_ns),
    }


def metrics_of_days(material: Material, start_ns: int, end_ns: int) -> tuple[Metric, ...]:
    """The metrics of each whole or begun day of a span, without those that are not known; by day, then name."""
    found: list[Metric] = []
    for day_ns in range(start_ns // DAY_NS * DAY_NS, end_ns, DAY_NS):
        begin_ns, stop_ns = max(start_ns, day_ns), min(end_ns, day_ns + DAY_NS)
        for name, value in sorted(metrics_of(material, begin_ns, stop_ns).items()):
            if not np.isnan(value):
                found.append(Metric(material.source_id, name, begin_ns, stop_ns, value))
    return tuple(found)


def slots_of(material: Material, start_ns: int, end_ns: int) -> Slots:
    """The rollups of a span as columns."""
    samples = {one.start_ns: one for one in _within(material.samples, start_ns, end_ns)}
    records = {one.start_ns: one for one in _within(material.records, start_ns, end_ns)}
    receipts = {one.start_ns: one for one in _within(material.receipts, start_ns, end_ns)}
    times = sorted({*samples, *records, *receipts})
    of_samples = np.array([_sample_row(samples.get(time)) for time in times]).reshape(-1, 12).T
    of_records = np.array([_record_row(records.get(time)) for time in times]).reshape(-1, 4).T
    of_receipts = np.array([_receipt_row(receipts.get(time)) for time in times]).reshape(-1, 3).T
    n, mean, rms, low, high, span, surge, spikes, clipped, flat, gaps, gap_s = of_samples
    heard, overlaps, timing, locked = of_records
    return Slots(
        np.array(times, dtype=np.int64), n.astype(np.int64), mean, rms, low, high, span, surge,
        spikes.astype(np.int64), clipped.astype(np.int64), flat.astype(np.int64), gaps.astype(np.int64),
        overlaps.astype(np.int64), gap_s, heard.astype(np.int64), timing, locked, *of_receipts,
    )  # fmt: skip


def _sample_row(one: SampleRollup | None) -> tuple[float, ...]:
    if one is None or one.samples == 0:
        gaps = (0, 0.0) if one is None else (one.gaps, one.gap_longest_s)
        return 0, NONE, NONE, NONE, NONE, NONE, NONE, 0, 0, 0, *gaps
    rms = float(np.sqrt(one.m2 / one.samples))
    motion = one.mean, rms, one.minimum, one.maximum, one.max_range, one.max_stalta
    return one.samples, *motion, one.spikes, one.clipped, one.flat, one.gaps, one.gap_longest_s


def _record_row(one: RecordRollup | None) -> tuple[float, ...]:
    if one is None:
        return 0, 0, NONE, NONE
    locked = one.flags[FLAGS.index("clock_locked")] / one.flagged if one.flagged else NONE
    return one.records, one.overlaps, one.timing / one.timed if one.timed else NONE, locked


def _receipt_row(one: ReceiptRollup | None) -> tuple[float, ...]:
    if one is None:
        return NONE, NONE, NONE
    return one.latency_s / one.receipts, one.latency_longest_s, one.silence_longest_s


def _within(parts: Sequence[Part], start_ns: int, end_ns: int) -> list[Part]:
    first_ns = start_ns // SLOT_NS * SLOT_NS
    return [one for one in parts if first_ns <= one.start_ns < end_ns]


def _samples(parts: Sequence[SampleRollup], channels: Sequence[Channel]) -> dict[str, float]:
    names = ("sample_max", "sample_min", "sample_mean", "sample_rms", "max_range", "max_stalta", "num_spikes")
    some = [one for one in parts if one.samples]
    if not some:
        return dict.fromkeys((*names, "sample_rate_channel"), NONE)
    n = np.array([one.samples for one in some], dtype=np.float64)
    first = some[0].mean
    shift = np.array([one.mean for one in some]) - first
    mean = float((n * shift).sum() / n.sum())
    spread = sum(one.m2 for one in some) + float((n * (shift - mean) ** 2).sum())
    values = (
        max(one.maximum for one in some), min(one.minimum for one in some), first + mean,
        float(np.sqrt(spread / n.sum())), max(one.max_range for one in some), max(one.max_stalta for one in some),
        float(sum(one.spikes for one in some)),
    )  # fmt: skip
    stated = channels[-1].rate_hz if channels else 0.0
    differs = float(abs(some[-1].rate_hz / stated - 1) > RATE_TOLERANCE) if stated else NONE
    return {**dict(zip(names, values, strict=True)), "sample_rate_channel": differs}


def _days(material: Material, start_ns: int, end_ns: int) -> dict[str, float]:
    """Median and unique values: of several days the median of their medians, and the most of any."""
    first_ns = start_ns // DAY_NS * DAY_NS
    own = [one for one in material.days if first_ns <= one.start_ns < end_ns]
    medians = [one.value for one in own if one.name == "sample_median"]
    unique = [one.value for one in own if one.name == "sample_unique"]
    return {
        "sample_median": float(np.median(medians)) if medians else NONE,
        "sample_unique": max(unique, default=NONE),
    }


def _records(parts: Sequence[RecordRollup]) -> dict[str, float]:
    timed, flagged = sum(one.timed for one in parts), sum(one.flagged for one in parts)
    counts = np.sum([one.flags for one in parts], axis=0) if flagged else np.full(len(FLAGS), np.nan)
    return {
        "num_overlaps": float(sum(one.overlaps for one in parts)) if parts else NONE,
        "max_overlap": max((one.overlap_longest_s for one in parts), default=NONE),
        "timing_quality": sum(one.timing for one in parts) / timed if timed else NONE,
        **{name: float(count) for name, count in zip(FLAGS, counts, strict=True)},
    }


def _receipts(parts: Sequence[ReceiptRollup]) -> dict[str, float]:
    held, count = sum(one.held_s for one in parts), sum(one.receipts for one in parts)
    return {
        "data_latency": sum(one.latency_s for one in parts) / count if count else NONE,
        "feed_latency": sum(one.feed_s2 for one in parts) / held if held else NONE,
        "total_latency": sum(one.total_s2 for one in parts) / held if held else NONE,
    }


def _availability(material: Material, start_ns: int, end_ns: int) -> dict[str, float]:
    """Of what the metadata say there should be; without metadata, of all."""
    names = ("percent_availability", "num_gaps", "max_gap", "ts_percent_availability", "ts_num_gaps", "ts_gap_length")
    begin_ns = max(start_ns, min((one.start_ns for one in material.channels), default=start_ns))
    stop_ns = min(end_ns, max((one.end_ns for one in material.channels), default=OPEN_END_NS))
    if material.present is None or stop_ns <= begin_ns:
        return dict.fromkeys((*names, "ts_max_gap", "ts_channel_up_time", "ts_channel_continuity"), NONE)
    found = coverage(material.present, begin_ns, (begin_ns, stop_ns))
    missing_s = found.window_s - found.covered_s
    values = (found.percent, float(found.gaps), found.longest_gap_s, found.percent, float(found.gaps), missing_s)
    return {
        **dict(zip(names, values, strict=True)),
        "ts_max_gap": found.longest_gap_s,
        "ts_channel_up_time": found.covered_s,
        "ts_channel_continuity": _longest_s(material.present, begin_ns, stop_ns, found),
    }


def _longest_s(present: Sequence[tuple[int, int]], start_ns: int, end_ns: int, found: Coverage) -> float:
    """Length of the longest stretch without a gap."""
    if not found.gaps:
        return found.covered_s
    longest = begin = reach = 0
    for start, end in sorted(present):
        start, end = max(start, start_ns), min(end, end_ns)
        if end <= start:
            continue
        if start - reach > SECOND_NS // 10 or reach == 0:
            begin = start
        reach = max(reach, end)
        longest = max(longest, reach - begin)
    return to_seconds(longest)


def _spectra(found: Spectra | None, start_ns: int, end_ns: int) -> dict[str, float]:
    names = ("pct_above_nhnm", "pct_below_nlnm", "dead_channel_lin", "dead_channel_gsn")
    if found is None or not found.corrected:
        return dict.fromkeys(names, NONE)
    own = (found.start_ns >= start_ns) & (found.start_ns < end_ns)
    part = Spectra(found.period_s, found.start_ns[own], found.db[own], True)
    return dict(zip(names, (*beyond_models(part), *dead_measures(part)), strict=True))

"""Faults on order: what goes wrong in sensors, digitizers, clocks and links, done on purpose and written down.

A fault has a kind, the channels it befalls, when it begins and ends (seconds after the scenario's begin) and a size.
Some spoil samples, others what is sent and when::

    samples   dead  deaf  noisy  storm  spike  step  offset  boxcar  square_wave  sine  prbs  calibration  gain  clip
    records   gap  duplicate  disorder  clock_offset  clock_drift  gps_week  burst
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.core.waveform import Record, Segment

from .draws import generator
from .records import CALIBRATION_HALF_S

WEEKS_NS = 1024 * 7 * 86_400 * SECOND_NS
SPIKE_EVERY_S = 10.0
RECENTRING_S = 60.0
REPEATED_AFTER_S = 0.2
STORM_RISE_S, GUST_S = 30.0, 7.0
SINE_HZ, PRBS_CHIP_S, PRBS_BITS = 1.0, 0.1, 9
BOXCAR_S = 3.0
DRIFTING_QUALITY = 70
"""What the digitizer says of its clock (percent) when it runs free: Nanometrics' scale."""

Kind = Literal[
    "dead",
    "deaf",
    "noisy",
    "storm",
    "spike",
    "step",
    "offset",
    "boxcar",
    "square_wave",
    "sine",
    "prbs",
    "calibration",
    "gain",
    "clip",
    "gap",
    "duplicate",
    "disorder",
    "clock_offset",
    "clock_drift",
    "gps_week",
    "burst",
]
KINDS: dict[str, tuple[float, str]] = {
    "dead": (0.0, "the channel writes this many counts, always the same"),
    "deaf": (2.0, "the channel writes nothing but white noise of this many counts (rms), as of a cable that is off"),
    "noisy": (1e4, "white noise of this many counts (rms) is added"),
    "storm": (10.0, "the channel's noise grows to so many times its size within 30 s, in gusts"),
    "spike": (1e6, "every 10 s one to three samples are off by this many counts"),
    "step": (1e6, "a jump by this many counts, which fades away within minutes, as when masses are recentred"),
    "offset": (5e6, "this many counts are added for good, as of a mass that leans on its stop"),
    "boxcar": (1e5, "the channel jumps between two levels so many counts apart, at random, every 3 s on average"),
    "square_wave": (1e5, "a square wave of this many counts, 2 s up and 2 s down, as of a calibration nobody flagged"),
    "sine": (1e5, "a sine of this many counts at 1 Hz, as of a calibration nobody flagged"),
    "prbs": (1e5, "a random binary sequence of this many counts, changing every 0.1 s at most, as of a calibration"),
    "calibration": (1e5, "a square wave again, and its records say so (blockette 300)"),
    "gain": (1000.0, "counts are so many times what the metadata say; less than 0 is a wrong polarity"),
    "clip": (1e5, "full scale is this many counts"),
    "gap": (0.0, "records are lost"),
    "duplicate": (1.0, "each record is sent this many times again"),
    "disorder": (5.0, "the records of each channel come shuffled among this many"),
    "clock_offset": (1.0, "records are stamped this many seconds late"),
    "clock_drift": (3.6, "the clock gains this many seconds an hour, and says that it runs free"),
    "gps_week": (1.0, "records are stamped this many times 1024 weeks early"),
    "burst": (0.0, "the link is down; then all comes at once, within this many seconds"),
}
"""Usual size of each kind, and what it does."""
SAMPLE_KINDS = frozenset(
    {
        *("dead", "deaf", "noisy", "storm", "spike", "step", "offset", "boxcar", "square_wave", "sine", "prbs"),
        *("calibration", "gain", "clip"),
    }
)


@parameters(frozen=True, config=ConfigDict(extra="forbid"))
class Fault:
    """One fault. ``target`` is a station or channel (``TJ.SAREZ``, ``TJ.*.00.HH?``); see ``KINDS`` for ``size``.

    >>> Fault("gap", "TJ.SAREZ", 60.0, 5.0).befalls(SourceId.parse("TJ.SAREZ.00.HHZ"))
    True
    """

    kind: Kind = Field(description="what goes wrong")
    target: str = Field(min_length=1, description="station or channel, * and ? stand for any characters")
    start_s: float = Field(ge=0.0, allow_inf_nan=False, description="begin, seconds after the scenario's")
    duration_s: float = Field(gt=0.0, allow_inf_nan=False, description="how long it lasts, seconds")
    size: float | None = Field(default=None, allow_inf_nan=False, description="how bad; usual for the kind if left out")

    @property
    def value(self) -> float:
        """The size, or what is usual."""
        return KINDS[self.kind][0] if self.size is None else self.size

    def befalls(self, source_id: SourceId) -> bool:
        """Is this channel one of its targets?"""
        return fnmatchcase(source_id.nslc, self.target) or fnmatchcase(source_id.nslc, f"{self.target}.*")

    def span_ns(self, begin_ns: int) -> tuple[int, int]:
        """From and to, when the scenario begins at ``begin_ns``."""
        start_ns = begin_ns + from_seconds(self.start_s)
        return start_ns, start_ns + from_seconds(self.duration_s)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record on its way: when it is sent, and whether it tells of a calibration (of how many counts)."""

    send_ns: int
    record: Record
    calibration_counts: float | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """The truth about a fault: which channels it befell, and how many of their samples or records it touched."""

    fault: Fault
    start_ns: int
    end_ns: int
    channels: tuple[str, ...]
    samples: int
    records: int


def spoil(segments: Iterable[Segment], faults: Sequence[Fault], begin_ns: int, seed: int = 0) -> list[Segment]:
    """Segments with the faults of sensors and digitizers in them, in the order the faults have."""
    spoiled = []
    for segment in segments:
        samples = segment.samples
        for number, fault in enumerate(faults):
            part = _part(segment, fault, begin_ns)
            if fault.kind in SAMPLE_KINDS and part is not None:
                # the kind's own numbers, so that one more fault changes no other
                random = generator(seed, segment.source_id.nslc, "fault", fault.kind, number)
                samples = samples.copy()
                times_s = np.arange(part.stop - part.start) / segment.rate_hz
                changed = SPOILERS[fault.kind](samples[part].astype(np.float64), times_s, fault.value, random)
                samples[part] = np.clip(np.rint(changed), -(2**31 - 1), 2**31 - 1)
        spoiled.append(replace(segment, samples=samples))
    return spoiled


def _part(segment: Segment, fault: Fault, begin_ns: int) -> slice | None:
    """The samples that a fault touches; None when there are none."""
    if not fault.befalls(segment.source_id):
        return None
    ends = ((ns - segment.start_ns) * segment.rate_hz / SECOND_NS for ns in fault.span_ns(begin_ns))
    first, last = (min(max(int(np.ceil(place)), 0), len(segment.samples)) for place in ends)
    return slice(first, last) if first < last else None


def _spikes(x: FloatArray, times_s: FloatArray, size: float, random: np.random.Generator) -> FloatArray:
    spiked = x.copy()
    for place in np.searchsorted(times_s, np.arange(0.0, times_s[-1] + 1e-9, SPIKE_EVERY_S)).tolist():
        spiked[place : place + int(random.integers(1, 4))] += size * random.choice([-1.0, 1.0])
    return spiked


def _square(x: FloatArray, times_s: FloatArray, size: float, _: np.random.Generator) -> FloatArray:
    return np.asarray(x + size * np.where(times_s // CALIBRATION_HALF_S % 2 == 0, 1.0, -1.0))


def _storm(x: FloatArray, times_s: FloatArray, size: float, random: np.random.Generator) -> FloatArray:
    """The channel's own noise, louder: wind shakes what noise shakes."""
    gusts = np.abs(np.interp(times_s, *_knots(times_s[-1], GUST_S, random)))
    rise = np.minimum(times_s / STORM_RISE_S, 1.0)
    level = x.mean()
    return np.asarray(level + (x - level) * (1.0 + (size - 1.0) * rise * gusts))


def _knots(length_s: float, every_s: float, random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Moments and what is drawn at each: a normal number about 1."""
    moments = np.arange(0.0, length_s + 2 * every_s, every_s)
    return moments, 1.0 + 0.5 * random.normal(size=len(moments))


def _boxcar(x: FloatArray, times_s: FloatArray, size: float, random: np.random.Generator) -> FloatArray:
    turns = np.cumsum(random.exponential(BOXCAR_S, size=int(2 * times_s[-1] / BOXCAR_S) + 10))
    return np.asarray(x + size * (np.searchsorted(turns, times_s, side="right") % 2))


def _prbs(x: FloatArray, times_s: FloatArray, size: float, _: np.random.Generator) -> FloatArray:
    """A sequence of maximal length, the same on all channels that one signal calibrates."""
    from scipy.signal import max_len_seq

    bits = max_len_seq(PRBS_BITS)[0]
    chips = (times_s / PRBS_CHIP_S + 1e-6).astype(np.int64) % len(bits)
    return np.asarray(x + size * (2.0 * bits[chips] - 1.0))


Spoiler: TypeAlias = Callable[[FloatArray, FloatArray, float, np.random.Generator], FloatArray]
SPOILERS: dict[str, Spoiler] = {
    "dead": lambda x, times_s, size, random: np.full_like(x, size),
    "deaf": lambda x, times_s, size, random: size * random.normal(size=len(x)),
    "noisy": lambda x, times_s, size, random: x + size * random.normal(size=len(x)),
    "storm": _storm,
    "spike": _spikes,
    "step": lambda x, times_s, size, random: x + size * np.exp(-times_s / RECENTRING_S),
    "offset": lambda x, times_s, size, random: x + size,
    "boxcar": _boxcar,
    "square_wave": _square,
    "sine": lambda x, times_s, size, random: x + size * np.sin(2 * np.pi * SINE_HZ * times_s),
    "prbs": _prbs,
    "calibration": _square,
    "gain": lambda x, times_s, size, random: size * x,
    "clip": lambda x, times_s, size, random: np.clip(x, -size, size),
}


def misdirect(outgoing: Sequence[Outgoing], faults: Sequence[Fault], begin_ns: int, seed: int = 0) -> list[Outgoing]:
    """What is sent once clocks and links have done their worst, in the order of sending.

    Faults of the clock come first, those of the link after, so that each sees records as its predecessor made them.
    """
    stamped = [_stamped(one, faults, begin_ns) for one in outgoing]
    # which records a fault of the link befalls is told by their true times
    link = list(zip(outgoing, stamped, strict=True))
    for number, fault in enumerate(faults):
        if fault.kind not in LINKS:
            continue
        touched = [_touches(fault, true, begin_ns) for true, _ in link]
        link = LINKS[fault.kind](link, touched, fault, (begin_ns, generator(seed, "fault", fault.kind, number)))
    sent = [one for _, one in link]
    return sorted(sent, key=lambda one: one.send_ns)


_Pairs: TypeAlias = list[tuple[Outgoing, Outgoing]]
_Context: TypeAlias = tuple[int, np.random.Generator]


def _touches(fault: Fault, one: Outgoing, begin_ns: int) -> bool:
    start_ns, end_ns = fault.span_ns(begin_ns)
    return fault.befalls(one.record.source_id) and start_ns <= one.record.start_ns < end_ns


def _stamped(one: Outgoing, faults: Sequence[Fault], begin_ns: int) -> Outgoing:
    """With the times that a wrong clock gives it, and the flag of a calibration."""
    record, counts = one.record, one.calibration_counts
    for fault in faults:
        start_ns, end_ns = fault.span_ns(begin_ns)
        if fault.kind == "calibration" and fault.befalls(record.source_id):
            # a record is flagged when any of its samples is part of the calibration
            counts = fault.value if one.record.start_ns < end_ns and one.record.end_ns > start_ns else counts
        if not _touches(fault, one, begin_ns):
            continue
        if fault.kind == "clock_offset":
            record = replace(record, start_ns=record.start_ns + from_seconds(fault.value))
        elif fault.kind == "clock_drift":
            free_ns = one.record.start_ns - start_ns
            quality = max(DRIFTING_QUALITY - free_ns // (3600 * SECOND_NS), 0)
            gained_ns = round(fault.value * free_ns / 3600)
            record = replace(record, start_ns=record.start_ns + gained_ns, timing_quality=quality)
        elif fault.kind == "gps_week":
            record = replace(record, start_ns=record.start_ns - round(fault.value) * WEEKS_NS)
    return replace(one, record=record, calibration_counts=counts)


def _lost(pairs: _Pairs, touched: list[bool], fault: Fault, context: _Context) -> _Pairs:
    return [pair for pair, hit in zip(pairs, touched, strict=True) if not hit]


def _repeated(pairs: _Pairs, touched: list[bool], fault: Fault, context: _Context) -> _Pairs:
    again = [
        (true, replace(one, send_ns=one.send_ns + from_seconds((k + 1) * REPEATED_AFTER_S)))
        for (true, one), hit in zip(pairs, touched, strict=True)
        for k in range(round(fault.value) if hit else 0)
    ]
    return pairs + again


def _shuffled(pairs: _Pairs, touched: list[bool], fault: Fault, context: _Context) -> _Pairs:
    """Each group of records of one channel is sent at the group's own times, in another order."""
    channels: dict[SourceId, list[int]] = {}
    for k, hit in enumerate(touched):
        if hit:
            channels.setdefault(pairs[k][0].record.source_id, []).append(k)
    changed = list(pairs)
    size = max(round(fault.value), 2)
    for places in channels.values():
        for first in range(0, len(places), size):
            group = places[first : first + size]
            # nothing is sent before it is complete: the group waits for its last record
            last_ns = max(pairs[k][1].send_ns for k in group)
            for rank, k in enumerate(context[1].permutation(len(group)).tolist()):
                true, one = pairs[group[k]]
                changed[group[k]] = true, replace(one, send_ns=last_ns + rank)
    return changed


def _held(pairs: _Pairs, touched: list[bool], fault: Fault, context: _Context) -> _Pairs:
    """Nothing is sent while the link is down; what has gathered comes in its order, evenly within ``size`` seconds.

    What is due while that goes on waits behind it.
    """
    down_ns, up_ns = fault.span_ns(context[0])
    busy_ns = up_ns + from_seconds(max(fault.value, 0.0))
    late = [
        k
        for k, (true, one) in enumerate(pairs)
        if fault.befalls(true.record.source_id) and down_ns <= one.send_ns < busy_ns
    ]
    late.sort(key=lambda k: pairs[k][1].send_ns)
    changed = list(pairs)
    for rank, k in enumerate(late):
        true, one = pairs[k]
        free_ns = up_ns + (busy_ns - up_ns) * (rank + 1) // len(late)
        changed[k] = true, replace(one, send_ns=max(one.send_ns, free_ns))
    return changed


LINKS: dict[str, Callable[[_Pairs, list[bool], Fault, _Context], _Pairs]] = {
    "gap": _lost,
    "duplicate": _repeated,
    "disorder": _shuffled,
    "burst": _held,
}


def notes(
    segments: Sequence[Segment], outgoing: Sequence[Outgoing], faults: Sequence[Fault], begin_ns: int
) -> tuple[Note, ...]:
    """What each fault does to these segments, and to the records they were cut into."""
    found = []
    for fault in faults:
        parts = [(one.source_id.nslc, _part(one, fault, begin_ns)) for one in segments]
        hit = [(name, part.stop - part.start) for name, part in parts if part is not None]
        records = sum(_concerns(fault, one, begin_ns) for one in outgoing)
        names = tuple(sorted({name for name, _ in hit}))
        found.append(Note(fault, *fault.span_ns(begin_ns), names, sum(n for _, n in hit), records))
    return tuple(found)


def _concerns(fault: Fault, one: Outgoing, begin_ns: int) -> bool:
    start_ns, end_ns = fault.span_ns(begin_ns)
    if fault.kind == "burst":
        return fault.befalls(one.record.source_id) and start_ns <= one.send_ns < end_ns
    if fault.kind in SAMPLE_KINDS:
        return fault.befalls(one.record.source_id) and one.record.start_ns < end_ns and one.record.end_ns > start_ns
    return _touches(fault, one, begin_ns)

"""Cross-spectra of a station's two sensors: what velocity and integrated acceleration have in common, band by band.

Windows of 40 s lie on a grid of absolute time, so what is counted does not depend on how samples came. Both sensors'
spectra are taken at the same frequencies, whatever their sampling rates are, and acceleration is integrated by dividing
by ``2 pi i f``; nothing is resampled. Sums are kept by the hour, so that a fault has a beginning and one bad window
spoils one hour at most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seismonet.core.arrays import AnyArray, FloatArray, IntArray
from seismonet.core.geo import distance_km
from seismonet.core.inventory import Channel
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Receipts

WINDOW_S = 40
WINDOW_NS = WINDOW_S * SECOND_NS
HOUR_NS = 3600 * SECOND_NS
EDGES_HZ: FloatArray = np.asarray(0.05 * np.sqrt(2.0) ** np.arange(19), dtype=np.float64)
"""Half-octave bands from 20 s to 25.6 Hz: the microseism's to the highest that vehicles shake sensors at."""
BANDS = len(EDGES_HZ) - 1
USABLE = 0.4
"""Digitizers' filters leave frequencies below this part of the sampling rate as they are (stations.md, section 2)."""
AXES = 6
OPEN = 4
"""Windows that may be incomplete at once: what comes later than that is left out."""
ComplexArray: TypeAlias = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Sensor:
    """Three channels of one sensor, in the order of their codes' last letters ``Z N E`` (or ``Z 1 2``)."""

    channels: tuple[Channel, Channel, Channel]

    @property
    def names(self) -> tuple[SourceId, ...]:
        """Their source ids."""
        return tuple(channel.source_id for channel in self.channels)

    @property
    def directions(self) -> FloatArray:
        """(3, 3) unit vectors by metadata, a channel a row: up, north, east."""
        azimuth = np.deg2rad([one.azimuth_deg for one in self.channels])
        dip = np.deg2rad([one.dip_deg for one in self.channels])
        return np.stack([-np.sin(dip), np.cos(dip) * np.cos(azimuth), np.cos(dip) * np.sin(azimuth)], axis=1)


@dataclass(frozen=True, slots=True)
class Pair:
    """A seismometer and an accelerometer of one station; ``apart_m`` is how far metadata put one from the other."""

    velocity: Sensor
    acceleration: Sensor
    apart_m: float


def pairs(channels: Sequence[Channel], time_ns: int) -> dict[str, Pair]:
    """By station (``NET.STA``): its best seismometer with its best accelerometer, where it has both with three axes.

    Of several the one with the highest rate is taken, then the first by name.
    """
    found: dict[tuple[str, str], list[Sensor]] = {}
    groups: dict[tuple[str, str, str, str], dict[str, Channel]] = {}
    for channel in channels:
        name = channel.source_id
        if channel.covers(time_ns) and channel.quantity in ("velocity", "acceleration"):
            key = (name.station_code, channel.quantity, name.location, name.channel[:-1])
            groups.setdefault(key, {})[name.channel[-1]] = channel
    for (code, quantity, _, _), group in sorted(groups.items()):
        for letters in ("ZNE", "Z12", "Z23", "UVW"):
            if all(letter in group for letter in letters):
                first, second, third = (group[letter] for letter in letters)
                found.setdefault((code, quantity), []).append(Sensor((first, second, third)))
                break
    made = {}
    for code in sorted({code for code, _ in found}):
        both = [found.get((code, quantity), []) for quantity in ("velocity", "acceleration")]
        if all(both):
            chosen = [max(some, key=lambda one: one.channels[0].rate_hz) for some in both]
            made[code] = Pair(chosen[0], chosen[1], _apart_m(chosen[0].channels[0], chosen[1].channels[0]))
    return made


def _apart_m(one: Channel, other: Channel) -> float:
    places = (one.latitude, one.longitude, other.latitude, other.longitude)
    level_m = 1000 * float(distance_km(*places)) if np.isfinite(places).all() else 0.0
    deep_m = (one.elevation_m - one.depth_m) - (other.elevation_m - other.depth_m)
    return float(np.hypot(level_m, deep_m if np.isfinite(deep_m) else 0.0))


@dataclass(frozen=True, slots=True)
class PairSums:
    """What several windows add up to.

    Attributes
    ----------
    matrix : (bands, 6, 6) complex, (m/s)**2: sums of products of spectra; rows 0 to 2 velocity, 3 to 5 acceleration
    bins : (bands,) how many frequencies of how many windows were added
    weighted_hz : (bands,) frequencies weighted by power, for the band's middle
    clipped : (6,) windows that were left out because this axis was clipped
    windows : how many were added
    """

    matrix: ComplexArray
    bins: IntArray
    weighted_hz: FloatArray
    clipped: IntArray
    windows: int

    @classmethod
    def none(cls) -> "PairSums":
        """Of no window."""
        counts = np.zeros(BANDS, dtype=np.int64)
        return cls(
            np.zeros((BANDS, AXES, AXES), dtype=np.complex128), counts, np.zeros(BANDS), np.zeros(AXES, dtype=int), 0
        )

    def __add__(self, other: "PairSums") -> "PairSums":
        return PairSums(
            self.matrix + other.matrix,
            self.bins + other.bins,
            self.weighted_hz + other.weighted_hz,
            self.clipped + other.clipped,
            self.windows + other.windows,
        )


@dataclass(frozen=True, slots=True)
class Window:
    """One window of one channel: its spectrum in m/s at multiples of 1 / 40 s, up to ``USABLE`` of its rate."""

    spectrum: ComplexArray
    rate_hz: float
    clipped: bool


def window_sums(windows: Sequence[Window]) -> PairSums:
    """One window of all six channels; nothing but a count when one of them is clipped."""
    sums = PairSums.none()
    clipped = np.array([int(one.clipped) for one in windows])
    if clipped.any():
        return PairSums(sums.matrix, sums.bins, sums.weighted_hz, clipped, 0)
    top_hz = USABLE * min(one.rate_hz for one in windows)
    frequency = np.arange(1, int(top_hz * WINDOW_S) + 1) / WINDOW_S
    spectra = np.stack([one.spectrum[: len(frequency)] for one in windows])
    band = np.searchsorted(EDGES_HZ, frequency, side="right") - 1
    for k in range(BANDS):
        inside = band == k
        if inside.any() and EDGES_HZ[k + 1] <= top_hz * 1.0001:
            part = spectra[:, inside]
            sums.matrix[k] = (part[:, None, :] * part[None, :, :].conj()).sum(axis=-1)
            sums.bins[k] = int(inside.sum())
            sums.weighted_hz[k] = float((frequency[inside] * (np.abs(part) ** 2).sum(axis=0)).sum())
    return PairSums(sums.matrix, sums.bins, sums.weighted_hz, clipped, 1)


@dataclass(slots=True)
class ChannelWindows:
    """Takes the samples of one channel and makes the spectra of one window in ``every``.

    ``response`` is a function from frequencies to complex counts per unit, or None for the sensitivity alone; ``done``
    are the windows that are complete, by number (time over 40 s).
    """

    channel: Channel
    response: Any = None
    every: int = 3
    done: dict[int, Window] = field(default_factory=dict)
    _open: dict[int, list[Any]] = field(default_factory=dict)

    def add(self, start_ns: int, rate_hz: float, samples: AnyArray) -> None:
        """Contiguous samples; in any order within some minutes."""
        end_ns = start_ns + round(len(samples) * 1e9 / rate_hz)
        for number in range(start_ns // WINDOW_NS, (end_ns - 1) // WINDOW_NS + 1):
            if number % self.every == 0:
                self._put(number, start_ns, rate_hz, samples)

    def receive(self, receipts: Receipts) -> None:
        """All records of this channel in a batch."""
        for index in wanted(receipts, self.every).tolist():
            if receipts.source_ids[int(receipts.channel[index])] == self.channel.source_id:
                first, count = int(receipts.first[index]), int(receipts.count[index])
                samples = receipts.samples[first : first + count]
                self.add(int(receipts.start_ns[index]), float(receipts.rate_hz[index]), samples)

    def _put(self, number: int, start_ns: int, rate_hz: float, samples: AnyArray) -> None:
        n, begin_ns = round(WINDOW_S * rate_hz), number * WINDOW_NS
        first = int(np.ceil((begin_ns - start_ns) * rate_hz / 1e9 - 1e-6))
        # samples, which of them are there, rate, how late after the window's begin the first one lies
        slot = self._open.setdefault(number, [np.zeros(n), np.zeros(n, dtype=bool), rate_hz, -1.0])
        if slot[2] != rate_hz or number in self.done:
            return
        if slot[3] < 0:
            slot[3] = (start_ns - begin_ns) / 1e9 + first / rate_hz
        target = max(-first, 0)
        part = samples[max(first, 0) : first + n]
        slot[0][target : target + len(part)] = part
        slot[1][target : target + len(part)] = True
        if slot[1].all():
            del self._open[number]
            self.done[number] = self._window(slot[0], rate_hz, slot[3])
        while len(self._open) > OPEN:
            del self._open[min(self._open)]

    def _window(self, samples: FloatArray, rate_hz: float, late_s: float) -> Window:
        n = len(samples)
        x = samples - samples.mean()
        place = np.arange(n) - (n - 1) / 2
        x = x - place * ((place * x).sum() / (place**2).sum())
        # a mean that is subtracted leaves rounding errors, which are no motion of a channel that writes one value
        if np.ptp(samples) == 0:
            x = np.zeros(n)
        frequency = np.arange(1, int(USABLE * rate_hz * WINDOW_S) + 1) / WINDOW_S
        spectrum = np.fft.rfft(x * np.hanning(n))[1 : len(frequency) + 1] / rate_hz
        gain = self.channel.sensitivity if self.response is None else self.response(frequency)
        accelerates = self.channel.quantity == "acceleration"
        per_velocity = gain * (2j * np.pi * frequency) if accelerates else gain
        moved = spectrum / per_velocity * np.exp(-2j * np.pi * frequency * late_s)
        clipped = bool(np.abs(samples).max(initial=0.0) >= self.channel.clip_counts)
        return Window(np.asarray(moved, dtype=np.complex128), rate_hz, clipped)

    def save(self) -> dict[str, Any]:
        """Windows that are complete, and those that are not yet, as plain values."""
        pending = [[number, to_plain(slot[0]), to_plain(slot[1]), *slot[2:]] for number, slot in self._open.items()]
        return {"done": to_plain(self.done), "open": pending}

    def load(self, tree: Tree) -> None:
        """Take up what was saved."""
        self.done = from_plain(dict[int, Window], tree["done"])
        self._open = {
            number: [from_plain(FloatArray, samples), from_plain(NDArray[np.bool_], there), rate_hz, late_s]
            for number, samples, there, rate_hz, late_s in tree["open"]
        }


def wanted(receipts: Receipts, every: int) -> IntArray:
    """Which records reach into a window that is looked at."""
    first, last = receipts.start_ns // WINDOW_NS, (receipts.end_ns() - 1) // WINDOW_NS
    return np.flatnonzero(last // every > (first - 1) // every)


def pair_sums(windows: Sequence[ChannelWindows]) -> dict[int, PairSums]:
    """By hour, of all windows that all six channels of a pair have; they are taken out of ``done``."""
    hours: dict[int, PairSums] = {}
    for number in sorted(set.intersection(*(set(one.done) for one in windows))):
        hour = number * WINDOW_NS // HOUR_NS
        hours[hour] = hours.get(hour, PairSums.none()) + window_sums([one.done.pop(number) for one in windows])
    return hours


Responses: TypeAlias = Mapping[SourceId, Any]


@dataclass(slots=True)
class PairMonitor:
    """Takes receipts of all channels and keeps the sums of every station that has two sensors, by the hour.

    One window in ``every`` is looked at: five in ten minutes tell as much of a gain as fifteen, for less work.
    """

    pairs: Mapping[str, Pair]
    responses: Responses = field(default_factory=dict)
    every: int = 3
    keep_hours: int = 24 * 8
    sums: dict[str, dict[int, PairSums]] = field(default_factory=dict)
    _windows: dict[str, list[ChannelWindows]] = field(init=False)
    _place: dict[SourceId, tuple[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self._windows, self._place = {}, {}
        for code, pair in self.pairs.items():
            channels = (*pair.velocity.channels, *pair.acceleration.channels)
            response = self.responses.get
            self._windows[code] = [ChannelWindows(one, response(one.source_id), self.every) for one in channels]
            self._place.update((one.source_id, (code, axis)) for axis, one in enumerate(channels))

    def receive(self, receipts: Receipts) -> None:
        """Take in records in any order within some minutes."""
        if not len(receipts):
            return
        known = np.array([name in self._place for name in receipts.source_ids])[receipts.channel]
        index = wanted(receipts, self.every)
        for one in index[known[index]].tolist():
            code, axis = self._place[receipts.source_ids[int(receipts.channel[one])]]
            first, count = int(receipts.first[one]), int(receipts.count[one])
            samples = receipts.samples[first : first + count]
            self._windows[code][axis].add(int(receipts.start_ns[one]), float(receipts.rate_hz[one]), samples)
            if self._windows[code][axis].done:
                self._join(code)

    def _join(self, code: str) -> None:
        windows, hours = self._windows[code], self.sums.setdefault(code, {})
        for hour, sums in pair_sums(windows).items():
            hours[hour] = hours.get(hour, PairSums.none()) + sums
        while len(hours) > self.keep_hours:
            del hours[min(hours)]
        for one in windows:
            while len(one.done) > OPEN:
                del one.done[min(one.done)]

    def save(self) -> dict[str, Any]:
        """What is known, and the windows that not all channels have, as plain values."""
        windows = {code: [one.save() for one in some] for code, some in self._windows.items()}
        return {"sums": to_plain(self.sums), "windows": windows}

    def load(self, tree: Tree) -> None:
        """Take up what was saved, for the stations that there are still."""
        sums = from_plain(dict[str, dict[int, PairSums]], tree["sums"])
        self.sums = {code: hours for code, hours in sums.items() if code in self.pairs}
        for code, saved in tree["windows"].items():
            for one, own in zip(self._windows.get(code, ()), saved, strict=False):
                one.load(own)

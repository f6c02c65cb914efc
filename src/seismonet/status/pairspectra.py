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


def window_sums(parts: Sequence[tuple[FloatArray, float, float, Channel, Any]]) -> PairSums:
    """One window of all six channels.

    Parameters
    ----------
    parts : for each channel its samples (counts), rate in Hz, how late after the window's begin the first one lies (s),
        the channel, and its response: a function from frequencies to complex counts per unit, or None for the
        sensitivity alone
    """
    top_hz = USABLE * min(rate for _, rate, _, _, _ in parts)
    frequency = np.arange(1, int(top_hz * WINDOW_S) + 1) / WINDOW_S
    clipped = np.array([int(np.abs(x).max(initial=0.0) >= channel.clip_counts) for x, _, _, channel, _ in parts])
    if clipped.any():
        none = PairSums.none()
        return PairSums(none.matrix, none.bins, none.weighted_hz, clipped, 0)
    spectra = np.stack([_spectrum(frequency, *part) for part in parts])
    band = np.searchsorted(EDGES_HZ, frequency, side="right") - 1
    sums = PairSums.none()
    for k in range(BANDS):
        inside = band == k
        if inside.any() and EDGES_HZ[k + 1] <= top_hz * 1.0001:
            part = spectra[:, inside]
            sums.matrix[k] = (part[:, None, :] * part[None, :, :].conj()).sum(axis=-1)
            sums.bins[k] = int(inside.sum())
            sums.weighted_hz[k] = float((frequency[inside] * (np.abs(part) ** 2).sum(axis=0)).sum())
    return PairSums(sums.matrix, sums.bins, sums.weighted_hz, clipped, 1)


def _spectrum(
    frequency: FloatArray, samples: FloatArray, rate_hz: float, late_s: float, channel: Channel, response: Any
) -> ComplexArray:
    """Of ground velocity in m/s at these frequencies (multiples of 1 / 40 s)."""
    n = len(samples)
    x = samples - samples.mean()
    place = np.arange(n) - (n - 1) / 2
    x = x - place * ((place * x).sum() / (place**2).sum())
    # a mean that is subtracted leaves rounding errors, which are no motion of a channel that writes one value
    if np.ptp(samples) == 0:
        x = np.zeros(n)
    spectrum = np.fft.rfft(x * np.hanning(n))[1 : len(frequency) + 1] / rate_hz
    gain = channel.sensitivity if response is None else response(frequency)
    per_velocity = gain * (2j * np.pi * frequency) if channel.quantity == "acceleration" else gain
    return np.asarray(spectrum / per_velocity * np.exp(-2j * np.pi * frequency * late_s), dtype=np.complex128)


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
    _open: dict[str, dict[int, dict[int, list[Any]]]] = field(default_factory=dict)
    _place: dict[SourceId, tuple[str, int, Channel]] = field(init=False)

    def __post_init__(self) -> None:
        self._place = {
            channel.source_id: (code, axis, channel)
            for code, pair in self.pairs.items()
            for axis, channel in enumerate((*pair.velocity.channels, *pair.acceleration.channels))
        }

    def receive(self, receipts: Receipts) -> None:
        """Take in records in any order within some minutes."""
        if not len(receipts):
            return
        known = np.array([name in self._place for name in receipts.source_ids])[receipts.channel]
        # only the records that reach into a window that is looked at
        first_window = receipts.start_ns // WINDOW_NS
        last_window = (receipts.end_ns() - 1) // WINDOW_NS
        wanted = known & (last_window // self.every > (first_window - 1) // self.every)
        for index in np.flatnonzero(wanted).tolist():
            place = self._place.get(receipts.source_ids[int(receipts.channel[index])])
            if place is not None:
                first, count = int(receipts.first[index]), int(receipts.count[index])
                start_ns, rate_hz = int(receipts.start_ns[index]), float(receipts.rate_hz[index])
                self.add(place, start_ns, rate_hz, receipts.samples[first : first + count])

    def add(self, place: tuple[str, int, Channel], start_ns: int, rate_hz: float, samples: AnyArray) -> None:
        """Contiguous samples of one channel."""
        code, axis, _ = place
        end_ns = start_ns + round(len(samples) * 1e9 / rate_hz)
        for number in range(start_ns // WINDOW_NS, (end_ns - 1) // WINDOW_NS + 1):
            if number % self.every == 0:
                self._put(code, number, axis, (start_ns, rate_hz, samples))

    def channel(self, name: SourceId) -> tuple[str, int, Channel] | None:
        """Where a channel belongs; None when it is of no pair."""
        return self._place.get(name)

    def _put(self, code: str, number: int, axis: int, record: tuple[int, float, AnyArray]) -> None:
        start_ns, rate_hz, samples = record
        n, begin_ns = round(WINDOW_S * rate_hz), number * WINDOW_NS
        first = int(np.ceil((begin_ns - start_ns) * rate_hz / 1e9 - 1e-6))
        windows = self._open.setdefault(code, {})
        slots = windows.setdefault(number, {})
        # samples, which of them are there, rate, how late after the window's begin the first one lies
        slot = slots.setdefault(axis, [np.zeros(n), np.zeros(n, dtype=bool), rate_hz, -1.0])
        if slot[2] != rate_hz:
            return
        if slot[3] < 0:
            slot[3] = (start_ns - begin_ns) / 1e9 + first / rate_hz
        target = max(-first, 0)
        part = samples[max(first, 0) : first + n]
        slot[0][target : target + len(part)] = part
        slot[1][target : target + len(part)] = True
        if len(slots) == AXES and all(one[1].all() for one in slots.values()):
            self._close(code, number)
        while len(windows) > 4:
            del windows[min(windows)]

    def _close(self, code: str, number: int) -> None:
        slots, pair = self._open[code].pop(number), self.pairs[code]
        channels = (*pair.velocity.channels, *pair.acceleration.channels)
        parts = [
            (slots[axis][0], slots[axis][2], slots[axis][3], channel, self.responses.get(channel.source_id))
            for axis, channel in enumerate(channels)
        ]
        hours = self.sums.setdefault(code, {})
        hour = number * WINDOW_NS // HOUR_NS
        hours[hour] = hours.get(hour, PairSums.none()) + window_sums(parts)
        while len(hours) > self.keep_hours:
            del hours[min(hours)]

    def save(self) -> dict[str, Any]:
        """What is known, and the windows that are not complete, as plain values."""
        pending = [
            [code, number, axis, to_plain(slot[0]), to_plain(slot[1]), slot[2], slot[3]]
            for code, windows in self._open.items()
            for number, slots in windows.items()
            for axis, slot in slots.items()
        ]
        return {"sums": to_plain(self.sums), "open": pending}

    def load(self, tree: Tree) -> None:
        """Take up what was saved, for the stations that there are still."""
        sums = from_plain(dict[str, dict[int, PairSums]], tree["sums"])
        self.sums = {code: hours for code, hours in sums.items() if code in self.pairs}
        self._open = {}
        for code, number, axis, samples, there, rate_hz, late_s in tree["open"]:
            if code in self.pairs:
                slot = [from_plain(FloatArray, samples), from_plain(NDArray[np.bool_], there), rate_hz, late_s]
                self._open.setdefault(code, {}).setdefault(number, {})[axis] = slot

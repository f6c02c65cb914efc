"""Recorded noise as the ground of a simulation: what stations really wrote when no earthquake was there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.errors import QueryError
from seismonet.core.inventory import Channel, ChannelTable
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Receipts
from seismonet.store.inventory import read_inventories
from seismonet.store.offline import expand, read_file

from .draws import generator

LEAST_S = 60.0
HIGH_PASS_HZ = 0.1
SAME = {"1": "N", "2": "E"}
MOST_FILES = 40


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stretch of one channel without a gap, in m/s or m/s**2, without its mean."""

    rate_hz: float
    quantity: str
    ground: FloatArray


@dataclass(frozen=True, slots=True)
class RealNoise:
    """Recordings of some stations by component (Z, N, E): each station of a simulation gets those of one of them."""

    sites: tuple[dict[str, Recorded], ...]

    def counts(self, channel: Channel, n: int, seed: int, case: str) -> FloatArray | None:
        """(n,) counts that a channel would have written of it; None where no component is like the channel's.

        All channels of a station get the same moments of one station. Shorter recordings go to and fro.
        """
        random = generator(seed, channel.source_id.station_code, "real noise", case)
        site = self.sites[int(random.integers(len(self.sites)))]
        place = float(random.random())
        found = site.get(component(channel))
        if found is None:
            return None
        ground = _as(found, channel)
        if len(ground) < n:
            ground = np.pad(ground, (0, n - len(ground)), mode="reflect")
        first = int(place * (len(ground) - n))
        return np.asarray(channel.sensitivity * ground[first : first + n])


def component(channel: Channel) -> str:
    """Z, N or E, whatever letter it has."""
    last = channel.source_id.channel[-1]
    return SAME.get(last, last)


def read_noise(patterns: Sequence[str | Path], stations: Sequence[str | Path]) -> RealNoise:
    """Noise from waveform files, globs, folders or an SDS archive, and the StationXML of their channels.

    Raises
    ------
    ArchiveError, FormatError : a file that cannot be read
    QueryError : not one stretch of a minute whose channel the metadata know
    """
    table = read_inventories(stations)
    paths = expand(patterns)
    # of a large archive some files, spread over all of it
    chosen = paths[:: max(1, -(-len(paths) // MOST_FILES))]
    found = noise_of((read_file(path).receipts for path in chosen), table)
    if not found.sites:
        raise QueryError("no noise: no channel of these files is in the station metadata, or none for a minute")
    return found


def noise_of(batches: Iterable[Receipts], table: ChannelTable) -> RealNoise:
    """The longest stretch of every component of every station in some batches."""
    sites: dict[str, dict[str, Recorded]] = {}
    for batch in batches:
        for row, name in enumerate(batch.source_ids):
            mine = batch.select(np.flatnonzero(batch.channel == row))
            channel = next((one for one in table if one.source_id == name and one.covers(int(mine.start_ns[0]))), None)
            if channel is None or channel.quantity not in ("velocity", "acceleration"):
                continue
            samples = _longest(mine)
            site = sites.setdefault(f"{name.station_code}.{channel.quantity}", {})
            known = site.get(component(channel))
            longest = 0.0 if known is None else len(known.ground) / known.rate_hz
            if len(samples) / channel.rate_hz > max(longest, LEAST_S):
                ground = (samples - samples.mean()) / channel.sensitivity
                site[component(channel)] = Recorded(channel.rate_hz, channel.quantity, ground)
    return RealNoise(tuple(site for _, site in sorted(sites.items()) if site))


def _longest(batch: Receipts) -> FloatArray:
    """The longest stretch of one channel without a gap."""
    order = batch.select(np.argsort(batch.start_ns, kind="stable"))
    ends = order.end_ns()
    breaks = np.flatnonzero(np.abs(order.start_ns[1:] - ends[:-1]) > SECOND_NS / order.rate_hz[1:] / 2) + 1
    edges = np.r_[0, breaks, len(order)]
    count = np.add.reduceat(order.count, edges[:-1])
    best = int(np.argmax(count))
    part = order.select(slice(int(edges[best]), int(edges[best + 1]))).compact()
    return np.asarray(part.samples, dtype=np.float64)


def _as(found: Recorded, channel: Channel) -> FloatArray:
    """The ground in the quantity and at the rate of a channel."""
    from scipy.signal import butter, resample_poly, sosfiltfilt

    ground = found.ground
    if found.quantity != channel.quantity:
        quiet = sosfiltfilt(butter(2, HIGH_PASS_HZ, "high", fs=found.rate_hz, output="sos"), ground)
        if channel.quantity == "velocity":
            ground = np.cumsum(quiet) / found.rate_hz
            ground = sosfiltfilt(butter(2, HIGH_PASS_HZ, "high", fs=found.rate_hz, output="sos"), ground)
        else:
            ground = np.gradient(quiet) * found.rate_hz
    ratio = Fraction(channel.rate_hz / found.rate_hz).limit_denominator(1000)
    return np.asarray(ground if ratio == 1 else resample_poly(ground, ratio.numerator, ratio.denominator))

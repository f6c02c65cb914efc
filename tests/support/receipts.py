"""Receipts for tests: noise with onsets whose sample is known, and ways to send the same samples differently."""

import numpy as np
from numpy.typing import NDArray

from seismonet.core.inventory import OPEN_END_NS, Channel, ChannelTable, Station
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipt, Record

T0_NS = 1_726_358_400_000_000_000


def samples_with_onsets(n: int, onsets: dict[int, float], seed: int = 0, rate_hz: float = 100.0) -> NDArray[np.int32]:
    """White noise of 100 counts, and from each onset on a decaying 5 Hz wave of so many times that."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n) * 100
    for onset, ratio in onsets.items():
        t = np.arange(n - onset) / rate_hz
        x[onset:] += 100 * ratio * np.exp(-t / 3) * (np.sin(2 * np.pi * 5 * t) + 0.3 * rng.standard_normal(n - onset))
    return np.round(x).astype(np.int32)


def cut(
    name: SourceId, samples: NDArray[np.int32], lengths: list[int], rate_hz: float = 100.0, latency_ns: int = 0
) -> list[Receipt]:
    """Records of the given lengths, again and again, each received when complete plus a latency."""
    found, at, k = [], 0, 0
    while at < len(samples):
        n = min(lengths[k % len(lengths)], len(samples) - at)
        record = Record(name, T0_NS + round(at * 1e9 / rate_hz), rate_hz, samples[at : at + n])
        found.append(Receipt(record, record.end_ns + latency_ns))
        at, k = at + n, k + 1
    return found


def table(
    places: dict[str, tuple[float, float]], channels: tuple[str, ...] = ("HHZ",), rate_hz: float = 100.0
) -> ChannelTable:
    """Stations ``NET.STA`` at (latitude, longitude) with velocity (HH) and acceleration (HN) channels."""
    stations, found = [], []
    for code, (latitude, longitude) in places.items():
        network, station = code.split(".")
        stations.append(Station(network, station, 0, OPEN_END_NS, latitude, longitude, 0.0))
        for channel in channels:
            kind = "acceleration" if channel[1] == "N" else "velocity"
            gain = 2.04e5 if kind == "acceleration" else 3.0172e8
            dip = -90.0 if channel.endswith("Z") else 0.0
            found.append(
                Channel(
                    SourceId(network, station, "00", channel), 0, OPEN_END_NS, latitude, longitude, 0.0, 0.0, 0.0, dip,
                    rate_hz, kind, gain, 8.0e6,
                )
            )  # fmt: skip
    return ChannelTable.of(stations, found)

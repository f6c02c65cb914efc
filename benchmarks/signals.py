"""Made-up recordings for both sides: noise, microseism, earthquakes; and the chain that both sides run on them."""

from collections.abc import Iterator

import numpy as np

from seismonet.core.arrays import AnyArray
from seismonet.core.inventory import OPEN_END_NS, Channel, ChannelTable, Station
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Record
from seismonet.synthesis.records import miniseed

RATE_HZ = 100.0
LOW_HZ, HIGH_HZ, CORNERS = 1.0, 20.0, 4
NSTA, NLTA, ON, OFF = 50, 1000, 3.5, 1.0
START_NS = 1_704_067_200_000_000_000
CODES = ("HHZ", "HHN", "HHE", "HNZ", "HNN", "HNE")


def counts(n: int, seed: int, quakes: int = 0) -> AnyArray:
    """(n,) int32: noise of 25 counts on a microseism of 300, and bursts that fade away within some 8 s."""
    random = np.random.default_rng(seed)
    wave = random.normal(0.0, 25.0, n)
    wave += 300.0 * np.sin(np.arange(n) * (2 * np.pi * 0.17 / RATE_HZ) + seed)
    for begin in random.integers(n // 10, n * 9 // 10, quakes).tolist():
        length = min(n - begin, round(40 * RATE_HZ))
        fading = 4000.0 * np.exp(np.arange(length) / (-8 * RATE_HZ))
        wave[begin : begin + length] += random.normal(0.0, fading)
    return np.rint(wave).astype(np.int32)


def channels(n: int) -> list[SourceId]:
    """n channels, six a station."""
    return [SourceId("XX", f"S{k // 6:04d}", "00", CODES[k % 6]) for k in range(n)]


def table(names: list[SourceId]) -> ChannelTable:
    """Metadata of the channels: SI units, stations half a degree apart."""
    codes = sorted({name.station for name in names})
    places = {code: (37.0 + k % 40 / 2, 70.0 + k // 40 / 2) for k, code in enumerate(codes)}
    stations = [Station("XX", code, 0, OPEN_END_NS, *place, 2000.0) for code, place in places.items()]
    return ChannelTable.of(stations, [_channel(name, *places[name.station]) for name in names])


def _channel(name: SourceId, latitude: float, longitude: float) -> Channel:
    acceleration = name.channel.startswith("HN")
    quantity, sensitivity = ("acceleration", 2.0e5) if acceleration else ("velocity", 3.0e8)
    azimuth, dip = {"Z": (0.0, -90.0), "N": (0.0, 0.0), "E": (90.0, 0.0)}[name.channel[2]]
    return Channel(
        name, 0, OPEN_END_NS, latitude, longitude, 2000.0, 0.0, azimuth, dip, RATE_HZ, quantity, sensitivity, 8.0e6
    )


def packets(names: list[SourceId], seconds: int) -> Iterator[list[bytes]]:
    """Second by second one packet of 100 samples a channel; every sixteenth channel has an earthquake going on."""
    n = round(RATE_HZ)
    waves = [counts(n * seconds, k, quakes=2 if k % 16 == 0 else 0) for k in range(len(names))]
    for second in range(seconds):
        start_ns = START_NS + second * 1_000_000_000
        yield [
            packet
            for name, wave in zip(names, waves, strict=True)
            for packet in miniseed(Record(name, start_ns, RATE_HZ, wave[second * n : second * n + n]))
        ]

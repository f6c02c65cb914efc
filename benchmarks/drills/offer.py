"""Records without end for drills on the archive: made in bulk, each unlike any other, and known again byte for byte."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.support.miniseed import record
from tests.support.stationdoc import spec

from seismonet.core.sourceid import SourceId
from seismonet.models.nominal import station_xml

SAMPLES, RATE_HZ, LENGTH, DATA = 112, 100, 512, 64
RECORD_NS = SAMPLES * 1_000_000_000 // RATE_HZ
NETWORK = "XX"
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Offer:
    """The records of one channel, one after the other from ``begin_ns`` on; ``number`` is the channel's own."""

    name: SourceId
    begin_ns: int
    number: int

    def span_ns(self, k: int) -> tuple[int, int]:
        """Begin and end of a record."""
        return self.begin_ns + k * RECORD_NS, self.begin_ns + (k + 1) * RECORD_NS

    def records(self, numbers: NDArray[np.int64]) -> Bytes:
        """(m, 512) records of these numbers: noise that depends on the number, which is the first sample too."""
        codes = f"{self.name.station:<5}{self.name.location:<2}{self.name.channel}{self.name.network:<2}".encode()
        head = record(np.zeros(SAMPLES), name=codes, encoding=3)[:DATA]
        found = np.empty((len(numbers), LENGTH), dtype=np.uint8)
        found[:, :DATA] = np.frombuffer(head, dtype=np.uint8)
        found[:, 20:30] = _times(self.begin_ns + numbers * RECORD_NS)
        mixed = (numbers[:, None] * 7919 + np.arange(SAMPLES) * 104_729 + self.number * 1_299_709) * 2_654_435_761
        samples = (mixed >> 12 & 0xFFF) - 0x800
        samples[:, 0] = numbers
        found[:, DATA:] = samples.astype(">i4").view(np.uint8).reshape(len(numbers), LENGTH - DATA)
        return found


def _times(start_ns: NDArray[np.int64]) -> Bytes:
    """(m, 10) times as they stand in a miniSEED 2 header."""
    moment = start_ns.astype("datetime64[ns]")
    year = moment.astype("datetime64[Y]")
    day_ns = (moment - moment.astype("datetime64[D]")).astype(np.int64)
    found = np.zeros(len(start_ns), dtype=">u2,>u2,u1,u1,u1,u1,>u2")
    found["f0"] = year.astype(np.int64) + 1970
    found["f1"] = (moment.astype("datetime64[D]") - year.astype("datetime64[D]")).astype(np.int64) + 1
    for name, unit_s, modulus in (("f2", 3600, 24), ("f3", 60, 60), ("f4", 1, 60)):
        found[name] = day_ns // (unit_s * 1_000_000_000) % modulus
    found["f6"] = day_ns % 1_000_000_000 // 100_000
    return found.view(np.uint8).reshape(len(start_ns), 10)


def write_stations(folder: Path, codes: Sequence[str]) -> str:
    """Station files of a made-up network, around a point of the Pamir; the pattern that finds them."""
    folder.mkdir(parents=True)
    for k, code in enumerate(codes):
        place = {"latitude": 38.0 + 0.2 * (k % 3), "longitude": 72.0 + 0.3 * (k // 3)}
        (folder / f"{code}.xml").write_bytes(station_xml(spec(network=NETWORK, code=code, **place)))
    return str(folder / "*.xml")


@dataclass(slots=True)
class Audit:
    """What an archive has of what was offered."""

    offered: int = 0
    lost: int = 0
    twice: int = 0
    corrupt: int = 0

    def look(self, sds: Path, offer: Offer, count: int) -> None:
        """Compare all day files of a channel with its first ``count`` records, byte for byte."""
        name = offer.name
        pattern = f"*/{name.network}/{name.station}/{name.channel}.D/{name.nslc}.D.*"
        data = b"".join(path.read_bytes() for path in sorted(sds.glob(pattern)))
        whole, rest = divmod(len(data), LENGTH)
        found = np.frombuffer(data[: whole * LENGTH], dtype=np.uint8).reshape(whole, LENGTH)
        numbers = found[:, DATA : DATA + 4].copy().view(">i4").reshape(-1).astype(np.int64)
        own = (numbers >= 0) & (numbers < count)
        own[own] = (offer.records(numbers[own]) == found[own]).all(axis=1)
        seen = np.bincount(numbers[own], minlength=count)
        self.offered += count
        self.lost += int((seen == 0).sum())
        self.twice += int((seen > 1).sum())
        self.corrupt += int((~own).sum()) + (rest > 0)


def torn_frame(draw_bytes: bytes, frame: bytes, kind: int) -> bytes:
    """What a crash may leave behind the last frame of a journal: garbage, half a frame, one with a changed byte."""
    if kind == 0:
        return draw_bytes
    if kind == 1:
        return frame[: len(frame) * 2 // 3]
    at = len(frame) - 100
    return frame[:at] + struct.pack("B", frame[at] ^ 0x55) + frame[at + 1 :]

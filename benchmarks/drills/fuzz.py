"""Mutated records through the gate and the decoder, with memory that ends where a record ends.

Every mutant lies right before a page that nobody may read, and behind another, in a process of its own: a decoder that
reads one byte too many dies there, and is seen to. What passes the gate is decoded a second time from elsewhere; where
samples differ they are foreign memory. A mutant follows from the seed and its number, so any can be made again.
"""

import ctypes
import mmap
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.support.miniseed import crc32c, record, record3
from tests.support.shared import ROOT, SHARED

from benchmarks.page import Figure
from benchmarks.signals import counts
from seismonet.core.arrays import AnyArray
from seismonet.formats import miniseed
from seismonet.formats.gate import OK, REASONS, USED
from seismonet.formats.headers import parse_headers
from seismonet.formats.libmseed import Payloads, decode_payloads
from seismonet.formats.miniseed import Batch, decode, decode_packets
from seismonet.formats.scan import scan

MUTANTS = 1_000_000
SEED = 20261124
ROOM = 1 << 17
HANG_S = 10.0
WARM = 2000
SHUT, OPEN, BELIEVING = "shut", "open", "believing"
"""The gate as it is; one that lets all through; none, and a decoder that believes what the headers say."""
BROKEN_SHARE, SCAN_EVERY = 0.1, 8
LENGTHS = (128, 256, 512, 1024, 4096)
ENCODINGS = {1: 2, 3: 4, 4: 4, 5: 8, 10: 5, 11: 5}
"""Encodings and the bytes that one of these samples takes at most."""
FIELDS2 = (*range(20, 28, 2), *range(28, 36, 2), 36, 37, 39, 40, 42, 44, 46, 48, 50, 52, 53, 54, 56, 58, 60)
FIELDS3 = (2, 3, 4, 6, 8, 10, 12, 14, 15, 16, 20, 22, 24, 26, 32, 33, 34, 36, 38)
VALUES = (0, 1, 2, 48, 56, 60, 63, 64, 127, 128, 255, 256, 511, 512, 4095, 32767, 32768, 65280, 65534, 65535)
INDEX, FOREIGN, RAISED, GROWTH_KB, FATES = 0, 1, 2, 3, 4


def corpus() -> list[bytes]:
    """Sound records of every encoding, byte order, length and version."""
    found = []
    for encoding, size in ENCODINGS.items():
        for length in LENGTHS:
            samples = counts(max(2, (length - 128) // size), encoding).clip(-32768, 32767)
            orders = [(a, b) for a in "><" for b in "><"]
            found += [record(samples, encoding=encoding, order=a, data_order=b, length=length) for a, b in orders]
        found.append(record(encoding=encoding, timing=(90, -3), rate_100=99.7, blockettes=((300, bytes(56)),)))
        found += [record3(counts(n, n).clip(-32768, 32767), encoding=encoding) for n in (3, 60)]
    found += [record3(extra=b'{"FDSN":{"Time":{"Quality":55}}}'), record3(rate=-10.0), record(blockette_1000=False)]
    return found + [one for version in (2, 3) for encoding in (10, 11) for one in _packed(version, encoding)]


def killers() -> list[bytes]:
    """Records that once killed a decoder; none where they are not at hand."""
    return [one.read_bytes() for one in sorted((SHARED / "data" / "gate_corpus").glob("*.bin"))]


def _packed(version: int, encoding: int) -> list[bytes]:
    """Steim frames as dense as libmseed packs them."""
    from pymseed import DataEncoding, MS3Record

    found = []
    for length in LENGTHS:
        head = MS3Record(reclen=length, encoding=DataEncoding(encoding))
        head.formatversion, head.sourceid, head.samprate = version, "FDSN:TJ_SAREZ_00_H_H_Z", 100.0
        head.starttime = 1_727_943_330_000_000_000
        found += list(head.generate(data_samples=counts(2 * length, length), sample_type="i"))[:2]
    return found


def mutant(sound: list[bytes], broken: list[bytes], number: int) -> bytes:
    """The mutant of that number."""
    draw = random.Random(SEED << 32 | number)
    data = bytearray(draw.choice(broken if broken and draw.random() < BROKEN_SHARE else sound))
    third = data[:3] == b"MS\x03"
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        data = bytearray(draw.choice(MUTATIONS)(draw, data, sound))[:ROOM]
    if third and len(data) >= 40 and draw.random() < 0.7:
        data[28:32] = bytes(4)
        data[28:32] = crc32c(bytes(data)).to_bytes(4, "little")
    return bytes(data)


def _in_payload(draw: random.Random, data: bytearray, sound: list[bytes]) -> bytes:
    for _ in range(draw.randint(1, 8) if len(data) > 64 else 0):
        data[draw.randrange(64, len(data))] = draw.randrange(256)
    return bytes(data)


def _in_field(draw: random.Random, data: bytearray, sound: list[bytes]) -> bytes:
    at = draw.choice(FIELDS3 if data[:2] == b"MS" else FIELDS2)
    width = draw.choice((1, 2, 2, 4))
    value = draw.choice((draw.choice(VALUES), draw.getrandbits(8 * width))) & ((1 << 8 * width) - 1)
    if at + width <= len(data):
        data[at : at + width] = value.to_bytes(width, draw.choice(("big", "little")))
    return bytes(data)


def _in_bits(draw: random.Random, data: bytearray, sound: list[bytes]) -> bytes:
    for _ in range(draw.randint(1, 4) if data else 0):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(data)


def _in_a_run(draw: random.Random, data: bytearray, sound: list[bytes]) -> bytes:
    at = draw.randrange(len(data) + 1)
    run = draw.randbytes(draw.randint(1, 16))
    data[at : at + len(run)] = run
    return bytes(data)


def _cut(draw: random.Random, data: bytearray, sound: list[bytes]) -> bytes:
    return bytes(data[: draw.choice((draw.randint(0, 80), draw.randint(0, len(data)), 1 << draw.randint(5, 12)))])


def _spliced(draw: random.Random, data: bytearray, sound: list[bytes]) -> bytes:
    other, at = draw.choice(sound), draw.choice((20, 48, 64, 128, draw.randrange(len(data) + 1)))
    return bytes(data[:at]) + other[at:]


def _longer(draw: random.Random, data: bytearray, sound: list[bytes]) -> bytes:
    return bytes(data) + draw.choice((draw.choice(sound), draw.randbytes(draw.randint(1, 600)), bytes(512)))


MUTATIONS = (*[_in_payload] * 3, *[_in_field] * 4, *[_in_bits] * 2, _in_a_run, _cut, _spliced, _longer)


class Guarded:
    """Memory of which nothing before and nothing behind may be read."""

    def __init__(self) -> None:
        page = mmap.PAGESIZE
        self._map = mmap.mmap(-1, ROOM + 2 * page)
        begin = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        for at in (begin, begin + page + ROOM):
            if protect(ctypes.c_void_p(at), ctypes.c_size_t(page), ctypes.c_int(0)):
                raise OSError(ctypes.get_errno(), "mprotect")
        self._view = memoryview(self._map)[page : page + ROOM]
        self.end = begin + page + ROOM

    def put(self, data: bytes) -> memoryview:
        """The data, ending where the memory ends."""
        self._view[ROOM - len(data) :] = data
        return self._view[ROOM - len(data) :].toreadonly()


def _poisoned(size: int) -> None:
    """Leave memory behind that a decoder would be handed next, filled with something."""
    np.full(max(size, 1), 0x5A, dtype=np.uint8)


def _one(view: memoryview, data: bytes, fates: AnyArray) -> None:
    """A mutant judged and decoded; what passed once more from elsewhere."""
    batch = decode(view, np.zeros(1, dtype=np.int64), np.array([len(data)]))
    fates[FATES + int(batch.reason[0])] += 1
    if USED[batch.reason[0]]:
        _poisoned(batch.receipts.samples.nbytes)
        fates[FOREIGN] += _bytes(batch) != _bytes(decode_packets([data]))


def _bytes(batch: Batch) -> tuple[int, bytes]:
    return int(batch.reason[0]), batch.receipts.samples.tobytes()


def _believe(view: memoryview) -> None:
    """What a decoder would do that takes the header's word for how much there is."""
    if len(view) < 64 or view[:2] == b"MS":
        return
    raw = np.frombuffer(view, dtype=np.uint8)
    headers = parse_headers(raw.reshape(1, -1))
    at = np.minimum(headers.data_offset, len(raw))
    payloads = Payloads(at, headers.count * 8, headers.encoding, headers.count, headers.word_order_big)
    decode_payloads(raw, payloads, np.empty(65536, dtype=np.int32), np.zeros(1, dtype=np.int64))


def _switch_gate_off() -> None:
    """From here on every record of a sensible length reaches the decoder, whatever its header says."""
    setattr(miniseed, "judge", lambda headers, *_: np.zeros(len(headers), dtype=np.int64))  # noqa: B010
    setattr(miniseed, "judge3", lambda *_: OK)  # noqa: B010


def _resident_kb() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * mmap.PAGESIZE // 1024


def _child(progress: Path, begin: int, end: int, gate: str) -> None:
    """Work through mutants; ``progress`` tells the parent where it is and what became of them."""
    warnings.simplefilter("error")
    with progress.open("r+b") as file:
        fates = np.frombuffer(mmap.mmap(file.fileno(), 0), dtype=np.int64)
    sound, broken, memory, grown_from = corpus(), killers(), Guarded(), 0
    if gate == OPEN:
        _switch_gate_off()
    for number in range(begin, end):
        fates[INDEX] = number
        data = mutant(sound, broken, number)
        try:
            if gate == BELIEVING:
                _believe(memory.put(data))
                continue
            _one(memory.put(data), data, fates)
            if number % SCAN_EVERY == 0:
                scan(data + sound[number % len(sound)])
        except Exception as error:  # none may come out of gate or decoder: it is counted, and the first is shown
            fates[RAISED] += 1
            if fates[RAISED] == 1 and gate == SHUT:
                print(f"mutant {number}: {error!r}", file=sys.stderr, flush=True)
        if number == begin + WARM:
            grown_from = _resident_kb()
    if grown_from:
        fates[GROWTH_KB] = max(fates[GROWTH_KB], _resident_kb() - grown_from)
    fates[INDEX] = end


@dataclass(frozen=True, slots=True)
class Found:
    """What became of ``n`` mutants; ``crashed`` and ``hung`` are their numbers."""

    n: int
    outcomes: Counter[str]
    crashed: tuple[int, ...]
    hung: tuple[int, ...]
    foreign: int
    raised: int
    growth_mb: float
    seconds: float

    @property
    def passed(self) -> int:
        """How many the gate let through and the decoder decoded."""
        return self.outcomes["ok"] + self.outcomes["leap_second"]


def fuzz(n: int, gate: str = SHUT, most_crashes: int = 100) -> Found:
    """Put mutants 0 to n - 1 through gate and decoder.

    It ends early after ``most_crashes``. Which mutants crashed or hung is told by their numbers.
    """
    crashed: list[int] = []
    hung: list[int] = []
    begin_s, at = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        progress = Path(folder) / "progress"
        progress.write_bytes(bytes(8 * (FATES + len(REASONS))))
        while at < n and len(crashed) + len(hung) < most_crashes:
            at, ended = _run_child(progress, at, n, gate)
            if at < n:
                (crashed if ended else hung).append(at)
                at += 1
        fates = np.frombuffer(progress.read_bytes(), dtype=np.int64)
    outcomes = Counter({one.code: int(count) for one, count in zip(REASONS, fates[FATES:], strict=True) if count})
    growth_mb, seconds = int(fates[GROWTH_KB]) / 1024, time.monotonic() - begin_s
    return Found(at, outcomes, tuple(crashed), tuple(hung), int(fates[FOREIGN]), int(fates[RAISED]), growth_mb, seconds)


def _run_child(progress: Path, begin: int, end: int, gate: str) -> tuple[int, bool]:
    """How far a process came, and whether it ended by itself (else it stood still and was ended)."""
    words = [sys.executable, "-m", "benchmarks.drills.fuzz", str(progress), str(begin), str(end), gate]
    child = subprocess.Popen(words, cwd=ROOT)
    seen, since = -1, time.monotonic() + 30.0  # to import takes a while
    try:
        while True:
            try:
                if child.wait(0.1) > 0:
                    raise RuntimeError(f"the drill itself failed, with exit code {child.returncode}")
                return _index(progress), True
            except subprocess.TimeoutExpired:
                index = _index(progress)
                if index != seen:
                    seen, since = index, max(since, time.monotonic())
                elif time.monotonic() - since > HANG_S:
                    return index, False
    finally:
        child.kill()
        child.wait()


def _index(progress: Path) -> int:
    return int(np.frombuffer(progress.read_bytes()[:8], dtype=np.int64)[0])


def run(scale: float = 1.0) -> list[Figure]:
    """The drill: a million mutants, or a part of that; then some with the gate open, to see that the guard bites."""
    n = round(MUTANTS * scale)
    found, teeth = fuzz(n), min(n, 5000)
    opened, believing = fuzz(teeth, OPEN), fuzz(teeth, BELIEVING, most_crashes=3)
    share, broken = found.passed / max(n, 1), len(killers())
    rate = f"{n / found.seconds:,.0f} a second, from {len(corpus())} sound records and {broken} that killed a decoder"
    ends, wrong = (len(found.crashed), len(found.hung)), (found.raised, found.foreign)
    return [
        Figure(
            f"{n:,} mutated records against guard pages: crashes, hangs",
            "0, 0",
            f"{ends[0]}, {ends[1]}",
            ends == (0, 0) and found.n == n,
            rate,
        ),
        Figure("… exceptions, samples of foreign memory", "0, 0", f"{wrong[0]}, {wrong[1]}", wrong == (0, 0)),
        Figure("… passed the gate and were decoded", "≥ 5 %", f"{share:.0%}", share >= 0.05, f"{found.passed:,}"),
        Figure("… memory grown", "< 50 MB", f"{found.growth_mb:.1f} MB", found.growth_mb < 50),
        Figure(
            f"The first {teeth:,} with the gate open: samples of foreign memory",
            "≥ 1",
            f"{opened.foreign}",
            opened.foreign > 0,
        ),
        Figure(
            "The same with the headers believed: crashes",
            "≥ 1",
            f"{len(believing.crashed)} in {believing.n:,}",
            len(believing.crashed) > 0,
            "ended after the third",
        ),
    ]


if __name__ == "__main__":
    _child(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])

"""One day of 18 channels at 100 Hz, from day files to onsets, on one core."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipts
from seismonet.detect.rows import Rows
from seismonet.feed import sliced, steps
from seismonet.pipeline import StationPipeline
from seismonet.store.offline import read_file

from .chain import Chain, obspy_chain
from .page import Figure
from .signals import RATE_HZ, START_NS, channels, counts, table
from .timing import compare, median_cpu_s

CHANNELS = 18
SAMPLES = 8_640_000
MILLIONS = CHANNELS * SAMPLES / 1e6
QUAKES = 20
SPAN_S = 240.0  # of receipt time in one step: longer ones cost less, and nobody waits


def measure() -> list[Figure]:
    """The figures on a day."""
    names = channels(CHANNELS)
    with tempfile.TemporaryDirectory() as folder:
        paths = [_day_file(Path(folder), name, seed) for seed, name in enumerate(names)]
        return [*_same_work(names, paths), _shipped(names, paths)]


def _day_file(folder: Path, name: SourceId, seed: int) -> Path:
    """A day of full 512-byte Steim 2 records, written by ObsPy."""
    from obspy import Stream, Trace, UTCDateTime

    header = {
        "network": name.network, "station": name.station, "location": name.location, "channel": name.channel,
        "sampling_rate": RATE_HZ, "starttime": UTCDateTime(ns=START_NS),
    }  # fmt: skip
    path = folder / f"{name.nslc}.mseed"
    Stream([Trace(counts(SAMPLES, seed, QUAKES), header)]).write(path, format="MSEED", encoding="STEIM2", reclen=512)
    return path


def _receipts(paths: list[Path]) -> Iterator[Receipts]:
    return sliced(read_file(path).receipts for path in paths)


def _same_work(names: list[SourceId], paths: list[Path]) -> list[Figure]:
    import obspy

    rows = Rows.of(table(names))
    theirs: list[tuple[int, int]] = []
    own: list[tuple[int, int]] = []

    def peer(_: int) -> None:
        theirs.clear()
        for name, path in zip(names, paths, strict=True):
            found = obspy_chain(obspy.read(path, format="MSEED")[0].data)
            theirs.extend((rows.number[name], int(begin)) for begin, _ in found)

    def ours(_: int) -> None:
        running = Chain(rows)
        for batch, _tick in steps(_receipts(paths), SPAN_S):
            running.step(batch)
        own[:] = running.onsets()

    found = compare(peer, ours, rounds=5, warm=False)
    equal = sorted(theirs) == own
    work = f"One day x {CHANNELS} channels ({MILLIONS:.0f} M samples), same work as ObsPy: one band, STA/LTA, onsets"
    speed = f"{MILLIONS / found.ours_s:.0f} M samples a CPU second"
    detail = f"ObsPy {found.peer_s:.2f} s; ratio {found.lowest:.2f} to {found.highest:.2f} over the rounds"
    return [
        Figure(f"{work}, CPU time", "≤ 6 s", f"{found.ours_s:.2f} s", found.ours_s <= 6, speed),
        Figure("The same, speed against ObsPy's over whole arrays", "≥ 0.75", f"{found.ratio:.2f}", found.ratio >= 0.75,
               detail),
        Figure(
            "The same, onsets against ObsPy's", "equal", f"{len(own)} and {len(theirs)}, {_verdict(equal)}", equal,
            "by channel and sample",
        ),
    ]  # fmt: skip


def _verdict(equal: bool) -> str:
    return "equal" if equal else "not equal"


def _shipped(names: list[SourceId], paths: list[Path]) -> Figure:
    facts = 0

    def ours(_: int) -> None:
        nonlocal facts
        pipeline = StationPipeline(table(names))
        facts = sum(len(pipeline.step(receipts, tick)) for receipts, tick in steps(_receipts(paths)))

    spent_s = median_cpu_s(ours, 3)
    return Figure(
        "The whole shipped StationPipeline with metadata (three detectors, S, amplitudes, status) on the same day",
        "≤ 25 s",
        f"{spent_s:.1f} s",
        spent_s <= 25,
        f"{facts} facts; {MILLIONS / spent_s:.0f} M samples a CPU second",
    )

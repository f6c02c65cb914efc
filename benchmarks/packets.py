"""Packets of one second: decoding, and all the way from bytes to triggers."""

import io
from itertools import chain

from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Tick
from seismonet.detect.rows import Rows
from seismonet.formats.miniseed import decode_packets
from seismonet.pipeline import StationPipeline

from .chain import Chain
from .page import Figure, microseconds
from .signals import HIGH_HZ, LOW_HZ, NLTA, NSTA, OFF, ON, channels, packets, table
from .timing import Paired, compare, median_cpu_s

BATCH = 300
WARM_S = 12
ROUNDS = 7


def measure() -> list[Figure]:
    """The figures on packets."""
    return [decode(), path(), *many_channels()]


def decode() -> Figure:
    """Decode batches of 300, against ``obspy.read`` of each record."""
    import obspy

    batches = list(packets(channels(BATCH), ROUNDS + 1))

    def peer(turn: int) -> None:
        for packet in batches[turn]:
            obspy.read(io.BytesIO(packet), format="MSEED")[0].data  # noqa: B018

    def ours(turn: int) -> None:
        for _ in range(200):
            decode_packets(batches[turn])

    found = compare(peer, ours, items=(BATCH, 200 * BATCH), rounds=ROUNDS)
    what = f'Decode of 1 s packets in batches of {BATCH}, against `obspy.read(format="MSEED")` per record'
    return Figure.ratio(what, found, 240, "packet")


def path() -> Figure:
    """Decode to trigger with state, against ObsPy's cheapest way without."""
    found = _path(40)
    what = f"Stateful packet path (decode to trigger), batches of {BATCH}, against ObsPy stateless per packet"
    return Figure.ratio(what, found, 300, "packet")


def _path(seconds: int) -> Paired:
    import obspy
    from obspy.signal.trigger import recursive_sta_lta, trigger_onset

    names = channels(BATCH)
    batches = list(packets(names, WARM_S + seconds * ROUNDS))
    running = Chain(Rows.of(table(names)))

    def peer(turn: int) -> None:
        for packet in batches[turn]:
            trace = obspy.read(io.BytesIO(packet), format="MSEED")[0]
            trace.filter("bandpass", freqmin=LOW_HZ, freqmax=HIGH_HZ)
            trigger_onset(recursive_sta_lta(trace.data, NSTA, NLTA), ON, OFF)

    def ours(turn: int) -> None:
        begin = WARM_S + (turn - 1) * seconds if turn else 0
        for batch in batches[begin : begin + (seconds if turn else WARM_S)]:
            running.step(decode_packets(batch).receipts)

    return compare(peer, ours, items=(BATCH, seconds * BATCH), rounds=ROUNDS)


def many_channels() -> list[Figure]:
    """6,000 channels on one core: the chain, and the whole shipped pipeline beside it."""
    names = channels(6000)
    flat = list(chain.from_iterable(packets(names, WARM_S + ROUNDS)))
    stream = [flat[begin : begin + BATCH] for begin in range(0, len(flat), BATCH)]
    each = len(names) // BATCH
    chain_s = _chain_s(names, stream, each)
    shipped_s = _shipped_s(names, stream, each)
    return [
        Figure(
            "Packets a second on one core, 6,000 channels, bytes to trigger",
            "≥ 100,000",
            f"{1 / chain_s:,.0f}",
            chain_s <= 1 / 100_000,
            f"{microseconds(chain_s)} a packet",
        ),
        Figure(
            "The same through the whole shipped StationPipeline (both detectors, amplitudes, status)",
            "",
            f"{1 / shipped_s:,.0f}",
            None,
            f"{microseconds(shipped_s)} a packet",
        ),
    ]


def _chain_s(names: list[SourceId], stream: list[list[bytes]], each: int) -> float:
    running = Chain(Rows.of(table(names)))
    for batch in stream[: WARM_S * each]:
        running.step(decode_packets(batch).receipts)

    def second(turn: int) -> None:
        begin = (WARM_S + turn - 1) * each
        for batch in stream[begin : begin + each]:
            running.step(decode_packets(batch).receipts)

    return median_cpu_s(second, ROUNDS) / len(names)


def _shipped_s(names: list[SourceId], stream: list[list[bytes]], each: int) -> float:
    pipeline = StationPipeline(table(names))

    def feed(batches: list[list[bytes]]) -> None:
        for batch in batches:
            receipts = decode_packets(batch).receipts
            pipeline.step(receipts, Tick(int(receipts.received_ns.max())))

    feed(stream[: WARM_S * each])
    rounds = median_cpu_s(lambda turn: feed(stream[(WARM_S + turn - 1) * each : (WARM_S + turn) * each]), ROUNDS)
    return rounds / len(names)

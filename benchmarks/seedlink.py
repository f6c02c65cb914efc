"""How many packets a second the SeedLink client takes on one core: from the socket to ``deliver``, nothing behind it.

The server is a process of its own that sends as fast as it can; the time is the CPU time of the client's process alone,
so that it does not matter how the two share the machine.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Packet, Record, Resume
from seismonet.net.client import SeedLinkClient
from seismonet.net.clock import Clock
from seismonet.net.commands import Lines
from seismonet.net.framing import HEAD4
from seismonet.net.handshake import Action, Handshake, Identity
from seismonet.net.source import SourceParams
from seismonet.synthesis.records import miniseed

from .page import Figure

PACKETS = 200_000
CHANNELS = ("HHZ", "HHN", "HHE", "HNZ", "HNN", "HNE")
BEGIN_NS = 1_750_000_000 * SECOND_NS
TARGETS = {"4": 60_000, "3": 40_000}
ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 120.0


def raw_rate(protocol: str, packets: int = PACKETS) -> float:
    """512-byte packets a CPU second over SeedLink ``"3"`` or ``"4"``, loopback."""
    command = [sys.executable, "-m", "benchmarks.seedlink", str(packets)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            return asyncio.run(asyncio.wait_for(_receive(port, protocol, packets), LIMIT_S))
        finally:
            server.kill()


async def _receive(port: int, protocol: str, packets: int) -> float:
    done = asyncio.Event()
    count, begin_s, rate = 0, 0.0, 0.0

    def deliver(found: Sequence[Packet], _: int) -> None:
        nonlocal count, begin_s, rate
        begin_s = begin_s or time.process_time()
        count += len(found)
        if count >= packets and not done.is_set():
            rate = count / (time.process_time() - begin_s)
            done.set()

    async def room() -> None:
        return

    def resume() -> Mapping[str, Resume]:
        return {}

    source = SourceParams("bench", f"seedlink://127.0.0.1:{port}", ("TJ.*",), protocol="3" if protocol == "3" else "4")
    client = SeedLinkClient(source, deliver, resume=resume, room=room, clock=Clock())
    task = asyncio.create_task(client.run())
    await done.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return rate


def measure() -> list[Figure]:
    """Both versions."""
    rows = []
    for protocol, target in TARGETS.items():
        rate = raw_rate(protocol)
        what = f"SeedLink {protocol} client, 512-byte packets a CPU second, loopback"
        rows.append(Figure(what, f"≥ {target:,}", f"{rate:,.0f}", rate >= target, f"{PACKETS:,} packets"))
    return rows


async def _serve(packets: int) -> None:
    done = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handshake, lines = Handshake(Identity("benchmark", "SIMULATED")), Lines()
        while True:
            lines.feed(await reader.read(4096))
            while (line := lines.next()) is not None:
                answer = handshake.answer(line)
                writer.write(answer.reply)
                if answer.action is Action.STREAM:
                    await _send(writer, handshake.version, packets)
                    await reader.read()
                    done.set()
                    return

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await done.wait()


async def _send(writer: asyncio.StreamWriter, version: int, packets: int) -> None:
    samples = np.arange(100, dtype=np.int32)
    names = [SourceId("TJ", "SAREZ", "00", channel) for channel in CHANNELS]
    bodies = [miniseed(Record(name, BEGIN_NS, 100.0, samples))[0] for name in names]
    for first in range(0, packets, 600):
        piece = []
        for number in range(first, min(first + 600, packets)):
            body = bodies[number % len(bodies)]
            head = b"SL%06X" % number if version == 3 else HEAD4.pack(b"SE", b"2D", 512, number, 8) + b"TJ_SAREZ"
            piece += [head, body]
        writer.write(b"".join(piece))
        await writer.drain()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))

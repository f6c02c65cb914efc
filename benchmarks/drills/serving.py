"""How fast the SeedLink server serves: one client, fifty, and one among many that take nothing.

Server and clients are processes of their own on the same machine and share its cores; the server's share is its CPU
time. Clients are seedlink-client, and a bare socket that throws away what it is sent.
"""

import asyncio
import json
import resource
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any

import structlog
from tests.support.miniseed import record

from benchmarks.page import Figure
from seismonet.core.sourceid import SourceId
from seismonet.net.clock import Clock
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams

PACKETS = 200_000
STATIONS, CHANNELS = 500, "ZNE"
CLIENTS, RATE, SECONDS, DEAF = 50, 1500, 10, 40
ROUND_S = 0.01
S = 1_000_000_000
PEER = """
import json, sys, time
from seedlink_client import Protocol, SeedLink
host, port, version, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
with SeedLink(host, port, protocol=Protocol(version), timeout=60) as client:
    for k in range(500):
        client.add_stream(f"TJ_S{k:03}", seqnum=0)
    client.negotiate()
    begin, found = time.perf_counter(), 0
    for packet in client.collect():
        found += 1
        if found == count:
            break
    print(json.dumps({"s": time.perf_counter() - begin}))
"""
SINK = """
import asyncio, json, sys, time
async def one(start):
    reader, writer = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    writer.write(f"SLPROTO 4.0\\r\\nSTATION *\\r\\nDATA{start}\\r\\nEND\\r\\n".encode())
    size, target = -len(b"OK\\r\\n") * 3, int(sys.argv[5])
    while size < target and (data := await reader.read(1 << 18)):
        size += len(data)
    return size
async def main():
    begin = time.perf_counter()
    sizes = await asyncio.gather(*[one(sys.argv[4]) for _ in range(int(sys.argv[3]))])
    print(json.dumps({"s": time.perf_counter() - begin, "bytes": sum(sizes)}))
asyncio.run(main())
"""
CODES = [f"TJ.S{k:03}" for k in range(STATIONS)]
NAMES = [SourceId.parse(f"{code}.00.HH{channel}") for code in CODES for channel in CHANNELS]


def run(scale: float = 1.0) -> list[Figure]:
    """Rates and shares beside their targets."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    try:
        return asyncio.run(_run(scale))
    finally:
        structlog.reset_defaults()


async def _run(scale: float) -> list[Figure]:
    count = max(1500, round(PACKETS * scale))
    ring = Ring(count * 2000)
    begin = time.process_time()
    _fill(ring, count)
    taken_us = (time.process_time() - begin) / count * 1e6
    server = SeedLinkServer(ServerParams(port=0, clients=CLIENTS + DEAF + 10), ring, Clock())
    await server.start()
    try:
        return [
            _rate("Record into the server's ring", 1e6 / taken_us, "≥ 20,000 /s", ""),
            await _bare(server, count),
            await _peer(server, "4", count),
            await _peer(server, "3", count),
            await _fifty(server, max(1.0, SECONDS * scale)),
            *await _among_the_deaf(server, count),
        ]
    finally:
        await server.stop()


def _fill(ring: Ring, count: int, first: int = 0) -> None:
    payload = record()
    for k in range(first, first + count):
        name, second = NAMES[k % len(NAMES)], k // len(NAMES)
        ring.append(CODES[k % len(NAMES) // len(CHANNELS)], name, second * S, (second + 1) * S, payload)


def _rate(what: str, found: float, target: str, detail: str) -> Figure:
    wanted = float(target.split()[1].replace(",", ""))
    return Figure(what, target, f"{found:,.0f} /s", found >= wanted, detail)


async def _script(code: str, *arguments: object) -> dict[str, Any]:
    words = [str(one) for one in arguments]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, *words, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    found: dict[str, Any] = json.loads(out)
    return found


def _bytes(ring: Ring, count: int) -> int:
    return sum(len(entry.frame) for entry in ring.read(ring.begin, count))


async def _bare(server: SeedLinkServer, count: int) -> Figure:
    begin = time.process_time()
    found = await _script(SINK, *server.address, 1, " ALL", _bytes(server.ring, count))
    cpu_us = (time.process_time() - begin) / count * 1e6
    detail = f"the server's own time {cpu_us:.2f} µs a packet"
    return _rate("Served to a bare socket, SeedLink 4", count / found["s"], "≥ 20,000 /s", detail)


async def _peer(server: SeedLinkServer, version: str, count: int) -> Figure:
    begin = time.process_time()
    found = await _script(PEER, *server.address, version, count)
    cpu_us = (time.process_time() - begin) / count * 1e6
    detail = f"the server's own time {cpu_us:.2f} µs a packet; the rest is the client's"
    what = f"Served to seedlink-client (synchronous), SeedLink {version}"
    return _rate(what, count / found["s"], "≥ 20,000 /s", detail)


async def _fifty(server: SeedLinkServer, duration_s: float) -> Figure:
    ring, rounds = server.ring, round(duration_s / ROUND_S)
    each = round(RATE * ROUND_S)
    size = rounds * each * len(ring.read(ring.begin, 1)[0].frame)
    work = asyncio.ensure_future(_script(SINK, *server.address, CLIENTS, "", size))
    while sum(one.streaming for one in server.state.clients) < CLIENTS:
        await asyncio.sleep(ROUND_S)
    begin, begin_cpu = time.perf_counter(), time.process_time()
    behind = 0
    for k in range(rounds):
        _fill(ring, each, k * each)
        behind = max(behind, *(one.behind for one in server.state.clients)) if k % 100 == 99 else behind
        await asyncio.sleep(max(0.0, begin + (k + 1) * ROUND_S - time.perf_counter()))
    await work
    share = (time.process_time() - begin_cpu) / (time.perf_counter() - begin)
    what = f"{CLIENTS} clients, {STATIONS} stations x {len(CHANNELS)} channels, {RATE:,} packets/s to each"
    return Figure(what, "≤ 50 % of a core", f"{share:.0%}", share <= 0.5, f"at most {behind} records behind")


async def _among_the_deaf(server: SeedLinkServer, count: int) -> Sequence[Figure]:
    loop, deaf = asyncio.get_running_loop(), []
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(DEAF):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await loop.sock_connect(client, server.address)
        await loop.sock_sendall(client, b"SLPROTO 4.0\r\nSTATION *\r\nDATA ALL\r\nEND\r\n")
        deaf.append(client)
    while sum(one.sent > 0 for one in server.state.clients) < DEAF:
        await asyncio.sleep(ROUND_S)
    found = await _script(SINK, *server.address, 1, " ALL", _bytes(server.ring, count))
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
    for client in deaf:
        client.close()
    kept_mb = DEAF * server.buffer_bytes / 2**20
    return (
        _rate(f"The same beside {DEAF} clients that take nothing", count / found["s"], "≥ 20,000 /s", ""),
        Figure(
            f"Memory for {DEAF} clients that take nothing",
            f"≤ {2 * kept_mb:.0f} MB",
            f"{grown_mb:.1f} MB",
            grown_mb <= 2 * kept_mb,
            f"{server.params.buffer_kb} KiB may wait for each; put out after {server.params.stalled_s:g} s",
        ),
    )

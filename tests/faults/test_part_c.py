"""Part C of the fault catalogue, SeedLink and network, as far as it takes the whole daemon: a process, real sockets.

A test is named by its row of docs/faults.md; rows that concern one connection are tested with the client.
"""

import asyncio
import struct
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from seedlink_client import AsyncSeedLink

from seismonet.core.sourceid import SourceId
from seismonet.daemon.statefile import Status
from seismonet.store.catalogue import Catalogue
from tests.support import certificate
from tests.support.daemons import STATIONS, Daemon, Network, S, Server, archived, noise, source, until, write_config
from tests.support.ingest import quake

HHZ = SourceId.parse("TJ.SAREZ.00.HHZ")
HOURS, BURST_CHANNELS = 2, 3


@pytest.fixture
def server() -> Iterator[Server]:
    with closing(Server()) as one:
        yield one


def test_a_station_that_is_cut_off_comes_back_whole(tmp_path: Path, server: Server) -> None:
    network = Network(server, STATIONS[:1])
    config = write_config(tmp_path, {"sarez": source(server.port)})
    with Daemon(config) as daemon, network.going_on():
        daemon.until(lambda one: one.writer.committed > 6 * 30, "a minute of data is there")
        server.cut()
        daemon.until(lambda one: one.sources[0].state != "connected" and one.sources[0].error, "the loss is told")
        count = len(network.sent)
        until(lambda: len(network.sent) >= count + 12, "the digitizer goes on recording")
        server.open()
        daemon.until(lambda one: one.sources[0].state == "connected", "it is back")
        network.pause()
        until(lambda: network.sent[-1] in archived(daemon.archive), "the last record is archived")
        assert daemon.stop() == 0
    found = archived(daemon.archive)
    first = next(number for number, one in enumerate(network.sent) if one in found)
    assert [one for one in network.sent[first:] if one not in found] == []
    assert len(found) == 512 * (len(network.sent) - first)


def restamped(payload: bytes, start_ns: int) -> bytes:
    """A miniSEED 2 record that begins at another time, in whole seconds."""
    moment = datetime.fromtimestamp(start_ns // S, UTC)
    when = struct.pack(">HHBBBxH", moment.year, moment.timetuple().tm_yday, *moment.timetuple()[3:6], 0)
    return payload[:20] + when + payload[30:]


def test_backfill_burst(tmp_path: Path, server: Server) -> None:
    """Two hours at full speed from one source, an earthquake among them, while fresh packets come from another."""
    with closing(Server()) as behind:
        now_ns = time.time_ns() // S * S
        behind.put(HHZ, now_ns - 2 * S, now_ns - S, noise(HHZ, now_ns - 2 * S))
        fresh = Network(server, STATIONS[2:])
        sources = {"behind": source(behind.port, STATIONS[:1]), "fresh": source(server.port, STATIONS[2:])}
        config = write_config(tmp_path, sources)
        with Daemon(config) as daemon, fresh.going_on():
            daemon.until(lambda one: all(source.packets for source in one.sources), "both are heard")
            daemon.until(lambda one: one.writer.archived > 30, "the first are archived")
            behind.cut()
            begin_ns = now_ns - (HOURS * 3600 + 600) * S
            names = [SourceId.parse(f"TJ.SAREZ.00.HH{one}") for one in "ZNE"[:BURST_CHANNELS]]
            shaken = [one.payload for one in quake(start_ns=begin_ns)]
            for name in names:
                whole = noise(name, begin_ns)[0]
                payloads = shaken if name == HHZ else []
                payloads = payloads + [restamped(whole, begin_ns + k * S) for k in range(len(payloads), HOURS * 3600)]
                behind.put(name, begin_ns, begin_ns + HOURS * 3600 * S, payloads)
            behind.open()
            wanted = HOURS * 3600 * BURST_CHANNELS
            last = daemon.until(lambda one: packets(one, "behind") > wanted, "the burst is received", 60.0)
            manem = next(one for one in last.stations if one.station_code == "TJ.MANEM")
            assert manem.stages.picked is not None
            assert manem.stages.picked.p99_s < 1.0
            assert manem.verdict == "up"
            daemon.until(lambda one: one.writer.archived > wanted, "the burst is archived", 60.0)
            assert daemon.stop() == 0
        with Catalogue(daemon.archive / "catalogue.sqlite", create=False) as catalogue:
            assert [one for one in catalogue.picks() if one.time_ns < now_ns - 600 * S] == []
        assert not daemon.lines("ALERT")


def packets(status: Status, name: str) -> int:
    """What a source has sent."""
    return next(one.packets for one in status.sources if one.name == name)


def test_foreign_station(tmp_path: Path, server: Server) -> None:
    """A server sends, as a station's, a record that says it is another's."""
    network = Network(server, STATIONS[:1], ("HHZ",))
    stranger = noise(SourceId.parse("XX.EVIL.00.HHZ"), network.next_ns)
    config = write_config(tmp_path, {"sarez": source(server.port, STATIONS[:1])})
    with Daemon(config) as daemon, network.going_on():
        daemon.until(lambda one: one.writer.archived > 0, "records are archived")
        server.put(HHZ, time.time_ns(), time.time_ns() + S, stranger)
        told = daemon.until(lambda one: one.refused, "it is refused")
        assert [(one.source, one.reason, one.records) for one in told.refused] == [("sarez", "foreign_station", 1)]
        assert told.sources[0].foreign == 1
        until(lambda: stranger[0] in set_aside(daemon.archive), "it is set aside")
        assert daemon.stop() == 0
    assert stranger[0] not in archived(daemon.archive)
    assert list((daemon.archive / "sds").rglob("*EVIL*")) == []


def set_aside(archive: Path) -> bytes:
    """All that is in quarantine."""
    return b"".join(path.read_bytes() for path in sorted((archive / "quarantine").glob("*")) if path.is_file())


def test_tls_and_a_password_from_end_to_end(tmp_path: Path) -> None:
    cert_file, key_file = certificate.write(tmp_path)
    (tmp_path / "who").write_text("USERPASS pamir geheim77\n")
    (tmp_path / "password").write_text("geheim77\n")
    (tmp_path / "who").chmod(0o600)
    (tmp_path / "password").chmod(0o600)
    with closing(Server(cert_file=cert_file, key_file=key_file, credentials_file=str(tmp_path / "who"))) as server:
        network = Network(server, STATIONS[:1])
        lines = f'url = "seedlinks://localhost:{server.port}"\nstations = ["TJ.SAREZ"]\nuser = "pamir"\n'
        lines += 'password_file = "password"\nca_file = "server.crt"\n'
        config = write_config(tmp_path, {"sarez": lines})
        with Daemon(config) as daemon, network.going_on():
            daemon.until(lambda one: one.contributing == 1 and one.writer.archived > 100, "data come")
            assert daemon.stop() == 0
        assert "geheim77" not in daemon.log.read_text() + (daemon.archive / "status.json").read_text()


def test_what_was_received_is_served_with_the_same_numbers_after_a_restart(tmp_path: Path, server: Server) -> None:
    network = Network(server, STATIONS[:1])
    config = write_config(tmp_path, {"sarez": source(server.port)})
    with network.going_on():
        with Daemon(config) as first:
            status = first.until(lambda one: one.writer.archived > 6 * 20, "records are served")
            before = collected(status, 100, 0)
            assert first.stop() == 0
        with Daemon(config) as second:
            status = second.until(lambda one: one.server, "the server is there")
            again = collected(status, 100, before[0][0] - 1)
            after = collected(status, 60, before[-1][0])
            assert second.stop() == 0
    assert again == before
    payloads = [payload for _, payload in before + after]
    first_sent = network.sent.index(payloads[0])
    assert payloads == network.sent[first_sent : first_sent + len(payloads)]


def collected(status: Status, count: int, after: int) -> list[tuple[int, bytes]]:
    """What a client that we did not write is sent, from a number on."""
    assert status.server is not None
    host, _, port = status.server.address.rpartition(":")

    async def work() -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []
        async with asyncio.timeout(20), AsyncSeedLink(host, int(port), timeout=5.0) as client:
            client.add_stream("TJ_SAREZ", seqnum=after)
            async for packet in client.collect(reconnect=False):
                found.append((int(packet.seqnum or 0), packet.payload))
                if len(found) == count:
                    break
        return found

    return asyncio.run(work())

"""Part D of the fault catalogue, host, storage and process, as far as it takes the whole daemon.

A test is named by its row of docs/faults.md; rows that concern journal, archive or memory alone are tested with those.
"""

import asyncio
import json
import multiprocessing
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from queue import Queue

import pytest
from benchmarks.drills import scene

from seismonet.core.sourceid import SourceId
from seismonet.daemon.digitizers import Digitizers
from seismonet.net.clock import Clock
from seismonet.store.catalogue import Catalogue
from seismonet.store.opening import damage
from tests.support.daemons import (
    STATIONS,
    Daemon,
    Network,
    S,
    Server,
    Tempo,
    archived,
    noise,
    source,
    until,
    with_clock,
    with_files,
    write_config,
)
from tests.support.miniseed import record3

HHZ = SourceId.parse("TJ.SAREZ.00.HHZ")
BAD = 20_000


@pytest.fixture
def server() -> Iterator[Server]:
    with closing(Server()) as one:
        yield one


def stopped_after_a_minute(config: Path, network: Network) -> Path:
    """A daemon that has run for a while and was stopped; its archive."""
    with Daemon(config) as daemon:
        daemon.until(lambda one: one.writer.archived > 30 * len(network.names), "records are archived")
        daemon.until(lambda one: one.contributing > 0, "the pipeline is armed")
        assert daemon.stop() == 0
    return daemon.archive


def whole(network: Network, archive: Path) -> bool:
    """Has the archive everything from its first record on, once?"""
    found = archived(archive)
    first = next(number for number, one in enumerate(network.sent) if one in found)
    return len(found) == 512 * (len(network.sent) - first) and all(one in found for one in network.sent[first:])


def test_damaged_snapshot_missing_index_corrupt_catalogue(tmp_path: Path, server: Server) -> None:
    """All three at once: it starts, tells each, is armed from the journal, and the archive is whole."""
    network = Network(server, STATIONS[:1])
    config = write_config(tmp_path, {"sarez": source(server.port, STATIONS[:1])})
    with network.going_on():
        archive = stopped_after_a_minute(config, network)
        server.cut()
        (archive / "snapshot.npz").write_bytes(b"PK" + bytes(5000))
        (archive / "index.sqlite").unlink()
        with open(archive / "catalogue.sqlite", "r+b") as file:
            file.seek(100)
            file.write(os.urandom(12_000))
        with Daemon(config) as daemon:
            status = daemon.until(lambda one: True, "a status")
            assert [one.verdict for one in status.stations if one.station_code == "TJ.SAREZ"] == ["up"]
            assert status.contributing == 1
            server.open()
            daemon.until(lambda one: one.writer.committed > 18 and one.sources[0].packets > 18, "it goes on")
            network.pause()
            until(lambda: network.sent[-1] in archived(archive), "the last record is archived")
            assert daemon.stop() == 0
        reason = daemon.lines("snapshot not used")[0]["reason"]
        assert reason.endswith("no snapshot, or a damaged one; the pipeline begins anew")
        notes = [one["what"] for one in daemon.lines("archive put in order")]
        assert any("the index was made from 6 day files" in one for one in notes)
        assert any("it was renamed to catalogue.sqlite.damaged-0" in one for one in notes)
        assert (archive / "catalogue.sqlite.damaged-0").exists()
    assert whole(network, archive)
    with Catalogue(archive / "catalogue.sqlite", create=False) as catalogue:
        assert catalogue.latest_status() is not None


def test_locked_databases(tmp_path: Path, server: Server) -> None:
    """Index and catalogue are locked by another process: the journal and the pipeline go on, then all is stored."""
    network = Network(server, STATIONS[:1])
    config = write_config(tmp_path, {"sarez": source(server.port, STATIONS[:1])})
    with Daemon(config) as daemon, network.going_on():
        before = daemon.until(lambda one: one.writer.archived > 30 and one.contributing == 1, "it is at work")
        with (
            closing(sqlite3.connect(daemon.archive / "index.sqlite", isolation_level=None)) as index,
            closing(sqlite3.connect(daemon.archive / "catalogue.sqlite", isolation_level=None)) as catalogue,
        ):
            index.execute("BEGIN EXCLUSIVE")
            catalogue.execute("BEGIN EXCLUSIVE")
            locked = daemon.until(lambda one: any("archive: " in text for text in one.writer.failing), "it is told")
            later = daemon.until(
                lambda one: one.writer.committed >= locked.writer.committed + 18, "the journal goes on"
            )
            assert later.contributing == 1
            assert later.stations[-1].data_end_ns > before.stations[-1].data_end_ns
        daemon.until(lambda one: not one.writer.failing, "all is well again")
        network.pause()
        until(lambda: network.sent[-1] in archived(daemon.archive), "the last record is archived")
        assert daemon.stop() == 0
    assert whole(network, daemon.archive)


def test_wrong_permissions(tmp_path: Path, server: Server) -> None:
    """A password that others may read is not used, and the other source goes on."""
    network = Network(server, STATIONS[:1], ("HHZ",))
    (tmp_path / "password").write_text("geheim77\n")
    (tmp_path / "password").chmod(0o644)
    open_to_all = source(server.port, STATIONS[1:2], 'user = "pamir"\npassword_file = "password"')
    config = write_config(tmp_path, {"sarez": source(server.port, STATIONS[:1]), "murgh": open_to_all})
    with Daemon(config) as daemon, network.going_on():
        told = daemon.until(lambda one: one.sources[1].state == "refused" and one.writer.archived > 0, "it is told")
        assert "others may read it; run chmod 600 on it" in told.sources[1].error
        assert daemon.stop() == 0


def test_log_flood(tmp_path: Path, server: Server) -> None:
    """Twenty thousand records that are none make a few lines, and a count."""
    bad = bytearray(record3(sid=b"FDSN:TJ_SAREZ_00_H_H_Z"))
    bad[-1] ^= 1
    network = Network(server, STATIONS[:1], ("HHZ",))
    config = write_config(tmp_path, {"sarez": source(server.port, STATIONS[:1])})
    with Daemon(config) as daemon, network.going_on():
        daemon.until(lambda one: one.writer.archived > 0, "records are archived")
        now_ns = time.time_ns()
        for _ in range(BAD // 1000):
            server.put(HHZ, now_ns, now_ns + S, [bytes(bad)] * 1000)
        told = daemon.until(lambda one: sum(refused.records for refused in one.refused) == BAD, "all are counted", 60.0)
        assert {(one.source, one.reason) for one in told.refused} == {("sarez", "crc")}
        assert daemon.stop() == 0
    assert len(daemon.lines("records refused")) <= 3
    assert len(daemon.lines()) < 60


def test_host_clock_set_back(tmp_path: Path, server: Server) -> None:
    """Half a minute: told at once, the pipeline begins anew, and nobody is warned by ages that were wrong."""
    network = Network(server, STATIONS[:1])
    config = write_config(tmp_path, {"sarez": source(server.port, STATIONS[:1])})
    set_back = partial(with_clock, -30.0, tmp_path / "set")
    with Daemon(config, prepare=set_back) as daemon, network.going_on():
        before = daemon.until(lambda one: one.contributing == 1 and one.writer.archived > 0, "it is armed")
        assert before.withheld == ""
        (tmp_path / "set").touch()
        after = daemon.until(lambda one: one.time_ns < before.time_ns, "it takes over the host's time")
        assert after.contributing == 0
        assert "set by -30.0 s" in after.withheld
        assert daemon.lines("the host's clock was set back; the pipeline begins anew")
        until(lambda: network.sent[-1] in archived(daemon.archive), "records are archived all the same")
        assert daemon.stop() == 0


def on_the_line(clock: Clock, done: threading.Event, ready: "Queue[dict[str, tuple[str, int]]]") -> None:
    """Simulated digitizers, until it is done."""

    async def work() -> None:
        digitizers = Digitizers(scene.schedule(), scene.NAME, clock)
        await digitizers.start()
        ready.put(digitizers.addresses)
        pacing = asyncio.create_task(digitizers.run())
        await asyncio.to_thread(done.wait)
        pacing.cancel()
        await digitizers.stop()

    asyncio.run(work())


def test_host_clock_set_forward_in_an_earthquake(tmp_path: Path) -> None:
    """Nobody is warned by a clock that was just set: the alert is stored and logged with the reason, and not told."""
    scene.schedule()
    begin_ns = scene.ORIGIN_NS + round(scene.OPEN_S * S)
    tempo = Tempo(5.0, begin_ns, time.time_ns())
    done, ready = threading.Event(), Queue[dict[str, tuple[str, int]]]()
    stations = threading.Thread(target=on_the_line, args=(tempo.clock(), done, ready))
    stations.start()
    addresses = ready.get(timeout=20)
    sources = {code.lower(): source(port, [code]) for code, (_, port) in addresses.items()}
    set_forward = partial(with_clock, 1.5, tmp_path / "set", tempo)
    try:
        with Daemon(write_config(tmp_path, sources), prepare=set_forward) as daemon:
            daemon.until(lambda one: one.contributing > 0 and not one.withheld, "it is at work")
            (tmp_path / "set").touch()
            daemon.until(lambda one: "set by +1.5 s" in one.withheld, "the clock is not steady")
            until(lambda: daemon.lines("alert withheld"), "the earthquake is found", 40.0)
            assert daemon.stop() == 0
    finally:
        done.set()
        stations.join(20)
    assert not daemon.lines("ALERT")
    stored = [json.loads(line) for line in (daemon.archive / "alerts.jsonl").read_text().splitlines()]
    assert stored
    assert all("set by +1.5 s" in one["withheld"] and "SIMULATED" in one["simulated"] for one in stored)


def test_file_handle_limit(tmp_path: Path, server: Server) -> None:
    """A hundred and twenty channels, with ninety-six files at a time."""
    network = Network(server, STATIONS[:1], ("HHZ",))
    names = [SourceId.parse(f"TJ.SAREZ.{number:02d}.HH{one}") for number in range(40) for one in "ZNE"]
    config = write_config(tmp_path, {"sarez": source(server.port, STATIONS[:1])})
    with Daemon(config, prepare=partial(with_files, 96)) as daemon, network.going_on():
        daemon.until(lambda one: one.writer.archived > 0, "records are archived")
        begin_ns = time.time_ns() // S * S - 2 * S
        for k in range(3):
            for name in names:
                server.put(name, begin_ns, begin_ns + S, noise(name, begin_ns + k * S))
        last = noise(names[-1], begin_ns + 2 * S)[0]
        until(lambda: last in archived(daemon.archive), "all are archived")
        status = daemon.until(lambda one: True, "a status")
        assert status.writer.failing == ()
        assert len(os.listdir(f"/proc/{daemon.pid}/fd")) < 96
        assert not daemon.lines("cannot write")
        assert daemon.stop() == 0
    assert len({path.name for path in (daemon.archive / "sds").rglob("*.D.*")}) >= len(names)


def test_old_days_make_room(tmp_path: Path, server: Server) -> None:
    """Days that are older than they may be are removed while it runs, and today's is not."""
    network = Network(server, STATIONS[:1], ("HHZ",))
    config = write_config(tmp_path, {"sarez": source(server.port, STATIONS[:1])})
    with network.going_on():
        archive = stopped_after_a_minute(config, network)
        write_config(tmp_path, {"sarez": source(server.port, STATIONS[:1])}, {"archive": {"keep_days": 2}})
        old_ns = time.time_ns() - 5 * 86_400 * S
        inbox = archive / "inbox"
        inbox.mkdir(exist_ok=True)
        (inbox / "old.part").write_bytes(noise(HHZ, old_ns // S * S)[0])
        with Daemon(config) as daemon:
            (inbox / "old.part").rename(inbox / "old.mseed")
            until(lambda: not (inbox / "old.mseed").exists(), "the inbox is taken in")
            daemon.until(lambda one: one.writer.archived > 0, "it is archived")
            until(lambda: len(list((archive / "sds").rglob("*.D.*"))) == 2, "there is an old day")
            assert daemon.stop() == 0
        with Daemon(config) as daemon:
            until(lambda: len(list((archive / "sds").rglob("*.D.*"))) == 1, "the old day is gone")
            until(lambda: daemon.lines("old days removed"), "that is told")
            assert daemon.stop() == 0
    assert network.sent[-30] in archived(archive)
    assert json.dumps(daemon.lines("old days removed")[0]["files"]) == "1"


def make_catalogue(path: Path) -> None:
    Catalogue(path).close()


def test_upgrade_interrupted(tmp_path: Path) -> None:
    """Killed at any moment of the migrations, the catalogue is as it was before or as it is after."""
    path = tmp_path / "catalogue.sqlite"
    forks = multiprocessing.get_context("forkserver")
    for k in range(8):
        child = forks.Process(target=make_catalogue, args=(path,))
        child.start()
        child.join(0.02 * k)
        child.kill()
        child.join(20)
        with Catalogue(path) as catalogue:
            assert catalogue.events() == []
        assert damage(path) == ""
        path.unlink()

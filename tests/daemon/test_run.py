"""The daemon as its operator and its service manager see it: a real process, real signals, real sockets."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from seismonet.cli import main
from seismonet.cli.running import run as command
from seismonet.core.share import share
from seismonet.daemon.lock import EXIT_CODE
from seismonet.net.clock import Clock
from tests.support.daemons import (
    STATIONS,
    Daemon,
    Network,
    Prepared,
    Server,
    archived,
    on_slow_disk,
    source,
    until,
    write_config,
)


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


@contextmanager
def manager(folder: Path) -> Iterator[tuple[socket.socket, str]]:
    """A service manager's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        path = str(folder / "notify")
        listener.bind(path)
        listener.settimeout(10.0)
        yield listener, path


def told(listener: socket.socket, what: str, limit_s: float = 10.0) -> str:
    """Wait for a message with some words in it."""
    give_up_s = time.monotonic() + limit_s
    while time.monotonic() < give_up_s:
        text = listener.recv(65536).decode()
        if what in text:
            return text
    raise AssertionError(f"{what} was not told")


def test_sigterm_saves_all_and_the_next_goes_on_armed_at_once(tmp_path: Path, server: Server) -> None:
    network = Network(server)
    config = write_config(tmp_path, {"pamir": source(server.port)})
    with network.going_on():
        with Daemon(config) as first:
            first.until(lambda one: one.contributing == 3, "all stations can contribute")
            begin_s = time.monotonic()
            assert first.stop() == 0
            assert time.monotonic() - begin_s < 10.0
            assert (first.archive / "snapshot.npz").exists()
        network.server.cut()  # nothing old can be sent again
        with Daemon(config) as second:
            status = second.until(lambda one: True, "a first status")
            assert status.contributing == 3
            assert {one.verdict for one in status.stations} == {"up"}
            assert status.stations_needed == 2
            assert "18 channels go on from the snapshot" in second.lines("pipeline resumed")[-1]["how"]
            network.server.open()
            second.until(lambda one: one.writer.committed > 36, "it goes on")
            network.pause()
            until(lambda: network.sent[-1] in archived(second.archive), "the last record is archived")
            assert second.stop() == 0
    found = archived(tmp_path / "archive")
    before = [number for number, one in enumerate(network.sent) if one not in found]
    assert before == list(range(len(before)))
    assert len(before) <= 30 * 18, "a station that was never heard is asked for its last minute"
    assert len(found) == 512 * (len(network.sent) - len(before))


def test_sighup_takes_over_a_new_station_a_parameter_and_a_lost_source(tmp_path: Path, server: Server) -> None:
    other = Server()
    stations = {code: str(tmp_path / f"{code}.xml") for code in STATIONS}
    for code, path in stations.items():
        Path(path).write_bytes((share("stations") / f"{code}.xml").read_bytes())
    two, three = [stations[code] for code in STATIONS[:2]], [stations[code] for code in STATIONS]
    sarez = Network(server, STATIONS[:1])
    manem = Network(other, STATIONS[2:])
    config = write_config(
        tmp_path, {"a": source(server.port, STATIONS[:1])}, {"network": {"stations": two}, "daemon": {"late_s": 60.0}}
    )
    with Daemon(config) as daemon, sarez.going_on(), manem.going_on():
        before = daemon.until(lambda one: one.contributing == 1, "the first station can contribute")
        assert [one.station_code for one in before.stations] == ["TJ.MURGH", "TJ.SAREZ"]

        write_config(
            tmp_path,
            {"a": source(server.port, STATIONS[:1]), "b": source(other.port, STATIONS[2:])},
            {"network": {"stations": three, "name": "more"}, "daemon": {"late_s": 50.0}},
        )
        daemon.reload()
        after = daemon.until(lambda one: one.contributing == 2, "the new station can contribute")
        assert after.network == "more"
        assert after.configuration_ns > before.configuration_ns
        assert next(one for one in after.sources if one.name == "a").reconnects <= 2
        assert {one.station_code for one in after.stations if one.stages.record} >= {"TJ.MANEM", "TJ.SAREZ"}

        write_config(
            tmp_path,
            {"b": source(other.port, STATIONS[2:])},
            {"network": {"stations": three, "earth_model": "pamir70-v0"}, "daemon": {"late_s": 50.0}},
        )
        daemon.reload()
        daemon.until(lambda one: [source.name for source in one.sources] == ["b"], "the source is gone")
        assert len(daemon.lines("pipeline changed")) == 2
        until(lambda: server.clients == 0, "its connection is closed")
        assert daemon.stop() == 0
    other.close()


REFUSED: dict[str, dict[str, dict[str, object]]] = {
    "errors: alert.loud: there is no such key; alert.minimum_stations": {"alert": {"minimum_stations": 1, "loud": 1}},
    "[server] changed: only a restart": {"server": {"clients": 3}},
    "daemon.memory_mb changed: only a restart": {"daemon": {"memory_mb": 5}},
    "nowhere.xml": {"network": {"stations": ["nowhere.xml"]}},
    "crust.txt: cannot be read": {"network": {"earth_model": "crust.txt"}},
}


def test_a_configuration_that_cannot_be_used_is_refused_and_the_old_one_stays(tmp_path: Path, server: Server) -> None:
    network = Network(server, STATIONS[:1], ("HHZ",))
    sources = {"pamir": source(server.port)}
    config = write_config(tmp_path, sources)
    with Daemon(config) as daemon, network.going_on():
        begun = daemon.until(lambda one: one.writer.committed > 0, "records are stored")
        for words, extra in REFUSED.items():
            write_config(tmp_path, sources, extra)
            daemon.reload()
            refused = daemon.until(lambda one, words=words: words in one.configuration_rejected, f"{words} is told")
            assert refused.configuration_ns == begun.configuration_ns
            assert "\n" not in refused.configuration_rejected
            assert words in daemon.lines("configuration rejected, the old one stays")[-1]["reason"]
        daemon.until(lambda one: one.writer.committed > refused.writer.committed, "records go on")

        write_config(tmp_path, sources)
        daemon.reload()
        taken = daemon.until(lambda one: not one.configuration_rejected, "a good one is taken")
        assert taken.configuration_ns > begun.configuration_ns
        assert daemon.stop() == 0


def test_the_service_manager_is_told_all_of_it(tmp_path: Path, server: Server) -> None:
    config = write_config(tmp_path, {"pamir": source(server.port)})
    with manager(tmp_path) as (listener, path), Daemon(config, environment={"NOTIFY_SOCKET": path}) as daemon:
        assert told(listener, "READY=1") == "READY=1"
        assert "WATCHDOG=1" in told(listener, "STATUS=running: 0 of 3 stations can contribute")
        daemon.reload()
        assert "MONOTONIC_USEC=" in told(listener, "RELOADING=1")
        told(listener, "READY=1")
        os.kill(daemon.pid, signal.SIGTERM)
        told(listener, "STOPPING=1")
        assert daemon.wait() == 0


class Hanging(Clock):
    """Whoever asks it after ``delay_s`` is stuck, once."""

    def __init__(self, delay_s: float, duration_s: float) -> None:
        super().__init__()
        self._at_s, self._duration_s = time.monotonic() + delay_s, duration_s

    def now_ns(self) -> int:
        if time.monotonic() > self._at_s:
            self._at_s = float("inf")
            time.sleep(self._duration_s)
        return super().now_ns()


def with_a_hanging_clock(delay_s: float, duration_s: float) -> Prepared:
    return Hanging(delay_s, duration_s), None


def test_a_loop_that_is_stuck_gives_no_sign_of_life(tmp_path: Path, server: Server) -> None:
    config = write_config(tmp_path, {"pamir": source(server.port)})
    environment, stuck = {"NOTIFY_SOCKET": str(tmp_path / "notify")}, partial(with_a_hanging_clock, 3.0, 4.0)
    with manager(tmp_path) as (listener, _), Daemon(config, prepare=stuck, environment=environment) as daemon:
        told(listener, "READY=1")
        moments_s = []
        for _ in range(4):
            told(listener, "WATCHDOG=1")
            moments_s.append(time.monotonic())
        assert max(np.diff(moments_s)) > 3.0
        assert daemon.stop() == 0


def test_a_writer_that_hangs_gives_no_sign_of_life(tmp_path: Path, server: Server) -> None:
    """Its disk does not answer; the service manager waits for half a second only."""
    network = Network(server, STATIONS[:1], ("HHZ",))
    config = write_config(tmp_path, {"pamir": source(server.port)})
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "500000"}
    slow = partial(on_slow_disk, tmp_path / "slow")
    with (
        manager(tmp_path) as (listener, _),
        network.going_on(),
        Daemon(config, prepare=slow, environment=environment) as daemon,
    ):
        until(lambda: "WATCHDOG=1" in told(listener, "STATUS=running: "), "a sign of life")
        (tmp_path / "slow").touch()
        until(lambda: "WATCHDOG=1" not in told(listener, "STATUS=running: "), "no sign of life")
        (tmp_path / "slow").unlink()
        until(lambda: "WATCHDOG=1" in told(listener, "STATUS=running: "), "a sign of life again")
        assert daemon.stop() == 0


def test_a_second_instance_ends_with_75_and_disturbs_nobody(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_config(tmp_path, {"pamir": source(server.port)})
    with Daemon(config) as daemon:
        daemon.until(lambda one: True, "a status")
        begin_s = time.monotonic()
        assert command(config=config, log_json=True) == EXIT_CODE == 75
        assert time.monotonic() - begin_s < 10.0
        assert f"process {daemon.pid} works here already" in capsys.readouterr().err
        daemon.until(lambda one: one.time_ns > time.time_ns() - 2 * 10**9, "it goes on")
        assert daemon.stop() == 0


def test_a_port_in_use_is_one_line(tmp_path: Path, server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    config = write_config(tmp_path, {"pamir": source(server.port)}, {"server": {"port": server.port}})
    assert main(["run", "-c", str(config), "--log-json"]) == 1
    err = capfd.readouterr().err
    assert f"[server] cannot listen on 127.0.0.1:{server.port}: address already in use" in err.splitlines()[-1]
    assert "daemon.serve = false" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert "ends by a fault" not in err


def test_where_the_server_listens_is_told_once(tmp_path: Path, server: Server) -> None:
    with Daemon(write_config(tmp_path, {"pamir": source(server.port)})) as daemon:
        daemon.until(lambda one: True, "a status")
        (line,) = [one for one in daemon.lines() if one["event"].startswith("SeedLink server")]
        assert line["address"].startswith("127.0.0.1:")
        assert daemon.stop() == 0

"""A daemon that once heard simulated data says so in everything, also when nobody tells it any more."""

import socket
from pathlib import Path

from seismonet.store.simulated import read_mark
from tests.support.daemons import STATIONS, Daemon, Network, Server, source, write_config


def hello(address: tuple[str, int]) -> str:
    """What its server says who it is."""
    with socket.create_connection(address, 5.0) as one, one.makefile("rb") as answer:
        one.sendall(b"HELLO\r\n")
        return (answer.readline() + answer.readline()).decode().splitlines()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def test_the_mark_outlives_the_source_and_the_daemon(tmp_path: Path) -> None:
    server = Server(organization="SIMULATED digitizer")
    network, port = Network(server, STATIONS[:1]), free_port()
    config = write_config(tmp_path, {"a": source(server.port, STATIONS[:1])}, {"server": {"port": port}})
    try:
        with Daemon(config) as first, network.going_on():
            status = first.until(lambda one: one.writer.archived > 0, "records are archived")
            assert status.simulated == "SIMULATED digitizer"
            assert read_mark(first.archive) == "SIMULATED digitizer"
            assert hello(("127.0.0.1", port)) == "SIMULATED seismonet"
            assert first.stop() == 0
        server.cut()
        with Daemon(config) as second:
            assert second.until(lambda one: True, "a first status").simulated == "SIMULATED digitizer"
            assert hello(("127.0.0.1", port)) == "SIMULATED seismonet"
            assert second.stop() == 0
    finally:
        server.close()


def test_real_data_bear_no_mark(tmp_path: Path) -> None:
    server = Server()
    network, port = Network(server, STATIONS[:1]), free_port()
    config = write_config(tmp_path, {"a": source(server.port, STATIONS[:1])}, {"server": {"port": port}})
    try:
        with Daemon(config) as daemon, network.going_on():
            status = daemon.until(lambda one: one.writer.archived > 0, "records are archived")
            assert status.simulated == read_mark(daemon.archive) == ""
            assert hello(("127.0.0.1", port)) == "seismonet"
            assert daemon.stop() == 0
    finally:
        server.close()

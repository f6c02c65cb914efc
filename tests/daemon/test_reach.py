"""How far an attempt to reach a server gets, and what is said of it."""

import asyncio
import socket

import pytest

from seismonet.core.errors import ConfigError
from seismonet.daemon.findings import ERROR, GOOD, WARNING
from seismonet.daemon.reach import Reach, address, reach, reach_findings
from seismonet.net.clock import Clock


def attempt(host: str, port: int) -> Reach:
    return asyncio.run(reach(host, port, Clock(), name_s=5.0, connect_s=0.5))


def test_a_server_that_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        got = attempt("localhost", server.getsockname()[1])
    assert (got.failed, got.addresses[-1]) == ("", "127.0.0.1")
    (found,) = reach_findings("centre", got)
    assert found.level == GOOD


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (found,) = reach_findings("centre", attempt("127.0.0.1", port))
    assert found.level == ERROR
    assert "refused" in found.what
    assert "no server listens on that port" in found.cause
    assert str(port) in found.next_step


def test_a_server_that_accepts_nobody() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        # one connection fills the queue; the next ones get no answer
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        got = attempt(*server.getsockname())
        for one in waiting:
            one.close()
    (found,) = reach_findings("centre", got)
    assert "no answer in time" in found.what
    assert "the link (VSAT, GSM, VPN) is down" in found.cause


def test_a_name_that_does_not_exist() -> None:
    (found,) = reach_findings("centre", attempt("no-such-host.invalid", 18000))
    assert found.level == ERROR
    assert "the name no-such-host.invalid cannot be looked up" in found.what
    assert "getent hosts" in found.next_step


@pytest.mark.parametrize("host", ["x" * 64, "a..b", "\udcff"])
def test_what_is_no_name_is_told_alike(host: str) -> None:
    assert attempt(host, 18000).failed == "name"


def test_slowness_is_told() -> None:
    found = reach_findings("centre", Reach("host", 18000, ("10.0.0.1",), 2.0, 3.0))
    assert [one.level for one in found] == [GOOD, WARNING, WARNING]
    assert "looking up host takes 2 s" in found[1].what
    assert "takes 3 s to accept" in found[2].what


def test_no_route() -> None:
    (found,) = reach_findings("c", Reach("host", 1, ("10.0.0.1",), failed="connection", reason="no route to host"))
    assert found.next_step == "try: ip route get 10.0.0.1"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("seedlink://host", ("host", 18000)),
        ("seedlink://host:18001", ("host", 18001)),
        ("seedlinks://host/", ("host", 18500)),
        ("seedlink://[fe80::1]:5", ("fe80::1", 5)),
    ],
)
def test_addresses(url: str, expected: tuple[str, int]) -> None:
    assert address(url) == expected


@pytest.mark.parametrize(
    "url", ["host:18000", "http://host", "seedlink://", "seedlink://host:port", "seedlink://[x", ""]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="is no address of a SeedLink server"):
        address(url)

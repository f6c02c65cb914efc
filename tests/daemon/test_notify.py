"""What arrives at the service manager's socket."""

import os
import socket
from pathlib import Path

import pytest

from seismonet.daemon.notify import READY, WATCHDOG, notify, reloading, status, watchdog_s


@pytest.mark.parametrize("abstract", [False, True])
def test_states_arrive_as_one_datagram(tmp_path: Path, abstract: bool) -> None:
    address = f"@seismonet-test-{os.getpid()}" if abstract else str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + address[1:] if abstract else address)
        manager.settimeout(5.0)
        assert notify(READY, status("3 of 3\nstations"), environment={"NOTIFY_SOCKET": address})
        assert manager.recv(4096) == b"READY=1\nSTATUS=3 of 3 stations"
        assert notify(reloading(), environment={"NOTIFY_SOCKET": address})
        first, second = manager.recv(4096).decode().splitlines()
        assert first == "RELOADING=1"
        assert second.startswith("MONOTONIC_USEC=")


def test_without_a_manager_nothing_is_sent() -> None:
    assert not notify(READY, environment={})


def test_a_manager_that_is_gone_or_does_not_listen_stops_nobody(tmp_path: Path) -> None:
    address = str(tmp_path / "socket")
    assert not notify(WATCHDOG, environment={"NOTIFY_SOCKET": address})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        told = [notify(WATCHDOG, environment={"NOTIFY_SOCKET": address}) for _ in range(5000)]
    assert told[0]
    assert not told[-1]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_watchdog_is_for_us(environment: dict[str, str], expected: float | None) -> None:
    assert watchdog_s(environment) == expected

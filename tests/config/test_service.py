"""The systemd unit: hardened, patient with a daemon that drains, impatient with one that hangs, and never giving up."""

import re
import shutil
import subprocess

import pytest

from seismonet.core.share import share

UNIT = share("config") / "systemd" / "seismonet.service"
WORST_EXPOSURE = 2.0
HARDENED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateUsers": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "ProtectProc": "invisible",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "RemoveIPC": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0027",
    "User": "seismonet",
}


def directives() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text("utf-8").splitlines():
        if match := re.fullmatch(r"(\w+)=(.*)", line):
            found.setdefault(match[1], []).append(match[2])
    return found


@pytest.mark.parametrize("name", HARDENED)
def test_it_may_do_what_it_needs_and_nothing_else(name: str) -> None:
    assert directives()[name] == [HARDENED[name]]


def test_calls_to_the_system_are_few() -> None:
    assert directives()["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]


def test_systemd_thinks_so_too() -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:  # the table above stands for it
        return
    command = [tool, "security", "--offline=true", "--no-pager", str(UNIT)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    exposure = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", told)
    assert exposure is not None
    assert float(exposure[1]) <= WORST_EXPOSURE


def test_systemd_understands_every_line() -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        known = set(HARDENED) | {"SystemCallFilter"}
        assert known <= set(directives())
        return
    told = subprocess.run([tool, "verify", str(UNIT)], capture_output=True, text=True, check=False)
    complaints = [line for line in (told.stdout + told.stderr).splitlines() if "is not executable" not in line]
    assert complaints == []


def test_a_daemon_that_hangs_is_started_again_and_one_that_drains_is_not_cut_off() -> None:
    found = directives()
    assert found["Type"] == ["notify"]
    assert found["Restart"] == ["always"]
    assert found["StartLimitIntervalSec"] == ["0"]
    assert found["WatchdogSec"] == ["30"]
    assert int(found["TimeoutStopSec"][0]) > 10
    assert found["ExecReload"] == ["/bin/kill -HUP $MAINPID"]

"""Findings as people and machines get them."""

import json

from seismonet.core.utc import from_iso
from seismonet.daemon.findings import ERROR, WARNING, Finding, as_objects, exit_code, good, report

NOW_NS = from_iso("2026-11-24T12:00:00Z")
FOUND = [
    good("clock", "synchronised"),
    Finding("TJ.SAREZ", ERROR, "silent", NOW_NS - 42 * 60 * 10**9, "the link", "ask who runs it"),
    Finding("disk", WARNING, "slow"),
]


def test_for_people() -> None:
    assert report(FOUND, NOW_NS).splitlines() == [
        "clock     good     synchronised",
        "TJ.SAREZ  ERROR    silent",
        "                   since 2026-11-24 11:18:00 UTC (42 min ago)",
        "                   likely: the link",
        "                   next:   ask who runs it",
        "disk      WARNING  slow",
        "",
        "1 error, 1 warning",
    ]


def test_for_machines() -> None:
    told = json.loads(json.dumps(as_objects(FOUND)))
    assert told[1] == {
        "area": "TJ.SAREZ",
        "level": "error",
        "what": "silent",
        "since": "2026-11-24T11:18:00.000Z",
        "cause": "the link",
        "next_step": "ask who runs it",
    }
    assert told[0]["since"] is None


def test_the_worst_finding_decides() -> None:
    assert exit_code([]) == exit_code(FOUND[:1]) == 0
    assert exit_code([FOUND[2], FOUND[0]]) == 1
    assert exit_code(FOUND) == 2


def test_texts_of_servers_cannot_steer_the_terminal() -> None:
    shown = report([Finding("x\x1b[2J", ERROR, "said\n\x07forged  good", 0, "\x9b", "")], NOW_NS)
    assert all(one.isprintable() for one in shown.splitlines())
    assert len(shown.splitlines()) == 4

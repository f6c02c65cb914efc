"""Everything in a status that a person should know is told, with since when and what to do; nothing else is."""

from dataclasses import replace

from seismonet.daemon.findings import ERROR, WARNING, Finding
from seismonet.daemon.statefile import HostLine, ReceiverLine, SourceLine, Status, WriterLine
from seismonet.daemon.statuschecks import status_findings

from .statuses import MINUTE_NS, NOW_NS, status

GIB = 2**30


def well() -> Status:
    lines = tuple(replace(one, verdict="up", can_contribute=True, reasons=()) for one in status().stations)
    sources, host = status().sources[:1], HostLine(100 * GIB, 200 * GIB)
    return replace(status(), stations=lines, sources=sources, writer=WriterLine(9, 9), host=host)


def only(changed: Status) -> Finding:
    (found,) = status_findings(changed)
    assert found.next_step
    return found


def source(**parts: object) -> Status:
    return replace(
        well(), sources=(replace(SourceLine("x", "seedlink://x", "connected", NOW_NS - MINUTE_NS * 9), **parts),)
    )


def test_when_all_is_well_nothing_is_told() -> None:
    assert status_findings(well()) == []


def test_a_receiver_that_cannot_be_told_is_told_of() -> None:
    horn = ReceiverLine("horn", "siren", "command", "failing", NOW_NS, "exit code 1")
    assert status_findings(replace(well(), receivers=(horn,))) == []
    found = only(replace(well(), receivers=(replace(horn, state="unreachable"),)))
    assert (found.area, found.level, found.cause, found.since_ns) == ("horn", ERROR, "exit code 1", NOW_NS)


def test_too_few_stations_for_an_alert_come_first() -> None:
    found = status_findings(status())
    assert found[0].what == "no alert is possible: 2 stations can contribute, 3 are needed"
    assert (found[0].level, found[0].since_ns) == (ERROR, NOW_NS - 42 * MINUTE_NS)
    levels = [one.level for one in found]
    assert levels == sorted(levels)
    assert {one.what: one.level for one in found if one.area == "stations"} == {
        "TJ.MANEM is down: HHZ, HNZ: silent": ERROR,
        "TJ.MURGH is degraded: HNZ: flat": WARNING,
    }


def test_a_station_that_is_down_is_a_warning_while_there_are_enough() -> None:
    lines = (*well().stations, replace(status().stations[2], station_code="TJ.FOUR"))
    assert only(replace(well(), stations=lines)).level == WARNING


def test_the_disk() -> None:
    failing = WriterLine(failing=("journal: no space left on device",), failing_since_ns=NOW_NS - MINUTE_NS)
    found = only(replace(well(), writer=failing))
    assert (found.level, found.since_ns) == (ERROR, NOW_NS - MINUTE_NS)
    assert found.what == "cannot write journal: no space left on device"
    assert only(replace(well(), host=HostLine(GIB, 4 * GIB))).what == "1.0 GiB of 4.0 GiB free on the disk"
    assert only(replace(well(), host=HostLine(9 * GIB, 200 * GIB))).level == ERROR
    assert only(replace(well(), writer=WriterLine(unjournaled=7))).what.startswith("7 packets had no room")
    assert only(replace(well(), writer=WriterLine(lag_s=120.0))).what == "is 2 min behind the journal"
    assert only(replace(well(), writer=WriterLine(conflicts=1))).what.startswith("1 record of a time")


def test_the_computer() -> None:
    host = well().host
    assert "set back by 1 h" in only(replace(well(), host=replace(host, clock_behind_s=3600.0))).what
    assert "2 s late" in only(replace(well(), host=replace(host, loop_lag_s=2.0))).what


def test_a_configuration_that_was_refused() -> None:
    assert only(replace(well(), configuration_rejected="a: 1 error")).what.endswith("the old one holds: a: 1 error")


def test_servers() -> None:
    found = only(source(state="waiting", error="connection refused"))
    assert (found.level, found.since_ns) == (ERROR, NOW_NS - 9 * MINUTE_NS)
    assert found.cause.startswith("no server listens there")
    assert only(source(state="refused", error="wrong password")).cause == "a wrong or expired password or token"
    assert only(source(denied=("TJ.X",))).level == WARNING
    assert only(source(unmatched=("TJ.X 00HN?",))).what == "x does not have TJ.X 00HN?"
    assert only(source(foreign=2)).what == "x sent 2 packets of stations that were not asked for"


def test_a_short_break_is_no_trouble() -> None:
    assert status_findings(source(state="waiting", error="closed", since_ns=NOW_NS - 30 * 10**9)) == []


def test_that_nobody_is_warned_now_is_an_error() -> None:
    found = only(replace(well(), withheld="the host's clock was set by +3.0 s within the last minute"))
    assert found.level == ERROR
    assert found.what == "nobody is warned now: the host's clock was set by +3.0 s within the last minute"


def test_what_the_disk_has_lost_is_told() -> None:
    found = only(replace(well(), writer=WriterLine(9, 9, losses=2)))
    assert found.what == "2 stretches of data had gone from the disk at the last start"
    assert found.since_ns == well().started_ns

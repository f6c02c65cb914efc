"""What a server offers beside what is asked of it: every difference is told, with since when."""

from dataclasses import replace

import pytest

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.daemon.findings import ERROR, GOOD, WARNING, Finding
from seismonet.daemon.metadata import Asked
from seismonet.daemon.sourcechecks import source_findings
from seismonet.net.infoanswers import OfferedStream, ServerInfo

NOW_NS = from_iso("2026-11-24T12:00:00Z")
S = 10**9
HOUR_NS = 3600 * S


def stream(name: str, age_s: float = 2.0, remembers_s: float = 86_400.0) -> OfferedStream:
    end_ns = NOW_NS - round(age_s * S)
    return OfferedStream(SourceId.parse(name), end_ns - round(remembers_s * S), end_ns)


def offer(*streams: OfferedStream, protocols: tuple[str, ...] = ("3", "4")) -> ServerInfo:
    stations = tuple(dict.fromkeys(one.source_id.station_code for one in streams))
    return ServerInfo("seismonet 1.0", "", protocols, stations, streams)


GOOD_OFFER = offer(stream("TJ.SAREZ.00.HHZ"), stream("TJ.SAREZ.00.HNZ"), stream("TJ.MANEM.00.HHZ"))
ASKED = Asked("centre", ("TJ.*",))


def bad(findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if one.level != GOOD]


def test_what_is_asked_and_offered_and_alive_is_good() -> None:
    found = source_findings(ASKED, GOOD_OFFER, NOW_NS)
    assert bad(found) == []
    assert found[0].what == "seismonet 1.0, SeedLink 3 and 4: has 2 stations, 3 channels of those asked for"
    assert found[1].what == "TJ.SAREZ: 2 channels, newest sample 2 s old"


def test_a_station_that_is_not_offered() -> None:
    (found,) = bad(source_findings(Asked("centre", ("TJ.SAREZ", "TJ.MURGH")), GOOD_OFFER, NOW_NS))
    assert (found.level, found.what) == (ERROR, "TJ.MURGH is asked for and not offered")
    assert found.next_step.endswith("it offers TJ.SAREZ, TJ.MANEM")
    (found,) = bad(source_findings(Asked("centre", ("TJ.SAREZ",)), offer(), NOW_NS))
    assert "no station at all" in found.next_step


def test_a_selector_that_takes_nothing() -> None:
    (found,) = bad(source_findings(Asked("centre", ("TJ.SAREZ",), ("HH?", "10HN?")), GOOD_OFFER, NOW_NS))
    assert found.what == "TJ.SAREZ: selector 10HN? takes none of its channels"
    assert "choose from 00HHZ, 00HNZ" in found.next_step


@pytest.mark.parametrize(("age_s", "level"), [(59.0, GOOD), (90.0, WARNING), (3600.0, ERROR)])
def test_a_silent_station_is_told_since_when(age_s: float, level: str) -> None:
    one = stream("TJ.SAREZ.00.HHZ", age_s)
    found = source_findings(ASKED, offer(one), NOW_NS)[-1]
    assert found.level == level
    assert found.since_ns == (one.end_ns if level != GOOD else 0)


def test_a_channel_that_died_alone_is_named() -> None:
    dead = stream("TJ.SAREZ.00.HNZ", 7200.0)
    (found,) = bad(source_findings(ASKED, offer(stream("TJ.SAREZ.00.HHZ"), dead), NOW_NS))
    assert (found.level, found.since_ns) == (WARNING, dead.end_ns)
    assert found.what.startswith("TJ.SAREZ.00.HNZ:")


def test_channels_that_nobody_asked_for_may_be_dead() -> None:
    offered = offer(stream("TJ.SAREZ.00.HHZ"), stream("TJ.SAREZ.00.LHZ", 1e6))
    assert bad(source_findings(Asked("centre", ("TJ.*",), ("HH?",)), offered, NOW_NS)) == []


def test_a_clock_that_is_ahead() -> None:
    (found,) = bad(source_findings(ASKED, offer(stream("TJ.SAREZ.00.HHZ", -10_800.0)), NOW_NS))
    assert (found.level, found.what) == (ERROR, "TJ.SAREZ: data end 3 h in the future")


def test_a_short_memory() -> None:
    (found,) = bad(source_findings(ASKED, offer(stream("TJ.SAREZ.00.HHZ", 1.0, 600.0)), NOW_NS))
    assert (found.level, found.what) == (WARNING, "TJ.SAREZ: the server remembers 10 min only")


def test_an_old_protocol() -> None:
    (found,) = bad(source_findings(ASKED, replace(GOOD_OFFER, protocols=("3",)), NOW_NS))
    assert (found.level, found.what) == (WARNING, "speaks SeedLink 3 only")


def test_a_server_that_does_not_list_channels_or_times() -> None:
    (found,) = bad(source_findings(ASKED, ServerInfo("old", "", ("3", "4"), ("TJ.SAREZ",), ()), NOW_NS))
    assert found.what == "TJ.SAREZ: the server does not say which channels it has"
    timeless = ServerInfo("old", "", ("4",), ("TJ.SAREZ",), (OfferedStream(SourceId.parse("TJ.SAREZ.00.HHZ"), 0, 0),))
    assert bad(source_findings(ASKED, timeless, NOW_NS)) == []

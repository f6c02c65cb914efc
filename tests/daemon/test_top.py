"""What an operator sees, and in which order."""

from dataclasses import replace

import pytest
from rich.console import Console

from seismonet.daemon.statefile import BackfillLine, ReceiverLine, SourceLine, StationLine, Status, summary
from seismonet.daemon.top import view

from .statuses import MINUTE_NS, NOW_NS, status

S = 10**9


def screen(shown: Status, now_ns: int = NOW_NS, width: int = 200) -> list[str]:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(view(shown, now_ns, width))
    return capture.get().splitlines()


def line(lines: list[str], begin: str) -> str:
    return next(one for one in lines if one.startswith(begin))


def test_the_first_line_says_whether_anyone_would_be_warned() -> None:
    first = screen(status())[0]
    assert first.startswith("Pamir: running for 2 h")
    assert first.endswith("2 of 3 stations can contribute: NO ALERT POSSIBLE, 3 are needed")
    assert screen(replace(status(), stations_needed=2))[0].endswith("2 of 3 stations can contribute")


def test_what_is_wrong_comes_before_all_else() -> None:
    lines = screen(status())
    wrong, stations = lines.index("what is wrong"), lines.index(line(lines, "station "))
    told = lines[wrong + 1 : stations]
    assert told[0] == "! no alert is possible: 2 stations can contribute, 3 are needed, for 42 min"
    assert [text.strip() for text in told[1:3]] == ["likely: TJ.MANEM cannot", "mend the nearest of them first"]
    assert any(text.startswith("! cannot write journal: no space left on device, for 1 min") for text in told)
    assert "what is wrong" not in screen(Status(NOW_NS, NOW_NS, 1, "1.0", "running"))


def test_a_document_that_nobody_renews_is_not_taken_for_the_present() -> None:
    assert "NOT ALIVE" not in "\n".join(screen(status(), NOW_NS + 9 * S))
    lines = screen(status(), NOW_NS + 5 * MINUTE_NS)
    assert lines[0].startswith(" NOT ALIVE: this is how things were 5 min ago")


def test_every_station_has_its_verdict_age_latency_and_reason() -> None:
    lines = screen(status(), NOW_NS + S)
    assert line(lines, "TJ.SAREZ").split() == [
        "TJ.SAREZ", "up", "3", "s", "████████████▓▓", "7.0", "s", "9.7", "s", "900", "1"
    ]  # fmt: skip
    manem = line(lines, "TJ.MANEM")
    assert manem.split()[:4] == ["TJ.MANEM", "down", "42", "min"]
    assert manem.rstrip().endswith("HHZ, HNZ: silent (for 42 min)")


def test_every_receiver_says_when_it_was_reached() -> None:
    horn = ReceiverLine("horn", "siren", "command", "reachable", NOW_NS - 11 * S, "", 0, 2, 1, 0, 1)
    hook = ReceiverLine("hook", "operator", "webhook", "unreachable", 0, "HTTP 500", 3)
    shown = replace(status(), receivers=(horn, hook), alert_status="Actual")
    lines = screen(shown, NOW_NS + S)
    assert line(lines, "receiver (Actual)")
    assert line(lines, "horn").split()[:9] == ["horn", "reachable", "12", "s", "ago", "siren,", "by", "command", "0"]
    assert line(lines, "horn").rstrip().endswith("1 message not acknowledged")
    assert line(lines, "hook").split() == [
        "hook",
        "unreachable",
        "operator,",
        "by",
        "webhook",
        "3",
        "0",
        "0",
        "HTTP",
        "500",
    ]
    assert summary(shown).count("CANNOT TELL hook") == 1


def test_the_worst_of_many_stations_are_shown() -> None:
    lines = screen(status(stations=300))
    rows = [one for one in lines if one.startswith(("TJ.", "XX."))]
    assert len(rows) == 25
    assert [one.split()[0] for one in rows[:2]] == ["TJ.MANEM", "TJ.MURGH"]
    assert "… and 275 more, none of them worse" in lines


def test_servers_say_what_they_lack() -> None:
    lines = screen(status())
    assert "connected 1 h 30 min" in line(lines, "centre")
    assert (
        line(lines, "manem")
        .rstrip()
        .endswith("connection refused; next try in 17 s; silent: TJ.MANEM; 31 reconnections")
    )
    odd = SourceLine("x", "u", "connected", unmatched=("TJ.MANEM 00HN?",), foreign=2, error="old")
    assert "asked for, not there: TJ.MANEM 00HN?; 2 packets of stations that were not asked for" in line(
        screen(replace(status(), sources=(odd,))), "x "
    )


def test_the_last_pick_event_and_alert() -> None:
    lines = screen(status())
    assert line(lines, "pick") == "pick    54 s ago: P at TJ.SAREZ.00.HHZ, 41 times the noise"
    assert line(lines, "alert") == (
        "alert   update: M 5.4 at 38.05°N 72.75°E, 15 km deep, 3 stations, version 2, "
        "issued 9 s after the origin, 51 s ago"
    )
    assert line(screen(replace(status(), pick=None)), "pick") == "pick    none yet"


def test_made_up_data_and_fast_time_are_marked() -> None:
    first = screen(replace(status(), simulated="SIMULATED: no real ground moved", rate=60.0))[0]
    assert "SIMULATED: no real ground moved" in first
    assert "time runs 60 times as fast" in first


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_it_fits(width: int) -> None:
    assert max(map(len, screen(status(), width=width))) <= width


def test_names_from_outside_steer_nothing() -> None:
    named = StationLine("[red]X.\x1b[2J", "up", True, ("[bold]why[/bold]",))
    shown = "\n".join(screen(replace(status(), stations=(named,))))
    assert "[red]X." in shown
    assert "[bold]why[/bold]" in shown
    assert "\x1b" not in shown


def test_gaps_are_told_once_there_are_any() -> None:
    assert not any(one.startswith("gaps") for one in screen(status()))
    gaps = BackfillLine(2, 1, 5, 120, "ring of sarez: 60 records")
    told = "gaps    2 open, 1 that nobody can fill; 5 requests brought 120 records; last: ring of sarez: 60 records"
    assert line(screen(replace(status(), backfill=gaps)), "gaps").rstrip() == told


def test_how_sure_the_event_is_and_what_the_gate_refused_are_told() -> None:
    lines = screen(status())
    told = line(lines, "event")
    assert "M ≥ 6.9 at 38.05°N 72.75°E ± 8 km, 15 km deep, 3 stations, confirmed, location good" in told
    assert line(lines, "gate").strip() == "gate    7 triggers refused: teleseism 5, spike 2"
    assert not any(one.startswith("gate") for one in screen(replace(status(), rejections=())))

"""A live run, stopped and started again in an earthquake, and its replay: identical."""

import asyncio
from dataclasses import replace

from benchmarks.drills.repeat import Told, differences, drill, figures

from tests.support.quakes import network, quake


def test_live_and_replayed_are_identical_with_and_without_a_restart_in_the_middle() -> None:
    found = asyncio.run(drill([None, 24.0]))
    assert [(one.what, one.measured, one.detail) for one in figures(found) if not one.met] == []
    for one in found:
        assert one.live.alerts[0].kind == "new"
        assert len(one.live.events) > 1
        assert len({pick.source_id.station_code for pick in one.live.picks}) == 3


def test_a_nanosecond_or_a_version_more_is_a_difference() -> None:
    made = quake(network(4))
    told = Told(tuple(made.picks.values()), made.versions, made.alerts)
    assert differences(told, told) == []
    last = told.alerts[-1]
    later = replace(told, alerts=(*told.alerts[:-1], replace(last, issued_ns=last.issued_ns + 1)))
    assert differences(told, later) == ["alerts: 1 of 2 only live, 1 of 2 only replayed"]
    assert differences(told, replace(told, events=told.events[:1])) == [
        "events: 1 of 2 only live, 0 of 1 only replayed"
    ]
    assert differences(replace(told, picks=told.picks[1:]), told) == ["picks: 0 of 7 only live, 1 of 8 only replayed"]

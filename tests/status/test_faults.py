"""Some of the fault suite (``benchmarks/faults.py`` has all): faults of one station, named in first place."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from benchmarks.faultcases import SITES, Case, measure
from benchmarks.faults import Judged, cases

from seismonet.status.diagnosis import diagnose
from seismonet.status.measures import StationMeasures

SITE = SITES[0]
CHOSEN = (
    "dead axis of the seismometer, at 1234",
    "gain of HHE x0.01",
    "gain of HNN x2",
    "polarity of HHZ",
    "swapped HHN and HHE",
    "turned by 25 degrees, HH",
    "mass drifting",
    "spikes of 100000",
    "noisy axis, 100000",
    "clock jumps by 1 s",
    "no lock for a day",
    "link down",
    "packets lost every 120 s",
    "battery falling",
    "HHN not sent",
    "rate not as stated",
)


@cache
def measured(name: str) -> StationMeasures:
    known = {one.name: one for one in cases()}
    return measure(SITE, known.get(name, Case("healthy", None)), 3)


def judged(name: str) -> Judged:
    case = next(one for one in cases() if one.name == name)
    found = diagnose([measured(name)], {SITE.station.station_code: SITE.station})
    return Judged(case, SITE, tuple(found))


def test_there_are_more_than_forty_kinds() -> None:
    assert len({one.name for one in cases()}) >= 80
    assert {one.cause for one in cases()} >= {"dead", "gain", "polarity", "swapped", "clock", "link", "power", "server"}


def test_a_station_without_a_fault_is_told_to_have_none() -> None:
    assert diagnose([measured("healthy")], {SITE.station.station_code: SITE.station}) == []


@pytest.mark.parametrize("name", CHOSEN)
def test_the_right_cause_comes_first(name: str) -> None:
    one = judged(name)
    assert one.right, one.findings
    assert len({(each.cause, each.channel) for each in one.findings}) == len(one.findings)


def test_a_digitizer_that_never_says_its_clock_is_locked_has_no_fault() -> None:
    whole = measured("healthy")
    silent = [
        replace(one, slots=replace(one.slots, locked=np.zeros(len(one.slots)), timing_quality=np.zeros(len(one.slots))))
        for one in whole.channels
    ]
    assert diagnose([replace(whole, channels=tuple(silent))]) == []
    lost = [
        replace(one, slots=replace(one.slots, locked=np.where(np.arange(len(one.slots)) < 6, 1.0, 0.0)))
        for one in whole.channels
    ]
    assert [one.cause for one in diagnose([replace(whole, channels=tuple(lost))])] == ["clock"]

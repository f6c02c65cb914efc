"""The drill of restarts within an earthquake in short, with its teeth."""

import asyncio
import signal
from dataclasses import replace

import pytest
from benchmarks.drills.restart import AFTER_S, BEFORE_S, drill, faults, figures, moments
from benchmarks.drills.scene import Found

from tests.support.quakes import network, quake

MOMENTS = 4


def test_the_same_event_goes_on_and_is_told_as_new_once_and_a_twin_that_forgets_is_found_out() -> None:
    found = asyncio.run(drill(MOMENTS, after_s=10.0, at_once=2))
    assert [(one.what, one.measured, one.detail) for one in figures(found) if not one.met] == []
    assert len(found.verdicts) == MOMENTS
    assert found.verdicts[0].told_before == 0
    assert found.verdicts[-1].told_before > 0


def test_moments_are_spread_over_the_whole_time_and_both_signals() -> None:
    found = moments(50, 20.0)
    assert [one.after_s for one in found] == sorted(one.after_s for one in found)
    assert -BEFORE_S <= found[0].after_s < 0
    assert AFTER_S + 15.0 < found[-1].after_s <= AFTER_S + 20.0
    assert {one.number for one in found} == {signal.SIGKILL, signal.SIGTERM}


QUAKE = quake(network())
LAST = QUAKE.versions[-1]
UNDISTURBED = Found(QUAKE.alerts + tuple(replace(QUAKE.alerts[0], version=k, kind="update") for k in (1, 2)), (LAST,))
TOLD = (replace(QUAKE.alerts[0], source_event_id=LAST.id),)


def _moved(km: float) -> Found:
    return replace(
        UNDISTURBED, events=(replace(LAST, origin=replace(LAST.origin, latitude=LAST.origin.latitude + km / 111.2)),)
    )


def _sized(by: float) -> Found:
    assert LAST.magnitude is not None
    return replace(
        UNDISTURBED, events=(replace(LAST, magnitude=replace(LAST.magnitude, value=LAST.magnitude.value + by)),)
    )


def test_a_run_that_differs_in_nothing_that_matters_has_no_fault() -> None:
    assert UNDISTURBED.alerts[0].kind == "new"
    assert faults(UNDISTURBED, UNDISTURBED, TOLD) == []
    assert faults(replace(UNDISTURBED, alerts=UNDISTURBED.alerts[:2]), UNDISTURBED, TOLD) == []
    assert faults(_moved(2.0), UNDISTURBED, TOLD) == []
    assert faults(_sized(0.1), UNDISTURBED, TOLD) == []


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (replace(UNDISTURBED, alerts=()), "new 0 times"),
        (replace(UNDISTURBED, alerts=UNDISTURBED.alerts + UNDISTURBED.alerts[:1]), "new 2 times"),
        (replace(UNDISTURBED, alerts=UNDISTURBED.alerts + UNDISTURBED.alerts[2:]), "versions [0, 1, 2, 2]"),
        (replace(UNDISTURBED, alerts=UNDISTURBED.alerts[:1] + UNDISTURBED.alerts[2:]), "versions [0, 2]"),
        (
            replace(UNDISTURBED, alerts=(*UNDISTURBED.alerts, replace(QUAKE.alerts[0], version=3, kind="cancel"))),
            "taken back",
        ),
        (replace(UNDISTURBED, alerts=tuple(replace(one, event_id="x") for one in UNDISTURBED.alerts)), "alerts of"),
        (replace(UNDISTURBED, events=()), "events []"),
        (replace(UNDISTURBED, events=(replace(LAST, id="x"),)), "events ['x']"),
        (_moved(9.0), "km from where it was"),
        (_sized(-0.3), "magnitude"),
        (replace(UNDISTURBED, events=(replace(LAST, magnitude=None),)), "without a magnitude"),
    ],
)
def test_what_somebody_would_mind_is_a_fault(found: Found, word: str) -> None:
    assert word in "; ".join(faults(found, UNDISTURBED, TOLD))


def test_an_event_that_nobody_was_told_of_may_be_named_by_another_channel() -> None:
    renamed = replace(UNDISTURBED, events=(replace(LAST, id="x"),))
    assert faults(renamed, UNDISTURBED, ()) == []
    assert faults(renamed, UNDISTURBED, TOLD) != []

"""The drill of the outbox in short, with its teeth."""

import asyncio

from benchmarks.drills.outbox import STEPS, bad_figures, bad_receivers, crash, figures, twin_figures

EACH = 2


def test_a_crash_at_any_step_loses_nothing_and_repeats_a_message_once_at_most() -> None:
    found = asyncio.run(crash(EACH))
    assert [(one.what, one.measured, one.detail) for one in figures(found) if not one.met] == []
    assert (found.crashes, found.letters) == (EACH * len(STEPS), 2 * EACH * len(STEPS))
    assert found.repeats > 0  # who dies between sending and marking cannot know


def test_who_marks_first_or_writes_anew_is_found_out() -> None:
    hasty = asyncio.run(crash(1, "hasty", ("lease", "send")))
    forgetful = asyncio.run(crash(1, "forgetful", ("send", "mark")))
    assert [one.measured for one in twin_figures(hasty, forgetful) if not one.met] == []


def test_bad_receivers_get_it_in_time_or_it_is_recorded_as_expired() -> None:
    found = asyncio.run(bad_receivers(2, 4.0))
    assert [(one.what, one.detail) for one in bad_figures(found) if not one.met] == []
    assert found.letters == 10

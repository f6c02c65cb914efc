"""States change late enough not to flicker and soon enough to be right, whatever the batches are."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.core.health import Change, Finding
from seismonet.core.sourceid import SourceId
from seismonet.core.status import ChannelStatus
from seismonet.core.utc import SECOND_NS
from seismonet.status.machine import NETWORK, MachineParams, StateMachine

NAMES = tuple(SourceId.parse(f"TJ.{station}.00.HH{axis}") for station in ("MURG", "SAREZ") for axis in "ZNE")
VERTICAL = frozenset(name for name in NAMES if name.channel.endswith("Z"))


def machine() -> StateMachine:
    return StateMachine(NAMES, VERTICAL)


def status(name: SourceId, second: float, *reasons: str) -> ChannelStatus:
    silent = any(reason.startswith("no record") for reason in reasons)
    return ChannelStatus(name, round(second * SECOND_NS), not silent, 1.0, 0, 0, False, False, not silent, reasons)


def all_good(states: StateMachine, second: float = 0.0) -> None:
    for name in NAMES:
        states.hear(status(name, second))


def told(changes: list[Change]) -> list[tuple[str, float, str, str]]:
    return [(one.name, one.time_ns / SECOND_NS, one.before, one.after) for one in changes]


def test_what_is_heard_becomes_good_at_once_and_what_never_was_goes_down_after_a_minute() -> None:
    states = machine()
    for name in NAMES[:3]:
        states.hear(status(name, 0.0))
    assert ("TJ.MURG", 0.0, "unknown", "good") in told(states.look(0))
    later = told(states.look(60 * SECOND_NS))
    assert ("TJ.SAREZ", 60.0, "unknown", "down") in later
    assert states.state("TJ.SAREZ").state == "down"
    assert states.state(NETWORK).state == "degraded"


def test_a_station_that_falls_silent_is_down_within_a_minute_and_good_again_only_when_that_lasts() -> None:
    states = machine()
    all_good(states)
    states.look(SECOND_NS)
    for name in NAMES[:3]:
        states.hear(status(name, 120.0, "no record for 20 s"))
    changes = told(states.look(180 * SECOND_NS))
    assert ("TJ.MURG", 130.0, "good", "down") in changes
    assert (NETWORK, 140.0, "good", "degraded") in changes or (NETWORK, 130.0, "good", "degraded") in changes
    for name in NAMES[:3]:
        states.hear(status(name, 200.0))
    assert told(states.look(229 * SECOND_NS)) == []
    assert ("TJ.MURG", 230.0, "down", "good") in told(states.look(230 * SECOND_NS))


def test_a_short_dropout_is_not_told() -> None:
    states = machine()
    all_good(states)
    states.look(SECOND_NS)
    states.hear(status(NAMES[0], 100.0, "no record for 20 s"))
    states.hear(status(NAMES[0], 105.0))
    assert states.look(400 * SECOND_NS) == []


def test_a_sure_finding_degrades_what_it_names_until_it_is_over() -> None:
    states = machine()
    all_good(states)
    states.look(SECOND_NS)
    gain = Finding("gain", "TJ.MURG", "00.HHE", 0.01, 0, 0.95, ("00.HHE is 0.01 times what 00.HNE says",), "correct it")
    states.judge([gain], 60 * SECOND_NS)
    changes = states.look(120 * SECOND_NS)
    assert {(one.name, one.after) for one in changes} == {
        ("TJ.MURG.00.HHE", "degraded"), ("TJ.MURG", "degraded"), (NETWORK, "degraded"),
    }  # fmt: skip
    assert all("gain" in " ".join(one.reasons) for one in changes if one.name != NETWORK)
    states.judge([], 200 * SECOND_NS)
    states.look(300 * SECOND_NS)
    assert states.state("TJ.MURG").state == "good"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_changes_do_not_depend_on_batches_and_no_wrong_state_stays_for_a_minute(seed: int, every: int) -> None:
    random = np.random.default_rng(seed)
    facts, second = [status(name, 0.0) for name in NAMES], 0.0
    for _ in range(30):
        second += float(random.exponential(25.0))
        name = NAMES[int(random.integers(len(NAMES)))]
        bad = random.random() < 0.5
        facts.append(status(name, round(second, 3), *(["no record for 20 s"] if bad else [])))
    end_ns = round((second + 300) * SECOND_NS)
    one, other, changes, others = machine(), machine(), list[Change](), list[Change]()
    for number, fact in enumerate(facts):
        changes += one.look(fact.time_ns - 1)
        one.hear(fact)
        others += other.look(fact.time_ns - 1)
        other.hear(fact)
        if number % every == 0 and number >= len(NAMES):
            others += other.look(fact.time_ns)
            again = machine()
            again.load(other.save())
            other = again
        # a channel's state that has lasted a minute is told
        if number >= len(NAMES):
            for known in NAMES:
                since = [f for f in facts[:number] if f.source_id == known][-1]
                if fact.time_ns - since.time_ns > 60 * SECOND_NS and fact.source_id != known:
                    assert one.state(known.nslc).state == ("good" if since.receiving else "down")
    changes += one.look(end_ns)
    others += other.look(end_ns)
    assert changes == others
    by_name: dict[str, list[Change]] = {}
    for change in changes:
        by_name.setdefault(change.name, []).append(change)
    for some in by_name.values():
        assert all(a.after == b.before and a.time_ns <= b.time_ns for a, b in pairwise(some))


def test_holding_times_cannot_be_set_so_long_that_a_state_is_wrong_for_a_minute() -> None:
    with pytest.raises(ValueError, match="60"):
        MachineParams(better_s=61.0)

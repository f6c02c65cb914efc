"""Whatever happens, in whatever order: chains are whole, and a restart anywhere changes nothing."""

import json
from collections import defaultdict
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.core.alert import Alert, Decision
from seismonet.core.event import Event
from seismonet.core.motion import Motion
from seismonet.core.plain import flatten, unflatten
from seismonet.warn.lifecycle import Lifecycle
from tests.support.warnings import PLACES, SECOND, T0, event, lifecycle, motion, status

EVENTS = st.builds(
    lambda name, gap_s, **told: (gap_s, "event", {"id": name, **told}),
    st.sampled_from("efg"),
    st.sampled_from([0.2, 0.7, 2.0, 9.0, 25.0]),
    stations=st.integers(2, 4),
    m=st.sampled_from([None, 3.0, 4.4, 4.6, 5.4, 6.7]),
    latitude=st.sampled_from([38.0, 38.15, 39.5]),
    r68=st.sampled_from([6.0, 20.0, 60.0]),
    weight=st.sampled_from([0.05, 0.6, 1.0, 1.0]),
    event_type=st.sampled_from(["earthquake"] * 5 + ["not existing"]),
)
MOTIONS = st.builds(
    lambda code, gap_s, **told: (gap_s, "motion", {"code": code, **told}),
    st.sampled_from(sorted(PLACES)),
    st.sampled_from([0.2, 1.0, 6.0]),
    pga=st.sampled_from([0.05, 0.4]),
    intensity=st.sampled_from([2.0, 3.0, 4.5, 6.5]),
    agreeing=st.sampled_from([True, True, None, False]),
)
STORIES = st.lists(st.one_of(EVENTS, MOTIONS), min_size=3, max_size=25)
DOWN = (("XX.D",), (), ("XX.A", "XX.C", "XX.D"))


def facts(story: list[tuple[float, str, dict[str, Any]]]) -> list[Event | Motion]:
    """With versions and times that count up; an event keeps its origin."""
    found: list[Event | Motion] = []
    now_s, versions, begun = 4.0, defaultdict[str, int](int), dict[str, float]()
    for gap_s, kind, told in story:
        now_s += gap_s
        if kind == "motion":
            found.append(motion(told["code"], now_s, **{k: v for k, v in told.items() if k != "code"}))
            continue
        name = told["id"]
        origin_s = begun.setdefault(name, now_s - 4.0)
        found.append(event(versions[name], now_s, origin_s=origin_s, **told))
        versions[name] += 1
    return found


def run(given: list[Event | Motion], *, restart: bool = False) -> list[Decision]:
    one, found = lifecycle(), []
    for index, fact in enumerate(given):
        state = status(index, DOWN[index % 11] if index % 11 < 3 else ())
        while (due_ns := one.due_ns) is not None and due_ns < fact.issued_ns:
            found += one.look(due_ns, state)
        found += one.step(fact, state) if isinstance(fact, Event) else one.feel(fact, state)
        if restart:
            one = again(one)
    while (due_ns := one.due_ns) is not None:
        found += one.look(due_ns, status(999))
    return found


def again(one: Lifecycle) -> Lifecycle:
    """As it comes out of a snapshot."""
    tree = unflatten(flatten({"lifecycle": one.save()}))["lifecycle"]
    found = lifecycle()
    found.load(json.loads(json.dumps(tree)))
    return found


def chains(found: list[Decision]) -> dict[tuple[str, str], list[Alert]]:
    told: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for one in found:
        if one.alert is not None:
            told[one.alert.event_id, one.alert.audience].append(one.alert)
    return told


@settings(max_examples=60, deadline=None)
@given(STORIES)
def test_chains_are_whole(story: list[tuple[float, str, dict[str, Any]]]) -> None:
    given = facts(story)
    for (_, audience), told in chains(run(given)).items():
        assert [one.version for one in told] == list(range(len(told)))
        assert [one.kind for one in told].count("new") == 1
        assert told[0].kind == "new"
        assert all(one.kind == "update" for one in told[1:-1])
        assert all(one.reason for one in told)
        assert all(one.audience == audience for one in told)
        updates = [one for one in told if one.kind == "update"]
        assert all(one.issued_ns - one.origin_time_ns <= 120 * SECOND for one in updates)
        times = [one.issued_ns for one in told if one.kind != "cancel"]
        assert all(later - earlier >= SECOND for earlier, later in pairwise(times))


@settings(max_examples=60, deadline=None)
@given(STORIES)
def test_whoever_was_told_of_what_is_none_is_told_so(story: list[tuple[float, str, dict[str, Any]]]) -> None:
    given = facts(story)
    told = chains(run(given))
    last = {one.id: one for one in given if isinstance(one, Event)}
    gone = {name for name, one in last.items() if one.event_type != "earthquake"}
    for chain in told.values():
        if chain[0].about in gone and all(one.basis == "network" for one in chain):
            assert chain[-1].kind == "cancel"
        if chain[-1].kind == "cancel":
            assert chain[-1].state == "cancelled"


@settings(max_examples=60, deadline=None)
@given(STORIES)
def test_a_restart_after_every_fact_changes_nothing(story: list[tuple[float, str, dict[str, Any]]]) -> None:
    given = facts(story)
    assert run(given, restart=True) == run(given)


@settings(max_examples=60, deadline=None)
@given(STORIES)
def test_what_was_told_before_a_restart_without_a_snapshot_is_not_new_again(
    story: list[tuple[float, str, dict[str, Any]]],
) -> None:
    given = facts(story)
    before = [one.alert for one in run(given) if one.alert]
    one = lifecycle()
    for alert in before:
        one.remember(alert)
    ended = {each.event_id for each in before if each.kind == "cancel"}
    told = {(each.about, each.audience) for each in before if each.source_event_id and each.event_id not in ended}
    later = 10**9 + max((fact.issued_ns for fact in given), default=T0)
    for name in "efg":
        found = one.step(event(99, (later - T0) / SECOND, id=name, origin_s=(later - T0) / SECOND - 5, m=6.7), status())
        for each in found:
            if each.alert is not None and (name, each.audience) in told:
                assert each.alert.kind == "update"
                assert each.alert.version > 0


def test_an_event_that_goes_on_under_the_id_of_shaking_does_so_after_a_restart() -> None:
    one = lifecycle()
    (first,) = [each.alert for each in one.feel(motion("XX.A", 3.2, start_s=2.4), status()) if each.alert]
    one.step(event(0, 6, m=6.5, r68=8.0), status(6))
    found = [each.alert for each in again(one).step(event(1, 8, m=6.9, r68=8.0), status(8)) if each.alert]
    assert {(each.event_id, each.kind) for each in found} == {(first.event_id, "update")}


def test_shaking_that_comes_again_after_a_restart_a_little_earlier_or_later_is_the_same() -> None:
    before = lifecycle()
    (first,) = [each.alert for each in before.feel(motion("XX.A", 3.2, start_s=2.4), status()) if each.alert]
    after = lifecycle()
    after.remember(first)
    stronger = motion("XX.A", 6.2, start_s=2.9, intensity=7.5)
    grown = [each.alert for each in after.feel(stronger, status(6)) if each.alert]
    assert [(each.event_id, each.audience, each.kind) for each in grown] == [(first.event_id, "siren", "update")]
    located = [each.alert for each in after.step(event(0, 7, m=6.5, r68=8.0), status(7)) if each.alert]
    assert {each.event_id for each in located} == {first.event_id}

"""Ways to an alert that need no source: one station, two neighbours."""

from dataclasses import replace

import pytest

from seismonet.core.alert import Alert, Decision
from seismonet.warn.audience import AudienceParams
from seismonet.warn.changes import AlertParams
from seismonet.warn.motion import PairParams, pair
from tests.support.warnings import NETWORK, SECOND, T0, event, lifecycle, motion, status


def told(decisions: list[Decision]) -> dict[str, Alert]:
    return {one.audience: one.alert for one in decisions if one.alert}


@pytest.mark.parametrize(
    ("changes", "sounds"),
    [
        ({}, True),
        ({"agreeing": None}, False),
        ({"agreeing": False}, False),
        ({"pga": 0.24, "intensity": 4.5}, False),
        ({"above_s": 0.1}, False),
        ({"pga": 0.1, "pd_m": 0.0021, "tau_c_s": 0.7}, True),
        ({"pga": 0.1, "pd_m": 0.0019, "tau_c_s": 0.7}, False),
        ({"pga": 0.1, "pd_m": 0.0021, "tau_c_s": 0.5}, False),
    ],
)
def test_a_siren_sounds_on_strong_p_or_shaking_that_both_sensors_saw(changes: dict[str, object], sounds: bool) -> None:
    found = told(lifecycle().feel(motion("XX.A", 5, **changes), status()))
    assert set(found) == ({"siren"} if sounds else set())


def test_one_sensor_is_enough_where_that_is_said() -> None:
    params = replace(AlertParams(), civil_defence=AudienceParams(onsite=True, one_sensor=True))
    found = told(lifecycle(params=params).feel(motion("XX.A", 5, agreeing=None), status()))
    assert set(found) == {"civil_defence"}


def test_an_onsite_alert_speaks_for_targets_nearby() -> None:
    siren = told(lifecycle().feel(motion("XX.A", 5), status(5)))["siren"]
    assert (siren.basis, siren.state, siren.kind, siren.version) == ("onsite", "preliminary", "new", 0)
    assert [one.target for one in siren.shaking] == ["Near"]
    assert siren.shaking[0].intensity == 6.2
    assert (siren.latitude, siren.longitude, siren.magnitude, siren.event_version) == (38.0, 72.0, None, -1)
    assert siren.expires_ns == siren.origin_time_ns + 120 * SECOND
    lonely = lifecycle().feel(motion("XX.D", 5), status())
    assert told(lonely) == {}
    assert any("targets within 30 km 0 of 1: no" in one.rules for one in lonely)


def test_old_shaking_sounds_no_siren() -> None:
    old = replace(motion("XX.A", 5), issued_ns=T0 + 70 * SECOND)
    found = lifecycle().feel(old, status())
    assert told(found) == {}
    assert any(rule.startswith("age of its data 65.5 s of 60 s") for one in found for rule in one.rules)


def test_what_nobody_else_saw_is_taken_back() -> None:
    one = lifecycle()
    first = told(one.feel(motion("XX.A", 5), status(5)))["siren"]
    assert one.due_ns == first.origin_time_ns + 30 * SECOND
    (late,) = one.look(first.origin_time_ns + 30 * SECOND, status(33))
    assert late.alert
    assert (late.alert.kind, late.alert.version) == ("cancel", 1)
    assert "no other station saw it" in late.alert.reason
    assert one.due_ns is None


def test_nobody_contradicts_where_nobody_else_is_alive() -> None:
    one, alone = lifecycle(), status(5, ("XX.B", "XX.C", "XX.D"))
    first = told(one.feel(motion("XX.A", 5), alone))["siren"]
    assert told(one.look(first.origin_time_ns + 30 * SECOND, alone)) == {}


def test_the_network_goes_on_under_the_id_that_is_known() -> None:
    one = lifecycle()
    first = told(one.feel(motion("XX.A", 3.2, start_s=2.4), status()))["siren"]
    later = told(one.step(event(0, 6, m=6.5, r68=8.0), status(6)))
    siren = later["siren"]
    assert (siren.kind, siren.event_id, siren.version, siren.basis) == ("update", first.event_id, 1, "network")
    assert siren.about == "e"
    others = {name: (found.kind, found.event_id) for name, found in later.items() if name != "siren"}
    assert others == dict.fromkeys(("public", "civil_defence", "operator"), ("new", first.event_id))
    again = told(one.step(event(1, 8, m=6.9, r68=8.0), status(8)))
    assert {found.event_id for found in again.values()} == {first.event_id}
    assert one.look(first.origin_time_ns + 40 * SECOND, status(40)) == []


def test_shaking_of_an_event_that_is_known_is_told_as_its_own() -> None:
    one = lifecycle()
    assert set(told(one.step(event(0, 4, m=4.2), status()))) == {"civil_defence", "operator"}
    found = told(one.feel(motion("XX.A", 5, start_s=3.0), status()))
    assert {name: (each.event_id, each.basis, each.kind) for name, each in found.items()} == {
        "siren": ("e", "onsite", "new")
    }
    assert found["siren"].magnitude == 4.2


def test_an_event_that_is_taken_back_takes_the_siren_with_it() -> None:
    one = lifecycle()
    one.feel(motion("XX.A", 3.2, start_s=2.4), status())
    one.step(event(0, 6, m=6.5, r68=8.0), status())
    gone = told(one.step(event(1, 9, m=6.5, r68=8.0, event_type="not existing", reason="electronics"), status()))
    assert {(each.kind, each.reason) for each in gone.values()} == {("cancel", "electronics")}


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ({"intensity": 4.0}, {"intensity": 2.5}, True),
        ({"intensity": 3.9}, {"intensity": 3.9}, False),
        ({"intensity": 6.0}, {"intensity": 2.4}, False),
        ({"intensity": 6.0}, {"intensity": 3.0, "start_s": 24.0}, False),
        ({"intensity": 6.0, "agreeing": None}, {"intensity": 3.0, "agreeing": None}, True),
        ({"intensity": 6.0, "agreeing": False}, {"intensity": 3.0}, False),
    ],
)
def test_two_neighbours_bear_each_other_out(first: dict[str, object], second: dict[str, object], found: bool) -> None:
    motions = [motion("XX.A", 5, **first), motion("XX.B", 5, **second)]
    for order in (motions, motions[::-1]):
        assert (pair(order, NETWORK.stations, PairParams()) is not None) is found
    assert pair([motions[0], replace(motions[1], station_code="XX.C")], NETWORK.stations, PairParams()) is None


def test_strong_shaking_at_two_neighbours_needs_no_source() -> None:
    one = lifecycle()
    assert told(one.feel(motion("XX.A", 5, intensity=5.0, agreeing=None), status())) == {}
    found = told(one.feel(motion("XX.B", 6, intensity=3.0, agreeing=None), status()))
    assert {name: (each.basis, each.station_codes) for name, each in found.items()} == {
        "civil_defence": ("motion", ("XX.A", "XX.B"))
    }
    grown = told(one.feel(motion("XX.A", 9, intensity=6.4, agreeing=None, start_s=3.0), status()))
    assert {name: each.kind for name, each in grown.items()} == {"civil_defence": "update", "siren": "new"}


def test_decisions_that_are_as_before_are_not_told_again() -> None:
    one = lifecycle()
    weak = [motion("XX.A", at, start_s=3.0, pga=0.1, intensity=3.0) for at in (5.0, 6.0, 7.0)]
    assert [len(one.feel(each, status())) for each in weak] == [2, 0, 0]


def test_who_is_far_away_contradicts_nobody() -> None:
    near = replace(AlertParams(), onsite=replace(AlertParams().onsite, silent_km=10.0))
    one = lifecycle(params=near)
    first = told(one.feel(motion("XX.A", 5), status(5)))["siren"]
    assert told(one.look(first.origin_time_ns + 30 * SECOND, status(33))) == {}


def test_shaking_that_began_with_a_pick_of_the_event_is_its_own_whenever_it_came() -> None:
    for pick_id, known in (("eXX.A", "e"), ("another", "")):
        one = lifecycle()
        one.step(event(0, 4, m=4.2), status())
        siren = told(one.feel(motion("XX.A", 60, start_s=59.0, pick_id=pick_id), status()))["siren"]
        assert siren.source_event_id == known


def test_a_siren_that_shaking_sounded_is_not_called_off_by_a_small_magnitude() -> None:
    one = lifecycle()
    first = told(one.feel(motion("XX.A", 3.2, start_s=2.4), status()))["siren"]
    siren = told(one.step(event(0, 25, m=3.6), status()))["siren"]
    assert (siren.basis, siren.reason, siren.shaking[0].intensity) == ("onsite", "confirmed now", 6.2)
    assert "siren" not in told(one.look(first.origin_time_ns + 60 * SECOND, status()))


def test_shaking_that_grew_is_told() -> None:
    one = lifecycle(params=replace(AlertParams(), civil_defence=replace(AlertParams().civil_defence, level=0)))
    one.feel(motion("XX.A", 5, intensity=5.0), status())
    assert told(one.feel(motion("XX.B", 6, intensity=3.0), status()))["civil_defence"].kind == "new"
    assert "civil_defence" not in told(one.feel(motion("XX.A", 9, intensity=5.4, start_s=3.0), status()))
    assert "5.6" in told(one.feel(motion("XX.A", 11, intensity=5.6, start_s=3.0), status()))["civil_defence"].reason


def test_shaking_that_nobody_was_told_of_gives_no_id() -> None:
    one = lifecycle()
    assert told(one.feel(motion("XX.A", 3.2, start_s=2.4, pga=0.1, intensity=3.0), status())) == {}
    found = told(one.step(event(0, 6, m=5.0), status()))
    assert {each.event_id for each in found.values()} == {"e"}
    siren = told(one.feel(motion("XX.A", 8, start_s=2.4), status()))["siren"]
    assert (siren.event_id, siren.version) == ("e", 0)


def test_where_nobody_is_told_of_shaking_alone_it_is_not_kept() -> None:
    one = lifecycle(())
    assert one.feel(motion("XX.A", 3.2), status()) == []
    assert list(one.known) == []

"""Each audience's own chain, where there are places to be warned."""

from dataclasses import replace

from seismonet.core.alert import Alert, Decision
from seismonet.warn.changes import AlertParams
from tests.support.warnings import SECOND, T0, event, lifecycle, status


def by_audience(decisions: list[Decision]) -> dict[str, str | None]:
    return {one.audience: one.alert.kind if one.alert else None for one in decisions}


def alert(decisions: list[Decision], audience: str = "public") -> Alert:
    found = next(one.alert for one in decisions if one.audience == audience)
    assert found is not None
    return found


def test_two_stations_are_for_those_who_act_three_for_all() -> None:
    one = lifecycle()
    first = by_audience(one.step(event(0, 4, stations=2, m=6.5, r68=8.0), status()))
    assert first == {"public": None, "civil_defence": "new", "operator": None, "siren": "new"}
    then = by_audience(one.step(event(1, 6, stations=3, m=6.5, r68=8.0), status()))
    assert then == {"public": "new", "civil_defence": "update", "operator": "new", "siren": "update"}


def test_small_and_far_earthquakes_are_for_the_operator_alone() -> None:
    assert by_audience(lifecycle().step(event(0, 8, m=3.4), status())) == {
        "public": None, "civil_defence": None, "operator": "new", "siren": None,
    }  # fmt: skip
    far = event(0, 30, m=4.6, latitude=35.0)
    assert by_audience(lifecycle().step(far, status())) == {
        "public": None, "civil_defence": "new", "operator": "new", "siren": None,
    }  # fmt: skip


def test_without_targets_the_operator_alone_is_asked() -> None:
    assert by_audience(lifecycle(()).step(event(0, 8, m=7.0), status())) == {"operator": "new"}


def test_an_alert_says_all_that_is_known() -> None:
    told = alert(lifecycle().step(event(2, 6, m=6.0), status(6, ("XX.D",))))
    assert (told.audience, told.basis, told.state, told.event_version) == ("public", "network", "confirmed", 2)
    assert {one.target for one in told.shaking} == {"Near", "Middle", "Far"}
    assert told.shaking[0].target == "Near"
    assert [one.station_code for one in told.missing] == ["XX.D"]
    assert told.expires_ns == T0 + 120 * SECOND
    assert told.likelihood > 0.95
    assert (told.magnitude_uncertainty, told.network_status) == (0.2, status(6).id)


def test_a_weaker_one_is_told_as_weaker_but_not_at_once() -> None:
    one = lifecycle()
    assert alert(one.step(event(0, 6, m=5.0), status())).kind == "new"
    assert by_audience(one.step(event(1, 9, m=3.5), status()))["public"] is None
    assert one.due_ns == T0 + 26 * SECOND
    assert one.look(T0 + 25 * SECOND, status()) == []
    (late,) = [each for each in one.look(T0 + 26 * SECOND, status()) if each.audience == "public"]
    assert late.alert
    assert (late.audience, late.alert.kind, late.alert.magnitude) == ("public", "update", 3.5)
    assert "weaker" in late.alert.reason
    assert by_audience(one.step(event(2, 30, m=3.55), status()))["public"] is None


def test_what_grows_again_before_is_never_told_to_be_weaker() -> None:
    one = lifecycle()
    one.step(event(0, 6, m=5.0), status())
    one.step(event(1, 9, m=3.5), status())
    assert by_audience(one.step(event(2, 12, m=5.0), status()))["public"] is None
    assert all(late.alert is None for late in one.look(T0 + 26 * SECOND, status()))


def test_a_threshold_that_is_crossed_at_a_target_is_told() -> None:
    one = lifecycle()
    first = alert(one.step(event(0, 6, m=4.78, r68=10.0), status()))
    then = alert(one.step(event(1, 9, m=4.95, r68=10.0), status()))
    assert first.shaking[0].probability(5) < 0.5 <= then.shaking[0].probability(5)
    assert (then.kind, then.reason) == ("update", "intensity 5 is to be expected at Near")


def test_an_unlikely_event_is_taken_back() -> None:
    one = lifecycle()
    one.step(event(0, 6), status())
    gone = alert(one.step(event(1, 9, weight=0.1), status()))
    assert (gone.kind, gone.state) == ("cancel", "cancelled")
    assert "unlikely" in gone.reason


def test_with_one_station_alive_the_network_warns_nobody_and_says_so() -> None:
    one, alone = lifecycle(), status(5, ("XX.A", "XX.C", "XX.D"))
    assert {(each.audience, each.rules) for each in one.stand(alone)} == {
        (name, ("stations able to contribute 1 of 2; warning by the network is off: no",))
        for name in ("public", "civil_defence", "operator", "siren")
    }
    assert one.stand(alone) == []
    found = one.step(event(0, 6, m=6.5), alone)
    assert set(by_audience(found).values()) == {None}
    assert all("warning by the network is off: no" in each.rules[0] for each in found)
    assert {each.rules for each in one.stand(status(9))} == {
        ("stations able to contribute 4 of 2; warning by the network is on: yes",)
    }


def test_no_second_event_beside_one_that_was_told_unless_it_is_ten_times_larger() -> None:
    for m, latitude, origin_s, wanted in (
        (5.5, 38.3, 10.0, None),
        (6.0, 38.3, 10.0, "new"),
        (5.5, 38.3, 21.0, "new"),
        (5.6, 40.0, 10.0, "new"),
    ):
        one = lifecycle(params=replace(AlertParams(), public=replace(AlertParams().public, rate_s=0.0)))
        one.step(event(0, 6, m=5.0), status())
        second = event(0, origin_s + 6, id="f", m=m, latitude=latitude, longitude=73.0, origin_s=origin_s)
        assert by_audience(one.step(second, status()))["public"] == wanted
        assert by_audience(one.step(replace(second, version=1), status()))["operator"] is None


def test_a_target_is_not_warned_twice_within_a_minute_unless_of_more() -> None:
    for m, origin_s, wanted in ((5.0, 40.0, None), (6.6, 40.0, "new"), (5.0, 61.0, "new")):
        one = lifecycle()
        one.step(event(0, 6, m=5.0), status())
        second = event(0, origin_s + 6, id="f", m=m, origin_s=origin_s)
        assert by_audience(one.step(second, status()))["public"] == wanted


def test_who_was_warned_of_what_was_none_is_warned_again() -> None:
    one = lifecycle()
    one.step(event(0, 6, m=5.0), status())
    one.step(event(1, 38, m=5.0, event_type="not existing"), status())
    second = event(0, 47, id="f", m=5.0, origin_s=41.0)
    assert by_audience(one.step(second, status()))["public"] == "new"


def test_what_one_class_was_warned_of_is_nothing_to_another() -> None:
    params = AlertParams()
    one = lifecycle(params=replace(params, siren=replace(params.siren, rate_s=60.0, minimum_stations=4)))
    assert by_audience(one.step(event(0, 6, m=6.5, r68=6.0), status()))["siren"] is None
    second = by_audience(one.step(event(0, 46, id="f", m=6.5, r68=6.0, origin_s=40.0, stations=4), status()))
    assert (second["public"], second["siren"]) == (None, "new")


def test_aftershocks_are_told_to_the_public_from_a_larger_magnitude_on() -> None:
    hour = 3600.0
    for m, after_s, latitude, wanted in (
        (4.8, hour, 38.0, None),
        (5.1, hour, 38.0, "new"),
        (4.8, 7 * hour, 38.0, "new"),
    ):
        one = lifecycle()
        one.step(event(0, 6, m=6.6), status())
        second = event(0, after_s + 6, id="f", m=m, origin_s=after_s, latitude=latitude, r68=6.0)
        assert by_audience(one.step(second, status()))["public"] == wanted


def test_a_large_earthquake_that_was_none_has_no_aftershocks() -> None:
    one = lifecycle()
    one.step(event(0, 6, m=6.6), status())
    one.step(event(1, 9, m=6.6, event_type="not existing"), status())
    second = event(0, 3606, id="f", m=4.8, origin_s=3600.0, r68=6.0)
    assert by_audience(one.step(second, status()))["public"] == "new"


def test_late_data_warn_nobody() -> None:
    late = lifecycle().step(event(0, 130, m=7.0), status())
    assert set(by_audience(late).values()) == {None}
    (public,) = [one for one in late if one.audience == "public"]
    assert [rule for rule in public.rules if rule.endswith(": no")] != []
    assert any("age of its newest arrival" in rule and rule.endswith(": no") for rule in public.rules)
    assert any("since the origin 130.0 s of 120 s: no" in rule for rule in public.rules)

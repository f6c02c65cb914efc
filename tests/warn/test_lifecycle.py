"""What is told, when, and what is taken back: the operator's chain, which needs no targets."""

from dataclasses import replace

from seismonet.core.alert import Decision
from seismonet.core.event import Event
from tests.support.warnings import event, lifecycle, status


def told(*events: Event) -> list[Decision]:
    one, found = lifecycle(()), []
    for each in events:
        found += one.step(each, status())
    return found


def kinds(*events: Event) -> list[str | None]:
    return [decision.alert.kind if decision.alert else None for decision in told(*events)]


def test_three_stations_make_a_new_alert_once() -> None:
    assert kinds(event(0, 10), event(1, 12)) == ["new", None]
    assert kinds(event(0, 10, stations=2)) == [None]


def test_material_changes_are_told_and_no_others() -> None:
    assert kinds(event(0, 10), event(1, 12, latitude=38.05)) == ["new", None]
    assert kinds(event(0, 10), event(1, 12, latitude=38.2)) == ["new", "update"]
    assert kinds(event(0, 10), event(1, 12, m=5.1)) == ["new", None]
    assert kinds(event(0, 10), event(1, 12, m=5.3)) == ["new", "update"]


def test_an_event_without_a_size_or_a_place_is_no_alert_yet() -> None:
    assert kinds(event(0, 10, m=None), event(1, 12)) == [None, "new"]
    assert kinds(event(0, 10, m=3.6, r68=110.0), event(1, 12, m=3.6)) == [None, "new"]
    assert kinds(event(0, 10, m=6.0, r68=110.0)) == ["new"]


def test_a_lower_bound_is_told_as_one_and_when_it_becomes_one() -> None:
    found = [one.alert for one in told(event(0, 10, m=7.0), event(1, 12, m=7.0, at_least=True))]
    assert [(one.kind, one.at_least) for one in found if one] == [("new", False), ("update", True)]


def test_a_much_better_known_epicentre_is_told() -> None:
    assert kinds(event(0, 10), event(1, 12, r68=13.0)) == ["new", "update"]
    assert kinds(event(0, 10), event(1, 12, r68=16.0)) == ["new", None]


def test_an_update_that_comes_too_soon_is_told_when_it_may_be() -> None:
    assert kinds(event(0, 10), event(1, 10.5, m=6.0), event(2, 11.1, m=6.0)) == ["new", None, "update"]
    one = lifecycle(())
    first = one.step(event(0, 10), status())[0].alert
    assert first
    assert one.due_ns is None
    one.step(event(1, 10.5, m=6.0), status())
    assert one.due_ns == first.issued_ns + 10**9
    (late,) = one.look(one.due_ns, status())
    assert late.alert
    assert (late.alert.kind, late.alert.issued_ns, late.alert.magnitude) == ("update", first.issued_ns + 10**9, 6.0)
    assert one.due_ns is None


def test_a_cancelled_event_is_taken_back_once_with_its_reason_and_stays_so() -> None:
    gone = event(1, 12, event_type="not existing", reason="a teleseism")
    found = told(event(0, 10), gone, gone, event(3, 20, m=7.0, weight=0.1))
    assert [one.alert.kind if one.alert else None for one in found] == ["new", "cancel", None, None]
    assert found[1].alert
    assert (found[1].alert.reason, found[1].alert.state, found[1].alert.version) == ("a teleseism", "cancelled", 1)
    assert kinds(gone) == [None]


def test_what_is_an_earthquake_after_all_is_told_under_another_id() -> None:
    gone = event(1, 12, event_type="not existing")
    found = [one.alert for one in told(event(0, 10), gone, event(2, 20), event(3, 23, m=6.0)) if one.alert]
    assert [(one.kind, one.version) for one in found] == [("new", 0), ("cancel", 1), ("new", 0), ("update", 1)]
    assert found[0].event_id == found[1].event_id == "e"
    assert found[2].event_id == found[3].event_id != "e"
    assert {one.about for one in found} == {"e"}


def test_an_alert_carries_versions_and_the_status_it_was_made_under() -> None:
    one = lifecycle(())
    first = one.step(event(0, 10), status(10))[0].alert
    second = one.step(event(4, 13, m=6.0), status(13))[0].alert
    assert first
    assert second
    assert (first.version, second.version) == (0, 1)
    assert (first.network_status, second.network_status) == (status(10).id, status(13).id)
    assert (first.event_version, second.event_version, second.source_event_id) == (0, 4, "e")
    assert (first.stations, first.station_codes) == (3, ("XX.A", "XX.B", "XX.C"))
    assert "magnitude" in second.reason


def test_nothing_is_told_after_the_event_is_final_but_that_it_was_none() -> None:
    gone = replace(event(3, 150), event_type="not existing")
    assert kinds(event(0, 10), event(1, 119, m=6.0), event(2, 121, m=7.0), gone) == ["new", "update", None, "cancel"]

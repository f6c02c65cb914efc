"""What is told, when, and what is taken back."""

from dataclasses import replace

from seismonet.core.event import Arrival, Event, Magnitude, Origin
from seismonet.core.sourceid import SourceId
from seismonet.warn.lifecycle import Lifecycle

SECOND = 10**9


def event(version: int, issued_s: float, *, stations: int = 3, latitude: float = 38.0, m: float | None = 5.0) -> Event:
    arrivals = tuple(
        Arrival(f"p{k}", SourceId("XX", f"S{k}", "00", "HHZ"), "P", 30.0, 0.0, 0.1, 1.0) for k in range(stations)
    )
    origin = Origin(0, latitude, 72.0, 10.0, 0.5, 20.0, 10.0, 0.2, 120.0, 30.0, arrivals, "iasp91")
    magnitude = None if m is None else Magnitude(m, "Mpd", 0.4, ())
    return Event("e", version, round(issued_s * SECOND), origin, magnitude, f"status{version}")


def kinds(*events: Event) -> list[str | None]:
    lifecycle = Lifecycle()
    alerts = [lifecycle.step(one) for one in events]
    return [alert.kind if alert else None for alert in alerts]


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
    open_place = replace(event(0, 10).origin, horizontal_uncertainty_km=110.0)
    small, large = (replace(event(0, 10, m=m), origin=open_place) for m in (3.6, 6.0))
    assert kinds(small, event(1, 12, m=3.6)) == [None, "new"]
    assert kinds(large) == ["new"]


def test_a_lower_bound_is_told_as_one_and_when_it_becomes_one() -> None:
    lifecycle, bound = Lifecycle(), Magnitude(7.0, "Mpd", 0.4, (), at_least=True)
    told = [lifecycle.step(one) for one in (event(0, 10, m=7.0), replace(event(1, 12), magnitude=bound))]
    assert [(one.kind, one.at_least) for one in told if one] == [("new", False), ("update", True)]


def test_a_much_better_known_epicentre_is_told() -> None:
    first = event(0, 10)
    sharper = replace(event(1, 12), origin=replace(first.origin, horizontal_uncertainty_km=13.0))
    hardly = replace(event(1, 12), origin=replace(first.origin, horizontal_uncertainty_km=16.0))
    assert kinds(first, sharper) == ["new", "update"]
    assert kinds(first, hardly) == ["new", None]


def test_updates_keep_their_distance() -> None:
    assert kinds(event(0, 10), event(1, 10.5, m=6.0), event(2, 11.1, m=6.0)) == ["new", None, "update"]


def test_a_cancelled_event_is_taken_back_once_and_stays_so() -> None:
    gone = replace(event(1, 12), event_type="not existing")
    assert kinds(event(0, 10), gone, gone, event(3, 20, m=7.0)) == ["new", "cancel", None, None]
    assert kinds(gone) == [None]


def test_an_alert_carries_versions_and_the_status_it_was_made_under() -> None:
    lifecycle = Lifecycle()
    first, second = lifecycle.step(event(0, 10)), lifecycle.step(event(4, 13, m=6.0))
    assert first
    assert second
    assert (first.version, second.version) == (0, 1)
    assert (first.network_status, second.network_status) == ("status0", "status4")
    assert (first.stations, first.station_codes) == (3, ("XX.S0", "XX.S1", "XX.S2"))
    assert "magnitude" in second.reason

"""Stations that were down: what each would have changed, and how sure an event is."""

import re
from dataclasses import replace

import pytest

from seismonet.core.event import Arrival, Origin
from seismonet.core.sourceid import SourceId
from seismonet.location.network import Network
from seismonet.warn.likelihood import likelihood
from seismonet.warn.missing import missing_stations
from tests.support.warnings import NETWORK, event, status


def effects(stations: int, needed: int, down: tuple[str, ...]) -> dict[str, str]:
    origin = event(0, 6, stations=stations, latitude=38.1, longitude=72.05).origin
    arrivals = NETWORK.arrivals(origin.latitude, origin.longitude, origin.depth_km)
    return {
        one.station_code: one.effect for one in missing_stations(origin, status(6, down), NETWORK, arrivals, needed)
    }


def test_a_near_station_would_have_been_sooner_by_as_much() -> None:
    """Seen by A, C and D; the third of these had to be waited for, as B, beside the epicentre, was down."""
    origin = seen_by("XX.A", "XX.C", "XX.D")
    arrivals = NETWORK.arrivals(origin.latitude, origin.longitude, origin.depth_km)
    by_code = dict(zip(NETWORK.codes, arrivals.p_s.tolist(), strict=True))
    before = sorted(by_code[code] for code in ("XX.A", "XX.C", "XX.D"))[2]
    after = sorted(by_code.values())[2]
    (found,) = missing_stations(origin, status(6, ("XX.B",)), NETWORK, arrivals, 3)
    assert before - after > 0.3
    assert found.effect.startswith(f"third station {before - after:.1f} s sooner")
    assert found.why == "no record for 95 s"


def test_one_on_the_empty_side_would_have_narrowed_the_gap() -> None:
    origin = seen_by("XX.A", "XX.B", "XX.D")
    arrivals = NETWORK.arrivals(origin.latitude, origin.longitude, origin.depth_km)
    (found,) = missing_stations(origin, status(6, ("XX.C",)), NETWORK, arrivals, 2)
    narrow, wide = re.findall(r"gap (\d+)° instead of (\d+)°", found.effect)[0]
    assert int(narrow) < int(wide) - 4
    assert "station" not in found.effect


def seen_by(*codes: str) -> Origin:
    seen = tuple(Arrival(code, SourceId(*code.split("."), "00", "HHZ"), "P", 30.0, 0.0, 0.1, 1.0) for code in codes)
    return replace(event(0, 6, latitude=38.1, longitude=72.05).origin, arrivals=seen)


def test_two_stations_lacked_a_third() -> None:
    found = effects(2, 3, ("XX.C", "XX.D"))
    assert all(effect.startswith("third station at all") for effect in found.values())
    assert list(found) == ["XX.C", "XX.D"]


def test_who_is_up_or_took_part_is_not_missing() -> None:
    assert effects(3, 3, ()) == {}
    assert effects(3, 3, ("XX.A",)) == {}


def test_a_far_station_in_no_gap_would_have_changed_nothing() -> None:
    origin = replace(seen_by("XX.A", "XX.B", "XX.C"), latitude=37.9, longitude=72.1)
    arrivals = NETWORK.arrivals(origin.latitude, origin.longitude, origin.depth_km)
    arrivals.p_s[NETWORK.index["XX.D"]] = 60.0
    between = replace(NETWORK.stations["XX.D"], latitude=38.6, longitude=71.95)
    network = Network({**NETWORK.stations, "XX.D": between}, NETWORK.model)
    (found,) = missing_stations(origin, status(6, ("XX.D",)), network, arrivals, 2)
    assert found.effect == "nothing: farther than those that saw it, and in no gap"


def origin(*weights: float, s: int = 0) -> Origin:
    codes = "ABCDE"[: len(weights)]
    seen = [Arrival(k, SourceId("XX", k, "00", "HHZ"), "P", 30, 0, 0, w) for k, w in zip(codes, weights, strict=True)]
    seen += [Arrival(f"{k}S", SourceId("XX", k, "00", "HHN"), "S", 30, 0, 0, 1.0) for k in codes[:s]]
    return Origin(0, 38, 72, 10, 1, 10, 10, 0, 180, 10, tuple(seen), "")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (origin(), 0.0),
        (origin(0.9), 0.0),
        (origin(0.9, 0.9), 0.98**2),
        (origin(1.25, 1.25), 0.98**2),
        (origin(0.9, 0.9, 0.9), 1 - 0.02**3 - 3 * 0.98 * 0.02**2),
        (origin(0.9, 0.9, s=1), 0.98 * 0.996),
        (origin(0.44, 0.44), 0.914),
        (origin(0.2, 1.0), 0.0226),
        (origin(0.0, 1.0), 0.0),
    ],
)
def test_likelihood_is_that_two_stations_say_what_they_seem_to(one: Origin, expected: float) -> None:
    assert likelihood(one) == pytest.approx(expected, abs=5e-4)

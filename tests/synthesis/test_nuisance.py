"""The nuisance suite: what it holds, and that each case is what it says."""

from collections import Counter
from functools import cache

import numpy as np
import pytest

from seismonet.core.geo import distance_km
from seismonet.core.inventory import ChannelTable
from seismonet.core.share import share
from seismonet.core.target import Target
from seismonet.core.waveform import Receipts
from seismonet.models.intensity import bindi11
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.store.inventory import read_inventories
from seismonet.store.targets import read_targets
from seismonet.synthesis.earthquake import TimesTo, everywhere
from seismonet.synthesis.nuisance import KINDS, denser, suite
from seismonet.synthesis.nuisancecase import DENSE, Case
from seismonet.synthesis.scenarioset import scenarios, subsets
from seismonet.synthesis.sent import BEGIN_NS, sent


@cache
def own() -> ChannelTable:
    return read_inventories([str(share("stations"))])


@cache
def targets() -> tuple[Target, ...]:
    return read_targets(share("config") / "targets.csv")


@cache
def cases() -> tuple[Case, ...]:
    return suite(own().stations, denser(own()).stations, targets())


@cache
def earth() -> TravelTimes:
    return travel_times("pamir70-v0", cache_dir())


def times_to() -> TimesTo:
    return everywhere(earth().times)


def of(name: str) -> Case:
    return next(case for case in cases() if case.name == name)


def receipts(name: str) -> Receipts:
    case = of(name)
    return sent(case, denser(own()) if case.network == DENSE else own(), times_to())


def test_every_kind_of_the_fact_sheet_is_there_and_says_what_is_expected() -> None:
    assert len(cases()) >= 400
    assert len({case.name for case in cases()}) == len(cases())
    assert Counter(case.kind for case in cases()) == {kind.name: kind.count for kind in KINDS}
    for case in cases():
        assert case.why
        assert set(case.may) <= {"public", "civil_defence", "siren", "operator"}
        # nothing but a great earthquake may reach a public class
        assert case.may in ((), ("operator",)) or case.kind == "foreshock"
    assert sum(case.network == DENSE for case in cases()) > 100


def test_cases_come_from_the_seed_and_fewer_are_some_of_the_same() -> None:
    again = suite(own().stations, denser(own()).stations, targets())
    assert again == cases()
    few = suite(own().stations, denser(own()).stations, targets(), count=30)
    assert {case.kind for case in few} == {kind.name for kind in KINDS}
    assert set(few) <= set(cases())
    other = suite(own().stations, denser(own()).stations, targets(), seed=1)
    assert not {repr(case.scenario) for case in other} & {repr(case.scenario) for case in cases()}


def test_earthquakes_that_nobody_is_told_of_are_felt_nowhere() -> None:
    kinds = {"small", "doublets", "clipping", "wrong gains", "wrong polarities", "stations down", "quarry blasts"}
    events = [event for case in cases() if case.kind in kinds for event in case.scenario.events]
    assert len(events) > 100
    for event in events:
        km = [float(distance_km(event.latitude, event.longitude, one.latitude, one.longitude)) for one in targets()]
        # at the epicentre's distance, as if it were at the usual depth
        assert bindi11(event.magnitude, min(km)) < 4.2


def test_doublets_lie_apart_as_they_say() -> None:
    pairs = [case.scenario.events for case in cases() if case.kind == "doublets"]
    apart = {
        (
            round(second.after_s - first.after_s),
            round(float(distance_km(first.latitude, first.longitude, second.latitude, second.longitude)), -1),
        )
        for first, second in pairs
    }
    assert {seconds for seconds, _ in apart} == {5, 10, 20}
    assert {km for _, km in apart} == {20.0, 100.0}


def test_a_denser_network_holds_the_stations_and_others_like_them() -> None:
    table = denser(own())
    assert len(table.stations) == 9
    assert set(own().stations) <= set(table.stations)
    assert set(own().channels) <= set(table.channels)
    assert len({(one.latitude, one.longitude) for one in table.stations}) == 9


def test_what_is_sent_late_is_received_late() -> None:
    usual = receipts("quiet-00")
    delay_s = (usual.received_ns - usual.end_ns()) / 1e9
    assert 0 < delay_s.min() < delay_s.max() < 10
    late = receipts("backfill-00")
    assert ((late.received_ns - late.end_ns()) / 1e9).min() >= of("backfill-00").late_s
    assert (np.diff(late.received_ns) >= 0).all()
    some = next(case for case in cases() if case.kind == "late packets" and case.network != DENSE)
    found = receipts(some.name)
    delay = (found.received_ns - found.end_ns()) / 1e9
    slow = np.array([one.station_code in some.late_stations for one in found.source_ids])[found.channel]
    assert delay[slow].min() > 599
    assert not (~slow).any() or delay[~slow].max() < 20


def test_a_square_wave_is_on_several_stations_at_once() -> None:
    case = next(one for one in cases() if one.kind == "square waves" and one.network != DENSE)
    hit = {fault.target.rpartition(".00.")[0] for fault in case.scenario.faults}
    assert len(hit) >= 2
    found = receipts(case.name)
    quiet = suite(own().stations, denser(own()).stations, targets())[0]
    assert quiet.kind == "square waves"
    fault = case.scenario.faults[0]
    row = next(k for k, one in enumerate(found.source_ids) if fault.befalls(one))
    mine = found.select(found.channel == row)
    begin_ns = BEGIN_NS + round(fault.start_s * 1e9)
    samples = mine.select(mine.start_ns > begin_ns + 10**9).compact().samples
    assert np.abs(samples).max() >= 0.9 * fault.value


@pytest.mark.parametrize("count", [2, 3])
def test_scenarios_go_through_all_combinations_of_stations(count: int) -> None:
    stations = own().stations[:count]
    found = scenarios(stations)
    assert len(found) >= 200
    up = Counter(case.scenario.stations for case in found)
    codes = tuple(sorted(one.station_code for one in stations))
    assert set(up) == {codes, *subsets(codes)}
    assert up[codes] > len(found) / 2.5
    magnitudes = [case.scenario.events[0].magnitude for case in found]
    assert min(magnitudes) < 3.3
    assert max(magnitudes) > 7.2
    depths = np.array([case.scenario.events[0].depth_km for case in found])
    assert 0.25 < (depths > 60).mean() < 0.6
    assert scenarios(stations, count=7) == found[:7]
    named = {case.scenario.name for case in found}
    assert {"2015-sarez", "1911-sarez", "2015-hindu-kush"} <= named
    assert all(case.scenario.events[0].depth_km < 60 for case in scenarios(stations, deep=False))

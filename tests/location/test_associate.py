"""Picks to events: born when stations agree, refused when they do not, taken back when they cease to."""

import json
from dataclasses import replace

import numpy as np
import pytest

from seismonet.core.event import Pick, Polarization, Rejection
from seismonet.core.geo import KM_PER_DEGREE, distance_km
from seismonet.core.plain import flatten, unflatten
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.location.associate import Associator
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from tests.support.picks import (
    Fact,
    Quake,
    World,
    amplitude,
    grid_of,
    last,
    looks,
    matched,
    order,
    pick,
    raw,
    run,
    shear,
    standing,
)
from tests.support.receipts import T0_NS

RING = {
    "XX.A": (38.0, 72.0), "XX.B": (38.5, 72.6), "XX.C": (38.4, 71.5), "XX.D": (37.6, 72.4), "XX.E": (37.5, 71.6),
}  # fmt: skip
PAMIR = {"TJ.SAREZ": (38.27, 72.60), "TJ.MURGH": (38.17, 73.97), "TJ.MANEM": (37.54, 71.66)}
QUAKE = Quake(38.1, 72.1, 10, 30)
END_S = 200.0


@pytest.fixture(scope="module")
def model() -> TravelTimes:
    return travel_times("iasp91", cache_dir())


@pytest.fixture
def ring(model: TravelTimes) -> World:
    return World(RING, model, seed=1)


@pytest.fixture
def pamir(model: TravelTimes) -> World:
    return World(PAMIR, model, seed=1)


def picks_of(facts: list[Fact]) -> list[Pick]:
    return [one for one in facts if isinstance(one, Pick)]


def test_five_stations_locate_an_earthquake_among_them(ring: World) -> None:
    (event,) = standing(run(ring.associator(), ring.facts(QUAKE), END_S))
    assert matched(event, QUAKE, seconds=1.5, km=8)
    assert (len(event.origin.station_codes), event.state) == (5, "confirmed")
    assert event.magnitude is not None
    assert abs(event.magnitude.value - QUAKE.magnitude) < 0.7


def test_one_wrong_pick_does_not_carry_the_solution_away(ring: World) -> None:
    facts = [
        replace(one, time_ns=one.time_ns + 7 * SECOND_NS) if isinstance(one, Pick) and "XX.E" in one.id else one
        for one in ring.facts(QUAKE)
    ]
    (event,) = standing(run(ring.associator(), facts, END_S))
    assert "XX.E" not in event.origin.station_codes
    assert matched(event, QUAKE, km=12)


# Two and three stations


def test_two_stations_make_a_preliminary_event_and_a_third_confirms_it(pamir: World) -> None:
    quake = Quake(38.2, 73.2, 15, 30)
    two = ["TJ.SAREZ", "TJ.MURGH"]
    facts = pamir.facts(quake)
    early = [one for one in facts if "MANEM" not in one.source_id.nslc]
    (event,) = standing(run(pamir.associator(two), early, END_S))
    assert (event.state, len(event.origin.station_codes)) == ("preliminary", 2)
    (event,) = standing(run(pamir.associator(), facts, END_S))
    assert (event.state, len(event.origin.station_codes)) == ("confirmed", 3)


def test_two_stations_and_an_s_confirm_each_other(pamir: World) -> None:
    two = ["TJ.SAREZ", "TJ.MURGH"]
    facts = pamir.facts(Quake(38.2, 73.2, 15, 30), s=True, codes=two)
    (event,) = standing(run(pamir.associator(two), facts, END_S))
    assert event.state == "confirmed"
    assert sorted(one.phase for one in event.origin.arrivals) == ["P", "P", "S", "S"]


def test_the_silence_of_a_third_station_that_is_alive_cancels_what_two_saw(pamir: World) -> None:
    two = ["TJ.SAREZ", "TJ.MURGH"]
    facts = pamir.facts(Quake(38.2, 73.2, 15, 30), codes=two)
    (event,) = last(run(pamir.associator(), facts, END_S)).values()
    assert event.event_type == "not existing"
    assert "TJ.MANEM" in event.reason
    assert standing(run(pamir.associator(two), facts, END_S))


def test_stations_that_are_down_are_named(pamir: World) -> None:
    two = ["TJ.SAREZ", "TJ.MURGH"]
    (event,) = standing(run(pamir.associator(two), pamir.facts(Quake(38.2, 73.2, 15, 30), codes=two), END_S))
    assert event.origin.confidence is not None
    assert event.origin.confidence.deaf == ("TJ.MANEM",)


def test_a_station_that_is_down_says_nothing_and_one_with_an_open_trigger_not_yet(pamir: World) -> None:
    """However long a third one has told nothing: only that of one that is alive moves the place."""
    two = ["TJ.SAREZ", "TJ.MURGH"]
    picks = [one for one in picks_of(pamir.facts(Quake(38.2, 73.2, 15, 30), codes=two)) if one.version]
    reference_ns = picks[0].time_ns

    def placed(here: Associator, after_s: float) -> tuple[float, float]:
        fit = here.locator.solve(picks, reference_ns, reference_ns + from_seconds(after_s))
        assert fit is not None
        return fit.solution.latitude, fit.solution.longitude

    down, alive = pamir.associator(two), pamir.associator()
    assert placed(down, 5.0) == placed(down, 100.0)
    assert placed(alive, 5.0) != placed(alive, 100.0)
    waiting = pamir.associator()
    waiting.add_pick(pick("TJ.MANEM", 36.0, version=0), reference_ns)
    assert placed(waiting, 100.0) == placed(down, 100.0)


def test_two_weak_picks_are_no_event(pamir: World) -> None:
    two = ["TJ.SAREZ", "TJ.MURGH"]
    facts = picks_of(pamir.facts(Quake(38.2, 73.2, 15, 30), codes=two))
    weak = [replace(one, snr=min(one.snr, 4.0)) for one in facts]
    assert run(pamir.associator(two), weak, END_S) == []
    assert run(pamir.associator(two), facts, END_S)


def test_two_picks_whose_directions_contradict_are_no_event(pamir: World) -> None:
    """Sarez hears it from the east, where it is; or both from where the other is not."""
    two = ["TJ.SAREZ", "TJ.MURGH"]
    facts = picks_of(pamir.facts(Quake(38.2, 73.2, 15, 30), codes=two))

    def pointing(sarez_deg: float, murgh_deg: float) -> list[Pick]:
        towards = {"TJ.SAREZ": sarez_deg, "TJ.MURGH": murgh_deg}
        return [
            replace(one, polarization=Polarization(towards[one.source_id.station_code], 12.0, 30.0, 0.95))
            for one in facts
        ]

    assert run(pamir.associator(two), pointing(90, 270), END_S)
    assert run(pamir.associator(two), pointing(270, 90), END_S) == []


def test_a_pick_far_too_strong_or_weak_for_its_distance_is_not_of_the_same_earthquake(ring: World) -> None:
    here = ring.associator()
    times = here.network.arrivals(QUAKE.latitude, QUAKE.longitude, QUAKE.depth_km)
    picks = [pick(code, 30 + float(p_s)) for code, p_s in zip(here.network.codes, times.p_s, strict=True)]
    assert here.judge.alike(picks, times, QUAKE.depth_km) == tuple(picks)
    for factor, kept in ((10.0, 5), (300.0, 4), (1 / 300.0, 4)):
        odd = [replace(picks[0], snr=picks[0].snr * factor), *picks[1:]]
        assert len(here.judge.alike(odd, times, QUAKE.depth_km)) == kept
    bare = [pick("XX.A", 30 + float(times.p_s[0]), version=0), *picks[1:]]
    assert here.judge.alike(bare, times, QUAKE.depth_km) == tuple(bare)


def test_three_stations_wait_for_refined_picks(ring: World) -> None:
    three = ["XX.A", "XX.B", "XX.C"]
    facts = picks_of(ring.facts(QUAKE, codes=three))
    assert run(ring.associator(three), [one for one in facts if one.version == 0], END_S) == []
    assert standing(run(ring.associator(three), facts, END_S))


def test_a_bare_trigger_is_no_third_station_until_it_is_looked_at(ring: World) -> None:
    """Two refined picks are a preliminary event meanwhile; the third confirms it, or proves to be noise."""
    three = ["XX.A", "XX.B", "XX.C"]
    facts = picks_of(ring.facts(QUAKE, codes=three))
    third = max((one for one in facts if one.version), key=lambda one: one.issued_ns)
    waiting = run(ring.associator(three), [one for one in facts if one != third], END_S)
    assert {(len(one.origin.station_codes), one.state) for one in waiting} == {(2, "preliminary")}
    looked_at = run(ring.associator(three), facts, END_S)
    assert looked_at[-1].state == "confirmed"
    assert min(one.issued_ns for one in looked_at if one.state == "confirmed") == third.issued_ns
    weak = replace(third, snr=1.2)
    noise = run(ring.associator(three), [weak if one == third else one for one in facts], END_S)
    assert {one.state for one in noise} <= {"preliminary"}


def test_a_surge_needs_no_look(ring: World) -> None:
    """Three bare triggers are too few, three hundredfold surges are not."""
    three = ["XX.A", "XX.B", "XX.C"]
    facts = [one for one in picks_of(ring.facts(QUAKE, codes=three, detector="D1+")) if one.version == 0]
    assert standing(run(ring.associator(three), facts, END_S))


def test_amplitudes_move_a_place_that_is_open(pamir: World) -> None:
    """The picks alone, then the same with one station shaking far more than the others."""
    facts = picks_of(pamir.facts(Quake(38.2, 73.2, 15, 30)))
    near = "TJ.SAREZ"
    later_ns = max(one.issued_ns for one in facts) + SECOND_NS
    sizes = [
        replace(amplitude(one, 2.0, 3e-5 if one.source_id.station_code == near else 3e-7), issued_ns=later_ns)
        for one in facts
        if one.version
    ]
    both: list[list[Fact]] = [[*facts], [*facts, *sizes]]
    (bare,), (sized,) = (standing(run(pamir.associator(), some, END_S)) for some in both)
    km = [
        next(one.distance_km for one in event.origin.arrivals if one.source_id.station_code == near)
        for event in (bare, sized)
    ]
    assert km[1] < km[0] - 3


def test_a_foreshock_is_not_given_the_size_of_the_main_shock(ring: World) -> None:
    """Its longer windows hold the P of the larger earthquake ten seconds later."""
    before, after = Quake(38.1, 72.1, 10, 30, 4.0), Quake(38.12, 72.08, 10, 40, 6.5)
    first = ring.facts(before)
    main = [replace(one, detector="D1+") if isinstance(one, Pick) else one for one in ring.facts(after)]
    huge = [
        replace(amplitude(one, 20.0, 1e-2), wood_anderson_m=1e-2, noise_wood_anderson_m=1e-7)
        for one in picks_of(first)
        if one.version
    ]
    found = standing(run(ring.associator(), [*first, *main, *huge], END_S))
    assert [matched(*pair, seconds=2) for pair in zip(found, (before, after), strict=True)] == [True, True]
    sizes = [one.magnitude.value for one in found if one.magnitude]
    assert abs(sizes[0] - 4.0) < 0.8
    assert sizes[1] > 5.5


def test_a_station_is_not_silent_while_its_samples_are_on_their_way(pamir: World) -> None:
    """Two saw it; the third is alive, and its samples come half a minute late, or at once."""
    two = ["TJ.SAREZ", "TJ.MURGH"]
    facts = pamir.facts(Quake(38.2, 73.2, 15, 30), codes=two)
    events = {late: run(pamir.associator(late_s={"TJ.MANEM": late}), facts, 75.0) for late in (0.0, 60.0)}
    assert [bool(standing(events[late])) for late in (0.0, 60.0)] == [False, True]


# What is no earthquake


def test_picks_further_apart_than_a_wave_could_make_them_are_no_event(ring: World) -> None:
    assert run(ring.associator(), [pick(code, 30 + 25.0 * k) for k, code in enumerate(RING)], END_S) == []


def test_weak_refined_picks_do_not_count(ring: World) -> None:
    facts = [replace(one, snr=1.5) if one.version else one for one in picks_of(ring.facts(QUAKE))]
    assert standing(run(ring.associator(), facts, END_S)) == []


def test_stations_that_should_have_seen_it_and_did_not_prevent_an_event(model: TravelTimes) -> None:
    """Three far ones agree while the nearest, alive, stay silent; dead ones would not matter."""
    near = {f"XX.N{k}": (37.6 + 0.02 * k, 71.9 + 0.03 * k) for k in range(4)}
    world = World({**RING, **near}, model, seed=2)
    far = ("XX.A", "XX.B", "XX.C")
    facts = world.facts(Quake(37.62, 72.0, 8, 30), codes=far)
    late = [replace(one, issued_ns=one.issued_ns + 40 * SECOND_NS) for one in facts]
    assert standing(run(world.associator(far), late, END_S))
    assert standing(run(world.associator(), late, END_S)) == []


def test_noise_of_ten_stations_that_trigger_each_minute_makes_no_event(model: TravelTimes) -> None:
    """Two picks of ten go together by chance every few seconds; an earthquake among them is found."""
    world = World(grid_of(3, 4, 40.0), model, seed=3)
    noise = world.noise(600, 1.0)
    assert standing(run(world.associator(), noise, 700)) == []
    quake = Quake(38.05, 72.6, 10, 300)
    found = standing(run(world.associator(), [*noise, *world.facts(quake)], 700))
    assert [matched(one, quake) for one in found] == [True]


def test_a_teleseism_is_refused_and_says_why(ring: World) -> None:
    """A plane wave from the south at 16 km/s, of which the gate has its doubts."""
    begin = min(latitude for latitude, _ in RING.values())
    found = {
        code: 30 + (latitude - begin) * KM_PER_DEGREE / 16 + 0.1 * k
        for k, (code, (latitude, _)) in enumerate(RING.items())
    }
    plain = [pick(code, time_s) for code, time_s in found.items()]
    hinted = [replace(one, hint="teleseism") for one in plain]
    here = ring.associator()
    assert run(here, hinted, END_S) == []
    refused = here.take_refused()
    assert sorted(one.source_id.station_code for one in refused) == sorted(RING)
    assert {one.reason for one in refused} == {"teleseism"}
    assert "km/s" in refused[0].detail
    later = [pick("XX.A", 400.0), replace(pick("XX.B", 460.0), hint="teleseism"), pick("XX.C", 500.0)]
    run(here, later, 600.0)
    # of its later phases those are known that look like it; a local earthquake meanwhile is none
    assert [one.pick_id for one in here.take_refused()] == [later[1].id]
    unhinted = ring.associator()
    run(unhinted, plain, END_S)
    assert unhinted.take_refused() == []
    local = [replace(one, hint="teleseism") for one in picks_of(ring.facts(QUAKE))]
    assert standing(run(ring.associator(), local, END_S)), "a local move-out is no teleseism, whatever the hint"


def test_what_triggers_all_stations_at_once_came_by_wire(ring: World) -> None:
    here = ring.associator()
    together = [pick(code, 30 + 0.01 * k) for k, code in enumerate(RING)]
    assert run(here, together, END_S) == []
    refused = here.take_refused()
    assert len(refused) == len(RING)
    assert {one.reason for one in refused} == {"electronic"}
    assert standing(run(ring.associator(), ring.facts(QUAKE), END_S)), "an earthquake is not that simultaneous"


# Later phases


def test_the_s_of_an_event_makes_no_second_one(ring: World) -> None:
    """S waves that are triggers like any other, 4 times as large as P."""
    facts = ring.facts(QUAKE, s=True)
    disguised = [
        replace(one, phase="P", detector="D1+", p_pick_id="") if isinstance(one, Pick) and one.phase == "S" else one
        for one in facts
    ]
    (event,) = last(run(ring.associator(), disguised, END_S)).values()
    assert matched(event, QUAKE)


def test_an_s_makes_an_event_of_two_picks_that_chance_may_have_made(pamir: World) -> None:
    """Sarez and Manem trigger on noise so often that two P are too few; an S after each is more than noise does."""
    two = ["TJ.SAREZ", "TJ.MANEM"]
    quake = Quake(38.0, 72.3, 15, 600, 3.6)
    facts = picks_of(pamir.facts(quake, s=True, codes=two))
    noise = [
        one
        for code in two
        for time_s in range(5, 580, 110)
        for one in (
            raw(pick(code, time_s + 17.0 * two.index(code), snr=3.0)),
            pick(code, time_s + 17.0 * two.index(code), snr=3.0),
        )
    ]
    assert standing(run(pamir.associator(two), [*noise, *(one for one in facts if one.phase == "P")], 900.0)) == []
    (event,) = standing(run(pamir.associator(two), [*noise, *facts], 900.0))
    assert event.state == "confirmed"
    assert matched(event, quake)


def test_s_picks_without_a_source_make_none(ring: World) -> None:
    only_s = [one for one in picks_of(ring.facts(QUAKE, s=True)) if one.phase == "S"]
    assert run(ring.associator(), only_s, END_S) == []


def test_an_s_that_came_before_its_event_was_born_joins_it(pamir: World) -> None:
    facts = picks_of(pamir.facts(Quake(38.25, 72.7, 10, 30), s=True))
    first_p = min(one.time_ns for one in facts)
    s_first = [one for one in facts if one.phase == "P" or one.source_id.station == "SAREZ"]
    assert any(one.phase == "S" and one.issued_ns < first_p + 20 * SECOND_NS for one in s_first)
    (event,) = standing(run(pamir.associator(), s_first, END_S))
    assert [one.source_id.station for one in event.origin.arrivals if one.phase == "S"] == ["SAREZ"]


def test_the_second_sensor_of_a_site_is_no_second_station(ring: World) -> None:
    twins = [
        replace(one, id=one.id + "N", source_id=replace(one.source_id, channel="HNZ"), time_ns=one.time_ns + 10**7)
        for one in picks_of(ring.facts(QUAKE))
    ]
    (event,) = last(run(ring.associator(), [*ring.facts(QUAKE), *twins], END_S)).values()
    assert len(event.origin.station_codes) == 5


def test_the_coda_of_a_large_earthquake_is_not_many_small_ones(model: TravelTimes) -> None:
    """Each of nine stations triggers three times more within a minute, anywhere."""
    world = World(grid_of(3, 3, 40.0), model, seed=5)
    quake = Quake(38.05, 72.6, 10, 30, 6.8)
    first = world.facts(quake, s=True)
    generator = np.random.default_rng(5)
    later = []
    for one in [one for one in picks_of(first) if one.phase == "P" and one.version]:
        for after_s in generator.uniform(4, 60, 3).tolist():
            coda = pick(
                one.source_id.station_code, (one.time_ns - T0_NS) / 1e9 + after_s, snr=float(generator.uniform(3, 9))
            )
            later += [raw(coda), coda]
    found = standing(run(world.associator(), [*first, *later], END_S))
    assert [matched(one, quake) for one in found] == [True]


# Several earthquakes


def test_two_earthquakes_seven_seconds_apart_are_two(model: TravelTimes) -> None:
    world = World(grid_of(3, 3, 45.0), model, seed=7)
    one, other = Quake(38.4, 72.0, 10, 30), Quake(37.7, 73.0, 10, 37)
    found = standing(run(world.associator(), [*world.facts(one), *world.facts(other)], END_S))
    assert [matched(found[0], one), matched(found[1], other)] == [True, True]
    assert len(found) == 2
    (alone,) = standing(run(world.associator(), world.facts(one), END_S))
    assert matched(alone, one)


def test_a_foreshock_hides_no_mainshock(ring: World) -> None:
    fore, main = Quake(38.1, 72.1, 10, 30, 3.2), Quake(38.13, 72.05, 10, 40, 6.3)
    small = ring.facts(fore, s=True)
    found = standing(run(ring.associator(), [*small, *ring.facts(main, detector="D1+", s=True)], END_S))
    assert [matched(found[0], fore), matched(found[1], main)] == [True, True]
    assert len(found) == 2


def test_an_aftershock_sequence(ring: World) -> None:
    """Sixty in twelve minutes, three hundred an hour, sizes by Gutenberg and Richter: most are hidden by coda."""
    generator = np.random.default_rng(11)
    times = np.sort(generator.uniform(10, 730, 60)).tolist()
    quakes: list[Quake] = []
    facts: list[Fact] = []
    for time_s in times:
        north, east = generator.normal(0, 0.05, 2).tolist()
        quake = Quake(38.1 + north, 72.1 + east, 10, time_s, 2.3 - float(np.log10(generator.uniform(0.03, 1))))
        facts += ring.facts(quake, behind=quakes[-5:])
        quakes.append(quake)
    heard = [one for one in quakes if all(ring.heard(one, quakes, code) for code in RING)]
    found = standing(run(ring.associator(), facts, 830))
    hits = [any(matched(one, quake, seconds=4.0) for one in found) for quake in heard]
    false = [one for one in found if not any(matched(one, quake, seconds=4.0, km=60) for quake in quakes)]
    assert len(heard) >= 5
    assert np.mean(hits) >= 0.85
    assert len(false) <= 1


def test_what_was_born_as_two_becomes_one_and_keeps_the_older_name(model: TravelTimes) -> None:
    """Four of nine stations' onsets are 14 s late and pass for another earthquake, until they are read again."""
    world = World(grid_of(3, 3, 45.0), model, seed=7)
    quake = Quake(38.05, 72.55, 10, 30)
    facts = picks_of(world.facts(quake))
    late = {"XX.0000", "XX.0002", "XX.0200", "XX.0202"}
    first, again = [], []
    for one in facts:
        if one.source_id.station_code in late:
            moved = replace(one, time_ns=one.time_ns + 14 * SECOND_NS, issued_ns=one.issued_ns + 14 * SECOND_NS)
            first.append(moved)
            again += [replace(one, version=2, issued_ns=T0_NS + 75 * SECOND_NS)] if one.version else []
        else:
            first.append(one)
    apart = standing(run(world.associator(), first, 74))
    assert len(apart) == 2
    events = run(world.associator(), [*first, *again], END_S)
    (event,) = standing(events)
    assert matched(event, quake, km=12)
    assert event.id == apart[0].id
    assert last(events)[apart[1].id].reason == f"merged into {event.id}"


# Names, versions, refusals


def test_ids_derive_from_the_picks(ring: World) -> None:
    facts = ring.facts(QUAKE)
    one, other = (standing(run(ring.associator(), part, END_S)) for part in (facts, list(reversed(facts))))
    assert one[0].id == other[0].id


def test_an_event_that_its_refined_picks_do_not_bear_out_is_cancelled(ring: World) -> None:
    here = ring.associator()
    facts = [replace(one, snr=1.0) if one.version else one for one in picks_of(ring.facts(QUAKE))]
    late = [replace(one, issued_ns=one.issued_ns + 20 * SECOND_NS) if one.version else one for one in facts]
    events = run(here, late, END_S)
    told = [one for one in events if one.event_type == "earthquake"][-1]
    assert events[-1].event_type == "not existing"
    assert events[-1].reason
    assert (events[-1].version, events[-1].origin) == (told.version + 1, told.origin)


def refuse(one: Pick, after_s: float) -> Rejection:
    return Rejection(one.id, one.source_id, one.time_ns, one.issued_ns + from_seconds(after_s), "spike", "a spike")


def test_a_refused_pick_leaves_its_event(ring: World) -> None:
    facts = ring.facts(QUAKE)
    of_e = next(one for one in picks_of(facts) if "XX.E" in one.id and one.version)
    (event,) = standing(run(ring.associator(), [*facts, refuse(of_e, 5)], END_S))
    assert event.origin.station_codes == ("XX.A", "XX.B", "XX.C", "XX.D")


def test_an_event_whose_picks_are_refused_is_cancelled(pamir: World) -> None:
    two = ["TJ.SAREZ", "TJ.MURGH"]
    facts = pamir.facts(Quake(38.2, 73.2, 15, 30), codes=two)
    one = next(one for one in picks_of(facts) if one.version)
    again = replace(one, version=2, issued_ns=one.issued_ns + from_seconds(40))
    (event,) = last(run(pamir.associator(two), [*facts, refuse(one, 30), again], END_S)).values()
    assert event.event_type == "not existing"


def test_no_version_is_told_when_nothing_moved(ring: World) -> None:
    here = ring.associator()
    facts = picks_of(ring.facts(QUAKE))
    events = run(here, facts, END_S)
    best = [one for one in facts if one.version == 1]
    same = [replace(one, version=2, issued_ns=T0_NS + from_seconds(60 + k)) for k, one in enumerate(best)]
    assert events
    assert run(here, same, END_S) == []
    moved = replace(
        best[-1], version=3, time_ns=best[-1].time_ns + from_seconds(0.9), issued_ns=T0_NS + from_seconds(70)
    )
    assert run(here, [moved], END_S)


def test_trust_weighs_a_pick(ring: World) -> None:
    """A pick that is 1 s late moves the place less when its station's sensors disagree."""

    def off_km(trust: float) -> float:
        exact = World(RING, ring.model, stretch=0.0, station_s=0.0, reading_s=0.01)
        facts = [
            replace(one, time_ns=one.time_ns + SECOND_NS, trust=trust) if "XX.E" in one.id else one
            for one in picks_of(exact.facts(QUAKE))
        ]
        (event,) = standing(run(exact.associator(), facts, END_S))
        return float(distance_km(event.origin.latitude, event.origin.longitude, QUAKE.latitude, QUAKE.longitude))

    assert off_km(0.1) < off_km(1.0)


# Restarts and size


def saved(here: Associator, world: World) -> Associator:
    """Another one with the memory of this, through what a snapshot is."""
    tree = json.loads(json.dumps(here.save()))
    again = world.associator()
    again.load(unflatten(flatten({"associator": tree}))["associator"])
    return again


def test_a_restart_at_any_fact_changes_nothing(ring: World) -> None:
    facts = order([*ring.facts(QUAKE, s=True), *ring.noise(80, 1.0)])
    undisturbed = run(ring.associator(), facts, END_S)
    here, events = ring.associator(), []
    for number, one in enumerate(facts):
        following = facts[number + 1].issued_ns if number + 1 < len(facts) else one.issued_ns + 1
        events += run(here, [one])
        if following > one.issued_ns:
            events += looks(here, following - 1)
            here = saved(here, ring)
    events += looks(here, T0_NS + from_seconds(END_S))
    assert len(undisturbed) > 3
    assert events == undisturbed


def test_an_event_told_before_a_restart_goes_on_by_its_name(ring: World) -> None:
    facts = ring.facts(QUAKE)
    told = run(ring.associator(), facts, END_S)[-1]
    here = ring.associator()
    here.remember(told)
    (event,) = standing(run(here, facts, END_S))
    assert event.id == told.id
    assert event.version > told.version


def test_an_s_counts_again_when_its_p_joins(ring: World) -> None:
    """The P of C is told after its S, which had waited as that of a P that belonged to nothing."""
    late = [
        replace(one, issued_ns=one.issued_ns + 12 * SECOND_NS, first_issued_ns=one.first_issued_ns + 12 * SECOND_NS)
        if one.phase == "P" and "XX.C" in one.id
        else one
        for one in picks_of(ring.facts(QUAKE, s=True))
        if one.phase == "P" or "XX.C" in one.id
    ]
    assert min(one.issued_ns for one in late if "XX.C" in one.id) == min(
        one.issued_ns for one in late if one.phase == "S"
    )
    (event,) = standing(run(ring.associator(late_s=dict.fromkeys(RING, 20.0)), late, END_S))
    assert [one.source_id.nslc[:4] for one in event.origin.arrivals if one.phase == "S"] == ["XX.C"]


def test_what_is_prepared_is_not_remembered(ring: World) -> None:
    here = ring.associator()
    before = here.save()
    here.prepare()
    assert here.save() == before
    facts = ring.facts(QUAKE)
    assert run(here, facts, END_S) == run(ring.associator(), facts, END_S)


def test_a_station_whose_triggers_are_refused_is_not_noisy(pamir: World) -> None:
    """Manem triggers on noise every minute; of two P there only those that were looked at count."""
    two = ["TJ.SAREZ", "TJ.MANEM"]
    quake = picks_of(pamir.facts(Quake(38.0, 72.3, 15, 600, 4.5), codes=two))
    noise = [pick("TJ.MANEM", float(time_s), snr=4.0) for time_s in range(5, 590, 30)]
    refused = [
        Rejection(one.id, one.source_id, one.time_ns, one.issued_ns + SECOND_NS, "weak", "no onset") for one in noise
    ]
    bare = [raw(one) for one in noise]
    assert standing(run(pamir.associator(two), [*bare, *refused, *quake], 900.0))
    assert standing(run(pamir.associator(two), [*bare, *noise, *quake], 900.0)) == []


def test_s_joins_only_its_own_p(ring: World) -> None:
    facts = picks_of(ring.facts(QUAKE))
    of_a = next(one for one in facts if "XX.A" in one.id and one.version)
    stray = replace(shear(of_a, 45.0), p_pick_id="another")
    (event,) = standing(run(ring.associator(), [*facts, stray], END_S))
    assert {one.phase for one in event.origin.arrivals} == {"P"}

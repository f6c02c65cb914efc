"""Which found earthquake is which true one, and what is said of them: against numbers computed by hand."""

import json
from dataclasses import replace

import pytest

from seismonet.core.utc import SECOND_NS
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.reports.evaluation import Rule, TruePick, Truth, TruthSet, match
from seismonet.reports.evaluationresult import Evaluation, document, evaluate, remarks
from seismonet.reports.evaluationstatistics import Measure, crps_normal, level_of, quantile, share
from tests.support.evaluated import TABLE, origin_ns, quakes, run_of, truth_of, with_picks
from tests.support.quakes import quake


@pytest.fixture(scope="module")
def model() -> TravelTimes:
    return travel_times("iasp91", cache_dir())


def measure(made: Evaluation, key: str, group: str = "all") -> Measure:
    sections = made.groups[group] if group else made.general
    return next(row.measure for section in sections for row in section.rows if row.key == key)


def value(made: Evaluation, key: str, group: str = "all") -> float:
    found = measure(made, key, group).value
    assert found is not None, measure(made, key, group).why
    return found


def test_wilson_of_eight_in_ten_is_the_published_one() -> None:
    found = share(8, 10, "")
    assert (found.value, found.n) == (0.8, 10)
    assert found.low == pytest.approx(0.4902, abs=1e-4)
    assert found.high == pytest.approx(0.9433, abs=1e-4)


def test_bootstrap_interval_holds_the_median_and_is_always_the_same() -> None:
    values = [float(k) for k in range(101)]
    found = quantile(values, 0.5, "km", "")
    assert found.value == 50.0
    assert found.low is not None
    assert found.high is not None
    assert 30 < found.low < 50 < found.high < 70
    assert quantile(values, 0.5, "km", "") == found


def test_score_of_a_narrow_distribution_is_the_distance() -> None:
    assert crps_normal(5.0, 1e-6, 5.4) == pytest.approx(0.4, abs=1e-5)


def test_levels_of_a_round_normal_distribution() -> None:
    # radii of a round normal distribution of 10 km: r = 10 sqrt(-2 ln(1 - level))
    radii = [(0.5, 11.774), (0.68, 15.096), (0.9, 21.460)]
    for level, km in ((0.25, 7.585), (0.8, 17.941), (0.95, 24.477)):
        assert level_of(km, radii) == pytest.approx(level, abs=0.001)
        assert level_of(km, radii[1:2]) == pytest.approx(level, abs=0.001)


def test_each_earthquake_takes_the_nearest_event_and_only_one() -> None:
    near, far = quake(TABLE, origin_ns(0)), quake(TABLE, origin_ns(0) + 9 * SECOND_NS, latitude=38.6)
    run = run_of([near, far])
    found = match([truth_of(near, 0, north_km=3.0)], run, Rule(), (0, 2**62))
    assert [one.last.id for one in found.pairs] == [near.versions[0].id]
    assert [one.last.id for one in found.false] == [far.versions[0].id]
    # where the truth says that it is incomplete, nobody can tell
    some = replace(truth_of(near, 0), incomplete=True)
    found = match([some], run, Rule(), (0, 2**62))
    assert (len(found.false), len(found.unverified)) == (0, 1)


@pytest.mark.parametrize(
    ("north_km", "late_s", "pairs"), [(99.0, 0.0, 1), (101.0, 0.0, 0), (0.0, 29.9, 1), (0.0, 30.1, 0)]
)
def test_too_far_in_space_or_time_is_another_earthquake(north_km: float, late_s: float, pairs: int) -> None:
    one = quake(TABLE, origin_ns(0))
    found = match([truth_of(one, 0, north_km=north_km, late_s=late_s)], run_of([one]), Rule(), (0, 2**62))
    assert (len(found.pairs), len(found.missed), len(found.false)) == (pairs, 1 - pairs, 1 - pairs)


def test_small_and_optional_earthquakes_count_neither_way() -> None:
    one, other = quakes(2)
    run = run_of([one])
    small = replace(truth_of(one, 0), magnitude=2.0), replace(truth_of(other, 1), magnitude=2.0)
    for truths, rule in (
        (small, Rule(minimum_magnitude=3.0)),
        (tuple(replace(truth, optional=True) for truth in small), Rule()),
    ):
        found = match(truths, run, rule, (0, 2**62))
        assert (len(found.pairs), len(found.missed), len(found.false), len(found.uncounted)) == (0, 0, 0, 1)


def test_an_event_that_was_taken_back_is_missed_in_the_catalogue_and_was_told(model: TravelTimes) -> None:
    one, alone = quake(TABLE, origin_ns(0), cancelled=True), quake(TABLE, origin_ns(1), cancelled=True)
    made = evaluate(run_of([one, alone]), TruthSet((truth_of(one, 0),)), model)
    assert value(made, "events.recall") == 0.0
    assert value(made, "alerts.recall") == 1.0
    assert value(made, "events.false_positive") == 0.0
    assert value(made, "alerts.false_positive") == 1.0
    assert measure(made, "final.epicentre.p50").why


def test_known_errors_are_told(model: TravelTimes) -> None:
    found = quakes(6)
    truths = [
        truth_of(one, number, north_km=2.0 * (number + 1), late_s=1.5, deeper_km=4.0)
        for number, one in enumerate(found)
    ]
    missed = replace(truths[0], time_ns=origin_ns(0) + 300 * SECOND_NS, name="missed")
    made = evaluate(run_of(found), TruthSet((*truths, missed)), model)
    assert value(made, "events.recall") == pytest.approx(6 / 7)
    assert value(made, "events.precision") == 1.0
    assert value(made, "events.f1") == pytest.approx(12 / 13)
    assert value(made, "final.epicentre.p50") == pytest.approx(7.0, abs=0.05)
    assert value(made, "final.time.median") == pytest.approx(-1.5, abs=1e-3)
    assert value(made, "final.depth.median") == pytest.approx(-4.0, abs=1e-6)
    assert value(made, "final.depth.absolute") == pytest.approx(4.0, abs=1e-6)
    assert value(made, "final.magnitude.bias") == pytest.approx(0.0, abs=1e-9)
    assert value(made, "first.magnitude.bias") < -0.1
    last = found[0].versions[-1].origin
    assert last.confidence is not None
    inside = sum(2.0 * (number + 1) <= last.confidence.radius_90_km for number in range(6))
    assert value(made, "final.inside.90") == pytest.approx(inside / 6)
    assert value(made, "final.brier_deep") == pytest.approx(last.confidence.probability_deep**2, abs=1e-9)


def test_a_solution_without_confidence_says_so(model: TravelTimes) -> None:
    one = quake(TABLE, origin_ns(0))
    bare = tuple(replace(event, origin=replace(event.origin, confidence=None)) for event in one.versions)
    made = evaluate(run_of([replace(one, versions=bare)]), TruthSet((truth_of(one, 0),)), model)
    assert value(made, "final.inside.68") == 1.0
    assert measure(made, "final.inside.90").why == "no radius of 90 % was stated"
    assert measure(made, "final.brier_deep").value is None


def test_alerts_are_timed_from_the_origin_and_from_the_first_pick(model: TravelTimes) -> None:
    one = quake(TABLE, origin_ns(0))
    truth = with_picks(truth_of(one, 0), one)
    made = evaluate(run_of([one]), TruthSet((truth,)), model)
    issued_ns = one.alerts[0].issued_ns
    p_ns = sorted(pick.time_ns for pick in one.picks.values() if pick.phase == "P")
    assert value(made, "alert.after_origin.p50") == pytest.approx((issued_ns - truth.time_ns) / SECOND_NS)
    assert value(made, "alert.after_third_p.p50") == pytest.approx((issued_ns - p_ns[2]) / SECOND_NS)
    told = replace(truth, first_p_ns=p_ns[0] + SECOND_NS)
    made = evaluate(run_of([one]), TruthSet((told,)), model)
    assert value(made, "alert.after_first_p.p50") == pytest.approx((issued_ns - p_ns[0]) / SECOND_NS - 1.0)


def test_what_was_told_before_the_first_p_was_of_another_earthquake(model: TravelTimes) -> None:
    one = quake(TABLE, origin_ns(0))
    second_ns = one.alerts[1].issued_ns
    late = replace(truth_of(one, 0), first_p_ns=second_ns - SECOND_NS // 2)
    made = evaluate(run_of([one]), TruthSet((late,)), model)
    assert value(made, "alert.after_first_p.p50") == pytest.approx(0.5)
    assert len(made.outcomes[0].course) == len(one.versions) - 1
    never = replace(truth_of(one, 0), first_p_ns=one.alerts[-1].issued_ns + 1)
    made = evaluate(run_of([one]), TruthSet((never,)), model)
    assert value(made, "events.recall") == 1.0
    assert value(made, "alerts.recall") == 0.0


def test_groups_hold_what_belongs_to_them(model: TravelTimes) -> None:
    crust, slab = quake(TABLE, origin_ns(0)), quake(TABLE, origin_ns(1), depth_km=150.0)
    regions = {"north": lambda latitude, _: latitude > 39.0}
    made = evaluate(run_of([crust]), TruthSet((truth_of(crust, 0), truth_of(slab, 1))), model, regions=regions,
                    span_ns=(origin_ns(0), origin_ns(2)))  # fmt: skip
    assert value(made, "events.recall", "crust (< 40 km)") == 1.0
    assert value(made, "events.recall", "slab (>= 60 km)") == 0.0
    assert value(made, "events.recall", "inside the network") == 0.5
    assert "north" not in made.groups
    assert "40 to 60 km" not in made.groups


def test_picks_are_compared_with_the_analysts(model: TravelTimes) -> None:
    one = quake(TABLE, origin_ns(0))
    picks = {key: pick for key, pick in one.picks.items() if pick.source_id.station != "MANEM"}
    run = run_of([replace(one, picks=picks)])
    truth = TruthSet((with_picks(truth_of(one, 0), one, early_s=0.2),))
    made = evaluate(run, truth, model)
    assert value(made, "picks.P.mean", "") == pytest.approx(0.2, abs=1e-6)
    assert value(made, "picks.P.recall.0.5", "") == pytest.approx(5 / 6)
    assert value(made, "picks.P.recall.0.1", "") == 0.0
    assert value(made, "picks.P.precision.0.5", "") == 1.0
    assert value(made, "picks.S.f1.0.5", "") == pytest.approx(10 / 11)
    # picks too weak are not judged, and neither are what they are partners of
    judged = evaluate(run, truth, model, rule=Rule(min_snr=30.0))
    assert value(judged, "picks.P.recall.0.5", "") == 0.0
    assert measure(judged, "picks.P.recall.0.5", "").n == 1
    assert measure(judged, "picks.P.precision.0.5", "").value is None


def test_an_extra_pick_costs_precision_only_where_an_analyst_worked(model: TravelTimes) -> None:
    one = quake(TABLE, origin_ns(0))
    first = next(pick for pick in one.picks.values() if pick.phase == "P")
    extra = replace(first, id="extra", time_ns=first.time_ns - 10 * SECOND_NS)
    elsewhere = replace(first, id="elsewhere", time_ns=first.time_ns + 400 * SECOND_NS)
    run = run_of([replace(one, picks=one.picks | {"extra": extra, "elsewhere": elsewhere})])
    made = evaluate(run, TruthSet((with_picks(truth_of(one, 0), one),)), model)
    assert value(made, "picks.P.recall.0.5", "") == 1.0
    assert value(made, "picks.P.precision.0.5", "") == pytest.approx(6 / 7)
    # and both are of no earthquake: two in six stations times eleven minutes
    days = 6 * 660.0 / 86_400.0
    assert value(made, "triggers.false_per_station_day", "") == pytest.approx(2 / days)


def test_rates_are_of_the_time_of_which_there_were_data(model: TravelTimes) -> None:
    found = quakes(3)
    truth = TruthSet(tuple(truth_of(one, k) for k, one in enumerate(found[:2])))
    run = run_of(found)
    begin_ns, end_ns = origin_ns(0) - 60 * SECOND_NS, origin_ns(3)
    hour = 3600 * SECOND_NS
    heard = replace(run, spans=((begin_ns, end_ns), (end_ns + 10 * hour, end_ns + 22 * hour)))
    made = evaluate(heard, truth, model)
    days = ((end_ns - begin_ns) / hour + 12.0) / 24.0
    assert value(made, "rates.true_positive") == pytest.approx(2 / days)
    assert value(made, "rates.false_positive") == pytest.approx(1 / days)
    assert measure(made, "rates.false_positive").high == pytest.approx(5.572 / days, rel=1e-3)
    assert "Data of 12.5 hours of this time." in remarks(made)
    assert document(made)["days_with_data"] == pytest.approx(days)
    assert document(made)["days_are_known"] is True
    assert "not stored" in " ".join(remarks(evaluate(run, truth, model)))
    assert "one at a time" in measure(evaluate(replace(run, given=True), truth, model), "rates.false_positive").why
    assert "less than six hours" in measure(evaluate(run, truth, model), "rates.false_positive").why


def test_scales_of_magnitude_are_told_apart(model: TravelTimes) -> None:
    found = quakes(4)
    truths = [truth_of(one, k) for k, one in enumerate(found)]
    assert truths[0].magnitude is not None
    truths[0] = replace(truths[0], magnitude=truths[0].magnitude + 0.4, magnitude_type="ML")
    made = evaluate(run_of(found), TruthSet(tuple(truths)), model)
    assert value(made, "final.magnitude.bias.ML") == pytest.approx(-0.4)
    assert value(made, "final.magnitude.bias.Mw") == pytest.approx(0.0, abs=1e-9)
    assert value(made, "final.magnitude.bias") == pytest.approx(-0.1)
    same = evaluate(run_of(found), TruthSet(tuple(truths[1:])), model)
    assert "final.magnitude.bias.Mw" not in document(same)["groups"]["all"]


def test_readiness_is_the_share_of_the_time(model: TravelTimes) -> None:
    run = run_of(quakes(1))
    first, last = run.statuses
    half = replace(first, time_ns=(first.time_ns + last.time_ns) // 2, able=first.able[:2])
    made = evaluate(replace(run, statuses=(first, half, last)), TruthSet(()), model,
                    span_ns=(first.time_ns, last.time_ns))  # fmt: skip
    assert value(made, "ready.2_stations", "") == pytest.approx(1.0)
    assert value(made, "ready.3_stations", "") == pytest.approx(0.5)


def test_the_json_has_every_measure_and_says_why_one_is_not_there(model: TravelTimes) -> None:
    one = quake(TABLE, origin_ns(0))
    nowhere = Truth("later", origin_ns(40), 38.0, 72.0)
    bare = replace(truth_of(one, 0), depth_km=None, magnitude=None)
    made = evaluate(run_of([one], "SIMULATED by a test"), TruthSet((bare, nowhere), (TruePick("A", "P", 0),)), model)
    told = json.loads(json.dumps(document(made), allow_nan=False))
    assert told["simulated"] == "SIMULATED by a test"
    assert told["earthquakes_outside_of_the_time"] == 1
    assert told["groups"]["all"]["events.recall"]["value"] == 1.0
    assert set(told["groups"]) >= {"all", "depth not told"}
    measures = [*told["groups"]["all"].values(), *told["general"].values()]
    assert all(("why" in one) == (one["value"] is None) for one in measures)
    assert told["groups"]["all"]["final.depth.median"]["why"] == "the truth tells no depth"
    assert any("1 earthquake" in line for line in remarks(made))

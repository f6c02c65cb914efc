"""Places that were warned in time, late, not, or of nothing."""

from dataclasses import replace

import pytest

from seismonet.core.alert import LEVELS, Alert, Shaking
from seismonet.core.target import Target
from seismonet.core.utc import SECOND_NS
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.reports.evaluation import Found, Matching, Run, Truth
from seismonet.reports.evaluationwarning import target_warnings, true_shaking, warning_section
from seismonet.warn.shaking import ShakingParams
from tests.support.quakes import START_NS, network, quake

TABLE = network(4)
QUAKE = quake(TABLE)
NAME = QUAKE.versions[0].id
NEAR, FAR = Target("Near", "town", 38.4, 73.0), Target("Far", "town", 41.0, 76.0)
TRUTH = Truth("true", START_NS, 38.35, 72.9, 12.0, 6.6)


@pytest.fixture(scope="module")
def model() -> TravelTimes:
    return travel_times("iasp91", cache_dir())


def alert(after_s: float, *names: str, kind: str = "new", chance: float = 0.9) -> Alert:
    issued_ns = START_NS + round(after_s * SECOND_NS)
    chances = tuple(chance if level <= 4 else 0.1 for level in LEVELS)
    shaking = tuple(Shaking(one, 30.0, 4.5, 0.7, chances, 0.1, 0.01, 0, 0, 1.0, False) for one in names)
    return replace(QUAKE.alerts[0], issued_ns=issued_ns, kind=kind, shaking=shaking, audience="public")


def verdicts(model: TravelTimes, *alerts: Alert, real: bool = True) -> dict[tuple[str, int], str]:
    run = Run("run", TABLE, {NAME: QUAKE.versions}, {}, (), (), warnings={NAME: alerts})
    found = Found(QUAKE.versions, (), TRUTH if real else None)
    matching = Matching(pairs=(found,)) if real else Matching(false=(found,))
    told = target_warnings(matching, run, (NEAR, FAR), model, ShakingParams())
    return {(one.target, one.level): one.verdict for one in told}


def test_in_time_late_and_missed(model: TravelTimes) -> None:
    s_ns = true_shaking(TRUTH, 6.6, (NEAR,), model, ShakingParams())[0].s_arrival_ns
    s_s = (s_ns - START_NS) / SECOND_NS
    missed = {("Near", 4): "missed", ("Near", 5): "missed", ("Near", 6): "missed"}
    assert verdicts(model) == missed
    assert verdicts(model, alert(s_s - 0.1, "Near")) == missed | {("Near", 4): "timely"}
    assert verdicts(model, alert(s_s + 0.1, "Near")) == missed | {("Near", 4): "late"}
    assert verdicts(model, alert(1.0, "Near", chance=0.4), alert(s_s + 0.1, "Near", kind="update")) == missed | {
        ("Near", 4): "late"
    }
    assert verdicts(model, alert(1.0, "Near", kind="cancel")) == missed


def test_places_that_are_told_and_not_shaken_were_warned_falsely(model: TravelTimes) -> None:
    assert verdicts(model, alert(1.0, "Near", "Far"))["Far", 4] == "false"
    assert verdicts(model, alert(1.0, "Near"), real=False) == {("Near", 4): "false"}


def test_missed_earthquakes_missed_every_place_and_those_of_no_size_say_nothing(model: TravelTimes) -> None:
    run = Run("run", TABLE, {}, {}, (), ())
    told = target_warnings(Matching(missed=(TRUTH,)), run, (NEAR,), model, ShakingParams())
    assert {one.verdict for one in told} == {"missed"}
    unsized = Matching(missed=(replace(TRUTH, magnitude=None),))
    assert target_warnings(unsized, run, (NEAR,), model, ShakingParams()) == ()


def test_the_section_counts_and_says_why_there_is_no_lead(model: TravelTimes) -> None:
    run = Run("run", TABLE, {NAME: QUAKE.versions}, {}, (), (), warnings={NAME: (alert(1.0, "Near", "Far"),)})
    pair = Matching(pairs=(Found(QUAKE.versions, (), TRUTH),))
    rows = {
        one.key: one.measure
        for one in warning_section(target_warnings(pair, run, (NEAR, FAR), model, ShakingParams())).rows
    }
    assert [rows[f"warning.4.{name}"].value for name in ("shaken", "timely", "late", "missed", "false")] == [
        1,
        1,
        0,
        0,
        1,
    ]
    assert rows["warning.4.recall"].value == 1.0
    assert rows["warning.4.lead"].value is not None
    assert rows["warning.4.lead"].value > 0
    assert rows["warning.5.lead"].why == "none was told in time"

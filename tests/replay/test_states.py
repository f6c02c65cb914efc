"""States as the pipeline tells them: a failure and its end within a minute, and a restart changes nothing."""

import numpy as np
import pytest

from seismonet.core.health import Change
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Receipt, Receipts
from seismonet.feed import in_order, steps
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.pipeline import Pipeline
from tests.support.receipts import T0_NS, cut, samples_with_onsets, table

PLACES = {"XX.A": (38.0, 72.0), "XX.B": (38.3, 72.4)}
LENGTH_S, DOWN_S, UP_S = 420, 150, 270
LIMIT_S = 60.0


@pytest.fixture(scope="module")
def model() -> TravelTimes:
    return travel_times("iasp91", cache_dir())


def receipts(kind: str) -> Receipts:
    """Two stations; one fails from ``DOWN_S`` to ``UP_S``."""
    found: list[Receipt] = []
    for k, code in enumerate(PLACES):
        samples = samples_with_onsets(LENGTH_S * 100, {}, seed=k)
        if code == "XX.A" and kind == "dead":
            samples[DOWN_S * 100 : UP_S * 100] = 7
        network, station = code.split(".")
        sent = cut(SourceId(network, station, "00", "HHZ"), samples, [100])
        if code == "XX.A" and kind == "silent":
            sent = [one for one in sent if not DOWN_S <= (one.record.start_ns - T0_NS) / SECOND_NS < UP_S]
        found += sent
    return in_order([Receipts.of(found)])


def told(kind: str, model: TravelTimes, restart: bool = False) -> list[Change]:
    pipeline, changes = Pipeline(table(PLACES), model), list[Change]()
    for batch, tick in steps(receipts(kind), 5.0):
        changes += pipeline.step(batch, tick).changes
        if restart:
            again = Pipeline(table(PLACES), model)
            again.load({name: np.asarray(one) for name, one in pipeline.save().items()})
            pipeline = again
    return changes


@pytest.mark.parametrize("kind", ["silent", "dead"])
def test_no_wrong_state_is_shown_for_longer_than_a_minute(kind: str, model: TravelTimes) -> None:
    changes = [one for one in told(kind, model) if one.name == "XX.A"]
    down = next(one for one in changes if one.after == "down")
    assert 0 < (down.time_ns - T0_NS) / SECOND_NS - DOWN_S <= LIMIT_S
    assert down.reasons
    after = next(one for one in changes if one.time_ns > down.time_ns)
    assert after.before == "down"
    assert 0 < (after.time_ns - T0_NS) / SECOND_NS - UP_S <= LIMIT_S
    assert changes[-1].after == "good"


def test_the_other_station_stays_good_and_the_network_is_degraded_meanwhile(model: TravelTimes) -> None:
    changes = told("silent", model)
    assert [one.after for one in changes if one.name == "XX.B"][-1] == "good"
    assert all(one.after != "down" for one in changes if one.name in ("XX.B", "network"))
    assert any(one.name == "network" and one.after == "degraded" and "XX.A: down" in one.reasons for one in changes)


def test_a_restart_changes_nothing(model: TravelTimes) -> None:
    assert told("silent", model, restart=True) == told("silent", model)

"""From counts to a siren: strong shaking under one station sounds it, what its electronics do does not."""

import numpy as np
import pytest

from seismonet.core.alert import Alert
from seismonet.core.motion import Motion
from seismonet.core.target import Target
from seismonet.feed import steps
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.pipeline import Pipeline
from tests.support.receipts import T0_NS, table
from tests.support.strong import HH, HN, NUISANCES, PLACE, Counts, counts, disturb, only, receipts, shaking

DAM = Target("Dam", "dam", 38.05, 72.05)


def outcome(channels: Counts) -> tuple[list[Alert], list[Motion]]:
    pipeline = Pipeline(table(PLACE, (*HN, *HH)), travel_times("iasp91", cache_dir()), targets=(DAM,))
    alerts, motions = [], []
    for batch, tick in steps(receipts(channels), 5.0):
        output = pipeline.step(batch, tick)
        alerts += output.alerts
        motions += output.motions
    return alerts, motions


def test_strong_shaking_under_one_station_sounds_the_siren() -> None:
    alerts, motions = outcome(counts(shaking(90.0, 40.0, 43.0, 80.0)))
    sounded = [one for one in alerts if one.audience == "siren"]
    assert [one.audience for one in alerts if one.kind == "new"] == ["siren"]
    first = sounded[0]
    assert (first.kind, first.basis, first.station_codes) == ("new", "onsite", ("XX.A",))
    assert [one.target for one in first.shaking] == ["Dam"]
    assert (first.issued_ns - T0_NS) / 1e9 < 43.0 + 3.0
    assert max(one.intensity for one in motions) > 4.5


def test_shaking_that_is_weaker_does_not() -> None:
    alerts, motions = outcome(counts(shaking(90.0, 40.0, 43.0, 15.0)))
    assert motions
    assert alerts == []


@pytest.mark.parametrize("kind", NUISANCES)
@pytest.mark.parametrize("gal", [0.0, 10.0])
def test_what_the_electronics_do_sounds_nothing(kind: str, gal: float) -> None:
    """On both sensors of a quiet station, and into the coda of a small earthquake."""
    ground = shaking(90.0, 30.0, 33.0, gal)
    assert outcome(disturb(counts(ground), kind, 4200, np.random.default_rng(2)))[0] == []


def test_one_sensor_that_nobody_bears_out_sounds_nothing() -> None:
    channels = counts(shaking(90.0, 40.0, 43.0, 80.0))
    assert outcome(only(channels, HN))[0] == []
    still = counts(np.zeros((3, 9000)))
    assert outcome({**channels, **only(still, HH)})[0] == []

"""Stations check each other on microseism and teleseisms."""

from typing import Any

import numpy as np
import pytest

from seismonet.core.inventory import Channel
from seismonet.core.sourceid import SourceId
from seismonet.status.measures import ChannelMeasures, Slots, Spectra, StationMeasures
from seismonet.status.neighbours import levels, teleseism_symptoms

PERIODS = np.geomspace(0.1, 100.0, 60)
HOUR_NS = 3600 * 10**9
EMPTY: Any = np.empty(0, dtype=np.int64)
NONE = Slots(*[EMPTY] * 20)


def station(code: str, db: float, latitude: float = 38.0, since: int = 0) -> StationMeasures:
    name = SourceId("TJ", code, "00", "HHZ")
    channel = Channel(name, 0, 2**62, latitude, 72.0, 0.0, 0.0, 0.0, -90.0, 100.0, "velocity", 3e8)
    course = 5 * np.sin(np.arange(24) / 5)
    own = np.where(np.arange(24) >= since, db, 0.0)
    spectra = Spectra(PERIODS, np.arange(24) * HOUR_NS, -130 + (course + own)[:, None] + np.zeros((24, 60)), True)
    return StationMeasures(
        f"TJ.{code}", 0, 24 * HOUR_NS, (ChannelMeasures(name, channel, 100.0, {}, (), NONE, spectra),)
    )


def test_a_station_louder_than_its_neighbours_is_found_with_its_factor_and_its_beginning() -> None:
    found = levels([station("A", 0.0), station("B", 2.0), station("C", -1.0), station("D", 20.0, since=10)])
    (level,) = found["TJ.D"]
    assert level.db == pytest.approx(20.0, abs=2.1)
    assert level.since_ns == 10 * HOUR_NS
    assert all(abs(found[code][0].db) < 4 for code in ("TJ.A", "TJ.B", "TJ.C"))


def test_two_stations_or_far_ones_cannot_judge_each_other() -> None:
    assert levels([station("A", 0.0), station("B", 20.0)]) == {}
    far = [station("A", 0.0), station("B", 0.0, 50.0), station("C", 20.0, 62.0)]
    assert levels(far) == {}


def test_a_teleseism_shows_a_wrong_polarity_and_a_wrong_size() -> None:
    random = np.random.default_rng(2)
    wave = np.convolve(random.normal(size=400), np.hanning(60), "same")
    names = [SourceId("TJ", code, "00", "HHZ") for code in "ABCDE"]
    traces = np.stack([wave, 1.3 * wave, -0.9 * wave, 0.8 * wave, 10 * wave]) + 0.05 * random.normal(size=(5, 400))
    found = teleseism_symptoms(names, traces, 7)
    assert {code: [one.name for one in some] for code, some in found.items()} == {
        "TJ.C": ["neighbour_polarity"], "TJ.E": ["neighbour_level"],
    }  # fmt: skip
    assert found["TJ.E"][0].factor == pytest.approx(10.0, rel=0.2)
    assert teleseism_symptoms(names[:3], traces[:3], 7) == {}
    assert teleseism_symptoms(names, random.normal(size=(5, 400)), 7) == {}

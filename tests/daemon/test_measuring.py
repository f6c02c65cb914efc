"""Hours and days that the daemon measures beside the pipeline."""

from pathlib import Path

import numpy as np
import pytest

from seismonet.core.health import Metric
from seismonet.core.rollup import DAY_NS, HourSpectrum
from seismonet.core.waveform import Record
from seismonet.daemon.measuring import Measuring, hours_of
from seismonet.kernels.spectrum import hour_db, plan
from seismonet.pipeline import Output
from seismonet.store.catalogue import Catalogue
from seismonet.store.measurements import add_rollups, add_spectra
from seismonet.store.responses import Responses
from seismonet.synthesis.records import miniseed
from tests.support.filled import fill
from tests.support.measured import NAME, RECORDS, SAMPLES
from tests.support.quakes import network

RATE_HZ = 20.0
TABLE = network(3)
BEGIN_NS, HOUR_NS = 20_000 * DAY_NS, 3600 * 10**9
COUNTS = np.rint(np.cumsum(np.random.default_rng(13).standard_normal(round(3 * 3600 * RATE_HZ)))).astype(np.int32) * 9


def payloads() -> list[bytes]:
    """An hour before midnight, and two after."""
    n = 200
    parts = range(0, len(COUNTS), n)
    start_ns = BEGIN_NS - HOUR_NS
    return [
        one for at in parts for one in miniseed(Record(NAME, start_ns + at * 50_000_000, RATE_HZ, COUNTS[at : at + n]))
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path, payloads())
    Catalogue(tmp_path / "catalogue.sqlite").close()
    return tmp_path


class Kept:
    """Outputs that were told."""

    def __init__(self) -> None:
        self.spectra: list[HourSpectrum] = []
        self.metrics: list[Metric] = []

    def __call__(self, output: Output) -> None:
        self.spectra += output.spectra
        self.metrics += output.metrics


def measuring(folder: Path, kept: Kept, now_ns: int) -> Measuring:
    found = Measuring(folder, TABLE, Responses(), kept)
    found.begin(now_ns)
    return found


def test_an_hour_over_midnight_is_that_of_its_samples(folder: Path) -> None:
    (found,) = hours_of(folder, NAME, BEGIN_NS - HOUR_NS // 2)
    own = COUNTS[round(1800 * RATE_HZ) :][: plan(RATE_HZ).samples]
    expected = hour_db(own, np.ones(len(own), dtype=bool), RATE_HZ)
    assert expected is not None
    np.testing.assert_array_equal(found.db, expected)
    assert hours_of(folder, NAME, BEGIN_NS + 2 * HOUR_NS) == []


def test_an_hour_is_due_when_the_archive_has_it_or_nothing_more_is_waited_for(folder: Path) -> None:
    kept = Kept()
    work = measuring(folder, kept, BEGIN_NS + 60 * 10**9)
    assert work.next_ns[NAME] == BEGIN_NS - HOUR_NS
    assert NAME in work.due(BEGIN_NS + 60 * 10**9)
    work.hour(NAME)
    assert [one.start_ns for one in kept.spectra] == [BEGIN_NS - HOUR_NS]
    assert NAME not in work.due(BEGIN_NS + HOUR_NS // 2 + 10 * 10**9), "its end is not archived yet"
    assert NAME in work.due(BEGIN_NS + HOUR_NS // 2 + 40 * 10**9)
    work.next_ns[NAME] = BEGIN_NS + 2 * HOUR_NS
    assert NAME not in work.due(BEGIN_NS + 3 * HOUR_NS + 300 * 10**9), "late data are waited for"
    assert NAME in work.due(BEGIN_NS + 3 * HOUR_NS + 901 * 10**9)


def test_it_goes_on_from_what_the_catalogue_has(folder: Path) -> None:
    kept = Kept()
    measuring(folder, kept, BEGIN_NS).hour(NAME)
    with Catalogue(folder / "catalogue.sqlite") as catalogue:
        add_spectra(catalogue, kept.spectra)
    assert measuring(folder, Kept(), BEGIN_NS + 2 * HOUR_NS).next_ns[NAME] == BEGIN_NS - HOUR_NS // 2


def test_days_are_measured_once_they_are_over(folder: Path) -> None:
    kept = Kept()
    with Catalogue(folder / "catalogue.sqlite") as catalogue:
        add_rollups(catalogue, [SAMPLES, RECORDS])
    work = measuring(folder, kept, BEGIN_NS + 12 * HOUR_NS)
    assert not work.day_is_over(BEGIN_NS + 25 * HOUR_NS)
    assert work.day_is_over(BEGIN_NS + 26 * HOUR_NS)
    assert NAME in list(work.day())
    assert not work.day_is_over(BEGIN_NS + 26 * HOUR_NS)
    found = {one.name: one.value for one in kept.metrics if one.source_id == NAME}
    assert found["sample_max"] == SAMPLES.maximum
    assert found["num_spikes"] == SAMPLES.spikes
    assert found["percent_availability"] == pytest.approx(100 * 2 / 24)
    assert {(one.start_ns, one.end_ns) for one in kept.metrics} == {(BEGIN_NS, BEGIN_NS + DAY_NS)}

"""Metrics of a day of an archive against ObsPy's MSEEDMetadata."""

from pathlib import Path
from warnings import catch_warnings, simplefilter

import numpy as np
import obspy
import pytest
from obspy.signal.quality_control import MSEEDMetadata

from seismonet.core.rollup import FLAGS
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Record
from seismonet.library.health import measure
from seismonet.status.measures import ChannelMeasures
from seismonet.synthesis.records import miniseed

NAME = SourceId.parse("XX.A.00.HHZ")
DAY = obspy.UTCDateTime("2024-03-05T00:00:00")
RATE_HZ = 20.0


@pytest.fixture(scope="module")
def day_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day with gaps at its begin, in the middle and at its end, and two overlaps, in SDS."""
    draw = np.random.default_rng(10)
    n = round(86_400 * RATE_HZ)
    samples = np.rint(np.cumsum(draw.standard_normal(n)) + draw.standard_normal(n) * 40 + 700).astype(np.int32)
    payloads, at = [], 2000
    while at < n - 3000:
        size = int(draw.integers(100, 200))
        if at // 200_000 != (at + size) // 200_000:
            at += 900
        if at in range(500_000, 500_400) or at in range(900_000, 900_200):
            at -= 60
        payloads += miniseed(Record(NAME, DAY.ns + at * 50_000_000, RATE_HZ, samples[at : at + size]))
        at += size
    path = tmp_path_factory.mktemp("sds") / "2024" / "XX" / "A" / "HHZ.D" / "XX.A.00.HHZ.D.2024.065"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(payloads))
    return path


@pytest.fixture(scope="module")
def theirs(day_file: Path) -> dict[str, float]:
    with catch_warnings():
        simplefilter("ignore")
        found = MSEEDMetadata([str(day_file)], starttime=DAY, endtime=DAY + 86_400, add_flags=True)
    return dict(found.meta)


@pytest.fixture(scope="module")
def ours(day_file: Path) -> ChannelMeasures:
    (station,) = measure(day_file.parents[4], DAY.ns, (DAY + 86_400).ns)
    (channel,) = station.channels
    return channel


def test_samples(ours: ChannelMeasures, theirs: dict[str, float]) -> None:
    assert ours.metric("sample_max") == theirs["sample_max"]
    assert ours.metric("sample_min") == theirs["sample_min"]
    # where records overlap, ObsPy counts the samples of both
    scatter = theirs["sample_stdev"]
    assert ours.metric("sample_mean") == pytest.approx(theirs["sample_mean"], abs=1e-3 * scatter)
    # MUSTANG's rms is about the mean: it is ObsPy's standard deviation
    assert ours.metric("sample_rms") == pytest.approx(scatter, rel=1e-3)
    assert ours.metric("sample_median") == pytest.approx(theirs["sample_median"], abs=0.02 * scatter)


def test_gaps_and_overlaps(ours: ChannelMeasures, theirs: dict[str, float]) -> None:
    assert ours.metric("num_gaps") == theirs["num_gaps"] > 5
    assert ours.metric("max_gap") == pytest.approx(theirs["max_gap"], abs=0.06)
    assert ours.metric("num_overlaps") == theirs["num_overlaps"] > 0
    assert ours.metric("max_overlap") == pytest.approx(theirs["max_overlap"], abs=0.06)
    assert ours.metric("percent_availability") == pytest.approx(theirs["percent_availability"], abs=1e-3)
    assert ours.metric("ts_gap_length") == pytest.approx(theirs["sum_gaps"], abs=0.5)


def test_flags_are_counted(ours: ChannelMeasures) -> None:
    for name in FLAGS:
        assert ours.metric(name) == 0.0


def test_spectra_are_there_and_the_response_is_not_known(ours: ChannelMeasures) -> None:
    assert ours.spectra is not None
    assert not ours.spectra.corrected
    assert 40 <= len(ours.spectra.start_ns) <= 47
    assert np.isnan(ours.metric("pct_above_nhnm"))

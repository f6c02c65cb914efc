"""Recorded noise as the ground of simulations."""

from pathlib import Path

import numpy as np
import pytest

from seismonet.core.errors import QueryError
from seismonet.core.inventory import Channel
from seismonet.core.share import share
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Segment
from seismonet.store.inventory import read_inventories
from seismonet.synthesis.realnoise import RealNoise, Recorded, noise_of, read_noise
from seismonet.synthesis.records import receipts

TABLE = read_inventories([str(share("stations"))])
BEGIN_NS = 1_750_000_000 * 10**9


def channel(name: str) -> Channel:
    return next(one for one in TABLE if one.source_id.nslc == name)


def recorded(seconds: float = 200.0, seed: int = 1) -> list[Segment]:
    random = np.random.default_rng(seed)
    return [
        Segment(SourceId.parse(f"TJ.SAREZ.00.HH{letter}"), BEGIN_NS, 100.0,
                np.rint(500 + 40 * random.normal(size=round(seconds * 100))).astype(np.int32))
        for letter in "ZNE"
    ]  # fmt: skip


def test_it_is_what_was_recorded_in_the_units_of_the_channel_that_gets_it() -> None:
    segments = recorded()
    noise = noise_of([receipts(segments)], TABLE)
    (site,) = noise.sites
    assert set(site) == set("ZNE")
    got = noise.counts(channel("TJ.MANEM.00.HHZ"), 5000, 0, "a")
    assert got is not None
    # the two seismometers are alike, so counts are; without their mean
    whole = segments[0].samples - segments[0].samples.mean()
    assert any(np.allclose(whole[first : first + 5000], got, atol=1e-6) for first in range(len(whole) - 5000 + 1))


def test_components_of_a_station_are_of_one_moment_and_cases_differ() -> None:
    trend = np.arange(20_000.0)
    noise = RealNoise(({"Z": Recorded(100.0, "velocity", trend), "N": Recorded(100.0, "velocity", trend)},))
    up, north = (noise.counts(channel(f"TJ.MANEM.00.HH{letter}"), 100, 0, "a") for letter in "ZN")
    assert up is not None
    assert north is not None
    assert up[0] / channel("TJ.MANEM.00.HHZ").sensitivity == north[0] / channel("TJ.MANEM.00.HHN").sensitivity
    other = noise.counts(channel("TJ.MANEM.00.HHZ"), 100, 0, "b")
    assert other is not None
    assert other[0] != up[0]
    assert noise.counts(channel("TJ.MANEM.00.HHE"), 100, 0, "a") is None


def test_short_recordings_go_to_and_fro_and_quantities_are_converted() -> None:
    time_s = np.arange(6000) / 50.0
    noise = RealNoise(({"Z": Recorded(50.0, "velocity", 1e-6 * np.sin(2 * np.pi * 2.0 * time_s))},))
    got = noise.counts(channel("TJ.MANEM.00.HNZ"), 14_000, 0, "a")
    assert got is not None
    assert len(got) == 14_000
    middle = got[2000:10_000] / channel("TJ.MANEM.00.HNZ").sensitivity
    # the derivative of a sine of 2 Hz is 4 pi times as large
    assert np.abs(middle).max() == pytest.approx(1e-6 * 4 * np.pi, rel=0.05)


def test_files_without_a_known_minute_are_refused(tmp_path: Path) -> None:
    from seismonet.synthesis.records import packed

    (tmp_path / "short.mseed").write_bytes(packed(recorded(30.0)))
    with pytest.raises(QueryError, match="no noise"):
        read_noise([tmp_path / "short.mseed"], [share("stations")])
    (tmp_path / "long.mseed").write_bytes(packed(recorded()))
    assert len(read_noise([tmp_path / "long.mseed"], [share("stations")]).sites) == 1

"""Stations measured from files and from a daemon's folder: the same numbers."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from seismonet.core.errors import QueryError
from seismonet.core.rollup import DAY_NS, SLOT_NS
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Record, Tick
from seismonet.daemon.measuring import Measuring
from seismonet.detect.rows import raw_table
from seismonet.formats.miniseed import decode_packets
from seismonet.library.health import measure
from seismonet.pipeline import StationPipeline
from seismonet.status.measures import ChannelMeasures, Slots
from seismonet.store.catalogue import Catalogue
from seismonet.store.measurements import add_metrics, add_rollups, add_spectra
from seismonet.store.responses import Responses
from seismonet.synthesis.records import miniseed
from tests.support.filled import fill

NAME, SLOW = SourceId.parse("XX.A.00.HHZ"), SourceId.parse("XX.A.D0.VM1")
BEGIN_NS = 20_000 * DAY_NS
HOURS, RATE_HZ = 3, 20.0
WINDOW = BEGIN_NS, BEGIN_NS + HOURS * 3600 * 10**9
RECEIVED = {"latency_s", "latency_max_s", "silence_s"}


def payloads() -> list[bytes]:
    """Three hours, without five minutes of the second; and a slow channel."""
    draw = np.random.default_rng(11)
    n = round(HOURS * 3600 * RATE_HZ)
    samples = np.rint(np.cumsum(draw.standard_normal(n)) + draw.standard_normal(n) * 40).astype(np.int32)
    found, at = [], 0
    while at < n:
        size = min(int(draw.integers(80, 200)), n - at)
        if not 90_000 <= at < 96_000:
            found += miniseed(Record(NAME, BEGIN_NS + at * 50_000_000, RATE_HZ, samples[at : at + size]))
        at += size
    for minute in range(0, HOURS * 60, 2):
        values = np.full(120, 1000 + minute, dtype=np.int32)
        found += miniseed(Record(SLOW, BEGIN_NS + minute * 60 * 10**9, 1.0, values))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A daemon's folder with what it would hold after those hours."""
    place, table = tmp_path_factory.mktemp("daemon"), raw_table([NAME, SLOW])
    records = payloads()
    fill(place, records)
    receipts = decode_packets(records).receipts
    receipts = receipts.select(np.argsort(receipts.received_ns, kind="stable"))
    pipeline = StationPipeline(table)
    for first in range(0, len(receipts), 100):
        part = receipts.select(slice(first, first + 100))
        pipeline.step(part, Tick(int(part.received_ns[-1])))
    pipeline.rollups.finish()
    rollups, days = pipeline.rollups.collect()
    with Catalogue(place / "catalogue.sqlite") as catalogue:
        catalogue.add_stations(table)
        add_rollups(catalogue, rollups)
        add_metrics(catalogue, days)
        measuring = Measuring(
            place, table, Responses(), lambda output: add_spectra(catalogue, output.spectra), {NAME: BEGIN_NS}
        )
        while name := next(iter(measuring.due(WINDOW[1] + 3600 * 10**9)), None):
            measuring.hour(name)
    return place


def one(source: Path, window: tuple[int, int] = WINDOW) -> ChannelMeasures:
    (station,) = measure(source, *window)
    (channel,) = station.channels
    return channel


def test_the_archive_alone_gives_the_numbers_of_the_live_run(folder: Path) -> None:
    live, archived = one(folder), one(folder / "sds")
    assert live.rate_hz == archived.rate_hz == RATE_HZ
    for column in fields(Slots):
        if column.name not in RECEIVED:
            np.testing.assert_array_equal(getattr(live.slots, column.name), getattr(archived.slots, column.name))
    assert live.present == archived.present
    assert len(live.present) == 2
    differing = {name for name, value in live.metrics.items() if not np.array_equal(value, archived.metric(name), True)}
    assert differing == {"data_latency", "feed_latency", "total_latency"}
    assert live.metric("data_latency") == 0.0
    assert live.spectra is not None
    assert archived.spectra is not None
    np.testing.assert_array_equal(live.spectra.start_ns, archived.spectra.start_ns)
    assert np.abs(live.spectra.db - archived.spectra.db).max() <= 0.0051


def test_slow_channels_are_series_thinned_to_minutes(folder: Path) -> None:
    for source in (folder, folder / "sds"):
        (station,) = measure(source, *WINDOW)
        (series,) = station.soh
        assert series.source_id == SLOW
        assert len(series.time_ns) == HOURS * 60
        np.testing.assert_array_equal(series.value[::2], 1000 + np.arange(0, HOURS * 60, 2))


def test_the_window_is_cut_to_the_sample(folder: Path) -> None:
    cut = one(folder / "sds", (BEGIN_NS + 100 * 10**9, BEGIN_NS + SLOT_NS + 30 * 10**9))
    assert cut.slots.samples.tolist() == [500 * 20, 30 * 20]
    assert cut.metric("percent_availability") == 100.0


def test_loose_files_in_any_order_and_the_share_that_is_done(folder: Path, tmp_path: Path) -> None:
    records, told = payloads(), list[float]()
    half = len(records) // 3
    (tmp_path / "a.mseed").write_bytes(b"".join(records[half:]))
    (tmp_path / "b.mseed").write_bytes(b"".join(records[:half]))
    (tmp_path / "c.mseed").write_bytes(b"no records at all, but some bytes")
    (station,) = measure([tmp_path], *WINDOW, tell=told.append)
    (channel,) = station.channels
    np.testing.assert_array_equal(channel.slots.mean, one(folder / "sds").slots.mean)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert "c.mseed" in station.remarks[0]


def test_stations_are_chosen_by_code(folder: Path) -> None:
    for code in ("A", "XX.A"):
        assert measure(folder / "sds", *WINDOW, stations=[code])[0].station_code == "XX.A"
    with pytest.raises(QueryError, match="no data and no metadata of B"):
        measure(folder / "sds", *WINDOW, stations=["B"])
    with pytest.raises(QueryError, match="window is empty"):
        measure(folder, WINDOW[1], WINDOW[0])

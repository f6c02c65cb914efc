"""Rollups, metrics and spectra come back from the catalogue as they were."""

from dataclasses import replace

import numpy as np

from seismonet.core.rollup import DAY_NS, SLOT_NS, ReceiptRollup, RecordRollup, SampleRollup
from seismonet.core.sourceid import SourceId
from seismonet.store.catalogue import Catalogue
from seismonet.store.measurements import (
    add_metrics,
    add_rollups,
    add_spectra,
    last_spectra,
    read_metrics,
    read_rollups,
    read_spectra,
)
from tests.support.measured import BEGIN_NS, MEDIAN, NAME, RECEIPTS, RECORDS, SAMPLES, SPECTRUM

OTHER = SourceId.parse("TJ.SAREZ.00.HHE")
DAY = BEGIN_NS, BEGIN_NS + DAY_NS


def test_rollups_come_back_once_and_only_those_asked_for() -> None:
    later = replace(SAMPLES, start_ns=BEGIN_NS + SLOT_NS, minimum=float("inf"), mean=float("nan"))
    with Catalogue("sqlite://") as catalogue:
        add_rollups(catalogue, [later, SAMPLES, RECORDS, RECEIPTS, replace(SAMPLES, source_id=OTHER)])
        add_rollups(catalogue, [replace(SAMPLES, spikes=99), RECORDS])
        found = read_rollups(catalogue, SampleRollup, [NAME], *DAY)
        assert found[0] == replace(SAMPLES, spikes=99)
        assert (found[1].start_ns, found[1].minimum) == (BEGIN_NS + SLOT_NS, float("inf"))
        assert np.isnan(found[1].mean)
        assert len(found) == 2
        assert read_rollups(catalogue, RecordRollup, [NAME, OTHER], *DAY) == [RECORDS]
        assert read_rollups(catalogue, ReceiptRollup, [NAME], BEGIN_NS, RECEIPTS.start_ns) == []
        assert read_rollups(catalogue, ReceiptRollup, [NAME], *DAY) == [RECEIPTS]


def test_metrics_and_spectra_come_back() -> None:
    with Catalogue("sqlite://") as catalogue:
        add_metrics(catalogue, [MEDIAN, replace(MEDIAN, name="sample_unique", value=float("nan"))])
        add_spectra(catalogue, [SPECTRUM, replace(SPECTRUM, start_ns=BEGIN_NS + DAY_NS, db=SPECTRUM.db - 2000)])
        median, unique = read_metrics(catalogue, [NAME], *DAY)
        assert median == MEDIAN
        assert np.isnan(unique.value)
        (spectrum,) = read_spectra(catalogue, [NAME], *DAY)
        assert (spectrum.start_ns, spectrum.rate_hz) == (BEGIN_NS, 100.0)
        assert np.abs(spectrum.db - SPECTRUM.db).max() <= 0.005
        assert last_spectra(catalogue, 0) == {NAME: BEGIN_NS + DAY_NS}
        assert last_spectra(catalogue, BEGIN_NS + 2 * DAY_NS) == {}

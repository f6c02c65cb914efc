"""Rollups, metrics and spectra as a channel may have them."""

import numpy as np

from seismonet.core.health import Metric
from seismonet.core.rollup import DAY_NS, FLAGS, SLOT_NS, HourSpectrum, ReceiptRollup, RecordRollup, SampleRollup
from seismonet.core.sourceid import SourceId

NAME = SourceId.parse("TJ.SAREZ.00.HHZ")
BEGIN_NS = 20_000 * DAY_NS
SAMPLES = SampleRollup(NAME, BEGIN_NS, 100.0, 59_000, -3.5, 1e6, -90.0, 80.0, 170.0, 2.5, 3, 7, 1, 1, 10.0, 10.0)
RECORDS = RecordRollup(NAME, BEGIN_NS, 600, 1, 0.5, 600, 59_990, 600, tuple(range(len(FLAGS))))
RECEIPTS = ReceiptRollup(NAME, BEGIN_NS + SLOT_NS, 590, 885.0, 3.5, 600.0, 12.0, 300.0, 900.0)
MEDIAN = Metric(NAME, "sample_median", BEGIN_NS, BEGIN_NS + DAY_NS, -4.0)
SPECTRUM = HourSpectrum(NAME, BEGIN_NS, 100.0, np.arange(-40.0, 81.0))

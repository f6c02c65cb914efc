"""Ten minutes of one channel in numbers: what metrics are made of.

Three parts, each by its own time: of samples by the time of the samples, of records by their start, of receipts by when
they came. Parts of several slots add up to longer times; the median and the number of unique values are of whole days
and come as metrics.
"""

from dataclasses import dataclass

from .arrays import FloatArray
from .sourceid import SourceId
from .utc import SECOND_NS

SLOT_NS = 600 * SECOND_NS
"""Length of a rollup: ten minutes, counted from midnight UTC."""
DAY_NS = 86_400 * SECOND_NS
FLAGS = (
    "calibration_signal",
    "timing_correction",
    "event_begin",
    "event_end",
    "event_in_progress",
    "clock_locked",
    "amplifier_saturation",
    "digitizer_clipping",
    "spikes",
    "glitches",
    "missing_padded_data",
    "telemetry_sync_error",
    "digital_filter_charging",
    "suspect_time_tag",
)
"""MUSTANG's names of the flags of a miniSEED 2 header, in the order of ``RecordRollup.flags``."""
FLAG_BITS = (0, 1, 2, 3, 6, 13, 16, 17, 18, 19, 20, 21, 22, 23)
"""Where each is in a record's flags: activity bits from 0, input and output from 8, data quality from 16 on."""


@dataclass(frozen=True, slots=True)
class SampleRollup:
    """What the samples of a slot are like, in counts.

    ``m2`` is the sum of squared deviations from ``mean``; ``spikes`` are outliers, ``flat`` samples equal to the one
    before, ``clipped`` those at or beyond the full scale; ``gaps`` those that ended in the slot.
    """

    source_id: SourceId
    start_ns: int
    rate_hz: float
    samples: int
    mean: float
    m2: float
    minimum: float
    maximum: float
    max_range: float
    max_stalta: float
    spikes: int
    flat: int
    clipped: int
    gaps: int
    gap_longest_s: float
    gap_total_s: float


@dataclass(frozen=True, slots=True)
class RecordRollup:
    """What the records that begin in a slot say: of ``records``, ``timed`` state a timing quality (percent, summed up
    in ``timing``), ``flagged`` have flags, counted in ``flags`` in the order of ``FLAGS``.
    """

    source_id: SourceId
    start_ns: int
    records: int
    overlaps: int
    overlap_longest_s: float
    timed: int
    timing: int
    flagged: int
    flags: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReceiptRollup:
    """How what was received in a slot came.

    ``latency_s`` is the sum of the ages of the newest samples at their receipts (data_latency); between receipts the
    age of what came last (feed_latency) and of its newest sample (total_latency) go on growing: their integrals over
    ``held_s`` are ``feed_s2`` and ``total_s2``.
    """

    source_id: SourceId
    start_ns: int
    receipts: int
    latency_s: float
    latency_longest_s: float
    held_s: float
    silence_longest_s: float
    feed_s2: float
    total_s2: float


@dataclass(frozen=True, slots=True)
class HourSpectrum:
    """Power spectral density of an hour in dB of counts**2/Hz at the period bins of its sampling rate: the response is
    taken off by whoever reads it, so that corrected metadata correct it too.
    """

    source_id: SourceId
    start_ns: int
    rate_hz: float
    db: FloatArray


Rollup = SampleRollup | RecordRollup | ReceiptRollup

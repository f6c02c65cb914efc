"""What was measured of a station over some time: what reports show and the diagnosis judges.

The same from the live catalogue, from an archive and from loose files. Numbers that are not known are NaN (-1 where
they are counts), series without a value are empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.health import Metric
from seismonet.core.inventory import Channel
from seismonet.core.rollup import SLOT_NS
from seismonet.core.sourceid import SourceId

__all__ = ["SLOT_NS", "ChannelMeasures", "Series", "Slots", "Spectra", "StationMeasures"]
from .pairspectra import PairSums


@dataclass(frozen=True, slots=True)
class Slots:
    """The ten-minute rollups of one channel as columns, by time; slots in which nothing was heard are left out.

    Attributes
    ----------
    start_ns : (k,) int64, begin of each slot
    samples : (k,) int64, how many there are of it
    mean, rms : (k,) counts; ``rms`` is about the mean, as MUSTANG's ``sample_rms`` is
    minimum, maximum : (k,) counts
    max_range : (k,) counts, largest maximum less minimum of any five minutes that end in the slot
    max_stalta : (k,) largest ratio of 3 s to 30 s
    spikes : (k,) int64
    clipped : (k,) int64, samples at or beyond the full scale that the metadata state
    flat : (k,) int64, samples equal to the one before them
    gaps, overlaps : (k,) int64, how many ended in the slot
    gap_s : (k,) the longest of the gaps
    records : (k,) int64, how many began in the slot
    timing_quality : (k,) mean of what the records state, in percent; NaN where they state none
    locked : (k,) share of the records that say the clock is locked, 0 to 1; NaN where no record ever said so
    latency_s, latency_max_s : (k,) mean and largest age of the newest sample at its receipt (``data_latency``), by the
        time of receipt; NaN where no receipt is known
    silence_s : (k,) longest time without a receipt that ended in the slot; NaN as above
    """

    start_ns: IntArray
    samples: IntArray
    mean: FloatArray
    rms: FloatArray
    minimum: FloatArray
    maximum: FloatArray
    max_range: FloatArray
    max_stalta: FloatArray
    spikes: IntArray
    clipped: IntArray
    flat: IntArray
    gaps: IntArray
    overlaps: IntArray
    gap_s: FloatArray
    records: IntArray
    timing_quality: FloatArray
    locked: FloatArray
    latency_s: FloatArray
    latency_max_s: FloatArray
    silence_s: FloatArray

    def __len__(self) -> int:
        return len(self.start_ns)


@dataclass(frozen=True, slots=True)
class Spectra:
    """Power spectral densities of one channel: hours that begin every half hour, as ObsPy's ``PPSD`` has them.

    Attributes
    ----------
    period_s : (p,) centres of the period bins, an octave wide, an eighth of an octave apart
    start_ns : (h,) begin of each hour
    db : (h, p) dB of (m/s**2)**2/Hz; of counts**2/Hz where no response is known (``corrected`` False)
    corrected : bool
    """

    period_s: FloatArray
    start_ns: IntArray
    db: FloatArray
    corrected: bool

    def percentile(self, percent: float) -> FloatArray:
        """(p,) dB that so many percent of the hours do not exceed; NaN without an hour."""
        if not len(self.start_ns):
            return np.full(len(self.period_s), np.nan)
        return np.asarray(np.percentile(self.db, percent, axis=0))


@dataclass(frozen=True, slots=True)
class Series:
    """A slow channel over time (state of health), thinned to at most a value a minute: ``value`` in native counts."""

    source_id: SourceId
    time_ns: IntArray
    value: FloatArray


@dataclass(frozen=True, slots=True)
class ChannelMeasures:
    """One waveform channel.

    ``metrics`` are MUSTANG's names over the whole window, ``days`` the same day by day; ``channel`` are the metadata
    that hold at the end of the window, None without any; ``present`` the stretches of data (start, end), by time.
    """

    source_id: SourceId
    channel: Channel | None
    rate_hz: float
    metrics: Mapping[str, float]
    days: tuple[Metric, ...]
    slots: Slots
    spectra: Spectra | None
    present: tuple[tuple[int, int], ...] = ()

    def metric(self, name: str) -> float:
        """One of the metrics over the window; NaN when it is not known."""
        return self.metrics.get(name, float("nan"))


@dataclass(frozen=True, slots=True)
class StationMeasures:
    """All that was measured of a station in ``[start_ns, end_ns)``; ``soh`` are its state-of-health channels.

    ``pair`` is what its two sensors have in common, by the hour (``PairMonitor.sums`` of the station, see
    :mod:`~seismonet.status.pairspectra`); empty without two.
    """

    station_code: str
    start_ns: int
    end_ns: int
    channels: tuple[ChannelMeasures, ...]
    soh: tuple[Series, ...] = ()
    remarks: tuple[str, ...] = field(default=())
    """In words, what could not be read or used."""
    pair: Mapping[int, PairSums] = field(default_factory=dict)

    def channel(self, code: str) -> ChannelMeasures | None:
        """By location and channel code, as ``00.HHE``; None when there is none."""
        return next((one for one in self.channels if f"{one.source_id.location}.{one.source_id.channel}" == code), None)

    def quantity(self, kind: str) -> tuple[ChannelMeasures, ...]:
        """Those that record ``velocity`` or ``acceleration``."""
        return tuple(one for one in self.channels if one.channel is not None and one.channel.quantity == kind)

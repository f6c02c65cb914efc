"""Hours of samples to spectra, and what many hours say: percentiles, histograms, comparison with the noise models.

The rule this file owns: hours begin every half hour of UTC. An hour is made when its last sample is there, from the
samples alone, so those of the archive and those of today are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from seismonet.core.rollup import HourSpectrum
from seismonet.core.sourceid import INSTRUMENT_GROUPS, SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.formats.stationxml import is_soh
from seismonet.kernels.spectrum import HOUR_S, hour_db, plan

from .measures import Spectra

HALF_NS = HOUR_S * SECOND_NS // 2
LEAST_RATE_HZ = 1.0
WAVEFORM_RATE_HZ = 10.0
"""Waveform channels are sampled at least so often; what is slower is a series."""
DB_EDGES = np.arange(-200.0, -49.0)
"""Of the histogram, as ObsPy's ``PPSD`` has them: bins of 1 dB."""
GSN_BAND_S, GSN_DB = (4.0, 8.0), 5.0


def is_waveform(name: SourceId, rate_hz: float) -> bool:
    """Does a channel record the ground, rather than the station's state?"""
    return not is_soh(name.channel) and rate_hz >= WAVEFORM_RATE_HZ and name.channel[1:2] in INSTRUMENT_GROUPS


@dataclass(slots=True)
class HourMaker:
    """Samples of one channel, in any pieces by time, to spectra of hours.

    ``rate_hz`` 0 is not known yet. It holds an hour of samples; what comes for an hour that was made is left out.
    """

    source_id: SourceId
    rate_hz: float = 0.0
    start_ns: int = 0
    samples: AnyArray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    present: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def add(self, start_ns: int, rate_hz: float, samples: AnyArray) -> list[HourSpectrum]:
        """Take in contiguous samples; the hours that are complete by them."""
        if rate_hz < LEAST_RATE_HZ:
            return []
        found: list[HourSpectrum] = []
        if rate_hz != self.rate_hz:
            found += self.finish()
            self._begin(start_ns, rate_hz)
        if samples.dtype == np.float64 and self.samples.dtype != np.float64:
            self.samples = self.samples.astype(np.float64)
        n, done = len(self.samples), 0
        while done < len(samples):
            place = round((start_ns - self.start_ns) * rate_hz / SECOND_NS) + done
            if place >= n:
                found += self._turn(start_ns + round(done * SECOND_NS / rate_hz))
                continue
            skip = max(0, -place)
            count = min(n - place - skip, len(samples) - done - skip)
            if count > 0:
                at = slice(place + skip, place + skip + count)
                self.samples[at], self.present[at] = samples[done + skip : done + skip + count], True
            done += max(skip + count, 1)
        if self.present[-1]:
            found += self._turn(self.start_ns + HALF_NS)
        return found

    def finish(self) -> list[HourSpectrum]:
        """The hour that is open, if there is enough of it; nothing is held after that."""
        found = self._made() if self.rate_hz else []
        self.rate_hz = 0.0
        return found

    def _begin(self, start_ns: int, rate_hz: float) -> None:
        n = plan(rate_hz).samples
        self.rate_hz, self.start_ns = rate_hz, start_ns // HALF_NS * HALF_NS - HALF_NS
        self.samples, self.present = np.zeros(n, dtype=self.samples.dtype), np.zeros(n, dtype=bool)

    def _turn(self, now_ns: int) -> list[HourSpectrum]:
        """Make the open hour, and open the next, or the first that a later sample may lie in."""
        made = self._made()
        half = self.start_ns + HALF_NS
        if now_ns >= half + 2 * HALF_NS:
            made += self._shifted()._made()
            self._begin(now_ns, self.rate_hz)
        else:
            self._shifted()
        return made

    def _shifted(self) -> "HourMaker":
        step = round(HALF_NS * self.rate_hz / SECOND_NS)
        for array in (self.samples, self.present):
            array[: len(array) - step] = array[step:].copy()
            array[len(array) - step :] = 0
        self.start_ns += HALF_NS
        return self

    def _made(self) -> list[HourSpectrum]:
        db = hour_db(self.samples, self.present, self.rate_hz)
        return [] if db is None else [HourSpectrum(self.source_id, self.start_ns, self.rate_hz, db)]


def spectra(hours: Sequence[HourSpectrum], response_db: FloatArray | None) -> Spectra | None:
    """Hours of one channel, by time, with the response taken off: ``response_db`` (p,) is added to them.

    Hours of another sampling rate than the last one's are left out. None without any.
    """
    if not hours:
        return None
    rate_hz = hours[-1].rate_hz
    alike = [one for one in hours if one.rate_hz == rate_hz]
    db = np.stack([one.db for one in alike])
    start_ns = np.array([one.start_ns for one in alike], dtype=np.int64)
    if response_db is not None:
        db = db + response_db
    return Spectra(plan(rate_hz).period_s, start_ns, db, response_db is not None)


@lru_cache(maxsize=1)
def _peterson() -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    from obspy.signal.spectral_estimation import get_nhnm, get_nlnm

    both = [(np.asarray(period, dtype=np.float64), np.asarray(db)) for period, db in (get_nlnm(), get_nhnm())]
    low, high = ((period[np.argsort(period)], db[np.argsort(period)]) for period, db in both)
    return low, high


def noise_models(period_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Low and high noise model (Peterson 1993, USGS Open-File Report 93-322) in dB at some periods; NaN outside."""
    return (
        np.interp(np.log(period_s), np.log(_peterson()[0][0]), _peterson()[0][1], np.nan, np.nan),
        np.interp(np.log(period_s), np.log(_peterson()[1][0]), _peterson()[1][1], np.nan, np.nan),
    )


def histogram(found: Spectra) -> IntArray:
    """(p, bins) how many hours have each dB at each period; bins of 1 dB between ``DB_EDGES``."""
    counts = [np.histogram(found.db[:, k], DB_EDGES)[0] for k in range(len(found.period_s))]
    return np.array(counts, dtype=np.int64)


def beyond_models(found: Spectra) -> tuple[float, float]:
    """Percent of all values above the high and below the low noise model: ``pct_above_nhnm``, ``pct_below_nlnm``."""
    low, high = noise_models(found.period_s)
    inside = np.isfinite(low)
    db = found.db[:, inside]
    if not db.size:
        return float("nan"), float("nan")
    return 100.0 * float((db > high[inside]).mean()), 100.0 * float((db < low[inside]).mean())


def dead_measures(found: Spectra) -> tuple[float, float]:
    """``dead_channel_lin``: scatter (dB) about a line through the mean dB over log period; small is dead.

    ``dead_channel_gsn``: 1 when the median lies on average 5 dB or more below the low noise model between 4 and 8 s.
    """
    if not len(found.start_ns):
        return float("nan"), float("nan")
    x, mean = np.log10(found.period_s), found.db.mean(axis=0)
    line = np.polynomial.Polynomial.fit(x, mean, 1)
    scatter = float(np.sqrt(np.sum((mean - line(x)) ** 2) / max(len(x) - 2, 1)))
    low, _ = noise_models(found.period_s)
    band = (found.period_s >= GSN_BAND_S[0]) & (found.period_s <= GSN_BAND_S[1])
    below = float(np.mean((low - np.median(found.db, axis=0))[band])) if band.any() else float("nan")
    return scatter, float(below >= GSN_DB)

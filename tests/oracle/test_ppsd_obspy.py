"""Spectra of hours against ObsPy's PPSD, of noise with a strong microseism, of a ramp, of a real day."""

from pathlib import Path
from warnings import catch_warnings, simplefilter

import numpy as np
import obspy
from obspy.signal import PPSD
from obspy.signal.invsim import paz_to_freq_resp

from seismonet.core.sourceid import SourceId
from seismonet.kernels.spectrum import plan
from seismonet.status.ppsd import HourMaker
from tests.support.shared import shared

PAZ = {"sensitivity": 1e9, "gain": 1.0, "poles": [-0.037 + 0.037j, -0.037 - 0.037j], "zeros": [0j, 0j]}
TOLERANCE_DB = 0.5
START = obspy.UTCDateTime("2024-01-01T00:00:00")


def theirs(trace: obspy.Trace) -> PPSD:
    found = PPSD(trace.stats, PAZ)
    with catch_warnings():
        simplefilter("ignore")
        found.add(trace)
    return found


def ours(trace: obspy.Trace, pieces: list[int]) -> dict[int, np.ndarray]:
    maker, rate_hz, hours = HourMaker(SourceId.parse("XX.A..HHZ")), trace.stats.sampling_rate, []
    at = turn = 0
    while at < len(trace.data):
        n = pieces[turn % len(pieces)]
        hours += maker.add(trace.stats.starttime.ns + round(at * 1e9 / rate_hz), rate_hz, trace.data[at : at + n])
        at, turn = at + n, turn + 1
    hours += maker.finish()
    one = plan(rate_hz)
    response = paz_to_freq_resp(PAZ["poles"], PAZ["zeros"], 1e9, 1 / rate_hz, nfft=one.size)[1:]
    correction = one.smooth(10 * np.log10((2 * np.pi * one.frequency_hz) ** 2 / np.abs(response) ** 2))
    return {hour.start_ns: hour.db + correction for hour in hours}


def compare(trace: obspy.Trace, pieces: list[int]) -> int:
    peer, own = theirs(trace), ours(trace, pieces)
    np.testing.assert_allclose(plan(trace.stats.sampling_rate).period_s, peer.period_bin_centers, rtol=1e-12)
    for time, values in zip(peer.times_processed, peer.psd_values, strict=True):
        assert np.abs(own[time.ns] - values).max() < TOLERANCE_DB
    assert {time.ns for time in peer.times_processed} <= set(own)
    return len(peer.times_processed)


def trace_of(samples: np.ndarray, rate_hz: float) -> obspy.Trace:
    header = {"network": "XX", "station": "A", "channel": "HHZ", "sampling_rate": rate_hz, "starttime": START}
    return obspy.Trace(np.rint(samples).astype(np.int32), header)


def test_noise_microseism_and_an_earthquake() -> None:
    rate_hz, n = 40.0, 40 * 7200 + 33
    draw, time = np.random.default_rng(6), np.arange(n) / rate_hz
    x = draw.standard_normal(n) * 8 + 5e4 * np.sin(2 * np.pi * 0.17 * time + np.cumsum(draw.standard_normal(n)) * 0.01)
    x[100_000:104_000] += draw.standard_normal(4000) * 2e6
    assert compare(trace_of(x, rate_hz), [997, 40_000]) == 3


def test_a_drift_of_a_full_scale() -> None:
    n = 20 * 3600
    x = np.linspace(-8e6, 8e6, n) + np.random.default_rng(7).standard_normal(n) * 30
    assert compare(trace_of(x, 20.0), [n]) == 1


def test_hours_of_a_real_day() -> None:
    stream = obspy.read(str(Path(shared("data/public/ya_24h")) / "waveforms.mseed"), format="MSEED")
    trace = stream[0].slice(stream[0].stats.starttime, stream[0].stats.starttime + 3 * 3600 - 0.001)
    assert compare(trace, [360_001]) == 5

"""Band-pass and STA/LTA on blocks of 18 channels by 100 samples."""

import numpy as np

from seismonet.kernels.filter import bandpass_sos, filter_initial, sos_filter
from seismonet.kernels.stalta import StaLtaState, sta_lta

from .page import Figure
from .signals import CORNERS, HIGH_HZ, LOW_HZ, NLTA, NSTA, RATE_HZ, counts
from .timing import compare, repeated

CHANNELS, SAMPLES = 18, 100
OLD = 10**6  # samples seen: averages that are young no more


def measure() -> list[Figure]:
    """The two figures on kernels."""
    from obspy.signal.filter import bandpass
    from obspy.signal.trigger import recursive_sta_lta
    from scipy.signal import sosfilt

    block = np.array([counts(SAMPLES, k) for k in range(CHANNELS)], dtype=np.float64)
    sos = bandpass_sos(LOW_HZ, HIGH_HZ, RATE_HZ, corners=CORNERS)
    delays = filter_initial(sos, block[:, 0])
    averages = StaLtaState(np.ones((CHANNELS, 1)), np.ones((CHANNELS, 1)), np.full(CHANNELS, OLD))

    def ours() -> None:
        filtered, _ = sos_filter(block, delays, sos=sos)
        filtered *= filtered
        sta_lta(filtered, averages, nsta=NSTA, nlta=NLTA)

    def obspy_each() -> None:
        for trace in block:
            recursive_sta_lta(bandpass(trace, LOW_HZ, HIGH_HZ, RATE_HZ, corners=CORNERS), NSTA, NLTA)

    def designed_once() -> None:
        for trace in block:
            recursive_sta_lta(sosfilt(sos, trace), NSTA, NLTA)

    many = repeated(ours, 1000)
    plain = compare(repeated(obspy_each, 10), many, items=(10, 1000))
    designed = compare(repeated(designed_once, 200), many, items=(200, 1000))
    what = f"Band-pass + STA/LTA on {CHANNELS} channels x {SAMPLES} samples, against "
    return [
        Figure.ratio(f"{what}ObsPy `bandpass` + `recursive_sta_lta`", plain, 100, "block"),
        Figure.ratio(f"{what}pre-designed `sosfilt` + ObsPy's C per trace", designed, 8, "block"),
    ]

"""The Wood-Anderson seismograph against ObsPy's simulation of its poles and zeros in the frequency domain."""

import numpy as np
import pytest
from obspy.signal.invsim import simulate_seismometer

from seismonet.kernels.woodanderson import DAMPING, PERIOD_S, wood_anderson

OWN = 2 * np.pi / PERIOD_S
POLES = np.roots([1.0, 2 * DAMPING * OWN, OWN**2]).tolist()
ZEROS = {"velocity": [0j], "acceleration": []}


@pytest.mark.parametrize("quantity", ["velocity", "acceleration"])
@pytest.mark.parametrize("rate_hz", [20.0, 31.25, 50.0, 100.0, 200.0])
def test_the_deflection_is_obspys(rate_hz: float, quantity: str) -> None:
    """A burst of noise up to 0.6 of the Nyquist frequency: the whole trace within 2 %, its peak within 1 %."""
    from scipy.signal import butter, resample, sosfilt

    rng = np.random.default_rng(5)
    n = round(60 * rate_hz)
    burst = rng.normal(size=n) * np.exp(-(((np.arange(n) / rate_hz - 25) / 6) ** 2))
    motion = sosfilt(butter(6, [0.3, 0.3 * rate_hz], "bandpass", fs=rate_hz, output="sos"), burst)
    ours = wood_anderson(motion[None, :], rate_hz=rate_hz, quantity=quantity)[0]
    paz = {"poles": POLES, "zeros": ZEROS[quantity], "gain": 1.0, "sensitivity": 1.0}
    theirs = simulate_seismometer(
        motion, rate_hz, paz_simulate=paz, taper=False, zero_mean=False, nfft_pow2=True, remove_sensitivity=False,
        simulate_sensitivity=False,
    )  # fmt: skip
    # ours is late by half of its taps; both on a grid eight times as fine, where a delay of half a sample is a shift
    late = 28 if quantity == "velocity" else 24
    fine_ours, fine_theirs = (resample(one, 8 * n) for one in (ours, theirs))
    inner = slice(8 * round(2 * rate_hz), 8 * round(55 * rate_hz))
    largest = np.abs(fine_theirs[inner]).max()
    assert np.abs(np.roll(fine_ours, -late)[inner] - fine_theirs[inner]).max() < 0.02 * largest
    assert np.abs(fine_ours[inner]).max() == pytest.approx(largest, rel=0.01)


def test_the_pendulum_is_the_standard_one() -> None:
    """ObsPy's own table of it, but for the gain and the last digit of the damping, 0.8 in the older ones."""
    from obspy.signal.invsim import WOODANDERSON

    assert len(WOODANDERSON["zeros"]) == 1
    assert abs(POLES[0]) == pytest.approx(abs(WOODANDERSON["poles"][0]), rel=0.01)

"""The trigger gate: what a trigger must look like to be taken for an onset of the ground, and why it is refused.

Limits in physical units are those that EPIC ships (its ``epic.conf``; Chung et al. 2019, SRL 90, 727-743), which are
in cm; they apply where metadata say what a count is. Its least amplitudes would refuse small and far earthquakes at
quiet sites (M 4.6 at 200 km on rock, with a signal 150 times the noise), so ours only refuse what no ground does. What
holds for any unit is in :mod:`seismonet.detect.shape`. What two sensors of a site do not agree on is no reason to
refuse: it lowers trust (:mod:`seismonet.detect.joining`).

Reasons
-------
impulse : the change lies in a few steps: telemetry, a spike, a step of the electronics
step : the trace went to another level and is as quiet there as before: calibration, a mass that is centred
boxcar : the trace jumps between two levels: calibration, a bit that hangs
crossings : the trace hardly turns in its first second: the electronics recover from something
sideways : the horizontals move more than the vertical from the first: S, or noise of the surface
awakened : a dead channel came alive, and what triggered is its noise
weak : the refined onset does not stand out of the noise as its trigger seemed to
noise : a small one that does not stand out of what the noise did in the ten seconds before
displacement, velocity, acceleration : the peak of the first second is smaller or larger than any earthquake's
range : the acceleration hardly changes from 0.1 to 0.2 s after the onset, no more than that of the noise
period : the predominant period of the first seconds is none of an earthquake
coda : after a P at the same station, and by its motion S or the tail of it
"""

from dataclasses import dataclass

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Rejection
from seismonet.core.inventory import Channel
from seismonet.core.sourceid import SourceId
from seismonet.kernels.filter import bandpass_sos, filter_initial, highpass_sos, signal, sos_filter

from .amplitude import measure, tau_p
from .seen import PASSED, Seen
from .shape import electronic, noise_like

REASONS = (
    *("impulse", "step", "boxcar", "crossings", "sideways", "awakened", "weak", "noise"),
    *("displacement", "velocity", "acceleration", "range", "period", "coda"),
)
IMPULSE_FRACTION, PLAIN_FRACTION = 0.95, 0.75
"""Above the first a trigger is an impulse, once its window is whole; below the second it is none, however early."""
CM = 100.0
LOW_HZ, HIGH_HZ = (0.375, 0.75), (6.0, 12.0)
SEEN = 3.0
"""A band's peak counts once it is so many times the peak of the noise before."""
TAU_P_HZ, TAU_P_S = 3.0, (0.5, 4.0)


@parameters(frozen=True)
class GateParams:
    """What a trigger must be; logarithms to base 10 of EPIC's units (cm, s)."""

    minimum_snr: float = Field(
        default=2.1, ge=1, description="amplitude ratio of a refined pick to the noise before it"
    )
    clear_snr: float = Field(default=10.0, ge=1, description="smaller onsets than this must stand out of the noise")
    stand_out: float = Field(
        default=2.1, ge=1, description="amplitude of small ones over the loudest noise of the ten seconds before"
    )
    sideways: float = Field(
        default=2.0, ge=0.5, description="motion of a horizontal over that of the vertical in the first 0.02 s, at most"
    )
    log_pd_cm: tuple[float, float] = Field(default=(-7.0, 2.0), description="peak displacement of the first second")
    log_pv_cm_s: tuple[float, float] = Field(default=(-7.0, 3.0), description="peak velocity")
    minimum_log_pa_cm_s2: float = Field(default=-5.0, description="peak acceleration")
    minimum_range_cm_s2: float = Field(
        default=2.2e-3, ge=0, description="range of acceleration from 0.1 to 0.2 s after the onset, or ..."
    )
    minimum_range: float = Field(default=3.0, ge=0, description="... so many times that of the noise in as long a time")
    log_tau_p_s: tuple[float, float] = Field(default=(-0.9, 1.0), description="predominant period of the first 4 s")
    teleseism_line: tuple[float, float] = Field(
        default=(-3.728, 2.817), description="log Pd below a + b log tau_p is a teleseism"
    )
    teleseism_bands: tuple[float, float] = Field(
        default=(1.25, 1.40), description="log Pv (0.375-0.75 Hz) above a log Pv (6-12 Hz) + b is a teleseism"
    )


def impulse(pick_id: str, name: SourceId, time_ns: int, issued_ns: int, share: float) -> Rejection:
    """A trigger whose change lies in its three largest steps: a spike or a step of the electronics."""
    detail = f"{share:.0%} of the change lies in three steps, at most {IMPULSE_FRACTION:.0%} may"
    return Rejection(pick_id, name, time_ns, issued_ns, "impulse", detail)


def weak(snr: float, params: GateParams) -> tuple[str, str]:
    """Reason and sentence when a refined onset does not stand out of the noise; empty when it does."""
    if snr >= params.minimum_snr:
        return PASSED
    return "weak", f"signal to noise {snr:.1f}, at least {params.minimum_snr:.1f} is asked"


def first_second(seen: Seen, params: GateParams) -> tuple[str, str]:
    """Reason and sentence why the first second of an onset is none of the ground's; empty when it may be."""
    found = electronic(seen)
    return found if found != PASSED or not seen.known else _motion(seen, params)


def _motion(seen: Seen, params: GateParams) -> tuple[str, str]:
    rate_hz = seen.history.rate_hz
    peaks = measure(seen.history, 0, seen.onset, round(rate_hz), seen.channel)
    if peaks is None:
        return PASSED
    measures = (
        ("displacement", "log Pd", peaks.pd_m, params.log_pd_cm, "cm"),
        ("velocity", "log Pv", peaks.pv_m_s, params.log_pv_cm_s, "cm/s"),
        ("acceleration", "log Pa", peaks.pa_m_s2, (params.minimum_log_pa_cm_s2, np.inf), "cm/s2"),
    )
    for reason, name, value, (low, high), unit in measures:
        size = float(np.log10(max(value * CM, 1e-30)))
        if not low <= size <= high:
            return reason, f"{name} {size:.1f} ({unit}) in the first second, {low:g} to {high:g} is an earthquake's"
    span, noise = _ranges_cm_s2(seen)
    if span < params.minimum_range_cm_s2 and span < params.minimum_range * noise:
        limit = f"at least {params.minimum_range_cm_s2:.1e} or {params.minimum_range:g} times the noise's is asked"
        return "range", f"acceleration changes by {span:.1e} cm/s2 from 0.1 to 0.2 s after the onset, {limit}"
    return PASSED


def _ranges_cm_s2(seen: Seen) -> tuple[float, float]:
    """Range of acceleration from 0.1 to 0.2 s after the onset; and the usual one in as long a time before it."""
    rate_hz = seen.history.rate_hz
    lead, length = round(0.1 * rate_hz), max(2, round(0.2 * rate_hz)) + 1 - round(0.1 * rate_hz)
    pieces = min(int(seen.onset - seen.history.first(0)) // length - 1, round(5 * rate_hz) // length)
    begin = seen.onset - max(pieces, 0) * length
    end = min(seen.onset + lead + length, int(seen.history.end[0]))
    ground = seen.history.window(0, begin, end) / seen.channel.sensitivity
    if seen.channel.quantity == "velocity":
        ground = np.diff(ground, prepend=ground[:1]) * rate_hz
    after = ground[seen.onset + lead - begin :]
    before = ground[: max(pieces, 0) * length].reshape(-1, length)
    noise = float(np.median(np.ptp(before, axis=1))) if len(before) else 0.0
    return (float(np.ptp(after)) if len(after) else np.inf) * CM, noise * CM


def quiet(seen: Seen, snr: float, band_hz: tuple[float, float], params: GateParams) -> tuple[str, str]:
    """Reason and sentence why an onset is none but of the noise; empty when it stands out, or is clear anyway."""
    return PASSED if snr >= params.clear_snr else noise_like(seen, band_hz, params.stand_out)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Predominant period (s) of the first seconds, and whether it is a teleseism's spectrum."""

    tau_p_s: float
    teleseism: bool


def spectrum(seen: Seen, params: GateParams) -> Spectrum | None:
    """Period and kind of the spectrum of the first 4 s of a vertical; None where units are not known.

    A teleseism lies below EPIC's line of displacement over period and has more motion at 0.375-0.75 Hz than at 6-12 Hz.
    The low band must have risen out of its noise: microseism makes no teleseism of a small earthquake.
    """
    history, onset, rate_hz = seen.history, seen.onset, seen.history.rate_hz
    samples = round(TAU_P_S[1] * rate_hz)
    if not seen.known or onset + samples > history.end[0] or rate_hz < 2.5 * HIGH_HZ[1]:
        return None
    peaks = measure(history, 0, onset, samples, seen.channel)
    if peaks is None:
        return None
    velocity = velocity_of(history.window(0, history.first(0), onset + samples), rate_hz, seen.channel)
    start = onset - history.first(0)
    low_pass = np.ascontiguousarray(signal().butter(2, TAU_P_HZ, "lowpass", fs=rate_hz, output="sos"))
    smooth = sos_filter(velocity[None], filter_initial(low_pass, velocity[:1]), sos=low_pass)[0][0]
    tau_p_s = float(tau_p(smooth, rate_hz)[start + round(TAU_P_S[0] * rate_hz) :].max())
    low, low_noise = _band_peaks(velocity, start, LOW_HZ, rate_hz)
    high, _ = _band_peaks(velocity, start, HIGH_HZ, rate_hz)
    (a, b), (c, d) = params.teleseism_line, params.teleseism_bands
    line = np.log10(max(peaks.pd_m * CM, 1e-30)) < a + b * np.log10(max(tau_p_s, 0.01))
    bands = np.log10(max(low * CM, 1e-30)) > c * np.log10(max(high * CM, 1e-30)) + d
    return Spectrum(tau_p_s, bool(line and bands and low > SEEN * low_noise))


def period(tau_p_s: float, params: GateParams) -> tuple[str, str]:
    """Reason and sentence when a predominant period is none of an earthquake; empty when it may be."""
    low, high = params.log_tau_p_s
    size = float(np.log10(max(tau_p_s, 0.01)))
    if low <= size <= high:
        return PASSED
    return "period", f"log tau_p {size:.1f} (s) in the first 4 s, {low:g} to {high:g} is an earthquake's"


def velocity_of(raw: FloatArray, rate_hz: float, channel: Channel) -> FloatArray:
    """Ground velocity (m/s) of raw samples: without its mean, high-passed at 0.075 Hz, integrated where need be."""
    sos = highpass_sos(0.075, rate_hz, corners=2)
    ground = ((raw - raw.mean()) / channel.sensitivity)[None]
    if channel.quantity == "acceleration":
        ground = sos_filter(ground, filter_initial(sos, ground[:, 0]), sos=sos)[0]
        ground = np.cumsum(ground, axis=1) / rate_hz
    return np.asarray(sos_filter(ground, filter_initial(sos, ground[:, 0]), sos=sos)[0][0])


def _band_peaks(velocity: FloatArray, start: int, band: tuple[float, float], rate_hz: float) -> tuple[float, float]:
    """Peak from ``start`` on, and the peak of as long before."""
    sos = bandpass_sos(*band, rate_hz, corners=1)
    filtered = np.abs(sos_filter(velocity[None], filter_initial(sos, velocity[:1]), sos=sos)[0][0])
    length = len(velocity) - start
    quiet = filtered[max(0, start - length) : max(1, start)]
    return float(filtered[start:].max()), float(quiet.max())

"""The three detectors, and what they become at a sampling rate.

D1 is for local, impulsive onsets, D2 for regional and slab events; both run on velocity and on acceleration. D3 is for
strong motion: it runs on broadband velocity, which acceleration is integrated to, with averages so short that it is
there within a tenth of a second; its onset is refined in the band of D1. Bands and averages follow the design's fact
sheet (after Withers et al. 1998 and the ElarmS and SeisComP defaults it lists; D3 is that of ElarmS).
"""

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.kernels.filter import bandpass_sos, highpass_sos
from seismonet.kernels.trigger import TriggerLengths

from .gate import GateParams
from .joining import JoinParams

NYQUIST_FRACTION = 0.8
LEAST_STA_SAMPLES = 2


@parameters(frozen=True)
class DetectorParams:
    """One STA/LTA detector.

    Thresholds are ratios of mean energy (amplitude squared); ``before_s`` and ``after_s`` about the trigger are the
    window in which the onset is sought.
    """

    low_hz: float = Field(gt=0, description="lower edge of the band")
    high_hz: float = Field(gt=0, description="upper edge; at most 0.8 of the Nyquist frequency is used")
    sta_s: float = Field(gt=0, description="time constant of the short-term average")
    lta_s: float = Field(gt=0, description="time constant of the long-term average")
    on_velocity: float = Field(gt=1, description="ratio of energies that triggers, on velocity channels")
    on_acceleration: float = Field(gt=1, description="the same on acceleration channels")
    off: float = Field(gt=0, description="ratio of energies that ends a trigger")
    before_s: float = Field(gt=0, le=10, description="the onset is sought so long before the trigger")
    after_s: float = Field(gt=0, le=10, description="and so long after it")

    @model_validator(mode="after")
    def _ordered(self) -> "DetectorParams":
        if not (self.low_hz < self.high_hz and self.sta_s < self.lta_s and self.off < self.on_velocity):
            raise ValueError("needs low_hz < high_hz, sta_s < lta_s and off < on_velocity")
        return self


@parameters(frozen=True)
class PickerParams:
    """How onsets are found on one channel."""

    d1: DetectorParams = DetectorParams(2.0, 20.0, 0.2, 10.0, 8.0, 10.0, 2.0, 2.0, 1.0)
    d2: DetectorParams = DetectorParams(0.8, 8.0, 0.5, 20.0, 4.5, 4.5, 1.5, 4.0, 2.0)
    d3: DetectorParams = DetectorParams(2.0, 20.0, 0.05, 5.0, 20.0, 20.0, 2.0, 2.0, 1.0)
    strong_highpass_hz: float = Field(default=0.075, gt=0, le=1, description="D3 runs on velocity above this frequency")
    arm_s: float = Field(default=10.0, ge=1, le=120, description="data a channel must have seen before it may trigger")
    hold_s: float = Field(default=30.0, ge=1, le=300, description="longest time the long-term average stays frozen")
    dead_s: float = Field(
        default=3.0,
        ge=0,
        le=60,
        description="no second trigger of a channel within this time, but for a surge",
    )
    again: float = Field(default=100.0, gt=1, description="energy over all since a trigger that is a new trigger")
    again_lag_s: float = Field(default=0.5, gt=0, le=5, description="but for the last one or two times this long")
    amplitude_windows_s: tuple[Annotated[float, Field(gt=0, le=72)], ...] = Field(
        default=(1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 45.0),
        description="peak amplitudes are measured so long after an onset",
    )
    horizontal_windows_s: tuple[Annotated[float, Field(gt=0, le=85)], ...] = Field(
        default=(4.0, 6.0, 8.0, 11.0, 15.0, 20.0, 27.0, 36.0, 48.0, 60.0, 72.0, 85.0),
        description="and on the horizontal components, which are to hold the S waves",
    )
    gate: GateParams = field(default_factory=GateParams)
    join: JoinParams = field(default_factory=JoinParams)


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector at one sampling rate, in samples.

    ``sos`` is the band in which an onset is refined; ``velocity`` and ``acceleration`` are the filters on which such
    channels are watched, the same as ``sos`` for a detector of a band.
    """

    name: str
    params: DetectorParams
    sos: FloatArray
    velocity: FloatArray
    acceleration: FloatArray
    lengths: TriggerLengths
    before: int
    after: int
    settle: int


def design(name: str, params: DetectorParams, picker: PickerParams, rate_hz: float) -> Detector | None:
    """The detector at a sampling rate; None where the rate is too low for its band.

    The upper edge never exceeds 0.8 of the Nyquist frequency; a band that would be narrower than one octave is not
    worth having.

    >>> design("D1", PickerParams().d1, PickerParams(), 20.0).lengths.nsta
    4
    """
    high_hz = min(params.high_hz, NYQUIST_FRACTION * rate_hz / 2)
    strong = name == "D3"
    if high_hz < 2 * params.low_hz or (strong and params.sta_s * rate_hz < LEAST_STA_SAMPLES):
        return None
    band = bandpass_sos(params.low_hz, high_hz, rate_hz, corners=2)
    velocity, acceleration = broadband(picker.strong_highpass_hz, rate_hz) if strong else (band, band)
    return Detector(
        name,
        params,
        band,
        velocity,
        acceleration,
        TriggerLengths(
            max(LEAST_STA_SAMPLES, round(params.sta_s * rate_hz)),
            round(params.lta_s * rate_hz),
            round(picker.hold_s * rate_hz),
            round(picker.arm_s * rate_hz),
            round(picker.again_lag_s * rate_hz),
            picker.again,
        ),
        round(params.before_s * rate_hz),
        round(params.after_s * rate_hz),
        round(4.0 / params.low_hz * rate_hz),
    )


def broadband(corner_hz: float, rate_hz: float) -> tuple[FloatArray, FloatArray]:
    """(2, 6) each: what makes velocity above a corner frequency of velocity, and of acceleration.

    Velocity is high-passed (two-pole Butterworth); acceleration is high-passed, integrated by trapezoids, and
    high-passed again, as ElarmS does. The integrator's pole at zero frequency cancels against one zero of a high-pass:
    ``g (1 - z)**2 / A * dt/2 (1 + z) / (1 - z) = g dt/2 (1 - z**2) / A`` with ``z`` the delay by a sample.

    >>> velocity, acceleration = broadband(0.075, 100.0)
    >>> velocity.shape, acceleration.shape
    ((2, 6), (2, 6))
    """
    high = highpass_sos(corner_hz, rate_hz, corners=2)[0]
    nothing = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    half = high[0] / (2 * rate_hz)
    integral = np.array([half, 0.0, -half, *high[3:]])
    return np.stack([high, nothing]), np.stack([high, integral])

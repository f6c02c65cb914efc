"""How the ground moves at one site."""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray

COMPONENTS = "ZNE"


@dataclass(frozen=True, slots=True)
class GroundMotion:
    """Three components (Z up, N, E) of one motion as displacement, velocity and acceleration.

    Each is the time derivative of the one before it in continuous time, not by differences of samples.

    Attributes
    ----------
    start_ns : time of the first sample
    rate_hz : sampling rate
    displacement_m, velocity_m_s, acceleration_m_s2 : (3, n) float64
    """

    start_ns: int
    rate_hz: float
    displacement_m: FloatArray
    velocity_m_s: FloatArray
    acceleration_m_s2: FloatArray

    @classmethod
    def still(cls, start_ns: int, rate_hz: float, n: int) -> "GroundMotion":
        """No motion for n samples."""
        return cls(start_ns, rate_hz, np.zeros((3, n)), np.zeros((3, n)), np.zeros((3, n)))

    def louder(self, gain: float) -> "GroundMotion":
        """The same motion so many times as large."""
        parts = (self.displacement_m, self.velocity_m_s, self.acceleration_m_s2)
        return GroundMotion(self.start_ns, self.rate_hz, *(gain * one for one in parts))

    def __add__(self, other: "GroundMotion") -> "GroundMotion":
        """Both motions at once; ValueError unless they share their samples' times."""
        ours, theirs = ((motion.start_ns, motion.rate_hz, motion.velocity_m_s.shape) for motion in (self, other))
        if ours != theirs:
            raise ValueError(f"motions of different samples cannot be added: {ours} and {theirs}")
        return GroundMotion(
            self.start_ns,
            self.rate_hz,
            self.displacement_m + other.displacement_m,
            self.velocity_m_s + other.velocity_m_s,
            self.acceleration_m_s2 + other.acceleration_m_s2,
        )

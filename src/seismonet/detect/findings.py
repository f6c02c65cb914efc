"""What jobs find out about a pick of one sensor, for :mod:`seismonet.detect.joining` to make up its mind with."""

from dataclasses import dataclass

from seismonet.core.event import Polarization
from seismonet.core.motion import Motion
from seismonet.core.sourceid import SourceId


@dataclass(frozen=True, slots=True)
class Look:
    """What the first second of an onset shows on its sensor: ``reason`` of the gate, empty where it passes.

    ``p_probability`` is 0.5 where nothing is known; ``clipped`` until then or shortly before.
    """

    pick_id: str
    source_id: SourceId
    issued_ns: int
    polarity: str
    polarization: Polarization | None
    p_probability: float
    clipped: bool
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Period:
    """What the first seconds show on the vertical: ``reason`` of the gate, or whether it is a teleseism's spectrum."""

    pick_id: str
    source_id: SourceId
    issued_ns: int
    teleseism: bool
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The vertical of a pick and that of another sensor at its site, in velocity, 1-8 Hz.

    ``lag_s`` is positive where the other one is late; ``log_ratio`` the logarithm of the pick's amplitude over the
    other's, and ``expected`` what the ratio of the other's noise to the pick's motion lets one see of it: the motion is
    so many times the other's noise.
    """

    pick_id: str
    source_id: SourceId
    other: SourceId
    issued_ns: int
    correlation: float
    lag_s: float
    log_ratio: float
    expected: float


@dataclass(frozen=True, slots=True)
class Shake:
    """What the watch over strong motion keeps in mind between two looks, times in seconds after the onset.

    Attributes
    ----------
    since_s : what was before is done with: an earlier shaking, or no motion of the ground
    from_s : the window begins there, None for ahead of the onset
    told : what was told last of this shaking
    checked_s : when all of it was measured last
    clipped : whether the pick's own sensor had run into its stop by then, and the other one
    """

    since_s: float = 0.0
    from_s: float | None = None
    told: Motion | None = None
    checked_s: float = 0.0
    clipped: tuple[bool, bool] = (False, False)


NO_SHAKE = Shake()
Finding = Look | Period | Comparison

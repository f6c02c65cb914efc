"""The trigger gate: what a trigger must look like to be taken for an onset of the ground, and why it is refused."""

from seismonet.core.event import Rejection
from seismonet.core.sourceid import SourceId

from .onset import IMPULSE_FRACTION

IMPULSE = "impulse"


def impulse(pick_id: str, name: SourceId, time_ns: int, issued_ns: int, share: float) -> Rejection:
    """A trigger whose change lies in its three largest steps: a spike or a step of the electronics."""
    detail = f"{share:.0%} of the change lies in three steps, at most {IMPULSE_FRACTION:.0%} may"
    return Rejection(pick_id, name, time_ns, issued_ns, IMPULSE, detail)

"""One station is enough: strong P waves or strong shaking, on both of its sensors.

Conditions of P after Zollo et al. (2010, GJI 183, 1535-1549): peak displacement and period of the first three seconds
that damage follows. That of shaking is ours: 25 gal for 0.2 s, which no spike and no footstep makes on two sensors.
"""

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.motion import Motion

from .audience import AudienceParams
from .rules import Answer

CM, GAL = 0.01, 0.01


@parameters(frozen=True)
class OnsiteParams:
    """When one station's motion is enough."""

    pd_cm: float = Field(default=0.2, gt=0, description="peak displacement of the first seconds of P, with …")
    tau_c_s: float = Field(default=0.6, gt=0, description="… period of the same")
    pga_gal: float = Field(default=25.0, gt=0, description="or peak acceleration, with …")
    above_s: float = Field(default=0.2, gt=0, description="… so long beyond the on-site threshold")
    near_km: float = Field(default=30.0, gt=0, le=200, description="targets as near as this are told")
    silent_s: float = Field(
        default=30.0, ge=20, le=120, description="taken back when no other station saw it so long after"
    )
    silent_km: float = Field(default=100.0, gt=0, le=150, description="… of those alive within this distance")


def onsite(motion: Motion, params: OnsiteParams, audience: AudienceParams) -> tuple[Answer, ...]:
    """What the rules say of one station's motion.

    >>> shaken = Motion("XX.A", (), 0, 10**9, 0.5, 0.03, 3.2, 5.6, 0.4, None, 10**9)
    >>> [str(one) for one in onsite(shaken, OnsiteParams(), AudienceParams(onsite=True))][-1]
    'both sensors of XX.A agree (one sensor only): no'
    """
    return (
        Answer("told on the word of one station", audience.onsite),
        _strong(motion, params),
        _sensors(motion, audience),
    )


def _strong(motion: Motion, params: OnsiteParams) -> Answer:
    """Strong P, or strong shaking that lasts."""
    pd_cm, pga_gal = motion.pd_m / CM, motion.pga_m_s2 / GAL
    p = pd_cm >= params.pd_cm and motion.tau_c_s >= params.tau_c_s
    shaken = pga_gal >= params.pga_gal and motion.above_s >= params.above_s
    words = (
        f"P of {pd_cm:.2f} of {params.pd_cm:g} cm and {motion.tau_c_s:.1f} of {params.tau_c_s:g} s, or shaking of"
        f" {pga_gal:.0f} of {params.pga_gal:g} gal for {motion.above_s:.1f} of {params.above_s:g} s at"
        f" {motion.station_code}"
    )
    return Answer(words, p or shaken)


def _sensors(motion: Motion, audience: AudienceParams) -> Answer:
    """Two sensors that agree; a class may take the word of one where there is no second, never of two that differ."""
    said = {True: "they do", False: "they differ", None: "one sensor only"}[motion.agreeing]
    yes = motion.agreeing is True or (motion.agreeing is None and audience.one_sensor)
    return Answer(f"both sensors of {motion.station_code} agree ({said})", yes)

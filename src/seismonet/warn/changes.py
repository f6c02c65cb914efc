"""What moved enough to be told again."""

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.alert import LEVELS, Alert
from seismonet.core.geo import distance_km

from .audience import CIVIL_DEFENCE, OPERATOR, PUBLIC, SIREN, AudienceParams
from .motion import PairParams
from .onsite import OnsiteParams

GREW = 0.5
"""Measured intensity that grew by this is told again."""


@parameters(frozen=True)
class AlertParams:
    """When an event is told, told again and taken back, whoever is told."""

    magnitude_change: float = Field(default=0.2, gt=0, description="told again when the magnitude moved by this")
    moved_km: float = Field(default=10.0, gt=0, description="told again when the epicentre moved by this")
    sharper: float = Field(default=0.7, gt=0, lt=1, description="told again when the uncertainty fell to this fraction")
    interval_s: float = Field(default=1.0, ge=0, description="updates of one event are at least this far apart")
    hold_s: float = Field(
        default=20.0, ge=0, le=120, description="what was told is not told as weaker than what is told of, for so long"
    )
    final_s: float = Field(default=120.0, gt=0, le=3600, description="final so long after the origin: no more updates")
    late_s: float = Field(default=60.0, gt=0, le=600, description="events of older data warn nobody")
    cancel_likelihood: float = Field(default=0.2, ge=0, lt=1, description="taken back when it is less likely than this")
    blackout_km: float = Field(
        default=150.0, ge=0, le=1000, description="for blackout_s no second event so near one that was told …"
    )
    blackout_magnitude: float = Field(default=1.0, ge=0, le=5, description="… unless it is larger by this")
    aftershocks_from: float = Field(default=6.5, ge=4, le=9, description="aftershocks follow this magnitude")
    aftershocks_h: float = Field(default=6.0, ge=0, le=720, description="… for so long, with aftershock_magnitude")
    aftershocks_km: float = Field(default=150.0, gt=0, le=1000, description="… and so near")
    onsite: OnsiteParams = Field(default_factory=OnsiteParams, description="one station")
    motion: PairParams = Field(default_factory=PairParams, description="two neighbours")
    public: AudienceParams = Field(default=PUBLIC, description="people")
    civil_defence: AudienceParams = Field(default=CIVIL_DEFENCE, description="authorities")
    operator: AudienceParams = Field(default=OPERATOR, description="the network's own people")
    siren: AudienceParams = Field(default=SIREN, description="what acts by itself")

    def of(self, audience: str) -> AudienceParams:
        """Those of an audience."""
        found: AudienceParams = getattr(self, audience)
        return found


def changed(last: Alert, now: Alert, params: AlertParams, audience: AudienceParams) -> str:
    """What changed materially between two versions, in words; empty when nothing did."""
    if last.basis != now.basis:
        return {
            "network": "a source was found",
            "onsite": "one station's shaking remains",
            "motion": "shaking at neighbouring stations",
        }[now.basis]
    if now.basis == "network":
        why = _source(last, now, params)
        if why:
            return why
    return _crossed(last, now, audience) or _shaken(last, now) or _state(last, now)


def _source(last: Alert, now: Alert, params: AlertParams) -> str:
    km = float(distance_km(last.latitude, last.longitude, now.latitude, now.longitude))
    if km >= params.moved_km:
        return f"epicentre moved by {km:.0f} km"
    if now.magnitude is not None:
        if last.magnitude is None:
            return "first magnitude"
        change = now.magnitude - last.magnitude
        if abs(change) >= params.magnitude_change:
            return f"magnitude changed by {change:+.1f}"
        if now.at_least != last.at_least:
            return "the magnitude is a lower bound" if now.at_least else "the magnitude is no bound now"
    if now.horizontal_uncertainty_km <= params.sharper * last.horizontal_uncertainty_km:
        return "epicentre is better known"
    return ""


def levels(alert: Alert, audience: AudienceParams) -> dict[str, int]:
    """Highest level that is likely enough at each target, 0 for none."""
    found = {}
    for one in alert.shaking:
        own = [level for level in LEVELS if level >= audience.level and one.probability(level) >= audience.probability]
        found[one.target] = own[-1] if own else 0
    return found


def _crossed(last: Alert, now: Alert, audience: AudienceParams) -> str:
    """The first target where another level is expected."""
    if not audience.level:
        return ""
    before = levels(last, audience)
    for name, level in levels(now, audience).items():
        was = before.get(name, 0)
        if level != was:
            return f"intensity {level} is to be expected at {name}" if level > was else f"less than {was} at {name}"
    return ""


def _shaken(last: Alert, now: Alert) -> str:
    """More was measured."""
    if now.basis == "network" or not now.shaking or not last.shaking:
        return ""
    grew = now.shaking[0].intensity - last.shaking[0].intensity
    return f"shaking grew to {now.shaking[0].intensity:.1f}" if grew >= GREW else ""


def _state(last: Alert, now: Alert) -> str:
    return f"{now.state} now" if last.state != now.state else ""

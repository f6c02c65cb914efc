"""Whom an alert is for: the classes of receivers, and what must hold before each of them is told.

The values are those that operational systems publish, where there are any: M 4.5 and intensity IV for the public, a
likelihood of 0.4 (ShakeAlert; Given et al., 2018, USGS OFR 2018-1155), VI for what acts by itself, at a lower
probability, as a false alarm costs less than a missed one there (Minson et al., 2019, Sci. Rep. 9, 2478). The rest are
proposals: docs/warning.md.
"""

from pydantic import Field, field_validator
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.alert import LEVELS

AUDIENCES = ("public", "civil_defence", "operator", "siren")
ALWAYS = "operator"
"""Is told without targets too; the others only where there are places to be warned."""


@parameters(frozen=True)
class AudienceParams:
    """When a class of receivers is told."""

    minimum_stations: int = Field(default=3, ge=2, description="stations that agree on the event")
    confirmed: bool = Field(default=False, description="the event must be confirmed: three stations, or two and an S")
    likelihood: float = Field(default=0.0, ge=0, le=1, description="that the event is one, at least")
    minimum_magnitude: float = Field(default=0.0, ge=0, le=9, description="smaller events are not told; 0 tells all")
    aftershock_magnitude: float = Field(
        default=0.0, ge=0, le=9, description="what minimum_magnitude rises to after a large earthquake; 0: it stays"
    )
    level: int = Field(
        default=0, ge=0, le=10, description="intensity (MSK-64, 3 to 10) to be expected; 0 asks for none"
    )
    probability: float = Field(default=0.5, gt=0, lt=1, description="that level is reached at some target")
    either: bool = Field(default=False, description="minimum_magnitude or level is enough, and not both are needed")
    targets: tuple[str, ...] = Field(default=(), description="names of the targets that count; all when empty")
    population: int = Field(default=0, ge=0, description="targets with fewer people do not count")
    least_lead_s: float = Field(
        default=-600.0,
        ge=-600,
        le=600,
        description="a target counts while S is to come in so many seconds; negative: was there for no longer",
    )
    felt: float = Field(
        default=3.0,
        ge=0,
        le=6,
        description="intensity that its magnitude makes at the edge of the 68 % radius, at least",
    )
    onsite: bool = Field(default=False, description="one station's strong P or shaking is enough near it")
    one_sensor: bool = Field(default=False, description="… also where no second sensor of the station can agree")
    motion: bool = Field(default=False, description="strong shaking at two neighbours is enough near them")
    blackout_s: float = Field(
        default=20.0, ge=0, le=600, description="no second event near one that was told, for so long; 0: none"
    )
    rate_s: float = Field(
        default=0.0, ge=0, le=3600, description="a target is not warned again for so long, unless of stronger shaking"
    )
    latest_s: float = Field(default=120.0, gt=0, le=3600, description="not told first so long after the origin")

    @field_validator("level")
    @classmethod
    def _level(cls, level: int) -> int:
        if level and level not in LEVELS:
            raise ValueError(f"should be 0, or from {LEVELS[0]} to {LEVELS[-1]}")
        return level


PUBLIC = AudienceParams(
    minimum_stations=2,
    confirmed=True,
    likelihood=0.4,
    minimum_magnitude=4.5,
    aftershock_magnitude=5.0,
    level=4,
    probability=0.5,
    least_lead_s=-10.0,
    rate_s=60.0,
)
CIVIL_DEFENCE = AudienceParams(
    minimum_stations=2, likelihood=0.4, minimum_magnitude=4.0, level=4, either=True, motion=True
)
OPERATOR = AudienceParams(minimum_stations=2, confirmed=True, blackout_s=0.0, latest_s=300.0)
SIREN = AudienceParams(
    minimum_stations=2,
    likelihood=0.4,
    level=6,
    probability=0.3,
    least_lead_s=-10.0,
    onsite=True,
    motion=True,
    latest_s=60.0,
)

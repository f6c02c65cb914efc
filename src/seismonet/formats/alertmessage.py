"""The words of an alert's message: what its canonical JSON holds, key by key.

These classes are the contract with whoever reads the messages: reading is strict (unknown keys, wrong types and
numbers that are not finite are refused), the JSON Schema and the table in ``docs/alert-message.md`` are made from them.
Keys are only added, and then ``FORMAT`` counts up.
"""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from seismonet.core.utc import from_iso

FORMAT: Final = "seismonet-alert/1"
OFFSET = r"^[+-]([01]\d|2[0-3]):[0-5]\d$"
NAME = r"^[A-Za-z0-9_.@-]+$"
"""What ids may be made of: CAP forbids spaces, commas, ``<`` and ``&`` in them."""


def _moment(text: str) -> str:
    from_iso(text)
    return text


Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"), AfterValidator(_moment)]
LARGEST_NUMBER = 1e9
"""What is larger is no quantity of an earthquake."""
Number = Annotated[float, Field(allow_inf_nan=False, ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
Positive = Annotated[float, Field(allow_inf_nan=False, ge=0, le=LARGEST_NUMBER)]
Share = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)]
Latitude = Annotated[float, Field(allow_inf_nan=False, ge=-90, le=90)]
Longitude = Annotated[float, Field(allow_inf_nan=False, ge=-180, le=180)]
Id = Annotated[str, Field(pattern=NAME, max_length=200)]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f\ufffe\uffff]*$", max_length=2000)]
"""One line of text that any document may hold."""
Reference = Annotated[str, Field(pattern=r"^[^\s,<&]+,[^\s,<&]+,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")]

Status = Literal["Actual", "Exercise", "Test"]
_STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True, config=_STRICT)
class Sender:
    """Who warns, constant for an installation."""

    id: Id = Field(description="of the sender, unique in the world, as `alerts@seismo.example`; CAP's `sender`")
    name: Line = Field(description="of the sender, for people")
    network: Id = Field(description="code of the seismic network; the identifier of every message begins with it")
    contact: Line = Field(default="", description="how people reach the sender")
    names: dict[str, Line] = Field(default_factory=dict, description="of the sender in other languages, by code")
    local_offset: Annotated[str, Field(pattern=OFFSET)] = Field(
        default="+05:00", description="local time against UTC, as texts and CAP show it"
    )


@dataclass(frozen=True, slots=True, config=_STRICT)
class Method:
    """How it was found, so that it can be found again."""

    basis: Literal["network", "onsite", "motion"] = Field(
        description="network: stations agree on a source; onsite: one station, both its sensors; motion: strong shaking"
        " is measured, no source needed"
    )
    version: Line = Field(description="of seismonet")
    parameters: Line = Field(description="hash of the configuration in effect")
    network_status: Line = Field(description="id of the network's status when it was decided")


@dataclass(frozen=True, slots=True, config=_STRICT)
class SecondMode:
    """The other place where the earthquake may have been."""

    latitude: Latitude = Field(description="degrees, WGS84")
    longitude: Longitude = Field(description="degrees, WGS84")
    depth_km: Number = Field(description="below sea level")
    probability: Share = Field(description="that it was there")


@dataclass(frozen=True, slots=True, config=_STRICT)
class Depth:
    """Depth and its class: of the crust or of the slab, which shake differently."""

    median_km: Number = Field(description="below sea level")
    uncertainty_km: Positive | None = Field(description="one standard deviation")
    shallow: Share | None = Field(description="probability of less than 40 km")
    deep: Share | None = Field(description="probability of 60 km and more")


@dataclass(frozen=True, slots=True, config=_STRICT)
class MessageOrigin:
    """When and where; without a source, the first station that shook strongly and when."""

    time: Time = Field(description="of the earthquake; without a source, of the first strong shaking")
    time_uncertainty_s: Positive | None = Field(description="one standard deviation")
    latitude: Latitude = Field(description="degrees, WGS84")
    longitude: Longitude = Field(description="degrees, WGS84")
    r68_km: Positive | None = Field(description="radius about the epicentre that holds 68 % of the probability")
    depth: Depth | None = Field(description="null without a source")
    second_mode: SecondMode | None = Field(description="another place that is possible, null for none")


@dataclass(frozen=True, slots=True, config=_STRICT)
class MessageMagnitude:
    """How large."""

    value: Number = Field(description="its value")
    type: Line = Field(description="Mpd: from displacement of P waves, ML: from S waves")
    sigma: Positive | None = Field(description="one standard deviation")
    is_lower_bound: bool = Field(description="the rupture may have outgrown what was measured")


@dataclass(frozen=True, slots=True, config=_STRICT)
class UsedStation:
    """A station that took part; null for what is not known of it."""

    code: Line = Field(description="network and station")
    name: Line | None = Field(default=None, description="of its place")
    names: dict[str, Line] = Field(default_factory=dict, description="of its place in other languages, by code")
    p_time: Time | None = Field(default=None, description="onset of the P waves")
    s_time: Time | None = Field(default=None, description="onset of the S waves")
    pd_m: Positive | None = Field(default=None, description="peak displacement of the first seconds of P")
    tau_c_s: Positive | None = Field(default=None, description="period of the first seconds of P")
    latency_s: Number | None = Field(default=None, description="age of its newest data when it was decided")
    health: Line | None = Field(default=None, description="verdict on the station: up, degraded or down")


@dataclass(frozen=True, slots=True, config=_STRICT)
class AbsentStation:
    """A station that could not take part."""

    code: Line = Field(description="network and station")
    why: Line = Field(description="why it could not")
    effect: Line = Field(description="what it would have changed")


@dataclass(frozen=True, slots=True, config=_STRICT)
class MessageTarget:
    """What one place is to expect."""

    name: Line = Field(description="of the place")
    names: dict[str, Line] = Field(description="in other languages, by code")
    kind: Line = Field(description="city, town, village, dam, power station, lake or district")
    latitude: Latitude | None = Field(description="degrees, WGS84")
    longitude: Longitude | None = Field(description="degrees, WGS84")
    population: Annotated[int, Field(ge=0)] | None = Field(description="null where nobody knows")
    epicentral_km: Positive = Field(description="distance from the epicentre")
    intensity: Number = Field(description="median, MSK-64")
    sd: Positive = Field(description="standard deviation of the intensity")
    probabilities: dict[str, Share] = Field(description="that an intensity (MSK-64, `3` to `10`) is reached")
    pga_m_s2: Positive = Field(description="median of the peak horizontal acceleration")
    pgv_m_s: Positive = Field(description="median of the peak horizontal velocity")
    s_time: Time = Field(description="arrival of the S waves, median")
    s_early: Time = Field(description="arrival of the S waves, 16th percentile")
    lead_s: Number = Field(description="from the decision to `s_early`; negative when they were there already")
    blind: bool = Field(description="too near to be warned: they came before the decision")


@dataclass(frozen=True, slots=True, config=_STRICT)
class Region:
    """Where an intensity is expected to be reached: a circle about the epicentre."""

    intensity: Annotated[int, Field(ge=1, le=12)] = Field(description="MSK-64")
    radius_km: Positive = Field(description="about the epicentre")


@dataclass(frozen=True, slots=True, config=_STRICT)
class HumanAction:
    """What a person did to the warning."""

    action: Literal["confirm", "cancel", "follow-up"] = Field(description="what was done")
    by: Line = Field(description="name of the person")
    time: Time = Field(description="when")
    note: Line = Field(default="", description="why, in the person's words")


@dataclass(frozen=True, slots=True, config=_STRICT)
class Message:
    """One message: everything about one version of what one audience is told of one earthquake."""

    format: Literal["seismonet-alert/1"] = Field(description="name and number of this format")
    identifier: Id = Field(description="of the message, unique: network, `seismonet`, event, audience, version")
    type: Literal["Alert", "Update", "Cancel"] = Field(description="the first, a correction, a withdrawal")
    status: Status = Field(description="Actual is the only one to act on")
    drill: bool = Field(description="of a drill: the earthquake is invented")
    simulated: bool = Field(description="made from simulated data")
    sender: Sender = Field(description="who warns")
    event_id: Id = Field(description="of what is told, the same in all its messages")
    source_event_id: Id | None = Field(
        description="of the event in the catalogue that the message is made from; null without one"
    )
    event_version: int = Field(description="of the event that the message is made from; -1 without one")
    audience: Id = Field(description="class of receivers: public, civil_defence, operator or siren")
    version: Annotated[int, Field(ge=0)] = Field(description="counts the messages to one audience from 0")
    state: Literal["candidate", "preliminary", "confirmed", "final", "cancelled"] = Field(
        description="how far the event has come"
    )
    reason: Line = Field(description="why this message was made")
    created: Time = Field(description="when it was decided")
    sent: Time = Field(description="when it was signed; not earlier than `created`")
    expires: Time = Field(description="to be told to nobody after this")
    method: Method = Field(description="how it was found")
    likelihood: Share = Field(description="that there is an earthquake as told")
    origin: MessageOrigin | None = Field(description="where and when; null where nothing is known")
    magnitude: MessageMagnitude | None = Field(description="null where it is not known")
    stations: tuple[UsedStation, ...] = Field(description="those that took part")
    missing_stations: tuple[AbsentStation, ...] = Field(description="those that could not")
    targets: tuple[MessageTarget, ...] = Field(description="places, the strongest shaking first")
    regions: tuple[Region, ...] = Field(description="how far an intensity reaches, the weakest first")
    references: tuple[Reference, ...] = Field(
        description="all earlier messages that this one replaces, as `sender,identifier,sent` of CAP"
    )
    human: HumanAction | None = Field(description="what a person did, null when none had a hand in it")

    @property
    def chain(self) -> str:
        """What its versions have in common: the identifier without the version."""
        return self.identifier.rpartition(".")[0]

    @property
    def located(self) -> bool:
        """Is there a source, not just a station that shakes?"""
        return self.origin is not None and self.origin.depth is not None

    def target(self, name: str) -> MessageTarget | None:
        """What a place is to expect; None for one that the message does not know."""
        return next((one for one in self.targets if one.name == name), None)

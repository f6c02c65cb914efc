"""Scenarios: which earthquakes happen, and what goes wrong meanwhile.

The built-in ones are the region's earthquakes of note, a quiet time, and a time of troubles without any earthquake.
They are simulations: only places, times and sizes are those of the real ones, as far as these are known. Magnitudes
marked ``Ms`` are surface-wave magnitudes and taken for moment magnitudes here; whatever has a confidence other than
"high" is to be checked before anything is concluded from it.
"""

import difflib
import json
import tomllib
from typing import Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.errors import ConfigError, QueryError
from seismonet.core.utc import from_seconds

from .earthquake import SyntheticEvent
from .faults import Fault

PAMIR = ("TJ.MANEM", "TJ.MURGH", "TJ.SAREZ")
QUIET_BEFORE_S = 60.0
"""Noise before the first earthquake, long enough for any picker to settle."""


@parameters(frozen=True, config=ConfigDict(extra="forbid"))
class Quake:
    """An earthquake of a scenario: ``after_s`` seconds after its begin, with what is known of the real one."""

    latitude: float = Field(ge=-90.0, le=90.0, description="degrees north")
    longitude: float = Field(ge=-180.0, le=180.0, description="degrees east")
    depth_km: float = Field(ge=0.0, le=300.0, description="depth")
    magnitude: float = Field(ge=0.0, le=8.5, description="taken for a moment magnitude")
    after_s: float = Field(default=QUIET_BEFORE_S, ge=0.0, allow_inf_nan=False, description="origin after the begin")
    magnitude_type: str = Field(default="Mw", description="which magnitude the source states")
    stress_drop_pa: float | None = Field(default=None, gt=0.0, description="usual for the depth when left out")
    shear: float = Field(default=1.0, ge=0.0, le=1.0, description="how strong S is; explosions hardly have any")
    name: str = Field(default="", description="what people call it")
    origin_time: str = Field(default="", description="of the real one, ISO 8601 UTC")
    source: str = Field(default="", description="where these numbers come from")
    confidence: str = Field(default="", description="how sure they are")

    def at(self, begin_ns: int) -> SyntheticEvent:
        """The earthquake, when the scenario begins at ``begin_ns``."""
        origin_ns = begin_ns + from_seconds(self.after_s)
        place = self.latitude, self.longitude, self.depth_km
        return SyntheticEvent(*place, self.magnitude, origin_ns, self.stress_drop_pa, self.shear)


@parameters(frozen=True, config=ConfigDict(extra="forbid"))
class Scenario:
    """Earthquakes and faults of some minutes."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="small letters, digits and dashes")
    description: str = Field(default="", description="in one sentence")
    duration_s: float = Field(default=300.0, gt=0.0, le=86_400.0, description="how long it is")
    events: tuple[Quake, ...] = Field(default=(), description="earthquakes")
    faults: tuple[Fault, ...] = Field(default=(), description="what goes wrong")
    stations: tuple[str, ...] = Field(default=(), description="NET.STA of those that record it; empty: all there are")
    noise_level: float = Field(default=0.4, ge=0.0, le=1.0, description="0: New Low, 1: New High Noise Model")

    def at(self, begin_ns: int) -> tuple[SyntheticEvent, ...]:
        """Its earthquakes, when it begins at ``begin_ns``."""
        return tuple(event.at(begin_ns) for event in self.events)


_CRUST_S, _SLAB_S = 300.0, 360.0
# name; origin time, latitude, longitude, depth, magnitude and its type; description; source and confidence
_REAL = (
    ("2015-sarez", "2015-12-07T07:50:05Z", 38.211, 72.780, 22.0, 7.2, "Mw",
     "Strike-slip in the crust at Lake Sarez, 17 km from the Usoi dam", "USGS event us100044k6", "high"),
    ("1911-sarez", "1911-02-18T18:41:00Z", 38.2, 72.8, 26.0, 7.4, "Ms",
     "The earthquake whose landslide made the Usoi dam",
     "Ambraseys & Bilham (2012), SRL 83, 294; other estimates 7.3 to 7.6", "medium"),
    ("2023-murghob", "2023-02-23T00:37:40Z", 38.073, 73.208, 20.5, 6.8, "Mw",
     "Strike-slip in the crust between Sarez and Murghob", "USGS for time and depth, EMSC for the place", "high"),
    ("1949-khait", "1949-07-10T03:53:41Z", 39.2, 70.8, 18.0, 7.5, "Mw",
     "North-west of the network, in the valley of the Surkhob",
     "ISC event 896645, USGS; Tajik sources 7.4", "medium to high"),
    ("1907-karatag", "1907-10-21T04:23:36Z", 38.5, 67.9, 24.0, 7.4, "Ms",
     "Far west of the network, beyond Dushanbe", "not verified", "low"),
    ("1974-markansu", "1974-08-11T01:13:57Z", 39.1, 73.54, 10.0, 7.3, "Ms",
     "North-east of the network, on the Chinese border",
     "place derived from USGS's text on event us200066x9; time not verified", "low"),
    ("2008-nura", "2008-10-05T15:52:49Z", 39.515, 73.768, 27.6, 6.6, "Mw",
     "In the Alai, north-east of the network", "USGS, first solution",
     "high in time and place, medium in depth"),
    ("2016-sary-tash", "2016-06-26T11:17:11Z", 39.479, 73.339, 13.0, 6.4, "Mww",
     "Reverse faulting at the foot of the Alai", "USGS event us200066x9", "high"),
    ("2016-muji", "2016-11-25T14:24:30Z", 39.202, 74.22, 12.6, 6.6, "Mw",
     "East of the network, in China",
     "USGS for time, size and depth; the place is the centroid of a slip model", "medium"),
    ("2025-rasht", "2025-04-13T04:24:00Z", 38.98, 70.789, 8.0, 5.8, "Mw",
     "Moderate and shallow, outside the network, near Tajikobod", "USGS, second-hand", "high, time to the minute"),
    ("2002-hindu-kush", "2002-03-03T12:08:19Z", 36.5, 70.48, 226.0, 7.4, "Mw",
     "At intermediate depth under the Hindu Kush", "ISC event 5267309", "high"),
    ("2015-hindu-kush", "2015-10-26T09:09:32.7Z", 36.441, 70.717, 212.5, 7.5, "Mw",
     "At intermediate depth under the Hindu Kush",
     "USGS, first solution; a later one is 36.524 N 70.368 E, 231 km", "high"),
    ("2023-jurm", "2023-03-21T16:47:23Z", 36.523, 70.979, 187.6, 6.5, "Mw",
     "At intermediate depth under the Hindu Kush, near Jurm",
     "USGS for time and depth; the place is not verified", "medium to high"),
)  # fmt: skip


def _of(row: tuple[str, str, float, float, float, float, str, str, str, str]) -> Scenario:
    name, time, latitude, longitude, depth_km, magnitude, kind, description, source, confidence = row
    quake = Quake(
        latitude,
        longitude,
        depth_km,
        magnitude,
        magnitude_type=kind,
        name=name,
        origin_time=time,
        source=source,
        confidence=confidence,
    )
    return Scenario(name, description, _SLAB_S if depth_km > 60.0 else _CRUST_S, (quake,), stations=PAMIR)


SCENARIOS: tuple[Scenario, ...] = (
    *(_of(row) for row in _REAL),
    Scenario("quiet", "No earthquake and no fault: noise alone", 300.0, stations=PAMIR),
    Scenario(
        "nuisance",
        "No earthquake, but much that looks like one: nobody may be warned",
        600.0,
        faults=(
            # on 1 July 2015 square waves at four stations of one operator raised a false alert of M 8.2 in Japan
            Fault("square_wave", "TJ.*.00.HH?", 60.0, 20.0),
            Fault("spike", "TJ.MANEM.00.H??", 120.0, 60.0),
            Fault("calibration", "TJ.SAREZ.00.HH?", 200.0, 30.0),
            Fault("step", "TJ.MURGH.00.HH?", 260.0, 120.0),
            Fault("noisy", "TJ.MANEM.00.HHZ", 300.0, 60.0),
            Fault("dead", "TJ.SAREZ.00.HNZ", 330.0, 60.0),
            Fault("clip", "TJ.SAREZ.00.HHN", 400.0, 20.0, 100.0),
            Fault("burst", "TJ.*", 430.0, 25.0),
            Fault("gap", "TJ.MURGH", 500.0, 10.0),
            Fault("duplicate", "TJ.SAREZ", 520.0, 10.0),
            Fault("disorder", "TJ.MANEM", 540.0, 20.0),
            Fault("gps_week", "TJ.MURGH", 570.0, 5.0),
        ),
        stations=PAMIR,
    ),
)


def scenario(name: str) -> Scenario:
    """A built-in scenario; QueryError with the names there are otherwise.

    >>> scenario("2015-sarez").events[0].magnitude
    7.2
    """
    known = {one.name: one for one in SCENARIOS}
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; is it {near[0]}?" if near else "."
        raise QueryError(f"no scenario {name!r}{hint} There are {', '.join(known)}, or give a TOML file")
    return known[name]


def parse_scenario(text: str, name: str) -> Scenario:
    """The scenario in a TOML document; ``name`` says in errors where it came from, ConfigError lists them all.

    Keys are those of :class:`Scenario`, of :class:`Quake` in ``[[events]]`` and of
    :class:`~seismonet.synthesis.faults.Fault` in ``[[faults]]``.

    >>> document = '''
    ... name = "small"
    ... [[events]]
    ... latitude = 38.0
    ... longitude = 72.0
    ... depth_km = 10.0
    ... magnitude = 4.5
    ... '''
    >>> parse_scenario(document, "here").events[0].after_s
    60.0
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: is no TOML: {error}") from None
    try:
        # as JSON, since only there a strict reading takes an array for a tuple and a table for a dataclass
        found: Scenario = TypeAdapter(Scenario).validate_json(json.dumps(document, default=str), strict=True)
    except ValidationError as failure:
        errors = [_told(error) for error in failure.errors(include_url=False)]
        count = f"{len(errors)} error{'s' if len(errors) > 1 else ''}"
        raise ConfigError("\n  ".join([f"{name}: {count}", *sorted(errors)])) from None
    return found


def _told(error: Any) -> str:
    path = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"])
    return f"{path}: {message[0].lower()}{message[1:]}"

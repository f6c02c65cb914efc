"""A message as people read it: what happened, where, how strong here, how long until then, what to do, how sure.

All words are templates (``config/messages``); what stands here is which of them are said, and numbers as a person would
say them. A time until the shaking is always rounded down: nobody may be promised more than there is.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache

from seismonet.core.geo import azimuth_deg, distance_km
from seismonet.core.utc import SECOND_NS, from_iso, to_datetime

from .alertjson import offset_s
from .alertmessage import Message, MessageTarget, UsedStation
from .sms import parts, to_gsm
from .texttemplates import DIRECTIONS, Templates

SHAKING_S = 30
"""So long after the S waves the shaking of a place is told as over."""
SOONEST_S = 5
"""With less than this left, nobody counts seconds any more."""
NEAR_KM = 8
GRAVITY_M_S2 = 9.80665
STRONG, MODERATE = 6, 4
LIKELY, POSSIBLE, ENOUGH_STATIONS = 0.9, 0.5, 3
"""From these likelihoods on, the first with so many stations; also of CAP's certainty."""
MOST_ITEMS = 5
MOST_SMS = {"gsm": 1, "ucs2": 2}
SETTLEMENTS = ("city", "town", "village")
QUIET_AUDIENCES = ("public", "siren")
"""They are not told which stations were missing."""


@dataclass(frozen=True, slots=True)
class Text:
    """A message in one language.

    Attributes
    ----------
    headline : the one sentence that matters
    description : what happened, where, how strong, when, how sure
    instruction : what to do
    body : all of it with times and sender, a paragraph a line
    sms : one message of 160 GSM characters, or two of 67 others
    place : where the earthquake is, in words
    """

    headline: str
    description: str
    instruction: str
    body: str
    sms: str
    place: str


def text(message: Message, templates: Templates, target: str | None = None, now_ns: int | None = None) -> Text:
    """What to tell the people at a place, or without one those who look after the whole region.

    Parameters
    ----------
    message : of an alert
    templates : of the wanted language
    target : name of the place; one that the message does not know is told what the region is
    now_ns : when it will be read; None for when the message was sent
    """
    place = message.target(target) if target is not None else None
    return _Teller(message, templates, place, _ns(message.sent) if now_ns is None else now_ns).text()


def intensity_class(intensity: float) -> int:
    """The whole intensity that is spoken of: 2 for all that is less, 10 for all that is more.

    >>> [intensity_class(one) for one in (0.3, 4.49, 4.5, 11.2)]
    [2, 4, 5, 10]
    """
    return min(max(math.floor(intensity + 0.5), 2), 10)


def role(kind: str) -> str:
    """Who is told what to do at a kind of place.

    >>> role("dam"), role("power station"), role("lake"), role("village")
    ('dam', 'dam', 'lake', 'people')
    """
    if any(word in kind.lower() for word in ("dam", "power", "hydro")):
        return "dam"
    return "lake" if "lake" in kind.lower() else "people"


def sender_name(message: Message, templates: Templates) -> str:
    """Who warns, in the language of the templates where the sender has a name in it."""
    return message.sender.names.get(templates.language, message.sender.name)


def sureness(message: Message) -> str:
    """How sure the message is: observed (a person confirmed it), likely, possible or unlikely."""
    if message.human is not None and message.human.action == "confirm":
        return "observed"
    if message.likelihood >= LIKELY and len(message.stations) >= ENOUGH_STATIONS:
        return "likely"
    return "possible" if message.likelihood >= POSSIBLE else "unlikely"


def phase(message: Message, target: MessageTarget | None, now_ns: int) -> str:
    """How things stand: ``ahead``, ``now`` or ``past`` for a place, ``cancel`` for what is withdrawn.

    For the region it is past when it is for all its places.
    """
    if message.type == "Cancel":
        return "cancel"
    if now_ns > _ns(message.expires):
        return "past"
    if target is None:
        phases = [phase(message, one, now_ns) for one in message.targets]
        return "past" if phases and all(one == "past" for one in phases) else "ahead"
    if now_ns > _ns(target.s_time) + SHAKING_S * SECOND_NS:
        return "past"
    return "ahead" if _ns(target.s_early) - now_ns >= SOONEST_S * SECOND_NS else "now"


@dataclass(frozen=True, slots=True)
class _Teller:
    """One text in the making."""

    message: Message
    words: Templates
    target: MessageTarget | None
    now_ns: int
    stands: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def text(self) -> Text:
        headline = self._marked(self._headline(), short=True)
        description = self._marked(" ".join([*self._what(), *self._here(), *self._sure()]), short=False)
        act = self.words.say(f"act.{self._act()}")
        lines = [self._what(), self._here(), [act], self._sure(), self._footer()]
        body = "\n".join(" ".join(line) for line in lines if line)
        return Text(
            headline, description, act, self._marked(body, short=False, end="\n"), self._sms(), self._facts()["place"]
        )

    def _marked(self, told: str, *, short: bool, end: str = " ") -> str:
        """With the word at its start that says that it is no warning, or not the first."""
        names = [self.message.status.lower()] if self.message.status != "Actual" else []
        names += ["update"] if self.message.type == "Update" else []
        marks = [self.words.say(f"marks.{name}{'_short' * short}") for name in names]
        return end.join([" ".join(marks), told]) if marks else told

    def _situation(self) -> str:
        """Which of the headlines and short messages fits."""
        told = self._phase()
        if told == "cancel":
            return told
        if self.target is not None:
            return "weak" if self._band() == "weak" and told != "past" else told
        if self._story() != "network" and told != "past":
            return self._story()
        return "region_past" if told == "past" else "region"

    def _story(self) -> str:
        """What the text tells of: an earthquake with a place, or what a station feels as long as there is no more."""
        return "network" if self.message.located else self.message.method.basis

    def _phase(self) -> str:
        if not self.stands:  # it is asked a dozen times
            self.stands.append(phase(self.message, self.target, self.now_ns))
        return self.stands[0]

    def _band(self) -> str:
        """How strong it will be here; without a place, at the worst of all."""
        strongest = max((one.intensity for one in self.message.targets), default=None)
        intensity = self.target.intensity if self.target is not None else strongest
        if intensity is None:
            return "moderate" if self._story() == "network" else "strong"
        number = intensity_class(intensity)
        return "strong" if number >= STRONG else "moderate" if number >= MODERATE else "weak"

    def _act(self) -> str:
        who = role(self.target.kind) if self.target is not None else "people"
        told, band = self._phase(), self._band()
        if told == "cancel":
            return f"{who}.cancel"
        return f"{who}.past" if told == "past" and band != "weak" else f"{who}.{band}"

    def _headline(self) -> str:
        return self.words.say(f"headline.{self._situation()}", **self._facts())

    def _what(self) -> list[str]:
        if self._phase() == "cancel":
            return [self.words.say("what.cancel", **self._facts())]
        told = [self.words.say(f"what.{self._story()}", **self._facts())]
        origin = self.message.origin
        if origin is not None and origin.depth is not None and self.target is None:
            told.append(self.words.say("what.depth", km=_round_km(origin.depth.median_km)))
        return told

    def _here(self) -> list[str]:
        if self._phase() == "cancel":
            return []
        if self.target is None:
            worth = [one for one in self.message.targets if intensity_class(one.intensity) >= MODERATE]
            listed = "; ".join(self._item(one) for one in worth[:MOST_ITEMS])
            return [self.words.say("here.list", list=listed)] if listed else []
        told = [self.words.say(f"here.{self._situation()}", **self._facts())]
        return told if self._phase() == "past" else [*told, self._effect(self.target)]

    def _effect(self, target: MessageTarget) -> str:
        """What it will be like: for people; for those who look after works, the acceleration."""
        if role(target.kind) == "people":
            return self.words.say(f"effect.{intensity_class(target.intensity)}")
        return self.words.say("effect.ground", percent=_round_percent(100 * target.pga_m_s2 / GRAVITY_M_S2))

    def _item(self, target: MessageTarget) -> str:
        when, s_clock = self._when(target)
        name, strength = self._name(target), self._strength(target)
        return self.words.say("here.item", name=name, strength=strength, when=when, s_clock=s_clock)

    def _sure(self) -> list[str]:
        if self._phase() == "cancel":
            return []
        message, words = self.message, self.words
        stations = words.count("stations", len(message.stations))
        chance = words.say("words.chance", hundred=min(max(round(100 * message.likelihood), 1), 99))
        told = [words.say(f"sure.{sureness(message)}", stations=stations, chance=chance)]
        if self.target is not None and self._phase() != "past" and self._band() != "weak":
            low, high = (intensity_class(self.target.intensity + side * self.target.sd) for side in (-1, 1))
            told += [words.say("sure.range", low=low, high=high)] if low < high else []
        origin = message.origin
        if origin is not None and origin.second_mode is not None:
            other = origin.second_mode
            told.append(words.say("sure.elsewhere", place=self._place(other.latitude, other.longitude)))
        if message.missing_stations and message.audience not in QUIET_AUDIENCES:
            told.append(words.say("sure.missing", names=", ".join(one.code for one in message.missing_stations)))
        return [*told, words.say("sure.follow")] if self._phase() != "past" else told

    def _footer(self) -> list[str]:
        message, words = self.message, self.words
        began = _ns(message.origin.time if message.origin is not None else message.created)
        zone = words.say("footer.zone", offset=_short_offset(message.sender.local_offset))
        utc, sent = to_datetime(began).strftime("%H:%M:%S"), self._clock(_ns(message.sent), seconds=True)
        date = to_datetime(began + offset_s(message.sender.local_offset) * SECOND_NS).strftime("%d.%m.%Y")
        clock = self._clock(began, seconds=True)
        told = [words.say("footer.times", date=date, clock=clock, utc=utc, sent=sent, zone=zone)]
        told.append(words.say("footer.sender", sender=sender_name(message, words)))
        return [*told, words.say("footer.contact", contact=message.sender.contact)] if message.sender.contact else told

    def _sms(self) -> str:
        """The longest of the alternatives that fits; a name that is too long even for the shortest is cut."""
        gsm = self.words.sentences["alphabet"] == "gsm"
        most = MOST_SMS[self.words.sentences["alphabet"]]
        told = self.words.say_all(f"sms.{self._situation()}", **self._facts())
        marked = [self._marked(one, short=True) for one in told]
        plain = [to_gsm(one) if gsm else one for one in marked]
        fitting = next((one for one in plain if parts(one) <= most), plain[-1])
        while parts(fitting) > most:
            fitting = fitting[:-1]
        return fitting

    def _facts(self) -> dict[str, str]:
        if not self.facts:
            self.facts.update(self._found())
        return self.facts

    def _found(self) -> dict[str, str]:
        """What placeholders stand for; those of a place only where there is one."""
        message, words, origin = self.message, self.words, self.message.origin
        act = words.say(f"act_short.{self._act()}")
        size = message.magnitude
        facts = {
            "act": act,
            "clock": self._clock(_ns(origin.time if origin is not None else message.created)),
            "place": self._place(origin.latitude, origin.longitude)
            if origin is not None
            else words.say("place.unknown"),
            "size": words.say("size.unknown")
            if size is None
            else words.say("size.at_least" if size.is_lower_bound else "size.known", value=words.decimal(size.value)),
            "names": ", ".join(self._station(one) for one in message.stations[:3]),
        }
        if self.target is not None:
            when, s_clock = self._when(self.target)
            facts |= {"name": self._name(self.target), "strength": self._strength(self.target)}
            facts |= {"when": when, "s_clock": s_clock}
        return facts

    def _name(self, target: MessageTarget) -> str:
        return target.names.get(self.words.language, target.name)

    def _station(self, station: UsedStation) -> str:
        """Its place, in the language of the text where it has a name in it."""
        return station.names.get(self.words.language, station.name or station.code)

    def _strength(self, target: MessageTarget) -> str:
        number = intensity_class(target.intensity)
        word = self.words.say(f"intensity.{number}")
        return self.words.say("words.strength", word=word, points=self.words.count("points", number))

    def _when(self, target: MessageTarget) -> tuple[str, str]:
        """How long until the shaking of a place, and by the clock."""
        told = phase(self.message, target, self.now_ns)
        early_ns = _ns(target.s_early)
        clock = self._clock(early_ns, seconds=told != "past")
        if told != "ahead":
            return self.words.say("when.past" if told == "past" else "when.now", s_clock=clock), clock
        lead_s = (early_ns - self.now_ns) // SECOND_NS
        if 60 <= lead_s < 120:
            return self.words.say("when.minute"), clock
        what, number = ("seconds", lead_s // 5 * 5) if lead_s < 60 else ("minutes", lead_s // 60)
        return self.words.say("when.ahead", lead=self.words.count(what, number)), clock

    def _clock(self, time_ns: int, *, seconds: bool = False) -> str:
        moment = to_datetime(time_ns + offset_s(self.message.sender.local_offset) * SECOND_NS)
        return moment.strftime("%H:%M:%S" if seconds else "%H:%M")

    def _place(self, latitude: float, longitude: float) -> str:
        """An epicentre as seen from the nearest town or village; by coordinates where there is none."""
        words = self.words
        near = [(one, *_seen(one, latitude, longitude)) for one in self.message.targets if _is_settlement(one)]
        if not near:
            return words.say("place.at", latitude=f"{latitude:.1f}°", longitude=f"{longitude:.1f}°")
        target, km, azimuth = min(near, key=lambda one: one[1])
        kind = next((one for one in SETTLEMENTS if one in target.kind), "other")
        name = words.say(f"place.kind.{kind}", name=self._name(target))
        if km < NEAR_KM:
            return words.say("place.near", name=name)
        direction = words.say(f"place.direction.{DIRECTIONS[round(azimuth / 45) % 8]}")
        return words.say("place.off", km=_round_km(km), direction=direction, name=name)


def _is_settlement(target: MessageTarget) -> bool:
    known = target.latitude is not None and target.longitude is not None
    return known and any(one in target.kind for one in SETTLEMENTS)


def _seen(target: MessageTarget, latitude: float, longitude: float) -> tuple[float, float]:
    """Distance and azimuth of a place on the Earth, from a target whose coordinates are known."""
    return _way(target.latitude or 0.0, target.longitude or 0.0, latitude, longitude)


@lru_cache(maxsize=4096)
def _way(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> tuple[float, float]:
    # one alert asks for each of its few ways some fifty times, in all its texts
    to = to_latitude, to_longitude
    return float(distance_km(latitude, longitude, *to)), float(azimuth_deg(latitude, longitude, *to))


@lru_cache(maxsize=4096)
def _ns(text: str) -> int:
    # one alert asks for each of its few moments some hundred times
    return from_iso(text)


def _round_km(km: float) -> int:
    """Kilometres as people say them: by fives up to fifty, then by tens.

    >>> [_round_km(one) for one in (3.0, 12.0, 48.0, 87.0, -2.0)]
    [5, 10, 50, 90, 5]
    """
    step = 5 if km < 47.5 else 10
    return max(round(km / step) * step, 5)


def _round_percent(percent: float) -> int:
    """Per cent with one figure that counts below ten, by fives above, never nothing.

    >>> [_round_percent(one) for one in (0.2, 3.4, 12.0, 48.0)]
    [1, 3, 10, 50]
    """
    return max(round(percent), 1) if percent < 10 else round(percent / 5) * 5


def _short_offset(offset: str) -> str:
    """An offset as people write it.

    >>> _short_offset("+05:00"), _short_offset("-03:30")
    ('+5', '-3:30')
    """
    return offset[0] + f"{int(offset[1:3])}:{offset[4:6]}".removesuffix(":00")

"""Alerts with shaking at places of the Pamir, and their messages; any alert at all, for properties."""

from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from seismonet.core.alert import LEVELS, Alert, MissingStation, Shaking
from seismonet.core.event import Place
from seismonet.core.target import Target
from seismonet.daemon.texts import load_texts
from seismonet.formats.alertjson import Circumstances, document, reference
from seismonet.formats.alertmessage import Message, Sender, UsedStation
from seismonet.formats.texttemplates import Templates

SECOND = 1_000_000_000
ORIGIN_NS = 1_790_000_000 * SECOND
"""2026-09-21T14:13:20Z, 19:13:20 in Tajikistan."""
SENDER = Sender(
    "alerts@seismo.example",
    "Seismological Service",
    "TJ",
    contact="+992 00 000 00 00",
    names={"ru": "Сейсмологическая служба", "tg": "Хадамоти сейсмологӣ"},
)
TARGETS = (
    Target("Khorugh", "city", 37.49, 71.553, population=30500, names=(("ru", "Хорог"), ("tg", "Хоруғ"))),
    Target("Rushon", "town", 37.945, 71.557, population=4031, names=(("ru", "Рушан"), ("tg", "Рӯшон"))),
    Target("Basid", "village", 38.11, 72.17, names=(("ru", "Басид"), ("tg", "Басид"))),
    Target("Usoi Dam", "dam", 38.273, 72.604, names=(("ru", "Усойский завал"), ("tg", "Сарбанди Усой"))),
    Target("Lake Sarez", "lake", 38.2, 72.757, names=(("ru", "Сарезское озеро"), ("tg", "Кӯли Сарез"))),
    Target("Dushanbe", "city", 38.536, 68.779, population=679400, names=(("ru", "Душанбе"), ("tg", "Душанбе"))),
)
STATIONS = (
    UsedStation("TJ.SAREZ", "Lake Sarez"),
    UsedStation("TJ.MURGH", "Murghob"),
    UsedStation("TJ.KHOR", "Khorugh"),
)
LANGUAGES = ("tg", "ru", "en")


@cache
def texts() -> dict[str, Templates]:
    """The texts that travel with seismonet."""
    return load_texts(LANGUAGES)


def shaking(target: str, km: float, intensity: float, lead_s: float) -> Shaking:
    """Shaking of a place ``lead_s`` after the alert was issued, 6 s after the origin."""
    early_ns = ORIGIN_NS + round((6 + lead_s) * SECOND)
    shares = tuple(min(max((intensity - level + 1) / 2, 0.0), 1.0) for level in LEVELS)
    return Shaking(target, km, intensity, 0.7, shares, 0.9, 0.05, early_ns + 2 * SECOND, early_ns, lead_s, lead_s < 0)


ALERT = Alert(
    "ab12cd34ef56ab78", 0, "new", ORIGIN_NS + 6 * SECOND, ORIGIN_NS, 38.35, 72.3, 18.0, 6.63, "Mpd",
    ("TJ.SAREZ", "TJ.MURGH", "TJ.KHOR"), 12.0, "status-1", "3 stations agree", likelihood=0.95,
    shaking=(
        shaking("Usoi Dam", 30, 7.3, -2.0), shaking("Basid", 28, 7.1, 3.0), shaking("Lake Sarez", 35, 6.8, 1.0),
        shaking("Rushon", 75, 6.2, 12.0), shaking("Khorugh", 95, 5.1, 21.7), shaking("Dushanbe", 330, 3.2, 92.0),
    ),
    missing=(MissingStation("TJ.ISHK", "down for 3 h", "the radius would be 7 km"),), audience="civil_defence",
    expires_ns=ORIGIN_NS + 180 * SECOND, magnitude_uncertainty=0.3, depth_uncertainty_km=6.0, time_uncertainty_s=0.8,
    probability_shallow=0.9, probability_deep=0.02, second_mode=Place(36.5, 71.0, 120.0, 0.3), event_version=4,
)  # fmt: skip


def message(alert: Alert = ALERT, **circumstances: object) -> Message:
    """The message of an alert, Actual unless told otherwise; an update or cancellation of the first message."""
    if alert.kind != "new" and "references" not in circumstances:
        first = document(replace(alert, kind="new", version=0), SENDER, Circumstances(), targets=TARGETS)
        circumstances["references"] = (reference(first),)
    made = Circumstances(**{"status": "Actual", "version": "0.1", "parameters": "abc", **circumstances})  # type: ignore[arg-type]
    return document(alert, SENDER, made, targets=TARGETS, stations=STATIONS)


_NUMBER = st.floats(allow_nan=True, allow_infinity=True)
_SHARE = st.floats(0, 1)
_WHEN = st.integers(0, 4_000_000_000 * SECOND)
_WORDS = st.text(max_size=60)
_NAMES = st.sampled_from([one.name for one in TARGETS]) | st.text(min_size=1, max_size=60)


def _shakings() -> st.SearchStrategy[Shaking]:
    span = st.integers(-10 * SECOND, 200 * SECOND)
    return st.builds(
        lambda name, km, level, sd, shares, at, early, lead: Shaking(
            name, km, level, sd, shares, 0.9, 0.05, ORIGIN_NS + at + early, ORIGIN_NS + at, lead, lead < 0
        ),
        _NAMES, st.floats(0, 2000), st.floats(-3, 14), st.floats(0, 2), st.tuples(*[_SHARE] * len(LEVELS)), span,
        st.integers(0, 9 * SECOND), st.floats(-100, 300),
    )  # fmt: skip


def alerts() -> st.SearchStrategy[Alert]:
    """Any alert that the pipeline could hand over, and worse ones."""
    return _any_alerts().map(lambda one: one if one.kind == "new" else replace(one, version=one.version + 1))


def _any_alerts() -> st.SearchStrategy[Alert]:
    return st.builds(
        Alert,
        event_id=st.text("0123456789abcdef", min_size=16, max_size=16),
        version=st.integers(0, 99),
        kind=st.sampled_from(["new", "update", "cancel"]),
        issued_ns=st.integers(ORIGIN_NS, ORIGIN_NS + 300 * SECOND),
        origin_time_ns=st.just(ORIGIN_NS) | _WHEN,
        latitude=st.floats(-90, 90) | _NUMBER,
        longitude=st.floats(-360, 360) | _NUMBER,
        depth_km=st.floats(-5, 700) | _NUMBER,
        magnitude=st.none() | st.floats(-2, 10) | _NUMBER,
        magnitude_type=st.none() | st.sampled_from(["Mpd", "ML"]),
        station_codes=st.lists(st.sampled_from(["TJ.SAREZ", "TJ.MURGH", "XX.ÄÖ"]) | _WORDS, max_size=5).map(tuple),
        horizontal_uncertainty_km=st.floats(0, 500) | _NUMBER,
        network_status=_WORDS,
        reason=_WORDS,
        at_least=st.booleans(),
        audience=st.sampled_from(["public", "civil_defence", "operator", "siren"]),
        basis=st.sampled_from(["network", "onsite", "motion"]),
        state=st.sampled_from(["candidate", "preliminary", "confirmed", "final"]),
        likelihood=_SHARE | _NUMBER,
        magnitude_uncertainty=st.none() | _NUMBER,
        depth_uncertainty_km=st.none() | _NUMBER,
        time_uncertainty_s=st.none() | _NUMBER,
        probability_shallow=st.none() | _SHARE,
        probability_deep=st.none() | _SHARE,
        second_mode=st.none() | st.builds(Place, _NUMBER, _NUMBER, _NUMBER, _SHARE),
        shaking=st.lists(_shakings(), max_size=6).map(tuple),
        missing=st.lists(st.builds(MissingStation, _WORDS, _WORDS, _WORDS), max_size=2).map(tuple),
        expires_ns=st.just(0) | st.just(ORIGIN_NS + 180 * SECOND) | _WHEN,
        event_version=st.integers(-1, 99),
        source_event_id=st.sampled_from(["", "00ff00ff00ff00ff"]),
    )


def messages() -> st.SearchStrategy[Message]:
    """Messages of any alerts, under any circumstances."""
    return st.builds(
        lambda alert, status, offset_ns: message(alert, status=status, sent_ns=alert.issued_ns + offset_ns),
        alerts(),
        st.sampled_from(["Actual", "Exercise", "Test"]),
        st.integers(0, 20 * SECOND),
    )

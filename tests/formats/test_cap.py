"""CAP 1.2: valid by our own reading of the standard and by a schema, whatever the alert; the mapping of section 7.2."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from lxml import etree

from seismonet.core.utc import from_iso
from seismonet.formats.alertjson import reference
from seismonet.formats.alertmessage import HumanAction, Message
from seismonet.formats.cap import NAMESPACE, cap, ring
from seismonet.formats.capcheck import faults
from tests.support.messages import ALERT, LANGUAGES, ORIGIN_NS, SECOND, message, messages, shaking, texts

ALL = tuple(texts().values())
HUMAN = HumanAction("confirm", "A. Duty", "2026-09-21T14:15:00.000Z")


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(Path(__file__).with_name("cap12.xsd")))


def element(document: bytes, *path: str) -> list[str]:
    place = "/".join(f"{{{NAMESPACE}}}{name}" for name in path)
    return [one.text or "" for one in etree.fromstring(document).iterfind(place)]


def value(sent: Message, *path: str) -> str:
    return element(cap(sent, ALL[:1]), *path)[0]


@given(messages())
@settings(max_examples=120, deadline=None)
def test_any_alert_is_valid_in_all_languages(sent: Message) -> None:
    document = cap(sent, ALL)
    assert faults(document) == []
    schema().assertValid(etree.fromstring(document))
    assert element(document, "info", "language") == ["tg-TJ", "ru-RU", "en-US"]


@given(messages())
@settings(max_examples=50, deadline=None)
def test_updates_and_cancellations_name_what_was_sent(sent: Message) -> None:
    document = cap(sent, ALL[:1])
    named = element(document, "references")
    assert bool(named) == (element(document, "msgType") != ["Alert"])
    assert all(one.startswith("alerts@seismo.example,TJ.seismonet.") for one in " ".join(named).split())


def test_the_reference_is_what_the_earlier_document_says_of_itself() -> None:
    first = message(sent_ns=ORIGIN_NS + 7_999_999_999)
    document = cap(first, ALL)
    assert reference(first) == ",".join(element(document, name)[0] for name in ("sender", "identifier", "sent"))
    later = cap(message(replace(ALERT, kind="update", version=1), references=(reference(first),)), ALL)
    assert element(later, "references") == [reference(first)]


def test_times_have_an_offset_and_no_fraction() -> None:
    document = cap(message(sent_ns=ORIGIN_NS + 7_654_000_000), ALL)
    assert element(document, "sent") == ["2026-09-21T19:13:27+05:00"]
    assert element(document, "info", "onset")[0] == "2026-09-21T19:13:24+05:00"


@pytest.mark.parametrize(
    ("intensity", "severity"), [(9.6, "Extreme"), (8.6, "Extreme"), (6.5, "Severe"), (4.5, "Moderate"), (4.4, "Minor")]
)
def test_severity_is_that_of_the_strongest_shaking_where_people_live(intensity: float, severity: str) -> None:
    alert = replace(ALERT, shaking=(shaking("Usoi Dam", 1, 10.0, 5.0), shaking("Khorugh", 90, intensity, 20.0)))
    assert value(message(alert), "info", "severity") == severity


@pytest.mark.parametrize(
    ("likelihood", "stations", "human", "certainty"),
    [
        (0.9, 3, None, "Likely"),
        (0.99, 2, None, "Possible"),
        (0.89, 3, None, "Possible"),
        (0.49, 3, None, "Unlikely"),
        (0.2, 1, HUMAN, "Observed"),
    ],
)
def test_certainty(likelihood: float, stations: int, human: HumanAction | None, certainty: str) -> None:
    alert = replace(ALERT, likelihood=likelihood, station_codes=ALERT.station_codes[:stations])
    assert value(message(alert, human=human), "info", "certainty") == certainty


def test_urgency_is_immediate_until_the_last_place_has_been_shaken() -> None:
    sent, last_ns = message(), max(one.s_arrival_ns for one in ALERT.shaking)
    for late_s, urgency in ((0, "Immediate"), (29, "Immediate"), (31, "Past")):
        document = cap(sent, ALL[:1], now_ns=last_ns + late_s * SECOND)
        assert element(document, "info", "urgency") == [urgency]


def test_what_is_withdrawn_says_so_everywhere() -> None:
    document = cap(message(replace(ALERT, kind="cancel", version=1)), ALL)
    assert element(document, "msgType") == ["Cancel"]
    assert set(element(document, "info", "responseType")) == {"AllClear"}
    assert set(element(document, "info", "certainty")) == {"Unlikely"}
    assert "withdrawn" in element(document, "info", "headline")[2]


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_no_real_warning_says_so_in_every_text(status: str) -> None:
    document = cap(message(status=status), ALL)
    assert element(document, "status") == [status]
    assert element(document, "note") == [f"{status}: no real warning"]
    for language, words in zip(LANGUAGES, ALL, strict=True):
        mark = words.say(f"marks.{status.lower()}_short")
        at = LANGUAGES.index(language)
        assert element(document, "info", "headline")[at].startswith(mark)
        assert element(document, "info", "description")[at].startswith(mark[:-1])


def test_only_the_public_may_read_what_is_public() -> None:
    assert value(message(replace(ALERT, audience="public")), "scope") == "Public"
    assert value(message(), "scope") == "Restricted"


def test_the_area_is_where_intensity_four_is_reached() -> None:
    sent = message()
    document = cap(sent, ALL)
    radius = next(one.radius_km for one in sent.regions if one.intensity == 4)
    assert element(document, "info", "area", "circle")[0] == f"38.3500,72.3000 {radius:.1f}"
    assert element(document, "info", "area", "areaDesc")[1].startswith("Усойский завал, Басид")
    assert "Dushanbe" not in element(document, "info", "area", "areaDesc")[2]
    corners = element(document, "info", "area", "polygon")[0].split()
    assert (len(corners), corners[0]) == (37, corners[-1])


def test_a_ring_lies_at_its_radius() -> None:
    from seismonet.core.geo import distance_km

    for north, east in ring(38.35, 72.3, 100.0):
        assert float(distance_km(38.35, 72.3, north, east)) == pytest.approx(100.0, rel=5e-3)


GOOD = cap(message(replace(ALERT, kind="update", version=1)), ALL[2:])


def edited(old: str, new: str) -> bytes:
    assert old in GOOD.decode()
    return GOOD.decode().replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (edited("<scope>Restricted</scope>", ""), "scope is missing"),
        (edited("<scope>Restricted</scope>", "<scope>Secret</scope>"), "'Secret' is not one of"),
        (edited("<source>seismonet</source>", "<source/>"), "source: is empty"),
        (edited("<source>seismonet</source>", "<sauce/>"), "there is no element sauce"),
        (edited("<source>seismonet</source>", "<scope>Public</scope>"), "scope stands there 2 times"),
        (edited("<event>Earthquake</event>", "<event>Earthquake</event><category>Geo</category>"), "is out of order"),
        (edited("<sender>alerts@", "<sender>alerts, "), "holds a space, a comma"),
        (edited("<sent>2026-09-21T19:13:26+05:00", "<sent>2026-09-21T14:13:26Z"), "is not like"),
        (edited("<sent>2026-09-21T19:13:26+05:00", "<sent>2026-09-21T19:13:26.5+05:00"), "is not like"),
        (edited("<sent>2026-09-21T19:13:26+05:00", "<sent>2026-02-30T19:13:26+05:00"), "is no moment"),
        (edited("<msgType>Update", "<msgType>Upgrade"), "'Upgrade' is not one of"),
        (edited("<references>alerts@seismo.example,", "<references>"), "is not sender,identifier,sent"),
        (edited("civil_defence.0,2026", "civil_defence.1,2026"), "refers to itself"),
        (edited("<restriction>for receivers of class civil_defence</restriction>", ""), "without restriction"),
        (edited("<language>en-US", "<language>english_language"), "no language"),
        (edited("<severity>Severe", "<severity>severe"), "'severe' is not one of"),
        (edited("<circle>38.3500,72.3000 ", "<circle>38.3500 72.3000,"), "is not latitude,longitude"),
        (edited("<circle>38.3500", "<circle>98.3500"), "is not on the Earth"),
        (edited("<polygon>", "<polygon>1.0,1.0 "), "is not closed"),
        (edited("</circle>", "</circle><ceiling>3</ceiling>"), "ceiling without altitude"),
        (edited("<valueName>EventId</valueName>", ""), "valueName is missing"),
        (edited("cap:1.2", "cap:1.1"), "is not in the namespace"),
        (edited("<event>Earthquake", "<event><b/>Earthquake"), "holds elements where a text"),
        (edited("<info>", "<info>words"), "holds text beside"),
        (b"<alert", "not well-formed"),
        (b'<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/hostname">]><alert>&x;</alert>', "has a DOCTYPE"),
        (b"<!DOCTYPE alert><alert/>", "has a DOCTYPE"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_found(document: bytes, why: str) -> None:
    assert any(why in one for one in faults(document)), faults(document)


def test_references_are_needed() -> None:
    start, end = GOOD.index(b"<references>"), GOOD.index(b"</references>") + len(b"</references>")
    assert faults(GOOD[:start] + GOOD[end:]) == ["alert: Update without references"]


def test_a_signed_document_of_others_is_valid() -> None:
    signed = edited(
        "</alert>", '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature></alert>'
    )
    assert faults(signed) == []


def test_expiry_is_that_of_the_message() -> None:
    told = value(message(), "info", "expires")
    assert from_iso(told) == ALERT.expires_ns


def test_a_cancellation_names_every_message_before_it() -> None:
    before = tuple(reference(message(replace(ALERT, version=version))) for version in range(3))
    document = cap(message(replace(ALERT, kind="cancel", version=3), references=before), ALL)
    assert element(document, "references") == [" ".join(before)]


@pytest.mark.parametrize("at", [(38.35, 179.5), (38.35, -179.5), (89.5, 0.0)])
def test_where_a_ring_would_be_ambiguous_there_is_the_circle_alone(at: tuple[float, float]) -> None:
    document = cap(message(replace(ALERT, latitude=at[0], longitude=at[1])), ALL[:1])
    assert not element(document, "info", "area", "polygon")
    assert element(document, "info", "area", "circle")[0].startswith(f"{at[0]:.4f},{at[1]:.4f} ")

"""Alerts as GeoJSON and QuakeML: read back by ObsPy, valid whatever the alert."""

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from obspy import read_events
from obspy.io.quakeml.core import _validate as valid

from seismonet.formats.alertjson import to_bytes
from seismonet.formats.alertmessage import Message
from seismonet.formats.alertviews import alert_geojson, alert_quakeml
from seismonet.formats.projection import FORMS, project
from tests.support.messages import ALERT, message, messages, texts


@given(messages())
@settings(max_examples=60, deadline=None)
def test_any_alert_is_valid_quakeml_and_geojson(sent: Message) -> None:
    assert valid(io.BytesIO(alert_quakeml(sent)))
    found = json.loads(alert_geojson(sent))
    for feature in found["features"]:
        if feature["geometry"]["type"] == "Polygon":
            (corners,) = feature["geometry"]["coordinates"]
            assert corners[0] == corners[-1]


def test_quakeml_says_what_the_message_says() -> None:
    (event,) = read_events(io.BytesIO(alert_quakeml(message(replace(ALERT, at_least=True)))), format="QUAKEML")
    origin, magnitude = event.preferred_origin(), event.preferred_magnitude()
    assert (origin.latitude, origin.longitude, origin.depth) == (38.35, 72.3, 18_000.0)
    assert str(origin.time) == "2026-09-21T14:13:20.000000Z"
    assert (origin.depth_errors.uncertainty, origin.origin_uncertainty.horizontal_uncertainty) == (6000.0, 12_000.0)
    assert (magnitude.mag, magnitude.mag_errors.uncertainty, magnitude.magnitude_type) == (6.63, 0.3, "Mpd")
    assert "lower bound" in magnitude.comments[0].text
    assert event.comments[0].text == "Actual Alert TJ.seismonet.ab12cd34ef56ab78.civil_defence.0"


def test_what_is_withdrawn_does_not_exist() -> None:
    cancelled = message(replace(ALERT, kind="cancel", version=1))
    (event,) = read_events(io.BytesIO(alert_quakeml(cancelled)), format="QUAKEML")
    assert (event.event_type, event.preferred_origin().evaluation_status) == ("not existing", "rejected")


def test_geojson_has_epicentre_regions_and_targets() -> None:
    features = json.loads(alert_geojson(message()))["features"]
    kinds = [one["properties"]["kind"] for one in features]
    assert kinds.count("epicentre") == 1
    assert kinds.count("target") == len(ALERT.shaking)
    assert features[0]["geometry"]["coordinates"] == [72.3, 38.35]
    regions = [one for one in features if one["properties"]["kind"] == "region"]
    assert [one["properties"]["intensity"] for one in regions] == [one.intensity for one in message().regions]
    east, north = zip(*regions[0]["geometry"]["coordinates"][0], strict=True)
    # counter-clockwise, as RFC 7946 wants: the area by the shoelace formula is positive
    assert sum(east[i] * north[i + 1] - east[i + 1] * north[i] for i in range(len(east) - 1)) > 0


def test_every_form_is_bytes_and_json_is_the_message_itself() -> None:
    for form in FORMS:
        assert project(message(), form, texts(), "ru", "Rushon")
    assert project(message(), "json", texts()) == to_bytes(message())
    with pytest.raises(ValueError, match="is none of"):
        project(message(), "fax", texts())


def test_a_text_begins_with_its_headline() -> None:
    told = project(message(), "text", texts(), "ru", "Rushon").decode().splitlines()
    assert told[0].startswith("Землетрясение! Рушан: сильное сотрясение (6 баллов) примерно через 10 секунд.")
    assert told[1] == ""


def test_a_language_that_nobody_wrote_is_told_in_the_first() -> None:
    assert project(message(), "sms", texts(), "zh", "Rushon") == project(message(), "sms", texts(), "tg", "Rushon")


def test_cap_has_the_language_of_the_receiver_first() -> None:
    document = project(message(), "cap", texts(), "en")
    assert document.index(b"en-US") < document.index(b"tg-TJ") < document.index(b"ru-RU")

"""QuakeML is valid, says what the event says, and is the same every time."""

import io
import math
import re
from dataclasses import replace
from typing import Any

import obspy
import pytest
from obspy.io.quakeml.core import _validate as valid

from seismonet.core.sourceid import SourceId
from seismonet.formats.quakeml import quakeml, to_obspy
from tests.support.quakes import START_NS, network, quake

TABLE = network(5)
REAL = quake(TABLE)
FALSE = quake(TABLE, START_NS + 60 * 10**9, cancelled=True)
PICKS = REAL.picks | FALSE.picks
EVENTS = [*REAL.versions, *FALSE.versions]
PUBLIC_ID = re.compile(r"(smi|quakeml):[\w\d][\w\d\-.*()_~']{2,}/[\w\d\-.*()_~'][\w\d\-.*()+?_~'=,;#/&]*")


def read(document: bytes) -> Any:
    return obspy.read_events(io.BytesIO(document), format="QUAKEML")


def test_the_document_is_valid() -> None:
    document = quakeml(EVENTS, PICKS, agency="Service séismologique", author="seismonet 1")
    assert valid(io.BytesIO(document))
    identities = re.findall(r'publicID="([^"]*)"', document.decode())
    assert len(identities) == len(set(identities))
    assert all(PUBLIC_ID.fullmatch(one) for one in identities)


def test_no_event_is_a_valid_document_too() -> None:
    document = quakeml([], {})
    assert valid(io.BytesIO(document))
    assert len(read(document)) == 0


def test_the_same_events_make_the_same_bytes() -> None:
    assert quakeml(EVENTS, PICKS) == quakeml(EVENTS, PICKS)


def test_an_event_appears_once_in_its_last_version() -> None:
    first, second = read(quakeml(EVENTS, PICKS))
    assert first.creation_info.version == str(REAL.versions[-1].version)
    assert (first.event_type, second.event_type) == ("earthquake", "not existing")
    assert second.preferred_origin().evaluation_status == "rejected"


def test_the_origin_says_what_the_event_says() -> None:
    event, source = read(quakeml(REAL.versions, PICKS))[0], REAL.versions[-1].origin
    origin = event.preferred_origin()
    assert origin.time.ns == round(source.time_ns, -3)
    assert (origin.latitude, origin.longitude) == pytest.approx((source.latitude, source.longitude))
    assert origin.depth == pytest.approx(source.depth_km * 1000)
    assert origin.depth_errors.uncertainty == pytest.approx(6000)
    assert origin.time_errors.uncertainty == pytest.approx(source.time_uncertainty_s)
    uncertainty = origin.origin_uncertainty
    assert uncertainty.horizontal_uncertainty == pytest.approx(source.horizontal_uncertainty_km * 1000)
    assert (uncertainty.confidence_level, uncertainty.preferred_description) == (68, "horizontal uncertainty")
    assert (origin.evaluation_mode, origin.evaluation_status) == ("automatic", "preliminary")
    assert origin.quality.used_station_count == 5
    assert origin.quality.minimum_distance == pytest.approx(source.minimum_distance_km / 111.195, rel=1e-4)


def test_errors_of_the_coordinates_make_the_68_percent_radius() -> None:
    origin = read(quakeml(REAL.versions, PICKS))[0].preferred_origin()
    north_km = origin.latitude_errors.uncertainty * 111.195
    east_km = origin.longitude_errors.uncertainty * 111.195 * math.cos(math.radians(origin.latitude))
    assert north_km == pytest.approx(east_km)
    radius_km = REAL.versions[-1].origin.horizontal_uncertainty_km
    assert 1 - math.exp(-0.5 * (radius_km / north_km) ** 2) == pytest.approx(0.68, abs=1e-6)


def test_everything_that_is_named_is_there() -> None:
    event = read(quakeml(REAL.versions, PICKS))[0]
    source = REAL.versions[-1]
    assert source.magnitude is not None
    picks = {one.resource_id.id: one for one in event.picks}
    amplitudes = {one.resource_id.id: one for one in event.amplitudes}
    origin, magnitude = event.preferred_origin(), event.preferred_magnitude()
    for arrival, expected in zip(origin.arrivals, source.origin.arrivals, strict=True):
        pick = picks[arrival.pick_id.id]
        assert pick.waveform_id.get_seed_string() == expected.source_id.nslc
        assert pick.time.ns == round(PICKS[expected.pick_id].time_ns, -3)
        assert pick.phase_hint == arrival.phase == "P"
    assert magnitude.mag == pytest.approx(source.magnitude.value)
    assert (magnitude.magnitude_type, magnitude.origin_id) == ("Mpd", origin.resource_id)
    assert len(event.station_magnitudes) == len(magnitude.station_magnitude_contributions) == 5
    for one, part in zip(event.station_magnitudes, source.magnitude.station_magnitudes, strict=True):
        amplitude = amplitudes[one.amplitude_id.id]
        assert amplitude.generic_amplitude == pytest.approx(part.pd_m)
        assert (amplitude.unit, amplitude.type, amplitude.time_window.end) == ("m", "Pd", part.window_s)
        assert amplitude.pick_id.id in picks


def test_creation_info_names_the_agency_and_pipeline_time() -> None:
    event = read(quakeml(REAL.versions, PICKS, agency="KHOR", author="seismonet 1.2"))[0]
    assert (event.creation_info.agency_id, event.creation_info.author) == ("KHOR", "seismonet 1.2")
    assert event.creation_info.creation_time.ns == round(REAL.versions[-1].issued_ns, -3)
    assert event.resource_id.id == f"smi:khor/event/{REAL.versions[0].id}"


def test_unknown_numbers_are_left_out() -> None:
    nan = float("nan")
    event = REAL.versions[-1]
    origin = replace(event.origin, depth_uncertainty_km=nan, horizontal_uncertainty_km=nan, rms_s=nan)
    document = quakeml([replace(event, origin=origin, magnitude=None)], PICKS)
    assert valid(io.BytesIO(document))
    assert b"nan" not in document.lower()
    (found,) = read(document)
    assert found.preferred_origin().depth_errors.uncertainty is None
    assert found.preferred_magnitude() is None


def test_a_stream_without_network_code_is_valid() -> None:
    event = REAL.versions[0]
    picks = {key: replace(one, source_id=SourceId("", "STA", "", "HHZ"), detector="D1+") for key, one in PICKS.items()}
    assert valid(io.BytesIO(quakeml([event], picks)))


def test_a_pick_that_was_not_given_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="picks that were not given"):
        to_obspy(REAL.versions, {})

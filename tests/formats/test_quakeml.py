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
UNSURE = quake(TABLE, START_NS + 120 * 10**9, down=("TJ.ST04",), magnitude=6.9, ambiguous=True)
PICKS = REAL.picks | FALSE.picks | UNSURE.picks
EVENTS = [*REAL.versions, *FALSE.versions, *UNSURE.versions]
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
    first, second, _ = read(quakeml(EVENTS, PICKS))
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


def errors_km(origin: Any) -> tuple[float, float]:
    """Errors to the north and to the east."""
    shrink = math.cos(math.radians(origin.latitude))
    return origin.latitude_errors.uncertainty * 111.195, origin.longitude_errors.uncertainty * 111.195 * shrink


def test_errors_of_the_coordinates_make_the_68_percent_radius() -> None:
    plain = replace(REAL.versions[-1], origin=replace(REAL.versions[-1].origin, confidence=None))
    north_km, east_km = errors_km(read(quakeml([plain], PICKS))[0].preferred_origin())
    assert north_km == pytest.approx(east_km)
    radius_km = plain.origin.horizontal_uncertainty_km
    assert 1 - math.exp(-0.5 * (radius_km / north_km) ** 2) == pytest.approx(0.68, abs=1e-6)


@pytest.mark.parametrize(("azimuth_deg", "north", "east"), [(0.0, 12.0, 6.0), (90.0, 6.0, 12.0), (270.0, 6.0, 12.0)])
def test_errors_of_the_coordinates_follow_the_ellipse(azimuth_deg: float, north: float, east: float) -> None:
    event = REAL.versions[-1]
    assert event.origin.confidence is not None
    sure = replace(event.origin.confidence, major_km=12.0, minor_km=6.0, azimuth_deg=azimuth_deg)
    document = quakeml([replace(event, origin=replace(event.origin, confidence=sure))], PICKS)
    assert valid(io.BytesIO(document))
    origin = read(document)[0].preferred_origin()
    north_km, east_km = errors_km(origin)
    assert (north_km, east_km) == pytest.approx((north / 1.5096, east / 1.5096), rel=1e-4)
    told = origin.origin_uncertainty
    assert (told.max_horizontal_uncertainty, told.min_horizontal_uncertainty) == (12e3, 6e3)
    assert told.azimuth_max_horizontal_uncertainty == azimuth_deg % 180


def test_depth_has_its_percentiles_and_what_it_may_be_is_told() -> None:
    origin = read(quakeml(REAL.versions, PICKS))[0].preferred_origin()
    errors = origin.depth_errors
    assert (errors.lower_uncertainty, errors.upper_uncertainty, errors.confidence_level) == (4e3, 9e3, 68)
    told = {one.text for one in origin.comments}
    assert {"quality good", "depth class crust", "probability of a depth less than 40 km 0.970"} <= told
    (unsure,) = read(quakeml(UNSURE.versions, PICKS))
    told = {one.text for one in unsure.preferred_origin().comments}
    assert {"quality ambiguous", "probability 0.770", "could not contribute: TJ.ST04"} <= told


def test_another_place_is_a_second_origin_that_is_not_preferred() -> None:
    (event,) = read(quakeml(UNSURE.versions, PICKS))
    first, second = event.origins
    assert event.preferred_origin_id == first.resource_id
    source = UNSURE.versions[-1].origin
    assert source.confidence is not None
    place = source.confidence.modes[1]
    assert (second.latitude, second.longitude, second.depth) == pytest.approx(
        (place.latitude, place.longitude, place.depth_km * 1e3)
    )
    assert second.time == first.time
    assert second.comments[0].text.startswith("probability 0.230")
    assert len(read(quakeml(REAL.versions, PICKS))[0].origins) == 1


def test_a_pick_says_what_it_knows_of_the_motion() -> None:
    event = read(quakeml(REAL.versions, PICKS))[0]
    for one in event.picks:
        source = PICKS[one.resource_id.id.split("/")[-1]]
        assert one.polarity == (source.polarity or None)
        motion = source.polarization
        assert one.backazimuth == (motion.backazimuth_deg if motion else None)
        assert (one.backazimuth_errors or {}).get("uncertainty") == (20.5 if motion else None)
        assert one.horizontal_slowness is None
        assert "trust 0.75" in {comment.text for comment in one.comments}
    assert {one.polarity for one in event.picks} == {"negative", None}
    assert {one.phase_hint for one in event.picks} == {"P", "S"}


def test_a_magnitude_says_when_it_is_a_lower_bound_and_which_half_units_are_probable() -> None:
    (event,) = read(quakeml(UNSURE.versions, PICKS))
    told = [one.text for one in event.preferred_magnitude().comments]
    assert told[0].startswith("lower bound")
    assert told[1] == "probability of the half units: below 2.5 0.100, 2.5-3.0 0.200, 3.0 and more 0.700"
    real = read(quakeml(REAL.versions, PICKS))[0]
    assert len(real.preferred_magnitude().comments) == 1


def test_state_and_the_reason_of_a_cancellation() -> None:
    first, second, _ = read(quakeml(EVENTS, PICKS))
    assert first.comments[0].text == "state confirmed"
    assert second.comments[0].text == "state cancelled: a teleseism"


def test_two_events_may_have_had_the_same_pick() -> None:
    real, cancelled = REAL.versions[-1], replace(REAL.versions[0], id="other", event_type="not existing")
    document = quakeml([real, cancelled], PICKS)
    assert valid(io.BytesIO(document))
    identities = re.findall(r'publicID="([^"]*)"', document.decode())
    assert len(identities) == len(set(identities))


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
        assert pick.phase_hint == arrival.phase == expected.phase
    assert magnitude.mag == pytest.approx(source.magnitude.value)
    assert (magnitude.magnitude_type, magnitude.origin_id) == ("Mpd", origin.resource_id)
    assert len(event.station_magnitudes) == len(magnitude.station_magnitude_contributions) == 6
    assert [one.station_magnitude_type for one in event.station_magnitudes] == ["Mpd"] * 5 + ["ML"]
    for one, part in zip(event.station_magnitudes, source.magnitude.station_magnitudes, strict=True):
        amplitude = amplitudes[one.amplitude_id.id]
        local = part.type == "ML"
        assert amplitude.generic_amplitude == pytest.approx(part.wood_anderson_m if local else part.pd_m)
        assert (amplitude.unit, amplitude.type, amplitude.time_window.end) == (
            "m", "AML" if local else "Pd", part.window_s,
        )  # fmt: skip
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

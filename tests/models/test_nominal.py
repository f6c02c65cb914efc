"""Nominal responses against the plain formula and the maker's full ones; what a new station says of itself."""

import io

import numpy as np
import obspy
import pytest

from seismonet.core.errors import QueryError
from seismonet.formats.stationxml import channel_table, parse
from seismonet.models.instruments import DIGITIZERS, SENSORS, Digitizer, Sensor, digitizer, sensor
from seismonet.models.nominal import SUBJECTS, response, station_xml
from tests.support.shared import shared
from tests.support.stationdoc import spec

FREQUENCIES = np.geomspace(0.002, 19.9, 150)
LINEAR = digitizer("centaur-100-lp")


def evaluated(station: bytes, code: str) -> np.ndarray:
    """What evalresp makes of a channel of a document."""
    inventory = obspy.read_inventory(io.BytesIO(station), format="STATIONXML").select(channel=code)
    output = "ACC" if code[1] == "N" else "VEL"
    return np.asarray(inventory[0][0][0].response.get_evalresp_response_for_frequencies(FREQUENCIES, output))


def test_a_trillium_compact_by_hand() -> None:
    s = 2j * np.pi * FREQUENCIES
    shape = s**2 * (s + 392) * (s + 1960) * (s**2 + 2 * 1490 * s + 1490**2 + 1740**2)
    shape /= s**2 + 2 * 0.03691 * s + 0.03691**2 + 0.03702**2
    shape /= (s + 343) * (s**2 + 2 * 370 * s + 370**2 + 467**2) * (s**2 + 2 * 836 * s + 836**2 + 1522**2)
    shape /= (s**2 + 2 * 4900 * s + 4900**2 + 4700**2) * (s + 6900) * (s + 15000)
    expected = 4.34493e17 * 754.3 * 4.0e5 * shape
    assert np.abs(evaluated(station_xml(spec()), "HHZ") / expected - 1).max() < 1e-5


def test_a_titan_by_hand() -> None:
    s = 2j * np.pi * FREQUENCIES
    shape = (s + 515) / (s**2 + 2 * 977 * s + 977**2 + 328**2)
    shape /= (s**2 + 2 * 1486 * s + 1486**2 + 2512**2) * (s**2 + 2 * 5736 * s + 5736**2 + 4946**2)
    expected = 1.00773e18 * 0.51 * 4.0e5 * shape
    assert np.abs(evaluated(station_xml(spec()), "HNE") / expected - 1).max() < 1e-5


@pytest.mark.parametrize(
    ("file", "code", "rate_hz"),
    [
        ("APACHE_TC120_754__CTR4_100_LP.xml", "HHZ", 100),
        ("APACHE_TITAN_4g__CTR4_100_LP.xml", "HNZ", 100),
        ("APACHE_TC120_754__CTR4_200_LP.xml", "HHZ", 200),
        ("APACHE_TITAN_4g__CTR4_200_LP.xml", "HNZ", 200),
    ],
)
def test_below_20_hz_it_agrees_with_the_full_linear_phase_response(file: str, code: str, rate_hz: int) -> None:
    full = parse(shared(f"facts/responses/{file}").read_bytes())[0][0][0].response
    reference = full.get_evalresp_response_for_frequencies(FREQUENCIES, "VEL" if code == "HHZ" else "ACC")
    ours = evaluated(station_xml(spec(digitizer=digitizer(f"centaur-{rate_hz}-lp"))), code)
    assert np.abs(np.abs(ours / reference) - 1).max() < 0.005
    assert np.abs(np.angle(ours / reference, deg=True)).max() < 0.5
    delay_s = sum(stage.decimation_delay or 0.0 for stage in full.response_stages)
    assert digitizer(f"centaur-{rate_hz}-lp").delay_s == pytest.approx(delay_s, abs=1e-6)


def test_how_far_a_minimum_phase_filter_is_from_its_stand_in() -> None:
    full = parse(shared("facts/responses/TC120_754__CENTAUR_G1_100_MP.xml").read_bytes())[0][0][0].response
    reference = full.get_evalresp_response_for_frequencies(FREQUENCIES, "VEL")
    ours = evaluated(station_xml(spec(digitizer=digitizer("centaur-100-mp"))), "HHZ")
    assert 0.005 < np.abs(np.abs(ours / reference) - 1).max() < 0.012
    assert 10 < np.abs(np.angle(ours / reference, deg=True)).max() < 17


@pytest.mark.parametrize("one", SENSORS, ids=lambda one: one.code)
def test_stages_join_and_multiply(one: Sensor) -> None:
    got = response(one, LINEAR)
    units = [(stage.input_units, stage.output_units) for stage in got.response_stages]
    assert units == [(one.input_units, "V"), ("V", "count"), ("count", "count")]
    gains = [stage.stage_gain for stage in got.response_stages]
    assert got.instrument_sensitivity.value == np.prod(gains) == one.volts_per_unit * 4.0e5


@pytest.mark.parametrize("box", DIGITIZERS, ids=lambda one: one.code)
def test_one_digital_stage_with_a_coefficient_of_one_and_the_delay_corrected(box: Digitizer) -> None:
    *_, stage = response(sensor("titan-4g", "N"), box).response_stages
    assert (stage.cf_transfer_function_type, list(stage.numerator), list(stage.denominator)) == ("DIGITAL", [1.0], [])
    assert stage.decimation_input_sample_rate / stage.decimation_factor == box.rate_hz
    assert stage.decimation_delay == stage.decimation_correction == pytest.approx(box.delay_s, abs=1e-6)


@pytest.mark.parametrize(
    ("code", "delay_s"),
    [("centaur-100-lp", 0.6042), ("centaur-200-lp", 0.3039), ("centaur-100-mp", 0.0842), ("centaur-200-mp", 0.0439)],
)
def test_delays_are_the_documented_ones(code: str, delay_s: float) -> None:
    assert digitizer(code).delay_s == pytest.approx(delay_s, abs=5e-5)


def test_normalization_factors_are_the_published_ones() -> None:
    assert sensor("trillium-compact-120", "H").normalization == pytest.approx(4.34493e17, rel=1e-5)
    assert sensor("titan-1g", "N").normalization == pytest.approx(1.00773e18, rel=1e-5)


def test_a_sensor_may_be_left_out() -> None:
    assert len(channel_table(station_xml(spec(accelerometer=None)))) == 3
    assert {one.quantity for one in channel_table(station_xml(spec(seismometer=None)))} == {"acceleration"}


def comments(document: bytes) -> list[tuple[str, str]]:
    """Where each Comment stands, and what it says."""
    station = parse(document)[0][0]
    return [("", str(one.value)) for one in station.comments] + [
        (channel.code, str(one.value)) for channel in station for one in channel.comments
    ]


def test_all_is_assumed_until_confirmed() -> None:
    told = comments(station_xml(spec(confirmed=())))
    for subject in SUBJECTS:
        assert any(text.startswith(f"ASSUMED {subject}: ") for _, text in told)
    for subject in SUBJECTS:
        left = comments(station_xml(spec(confirmed=(subject,))))
        assert not any(text.startswith(f"ASSUMED {subject}: ") for _, text in left)
        assert any(text.startswith("ASSUMED") for _, text in left)
    assert not any("ASSUMED" in text for _, text in comments(station_xml(spec(confirmed=tuple(SUBJECTS)))))


def test_assumptions_stand_where_they_belong() -> None:
    told = comments(station_xml(spec(confirmed=())))
    assert ("HNZ", "ASSUMED sensor: Titan, 4 g range: " + SUBJECTS["sensor"]) in told
    assert {code for code, text in told if text.startswith("ASSUMED place")} == {""}
    assert {code for code, text in told if text.startswith("ASSUMED orientation")} == {
        f"H{s}{c}" for s in "HN" for c in "ZNE"
    }


def test_sentences_replace_the_usual_ones_or_are_added() -> None:
    told = comments(station_xml(spec(confirmed=(), assumed=("place: by the lake", "the fence is locked"))))
    assert ("", "ASSUMED place: by the lake") in told
    assert ("", "ASSUMED: the fence is locked") in told
    assert sum("ASSUMED place" in text for _, text in told) == 1


def test_the_same_station_gives_the_same_bytes() -> None:
    assert station_xml(spec()) == station_xml(spec())
    assert b"<Created>2024-01-01T" in station_xml(spec())
    assert b"<Created>2026-02-03T" in station_xml(spec(created="2026-02-03"))


def test_unknown_instruments_name_the_known_ones() -> None:
    with pytest.raises(QueryError, match=r"accelerometer 'x'.*titan-4g"):
        sensor("x", "N")
    with pytest.raises(QueryError, match="trillium-compact-120"):
        sensor("titan-4g", "H")
    with pytest.raises(QueryError, match="centaur-100-lp"):
        digitizer("x")

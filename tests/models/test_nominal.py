"""Nominal responses against the plain formula and the manufacturer's full ones; the stations that travel with us."""

import io

import numpy as np
import obspy
import pytest

from seismonet.core.share import share
from seismonet.formats.stationxml import channel_table, parse
from seismonet.models.instruments import DIGITIZERS, SENSORS, Digitizer, Sensor, digitizer, sensor
from seismonet.models.nominal import StationSpec, response, station_xml
from tests.support.shared import shared

FREQUENCIES = np.geomspace(0.005, 19.9, 120)


def spec(**changes: object) -> StationSpec:
    values = {
        "network": "XX", "code": "ABC", "name": "a place", "latitude": 38.0, "longitude": 72.0, "elevation_m": 3000.0,
        "start": "2024-01-01", "seismometer": sensor("trillium-compact-120", "H"),
        "accelerometer": sensor("titan-4g", "N"),
        "digitizer": digitizer("centaur-100-lp"), **changes,
    }  # fmt: skip
    return StationSpec(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("one", SENSORS, ids=lambda one: one.code)
def test_the_response_is_poles_and_zeros_times_gain(one: Sensor) -> None:
    box = digitizer("centaur-100-lp")
    s = 2j * np.pi * FREQUENCIES
    expected = one.volts_per_unit * box.counts_per_volt * one.normalization * np.ones_like(s)
    for zero in one.zeros:
        expected = expected * (s - zero)
    for pole in one.poles:
        expected = expected / (s - pole)
    output = "VEL" if one.instrument_code == "H" else "ACC"
    got = response(one, box).get_evalresp_response_for_frequencies(FREQUENCIES, output)
    assert np.abs(got / expected - 1).max() < 1e-4


@pytest.mark.parametrize(
    ("file", "code", "output"),
    [
        ("APACHE_TC120_754__CTR4_100_LP.xml", "trillium-compact-120", "VEL"),
        ("APACHE_TITAN_4g__CTR4_100_LP.xml", "titan-4g", "ACC"),
    ],
)
def test_below_20_hz_it_agrees_with_the_full_linear_phase_response(file: str, code: str, output: str) -> None:
    path = shared(f"facts/responses/{file}")
    full = obspy.read_inventory(io.BytesIO(path.read_bytes()), format="STATIONXML")[0][0][0].response
    reference = full.get_evalresp_response_for_frequencies(FREQUENCIES, output)
    kind = "H" if output == "VEL" else "N"
    ours = response(sensor(code, kind), digitizer("centaur-100-lp")).get_evalresp_response_for_frequencies(
        FREQUENCIES, output
    )
    assert np.abs(np.abs(ours) / np.abs(reference) - 1).max() < 0.005
    assert np.abs(np.angle(ours / reference, deg=True)).max() < 0.5


@pytest.mark.parametrize("box", DIGITIZERS, ids=lambda one: one.code)
def test_every_digitizer_decimates_to_its_rate_with_its_delay_corrected(box: Digitizer) -> None:
    stage = response(sensor("titan-4g", "N"), box).response_stages[-1]
    assert stage.decimation_input_sample_rate / stage.decimation_factor == box.rate_hz
    assert stage.decimation_delay == stage.decimation_correction == pytest.approx(box.delay_s, abs=1e-6)
    assert list(stage.numerator) == [1.0]


def test_a_station_comes_back_as_it_was_specified() -> None:
    table = channel_table(parse(station_xml(spec())))
    assert [one.source_id.channel for one in table] == ["HHE", "HHN", "HHZ", "HNE", "HNN", "HNZ"]
    z = table.channels[2]
    assert (z.latitude, z.elevation_m, z.rate_hz, z.dip_deg, z.quantity) == (38.0, 3000.0, 100.0, -90.0, "velocity")
    assert z.sensitivity == pytest.approx(3.0172e8)
    assert z.clip_counts == 8.0e6


def test_a_station_without_accelerometer_has_three_channels() -> None:
    assert len(channel_table(parse(station_xml(spec(accelerometer=None))))) == 3


@pytest.mark.parametrize("code", ["SAREZ", "MURGH", "MANEM"])
def test_the_shipped_stations(code: str) -> None:
    inventory = parse((share("stations") / f"TJ.{code}.xml").read_bytes())
    station = inventory[0][0]
    assert (inventory[0].code, station.code) == ("TJ", code)
    assert str(station.start_date)[:10] == "2024-09-15"
    codes = {(channel.location_code, channel.code) for channel in station}
    assert {("00", f"H{s}{c}") for s in "HN" for c in "ZNE"} <= codes
    assert {("D0", c) for c in ("LCQ", "GNS", "VM1", "VDT")} <= codes
    told = " ".join(c.value for one in (station, *station) for c in one.comments)
    for subject in ("codes", "place", "sensor", "digitizer", "orientation", "health"):
        assert f"ASSUMED {subject}" in told
    assert len(channel_table(inventory)) == 6

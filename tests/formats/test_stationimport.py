"""Responses taken from an export: which channel gets which, and what stays."""

import io
from pathlib import Path

import obspy
import pytest

from seismonet.core.errors import FormatError, QueryError
from seismonet.formats.stationimport import read_export, take_responses
from seismonet.formats.stationlint import check
from seismonet.formats.stationxml import channel_table, parse
from seismonet.models.instruments import digitizer, sensor
from seismonet.models.nominal import station_xml
from tests.support.stationdoc import HHZ, Doc, spec

DATA = Path(obspy.__path__[0]) / "signal" / "tests" / "data"
RESP = (DATA / "RESP.NZ.CRLZ.10.HHZ").read_bytes()
OTHER = station_xml(spec(network="YY", code="BOX", accelerometer=sensor("titan-2g", "N")))


def test_channels_are_matched_by_location_and_code_whatever_the_station_is_called() -> None:
    target = parse(station_xml(spec(confirmed=())))
    changed = take_responses(target, parse(OTHER), "nominal response, imported")
    assert sorted(changed) == [f"XX.ABC.00.H{s}{c}" for s in "HN" for c in "ENZ"]
    table = channel_table(target)
    assert table.channels[5].sensitivity == pytest.approx(4.08e5)
    assert table.channels[5].sensor == "Nanometrics Titan, 2 g range, 1.02 V/(m/s**2)"


def test_comments_on_the_instrument_go_and_the_others_stay() -> None:
    target = parse(station_xml(spec(confirmed=())))
    take_responses(target, parse(OTHER), "nominal response, imported from box.xml")
    (z,) = (one for one in target[0][0] if one.code == "HHZ")
    texts = [str(one.value) for one in z.comments]
    assert "nominal response, imported from box.xml" in texts
    assert [text for text in texts if "ASSUMED" in text] == [
        "ASSUMED orientation: components point up and to true north and east; nobody has measured it"
    ]
    assert any("ASSUMED place" in str(one.value) for one in target[0][0].comments)
    buffer = io.BytesIO()
    target.write(buffer, format="STATIONXML", validate=True)
    assert {one.rule for one in check(buffer.getvalue())} == {909}


def test_a_location_that_differs_is_no_obstacle_when_the_code_is_unique() -> None:
    export = parse(Doc(OTHER).attribute(HHZ, "locationCode", "").bytes())
    assert "XX.ABC.00.HHZ" in take_responses(parse(station_xml(spec())), export, "nominal")


def test_one_channel_takes_a_resp_of_any_name() -> None:
    target = parse(station_xml(spec()))
    export = read_export(RESP)
    stages = len(export[0][0][0].response.response_stages)
    assert take_responses(target, export, "calibrated", channel="HHN") == ["XX.ABC.00.HHN"]
    lengths = {one.code: len(one.response.response_stages) for one in target[0][0] if one.response}
    assert lengths == {"HHN": stages, "HHZ": 3, "HHE": 3, "HNZ": 3, "HNN": 3, "HNE": 3}


def test_only_the_newest_epoch_is_changed() -> None:
    doc = Doc(station_xml(spec())).double(HHZ).attribute(HHZ, "endDate", "2025-01-01")
    target = parse(doc.attribute(f"{HHZ}[2]", "startDate", "2025-01-01").bytes())
    assert take_responses(target, read_export(RESP), "nominal", "HHZ") == ["XX.ABC.00.HHZ"]
    old, new = (one for one in target[0][0] if one.code == "HHZ")
    assert (len(old.response.response_stages), len(new.response.response_stages) > 3) == (3, True)


def test_an_export_at_another_rate_is_refused() -> None:
    export = parse(station_xml(spec(digitizer=digitizer("centaur-200-lp"))))
    with pytest.raises(FormatError, match=r"XX\.ABC\.00\.HHZ.*200 Hz.*100 Hz"):
        take_responses(parse(station_xml(spec())), export, "nominal")


def test_an_export_without_a_usable_sensitivity_is_refused() -> None:
    export = parse(Doc(OTHER).text(f"{HHZ}/Response/InstrumentSensitivity/Value", "0").bytes())
    with pytest.raises(FormatError, match="HHZ"):
        take_responses(parse(station_xml(spec())), export, "nominal")


def test_nothing_that_fits_names_what_there_is() -> None:
    with pytest.raises(QueryError, match=r"10\.HHZ.*--channel"):
        take_responses(parse(station_xml(spec(seismometer=None))), read_export(RESP), "nominal")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "neither"),
        (b"\x00\x01", "neither"),
        (b"B052F04 B053F05 and so on", "RESP"),
        (RESP[: len(RESP) // 3], "the export ends at 32000 Hz"),
        (b"<quakeml/>", "FDSNStationXML"),
        (b"<!DOCTYPE x><FDSNStationXML/>", "DTD"),
    ],
)
def test_what_is_no_export_gets_one_line(data: bytes, says: str) -> None:
    with pytest.raises(FormatError, match=says) as caught:
        take_responses(parse(station_xml(spec())), read_export(data), "nominal", "HHZ")
    assert "\n" not in str(caught.value)


def test_an_export_without_stages_is_refused() -> None:
    export = parse(Doc(OTHER).remove_all("Network/Station/Channel/Response").bytes())
    with pytest.raises(FormatError, match="no response with stages"):
        take_responses(parse(station_xml(spec())), export, "nominal")

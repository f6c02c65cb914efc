"""StationXML into channels: units, faults, epochs, and what no parser may see."""

import math

import obspy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.errors import FormatError
from seismonet.core.inventory import OPEN_END_NS
from seismonet.core.utc import from_iso
from seismonet.formats.stationxml import MAX_BYTES, channel_table, merge, parse, si_unit
from tests.support.stationdoc import GOOD, HHZ, LCQ, Doc

SENSITIVITY = f"{HHZ}/Response/InstrumentSensitivity"


def test_every_channel_of_motion_and_nothing_else() -> None:
    table = channel_table(GOOD)
    assert [one.source_id.nslc for one in table] == [f"XX.ABC.00.H{s}{c}" for s in "HN" for c in "ENZ"]
    z = table.channels[2]
    assert (z.latitude, z.longitude, z.elevation_m, z.rate_hz, z.azimuth_deg, z.dip_deg) == (
        38.1234, 72.4321, 3000.0, 100.0, 0.0, -90.0,
    )  # fmt: skip
    assert (z.quantity, z.sensitivity, z.clip_counts) == ("velocity", pytest.approx(3.0172e8), 8.0e6)
    assert (z.start_ns, z.end_ns) == (from_iso("2024-01-01"), OPEN_END_NS)
    assert (table.channels[5].quantity, table.channels[5].sensitivity) == ("acceleration", pytest.approx(2.04e5))
    assert [(one.station_code, one.name) for one in table.stations] == [("XX.ABC", "a place")]


def test_an_inventory_gives_the_same_table_as_its_bytes() -> None:
    assert channel_table(parse(GOOD)) == channel_table(GOOD)


@pytest.mark.parametrize(
    ("unit", "quantity", "counts_per_si"),
    [
        ("M/S", "velocity", 1.0), ("m/s", "velocity", 1.0), ("nm/s", "velocity", 1e9), ("CM/S", "velocity", 1e2),
        ("m/sec", "velocity", 1.0), ("M/S**2", "acceleration", 1.0), ("m/s^2", "acceleration", 1.0),
        ("m/s/s", "acceleration", 1.0), ("cm/s**2", "acceleration", 1e2), ("M/S2", "acceleration", 1.0),
        ("mm/s**2", "acceleration", 1e3), ("um/s", "velocity", 1e6),
    ],
)  # fmt: skip
def test_sensitivities_become_counts_per_si_unit(unit: str, quantity: str, counts_per_si: float) -> None:
    one = channel_table(Doc().text(f"{SENSITIVITY}/InputUnits/Name", unit).bytes()).channels[2]
    assert (one.quantity, one.sensitivity) == (quantity, pytest.approx(3.0172e8 * counts_per_si))


@pytest.mark.parametrize("unit", ["PA", "M", "V", "C", "counts", "m/s**3", "rad/s"])
def test_other_quantities_are_left_out(unit: str) -> None:
    assert si_unit(unit) is None
    assert len(channel_table(Doc().text(f"{SENSITIVITY}/InputUnits/Name", unit).bytes())) == 5


def test_a_health_channel_stays_one_though_its_code_looks_seismic() -> None:
    data = Doc().attribute(HHZ, "code", "GNS").bytes()
    assert len(channel_table(data)) == 5


@pytest.mark.parametrize("value", ["0", "0.0", "-0.0"])
def test_a_sensitivity_of_zero_is_refused_with_the_channel(value: str) -> None:
    with pytest.raises(FormatError, match=r"XX\.ABC\.00\.HHZ.*sensitivity.*mend"):
        channel_table(Doc().text(f"{SENSITIVITY}/Value", value).bytes())


def test_a_channel_without_sensitivity_or_response_is_refused() -> None:
    with pytest.raises(FormatError, match=r"XX\.ABC\.00\.HHZ: no sensitivity"):
        channel_table(Doc().remove(SENSITIVITY).bytes())
    with pytest.raises(FormatError, match=r"XX\.ABC\.00\.HHZ: no response"):
        channel_table(Doc().remove(f"{HHZ}/Response").bytes())


def test_faults_are_collected_and_the_rest_is_used() -> None:
    faults: list[str] = []
    data = Doc().text(f"{SENSITIVITY}/Value", "0").bytes()
    assert len(channel_table(data, faults)) == 5
    assert [fault[:13] for fault in faults] == ["XX.ABC.00.HHZ"]


def test_a_channel_that_obspy_would_drop_is_a_fault() -> None:
    data = Doc().remove(f"{HHZ}/Latitude").bytes()
    with pytest.raises(FormatError, match="HHZ"):
        channel_table(data)
    faults: list[str] = []
    assert len(channel_table(data, faults)) == 5
    assert len(faults) == 1


@pytest.mark.parametrize("location", ["--", "  ", ""])
def test_empty_locations_are_empty(location: str) -> None:
    table = channel_table(Doc().attribute(HHZ, "locationCode", location).bytes())
    assert "XX.ABC..HHZ" in [one.source_id.nslc for one in table]


def test_dates_beyond_int64_mean_open() -> None:
    table = channel_table(Doc().attribute(HHZ, "endDate", "2599-12-31T23:59:59Z").bytes())
    assert {one.end_ns for one in table} == {OPEN_END_NS}


def test_clipping_is_known_as_far_as_the_digitizer_is() -> None:
    def clip(doc: Doc) -> float:
        return channel_table(doc.bytes()).channels[2].clip_counts

    assert clip(Doc().remove(f"{HHZ}/Comment").remove(f"{HHZ}/Comment")) == 8.0e6
    unnamed = Doc().remove_all(f"{HHZ}/Comment").text(f"{HHZ}/DataLogger/Description", "some digitizer")
    assert clip(unnamed) == 0.9 * 2**23
    assert clip(unnamed.remove_all(f"{HHZ}/Response/Stage")) == math.inf
    assert clip(unnamed.add(HHZ, "<Comment><Value>full scale 2.5e6 counts</Value></Comment>", first=True)) == 2.5e6


def test_merging_keeps_one_of_equals_and_refuses_contradictions() -> None:
    table = channel_table(GOOD)
    assert merge([table, table]) == table
    other = channel_table(Doc().text(f"{SENSITIVITY}/Value", "1000").bytes())
    with pytest.raises(FormatError, match=r"XX\.ABC\.00\.HHZ"):
        merge([table, other])
    faults: list[str] = []
    assert merge([table, other], faults) == table
    assert len(faults) == 1
    moved = channel_table(Doc().text("Network/Station/Latitude", "39").bytes())
    with pytest.raises(FormatError, match=r"XX\.ABC: two places"):
        merge([table, moved])


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE x SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize("dtd", [ENTITIES, OUTSIDE, b"<!DOCTYPE FDSNStationXML>"])
@pytest.mark.parametrize("head", [b"", b"<?xml version='1.0'?>", b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- -->"])
def test_no_parser_sees_a_document_type(dtd: bytes, head: bytes) -> None:
    with pytest.raises(FormatError, match="DTD"):
        channel_table(head + dtd + GOOD.partition(b"?>")[2])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-7", "cp037"])
def test_no_document_type_hides_in_an_encoding(encoding: str) -> None:
    text = GOOD.decode().replace("UTF-8", encoding).replace("?>", "?>" + ENTITIES.decode(), 1)
    with pytest.raises(FormatError):
        channel_table(text.encode(encoding))
    declared = GOOD.replace(b"UTF-8", encoding.encode())
    with pytest.raises(FormatError, match="encoding"):
        channel_table(declared)


def test_a_document_of_more_than_32_mb_is_refused() -> None:
    with pytest.raises(FormatError, match="32 MB"):
        channel_table(GOOD + b" " * MAX_BYTES)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not StationXML"),
        (b"\x00\x01\x02", "not StationXML"),
        (b"000001D ABC  00HHZXX", "not StationXML"),
        (b"<quakeml/>", "no FDSNStationXML"),
        (b"<FDSNStationXML>", "broken"),
        (GOOD[: len(GOOD) // 2], "broken"),
        (GOOD.replace(b"<Latitude", b"<Latitude>"), "broken"),
        (b"<FDSNStationXML" + b"<a>" * 100_000, "broken"),
    ],
)
def test_what_is_no_stationxml_gets_one_line(data: bytes, says: str) -> None:
    with pytest.raises(FormatError, match=says) as caught:
        channel_table(data)
    assert "\n" not in str(caught.value)


@given(st.data())
def test_damaged_documents_are_read_or_refused(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(GOOD) - 1))
    junk = data.draw(st.binary(max_size=20))
    length = data.draw(st.integers(0, 40))
    faults: list[str] = []
    try:
        table = channel_table(GOOD[:place] + junk + GOOD[place + length :], faults)
    except FormatError:
        return
    assert len(table) + len(faults) <= 20


def test_a_polynomial_response_of_another_quantity_is_left_out() -> None:
    inventory = obspy.read_inventory(
        f"{obspy.__path__[0]}/core/tests/data/polynomial_response.xml", format="STATIONXML"
    )
    assert len(channel_table(inventory)) == 0


def test_health_channels_are_known_by_type_too() -> None:
    assert len(channel_table(Doc().text(f"{HHZ}/Type", "HEALTH").bytes())) == 5
    assert len(channel_table(Doc().remove(f"{LCQ}/Type").bytes())) == 6

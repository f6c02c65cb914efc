"""Documents that servers send: as they are, and as they should not be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.errors import ProtocolError
from seismonet.core.utc import from_iso
from seismonet.net.infoanswers import Offered, offered3, offered4

XML = (
    b'<?xml version="1.0"?><seedlink software="SeedLink v3.1" organization="GFZ" started="2020/01/01 00:00:00">'
    b'<station name="SAREZ" network="TJ" description="&lt;Sarez&gt;" begin_seq="000001" end_seq="0000FF">'
    b'<stream location="  " seedname="HHZ" type="D" begin_time="2024/10/03 08:00:00.0000"'
    b' end_time="2024/10/03 09:00:00.5000"/><stream location="00" seedname="HNZ" type="D"/></station>'
    b'<station name="../x" network="TJ"><stream location="00" seedname="HHZ"/></station></seedlink>'
)


def names(found: Offered) -> list[str]:
    return [one.source_id.nslc for one in found[1]]


def test_xml_of_version_3() -> None:
    found = offered3(XML)
    assert found[0] == ["TJ.SAREZ"]
    assert names(found) == ["TJ.SAREZ..HHZ", "TJ.SAREZ.00.HNZ"]
    first, second = found[1]
    assert (first.begin_ns, first.end_ns) == (from_iso("2024-10-03T08:00:00Z"), from_iso("2024-10-03T09:00:00.5Z"))
    assert (second.begin_ns, second.end_ns) == (0, 0)


def test_json_of_version_4() -> None:
    stream = {"id": "00_H_H_Z", "start_time": "2024-10-03T08:00:00Z", "end_time": "2024-10-03T09:00:00.5Z"}
    document = {"station": [{"id": "TJ_SAREZ", "stream": [stream, {"id": "../../x"}, 7]}, {"id": "x"}, None]}
    found = offered4(json.dumps(document).encode())
    assert (found[0], names(found)) == (["TJ.SAREZ"], ["TJ.SAREZ.00.HHZ"])
    assert found[1][0].end_ns == from_iso("2024-10-03T09:00:00.5Z")


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><seedlink>&a;</seedlink>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><seedlink/>',
        b"<seedlink>",
        b"<seedlink>&a;</seedlink>",
        b"",
        b"\xff\xfe",
    ],
)
def test_xml_that_is_not_read(document: bytes) -> None:
    with pytest.raises(ProtocolError):
        offered3(document)


@pytest.mark.parametrize("document", [b"", b"{", b"[" * 100_000, b'{"station": [' * 50_000, b"\xff"])
def test_json_that_is_not_read(document: bytes) -> None:
    with pytest.raises(ProtocolError):
        offered4(document)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["station", "id", "stream", "start_time", "end_time"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(document=anything)
def test_json_of_any_shape_is_read_for_what_makes_sense(document: object) -> None:
    stations, streams = offered4(json.dumps({"station": document}).encode())
    assert all("." in code for code in stations)
    assert all(one.source_id.station_code in stations for one in streams)

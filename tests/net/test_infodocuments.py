"""INFO: documents that hold what the ring holds, and XML in records that decoders take."""

import json
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from seismonet.net.handshake import Identity
from seismonet.net.infodocuments import Connection, Subject, info3, info4, packet4, packets3
from seismonet.net.ring import Ring
from tests.support.miniseed import record, record3
from tests.support.talk import BEGIN_NS, S, seconds

NAMES = {"TJ.SAREZ": 'Сарез <dam> & "lake"'}
CLIENT = Connection("::1", 4711, BEGIN_NS, 'a "client"', 4, 12, 6000, 3, True)


def subject(ring: Ring | None = None) -> Subject:
    if ring is None:
        ring = Ring(1_000_000, {"TJ.SAREZ": 0x1FFFFFE, "TJ.EMPTY": 5})
        seconds(ring, "TJ.SAREZ.00.HHZ", 0, 3)
        seconds(ring, "TJ.SAREZ.00.HHZ", 10, 1)
        seconds(ring, "TJ.SAREZ..OCF", 0, 1, record(encoding=0))
        seconds(ring, "TJ.MANEM.10.HNZ", 0, 1, record3())
    return Subject(Identity("seismonet/0", "SIMULATED"), BEGIN_NS, ring, NAMES, [CLIENT])


def document(item: str, *patterns: str) -> Any:
    code, body = info4(subject(), item, patterns)
    assert code == "I"
    return json.loads(body)


def xml(level: str) -> ElementTree.Element:
    known, text = info3(subject(), level)
    assert known
    return ElementTree.fromstring(text)


def test_streams_of_version_4() -> None:
    found = document("STREAMS")
    assert found["organization"] == "SIMULATED"
    assert set(found["format"]) == {"2", "3", "J"}
    assert [(one["id"], one["start_seq"], one["end_seq"]) for one in found["station"]] == [
        ("TJ_EMPTY", 5, 5),
        ("TJ_MANEM", 1, 2),
        ("TJ_SAREZ", 0x1FFFFFE, 0x2000003),
    ]
    sarez = found["station"][2]
    assert sarez["description"] == NAMES["TJ.SAREZ"]
    assert sarez["stream"][0] == {
        "id": "00_H_H_Z",
        "format": "2",
        "subformat": "D",
        "start_time": "2024-10-03T08:00:00.000000Z",
        "end_time": "2024-10-03T08:00:11.000000Z",
    }
    assert [one["id"] + one["format"] + one["subformat"] for one in sarez["stream"]] == ["00_H_H_Z2D", "_OCF2L"] or [
        one["subformat"] for one in sarez["stream"]
    ] == ["D", "L"]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (("TJ_S*",), {"TJ_SAREZ": 2}),
        (("*", "*_H_?_Z"), {"TJ_EMPTY": 0, "TJ_MANEM": 1, "TJ_SAREZ": 1}),
        (("*", "*.3"), {"TJ_EMPTY": 0, "TJ_MANEM": 1, "TJ_SAREZ": 0}),
        (("NONE",), {}),
    ],
)
def test_patterns_of_version_4(patterns: tuple[str, ...], expected: dict[str, int]) -> None:
    found = document("STREAMS", *patterns)
    assert {one["id"]: len(one["stream"]) for one in found["station"]} == expected


def test_the_other_items_of_version_4() -> None:
    assert set(document("ID")) == {"software", "organization"}
    assert "station" not in document("FORMATS")
    assert "SLPROTO:4.0" in document("CAPABILITIES")["capability"]
    assert "stream" not in document("STATIONS")["station"][0]
    (client,) = document("CONNECTIONS")["connections"]["client"]
    assert (client["host"], client["transmit_packets"], client["behind"]) == ("::1", 12, 3)
    code, body = info4(subject(), "GAPS", ())
    assert (code, json.loads(body)["error"]["code"]) == ("E", "ARGUMENTS")
    assert packet4(code, body)[:8] == b"SEJE" + len(body).to_bytes(4, "little")


def test_streams_and_gaps_of_version_3() -> None:
    root = xml("GAPS")
    assert root.attrib["started"] == "2024/10/03 08:00:00.0000"
    stations = {one.attrib["name"]: one for one in root}
    assert (stations["SAREZ"].attrib["begin_seq"], stations["SAREZ"].attrib["end_seq"]) == ("FFFFFE", "000003")
    assert (stations["EMPTY"].attrib["begin_seq"], stations["EMPTY"].attrib["end_seq"]) == ("000000", "000000")
    assert stations["SAREZ"].attrib["description"] == NAMES["TJ.SAREZ"]
    stream = next(one for one in stations["SAREZ"] if one.attrib["seedname"] == "HHZ")
    assert (stream.attrib["location"], stream.attrib["type"]) == ("00", "D")
    assert stream.attrib["end_time"] == "2024/10/03 08:00:11.0000"
    assert [one.attrib for one in stream] == [
        {"begin_time": "2024/10/03 08:00:03.0000", "end_time": "2024/10/03 08:00:10.0000"}
    ]
    assert not list(next(iter(xml("STREAMS"))))
    assert all(not list(one) for station in xml("STREAMS") for one in station)
    assert all(not list(station) for station in xml("STATIONS"))


def test_a_gap_that_has_left_the_ring_is_told_no_more() -> None:
    ring = Ring(4000)
    seconds(ring, "TJ.SAREZ.00.HHZ", 0, 1)
    seconds(ring, "TJ.SAREZ.00.HHZ", 10, 8)
    assert "<gap" not in info3(subject(ring), "GAPS")[1]


def test_the_other_levels_of_version_3() -> None:
    assert len(xml("ID")) == 0
    names = [one.attrib["name"] for one in xml("CAPABILITIES")]
    assert {"dialup", "multistation", "window-extraction", "info:all"} <= set(names)
    ((connection,),) = xml("CONNECTIONS")
    assert (connection.attrib["host"], connection.attrib["txcount"]) == ("::1", "12")
    assert {one.tag for one in xml("ALL").iter()} == {
        "seedlink",
        "capability",
        "station",
        "stream",
        "gap",
        "connection",
    }
    assert info3(subject(), "NONSENSE")[0] is False


def test_text_in_records() -> None:
    """Whatever its length, the text comes out of a decoder that is not ours."""
    from pymseed import MS3Record

    for length in (0, 1, 455, 456, 457, 912, 5000):
        text = ("<é>" * length)[:length]
        data = packets3("<seedlink/>" + text, BEGIN_NS + S // 2)
        assert len(data) % 520 == 0
        heads = [data[k : k + 8] for k in range(0, len(data), 520)]
        assert heads == [b"SLINFO *"] * (len(heads) - 1) + [b"SLINFO  "]
        found = b""
        for k in range(0, len(data), 520):
            one = MS3Record.parse(data[k + 8 : k + 520], unpack_data=True)
            assert (one.sourceid, one.sampletype) == ("FDSN:SL_INFO__I_N_F", "t")
            assert one.starttime == BEGIN_NS + S // 2
            found += bytes(one.datasamples)
        assert found.decode("ascii") == "<seedlink/>" + text.replace("é", "&#233;")

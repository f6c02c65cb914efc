"""Part E of the fault catalogue, documents and paths: what must not be parsed, unpacked or followed.

A test is named by its row of docs/faults.md.
"""

import gzip
import io
import resource
import socket
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from seismonet.core.errors import FormatError
from seismonet.core.sourceid import SourceId
from seismonet.formats.gate import check
from seismonet.formats.stationxml import MAX_BYTES, channel_table
from seismonet.store.bounded import Limits, read_table
from seismonet.store.inventory import read_inventories
from seismonet.store.offline import read_file
from tests.support.ingest import quake
from tests.support.miniseed import record, record3
from tests.support.stationdoc import GOOD, Doc

BODY = GOOD.partition(b"?>")[2]
SECRET = "the secret of this test"


def _refused(data: bytes, tmp_path: Path) -> str:
    path = tmp_path / "station.xml"
    path.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        read_inventories([path])
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_external_entities(tmp_path: Path) -> None:
    """Neither a file nor a server is asked for: a listener hears nothing."""
    (tmp_path / "secret.txt").write_text(SECRET, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        for system in (f"file://{tmp_path}/secret.txt", url):
            for dtd in (
                f'<!DOCTYPE a [<!ENTITY x SYSTEM "{system}">]>',
                f'<!DOCTYPE a SYSTEM "{system}">',
                f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{system}"> %x;]>',
                f'<!DOCTYPE a PUBLIC "-//x" "{system}">',
            ):
                body = BODY.replace(b"a place", b"&x;")
                said = _refused(b"<?xml version='1.0'?>" + dtd.encode() + body, tmp_path)
                assert "DTD" in said
                assert SECRET not in said
        with pytest.raises(TimeoutError):
            listener.accept()


def _laughs(levels: int) -> bytes:
    entities = ['<!ENTITY a0 "ha">']
    entities += [f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, levels)]
    return f"<!DOCTYPE a [{''.join(entities)}]>".encode() + BODY.replace(b"a place", f"&a{levels - 1};".encode())


BOMBS = {
    "billion laughs, 7 levels": _laughs(7),
    "billion laughs, 10 levels": _laughs(10),
    "quadratic": b'<!DOCTYPE a [<!ENTITY a "' + b"x" * 80_000 + b'">]>' + BODY.replace(b"a place", b"&a;" * 1000),
    "100,000 levels deep": b"<FDSNStationXML>" + b"<a>" * 100_000,
    "100,000 levels deep, closed": b"<FDSNStationXML>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</FDSNStationXML>",
    "100,000 attributes": b"<FDSNStationXML " + b" ".join(b'a%d="1"' % k for k in range(100_000)) + b"/>",
    "one text of 12 MB": BODY.replace(b"a place", b"x" * 12_000_000),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_billion_laughs(bomb: str, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _refused(b"<?xml version='1.0'?>" + BOMBS[bomb], tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "kB"


def _giant(stations: int) -> bytes:
    """A document of so many stations, each described in 120 bytes."""
    head, tail = GOOD.split(b"<Station ", 1)[0], b"</Network></FDSNStationXML>"
    one = '<Station code="S{}" startDate="2020-01-01"><Latitude>1</Latitude><Longitude>2</Longitude>'
    one += "<Elevation>3</Elevation><Site><Name>x</Name></Site></Station>"
    return head + "".join(one.format(k % 100_000) for k in range(stations)).encode() + tail


def test_giant_stationxml_is_read_in_a_process_of_its_own() -> None:
    limits = Limits(large_bytes=0)
    assert read_table(GOOD, limits=limits) == channel_table(GOOD)
    spoilt = Doc().text("Network/Station/Channel[@code='HHZ']/Response/InstrumentSensitivity/Value", "0").bytes()
    faults: list[str] = []
    assert len(read_table(spoilt, faults, limits)) == 5
    assert len(faults) == 1
    with pytest.raises(FormatError, match=r"HHZ.*sensitivity"):
        read_table(spoilt, None, limits)


@pytest.mark.parametrize("limits", [Limits(100_000, seconds=2), Limits(100_000, memory_bytes=250 * 2**20)])
def test_giant_stationxml(limits: Limits) -> None:
    data = _giant(60_000)
    begin_s = time.monotonic()
    with pytest.raises(FormatError, match=r"StationXML of [\d.]+ MB takes more than .* split it"):
        read_table(data, [], limits)
    assert time.monotonic() - begin_s < 20


def test_giant_stationxml_beyond_all_limits(tmp_path: Path) -> None:
    assert "32 MB" in _refused(GOOD + b" " * MAX_BYTES, tmp_path)


def _zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.mseed", data)
    return buffer.getvalue()


def _tarred(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        about = tarfile.TarInfo("x.mseed")
        about.size = len(data)
        archive.addfile(about, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [_zipped, _tarred, gzip.compress])
def test_archive_in_disguise(pack: object, tmp_path: Path) -> None:
    """Thirty megabytes of records in an archive that is called .mseed: nothing is unpacked."""
    assert callable(pack)
    path = tmp_path / "x.mseed"
    path.write_bytes(pack(b"".join(one.payload for one in quake()) * 1000))
    with pytest.raises(FormatError, match="not seismic data"):
        read_file(path)


PATHS = [b"..   ", b"../..", b"/..  ", b"/etc ", b"a/b  ", b"A\0B  ", b"~    ", b".    ", b"A..B ", b"A\\B  "]


@pytest.mark.parametrize("code", PATHS)
def test_path_traversal(code: bytes) -> None:
    """No code that could lead out of a folder passes the gate, in any of the fields, nor becomes a name."""
    for name in (code + b"00HHZTJ", b"SAREZ" + code[:2] + b"HHZTJ", b"SAREZ00" + code[:3] + b"TJ"):
        found = check(record(name=name))
        assert found.code == "codes" or not set(name) & set(b"./\\~\0a")
    for sid in (b"FDSN:TJ_" + code.rstrip() + b"_00_H_H_Z", b"FDSN:../../ETC_A_00_H_H_Z", code):
        assert check(record3(sid=sid)).code == "codes"
    text = code.decode().rstrip()
    for codes in ((text, "SAREZ", "00", "HHZ"), ("TJ", text, "00", "HHZ"), ("TJ", "SAREZ", text, "HHZ")):
        with pytest.raises(ValueError):
            SourceId(*codes)

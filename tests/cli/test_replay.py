"""``seismonet replay`` as its users meet it: the layout of its output, the truth of a known earthquake, bad input."""

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import obspy
import pytest

from seismonet.cli import main
from seismonet.core.geo import distance_km
from seismonet.core.share import share
from seismonet.core.utc import from_iso
from seismonet.store.catalogue import Catalogue

from .conftest import Case

FILES = {
    "events.xml", "picks.jsonl", "rejections.jsonl", "alerts.jsonl", "decisions.jsonl", "motions.jsonl", "status.jsonl",
    "report.png", "catalogue.sqlite",
}  # fmt: skip
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="session")
def out(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    assert main(["replay", str(case.waveforms), "--stations", case.stations, "--out", str(folder)]) == 0
    return folder


def test_all_files_are_written(out: Path) -> None:
    assert {path.name for path in out.iterdir()} == FILES
    assert (out / "report.png").read_bytes()[:4] == b"\x89PNG"


def test_the_earthquake_is_found_where_when_and_as_large_as_it_was(out: Path, case: Case) -> None:
    catalog = obspy.read_events(out / "events.xml", format="QUAKEML")
    assert len(catalog) == 1
    origin, magnitude = catalog[0].preferred_origin(), catalog[0].preferred_magnitude()
    off_km = float(distance_km(origin.latitude, origin.longitude, case.event.latitude, case.event.longitude))
    assert off_km <= origin.origin_uncertainty.horizontal_uncertainty / 1000 + 10
    assert abs(origin.time.ns - case.event.origin_ns) < 6e9
    assert abs(magnitude.mag - case.event.magnitude) < 0.8
    assert catalog[0].event_type == "earthquake"
    assert origin.evaluation_mode == "automatic"
    assert {arrival.pick_id for arrival in origin.arrivals} <= {pick.resource_id for pick in catalog[0].picks}


def test_picks_are_where_the_onsets_are_one_of_a_station(out: Path, case: Case) -> None:
    picks = lines(out / "picks.jsonl")
    true = {onset.station_code: onset.time_ns for onset in case.onsets if onset.phase == "P"}
    for code, time_ns in true.items():
        near = [p for p in picks if p["nslc"].startswith(code) and abs(from_iso(p["time"]) - time_ns) < 5e8]
        (pick,) = near
        assert pick["phase"] == "P"
        assert abs(from_iso(pick["time"]) - time_ns) < 1.5e8


def test_the_layout_is_the_contract(out: Path) -> None:
    picks, alerts, statuses = (lines(out / f"{name}.jsonl") for name in ("picks", "alerts", "status"))
    keys = {"source_id", "nslc", "time", "phase", "uncertainty_s", "snr", "version", "first_issued", "issued"}
    assert all(keys <= set(pick) for pick in picks)
    assert all(pick["phase"] in ("P", "S") and pick["nslc"] for pick in picks)
    keys = {
        "event_id", "version", "kind", "issued", "origin_time", "latitude", "longitude", "depth_km", "magnitude",
        "magnitude_type", "stations", "station_codes", "horizontal_uncertainty_km", "network_status",
    }  # fmt: skip
    assert alerts
    assert all(keys <= set(alert) for alert in alerts)
    assert alerts[0]["kind"] == "new"
    assert all(alert["stations"] == len(alert["station_codes"]) for alert in alerts)
    assert {alert["network_status"] for alert in alerts} <= {status["id"] for status in statuses}
    times = [p[k] for p in picks for k in ("time", "issued", "first_issued")] + [a["issued"] for a in alerts]
    assert all(TIME.fullmatch(time) for time in times)
    assert all(pick["first_issued"] <= pick["issued"] for pick in picks)


def test_an_alert_is_issued_in_pipeline_time_and_latency_adds_to_it(out: Path, case: Case, tmp_path: Path) -> None:
    first = lines(out / "alerts.jsonl")[0]
    onsets = sorted(onset.time_ns for onset in case.onsets if onset.phase == "P")
    assert 0 < (from_iso(first["issued"]) - onsets[2]) / 1e9 < 6
    late = ["replay", str(case.waveforms), "--stations", case.stations, "--out", str(tmp_path), "--latency", "7.5"]
    assert main(late) == 0
    assert from_iso(lines(tmp_path / "alerts.jsonl")[0]["issued"]) - from_iso(first["issued"]) == 7_500_000_000


def test_a_second_run_adds_nothing_twice(case: Case, tmp_path: Path) -> None:
    command = ["replay", str(case.waveforms), "--stations", case.stations, "--out", str(tmp_path)]
    counts = []
    for _ in range(2):
        assert main(command) == 0
        with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
            counts.append((len(catalogue.events()), len(catalogue.picks()), len(catalogue.alerts())))
    assert counts[0] == counts[1]
    assert counts[0][0] == 1


def test_the_same_replay_gives_the_same_files(out: Path, case: Case, tmp_path: Path) -> None:
    assert main(["replay", str(case.waveforms), "--stations", case.stations, "--out", str(tmp_path)]) == 0
    for name in ("events.xml", "picks.jsonl", "rejections.jsonl", "alerts.jsonl", "status.jsonl"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name


def test_nothing_found_is_written_too(case: Case, tmp_path: Path) -> None:
    quiet = ["--start", "2025-02-01T00:00:00Z", "--end", "2025-02-01T00:00:30Z"]
    assert main(["replay", str(case.waveforms), "--stations", case.stations, "--out", str(tmp_path), *quiet]) == 0
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert lines(tmp_path / "alerts.jsonl") == []
    assert len(obspy.read_events(tmp_path / "events.xml", format="QUAKEML")) == 0


def test_summary_for_machines(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["replay", str(case.waveforms), "--stations", case.stations, "--out", str(tmp_path), "--json"]
    assert main(command) == 0
    summary = json.loads(capsys.readouterr().out)
    assert len(summary["events"]) == 1
    assert summary["latency_s"] == 0


def test_the_configuration_names_stations_and_sets_parameters(case: Case, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text(f'[network]\nstations = ["{case.stations}"]\n[alert.operator]\nminimum_stations = 9\n')
    assert main(["replay", str(case.waveforms), "--config", str(config), "--out", str(tmp_path / "o")]) == 0
    assert lines(tmp_path / "o" / "alerts.jsonl") == []
    assert len(obspy.read_events(tmp_path / "o" / "events.xml", format="QUAKEML")) == 1


def _broken(case: Case, tmp_path: Path, what: str) -> list[str]:
    """The command line of a replay that cannot be."""
    waves, stations, out = str(case.waveforms), case.stations, str(tmp_path / "out")
    data = case.waveforms.read_bytes()
    more: list[str] = []
    if what == "missing file":
        waves = str(tmp_path / "none.mseed")
    elif what == "no seismic data":
        (tmp_path / "x.mseed").write_bytes(b"this is a letter to a friend" * 40)
        waves = str(tmp_path / "x.mseed")
    elif what == "empty file":
        (tmp_path / "x.mseed").write_bytes(b"")
        waves = str(tmp_path / "x.mseed")
    elif what == "truncated file":
        (tmp_path / "x.mseed").write_bytes(data[:200])
        waves = str(tmp_path / "x.mseed")
    elif what == "file cut off at its end":
        (tmp_path / "x.mseed").write_bytes(data[:-100])
        waves = str(tmp_path / "x.mseed")
    elif what == "data outside the epochs":
        text = (share("stations") / "TJ.SAREZ.xml").read_bytes().replace(b'"2024-09-15', b'"2029-09-15')
        (tmp_path / "s.xml").write_bytes(text)
        stations = str(tmp_path / "s.xml")
    elif what == "latency that is none":
        more = ["--latency", "nan"]
    elif what == "unknown channels":
        other = share("stations") / "TJ.SAREZ.xml"
        (tmp_path / "s.xml").write_bytes(other.read_bytes().replace(b'"SAREZ"', b'"OTHER"'))
        stations = str(tmp_path / "s.xml")
    elif what == "sensitivity of zero":
        text = (share("stations") / "TJ.SAREZ.xml").read_bytes()
        text = re.sub(rb"(<InstrumentSensitivity>\s*<Value>)[^<]+", rb"\g<1>0", text)
        (tmp_path / "s.xml").write_bytes(text)
        stations = str(tmp_path / "s.xml")
    elif what == "unwritable folder":
        (tmp_path / "file").write_bytes(b"")
        out = str(tmp_path / "file" / "out")
    elif what == "empty window":
        more = ["--start", "2025-02-01T01:00:00Z", "--end", "2025-02-01T00:00:00Z"]
    elif what == "window without data":
        more = ["--start", "2030-01-01T00:00:00Z"]
    elif what == "no time":
        more = ["--start", "yesterday"]
    elif what == "no stations":
        return ["replay", waves, "--out", out]
    return ["replay", waves, "--stations", stations, "--out", out, *more]


@pytest.mark.parametrize(
    ("what", "word"),
    [
        ("missing file", "none.mseed"), ("no seismic data", "x.mseed"), ("empty file", "empty"),
        ("truncated file", "x.mseed"), ("file cut off at its end", "cut off"), ("data outside the epochs", "epochs"),
        ("latency that is none", "--latency"), ("unknown channels", "metadata"), ("sensitivity of zero", "TJ.SAREZ.00"),
        ("unwritable folder", "out"), ("empty window", "--start"), ("window without data", "window"),
        ("no time", "yesterday"), ("no stations", "--stations"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str, word: str
) -> None:
    assert main(_broken(case, tmp_path, what)) == 1
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("seismonet: ")
    assert word in captured.err
    out = tmp_path / "out"
    assert not out.exists() or not list(out.iterdir())


def test_a_wrong_option_is_usage(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(case.waveforms), "--no-such-option"]) == 2
    assert main(["nonsense"]) == 2


def test_junk_between_records_is_skipped_and_told(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = case.waveforms.read_bytes()
    (tmp_path / "x.mseed").write_bytes(data[:51200] + b"\x00junk" * 20 + data[51200:])
    command = ["replay", str(tmp_path / "x.mseed"), "--stations", case.stations, "--out", str(tmp_path / "o")]
    assert main(command) == 0
    assert "100 bytes" in capsys.readouterr().out


def test_a_stream_gives_the_picks_of_the_file(case: Case, out: Path) -> None:
    """seismonet.pick on what ObsPy reads of the same file: the same onsets of P, bit for bit, and the same S."""
    import seismonet

    stream = obspy.read(io.BytesIO(case.waveforms.read_bytes()), format="MSEED")
    files = obspy.read_inventory(share("stations") / "TJ.SAREZ.xml", format="STATIONXML")
    for name in ("MURGH", "MANEM"):
        files += obspy.read_inventory(share("stations") / f"TJ.{name}.xml", format="STATIONXML")
    with Catalogue(out / "catalogue.sqlite") as catalogue:
        refused = {one.pick_id for one in catalogue.rejections()}
        stored = [pick for pick in catalogue.picks() if pick.id not in refused]
    found = seismonet.pick(stream, files)
    ours, theirs = (
        [(one.id, one.time_ns, one.uncertainty_s, one.snr, one.polarization) for one in picks if one.phase == "P"]
        for picks in (stored, found)
    )
    assert ours
    assert ours == theirs
    # a Stream's packets of a second come in another order than the file's records: the other sensor may tell of S first
    ours_s, theirs_s = (
        {one.source_id.station_code: one.time_ns for one in picks if one.phase == "S"} for picks in (stored, found)
    )
    assert ours_s
    assert ours_s.keys() == theirs_s.keys()
    assert all(abs(theirs_s[code] - time_ns) < 2e8 for code, time_ns in ours_s.items())


def test_a_clipped_channel_is_told_in_the_status(case: Case, tmp_path: Path) -> None:
    stream = obspy.read(io.BytesIO(case.waveforms.read_bytes()), format="MSEED")
    for trace in stream.select(station="SAREZ", channel="HHZ"):
        data = trace.data.copy()
        data[3000:3050] = 8_000_000
        trace.data = np.asarray(data, dtype=np.int32)
    stream.write(tmp_path / "c.mseed", format="MSEED")
    command = ["replay", str(tmp_path / "c.mseed"), "--stations", case.stations, "--out", str(tmp_path / "o")]
    assert main(command) == 0
    reasons = [
        r for s in lines(tmp_path / "o" / "status.jsonl") for station in s["stations"] for r in station["reasons"]
    ]
    assert any("clipped" in reason and "HHZ" in reason for reason in reasons)


def test_a_refused_trigger_is_kept_with_its_reason(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = obspy.read(io.BytesIO(case.waveforms.read_bytes()), format="MSEED")
    for trace in stream.select(station="SAREZ", channel="HHZ"):
        data = trace.data.copy()
        data[3000] += 400_000
        trace.data = np.asarray(data, dtype=np.int32)
    stream.write(tmp_path / "c.mseed", format="MSEED")
    folder = tmp_path / "o"
    assert main(["replay", str(tmp_path / "c.mseed"), "--stations", case.stations, "--out", str(folder)]) == 0
    told = lines(folder / "rejections.jsonl")
    (spike,) = [one for one in told if one["reason"] == "impulse"]
    assert spike["nslc"] == "TJ.SAREZ.00.HHZ"
    assert spike["detail"]
    assert spike["id"] not in {one["id"] for one in lines(folder / "picks.jsonl")}
    assert "Triggers refused: " in (said := capsys.readouterr().out)
    assert "impulse 1" in said
    with Catalogue(folder / "catalogue.sqlite") as catalogue:
        stored = catalogue.rejections()
    assert {(one.pick_id, one.reason, one.detail) for one in stored} == {
        (one["id"], one["reason"], one["detail"]) for one in told
    }


def test_an_sds_archive_gives_what_the_file_gives(case: Case, out: Path, tmp_path: Path) -> None:
    stream = obspy.read(io.BytesIO(case.waveforms.read_bytes()), format="MSEED")
    for trace in stream:
        code = trace.stats
        folder = tmp_path / "sds" / "2025" / code.network / code.station / f"{code.channel}.D"
        folder.mkdir(parents=True, exist_ok=True)
        trace.write(str(folder / f"{trace.id}.D.2025.032"), format="MSEED", reclen=512)
        (folder / f"{trace.id}.D.2025.050").write_bytes(b"not needed, and not readable")
    command = ["replay", str(tmp_path / "sds"), "--stations", case.stations, "--out", str(tmp_path / "o")]
    assert main([*command, "--start", "2025-02-01T00:00:00Z", "--end", "2025-02-01T00:02:20Z"]) == 0
    key = "id", "time", "uncertainty_s", "snr"
    ours, theirs = ({tuple(p[k] for k in key) for p in lines(f / "picks.jsonl")} for f in (tmp_path / "o", out))
    assert ours == theirs


def test_a_replay_of_other_stations_adds_to_the_catalogue(case: Case, tmp_path: Path) -> None:
    out = tmp_path / "o"
    assert main(["replay", str(case.waveforms), "--stations", case.stations, "--out", str(out)]) == 0
    other = tmp_path / "s.xml"
    other.write_bytes((share("stations") / "TJ.SAREZ.xml").read_bytes().replace(b'"SAREZ"', b'"OTHER"'))
    stream = obspy.read(io.BytesIO(case.waveforms.read_bytes()), format="MSEED").select(station="SAREZ")
    for trace in stream:
        trace.stats.station = "OTHER"
    stream.write(tmp_path / "other.mseed", format="MSEED")
    assert main(["replay", str(tmp_path / "other.mseed"), "--stations", str(other), "--out", str(out)]) == 0
    with Catalogue(out / "catalogue.sqlite") as catalogue:
        assert len(catalogue.events()) == 1
        assert {one.source_id.station for one in catalogue.picks()} == {"SAREZ", "MURGH", "MANEM", "OTHER"}


def test_a_station_without_vertical_channel_is_told(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = obspy.read(io.BytesIO(case.waveforms.read_bytes()), format="MSEED")
    for trace in stream.select(station="SAREZ", component="Z"):
        stream.remove(trace)
    stream.write(tmp_path / "x.mseed", format="MSEED")
    command = ["replay", str(tmp_path / "x.mseed"), "--stations", case.stations, "--out", str(tmp_path / "o")]
    assert main(command) == 0
    assert "No vertical channel was heard of TJ.SAREZ:" in capsys.readouterr().out


def test_an_export_is_the_document_of_the_replay(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "export", "--data", str(out), "--format", "quakeml"]) == 0
    assert capsys.readouterr().out.strip() == (out / "events.xml").read_text("utf-8").strip()

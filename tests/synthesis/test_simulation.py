"""Whole scenarios: windows of them, times that the fact sheet has, and documents that say what they are."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import obspy
import pytest

from seismonet.core.errors import ArchiveError, QueryError
from seismonet.core.share import share
from seismonet.core.utc import SECOND_NS, from_iso
from seismonet.daemon.metadata import read_notes
from seismonet.formats.miniseed import decode_file
from seismonet.formats.stationxml import channel_table
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.synthesis.digitizer import LinkParams
from seismonet.synthesis.earthquake import everywhere, onsets
from seismonet.synthesis.faults import Fault
from seismonet.synthesis.files import write
from seismonet.synthesis.scenarios import SCENARIOS, Quake, Scenario, scenario
from seismonet.synthesis.simulation import Simulation, part_of, read_network, simulate
from seismonet.synthesis.truth import faults_json, quakeml, station_xml, summary
from tests.support.shared import shared

BEGIN_NS = from_iso("2025-01-01T00:00:00Z")
TABLE, INVENTORY = read_network([str(share("stations"))])
TIMES = everywhere(travel_times("iasp91", cache_dir()).times)
SMALL = Scenario(
    "small",
    duration_s=40.0,
    events=(Quake(38.2, 72.7, 10.0, 4.0, 10.0, source="made up", confidence="none", origin_time="never"),),
    faults=(Fault("gap", "TJ.SAREZ", 5.0, 2.0), Fault("dead", "TJ.MURGH.00.HHZ", 20.0, 5.0)),
)


@pytest.fixture(scope="module")
def small() -> Simulation:
    return simulate(SMALL, TABLE, TIMES, begin_ns=BEGIN_NS)


def test_first_waves_come_when_the_fact_sheet_has_them() -> None:
    """Of slow and fast chain, S at the targets and the lead of the fast chain: where P must have been at Sarez."""
    rows = list(csv.DictReader(shared("facts/scenario_leadtimes.csv").read_text("utf-8").splitlines()))
    checked = 0
    for one in SCENARIOS:
        for quake in one.events:
            mine = [row for row in rows if row["event"].startswith(quake.name[:4]) and _same(row["event"], quake)]
            event = quake.at(BEGIN_NS)
            times = [
                onsets(event, station, TIMES(event, station))
                for station in part_of(TABLE, one.stations, BEGIN_NS).stations
            ]
            first_s = min(p.time_ns - event.origin_ns for p, _ in times) / SECOND_NS
            for row in mine:
                # fast chain of one station: P there, 3 s of it, 0.1 + 1.0 + 0.5 s until it is told
                told_s = float(row["S_arrival_s_after_origin"]) - float(row["lead_s_B_1station_fast_chain"])
                assert told_s == pytest.approx(first_s + 4.6, abs=0.15), (one.name, row["target"])
                checked += 1
    assert checked == len(rows) == 208


def _same(event: str, quake: Quake) -> bool:
    date = event.partition(" ")[0]
    return quake.origin_time.startswith(date)


def test_a_window_is_a_part_of_the_whole(small: Simulation) -> None:
    part = simulate(SMALL, TABLE, TIMES, begin_ns=BEGIN_NS, window_s=(12.0, 30.0))
    for whole, piece in zip(small.segments, part.segments, strict=True):
        assert piece.start_ns == BEGIN_NS + 12 * SECOND_NS
        assert np.abs(whole.samples[1200:3000].astype(float) - piece.samples).max() <= 1
    beyond = simulate(SMALL, TABLE, TIMES, begin_ns=BEGIN_NS, window_s=(200.0, 205.0))
    assert {len(segment.samples) for segment in beyond.segments} == {500}
    assert small.onsets[:1] != beyond.onsets


def test_seeds_differ(small: Simulation) -> None:
    other = simulate(SMALL, TABLE, TIMES, begin_ns=BEGIN_NS, seed=1)
    assert other.onsets == small.onsets
    assert not np.array_equal(other.segments[0].samples, small.segments[0].samples)


def test_a_station_that_is_not_there_is_told() -> None:
    with pytest.raises(QueryError, match=r"TJ\.NONE: no such station .* TJ\.MANEM, TJ\.MURGH, TJ\.SAREZ"):
        simulate(replace(SMALL, stations=("TJ.NONE",)), TABLE, TIMES, begin_ns=BEGIN_NS)
    with pytest.raises(QueryError, match=r"TJ\.MANEM"):
        simulate(scenario("2015-sarez"), TABLE, TIMES, begin_ns=0)


def test_the_truth_is_valid_quakeml_and_says_that_it_is_none(small: Simulation) -> None:
    document = quakeml(small, TABLE)
    assert document == quakeml(small, TABLE)
    (told,) = obspy.read_events(io.BytesIO(document), format="QUAKEML")
    origin, magnitude = told.preferred_origin(), told.preferred_magnitude()
    assert origin.time.ns == BEGIN_NS + 10 * SECOND_NS
    assert (origin.latitude, origin.longitude, origin.depth, magnitude.mag) == (38.2, 72.7, 10_000.0, 4.0)
    assert told.creation_info.agency_id == "SIMULATED"
    assert told.comments[0].text.startswith("SIMULATED")
    assert "made up (confidence none)" in told.comments[1].text
    picks = {(f"{pick.waveform_id.network_code}.{pick.waveform_id.station_code}", pick.phase_hint): pick.time.ns
             for pick in told.picks}  # fmt: skip
    assert picks == {(one.station_code, one.phase): round(one.time_ns, -3) for one in small.onsets}
    # Manem's and Murghob's S come after the end
    assert len(origin.arrivals) == len(picks) == 4


def test_the_stations_are_marked_and_otherwise_the_same() -> None:
    document = station_xml(INVENTORY)
    assert document.count(b"SIMULATED: made by seismonet") == 3
    assert channel_table(document) == TABLE
    assert not any("SIMULATED" in str(comment.value) for comment in INVENTORY[0][0].comments)


def test_faults_are_told(small: Simulation) -> None:
    told = json.loads(faults_json(small, small.schedule()))
    assert told["simulated"].startswith("SIMULATED")
    gap, dead = told["faults"]
    assert (gap["kind"], gap["start"], gap["end"], gap["records"], len(gap["channels"])) == (
        "gap", "2025-01-01T00:00:05.000000Z", "2025-01-01T00:00:07.000000Z", 12, 6,
    )  # fmt: skip
    assert (dead["channels"], dead["samples"]) == (["TJ.MURGH.00.HHZ"], 500)


def test_the_summary_has_a_row_for_each_station(small: Simulation) -> None:
    rows = summary(small, TABLE)
    assert [row[1] for row in rows] == ["TJ.MANEM", "TJ.MURGH", "TJ.SAREZ"]
    for _, station, _, p_s, s_s in rows:
        times = [one for one in small.onsets_of(small.events[0], TABLE) if one.station_code == station]
        assert (p_s, s_s) == pytest.approx(tuple((one.time_ns - BEGIN_NS) / SECOND_NS for one in times))


def test_files_in_one_piece_and_as_an_archive(small: Simulation, tmp_path) -> None:
    plan = small.schedule()
    waveforms, *truth = write(small, plan, TABLE, INVENTORY, tmp_path / "one")
    assert [path.name for path in truth] == ["simulated-truth.xml", "simulated-stations.xml", "simulated-faults.json"]
    assert waveforms.name == "simulated-small.mseed"
    batch, _ = decode_file(waveforms.read_bytes())
    assert batch.outcomes() == {"ok": len(plan.sendings)}
    archive, *_ = write(small, plan, TABLE, INVENTORY, tmp_path / "two", "sds")
    files = sorted(path for path in archive.rglob("*") if path.is_file())
    assert len(files) == 18
    assert files[0].relative_to(archive).as_posix() == "2025/TJ/MANEM/HHE.D/TJ.MANEM.00.HHE.D.2025.001"
    assert sum(path.stat().st_size for path in files) == waveforms.stat().st_size
    with pytest.raises(ArchiveError, match="exists: give another folder"):
        write(small, plan, TABLE, INVENTORY, tmp_path / "one")


def test_records_pass_the_digitizers_filters_before_they_are_sent() -> None:
    """As late as the station files say, so that nobody takes the clock of a simulated station for one that is ahead."""
    notes = read_notes([share("stations")])
    short = Scenario("short", stations=("TJ.SAREZ", "TJ.MANEM"), duration_s=4.0)
    made = simulate(short, TABLE, TIMES, begin_ns=BEGIN_NS, inventory=INVENTORY)
    for one in made.schedule(link=LinkParams(0.25)).sendings:
        filter_s = notes[one.station].filter_s
        assert filter_s is not None
        assert filter_s > 0.5
        assert one.send_offset_s == pytest.approx((one.end_ns - BEGIN_NS) / SECOND_NS + filter_s + 0.25)

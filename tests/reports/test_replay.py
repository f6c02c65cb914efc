"""The picture of a replay: what it says, and that it is made whatever was found."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from seismonet.core.inventory import ChannelTable
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Segment
from seismonet.models.earth import Earth
from seismonet.models.traveltime import travel_times
from seismonet.reports.epicentres import draw_map, near, outline, placed
from seismonet.reports.replay import ReportData, draw_report, foot, main_event, quality, section_window, summary
from seismonet.reports.residuals import cells, draw_residuals
from seismonet.reports.section import arrange, draw_section, envelope, span, spread
from seismonet.reports.style import EVENT_COLOUR
from tests.support.quakes import START_NS, Quake, network, quake, status, traces

TABLE = network(5)
REAL = quake(TABLE, down=("TJ.ST04",))
SMALL = quake(TABLE, START_NS + 60 * 10**9, latitude=37.9, magnitude=3.5)
UNSURE = quake(TABLE, START_NS, magnitude=6.9, ambiguous=True)
FALSE = quake(TABLE, START_NS + 60 * 10**9, magnitude=6.0, cancelled=True)
STRAIGHT = travel_times(Earth("straight", *np.array([[0.0, 800.0], [6.0, 6.0], [3.5, 3.5]])))


def data(*quakes: Quake, table: ChannelTable = TABLE) -> ReportData:
    return ReportData(
        "Some records",
        traces(table, quakes, 90.0, 50.0),
        table,
        [pick for one in quakes for pick in one.picks.values()],
        [event for one in quakes for event in one.versions],
        [alert for one in quakes for alert in one.alerts],
        [told for one in quakes for told in one.statuses],
        STRAIGHT,
    )


def red_share(path: Path) -> float:
    """Share of pixels in the event's colour."""
    wanted = np.array([int(EVENT_COLOUR[k : k + 2], 16) for k in (1, 3, 5)])
    pixels = np.rint(imread(path)[:, :, :3] * 255)
    return float((np.abs(pixels - wanted).max(axis=2) < 8).mean())


@pytest.mark.parametrize(
    "quakes", [(REAL,), (REAL, SMALL, FALSE), (FALSE,), ()], ids=["one", "several", "cancelled", "none"]
)
def test_a_picture_is_made_whatever_was_found(tmp_path: Path, quakes: tuple[Quake, ...]) -> None:
    draw_report(tmp_path / "report.png", data(*quakes))
    assert imread(tmp_path / "report.png").shape == (1210, 1540, 4)
    assert (red_share(tmp_path / "report.png") > 1e-4) == (REAL in quakes)


def test_the_same_picture_every_time(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        draw_report(tmp_path / name, data(REAL))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_picture_of_nothing(tmp_path: Path) -> None:
    empty = ReportData("Nothing", [], ChannelTable.of([], []), [], [], [], [])
    draw_report(tmp_path / "report.png", empty)
    assert imread(tmp_path / "report.png").shape == (1210, 1540, 4)


def test_a_picture_of_awkward_things(tmp_path: Path) -> None:
    nan = float("nan")
    unplaced = replace(TABLE.stations[0], latitude=nan)
    table = ChannelTable.of([unplaced, *TABLE.stations[1:]], TABLE.channels)
    flat = Segment(SourceId("TJ", "SAREZ", "00", "HHZ"), START_NS, 10.0, np.zeros(500, dtype=np.int32))
    broken = Segment(SourceId("TJ", "MURGH", "00", "HHZ"), START_NS, 1.0, np.full(50, nan))
    short = Segment(SourceId("TJ", "MANEM", "00", "HHZ"), START_NS, 100.0, np.zeros(1, dtype=np.int32))
    events = [replace(one, magnitude=None) for one in REAL.versions]
    draw_report(
        tmp_path / "report.png",
        replace(data(REAL), traces=[flat, broken, short], channels=table, events=events, model=None),
    )
    assert imread(tmp_path / "report.png").shape == (1210, 1540, 4)


def test_it_is_about_the_largest_event_that_was_not_taken_back() -> None:
    found = data(SMALL, REAL, FALSE).events
    assert main_event(found) == REAL.versions[-1]
    assert main_event(FALSE.versions) is None
    assert main_event([replace(REAL.versions[0], magnitude=None)]) == replace(REAL.versions[0], magnitude=None)


def test_the_summary_in_words() -> None:
    text = summary(data(REAL, SMALL, FALSE), REAL.versions[-1])
    for part in ("Mpd 5.0 ± 0.3", "2024-10-03T08:00:00.3Z", "38.37°N 72.88°E ± 8 km", "4 stations", "1 more event"):
        assert part in text
    assert text.endswith("1 cancelled")
    assert summary(data(FALSE), None) == "No event (1 cancelled)"
    assert summary(data(), None) == "No event"


def test_the_status_line_says_which_stations_could_not_and_why() -> None:
    text = foot(status(TABLE, START_NS, ("TJ.MURGH",)))
    assert "4 of 5 stations could contribute. Could not: TJ.MURGH down (HHZ, HNZ: no record for 95 s)" in text
    many = network(40)
    line = foot(status(many, START_NS, tuple(one.station_code for one in many.stations)))
    assert len(line) < 220
    assert line.endswith("more")


def test_traces_stand_by_distance_with_picks_on_them() -> None:
    report, main = data(REAL), REAL.versions[-1]
    lines = arrange(report.traces, TABLE, main)
    distances = {one.source_id.station_code: one.distance_km for one in main.origin.arrivals}
    assert [line.station_code for line in lines[:2]] == ["TJ.SAREZ", "TJ.ST03"]
    assert [line.distance_km for line in lines] == sorted(line.distance_km for line in lines)
    assert all(
        abs(line.distance_km - distances[line.station_code]) < 3 for line in lines if line.station_code in distances
    )
    axes = Figure().add_axes((0, 0, 1, 1))
    draw_section(axes, report.traces, TABLE, report.picks, main, STRAIGHT)
    artists: dict[str, Any] = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    told = {"P pick", "S pick", "S pick, unused", "P predicted (straight)", "S predicted (straight)"}
    assert set(artists) == told
    marks = sorted(float(mark[0, 0]) for mark in artists["P pick"].get_segments())
    used = {
        phase: [REAL.picks[one.pick_id].time_ns for one in main.origin.arrivals if one.phase == phase] for phase in "PS"
    }
    assert marks == pytest.approx(sorted((one - main.origin.time_ns) / 1e9 for one in used["P"]))
    (s_mark,) = artists["S pick"].get_segments()
    assert s_mark[0, 0] == pytest.approx((used["S"][0] - main.origin.time_ns) / 1e9)
    predicted = artists["P predicted (straight)"].get_xdata()
    hypocentral = np.hypot([line.distance_km for line in lines], main.origin.depth_km)
    assert predicted == pytest.approx(hypocentral / 6.0, rel=0.005)


def test_a_trace_bursts_where_its_pick_is() -> None:
    report, main = data(REAL), REAL.versions[-1]
    axes = Figure().add_axes((0, 0, 1, 1))
    draw_section(axes, report.traces, TABLE, [], main, None)
    lines = arrange(report.traces, TABLE, main)
    for line, drawn in zip(lines, axes.get_lines(), strict=True):
        onsets = [
            one for one in REAL.picks.values() if one.source_id.station_code == line.station_code and one.phase == "P"
        ]
        for pick in onsets:
            at_s = (pick.time_ns - main.origin.time_ns) / 1e9
            x, y = np.asarray(drawn.get_xdata()), np.abs(np.asarray(drawn.get_ydata()) - line.level)
            assert y[(x > at_s) & (x < at_s + 2)].max() > 5 * y[x < at_s].max()


def test_without_an_event_traces_stand_by_name() -> None:
    lines = arrange(data().traces, TABLE, None)
    codes = [line.station_code for line in lines]
    assert codes == sorted(codes, reverse=True)
    assert np.diff([line.level for line in lines]).tolist() == [1.0] * (len(lines) - 1)


def test_levels_ascend_and_keep_apart() -> None:
    levels = spread(np.array([10.0, 10.0, 10.5, 60.0, 100.0, np.nan, np.nan]))
    assert np.diff(levels).min() > 8
    assert levels[0] == 10.0
    assert spread(np.array([])).tolist() == []
    assert np.diff(spread(np.array([np.nan, np.nan]))).tolist() == [1.0]


def test_an_envelope_keeps_every_peak() -> None:
    values = np.sin(np.arange(100_000) * 0.37)
    values[54_321] = 9.0
    times, kept = envelope(np.arange(100_000) / 100, values, columns=200)
    assert len(kept) <= 400
    assert (kept.max(), kept.min()) == (values.max(), values.min())
    assert times[kept.argmax()] == 543.21
    assert (np.diff(times) >= 0).all()


def test_the_section_fits_into_the_window_that_it_asks_for() -> None:
    main = REAL.versions[-1]
    lines = arrange(data(REAL).traces, TABLE, main)
    zero_ns, first_s, last_s = span(lines, main, STRAIGHT)
    start_ns, end_ns = section_window(main, max(line.distance_km for line in lines))
    assert start_ns <= zero_ns + first_s * 1e9 - 20e9
    assert zero_ns + last_s * 1e9 <= end_ns


def test_the_map_holds_the_stations_and_is_to_scale() -> None:
    main = REAL.versions[-1]
    axes = Figure(figsize=(6, 4)).add_axes((0.1, 0.1, 0.8, 0.8))
    draw_map(axes, TABLE, REAL.statuses[-1], main, REAL.versions, [SMALL.versions[-1]])
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    assert all(west < one.longitude < east and south < one.latitude < north for one in TABLE.stations)
    box = axes.get_window_extent()
    shrink = np.cos(np.deg2rad((south + north) / 2))
    assert box.width / ((east - west) * shrink) == pytest.approx(box.height / (north - south), rel=1e-6)
    labels = axes.get_legend_handles_labels()[1]
    assert {"up (4)", "down (1)", "epicentre", "68 % circle", "68 % ellipse", "other events (1)"} == set(labels)
    named = {text.get_text() for text in axes.texts}
    assert {one.code for one in TABLE.stations} <= named


def test_the_map_shows_where_else_it_may_have_been() -> None:
    axes = Figure(figsize=(6, 4)).add_axes((0.1, 0.1, 0.8, 0.8))
    main = UNSURE.versions[-1]
    draw_map(axes, TABLE, UNSURE.statuses[-1], main, UNSURE.versions, [])
    artists: dict[str, Any] = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    assert main.origin.confidence is not None
    place = main.origin.confidence.modes[1]
    (mark,) = artists["or here (23 %, 180 km deep)"].get_offsets()
    assert tuple(mark) == pytest.approx((place.longitude, place.latitude))
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    assert west < place.longitude < east
    assert south < place.latitude < north


def test_a_second_place_far_away_does_not_make_the_network_a_dot() -> None:
    main = UNSURE.versions[-1]
    sure = main.origin.confidence
    assert sure is not None
    far = replace(sure, modes=(sure.modes[0], replace(sure.modes[1], latitude=50.0)))
    axes = Figure(figsize=(6, 4)).add_axes((0.1, 0.1, 0.8, 0.8))
    draw_map(axes, TABLE, None, replace(main, origin=replace(main.origin, confidence=far)), [], [])
    assert axes.get_ylim()[1] < 41


def test_an_outline_has_its_axes_where_they_belong() -> None:
    x, y = outline(60.0, 20.0, 80.0, 20.0, 30.0)
    east, north = (x - 20.0) * 111.195 * 0.5, (y - 60.0) * 111.195
    distance = np.hypot(east, north)
    assert (distance.max(), distance.min()) == pytest.approx((80.0, 20.0), rel=1e-4)
    farthest = int(distance.argmax())
    assert np.degrees(np.arctan2(east[farthest], north[farthest])) % 180 == pytest.approx(30.0)


def test_how_sure_it_is_stands_in_the_second_line() -> None:
    text = quality(UNSURE.versions[-1])
    for part in ("location ambiguous", "confirmed", "5 P, 1 S", "crust or slab: 77 %", "or 39.07°N 71.79°E, 180 km"):
        assert part in text
    main = REAL.versions[-1]
    assert main.magnitude is not None
    first, *rest = main.magnitude.station_magnitudes
    size = replace(main.magnitude, station_magnitudes=(replace(first, used=False), *rest))
    assert "set aside: TJ.SAREZ (Mpd 5.2)" in quality(replace(main, magnitude=size))
    plain = replace(main, origin=replace(main.origin, confidence=None))
    assert quality(plain) == "confirmed   ·   4 P, 1 S"


def test_the_table_tells_residuals_weights_and_sizes() -> None:
    main = REAL.versions[-1]
    p = main.origin.arrivals[0]
    s = next(one for one in main.origin.arrivals if one.phase == "S")
    assert cells(main, p) == ("TJ.SAREZ", "P", "28", "+0.00 s", "1.00", "Mpd 5.2")
    assert cells(main, s) == ("TJ.SAREZ", "S", "28", "+0.20 s", "0.60", "ML 5.0")
    axes = Figure().add_axes((0, 0, 1, 1))
    draw_residuals(axes, main)
    told = [text.get_text() for text in axes.texts]
    assert told.count("TJ.SAREZ") == 2
    assert axes.get_title("left") == "Arrivals (root mean square 0.11 s)"
    many = quake(network(40)).versions[-1]
    axes = Figure().add_axes((0, 0, 1, 1))
    draw_residuals(axes, many)
    assert axes.texts[-1].get_text() == "and 30 more, within 0.1 s"


def test_a_network_across_the_date_line_stays_together() -> None:
    stations = [replace(one, longitude=(one.longitude - 72.6 + 360.0) % 360.0 - 180.0) for one in TABLE.stations]
    table = ChannelTable.of(stations, [])
    assert {one.longitude > 0 for one in placed(table)} == {True, False}
    axes = Figure().add_axes((0.1, 0.1, 0.8, 0.8))
    draw_map(axes, table, None, None, [], [])
    west, east = axes.get_xlim()
    assert east - west < 10
    assert all(west < near(one.longitude, (west + east) / 2) < east for one in placed(table))

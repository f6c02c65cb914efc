"""Every figure is drawn, of much, of little and of nothing, and says when it is simulated."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.reports.evaluation import Truth, TruthSet
from seismonet.reports.evaluationexpectation import Shot, cells, draw_expectation, expectation
from seismonet.reports.evaluationfigures import draw_all, new_figure, write_texts
from seismonet.reports.evaluationmaps import framed
from seismonet.reports.evaluationresult import Evaluation, evaluate
from tests.support.evaluated import TABLE, origin_ns, quakes, run_of, truth_of, with_picks

NAMES = ["map.png", "course.png", "residuals.png", "calibration.png", "magnitudes.png"]


def evaluation(count: int, *, simulated: str = "", given: bool = False) -> Evaluation:
    model = travel_times("iasp91", cache_dir())
    found = quakes(count)
    truths = [with_picks(truth_of(one, k, north_km=3.0 * k, late_s=0.3), one, 0.05) for k, one in enumerate(found)]
    run = replace(run_of(found, simulated), given=given, note="As a test assumes." if given else "")
    return evaluate(run, TruthSet(tuple(truths), (), ("truth.xml",)), model)


def ink(path: Path) -> float:
    """Share of the picture that is not white."""
    return float(np.mean(imread(path)[..., :3].min(axis=-1) < 0.98))


@pytest.mark.parametrize("count", [0, 1, 8])
def test_all_figures_are_drawn(tmp_path: Path, count: int) -> None:
    paths = draw_all(evaluation(count), tmp_path)
    assert [path.name for path in paths] == NAMES
    assert all(ink(path) > 0.005 for path in paths)


def test_more_earthquakes_are_more_ink(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    few, many = (draw_all(evaluation(count), tmp_path / name) for count, name in ((1, "a"), (8, "b")))
    for name in ("magnitudes.png", "course.png"):
        index = NAMES.index(name)
        assert ink(many[index]) > ink(few[index])


def test_what_is_simulated_says_so_above_and_below() -> None:
    for words, marked in (("SIMULATED by a test", True), ("", False)):
        made = evaluation(1, simulated=words)
        figure = new_figure((8.0, 6.0), made)
        write_texts(figure, made)
        assert len(figure.texts) == 2
        assert all(text.get_text().startswith("SIMULATED") == marked for text in figure.texts)


def test_the_map_of_expectation_is_drawn(tmp_path: Path) -> None:
    made = evaluation(8, simulated="SIMULATED", given=True)
    draw_expectation(made, tmp_path / "expectation.png")
    assert ink(tmp_path / "expectation.png") > 0.01
    assert expectation(made) == {"less than 40 km deep": [], "40 km deep and more": []}


def test_cells_hold_all_earthquakes_once_and_their_medians() -> None:
    some = [Shot(k // 10 * 0.1, 179.6 + k % 10 * 0.1, 5.0, k % 2 == 0, float(k // 10), None) for k in range(100)]
    some = [replace(one, longitude=(one.longitude + 180) % 360 - 180) for one in some]
    found = cells(some)
    assert len(found) == 16
    assert sum(len(one.shots) for one in found) == 100
    assert all(one.east - one.west == pytest.approx(0.225) for one in found)
    southern = [one for one in found if one.south == min(other.south for other in found)]
    assert all(one.median(lambda shot: shot.error_km) in (0.5, 1.0) for one in southern)
    assert all(one.median(lambda shot: shot.alert_s) is None for one in found)
    assert sum(one.detection * len(one.shots) for one in found) == pytest.approx(50)


def test_a_frame_holds_every_earthquake_also_across_the_date_line() -> None:
    points = [(179.5, 10.0), (-179.5, 11.0)]
    frame = framed((), points)
    assert all(frame.holds(*point) for point in points)
    assert frame.half_x < 1.0
    assert not frame.holds(0.0, 10.5)
    far = Truth("far", origin_ns(0), -40.0, 10.0)
    assert framed(TABLE.stations, [(far.longitude, far.latitude)]).half_y < 1.0

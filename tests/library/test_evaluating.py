"""What is judged is what a folder's catalogue knows: versions, alerts, picks but those refused, who was able when."""

from dataclasses import replace
from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError, QueryError
from seismonet.core.utc import SECOND_NS
from seismonet.library.evaluating import evaluate_folder, read_run
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.store.catalogue import Catalogue
from tests.support.evaluated import TABLE, origin_ns
from tests.support.quakes import Quake, quake, status

DOWN = ("TJ.MANEM",)


@pytest.fixture
def found() -> list[Quake]:
    return [quake(TABLE, origin_ns(0), down=DOWN), quake(TABLE, origin_ns(1))]


@pytest.fixture
def folder(tmp_path: Path, found: list[Quake]) -> Path:
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        catalogue.add_stations(TABLE)
        catalogue.add_status([status(TABLE, origin_ns(0) - 60 * SECOND_NS, DOWN)])
        for one in found:
            catalogue.add_picks(one.picks.values())
            first = next(iter(one.picks))
            catalogue.add_picks([replace(one.picks[first], id=one.rejections[0].pick_id)])
            catalogue.add_rejections(one.rejections)
            catalogue.add_status(one.statuses)
            catalogue.add_events(one.versions)
            catalogue.add_alerts(one.alerts)
    return tmp_path


def test_everything_is_read(folder: Path, found: list[Quake]) -> None:
    run = read_run(folder)
    assert run.versions == {one.versions[0].id: one.versions for one in found}
    assert run.alerts == {one.versions[0].id: one.alerts for one in found}
    assert {pick.id for pick in run.picks} == {name for one in found for name in one.picks}
    assert run.refused == 2
    assert run.simulated == ""
    times = [one.time_ns for one in run.statuses]
    assert times == sorted(times)
    assert len(times) == 1 + sum(len(one.statuses) for one in found)
    able = {len(one.able) for one in run.statuses if one.time_ns < origin_ns(1)}
    assert able == {5}
    assert "TJ.MANEM" not in run.statuses[0].able
    assert len(run.statuses[-1].able) == 6
    assert {one.total for one in run.statuses} == {6}


def test_a_window_holds_its_events_and_the_status_before_it(folder: Path, found: list[Quake]) -> None:
    run = read_run(folder, (origin_ns(1) - SECOND_NS, None))
    assert list(run.versions) == [found[1].versions[0].id]
    assert {pick.id for pick in run.picks} == set(found[1].picks)
    assert run.statuses[0].time_ns < origin_ns(1) - SECOND_NS
    assert len(run.statuses[0].able) == 5
    run = read_run(folder, (None, origin_ns(1) - SECOND_NS))
    assert list(run.versions) == [found[0].versions[0].id]


def test_a_folder_that_was_simulated_says_so(folder: Path) -> None:
    (folder / "SIMULATED.txt").write_text("SIMULATED by a test\n")
    assert read_run(folder).simulated == "SIMULATED by a test"


def test_time_without_data_does_not_count(folder: Path, found: list[Quake]) -> None:
    assert read_run(folder).spans == ()
    spans = [(origin_ns(k) - 60 * SECOND_NS, origin_ns(k) + 60 * SECOND_NS) for k in range(2)]
    with Catalogue(folder / "catalogue.sqlite") as catalogue:
        for span in spans:
            catalogue.add_span(*span)
        catalogue.add_span(spans[1][0] + SECOND_NS, spans[1][1] - SECOND_NS)
    run = read_run(folder)
    assert run.spans == tuple(spans)
    assert run.span_ns == (spans[0][0], spans[1][1])
    assert run.heard_ns(*run.span_ns) == 240 * SECOND_NS
    assert run.heard_ns(origin_ns(0), origin_ns(1)) == 120 * SECOND_NS


def test_nothing_to_judge(tmp_path: Path) -> None:
    model = travel_times("iasp91", cache_dir())
    with pytest.raises(ArchiveError, match=r"holds no catalogue\.sqlite"):
        evaluate_folder(tmp_path, [], model)
    Catalogue(tmp_path / "catalogue.sqlite").close()
    with pytest.raises(QueryError, match="its catalogue is empty"):
        evaluate_folder(tmp_path, [], model)

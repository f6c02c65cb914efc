"""Simulated earthquakes through the pipeline: the same for any number of processes, and with those stations up."""

import json
from pathlib import Path

import numpy as np
import pytest

from seismonet.config import Config
from seismonet.core.errors import QueryError
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.share import share
from seismonet.library.evaluating import read_regions
from seismonet.library.shots import Draw, simulate_one, source
from seismonet.library.simulating import Network, evaluate_simulated, plan
from seismonet.reports.evaluationresult import document
from seismonet.store.inventory import read_inventories

TABLE = read_inventories([str(share("stations"))])
LARGE = Draw(count=2, seed=5, magnitudes=(6.0, 6.5), depths_km=(10.0, 30.0))


@pytest.fixture
def near(tmp_path: Path) -> Path:
    path = tmp_path / "near.geojson"
    ring = [[72.3, 37.7], [73.3, 37.7], [73.3, 38.2], [72.3, 38.2], [72.3, 37.7]]
    feature = {"properties": {"name": "near"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_large_near_earthquakes_are_found_and_jobs_do_not_matter(near: Path) -> None:
    network = Network(Config(), region=near)
    told: list[float] = []
    made = evaluate_simulated(LARGE, network, progress=told.append)
    assert told == pytest.approx([0.5, 1.0])
    assert made.simulated.startswith("SIMULATED")
    assert len(made.outcomes) == 2
    assert document(made) == document(evaluate_simulated(LARGE, network, jobs=2))
    assert all(37.7 <= one.truth.latitude <= 38.2 for one in made.outcomes)
    # the true onsets are where our picks are: no P is later than half a second
    assert np.median(np.abs(made.picks[0].late_s)) < 0.2


def test_stations_that_are_down_send_nothing(near: Path) -> None:
    network = Network(Config(), down=("SAREZ",), region=near)
    made = evaluate_simulated(Draw(count=1, seed=5, magnitudes=(6.0, 6.5)), network)
    heard = {pick.source_id.station_code for pick in made.run.picks}
    assert heard == {"TJ.MANEM", "TJ.MURGH"}
    assert made.run.statuses[0].able == ("TJ.MANEM", "TJ.MURGH")
    assert "2 of 3 stations up" in made.run.name


def test_earthquakes_of_one_size_are_not_equally_loud() -> None:
    def peaks(**spread: float) -> dict[str, float]:
        draw = Draw(count=1, seed=4, magnitudes=(5.5, 5.5), depths_km=(10.0, 20.0), **spread)
        events = simulate_one(plan(draw, TABLE, Config()), 0).events
        assert events[-1].magnitude is not None
        return {one.source_id.nslc: one.pd_m for one in events[-1].magnitude.station_magnitudes}

    plain, loud = peaks(event_log10=0.0, station_log10=0.0), peaks(event_log10=0.2, station_log10=0.0)
    ratios = [loud[name] / plain[name] for name in plain if name in loud]
    assert max(ratios) / min(ratios) == pytest.approx(1.0, abs=0.05)
    assert np.log10(ratios[0]) == pytest.approx(0.34, abs=0.03)
    apart = peaks(event_log10=0.0, station_log10=0.2)
    ratios = [apart[name] / plain[name] for name in plain if name in apart]
    assert max(ratios) / min(ratios) > 1.2


def test_what_is_drawn_is_as_it_was_asked_for() -> None:
    made = plan(Draw(count=4000, seed=1), TABLE, Config())
    drawn = [source(made, number) for number in range(4000)]
    sizes = np.array([one.magnitude for one in drawn])
    assert sizes.min() >= 4.0
    assert sizes.max() <= 7.0
    # Gutenberg and Richter: a tenth of them is a unit larger
    assert np.mean(sizes > 5.0) == pytest.approx(0.1, abs=0.02)
    depths = np.array([one.depth_km for one in drawn])
    assert np.mean(depths < 40.0) == pytest.approx(0.5, abs=0.03)
    assert np.mean(depths >= 60.0) == pytest.approx(0.4, abs=0.03)
    # as many on each square kilometre: half of them south of the parallel that halves the area
    margin = Config().pipeline.location.margin_km / KM_PER_DEGREE
    north = max(one.latitude for one in TABLE.stations) + margin
    assert north - 0.1 < max(one.latitude for one in drawn) < north
    latitude = np.sin(np.deg2rad([one.latitude for one in drawn]))
    assert np.mean(latitude < (latitude.min() + latitude.max()) / 2) == pytest.approx(0.5, abs=0.03)
    again = plan(Draw(count=3, seed=1), TABLE, Config())
    assert [source(again, number) for number in range(3)] == drawn[:3]
    assert source(plan(Draw(count=1, seed=2), TABLE, Config()), 0) != drawn[0]


@pytest.mark.parametrize(
    ("up", "down", "told"),
    [
        (("TJ.NOWHERE",), (), "TJ.NOWHERE: no such station; the station files hold TJ.MANEM, TJ.MURGH, TJ.SAREZ"),
        ((), ("SAREZ", "MANEM", "TJ.MURGH"), "no station is up"),
    ],
)
def test_stations_that_cannot_be(up: tuple[str, ...], down: tuple[str, ...], told: str) -> None:
    with pytest.raises(QueryError, match=told):
        plan(Draw(count=1), TABLE, Config(), up=up, down=down)


def test_a_region_out_of_reach(tmp_path: Path, near: Path) -> None:
    away = tmp_path / "away.geojson"
    away.write_text(near.read_text().replace("37.", "10.").replace("38.", "11."))
    regions = read_regions(away)
    assert regions["near"](11.0, 73.0)
    assert not regions["near"](38.0, 73.0)
    with pytest.raises(QueryError, match="holds no place near the stations"):
        plan(Draw(count=1), TABLE, Config(), regions=list(regions.values()))

"""Tables of travel times: what they say, and how they are kept."""

from pathlib import Path

import numpy as np
import pytest

from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times

UPPER_CRUST_KM_S = 5.8
RADIUS_KM = 6371.0


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(scope="module")
def model(cache: Path) -> TravelTimes:
    return travel_times("iasp91", cache / "here")


def same(one: TravelTimes, other: TravelTimes) -> bool:
    distance, depth = np.meshgrid(np.linspace(0, 14, 97), np.linspace(0, 310, 83))
    return all(np.array_equal(one.times(phase, distance, depth), other.times(phase, distance, depth)) for phase in "PS")


def test_a_ray_within_the_upper_crust_is_straight(model: TravelTimes) -> None:
    distance, depth = np.meshgrid([0.0, 0.003, 0.05, 0.2], [0.0, 0.4, 7.7, 19.5])
    half = np.sin(np.deg2rad(distance) / 2)
    expected = np.sqrt(depth**2 + 4 * RADIUS_KM * (RADIUS_KM - depth) * half**2) / UPPER_CRUST_KM_S
    assert np.allclose(model.times("P", distance, depth), expected, rtol=0, atol=1e-3)
    assert float(model.times("P", 0.0, 0.0)) == pytest.approx(0.0, abs=1e-9)
    assert float(model.times("P", 0.0, 11.6)) == pytest.approx(2.0, abs=1e-3)


def test_one_column_of_layers_by_hand(model: TravelTimes) -> None:
    """Straight up from 35 km: 20 km at 5.8 km/s and 15 km at 6.5 km/s."""
    assert float(model.times("P", 0.0, 35.0)) == pytest.approx(20 / 5.8 + 15 / 6.5, abs=1e-3)
    assert float(model.times("S", 0.0, 35.0)) == pytest.approx(20 / 3.36 + 15 / 3.75, abs=1e-3)


def test_every_place_of_the_table_has_a_first_arrival(model: TravelTimes) -> None:
    distance, depth = np.meshgrid(np.linspace(0, 14, 1401 + 700), np.linspace(0, 310, 311))
    p, s = model.times("P", distance, depth), model.times("S", distance, depth)
    assert p.shape == distance.shape
    assert p.max() < 210
    assert np.all(s >= 1.7 * p)
    # farther is later, and by no more than the slowest ray takes
    for times, slowest in ((p, 5.8), (s, 3.36)):
        step = np.diff(times, axis=1)
        assert step.min() > -1e-6
        assert step.max() < np.diff(distance[0])[0] * 111.2 / slowest


def test_arguments_broadcast_and_keep_their_order(model: TravelTimes) -> None:
    distance, depth = np.array([[3.0], [0.5]]), np.array([10.0, 200.0, 30.0])
    together = model.times("P", distance, depth)
    assert together.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        assert together[i, j] == model.times("P", float(distance[i, 0]), float(depth[j]))


def test_beyond_the_table_the_last_slope_goes_on(model: TravelTimes) -> None:
    at = model.times("P", np.array([13.9, 14.0, 14.5]), 10.0)
    assert (at[2] - at[1]) / 5 == pytest.approx(at[1] - at[0], rel=0.01)
    assert model.times("P", 5.0, 900.0) == model.times("P", 5.0, 310.0)
    assert model.times("P", 5.0, -3.0) == model.times("P", 5.0, 0.0)


def test_tables_are_kept_and_read_again(model: TravelTimes, cache: Path) -> None:
    (path,) = (cache / "here").iterdir()
    written = path.stat().st_mtime_ns
    assert same(travel_times("iasp91", cache / "here"), model)
    assert path.stat().st_mtime_ns == written


@pytest.mark.parametrize("damage", ["cut short", "another table"])
def test_a_damaged_cache_is_built_anew(model: TravelTimes, cache: Path, tmp_path: Path, damage: str) -> None:
    (whole,) = (cache / "here").iterdir()
    path = tmp_path / whole.name
    if damage == "cut short":
        path.write_bytes(whole.read_bytes()[:100_000])
    else:
        with path.open("wb") as file:
            np.savez(file, P_excess_s=np.zeros((3, 3)), S_excess_s=np.zeros((3, 3)))
    assert same(travel_times("iasp91", tmp_path), model)
    assert path.read_bytes() == whole.read_bytes()
    assert list(tmp_path.iterdir()) == [path]


def test_where_no_cache_can_be_written_the_table_is_built(model: TravelTimes, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert same(travel_times("iasp91", tmp_path / "file"), model)
    assert (tmp_path / "file").read_text() == "in the way"


def test_other_models_are_refused() -> None:
    with pytest.raises(ValueError, match="iasp91, ak135, pamir70-v0"):
        travel_times("prem")


def test_the_cache_is_where_users_keep_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/tmp/x")
    assert cache_dir() == Path("/var/tmp/x/seismonet")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_dir() == Path.home() / ".cache" / "seismonet"

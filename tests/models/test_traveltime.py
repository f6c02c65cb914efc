"""Tables of travel times: what they say, and how they are kept."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from seismonet.models.earth import Earth, earth_model, parse_earth
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from tests.support.earths import OWN

UPPER_CRUST_KM_S = 5.8
RADIUS_KM = 6371.0

# algorithm sheet, section 5: depth and distance in km, P and S in s through pamir70-v0, P through ak135, computed for a
# flat Earth. For ak135 at 20 km and 100 km it gives 17.54 s, without the wave along the discontinuity at the source's
# own depth, which is first: 20 sqrt(1/5.8**2 - 1/6.5**2) + 100/6.5 = 16.94 s.
FLAT = [
    (10, 50, 8.69, 14.78, 8.79), (20, 100, 17.00, 28.93, 16.94), (20, 200, 33.29, 56.67, 29.98),
    (20, 300, 48.57, 84.35, 42.42), (120, 0, 17.24, 29.98, 16.32), (120, 100, 22.32, 38.88, 21.13),
    (210, 100, 31.19, 54.80, 30.23), (210, 200, 38.72, 68.10, 37.57),
]  # fmt: skip


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


def flat(name: str) -> Earth:
    """The spherical Earth in which rays take the times that they take in a flat one of these layers (Müller, 1985)."""
    earth = earth_model(name)
    depth = np.concatenate([np.linspace(a, b, 12) for a, b in pairwise(np.unique(np.r_[earth.depth_km, 900.0]))])
    upper = np.isclose(depth[1:], depth[:-1], rtol=0, atol=1e-9)
    inside = depth + np.r_[0.0, np.where(upper, 1e-7, 0.0)] - np.r_[np.where(upper, 1e-7, 0.0), 0.0]
    shrink = np.exp(-depth / RADIUS_KM)
    speeds = [[earth.at(phase, max(0.0, z)) for z in inside.tolist()] * shrink for phase in "PS"]
    return Earth(f"flat {name}", RADIUS_KM * (1 - shrink), *speeds)


def test_the_times_of_the_algorithm_sheet_hold() -> None:
    pamir, ak135 = travel_times(flat("pamir70-v0")), travel_times(flat("ak135"))
    for depth, distance, p_s, s_s, ak135_s in FLAT:
        place = np.rad2deg(distance / RADIUS_KM), RADIUS_KM * (1 - np.exp(-depth / RADIUS_KM))
        assert float(pamir.times("P", *place)) == pytest.approx(p_s, abs=0.006)
        assert float(pamir.times("S", *place)) == pytest.approx(s_s, abs=0.015)
        assert float(ak135.times("P", *place)) == pytest.approx(ak135_s, abs=0.006)


@pytest.mark.parametrize("name", ["pamir70-v0", "sediments", "stairs", "soft-moho"])
def test_time_changes_with_place_as_a_wavefront_must(name: str) -> None:
    """Without shadows: farther is later; nowhere do times of neighbours differ by more than the slowest way between."""
    earth = earth_model(name) if name not in OWN else parse_earth(OWN[name], name, "here")
    model = travel_times(earth)
    distance, depth = np.meshgrid(np.arange(0, 13.9, 0.013), np.r_[np.arange(0, 12, 0.1), np.arange(12, 310, 0.7)])
    slowest = {phase: 1 / earth.velocity(phase).min() for phase in "PS"}
    found = {phase: model.times(phase, distance, depth) for phase in "PS"}
    for phase, times in found.items():
        across, along = np.diff(times, axis=0), np.diff(times, axis=1)
        assert along.min() > -1e-4
        assert along.max() < 0.013 * np.deg2rad(RADIUS_KM) * slowest[phase] + 1e-4
        assert np.all(np.abs(across) < np.diff(depth, axis=0) * slowest[phase] + 1e-4)
    assert np.all(found["S"][1:] > 1.5 * found["P"][1:])


def test_shadows_of_a_slow_layer_are_filled() -> None:
    """Where no ray comes, the wave that creeps along the layer above does; never before that of a faster Earth."""
    rows = [line.split() for line in OWN["slow-layer"].splitlines()]
    filled = "\n".join(" ".join(row) for row in rows if row[:2] not in (["12", "5.6000"], ["20", "5.7000"]))
    slow = travel_times(parse_earth(OWN["slow-layer"], "slow", "here"))
    fast = travel_times(parse_earth(filled, "fast", "here"))
    distance, depth = np.meshgrid(np.linspace(0, 13, 400), np.linspace(0, 300, 151))
    for phase, latest_s in (("P", 230.0), ("S", 420.0)):
        times = slow.times(phase, distance, depth)
        assert np.all(times > fast.times(phase, distance, depth) - 2e-3)
        assert times.max() < latest_s


def test_tables_follow_the_file_and_not_its_name(tmp_path: Path) -> None:
    path, cache = tmp_path / "crust.txt", tmp_path / "tables"
    path.write_text("0 6.0 3.5\n60 6.0 3.5\n")
    before = travel_times(str(path), cache)
    path.write_text("0 5.0 2.9\n60 5.0 2.9\n")
    after = travel_times(str(path), cache)
    assert (before.name, after.name, before.digest == after.digest) == ("crust", "crust", False)
    assert float(before.times("P", 0.0, 30.0)) == pytest.approx(5.0, abs=1e-3)
    assert float(after.times("P", 0.0, 30.0)) == pytest.approx(6.0, abs=1e-3)
    assert len(list(cache.iterdir())) == 2
    assert same(travel_times(str(path), cache), after)


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

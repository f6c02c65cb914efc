"""Tables of travel times against ObsPy's TauP, ray by ray."""

from pathlib import Path
from typing import Any

import numpy as np
import obspy.taup
import pytest
from obspy.taup import TauPyModel
from obspy.taup.taup_create import build_taup_model

from seismonet.models.earth import BUILT_IN, END_KM, Earth, parse_earth, read_earth
from seismonet.models.traveltime import travel_times
from tests.support.earths import OWN

PHASES = {"P": ("p", "P", "Pn", "Pg"), "S": ("s", "S", "Sn", "Sg")}
LIMIT_S = 0.005
DATA = Path(obspy.taup.__file__).parent / "data"

# degrees, km: where two branches cross, and beside the discontinuities
KINKS = [
    (1.0643, 23.478),
    (0.5878, 34.798),
    (13.39, 193.345),
    (11.881, 90.513),
    (9.828, 202.97),
    (13.2, 309.0),
    (0.38, 20.48),
    (0.427, 35.47),
    (0.366, 19.999),
    (8.0, 119.5),
    (8.005, 100.0),
    (9.169, 119.83),
    (9.53, 205.79),
]


def random_places(seed: int, count: int) -> list[tuple[float, float]]:
    """Half anywhere in the table, half where most earthquakes and stations are."""
    rng = np.random.default_rng(seed)
    far = np.c_[rng.uniform(0, 13.99, count // 2), rng.uniform(0, 310, count // 2)]
    near = np.c_[rng.uniform(0, 4, count - count // 2), rng.uniform(0, 60, count - count // 2)]
    return [(float(distance), float(depth)) for distance, depth in np.concatenate([far, near])]


def taup_of(earth: Earth, folder: Path) -> TauPyModel:
    """TauP's model of the same Earth: below what our tables need, that of ak135."""
    rows = np.c_[earth.depth_km, earth.p_km_s, earth.s_km_s, np.full(len(earth.depth_km), 3.0)]
    below = np.loadtxt(DATA / "ak135.tvel", skiprows=2)
    rows = np.concatenate([rows[rows[:, 0] <= END_KM], below[below[:, 0] > END_KM]])
    lines = [f"{depth:.6f} {p:.8f} {s:.8f} {density:.4f}" for depth, p, s, density in rows]
    path = folder / f"{earth.name}.tvel"
    path.write_text("\n".join(["P", "S", *lines, ""]))
    build_taup_model(str(path), str(folder), verbose=False)
    return TauPyModel(str(path.with_suffix(".npz")))


def errors(earth: Earth, taup: Any, places: list[tuple[float, float]]) -> dict[str, float]:
    """How much later than TauP's first arrivals ours are, s, by phase and place; only where TauP has a ray."""
    model, found = travel_times(earth), {}
    for distance, depth in places:
        arrivals = taup.get_travel_times(depth, distance, [*PHASES["P"], *PHASES["S"]])
        for phase, names in PHASES.items():
            times = [arrival.time for arrival in arrivals if arrival.name in names]
            if times:
                late = float(model.times(phase, distance, depth)) - min(times)
                found[f"{phase} at {distance} degrees from {depth} km"] = late
    assert len(found) > 1.2 * len(places)
    return found


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("iasp91", random_places(1, 120)),
        ("iasp91", KINKS),
        ("ak135", random_places(2, 40)),
        ("ak135", KINKS),
    ],
    ids=["iasp91", "iasp91 at kinks", "ak135", "ak135 at kinks"],
)
def test_first_arrivals_are_taups_within_5_ms(name: str, places: list[tuple[float, float]]) -> None:
    found = errors(BUILT_IN[name], TauPyModel(name), places)
    assert len(found) == 2 * len(places)
    assert {place: late for place, late in found.items() if abs(late) > LIMIT_S} == {}


@pytest.mark.parametrize(
    ("name", "count", "depths", "limit_s"),
    [
        ("pamir70-v0", 50, [9.99, 10.01, 39.9, 40.1, 69.9, 70.1], LIMIT_S),
        ("sediments", 30, [0.01, 1.99, 2.01, 4.9, 5.1], 2 * LIMIT_S),
        ("stairs", 8, [], 2 * LIMIT_S),
    ],
)
def test_those_of_other_layers_are_too(
    name: str, count: int, depths: list[float], limit_s: float, tmp_path: Path
) -> None:
    """10 ms for any layers, 5 ms for those of the Pamir."""
    earth = BUILT_IN.get(name) or parse_earth(OWN[name], name, "here")
    places = random_places(3, count) + [(distance, depth) for depth in depths for distance in (0.05, 0.7, 1.3, 3.1)]
    found = errors(earth, taup_of(earth, tmp_path), places)
    assert {place: late for place, late in found.items() if abs(late) > limit_s} == {}


def test_below_a_slow_layer_they_are_never_later(tmp_path: Path) -> None:
    """In a shadow TauP has but late reflections, where ours have the wave that creeps along the layer above."""
    earth = parse_earth(OWN["slow-layer"], "slow-layer", "here")
    found = errors(earth, taup_of(earth, tmp_path), random_places(6, 30))
    assert max(found.values()) <= LIMIT_S
    assert sum(late >= -LIMIT_S for late in found.values()) > 0.7 * len(found)


@pytest.mark.parametrize("name", ["iasp91", "ak135"])
def test_the_built_in_models_are_those_that_taup_has(name: str) -> None:
    ours, theirs = BUILT_IN[name], read_earth(DATA / f"{name}.tvel")
    rows = len(ours.depth_km)
    for attribute in ("depth_km", "p_km_s", "s_km_s"):
        assert np.array_equal(getattr(ours, attribute), getattr(theirs, attribute)[:rows])

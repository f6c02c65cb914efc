"""Tables of travel times against ObsPy's TauP, ray by ray."""

from pathlib import Path

import numpy as np
import pytest
from obspy.taup import TauPyModel

from seismonet.models.traveltime import travel_times

PHASES = {"P": ("p", "P", "Pn", "Pg"), "S": ("s", "S", "Sn", "Sg")}
LIMIT_S = 0.005

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
]


def random_places(seed: int, count: int) -> list[tuple[float, float]]:
    """Half anywhere in the table, half where most earthquakes and stations are."""
    rng = np.random.default_rng(seed)
    far = np.c_[rng.uniform(0, 13.99, count // 2), rng.uniform(0, 310, count // 2)]
    near = np.c_[rng.uniform(0, 4, count - count // 2), rng.uniform(0, 60, count - count // 2)]
    return [(float(distance), float(depth)) for distance, depth in np.concatenate([far, near])]


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("iasp91", random_places(1, 200)),
        ("iasp91", KINKS),
        ("ak135", random_places(2, 40)),
        ("ak135", KINKS),
    ],
    ids=["iasp91", "iasp91 at kinks", "ak135", "ak135 at kinks"],
)
def test_first_arrivals_are_taups_within_5_ms(
    name: str, places: list[tuple[float, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    model, taup = travel_times(name, _cache(tmp_path_factory)), TauPyModel(name)
    for distance, depth in places:
        arrivals = taup.get_travel_times(depth, distance, [*PHASES["P"], *PHASES["S"]])
        for phase, names in PHASES.items():
            first = min(arrival.time for arrival in arrivals if arrival.name in names)
            error = float(model.times(phase, distance, depth)) - first
            assert abs(error) <= LIMIT_S, f"{phase} at {distance} degrees from {depth} km: {error * 1000:.1f} ms off"


def _cache(factory: pytest.TempPathFactory) -> Path:
    path = factory.getbasetemp() / "tables-beside-taup"
    path.mkdir(exist_ok=True)
    return path

"""The map of a network is a picture, of whatever network."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from seismonet.core.inventory import OPEN_END_NS, ChannelTable, Station
from seismonet.reports.map import draw_map


def network(*places: tuple[float, float]) -> ChannelTable:
    return ChannelTable.of(
        [Station("XX", f"S{k:02d}", 0, OPEN_END_NS, *place, 0.0, f"place {k}") for k, place in enumerate(places)], []
    )


CROWD = tuple((19.0 + 0.02 * (k // 20), -155.0 + 0.02 * (k % 20)) for k in range(400))


@pytest.mark.parametrize(
    "places",
    [
        ((38.0, 72.0),),
        ((38.0, 72.0), (38.5, 74.0), (37.5, 71.5)),
        ((38.0, 72.0), (38.0, 78.0)),
        ((30.0, 72.0), (40.0, 72.0)),
        ((-38.0, -72.0), (-38.0, -72.0)),
        ((89.9, 10.0), (89.9, 100.0)),
        CROWD,
    ],
    ids=["one", "three", "flat", "tall", "same", "pole", "crowd"],
)
def test_any_network_is_drawn_in_bounded_size(tmp_path: Path, places: tuple[tuple[float, float], ...]) -> None:
    path = tmp_path / "map.png"
    draw_map(network(*places), path)
    height, width = imread(path).shape[:2]
    assert width == 1040
    assert 350 < height < 2000


def marks(path: Path) -> int:
    """Number of pixels in the colour of stations."""
    image = imread(path)[..., :3]
    return int((np.abs(image - np.array([0xC1, 0x44, 0x0E]) / 255).max(axis=-1) < 0.05).sum())


def test_each_station_has_a_mark(tmp_path: Path) -> None:
    draw_map(network((38.0, 72.0)), tmp_path / "one.png")
    draw_map(network((38.0, 72.0), (38.5, 74.0), (37.5, 71.5)), tmp_path / "three.png")
    assert marks(tmp_path / "one.png") > 50
    assert marks(tmp_path / "three.png") == pytest.approx(3 * marks(tmp_path / "one.png"), rel=0.15)


def text(tmp_path: Path, table: ChannelTable) -> str:
    draw_map(table, tmp_path / "map.svg")
    return (tmp_path / "map.svg").read_text("utf-8")


def test_names_distances_and_scale_are_written(tmp_path: Path) -> None:
    drawn = text(tmp_path, network((38.2733, 72.6042), (38.1702, 73.9667), (37.5423, 71.6804)))
    for words in ("XX.S00", "place 1", "120 km", "115 km", "213 km", "50 km", "3 stations of XX"):
        assert f"<!-- {words} -->" in drawn
    assert "km" in text(tmp_path, network((38.0, 72.0)))


def test_in_a_crowd_no_name_covers_another(tmp_path: Path) -> None:
    drawn = text(tmp_path, network(*CROWD))
    named = sum(f"<!-- S{k:02d} -->" in drawn for k in range(400))
    assert 20 < named < 200

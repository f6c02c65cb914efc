"""``seismonet.shaking``: the forecast of an alert in a notebook."""

from pathlib import Path

import pytest

import seismonet
from seismonet.core.errors import QueryError
from seismonet.core.event import Event, Magnitude, Origin
from seismonet.core.target import Target
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.warn.shaking import ShakingParams, forecast
from tests.warn.sources import origin

TARGETS = (Target("far & away", "town", 39.5, 73.0), Target("near", "village", 38.2, 72.1))
SIZE = Magnitude(6.0, "ML", 0.2, ())


def event(source: Origin, size: Magnitude | None = SIZE) -> Event:
    return Event("0123", 2, source.time_ns + 15 * 10**9, source, size, "status")


def test_it_is_the_forecast_of_the_event() -> None:
    source = origin()
    found = seismonet.shaking(event(source), TARGETS)
    model = travel_times("iasp91", cache_dir())
    assert tuple(found) == forecast(source, SIZE, TARGETS, model, source.time_ns + 15 * 10**9, ShakingParams())
    assert isinstance(found, tuple)
    assert seismonet.shaking(event(source, None), TARGETS) == ()


def test_it_prints_as_a_table() -> None:
    found = seismonet.shaking(event(origin()), TARGETS)
    head, near, far = repr(found).splitlines()
    assert head.startswith("target")
    assert near.startswith("near")
    assert near.endswith("blind zone")
    assert f"{found[1].intensity:.1f} ± {found[1].sd:.1f}" in far
    assert "<td>far &amp; away</td>" in found._repr_html_()


def test_targets_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("name,kind,latitude,longitude\nA,dam,38,72\n", "utf-8")
    assert [one.target for one in seismonet.shaking(event(origin()), path)] == ["A"]
    assert len(seismonet.shaking(event(origin()))) == 32


def test_a_model_of_ones_own_must_be_given() -> None:
    source = Origin(0, 38.0, 72.0, 10.0, 0.5, 3.0, 5.0, 0.3, 90.0, 30.0, (), "crust")
    with pytest.raises(QueryError, match="event 0123 was located with the model 'crust'; give it as model="):
        seismonet.shaking(event(source), TARGETS)
    assert seismonet.shaking(event(source), TARGETS, model=travel_times("ak135", cache_dir()))

"""A pipeline that is saved and loaded goes on as if nothing had happened, bit for bit."""

import io
from dataclasses import fields, replace

import numpy as np
import pytest

from seismonet.core.errors import FormatError
from seismonet.core.target import Target
from seismonet.core.waveform import Receipts
from seismonet.detect.assemble import AssembleParams
from seismonet.feed import steps
from seismonet.models.corrections import StationCorrections
from seismonet.models.traveltime import TravelTimes
from seismonet.pipeline import Output, Pipeline, PipelineParams
from tests.support.receipts import table

from .test_one_order import PLACES, TARGETS, model, outcome, recorded  # noqa: F401 (a fixture)

PARTS = tuple(one.name for one in fields(Output))


def through_a_file(pipeline: Pipeline) -> dict[str, np.ndarray]:
    """What a snapshot is after it was written and read."""
    file = io.BytesIO()
    np.savez(file, **pipeline.save())
    file.seek(0)
    with np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored}


def interrupted(receipts: Receipts, every: int, model: TravelTimes, targets: tuple[Target, ...]) -> Output:  # noqa: F811
    """The outcome when the process is replaced by a new one at every so many steps of 0.7 s."""
    pipeline, whole = Pipeline(table(PLACES), model, targets=targets), Output()
    for number, (batch, tick) in enumerate(steps(receipts, 0.7)):
        part = pipeline.step(batch, tick)
        for name in PARTS:
            getattr(whole, name).extend(getattr(part, name))
        if number % every == every - 1:
            saved = through_a_file(pipeline)
            pipeline = Pipeline(table(PLACES), model, targets=targets)
            assert pipeline.load(saved) == len(PLACES)
    return whole


@pytest.mark.parametrize(("every", "targets"), [(1, TARGETS), (7, ())])
def test_a_restart_at_any_step_changes_nothing(every: int, targets: tuple[Target, ...], model: TravelTimes) -> None:  # noqa: F811
    receipts = recorded([173, 100, 251])
    undisturbed = outcome(receipts, 20.0, model, targets)
    assert undisturbed.alerts
    assert interrupted(receipts, every, model, targets) == undisturbed


def halfway(model: TravelTimes) -> Pipeline:  # noqa: F811
    pipeline = Pipeline(table(PLACES), model)
    for number, (batch, tick) in enumerate(steps(recorded([200]), 5.0)):
        pipeline.step(batch, tick)
        if number == 16:
            break
    return pipeline


def test_channels_come_and_go(model: TravelTimes) -> None:  # noqa: F811
    """A station less and one more: those that stayed go on, armed; the new one begins."""
    saved = halfway(model).save()
    places = {code: place for code, place in PLACES.items() if code != "XX.B"} | {"XX.E": (38.5, 72.0)}
    pipeline = Pipeline(table(places), model)
    assert pipeline.load(saved) == 3
    assert pipeline.network.monitor.can_contribute("XX.A")
    assert not pipeline.network.monitor.can_contribute("XX.E")


def test_a_channel_whose_metadata_changed_begins_anew(model: TravelTimes) -> None:  # noqa: F811
    saved = halfway(model).save()
    changed = table(PLACES)
    first = changed.channels[0]
    channels = [replace(first, sensitivity=2 * first.sensitivity), *changed.channels[1:]]
    assert Pipeline(type(changed).of(changed.stations, channels), model).load(saved) == len(PLACES) - 1


def test_a_snapshot_of_other_parameters_is_refused(model: TravelTimes) -> None:  # noqa: F811
    other = Pipeline(table(PLACES), model, PipelineParams(assemble=AssembleParams(reorder_s=3.0)))
    with pytest.raises(FormatError, match="other parameters"):
        other.load(halfway(model).save())


def test_so_is_one_of_other_travel_times(model: TravelTimes) -> None:  # noqa: F811
    """Another Earth by the same name, as a file that was changed, or other station corrections."""
    saved = halfway(model).save()
    faster = replace(model, digest="another file")
    slower = StationCorrections({("XX.A", "P"): (0.1, 0.0, 0.0)})
    for other in (Pipeline(table(PLACES), faster), Pipeline(table(PLACES), model, None, slower)):
        with pytest.raises(FormatError, match="other parameters"):
            other.load(saved)


def test_bytes_that_are_no_snapshot_are_refused(model: TravelTimes) -> None:  # noqa: F811
    with pytest.raises(FormatError, match="no snapshot"):
        Pipeline(table(PLACES), model).load({"plain": np.zeros(3, dtype=np.uint8)})


def test_an_event_told_before_a_restart_goes_on_as_itself(model: TravelTimes) -> None:  # noqa: F811
    """Without any snapshot: the same earthquake found anew is the event that was told, and no new alert."""
    first = outcome(recorded([200]), 20.0, model)
    told, alert = first.events[-1], first.alerts[-1]
    renamed = replace(told, id="before"), replace(alert, event_id="before")
    pipeline, alerts, events = Pipeline(table(PLACES), model), [], []
    pipeline.network.remember([renamed[0]], [renamed[1]])
    for batch, tick in steps(recorded([173]), 5.0):
        output = pipeline.step(batch, tick)
        events += output.events
        alerts += output.alerts
    assert {event.id for event in events} == {"before"}
    assert min(event.version for event in events) == told.version + 1
    assert "new" not in {one.kind for one in alerts}

"""Nothing depends on how receipts are batched: picks, events, alerts and statuses are the same, bit for bit."""

import numpy as np
import pytest

from seismonet.core.sourceid import SourceId
from seismonet.core.target import Target
from seismonet.core.waveform import Receipt, Receipts, Tick
from seismonet.feed import in_order, steps
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.pipeline import Output, Pipeline
from tests.support.receipts import cut, samples_with_onsets, table

PLACES = {"XX.A": (38.0, 72.0), "XX.B": (38.3, 72.4), "XX.C": (38.2, 71.7), "XX.D": (37.8, 72.3)}
DELAYS_S = {"XX.A": 2.74, "XX.B": 6.9, "XX.C": 7.0, "XX.D": 6.03}


@pytest.fixture(scope="module")
def model() -> TravelTimes:
    return travel_times("iasp91", cache_dir())


def recorded(lengths: list[int]) -> Receipts:
    """Four stations and an earthquake 60 s into the data; one channel has a gap, one repeats records."""
    found: list[Receipt] = []
    for k, (code, delay_s) in enumerate(DELAYS_S.items()):
        network, station = code.split(".")
        samples = samples_with_onsets(15_000, {6000 + round(delay_s * 100): 60.0}, seed=k)
        receipts = cut(SourceId(network, station, "00", "HHZ"), samples, lengths)
        if k == 2:
            del receipts[4:7]
        if k == 3:
            receipts.insert(9, receipts[8])
        found += receipts
    return in_order([Receipts.of(found)])


TARGETS = (Target("Town", "town", 38.1, 72.2, population=9000), Target("Dam", "dam", 38.6, 72.9))


def outcome(receipts: Receipts, span_s: float, model: TravelTimes, targets: tuple[Target, ...] = ()) -> Output:
    pipeline = Pipeline(table(PLACES), model, targets=targets)
    whole = Output()
    for batch, tick in steps(receipts, span_s):
        part = pipeline.step(batch, tick)
        for name in ("picks", "amplitudes", "events", "alerts", "decisions", "statuses", "rejections", "changes"):
            getattr(whole, name).extend(getattr(part, name))
    return whole


@pytest.mark.parametrize("span_s", [0.3, 5.0, 200.0])
def test_the_span_of_a_step_changes_nothing(span_s: float, model: TravelTimes) -> None:
    receipts = recorded([173, 100, 251])
    whole = outcome(receipts, 20.0, model, TARGETS)
    assert outcome(receipts, span_s, model, TARGETS) == whole
    assert {one.audience for one in whole.decisions} == {"public", "civil_defence", "operator", "siren"}


def test_what_arrives_at_once_handed_over_moment_by_moment_is_the_same(model: TravelTimes) -> None:
    receipts = recorded([200])
    pipeline = Pipeline(table(PLACES), model)
    alerts = []
    for moment_ns in np.unique(receipts.received_ns).tolist():
        alerts += pipeline.step(receipts.select(receipts.received_ns == moment_ns), Tick(moment_ns)).alerts
    assert alerts
    assert alerts == outcome(receipts, 20.0, model).alerts[: len(alerts)]


def test_live_order_and_whole_files_give_identical_picks(model: TravelTimes) -> None:
    """Packets of two seconds as they come, against each channel in one piece."""

    def content(output: Output) -> list[tuple[object, ...]]:
        return sorted({(p.id, p.nslc, p.time_ns, p.uncertainty_s, p.snr) for p in output.picks if p.version == 1})

    names = {code: SourceId(*code.split("."), "00", "HHZ") for code in PLACES}
    samples = {c: samples_with_onsets(15_000, {6000 + round(d * 100): 60.0}, seed=3) for c, d in DELAYS_S.items()}
    live = in_order([Receipts.of([r for c in PLACES for r in cut(names[c], samples[c], [200])])])
    whole = in_order([Receipts.of([r for c in PLACES for r in cut(names[c], samples[c], [15_000])])])
    assert content(outcome(live, 20.0, model)) == content(outcome(whole, 20.0, model))
    assert len(content(outcome(live, 20.0, model))) >= 4


def test_the_earthquake_is_found_alerted_and_tied_to_a_status(model: TravelTimes) -> None:
    output = outcome(recorded([173, 100, 251]), 20.0, model)
    assert next(alert.kind for alert in output.alerts) == "new"
    assert output.alerts[0].stations >= 3
    ids = {status.id for status in output.statuses}
    assert {event.network_status for event in output.events} <= ids
    assert {alert.network_status for alert in output.alerts} <= ids
    onsets = {p.nslc: p.time_ns for p in output.picks if p.version == 1}
    assert len(onsets) == 4
    true = {f"{c}.00.HHZ": 6000 + round(d * 100) for c, d in DELAYS_S.items()}
    from tests.support.receipts import T0_NS

    errors = [abs(onsets[name] - T0_NS - at * 10_000_000) / 1e9 for name, at in true.items()]
    assert np.max(errors) < 0.1

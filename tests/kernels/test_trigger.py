"""Triggers, by hand and against the definition followed sample by sample."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.kernels.trigger import (
    Crossings,
    TriggerLengths,
    detect,
    hysteresis,
    hysteresis_initial,
    trigger_initial,
)

OFF, ON, AGAIN = "off", "on", "again"


def told(found: Crossings) -> list[tuple[int, int, str]]:
    kinds = [AGAIN if again else ON if on else OFF for on, again in zip(found.on, found.again, strict=True)]
    return list(zip(found.index.tolist(), found.row.tolist(), kinds, strict=True))


def defined(energies: list[float], lengths: TriggerLengths, on: float, off: float) -> list[tuple[int, str]]:
    """The trigger of one row as its documentation says it, one sample after the other."""
    keep_sta, keep_lta = 1 - 1 / lengths.nsta, 1 - 1 / lengths.nlta
    sta = lta = 0.0
    lta_seen, triggered, held = 0, False, 0
    cells: list[float] = []
    found: list[tuple[int, str]] = []
    for k, value in enumerate(energies):
        sta = keep_sta * sta + value / lengths.nsta
        young_sta = 1 - keep_sta ** (k + 1)
        if not triggered:
            lta, lta_seen = keep_lta * lta + value / lengths.nlta, lta_seen + 1
            young_lta = 1 - keep_lta**lta_seen
            if k >= lengths.arm and sta > 0 and sta * young_lta >= on * lta * young_sta:
                triggered, held, cells = True, 0, [0.0, 0.0, sta]
                found.append((k, ON))
            continue
        young_lta = 1 - keep_lta**lta_seen
        held += 1
        if sta < off * lta / young_lta * young_sta or held == lengths.hold:
            if not sta < off * lta / young_lta * young_sta:
                lta = sta / young_sta * young_lta
            triggered = False
            found.append((k, OFF))
        elif cells[0] > 0 and sta >= lengths.again * cells[0]:
            held, cells = 0, [0.0, 0.0, sta]
            found.append((k, AGAIN))
        else:
            cells[2] = max(cells[2], sta)
            if held % lengths.lag == 0:
                cells = [max(cells[0], cells[1]), cells[2], 0.0]
    return found


@given(
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from([0.5, 1.0, 6.0, 40.0, 700.0])), min_size=1, max_size=12),
    st.integers(2, 5),
    st.integers(8, 40),
    st.integers(5, 120),
    st.integers(0, 30),
    st.integers(2, 15),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=150, deadline=None)
def test_detect_does_what_is_said(
    stretches: list[tuple[int, float]], nsta: int, nlta: int, hold: int, arm: int, lag: int, seed: int
) -> None:
    loudness = np.concatenate([np.full(n, level) for n, level in stretches])
    energies = loudness * np.random.default_rng(seed).uniform(0.6, 1.4, size=(2, len(loudness)))
    lengths = TriggerLengths(nsta, nlta, hold, arm, lag, again=4.0)
    found, state = detect(energies, trigger_initial(2), lengths, np.array([4.0, 2.5]), np.array([1.5, 2.0]))
    one = [(k, 0, kind) for k, kind in defined(energies[0].tolist(), lengths, 4.0, 1.5)]
    two = [(k, 1, kind) for k, kind in defined(energies[1].tolist(), lengths, 2.5, 2.0)]
    assert told(found) == sorted(one + two)
    assert state.seen.tolist() == [len(loudness)] * 2


LENGTHS = TriggerLengths(nsta=2, nlta=20, hold=100, arm=20)


def of_levels(*stretches: tuple[int, float]) -> np.ndarray:
    return np.concatenate([np.full(n, level) for n, level in stretches])[None]


def alone(energies: np.ndarray, lengths: TriggerLengths = LENGTHS) -> list[tuple[int, str]]:
    found, _ = detect(energies, trigger_initial(1), lengths, np.array([5.0]), np.array([2.0]))
    return [(index, kind) for index, _, kind in told(found)]


def test_on_and_off_by_hand() -> None:
    # at the first loud sample sta is 50.5 and lta 5.95, which is frozen; then sta is 96.9 at the last loud one, and
    # 49, 25, 13 and 7 behind it, which is less than twice 5.95 (but for what the averages lack by their youth)
    assert alone(of_levels((50, 1.0), (5, 100.0), (50, 1.0))) == [(50, ON), (58, OFF)]


def test_no_trigger_before_it_is_armed() -> None:
    late = TriggerLengths(nsta=2, nlta=20, hold=100, arm=60)
    energies = of_levels((50, 1.0), (5, 100.0), (50, 1.0))
    assert alone(energies, late) == []
    assert alone(np.concatenate([of_levels((20, 1.0)), energies], axis=1), late)[0] == (70, ON)


def test_the_long_average_is_frozen_while_triggered() -> None:
    """A long loud stretch does not raise the level that it must fall below."""
    energies = of_levels((200, 1.0), (90, 30.0), (40, 6.0), (40, 1.0))
    (begin, _), (end, _) = alone(energies, TriggerLengths(nsta=2, nlta=20, hold=1000, arm=20))
    assert begin == 200
    assert 330 <= end < 335


def test_a_trigger_ends_when_held_too_long_and_the_new_level_is_the_background() -> None:
    energies = of_levels((200, 1.0), (1000, 30.0), (20, 4000.0))
    # the level of 30 is left alone once it has become the background; 4000 is not
    assert alone(energies) == [(200, ON), (300, OFF), (1200, ON)]


def test_a_much_larger_burst_while_triggered_is_a_new_trigger() -> None:
    lengths = TriggerLengths(nsta=2, nlta=20, hold=400, arm=20, lag=10, again=100.0)
    energies = of_levels((200, 1.0), (100, 30.0), (50, 9000.0), (100, 1.0))
    kinds = [kind for _, kind in alone(energies, lengths)]
    assert kinds == [ON, AGAIN, OFF]
    assert [kind for _, kind in alone(energies)] == [ON, OFF]


def test_a_dead_channel_does_not_trigger() -> None:
    assert alone(np.zeros((1, 500))) == []


def test_crossings_are_sorted_by_sample_then_row() -> None:
    burst = of_levels((50, 1.0), (5, 100.0), (50, 1.0))
    energies = np.concatenate([burst, np.roll(burst, -5), burst])
    found, state = detect(energies, trigger_initial(3), LENGTHS, np.full(3, 5.0), np.full(3, 2.0))
    assert [entry[:2] for entry in told(found)] == sorted(entry[:2] for entry in told(found))
    assert [entry[1] for entry in told(found)] == [1, 0, 2, 1, 0, 2]
    assert not state.on.any()


def test_thresholds_belong_to_rows() -> None:
    burst = of_levels((50, 1.0), (5, 20.0), (50, 1.0))
    found, _ = detect(np.repeat(burst, 2, axis=0), trigger_initial(2), LENGTHS, np.array([5.0, 50.0]), np.full(2, 2.0))
    assert {row for _, row, _ in told(found)} == {0}


def test_lengths_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="nsta"):
        alone(np.ones((1, 5)), TriggerLengths(nsta=20, nlta=20, hold=1, arm=1))


def test_hysteresis_by_hand() -> None:
    ratio = np.array([[0.0, 5.0, 3.0, 2.0, 1.9, 5.0], [4.0, 0.0, 4.0, 4.0, 4.0, 0.0]])
    found, state = hysteresis(ratio, hysteresis_initial(2), on=4.0, off=2.0)
    assert told(found) == [
        (0, 1, ON), (1, 0, ON), (1, 1, OFF), (2, 1, ON), (4, 0, OFF), (5, 0, ON), (5, 1, OFF)
    ]  # fmt: skip
    assert state.on.tolist() == [True, False]
    found, state = hysteresis(np.array([[3.0, 1.0], [3.0, 3.0]]), state, on=4.0, off=2.0)
    assert told(found) == [(1, 0, OFF)]

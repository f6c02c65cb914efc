"""What every kernel promises: any cut and any grouping of rows give the same bits, arguments are left alone, a state
may go through a file in mid-stream, and a row that is reset is as new.

A sample-recursive kernel is entered in ``STREAMING``, a window kernel in ``WINDOWS``; the tests know no names.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.kernels.filter import (
    IntegratorState,
    bandpass_sos,
    demean,
    demean_initial,
    filter_initial,
    highpass_sos,
    integrate,
    sos_filter,
)
from seismonet.kernels.onset import aic, aic_onset
from seismonet.kernels.stalta import (
    classic_initial,
    classic_sta_lta,
    energy,
    energy_initial,
    sta_lta,
    stalta_initial,
)
from seismonet.kernels.state import from_arrays, grow, put, take, to_arrays
from seismonet.kernels.trigger import (
    Crossings,
    TriggerLengths,
    detect,
    hysteresis,
    hysteresis_initial,
    trigger_initial,
)
from seismonet.kernels.woodanderson import wood_anderson

BAND, HIGH = bandpass_sos(1.0, 20.0, 100.0), highpass_sos(0.5, 50.0)
LENGTHS = TriggerLengths(nsta=3, nlta=20, hold=40, arm=15, lag=5, again=6.0)
N = 160


@dataclass(frozen=True)
class Streaming:
    """A kernel as ``step(samples, state) -> (answer, state)`` and the state before ``first`` (rows,) samples."""

    initial: Callable[[np.ndarray], Any]
    step: Callable[[np.ndarray, Any], tuple[Any, Any]]
    squares: bool = False


def _detect(energies: np.ndarray, state: Any) -> tuple[Any, Any]:
    rows = len(energies)
    return detect(energies, state, LENGTHS, np.full(rows, 3.0), np.full(rows, 1.5))


STREAMING = {
    "band-pass": Streaming(lambda x: filter_initial(BAND, x), lambda x, s: sos_filter(x, s, sos=BAND)),
    "high-pass": Streaming(lambda x: filter_initial(HIGH, x), lambda x, s: sos_filter(x, s, sos=HIGH)),
    "integral": Streaming(
        lambda x: IntegratorState(x.copy(), np.zeros(len(x))), lambda x, s: integrate(x, s, dt_s=0.01)
    ),
    "demean": Streaming(lambda x: demean_initial(len(x)), lambda x, s: demean(x, s, n=7)),
    "energy": Streaming(lambda x: energy_initial(len(x)), lambda x, s: energy(x, s)),
    "sta/lta": Streaming(lambda x: stalta_initial(len(x)), lambda x, s: sta_lta(x, s, nsta=2, nlta=3), squares=True),
    "sta/lta uncorrected": Streaming(
        lambda x: stalta_initial(len(x)),
        lambda x, s: sta_lta(x, s, nsta=4, nlta=20, corrected=False),
        squares=True,
    ),
    "classic sta/lta": Streaming(
        lambda x: classic_initial(len(x), 21), lambda x, s: classic_sta_lta(x, s, nsta=4, nlta=21), squares=True
    ),
    "trigger": Streaming(lambda x: trigger_initial(len(x)), _detect, squares=True),
    "hysteresis": Streaming(
        lambda x: hysteresis_initial(len(x)), lambda x, s: hysteresis(x, s, on=2.0, off=0.5), squares=True
    ),
}

WINDOWS: dict[str, Callable[[np.ndarray], Any]] = {
    "aic": aic,
    "aic onset": lambda x: np.stack(aic_onset(x), axis=1),
    "wood anderson": lambda x: wood_anderson(x, rate_hz=100.0, quantity="velocity"),
}

streaming = pytest.mark.parametrize("name", STREAMING)
seeds = st.integers(0, 2**32 - 1)
cuts = st.lists(st.integers(1, N - 1), max_size=12).map(lambda at: [0, *sorted(set(at)), N])


def recording(seed: int, rows: int, squares: bool) -> np.ndarray:
    """Noise with bursts, a dead stretch and, at times, an offset: all that takes a branch somewhere."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, N)) * 10 ** rng.uniform(-3, 3, size=(rows, 1))
    for row in range(rows):
        for begin in rng.integers(0, N, size=3):
            x[row, begin : begin + int(rng.integers(1, 50))] *= 10 ** rng.uniform(0, 2.5)
        begin = int(rng.integers(0, 2 * N))
        x[row, begin : begin + 30] = 0.0
    x += rng.choice([0.0, 1e4], size=(rows, 1))
    return np.square(x) if squares else x


def answers(parts: list[tuple[int, np.ndarray, Any]], rows: int) -> np.ndarray:
    """One array of all answers: pieces (first sample, rows, answer) put where they belong."""
    whole = np.zeros((rows, N, 3))
    for first, own, answer in parts:
        if isinstance(answer, Crossings):
            at = own[answer.row], first + answer.index
            assert not whole[at].any()
            whole[at] = np.stack([np.ones(len(answer.row)), answer.on, answer.again], axis=1)
        else:
            whole[own, first : first + answer.shape[1], 0] = answer
    return whole


def at_once(kernel: Streaming, x: np.ndarray) -> tuple[np.ndarray, Any]:
    answer, state = kernel.step(x, kernel.initial(x[:, 0]))
    return answers([(0, np.arange(len(x)), answer)], len(x)), state


def same_bits(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return all(same_bits(getattr(one, part.name), getattr(other, part.name)) for part in fields(one))


def seal(*things: Any) -> None:
    """Whoever writes to one of these arrays gets an error."""
    for thing in things:
        for array in [thing] if isinstance(thing, np.ndarray) else [getattr(thing, one.name) for one in fields(thing)]:
            array.flags.writeable = False


@streaming
@given(seeds, cuts, st.lists(st.sampled_from([0, 1, 2]), min_size=4, max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_cut_and_any_grouping_of_rows_give_the_same_bits(
    name: str, seed: int, at: list[int], groups: list[int]
) -> None:
    kernel, rng = STREAMING[name], np.random.default_rng(seed)
    x = recording(seed, 4, kernel.squares)
    expected, final = at_once(kernel, x)
    owner, parts = kernel.initial(x[:, 0]), []
    for begin, end in pairwise(at):
        for group in rng.permutation(3):
            own = rng.permutation(np.flatnonzero(np.array(groups) == group))
            if len(own):
                answer, part = kernel.step(x[own, begin:end], take(owner, own))
                put(owner, own, part)
                parts.append((begin, own, answer))
    assert same_bits(answers(parts, 4), expected)
    assert same_bits(owner, final)


@streaming
@given(seeds, st.lists(st.integers(1, N - 1), min_size=2, max_size=4))
@settings(max_examples=15, deadline=None)
def test_rows_of_different_age_do_not_disturb_each_other(name: str, seed: int, ages: list[int]) -> None:
    """Each row begins alone, then all go on together."""
    kernel, rows = STREAMING[name], len(ages)
    x = recording(seed, rows, kernel.squares)
    expected = [at_once(kernel, x[row : row + 1]) for row in range(rows)]
    tail = min(N - age for age in ages)
    states = [kernel.step(x[row : row + 1, : N - tail], kernel.initial(x[row : row + 1, 0])) for row in range(rows)]
    together = states[0][1]
    for _, state in states[1:]:
        together = grow(together, state)
    older = np.arange(N - tail)
    answer, together = kernel.step(x[:, N - tail :], together)
    parts = [(0, np.array([row]), state[0]) for row, state in enumerate(states)]
    whole = answers([*parts, (len(older), np.arange(rows), answer)], rows)
    for row in range(rows):
        assert same_bits(whole[row], expected[row][0][0])
        assert same_bits(take(together, np.array([row])), expected[row][1])


@streaming
@given(seeds)
@settings(max_examples=5, deadline=None)
def test_arguments_are_left_alone(name: str, seed: int) -> None:
    kernel = STREAMING[name]
    x = recording(seed, 3, kernel.squares)
    first = kernel.initial(x[:, 0])
    seal(x, first)
    _, middle = kernel.step(x, first)
    before = to_arrays(take(middle, np.arange(3)), "")
    seal(middle)
    kernel.step(x, middle)
    assert all(same_bits(array, before[key]) for key, array in to_arrays(middle, "").items())


@streaming
def test_the_layout_of_the_samples_does_not_matter(name: str) -> None:
    kernel = STREAMING[name]
    x = recording(7, 4, kernel.squares)
    expected, _ = at_once(kernel, x)
    assert same_bits(at_once(kernel, np.asfortranarray(x))[0], expected)
    assert same_bits(at_once(kernel, np.repeat(x, 2, axis=1)[:, ::2])[0], expected)


@streaming
@given(seeds, st.integers(1, N - 1))
@settings(max_examples=10, deadline=None)
def test_a_state_may_go_through_a_file_in_mid_stream(name: str, seed: int, cut: int) -> None:
    kernel = STREAMING[name]
    x = recording(seed, 2, kernel.squares)
    before, state = kernel.step(x[:, :cut], kernel.initial(x[:, 0]))
    file = io.BytesIO()
    np.savez(file, **to_arrays(state, "own"))
    file.seek(0)
    with np.load(file) as stored:
        restored = from_arrays(type(state), stored, "own")
    after, state = kernel.step(x[:, cut:], restored)
    both = np.arange(2)
    expected, final = at_once(kernel, x)
    assert same_bits(answers([(0, both, before), (cut, both, after)], 2), expected)
    assert same_bits(state, final)


@streaming
@given(seeds)
@settings(max_examples=10, deadline=None)
def test_a_row_that_is_reset_is_as_new(name: str, seed: int) -> None:
    kernel, row = STREAMING[name], np.array([1])
    x = recording(seed, 3, kernel.squares)
    _, state = at_once(kernel, recording(seed + 1, 3, kernel.squares))
    put(state, row, kernel.initial(x[row, 0]))
    answer, state = kernel.step(x, state)
    expected, final = at_once(kernel, x[row])
    assert same_bits(answers([(0, np.arange(3), answer)], 3)[row], expected)
    assert same_bits(take(state, row), final)


@pytest.mark.parametrize("name", WINDOWS)
@given(seeds, st.integers(1, 6), st.integers(4, N))
@settings(max_examples=25, deadline=None)
def test_a_window_does_not_depend_on_the_windows_beside_it(name: str, seed: int, rows: int, n: int) -> None:
    kernel = WINDOWS[name]
    x = recording(seed, rows, False)[:, :n].copy()
    seal(x)
    together = kernel(x)
    assert same_bits(together, np.concatenate([kernel(x[row : row + 1]) for row in range(rows)]))
    assert same_bits(together, kernel(np.asfortranarray(x)))
    assert same_bits(together[::-1].copy(), kernel(x[::-1]))

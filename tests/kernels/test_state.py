"""The few functions that serve every state."""

import io

import numpy as np

from seismonet.kernels.stalta import StaLtaState
from seismonet.kernels.state import from_arrays, grow, put, take, to_arrays


def state_of(*values: float) -> StaLtaState:
    column = np.array(values)[:, None]
    return StaLtaState(column, column * 10, column[:, 0].astype(np.int64))


def test_take_copies_rows_and_put_writes_them_back() -> None:
    owner = state_of(1, 2, 3)
    part = take(owner, np.array([2, 0]))
    assert part.lta.tolist() == [[30.0], [10.0]]
    part.sta[:] = -1
    assert owner.sta.tolist() == [[1.0], [2.0], [3.0]]
    put(owner, np.array([2, 0]), state_of(7, 8))
    assert owner.sta.tolist() == [[8.0], [2.0], [7.0]]
    assert owner.seen.tolist() == [8, 2, 7]


def test_grow_adds_rows_behind() -> None:
    assert grow(state_of(1, 2), state_of(5)).seen.tolist() == [1, 2, 5]


def test_a_state_survives_a_file() -> None:
    file = io.BytesIO()
    np.savez(file, **to_arrays(state_of(1, 2), "d1"), **to_arrays(state_of(3), "d2"))
    file.seek(0)
    with np.load(file) as stored:
        back = from_arrays(StaLtaState, stored, "d1")
    assert back.sta.tolist() == [[1.0], [2.0]]
    assert back.seen.dtype == np.int64
    back.sta[0] = 9.0
    assert back.sta[0, 0] == 9.0

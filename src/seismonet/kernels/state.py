"""The few functions that serve the state of every kernel.

A state is a frozen dataclass of arrays with the channel on axis 0. ``put`` is the one function that writes in place:
into the arrays of a state that its owner keeps for all rows.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from seismonet.core.arrays import AnyArray, IntArray

State = TypeVar("State")


_KNOWN: dict[type[Any], tuple[str, ...]] = {}


def _names(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a state, looked up once: these functions run for every block."""
    if kind not in _KNOWN:
        _KNOWN[kind] = tuple(one.name for one in fields(kind))
    return _KNOWN[kind]


def take(state: State, rows: IntArray) -> State:
    """A copy of some rows.

    >>> from seismonet.kernels.stalta import stalta_initial
    >>> take(stalta_initial(3), np.array([0, 2])).sta.shape
    (2, 1)
    """
    return type(state)(*[getattr(state, name)[rows] for name in _names(type(state))])


def put(state: State, rows: IntArray, part: State) -> None:
    """Write the rows of ``part`` into ``state``, in place."""
    for name in _names(type(state)):
        getattr(state, name)[rows] = getattr(part, name)


def grow(state: State, more: State) -> State:
    """``state`` with the rows of ``more`` after its own."""
    parts = [np.concatenate([getattr(state, name), getattr(more, name)]) for name in _names(type(state))]
    return type(state)(*parts)


def to_arrays(state: Any, prefix: str) -> dict[str, AnyArray]:
    """The arrays of a state under names, for ``numpy.savez``."""
    return {f"{prefix}.{name}": getattr(state, name) for name in _names(type(state))}


def from_arrays(kind: type[State], arrays: Mapping[str, AnyArray], prefix: str) -> State:
    """A state from what ``to_arrays`` gave."""
    return kind(*[np.array(arrays[f"{prefix}.{name}"]) for name in _names(kind)])

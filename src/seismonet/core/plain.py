"""The words as plain values and back: what a snapshot is written with.

A value of known type becomes numbers, texts, lists and dicts that JSON can hold, and comes back as it was; a tree of
such values and arrays becomes a flat dict of arrays, as ``numpy.savez`` takes it. Nothing read here is executed.
"""

import base64
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, Union

import numpy as np

from .arrays import AnyArray
from .errors import FormatError
from .sourceid import SourceId

Tree = Mapping[str, Any]
PLAIN = "plain"


def to_plain(value: Any) -> Any:
    """A value as JSON can hold it.

    >>> to_plain((SourceId.parse("TJ.SAREZ.00.HHZ"), {1: "a"}, {3, 2}))
    ['TJ.SAREZ.00.HHZ', [[1, 'a']], [2, 3]]
    """
    if isinstance(value, SourceId):
        return value.nslc
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: to_plain(getattr(value, one.name)) for one in fields(value) if one.init}
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {"dtype": value.dtype.str, "shape": list(value.shape), "data": data}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return [[to_plain(key), to_plain(one)] for key, one in value.items()]
    if isinstance(value, set | frozenset):
        return sorted(to_plain(one) for one in value)
    if isinstance(value, list | tuple):
        return [to_plain(one) for one in value]
    return value


def from_plain(kind: Any, plain: Any) -> Any:
    """The value of a type, from what ``to_plain`` gave.

    >>> from_plain(tuple[SourceId, ...], ["TJ.SAREZ.00.HHZ"])[0].station
    'SAREZ'
    """
    if kind is SourceId:
        return SourceId.parse(plain)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: from_plain(hints[name], value) for name, value in plain.items()})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is np.ndarray:
        flat = np.frombuffer(base64.b64decode(plain["data"]), dtype=np.dtype(plain["dtype"]))
        return flat.reshape(plain["shape"]).copy()
    if origin in (Union, types.UnionType):
        if plain is None:
            return None
        return from_plain(next(one for one in arguments if one is not type(None)), plain)
    if origin is dict:
        return {from_plain(arguments[0], key): from_plain(arguments[1], one) for key, one in plain}
    if origin is tuple and arguments[-1] is not Ellipsis:
        return tuple(from_plain(part, one) for part, one in zip(arguments, plain, strict=True))
    if origin in (list, set, frozenset, tuple):
        return origin(from_plain(arguments[0], one) for one in plain)
    return plain


@lru_cache(maxsize=256)
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def flatten(tree: Tree) -> dict[str, AnyArray]:
    """A tree of dicts whose leaves are arrays or plain values, as named arrays.

    >>> sorted(flatten({"a": {"b": np.zeros(2)}, "n": 3}))
    ['a/b', 'plain']
    """
    arrays: dict[str, AnyArray] = {}
    plain: dict[str, Any] = {}
    _collect(tree, "", arrays, plain)
    text = json.dumps(plain, separators=(",", ":")).encode()
    return {**arrays, PLAIN: np.frombuffer(text, dtype=np.uint8)}


def _collect(tree: Tree, prefix: str, arrays: dict[str, AnyArray], plain: dict[str, Any]) -> None:
    for key, value in tree.items():
        if isinstance(value, dict):
            _collect(value, f"{prefix}{key}/", arrays, plain)
        elif isinstance(value, np.ndarray):
            arrays[prefix + key] = value
        else:
            plain[prefix + key] = value


def unflatten(arrays: Mapping[str, AnyArray]) -> dict[str, Any]:
    """The tree that ``flatten`` was given; FormatError when that is not what the arrays are."""
    try:
        plain = json.loads(np.asarray(arrays[PLAIN]).tobytes())
    except (KeyError, ValueError) as error:
        raise FormatError(f"no snapshot: {error}") from None
    tree: dict[str, Any] = {}
    for path, value in [*plain.items(), *((name, arrays[name]) for name in arrays if name != PLAIN)]:
        *above, name = path.split("/")
        place = tree
        for part in above:
            place = place.setdefault(part, {})
        place[name] = value
    return tree

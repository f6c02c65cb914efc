"""The rows of the processing: one for every channel, whatever its epochs."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from seismonet.core.inventory import OPEN_END_NS, Channel, ChannelTable, Station
from seismonet.core.plain import Tree
from seismonet.core.sourceid import SourceId

VERTICAL_DIP_DEG = 45.0


@dataclass(frozen=True, slots=True)
class Rows:
    """Row numbers of channels, and what each row's metadata say at a time.

    Attributes
    ----------
    source_ids : (rows,) in the order of the table
    epochs : (rows,) the epochs of each, by time
    vertical : (rows,) bool, component along the vertical (by dip, else by the code's last letter)
    acceleration : (rows,) bool
    """

    source_ids: tuple[SourceId, ...]
    epochs: tuple[tuple[Channel, ...], ...]
    vertical: BoolArray
    acceleration: BoolArray
    number: dict[SourceId, int] = field(repr=False)

    @classmethod
    def of(cls, table: ChannelTable) -> "Rows":
        """One row for every source id of the table."""
        by_name: dict[SourceId, list[Channel]] = {}
        for channel in table.channels:
            by_name.setdefault(channel.source_id, []).append(channel)
        names = tuple(sorted(by_name))
        epochs = tuple(tuple(sorted(by_name[name], key=lambda channel: channel.start_ns)) for name in names)
        return cls(
            names,
            epochs,
            np.array([_is_vertical(channels[-1]) for channels in epochs], dtype=bool),
            np.array([channels[-1].quantity == "acceleration" for channels in epochs], dtype=bool),
            {name: row for row, name in enumerate(names)},
        )

    def epoch(self, row: int, time_ns: int) -> Channel | None:
        """The epoch of a row at a time."""
        for channel in self.epochs[row]:
            if channel.covers(time_ns):
                return channel
        return None

    def __len__(self) -> int:
        return len(self.source_ids)


@dataclass(frozen=True, slots=True)
class SameRows:
    """Which rows of a saved state are which rows now: rows ``of`` the saved one go ``to`` rows of this one."""

    of: IntArray
    to: IntArray

    @classmethod
    def find(cls, saved: Tree, rows: Rows) -> "SameRows":
        """By name, where the channel's metadata are the same as then."""
        now = {key: row for row, key in enumerate(_keys(rows))}
        pairs = [(row, now[key]) for row, key in enumerate(saved["keys"]) if key in now]
        both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return cls(both[:, 0], both[:, 1])

    @property
    def number(self) -> dict[int, int]:
        """Saved row -> row now."""
        return dict(zip(self.of.tolist(), self.to.tolist(), strict=True))

    def copy(self, saved: AnyArray, kept: AnyArray) -> None:
        """Rows of a saved array into the array that is kept now."""
        kept[self.to] = saved[self.of]


def saved_rows(rows: Rows) -> dict[str, Any]:
    """What ``SameRows.find`` tells rows apart by."""
    return {"keys": _keys(rows)}


def _keys(rows: Rows) -> list[str]:
    return [hashlib.blake2b(repr(epochs).encode(), digest_size=12).hexdigest() for epochs in rows.epochs]


def _is_vertical(channel: Channel) -> bool:
    if np.isfinite(channel.dip_deg) and channel.source_id.subsource not in ("1", "2", "N", "E"):
        return abs(channel.dip_deg) > VERTICAL_DIP_DEG
    return channel.source_id.subsource == "Z"


def raw_table(source_ids: Iterable[SourceId]) -> ChannelTable:
    """A table for channels without metadata: raw units, no place.

    >>> len(raw_table([SourceId.parse("XX.ABC..HHZ")]))
    1
    """
    names = sorted(set(source_ids))
    stations = [
        Station(name.network, name.station, 0, OPEN_END_NS, np.nan, np.nan, 0.0)
        for name in {name.station_code: name for name in names}.values()
    ]
    return ChannelTable.of(stations, [_raw_channel(name) for name in names])


def _raw_channel(name: SourceId) -> Channel:
    dip = -90.0 if name.subsource in ("Z", "3") else 0.0
    return Channel(name, -OPEN_END_NS, OPEN_END_NS, np.nan, np.nan, 0.0, 0.0, np.nan, dip, 0.0, "counts", 1.0)


def grow_index(counts: IntArray) -> IntArray:
    """0, 1, ... count-1 for each count, one after the other.

    >>> grow_index(np.array([2, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - counts, counts)


def changes(values: IntArray) -> BoolArray:
    """True at the first of every run of equal values.

    >>> changes(np.array([5, 5, 7])).tolist()
    [True, False, True]
    """
    new = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return new


def lengths(starts: IntArray, total: int) -> IntArray:
    """Lengths of runs from where each starts.

    >>> lengths(np.array([0, 2]), 3).tolist()
    [2, 1]
    """
    found = np.empty(len(starts), dtype=np.int64)
    found[:-1] = starts[1:] - starts[:-1]
    found[-1:] = total - starts[-1:]
    return found


def rate_class(rate_hz: FloatArray) -> FloatArray:
    """Nominal rates: sampling rates that differ by less than 2 % share one, so that they share blocks and filters.

    The classes are 100 Hz times powers of 1.04. A band edge in Hz is right to 2 %, which is far less than what the
    edges of a Butterworth band leave open; sample times always use the true rate.

    >>> rate_class(np.array([100.0, 31.31, 31.1, 20.0])).round(2).tolist()
    [100.0, 30.83, 30.83, 20.03]
    """
    return np.asarray(100.0 * 1.04 ** np.rint(np.log(rate_hz / 100.0) / np.log(1.04)))

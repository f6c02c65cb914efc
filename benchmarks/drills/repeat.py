"""A live run and its receipts log: replayed, it gives the same picks, events and alerts, issued at the same times.

The daemon runs through a simulated earthquake, is stopped and started in the middle of it, and leaves an archive. What
it had found is compared with what ``seismonet replay --receipts`` finds in that archive, to the nanosecond. A log that
says that all was received a millisecond later must give something else.
"""

import asyncio
import tempfile
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page import Figure
from seismonet.config import load_config
from seismonet.core.alert import Alert
from seismonet.core.event import Event, Pick
from seismonet.library.recordings import replay_files
from seismonet.store.catalogue import Catalogue
from seismonet.store.receiptslog import FOLDER as RECEIPTS
from seismonet.store.receiptslog import ROW

from .nursery import Nursery, quiet
from .scene import CATALOGUE, RATE, Scene, scene

UNTIL_S, PAUSE_S, SHIFT_NS = 60.0, 6.0, 1_000_000
STOPS_S = (None, 12.0, 24.0, 33.0)
"""Runs: without a restart, and with one so long after the origin: before the first alert, and amid its updates."""


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that was found, in every version, as it was stored."""

    picks: tuple[Pick, ...]
    events: tuple[Event, ...]
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a live run found, what its replay did, and what one did with a log that is wrong."""

    stop_s: float | None
    live: Told
    replayed: Told
    shifted: Told

    @property
    def differences(self) -> list[str]:
        """Between the live run and its replay."""
        return differences(self.live, self.replayed)


def differences(live: Told, replayed: Told) -> list[str]:
    """In words; empty when both are the same."""
    pairs: list[tuple[str, Sequence[Any], Sequence[Any]]] = [
        ("picks", live.picks, replayed.picks),
        ("events", live.events, replayed.events),
        ("alerts", live.alerts, replayed.alerts),
    ]
    return [line for what, one, other in pairs for line in _differences(what, one, other)]


def _differences(what: str, live: Sequence[Hashable], replayed: Sequence[Hashable]) -> list[str]:
    if list(live) == list(replayed):
        return []
    only = [one for one in live if one not in replayed], [one for one in replayed if one not in live]
    return [f"{what}: {len(only[0])} of {len(live)} only live, {len(only[1])} of {len(replayed)} only replayed"]


async def drill(stops_s: Sequence[float | None], rate: float = RATE) -> list[Repeat]:
    """Live runs side by side, each stopped and started again once (or not), and then their replays."""
    with tempfile.TemporaryDirectory(prefix="seismonet-repeat-") as name, quiet():
        async with Nursery() as nursery:
            folders = [Path(name) / str(number) for number in range(len(stops_s))]
            work = [_play(folder, nursery, rate, one) for folder, one in zip(folders, stops_s, strict=True)]
            live = await asyncio.gather(*work)
        return [_compared(folder, stop_s, told) for folder, stop_s, told in zip(folders, stops_s, live, strict=True)]


def _compared(folder: Path, stop_s: float | None, live: Told) -> Repeat:
    found = replayed(folder, "replay")
    for path in (folder / "archive" / RECEIPTS).glob("*.rows"):
        rows = np.fromfile(path, dtype=ROW)
        rows["received_ns"] += SHIFT_NS
        rows.tofile(path)
    return Repeat(stop_s, live, found, replayed(folder, "shifted"))


async def _play(folder: Path, nursery: Nursery, rate: float, stop_s: float | None) -> Told:
    async with scene(folder, nursery, rate) as stage:
        daemon = await stage.start()
        if stop_s is not None:
            await stage.until(stop_s)
            await stage.stop(daemon)
            await stage.until(stop_s + PAUSE_S)
            daemon = await stage.start()
        await stage.until(UNTIL_S)
        await stage.stop(daemon)
        return _live(stage)


def _live(stage: Scene) -> Told:
    """What the daemon stored: alerts from its file, the rest from its catalogue."""
    return Told(*_catalogued(stage.archive / CATALOGUE), stage.alerts())


def replayed(folder: Path, name: str) -> Told:
    """What a replay of the receipts in a scene's folder finds."""
    config, out = load_config(folder / "scene.toml"), folder / name
    outcome = replay_files([str(folder / "archive")], (), out, config=config, receipts=True)
    return Told(*_catalogued(out / CATALOGUE), tuple(outcome.replay.alerts))


def _catalogued(path: Path) -> tuple[tuple[Pick, ...], tuple[Event, ...]]:
    with Catalogue(path, create=False) as catalogue:
        versions = [one for event in catalogue.events() for one in catalogue.event(event.id).versions]
        return tuple(catalogue.picks()), tuple(versions)


def run(scale: float = 1.0) -> list[Figure]:
    """How many replays were identical."""
    return figures(asyncio.run(drill(STOPS_S[: max(2, round(len(STOPS_S) * scale))])))


def figures(found: Sequence[Repeat]) -> list[Figure]:
    """Identical replays, of all; and that wrong logs were found out."""
    good = sum(not one.differences for one in found)
    seen = sum(bool(differences(one.live, one.shifted)) for one in found)
    counts = {what: sum(len(getattr(one.live, what)) for one in found) for what in ("picks", "events", "alerts")}
    detail = "{picks} picks, {events} versions of events, {alerts} alerts, issue times included".format(**counts)
    wrong = [f"stopped at {one.stop_s}: {'; '.join(one.differences)}" for one in found if one.differences]
    all_of = f"{len(found)} of {len(found)}"
    what = "Live runs whose replay is identical, restarts in the middle"
    return [
        Figure(what, all_of, f"{good} of {len(found)}", good == len(found), "; ".join([detail, *wrong])),
        Figure("Logs shifted by a millisecond found out", all_of, f"{seen} of {len(found)}", seen == len(found)),
    ]

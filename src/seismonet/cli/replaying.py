"""``seismonet replay``."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event as Waiter
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from seismonet.config import load_config
from seismonet.core.alert import Alert
from seismonet.core.errors import QueryError
from seismonet.core.event import Event
from seismonet.core.utc import from_iso, to_iso
from seismonet.formats import eventwords
from seismonet.library.recordings import Outcome, replay_files

LONGEST_WAIT_S = 5.0


def replay(
    waveforms: list[str],
    /,
    *,
    stations: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    config: Annotated[Path | None, Parameter(name=["--config", "-c"])] = None,
    out: Path = Path("out"),
    start: str | None = None,
    end: str | None = None,
    latency: float = 0.0,
    speed: float | Literal["max"] = "max",
    receipts: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Find the earthquakes in recordings, as the network would have found them live.

    Parameters
    ----------
    waveforms
        Waveform files, globs, folders, or the root of an SDS archive.
    stations
        StationXML files, globs or folders with the channels' metadata; a configuration may name them instead.
    config
        Configuration (TOML); without it, defaults that fit any region.
    out
        Folder for events.xml, report.png, catalogue.sqlite, and picks, rejections, alerts, decisions, motions and
        status as .jsonl.
    start
        Begin of the time window, ISO 8601 UTC.
    end
        End of the time window, ISO 8601 UTC.
    latency
        Seconds from a record's end to its arrival.
    speed
        Times real time, or max.
    receipts
        The name is the folder of a daemon's archive: replay what it received, when it received it.
    as_json
        Print the summary as JSON.
    """
    window = _time(start, "--start"), _time(end, "--end")
    if not (math.isfinite(latency) and latency >= 0):
        raise QueryError(f"--latency {latency:g}: give seconds, 0 or more")
    progress = None if as_json or not sys.stderr.isatty() else _Bar()
    try:
        outcome = replay_files(
            waveforms,
            stations,
            out,
            config=load_config(config),
            window=window,
            latency_s=latency,
            progress=progress,
            pace=_pace(speed),
            receipts=receipts,
        )
    finally:
        if progress is not None:
            progress.close()
    if as_json:
        print(json.dumps(outcome.summary(), indent=1))
    else:
        _print(outcome)
    return 0


def _pace(speed: float | str) -> Callable[[int], None] | None:
    """Wait so that pipeline time passes ``speed`` times as fast as real time; None for as fast as it goes.

    The wait is counted from how much pipeline time has passed, no clock is read.
    """
    if isinstance(speed, str):
        return None
    if not (math.isfinite(speed) and speed > 0):
        raise QueryError(f"--speed {speed:g}: give a number above 0, or max")
    waiting, last = Waiter(), 0

    def wait(time_ns: int) -> None:
        nonlocal last
        if last and time_ns > last:
            waiting.wait(min((time_ns - last) / 1e9 / speed, LONGEST_WAIT_S))
        last = time_ns

    return wait


def _time(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    try:
        return from_iso(text)
    except ValueError:
        raise QueryError(f"{name} {text!r} is no time; write it as 2024-09-15T00:00:00Z") from None


class _Bar:
    """A progress bar on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._bar = Progress(console=Console(stderr=True), transient=True)
        self._task: Any = None

    def __call__(self, share: float) -> None:
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task("replay", total=1.0)
        self._bar.update(self._task, completed=share)

    def close(self) -> None:
        self._bar.stop()


def _print(outcome: Outcome) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 120)
    table = Table(box=None, pad_edge=False, padding=(0, 1), collapse_padding=True, header_style="bold")
    table.add_column("origin time (UTC)", no_wrap=True)
    for name in ("lat", "lon", "± km", "depth", "magnitude", "sta", "alert"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("quality", no_wrap=True)
    for event in outcome.replay.latest_events:
        table.add_row(*_row(event, outcome.replay.alerts))
    if outcome.replay.events:
        console.print(table)
    for line in outcome.remarks():
        console.print(line, highlight=False, soft_wrap=True)


def _row(event: Event, alerts: list[Alert]) -> list[str]:
    """Time, place, 68 % radius, depth, size, stations, time from origin to first alert, quality."""
    origin, magnitude = event.origin, event.magnitude
    first = next((one for one in alerts if one.about == event.id), None)
    delay = f"+{(first.issued_ns - origin.time_ns) / 1e9:.1f} s" if first else "none"
    return [
        to_iso(origin.time_ns, 0).replace("T", " ")[:-1],
        f"{origin.latitude:.2f}",
        f"{origin.longitude:.2f}",
        f"{origin.horizontal_uncertainty_km:.0f}",
        f"{origin.depth_km:.0f}",
        f"{eventwords.size(magnitude).replace('≥ ', '≥')}±{magnitude.uncertainty:.1f}" if magnitude else "-",
        str(len(origin.station_codes)),
        delay if event.event_type == "earthquake" else "cancelled",
        origin.confidence.quality if origin.confidence else "-",
    ]

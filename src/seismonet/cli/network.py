"""``seismonet status``: which stations could contribute, which could not, and why."""

import sys
from json import dumps
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from seismonet.core.errors import ConfigError, QueryError
from seismonet.core.status import NetworkStatus, StationStatus
from seismonet.core.utc import from_iso, to_iso
from seismonet.formats import jsonlines
from seismonet.store.catalogue import Catalogue
from seismonet.store.simulated import read_mark

app = App(name="status", help="Show which stations could contribute, which could not, and why.")
STYLES = {"up": "green", "degraded": "yellow", "down": "red"}


@app.default
def show_status(
    *,
    data: Path = Path("out"),
    at: str | None = None,
    json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Show the newest network status, or the one that held at a time.

    Parameters
    ----------
    data
        Folder that a replay wrote with --out: catalogue.sqlite lies there.
    at
        A time, ISO 8601 (UTC unless it says otherwise).
    json
        Print JSON instead of a table.
    """
    at_ns = None if at is None else _time_ns(at)
    with catalogue(data) as opened:
        status = opened.latest_status(at_ns)
    if status is None:
        raise QueryError(f"no network status{f' up to {at}' if at else ''} in {data / 'catalogue.sqlite'}")
    if json:
        print_json(jsonlines.status_object(status) | marked(data))
    else:
        print_mark(data)
        print_status(status)


def catalogue(folder: Path) -> Catalogue:
    """The catalogue in a folder; ArchiveError when there is none."""
    return Catalogue(folder / "catalogue.sqlite", create=False)


def marked(folder: Path) -> dict[str, str]:
    """What an object says of being simulated; nothing of real data."""
    words = read_mark(folder)
    return {"simulated": words} if words else {}


def print_mark(folder: Path) -> None:
    """Say so on the screen, too."""
    if words := read_mark(folder):
        print(f"SIMULATED data: {words}")


def print_json(document: Any) -> None:
    """For machines."""
    print(dumps(document, ensure_ascii=False, allow_nan=False, indent=1))


def print_status(status: NetworkStatus) -> None:
    """A headline and one row a station: verdict, what its channels do, and the reasons when it is not up."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    print(f"{to_iso(status.time_ns, 2)}: {status.contributing} of {status.total} stations can contribute ({status.id})")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("station", "verdict", "receiving", "latency s", "gaps", "reasons"):
        table.add_column(name, justify="right" if name in ("receiving", "latency s", "gaps") else "left", no_wrap=True)
    table.columns[-1].no_wrap = False
    for station in status.stations:
        verdict = f"[{STYLES.get(station.verdict, 'default')}]{station.verdict}[/]"
        table.add_row(station.station_code, verdict, *_numbers(station), escape("; ".join(station.reasons)))
    Console(width=None if sys.stdout.isatty() else 200).print(table, highlight=False)


def _numbers(station: StationStatus) -> tuple[str, str, str]:
    """Channels receiving, the worst latency of those, gaps in all."""
    receiving = [channel for channel in station.channels if channel.receiving]
    latencies = [channel.latency_s for channel in receiving if channel.latency_s is not None]
    gaps = sum(channel.gaps for channel in station.channels)
    worst = f"{max(latencies):.1f}" if latencies else "-"
    return f"{len(receiving)} of {len(station.channels)}", worst, str(gaps)


def _time_ns(text: str) -> int:
    try:
        return from_iso(text)
    except ValueError:
        raise ConfigError(f"--at {text!r} is no time; write it like 2024-09-15T12:00:00Z") from None

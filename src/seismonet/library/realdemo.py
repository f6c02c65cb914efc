"""Five real earthquakes, replayed as the network would have heard them, beside what the catalogue says.

Recordings, station metadata and catalogue are the example of the package qopen (five stations of the German Regional
Seismic Network, ML 4.6 to 5.7, 2001 to 2004), which comes with the extra ``demo``.
"""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from seismonet.core.errors import QueryError
from seismonet.core.event import Event
from seismonet.core.geo import distance_km
from seismonet.core.utc import from_seconds

from .recordings import Outcome, replay_files

# an event is the catalogue's earthquake when it is this close to it in time and place
MATCH_S, MATCH_KM = 30.0, 100.0
BEFORE_S, AFTER_S = 60.0, 300.0
COLUMNS = (
    "catalogue (UTC)",
    "ML",
    "depth",
    "time off",
    "epicentre off",
    "depth",
    "magnitude",
    "stations",
    "alert after",
)


def real_demo(out: Path) -> int:
    """Replay all five into a folder, print the comparison; 1 when one was missed.

    QueryError without the recordings.
    """
    import obspy
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == COLUMNS[0] else "right")
    try:
        example = files("qopen") / "example"
    except ModuleNotFoundError:
        raise QueryError("the recordings are not here; install them: pip install 'seismonet[demo]'") from None
    missed = 0
    with as_file(example) as data:
        catalogue = obspy.read_events(data / "example_events.xml", format="QUAKEML")
        for earthquake in sorted(catalogue, key=lambda event: event.origins[0].time):
            time_ns = int(earthquake.origins[0].time.ns)
            folder = out / earthquake.origins[0].time.strftime("%Y%m%d")
            line = _row(earthquake, time_ns, _replayed(data, time_ns, folder))
            table.add_row(*(line or [*_known(earthquake), "[red]missed[/red]"]))
            missed += line is None
    console = Console(width=max(Console().width, 110))
    console.print(table)
    console.print(
        f"{len(catalogue) - missed} of {len(catalogue)} earthquakes found; events, picks, alerts and pictures are in "
        f"{out}/. Alerts waited for the recorder's own records, which hold up to minutes of data here.",
        highlight=False,
    )
    return 1 if missed else 0


def _replayed(data: Path, time_ns: int, folder: Path) -> Outcome:
    window = time_ns - from_seconds(BEFORE_S), time_ns + from_seconds(AFTER_S)
    waveforms, stations = [str(data / "example_data.mseed")], [str(data / "example_inventory.xml")]
    return replay_files(waveforms, stations, folder, window=window)


def _known(earthquake: Any) -> list[str]:
    truth = earthquake.origins[0]
    when = truth.time.strftime("%Y-%m-%d %H:%M:%S")
    return [when, f"{earthquake.magnitudes[0].mag:.1f}", f"{truth.depth / 1000:.0f} km"]


def _row(earthquake: Any, time_ns: int, outcome: Outcome) -> list[str] | None:
    """One line of the table; None when the earthquake was not found."""
    truth = earthquake.origins[0]
    for event in outcome.replay.latest_events:
        late_s = (event.origin.time_ns - time_ns) / 1e9
        off_km = float(distance_km(truth.latitude, truth.longitude, event.origin.latitude, event.origin.longitude))
        if event.event_type == "earthquake" and abs(late_s) <= MATCH_S and off_km <= MATCH_KM:
            return [*_known(earthquake), f"{late_s:+.1f} s", f"{off_km:.0f} km", *_found(event, time_ns, outcome)]
    return None


def _found(event: Event, time_ns: int, outcome: Outcome) -> list[str]:
    size = event.magnitude
    issued = [one.issued_ns for one in outcome.replay.alerts if one.about == event.id and one.kind == "new"]
    return [
        f"{event.origin.depth_km:.0f} km",
        f"{size.type} {size.value:.1f}" if size else "-",
        str(len(event.origin.station_codes)),
        f"{(min(issued) - time_ns) / 1e9:.0f} s" if issued else "none",
    ]

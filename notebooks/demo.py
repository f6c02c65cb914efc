"""Five real earthquakes, replayed as the network would have heard them, beside what the catalogue says.

Recordings, station metadata and catalogue are the example of the package qopen (five stations of the German Regional
Seismic Network, ML 4.6 to 5.7, 2001 to 2004). Run by ``make demo``; exits 1 when an earthquake is missed.
"""

import json
import sys
from contextlib import redirect_stdout
from importlib.resources import as_file, files
from io import StringIO
from pathlib import Path
from typing import Any

import obspy
from rich.console import Console
from rich.table import Table

from seismonet.cli import main
from seismonet.core.geo import distance_km

OUT = Path("demo")
# an event is the catalogue's earthquake when it is this close to it in time and place
MATCH_S, MATCH_KM = 30.0, 100.0
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


def replay(data: Path, earthquake: Any, out: Path) -> list[Any]:
    """What ``seismonet replay`` finds in the minutes about an earthquake: QuakeML events."""
    time = earthquake.origins[0].time
    window = ["--start", str(time - 60), "--end", str(time + 300)]
    stations = ["--stations", str(data / "example_inventory.xml")]
    command = ["replay", str(data / "example_data.mseed"), *stations, *window, "--out", str(out), "--json"]
    with redirect_stdout(StringIO()):
        code = main(command)
    if code != 0:
        sys.exit(code)
    found = obspy.read_events(out / "events.xml", format="QUAKEML")
    return [event for event in found if event.event_type != "not existing"]


def first_alert_s(out: Path, origin_time: Any) -> float | None:
    """Seconds from an origin time to the first alert."""
    alerts = [json.loads(line) for line in (out / "alerts.jsonl").read_text("utf-8").splitlines()]
    issued = [obspy.UTCDateTime(alert["issued"]) for alert in alerts if alert["kind"] == "new"]
    return min(issued) - origin_time if issued else None


def row(earthquake: Any, events: list[Any], out: Path) -> tuple[list[str], bool]:
    """One line of the table, and whether the earthquake was found."""
    truth, size = earthquake.origins[0], earthquake.magnitudes[0].mag
    known = [truth.time.strftime("%Y-%m-%d %H:%M:%S"), f"{size:.1f}", f"{truth.depth / 1000:.0f} km"]
    for event in events:
        origin, magnitude = event.preferred_origin(), event.preferred_magnitude()
        late_s = origin.time - truth.time
        off_km = float(distance_km(truth.latitude, truth.longitude, origin.latitude, origin.longitude))
        if abs(late_s) > MATCH_S or off_km > MATCH_KM:
            continue
        alert_s = first_alert_s(out, truth.time)
        return [
            *known,
            f"{late_s:+.1f} s",
            f"{off_km:.0f} km",
            f"{origin.depth / 1000:.0f} km",
            f"{magnitude.magnitude_type} {magnitude.mag:.1f}" if magnitude else "-",
            str(len({pick.waveform_id.station_code for pick in event.picks})),
            f"{alert_s:.0f} s" if alert_s is not None else "none",
        ], True
    return [*known, "[red]missed[/red]"], False


def run() -> int:
    """Replay all five; the exit code."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == COLUMNS[0] else "right")
    missed = 0
    with as_file(files("qopen") / "example") as data:
        catalogue = obspy.read_events(data / "example_events.xml", format="QUAKEML")
        for earthquake in sorted(catalogue, key=lambda event: event.origins[0].time):
            out = OUT / earthquake.origins[0].time.strftime("%Y%m%d")
            line, found = row(earthquake, replay(data, earthquake, out), out)
            table.add_row(*line)
            missed += not found
    console = Console(width=max(Console().width, 110))
    console.print(table)
    console.print(
        f"{len(catalogue) - missed} of {len(catalogue)} earthquakes found; events, picks, alerts and pictures are in "
        f"{OUT}/. Alerts waited for the recorder's own records, which hold up to minutes of data here.",
        highlight=False,
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(run())

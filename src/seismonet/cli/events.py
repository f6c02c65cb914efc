"""``seismonet events``: what a catalogue holds of earthquakes."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from seismonet.core.alert import Alert
from seismonet.core.errors import ArchiveError
from seismonet.core.event import Event, Magnitude, Pick, StationMagnitude
from seismonet.core.status import NetworkStatus
from seismonet.core.utc import to_iso
from seismonet.formats import eventwords, jsonlines
from seismonet.formats.geojson import coordinates, place
from seismonet.store.simulated import SIMULATED

from .network import catalogue, marked, print_json, print_mark, print_status

app = App(name="events", help="List, show and export the earthquakes of a catalogue.")

Data = Annotated[Path, Parameter(help="Folder that a replay wrote with --out: catalogue.sqlite lies there.")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON instead of tables.")]


@app.command(name="list")
def list_events(*, data: Data = Path("out"), json: Json = False) -> None:
    """List all events in their last version, by origin time."""
    with catalogue(data) as opened:
        events, alerts = opened.events(), opened.alerts()
    told: dict[str, int] = {}
    for alert in alerts:
        told[alert.about] = told.get(alert.about, 0) + 1
    if json:
        mark = marked(data)
        objects = [jsonlines.event_object(event) | {"alerts": told.get(event.id, 0)} | mark for event in events]
        print_json(objects)
    elif events:
        print_mark(data)
        _print_table(_list_table(events, told))
    else:
        print(f"no event in {data / 'catalogue.sqlite'}")


@app.command
def show(event_id: str, /, *, data: Data = Path("out"), json: Json = False) -> None:
    """Show an event: origin, magnitude, arrivals, versions, alerts, and the network status it was made under.

    Parameters
    ----------
    event_id
        Id of the event, or as much of its beginning as makes it unique.
    """
    with catalogue(data) as opened:
        record = opened.event(event_id)
    if json:
        whole = jsonlines.event_object(record.event) | {
            "versions": [jsonlines.event_object(one) for one in record.versions],
            "alerts": [jsonlines.alert_object(one) for one in record.alerts],
            "picks": [jsonlines.pick_object(one) for one in record.picks.values()],
            "statuses": [jsonlines.status_object(one) for one in record.statuses.values()],
            **marked(data),
        }
        print_json(whole)
        return
    print_mark(data)
    for line in _headline(record.event):
        print(line)
    print("\nArrivals")
    _print_table(_arrival_table(record.event, record.picks))
    print("\nVersions")
    _print_table(_version_table(record.versions))
    print("\nAlerts" if record.alerts else "\nNo alert was issued.")
    if record.alerts:
        _print_table(_alert_table(record.alerts, record.statuses, record.event.origin.time_ns))
        first = record.statuses[record.alerts[0].network_status]
        print("\nNetwork when the first alert was issued")
        print_status(first)
    if not record.alerts or record.event.network_status != record.alerts[0].network_status:
        print("\nNetwork when the last version was made")
        print_status(record.status)


@app.command
def export(
    *,
    format: Literal["quakeml", "geojson", "csv"] = "quakeml",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    agency: str = "seismonet",
    data: Data = Path("out"),
) -> None:
    """Export all events in their last version.

    Parameters
    ----------
    format
        QuakeML 1.2, GeoJSON or CSV as in USGS's feeds.
    output
        File to write; without it, standard output.
    agency
        Who answers for the events; stands in ids and in creation info.
    """
    with catalogue(data) as opened, opened.transaction():
        events = opened.events()
        named = {arrival.pick_id for event in events for arrival in event.origin.arrivals}
        sized = [event.magnitude for event in events if event.magnitude]
        named |= {part.pick_id for magnitude in sized for part in magnitude.station_magnitudes}
        picks = opened.picks_named(named)
    agency = f"{SIMULATED} {agency}" if marked(data) else agency
    if format == "quakeml":
        from seismonet import __version__
        from seismonet.formats.quakeml import quakeml

        document = quakeml(events, picks, agency=agency, author=f"seismonet {__version__}")
    elif format == "geojson":
        from seismonet.formats.geojson import geojson

        document = geojson(events, agency=agency).encode()
    else:
        from seismonet.formats.eventcsv import event_csv

        document = event_csv(events, agency=agency).encode()
    _write(document, output)


def _write(document: bytes, output: Path | None) -> None:
    """To a file beside, then renamed, so that a file that was there is whole at every moment."""
    if output is None:
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
        return
    part = output.with_name(f".{output.name}.part")
    try:
        part.write_bytes(document)
        part.replace(output)
    except OSError as error:
        raise ArchiveError(f"{output}: cannot be written: {error.strerror or error}; choose another --output") from None


def _headline(event: Event) -> list[str]:
    origin = event.origin
    lines = [
        f"Event      {event.id}, version {event.version}, {eventwords.standing(event)}",
        f"Origin     {to_iso(origin.time_ns, 2)} ± {origin.time_uncertainty_s:.1f} s",
        f"Epicentre  {coordinates(origin.latitude, origin.longitude)}, {place(origin)}; {eventwords.radii(origin)}",
    ]
    if ellipse := eventwords.ellipse(origin):
        lines.append(f"           68 % ellipse {ellipse}")
    lines += [f"           {other}" for other in eventwords.other_places(origin)]
    lines += [f"Depth      {eventwords.depth(origin)}", *_magnitude_lines(event.magnitude)]
    sure = origin.confidence
    located = [sure.quality] if sure else []
    located += [
        f"{len(origin.station_codes)} stations ({eventwords.phases(origin)})",
        f"rms {origin.rms_s:.2f} s",
        f"gap {origin.azimuthal_gap_deg:.0f}°",
        f"nearest {origin.minimum_distance_km:.0f} km",
        f"model {origin.model}",
    ]
    lines.append(f"Quality    {', '.join(located)}")
    if sure is not None and sure.deaf:
        lines.append(f"Deaf       {', '.join(sure.deaf)}: could not contribute, says nothing about the place")
    return lines


def _magnitude_lines(magnitude: Magnitude | None) -> list[str]:
    if magnitude is None:
        return ["Magnitude  none"]
    chances = f"; {eventwords.probable(magnitude)}" if magnitude.probabilities else ""
    lines = [f"Magnitude  {eventwords.size(magnitude)} ± {magnitude.uncertainty:.1f}{chances}"]
    if magnitude.at_least:
        lines.append("           a lower bound: the rupture may have outgrown what was measured")
    if aside := eventwords.set_aside(magnitude):
        lines.append(f"           set aside: {', '.join(aside)}")
    return lines + ([f"           {magnitude.check}"] if magnitude.check else [])


def _table(*columns: str) -> Any:
    """A plain table; a column whose name begins with ``>`` is aligned to the right."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left", no_wrap=True)
    return table


def _print_table(table: Any) -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 200).print(table, highlight=False)


def _list_table(events: list[Event], told: dict[str, int]) -> Any:
    table = _table(
        "id", "origin time (UTC)", ">latitude", ">longitude", ">depth km", ">± km", ">magnitude", ">stations",
        "quality", ">alerts", "",
    )  # fmt: skip
    for event in events:
        origin = event.origin
        table.add_row(
            event.id, to_iso(origin.time_ns, 1), f"{origin.latitude:.3f}", f"{origin.longitude:.3f}",
            f"{origin.depth_km:.0f}", f"{origin.horizontal_uncertainty_km:.0f}", eventwords.size(event.magnitude),
            str(len(origin.station_codes)), origin.confidence.quality if origin.confidence else "-",
            str(told.get(event.id, 0)), _notes(event),
        )  # fmt: skip
    return table


def _notes(event: Event) -> str:
    """What one must know of an event beside the numbers: that it is not confirmed, and where else it may have been."""
    standing = eventwords.standing(event)
    return "; ".join([standing] * (standing != "confirmed") + eventwords.other_places(event.origin))


def _arrival_table(event: Event, picks: Mapping[str, Pick]) -> Any:
    table = _table(
        "stream", "phase", ">distance km", ">azimuth °", ">from °", "polarity", ">residual s", ">weight", ">Mpd",
        ">Pd m", ">ML",
    )  # fmt: skip
    parts = event.magnitude.station_magnitudes if event.magnitude else ()
    sizes = {(part.pick_id, part.type): part for part in parts}
    for one in sorted(event.origin.arrivals, key=lambda one: (one.distance_km, one.phase)):
        pick, size = picks.get(one.pick_id), sizes.get((one.pick_id, "Mpd"))
        motion = pick.polarization if pick else None
        table.add_row(
            one.source_id.nslc, one.phase, f"{one.distance_km:.1f}", f"{one.azimuth_deg:.0f}",
            f"{motion.backazimuth_deg:.0f} ± {motion.backazimuth_uncertainty_deg:.0f}" if motion else "-",
            (pick.polarity if pick else "") or "-", f"{one.residual_s:+.2f}", f"{one.weight:.2f}", _part(size),
            f"{size.pd_m:.1e}" if size else "-", _part(sizes.get((one.pick_id, "ML"))),
        )  # fmt: skip
    return table


def _part(part: StationMagnitude | None) -> str:
    return "-" if part is None else f"{part.value:.1f}{'' if part.used else ' (unused)'}"


def _version_table(versions: tuple[Event, ...]) -> Any:
    table = _table(
        ">version", ">after origin", ">latitude", ">longitude", ">depth km", ">± km", ">magnitude", ">stations",
        "network status", "",
    )  # fmt: skip
    final_ns = versions[-1].origin.time_ns
    for event in versions:
        origin = event.origin
        table.add_row(
            str(event.version), f"{(event.issued_ns - final_ns) / 1e9:.1f} s", f"{origin.latitude:.3f}",
            f"{origin.longitude:.3f}", f"{origin.depth_km:.0f}", f"{origin.horizontal_uncertainty_km:.0f}",
            eventwords.size(event.magnitude), str(len(origin.station_codes)), event.network_status, _notes(event),
        )  # fmt: skip
    return table


def _alert_table(alerts: Sequence[Alert], statuses: Mapping[str, NetworkStatus], origin_ns: int) -> Any:
    """``origin_ns``: as it is known at last, so that times grow from row to row."""
    from rich.markup import escape

    table = _table(
        "audience",
        ">version",
        "kind",
        "issued (UTC)",
        ">after origin",
        ">magnitude",
        ">stations",
        ">± km",
        "network",
        "reason",
    )
    for alert in alerts:
        status = statuses[alert.network_status]
        size = "-"
        if alert.magnitude is not None:
            size = f"{alert.magnitude_type} {'≥ ' * alert.at_least}{alert.magnitude:.1f}"
        table.add_row(
            alert.audience, str(alert.version), alert.kind, to_iso(alert.issued_ns, 2),
            f"{(alert.issued_ns - origin_ns) / 1e9:.1f} s", size, str(alert.stations),
            f"{alert.horizontal_uncertainty_km:.0f}", f"{status.contributing} of {status.total} up",
            escape(alert.reason),
        )  # fmt: skip
    return table

"""``seismonet stations``."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from seismonet.core.errors import ArchiveError, FormatError, QueryError
from seismonet.core.inventory import OPEN_END_NS, Channel
from seismonet.core.share import share
from seismonet.core.utc import from_iso, to_iso
from seismonet.formats.stationlint import check as lint
from seismonet.formats.stationrules import ERROR, RULES, Finding
from seismonet.formats.stationxml import Inventory, channel_table
from seismonet.models.instruments import DIGITIZERS, SENSORS, digitizer, sensor
from seismonet.models.nominal import SUBJECTS, StationSpec, station_xml
from seismonet.reports.map import draw_map
from seismonet.store.inventory import find_files, read_document, read_file, read_inventories
from seismonet.store.stationfile import import_response, write_new

app = App(name="stations", help="Look at, check, make and draw station metadata (StationXML).")
AsJson = Annotated[bool, Parameter(name="--json", negative="")]


def _patterns(files: Sequence[str]) -> list[str]:
    """The files asked for; those that travel with seismonet when none are."""
    return list(files) or [str(share("stations"))]


def _day(ns: int) -> str:
    return "" if abs(ns) >= OPEN_END_NS - 1 else to_iso(ns, 0)[:10]


@app.command(name="list")
def list_(*files: str, as_json: AsJson = False) -> int:
    """List stations.

    Parameters
    ----------
    files
        StationXML files, globs or folders; without any, the three Pamir stations.
    as_json
        Print JSON.
    """
    table = read_inventories(_patterns(files))
    rows: list[dict[str, Any]] = [
        {
            "station": one.station_code,
            "name": one.name,
            "latitude": one.latitude,
            "longitude": one.longitude,
            "elevation_m": one.elevation_m,
            "start": _day(one.start_ns),
            "end": _day(one.end_ns),
            "channels": sorted({c.source_id.channel for c in table if c.source_id.station_code == one.station_code}),
        }
        for one in table.stations
    ]
    if not as_json:
        for row in rows:
            row["channels"] = sorted({f"{code[:2]}*" for code in row["channels"]})
    _print(rows, as_json)
    return 0


@app.command
def show(station: str, /, *files: str, as_json: AsJson = False) -> int:
    """Show the channels of one station: where, since when, how many counts per unit.

    Parameters
    ----------
    station
        NET.STA, for example TJ.SAREZ.
    files
        StationXML files, globs or folders; without any, the three Pamir stations.
    as_json
        Print JSON.
    """
    shown: dict[str, Any] = {"channels": [], "others": [], "comments": [], "faults": []}
    for path in find_files(_patterns(files)):
        _describe(read_document(path), station, shown)
    if not any(shown.values()):
        raise QueryError(f"station {station} is in none of the files; 'seismonet stations list' shows what is there")
    if as_json:
        print(json.dumps(shown, indent=1, ensure_ascii=False))
        return 0
    _print([{key: one[key] for key in one if key != "sensor"} for one in shown["channels"]], False)
    sensors: dict[str, list[str]] = {}
    for one in shown["channels"]:
        sensors.setdefault(one["sensor"] or "not described", []).append(one["channel"].rpartition(".")[2])
    parts = {
        "sensors": [f"{' '.join(codes)}: {name}" for name, codes in sensors.items()],
        "other channels": [" ".join(one["channel"].partition(f"{station}.")[2] for one in shown["others"])],
        "comments": shown["comments"],
        "faults": shown["faults"],
    }
    for heading, lines in parts.items():
        if any(lines):
            print(f"\n{heading}", *lines, sep="\n  ")
    return 0


def _describe(inventory: Inventory, wanted: str, shown: dict[str, Any]) -> None:
    """Add what a document says of a station: its channels of ground motion, its other channels, all Comments."""
    faults: list[str] = []
    motion = [one for one in channel_table(inventory, faults) if one.source_id.station_code == wanted]
    names = {one.source_id.nslc for one in motion}
    said: dict[str, list[str]] = {}
    for network in inventory:
        for station in network:
            if f"{network.code}.{station.code}" != wanted:
                continue
            for comment in station.comments:
                said.setdefault(str(comment.value), [])
            for one in station:
                name = f"{wanted}.{(one.location_code or '').strip()}.{one.code}"
                if name not in names:
                    shown["others"].append({"channel": name, "rate_hz": one.sample_rate})
                for comment in one.comments:
                    said.setdefault(str(comment.value), []).append(one.code)
    shown["channels"] += [_channel(one) for one in motion]
    shown["comments"] += [f"{' '.join(codes)}: {text}" if codes else text for text, codes in said.items()]
    shown["faults"] += [fault for fault in faults if fault.startswith(f"{wanted}.")]


def _channel(one: Channel) -> dict[str, Any]:
    return {
        "channel": one.source_id.nslc,
        "start": _day(one.start_ns),
        "end": _day(one.end_ns),
        "rate_hz": one.rate_hz,
        "azimuth": one.azimuth_deg,
        "dip": one.dip_deg,
        "quantity": one.quantity,
        "counts_per_unit": one.sensitivity,
        "sensor": one.sensor,
    }


@app.command
def check(*files: str, as_json: AsJson = False) -> int:
    """Check station metadata: every finding with its rule, what is wrong and how to mend it; exit code 1 on errors.

    Parameters
    ----------
    files
        StationXML files, globs or folders; without any, the three Pamir stations.
    as_json
        Print JSON.
    """
    told: list[dict[str, Any]] = []
    for path in find_files(_patterns(files)):
        try:
            findings = lint(read_file(path))
        except FormatError as error:
            raise FormatError(f"{path}: {error}") from error
        told += [
            {
                "file": str(path),
                "rule": one.rule,
                "level": one.level,
                "where": one.where,
                "text": one.text,
                "asks": RULES[one.rule].asks,
                "mend": one.mend,
            }
            for one in findings
        ]
        if not as_json:
            _print_findings(path, findings)
    if as_json:
        print(json.dumps(told, indent=1, ensure_ascii=False))
    return 1 if any(one["level"] == ERROR for one in told) else 0


def _print_findings(path: Path, findings: Sequence[Finding]) -> None:
    """A line for each thing to mend, however many channels it concerns, and a line for the file."""
    places: dict[tuple[str, int, str, str], list[str]] = {}
    for one in findings:
        places.setdefault((one.level, one.rule, one.text, one.mend), []).append(one.where)
    for (level, rule, text, mend), where in places.items():
        others = f" and {len(where) - 1} more" if len(where) > 1 else ""
        print(f"{level} {rule}: {where[0]}{others}: {text}\n    rule: {RULES[rule].asks}\n    to mend: {mend}")
    errors = sum(one.level == ERROR for one in findings)
    print(f"{path}: {errors} errors, {len(findings) - errors} warnings")


@app.command
def new(
    station: str,
    /,
    *,
    latitude: float,
    longitude: float,
    elevation: float,
    start: str,
    name: str = "",
    seismometer: Annotated[str, Parameter(name=["--seismometer", "--sensor"])] = "trillium-compact-120",
    accelerometer: str = "titan-4g",
    digitizer_code: Annotated[str, Parameter(name="--digitizer")] = "centaur-100-lp",
    operator: str = "",
    network_name: str = "",
    confirmed: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    assumed: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    created: str = "",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
) -> int:
    """Write a station's StationXML from the nominal instrument catalogue.

    What the operator has not confirmed is marked by a Comment that begins with ASSUMED.

    Parameters
    ----------
    station
        NET.STA.
    latitude
        Degrees north (WGS84).
    longitude
        Degrees east (WGS84).
    elevation
        Metres above sea level.
    start
        Begin of the epoch, ISO 8601 UTC.
    name
        Name of the site.
    seismometer
        Code in the catalogue, or none.
    accelerometer
        Code in the catalogue, or none.
    digitizer_code
        Code in the catalogue.
    operator
        Who runs it.
    network_name
        Name of the network.
    confirmed
        What the operator has confirmed: codes, place, sensor, digitizer, orientation, health; may be repeated.
    assumed
        A sentence for a Comment: what else nobody has confirmed; may be repeated. One that begins with a name as above
        and a colon ("place: ...") replaces the usual sentence on it.
    created
        Time of the document; the begin of the epoch without it, so that the same command writes the same file.
    output
        File to write; NET.STA.xml here without it. An existing file is not overwritten.
    """
    network, code = _station_code(station)
    _in_range("--latitude", latitude, 90)
    _in_range("--longitude", longitude, 180)
    _in_range("--elevation", elevation, 12000)
    for option, time in (("--start", start), ("--created", created or start)):
        _time(option, time)
    for subject in confirmed:
        if subject not in SUBJECTS:
            raise QueryError(f"--confirmed {subject}: choose from {', '.join(SUBJECTS)}")
    spec = StationSpec(
        network,
        code,
        name,
        latitude,
        longitude,
        elevation,
        start,
        None if seismometer == "none" else sensor(seismometer, "H"),
        None if accelerometer == "none" else sensor(accelerometer, "N"),
        digitizer(digitizer_code),
        operator=operator,
        network_name=network_name,
        assumed=tuple(assumed),
        confirmed=tuple(confirmed),
        created=created,
    )
    path = output or Path(f"{station}.xml")
    write_new(path, station_xml(spec))
    print(f"written: {path}")
    return 0


def _station_code(station: str) -> tuple[str, str]:
    network, _, code = station.partition(".")
    if not (re.fullmatch("[A-Z0-9]{1,2}", network) and re.fullmatch("[A-Z0-9]{1,5}", code)):
        raise QueryError(f"{station!r}: give the station as NET.STA in capitals, for example TJ.SAREZ")
    return network, code


def _in_range(name: str, value: float, limit: float) -> None:
    if not -limit <= value <= limit:
        raise QueryError(f"{name} {value:g}: give a value between -{limit:g} and {limit:g}")


def _time(name: str, text: str) -> None:
    try:
        from_iso(text)
    except ValueError:
        raise QueryError(f"{name} {text!r}: give a time such as 2024-09-15 or 2024-09-15T12:00:00") from None


@app.command
def catalogue(*, as_json: AsJson = False) -> int:
    """List the nominal instruments that ``new`` knows.

    Parameters
    ----------
    as_json
        Print JSON.
    """
    rows = [
        {"code": one.code, "name": one.name, "gives": f"{one.volts_per_unit:g} V/({one.input_units})"}
        for one in SENSORS
    ] + [{"code": one.code, "name": one.name, "gives": f"{one.counts_per_volt:g} counts/V"} for one in DIGITIZERS]
    _print(rows, as_json)
    return 0


@app.command(name="import")
def import_(
    export: Path,
    station_file: Path,
    /,
    *,
    channel: str | None = None,
    calibrated: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Take responses from the digitizer's own export (StationXML or RESP) into a station's file.

    Channels are matched by code; place, orientation, epochs and the Comments about them stay. The file is replaced as a
    whole, or not at all.

    Parameters
    ----------
    export
        StationXML or RESP file from the digitizer.
    station_file
        The StationXML file to mend.
    channel
        Only this channel code, for example HHZ; an export of one channel is then taken for it whatever its code.
    calibrated
        The export holds the values of the calibration sheets, and not the model's nominal ones.
    """
    changed = import_response(export, station_file, channel, calibrated)
    print(f"{station_file}: response of {', '.join(changed)} replaced")
    return 0


@app.command(name="map")
def map_(*files: str, output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("stations.png")) -> int:
    """Draw the network.

    Parameters
    ----------
    files
        StationXML files, globs or folders; without any, the three Pamir stations.
    output
        PNG, PDF or SVG file.
    """
    table = read_inventories(_patterns(files))
    if not table.stations:
        raise QueryError("no station to draw; give StationXML files with stations")
    try:
        draw_map(table, output)
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{output}: cannot be written: {error}") from None
    print(f"written: {output}")
    return 0


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
    """Rows as a table of the columns that hold anything, or as JSON."""
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    columns = [key for key in (rows[0] if rows else ()) if any(row[key] not in ("", None) for row in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in columns:
        words = all(" " not in _text(row[key]) for row in rows)
        table.add_column(key.replace("_", " "), no_wrap=words, overflow="fold")
    for row in rows:
        table.add_row(*(_text(row[key]) for key in columns))
    Console().print(table, highlight=False)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)

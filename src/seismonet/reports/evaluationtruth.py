"""Catalogues of what happened, as agencies, scripts and ``seismonet simulate`` write them, to :class:`Truth`.

The rule this file owns: what a document does not tell stays unknown, and what it tells wrongly is an error that names
the place; a document is known by its content, not by its file's name.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from seismonet.core.errors import FormatError
from seismonet.core.geo import distance_km
from seismonet.core.utc import SECOND_NS, from_iso

from .evaluation import TruePick, Truth, TruthSet

P_PHASES = frozenset({"P", "p", "Pg", "Pn", "Pb", "P*", "Pdiff", "P1"})
S_PHASES = frozenset({"S", "s", "Sg", "Sn", "Sb", "S*", "S1"})
COLUMNS = {"origin_time": "time", "depth/km": "depth", "depth_km": "depth", "magnitude": "mag", "eventid": "id"}
NO_EVENTS = frozenset({"not existing", "not reported", "deleted"})
SAME_S, SAME_KM = 10.0, 50.0
"""What another file tells within this is the same earthquake; which of the two counts, the first file decides."""


def parse_truth(data: bytes, name: str) -> TruthSet:
    """The earthquakes in a document: QuakeML, CSV, FDSN's text or JSON; ``name`` says in errors where it came from.

    FormatError when it is none of these, or holds no earthquake and does not say so.

    >>> parse_truth(b"time,latitude,longitude,mag\\n2020-01-01T00:00:00Z,38.0,72.5,4.1\\n", "a.csv").events[0].magnitude
    4.1
    """
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return _of_quakeml(data, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError(f"{name}: is neither QuakeML nor text in UTF-8; give QuakeML, CSV or JSON") from None
    return _of_json(text, name) if start in (b"{", b"[") else _of_csv(text, name)


def together(sets: Iterable[TruthSet]) -> TruthSet:
    """All that several documents tell; an earthquake that two of them tell counts once, as the first tells it."""
    events: list[Truth] = []
    picks: list[TruePick] = []
    names: list[str] = []
    for one in sets:
        known = tuple(events)
        events += [truth for truth in one.events if not any(_same(truth, other) for other in known)]
        picks += one.picks
        names += one.names
    events.sort(key=lambda truth: (truth.time_ns, truth.name))
    return TruthSet(tuple(events), tuple(dict.fromkeys(picks)), tuple(names))


def _same(one: Truth, other: Truth) -> bool:
    if abs(one.time_ns - other.time_ns) > SAME_S * SECOND_NS:
        return False
    return float(distance_km(one.latitude, one.longitude, other.latitude, other.longitude)) <= SAME_KM


def _phase(text: object) -> str:
    """P or S for a first arrival, however it is called; empty for all others."""
    name = str(text or "").strip()
    return "P" if name in P_PHASES else "S" if name in S_PHASES else ""


def _of_csv(text: str, name: str) -> TruthSet:
    """CSV with a header, as USGS, EMSC and ``seismonet events export`` write it, or FDSN's text with bars."""
    first = text.split("\n", 1)[0]
    rows = csv.reader(io.StringIO(text), delimiter="|" if first.count("|") > first.count(",") else ",")
    header = [_column(one) for one in next(rows, [])]
    lacking = [one for one in ("time", "latitude", "longitude") if one not in header]
    if lacking:
        raise FormatError(
            f"{name}: no catalogue: the first line names no column {', '.join(lacking)};"
            " write time,latitude,longitude,depth,mag as USGS does"
        )
    events = []
    for number, row in enumerate(rows, start=2):
        if any(cell.strip() for cell in row):
            found = _row(dict(zip(header, row, strict=False)), f"{name}, line {number}")
            events += [found] if found is not None else []
    return TruthSet(tuple(events), (), (name,))


def _column(text: str) -> str:
    name = text.strip().lstrip("#").strip().lower()
    return COLUMNS.get(name, name)


def _row(row: Mapping[str, str], where: str) -> Truth | None:
    kind = row.get("type", "").strip().lower() or "earthquake"
    if kind in NO_EVENTS or row.get("status", "").strip().lower() == "deleted":
        return None
    return Truth(
        row.get("id", "").strip() or row["time"].strip(),
        _time(row["time"], where),
        *_place(row["latitude"], row.get("longitude"), where),
        _number(row.get("depth"), where),
        _number(row.get("mag"), where),
        row.get("magtype", "").strip(),
        optional=kind != "earthquake",
    )


def _of_json(text: str, name: str) -> TruthSet:
    """``{"events": [{"origin_time", "latitude", "longitude", …}], "picks": [{"station", "phase", "time"}]}``."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise FormatError(f"{name}: is no JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("events"), list):
        raise FormatError(f'{name}: no truth: it must be an object with a list "events"; see docs/evaluation.md')
    incomplete = document.get("incomplete") is True
    picks, events = [], []
    for number, one in enumerate(document.get("picks") or [], start=1):
        picks.append(_json_pick(one, f"{name}, pick {number}"))
    for number, one in enumerate(document["events"], start=1):
        events.append(_json_event(one, incomplete, f"{name}, event {number}"))
    return TruthSet(tuple(events), tuple(one for one in picks if one.phase), (name,))


def _json_event(one: Any, incomplete: bool, where: str) -> Truth:
    if not isinstance(one, dict) or "origin_time" not in one:
        raise FormatError(f'{where}: has no "origin_time"')
    first = one.get("first_p")
    return Truth(
        str(one.get("id") or one.get("source") or one["origin_time"]),
        _time(one["origin_time"], where),
        *_place(one.get("latitude"), one.get("longitude"), where),
        _number(one.get("depth_km"), where),
        _number(one.get("magnitude"), where),
        str(one.get("magnitude_type") or ""),
        first_p_ns=_time(first.get("time"), where) if isinstance(first, dict) else None,
        optional=one.get("optional") is True,
        incomplete=incomplete,
    )


def _json_pick(one: Any, where: str) -> TruePick:
    if not isinstance(one, dict):
        raise FormatError(f"{where}: is no object")
    parts = str(one.get("nslc") or "").split(".")
    station = ".".join(parts[:2]) if len(parts) > 2 and parts[0] else str(one.get("station") or "")
    if not station:
        raise FormatError(f'{where}: names no "station" and no "nslc"')
    return TruePick(station, _phase(one.get("phase")), _time(one.get("time"), where))


def _of_quakeml(data: bytes, name: str) -> TruthSet:
    """The preferred origin and magnitude of each event, or the first; picks that are not an automatic's."""
    from obspy import read_events

    try:
        catalog = read_events(io.BytesIO(data), format="QUAKEML")
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise FormatError(f"{name}: ObsPy cannot read it as QuakeML: {reason}") from None
    events = [found for event in catalog for found in [_quake(event)] if found is not None]
    return TruthSet(tuple(events), (), (name,))


def _quake(event: Any) -> Truth | None:
    origin = event.preferred_origin() or next(iter(event.origins), None)
    kind = str(event.event_type or "earthquake")
    if (
        kind in NO_EVENTS
        or origin is None
        or origin.time is None
        or origin.latitude is None
        or origin.longitude is None
    ):
        return None
    size = event.preferred_magnitude() or next(iter(event.magnitudes), None)
    picks = _quake_picks(event)
    return Truth(
        str(event.resource_id.id).removeprefix("smi:").removeprefix("quakeml:"),
        int(origin.time.ns),
        float(origin.latitude),
        float(origin.longitude),
        None if origin.depth is None else float(origin.depth) / 1000,
        None if size is None or size.mag is None else float(size.mag),
        "" if size is None else str(size.magnitude_type or ""),
        picks,
        min((one.time_ns for one in picks if one.phase == "P"), default=None),
        optional=kind != "earthquake",
    )


def _quake_picks(event: Any) -> tuple[TruePick, ...]:
    used = {str(one.pick_id): one.phase for origin in event.origins for one in origin.arrivals}
    found = []
    for pick in event.picks:
        phase = _phase(used.get(str(pick.resource_id.id)) or pick.phase_hint)
        stream = pick.waveform_id
        if phase and stream is not None and pick.time is not None and pick.evaluation_mode != "automatic":
            network, station = stream.network_code or "", stream.station_code or ""
            found.append(TruePick(f"{network}.{station}" if network else station, phase, int(pick.time.ns)))
    return tuple(found)


def _time(text: object, where: str) -> int:
    try:
        return from_iso(str(text).strip().replace(" ", "T"))
    except ValueError:
        raise FormatError(f"{where}: {text!r} is no time; write it as 2024-09-15T00:00:00Z") from None


def _number(value: object, where: str) -> float | None:
    if value is None or str(value).strip() == "":
        return None
    try:
        number = float(str(value))
    except ValueError:
        raise FormatError(f"{where}: {value!r} is no number") from None
    return number if math.isfinite(number) else None


def _place(latitude: object, longitude: object, where: str) -> tuple[float, float]:
    found = _number(latitude, where), _number(longitude, where)
    if found[0] is None or found[1] is None or abs(found[0]) > 90 or abs(found[1]) > 360:
        raise FormatError(f"{where}: {latitude}, {longitude} is no place; give latitude and longitude in degrees")
    return found[0], found[1]

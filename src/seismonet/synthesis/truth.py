"""The truth about a simulation, for people and programs: QuakeML, the StationXML that was used, the faults.

The rule this file owns: every document says that it is simulated, so that none can be taken for a report of what was.
"""

import io
import json
from typing import Any

from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg, distance_deg
from seismonet.core.inventory import ChannelTable
from seismonet.core.utc import SECOND_NS, to_iso

from .digitizer import Schedule
from .earthquake import Onset, SyntheticEvent
from .faults import KINDS
from .scenarios import Quake
from .simulation import Simulation

SIMULATED = "SIMULATED"
NOTICE = "SIMULATED: made by seismonet, nothing of this has happened"


def quakeml(simulation: Simulation, table: ChannelTable) -> bytes:
    """A QuakeML 1.2 document of the earthquakes, with each P and S onset as a pick and an arrival.

    Ids derive from the content, so that one simulation always makes the same bytes.
    """
    from obspy.core import event as quake

    built = [
        _event(quake, simulation, table, number, made)
        for number, made in enumerate(zip(simulation.scenario.events, simulation.events, strict=True))
    ]
    comments = [_comment(quake, simulation, "c")]
    if simulation.note:
        comments.append(_comment(quake, simulation, "earth", text=simulation.note))
    catalog = quake.Catalog(built, resource_id=_id(simulation, "catalog"), comments=comments)
    document = io.BytesIO()
    catalog.write(document, format="QUAKEML")
    return document.getvalue()


def _id(simulation: Simulation, *parts: object) -> Any:
    from obspy.core.event import ResourceIdentifier

    seed = "" if simulation.seed == 0 else f"-{simulation.seed}"
    whole = "/".join(str(part).replace(" ", "_") for part in (simulation.scenario.name + seed, *parts))
    return ResourceIdentifier(f"smi:simulated/{whole}")


def _comment(quake: Any, simulation: Simulation, *parts: object, text: str = NOTICE) -> Any:
    return quake.Comment(text=text, resource_id=_id(simulation, "comment", *parts))


def _time(time_ns: int) -> Any:
    from obspy import UTCDateTime

    return UTCDateTime(ns=round(int(time_ns), -3))


def _event(
    quake: Any, simulation: Simulation, table: ChannelTable, number: int, made: tuple[Quake, SyntheticEvent]
) -> Any:
    told, event = made
    origin_id, magnitude_id = (_id(simulation, kind, number) for kind in ("origin", "magnitude"))
    info = quake.CreationInfo(agency_id=SIMULATED, author="seismonet simulate", creation_time=_time(event.origin_ns))
    onsets = [one for one in simulation.onsets_of(event, table) if one in simulation.onsets]
    origin = quake.Origin(
        resource_id=origin_id, time=_time(event.origin_ns), latitude=event.latitude, longitude=event.longitude,
        depth=event.depth_km * 1000, depth_type="operator assigned", origin_type="hypocenter",
        evaluation_mode="manual", evaluation_status="preliminary", creation_info=info,
        arrivals=[_arrival(quake, simulation, table, (number, event), one) for one in onsets],
    )  # fmt: skip
    size = quake.Magnitude(
        resource_id=magnitude_id, mag=event.magnitude, magnitude_type="Mw", origin_id=origin_id,
        evaluation_mode="manual", creation_info=info,
    )  # fmt: skip
    return quake.Event(
        resource_id=_id(simulation, "event", number),
        event_type="earthquake",
        event_descriptions=[quake.EventDescription(text=f"{SIMULATED} {told.name or simulation.scenario.name}")],
        comments=[_comment(quake, simulation, "event", number), *_sources(quake, simulation, number, told)],
        origins=[origin],
        magnitudes=[size],
        picks=[_pick(quake, simulation, number, one, info) for one in onsets],
        preferred_origin_id=str(origin_id),
        preferred_magnitude_id=str(magnitude_id),
        creation_info=info,
    )


def _sources(quake: Any, simulation: Simulation, number: int, told: Quake) -> list[Any]:
    if not told.source:
        return []
    text = f"after the earthquake of {told.origin_time}, {told.magnitude_type} {told.magnitude:g}: {told.source}"
    return [_comment(quake, simulation, "source", number, text=f"{text} (confidence {told.confidence})")]


def _pick(quake: Any, simulation: Simulation, number: int, onset: Onset, info: Any) -> Any:
    network, station = onset.station_code.split(".")
    return quake.Pick(
        resource_id=_id(simulation, "pick", number, onset.station_code, onset.phase),
        time=_time(onset.time_ns),
        waveform_id=quake.WaveformStreamID(network_code=network, station_code=station),
        phase_hint=onset.phase,
        method_id=_id(simulation, "method", "true-onset"),
        evaluation_mode="manual",
        creation_info=info,
    )


def _arrival(
    quake: Any, simulation: Simulation, table: ChannelTable, event: tuple[int, SyntheticEvent], onset: Onset
) -> Any:
    number, source = event
    station = table.find_station(onset.station_code, simulation.begin_ns)
    places = (source.latitude, source.longitude, station.latitude, station.longitude) if station else (0.0,) * 4
    return quake.Arrival(
        resource_id=_id(simulation, "arrival", number, onset.station_code, onset.phase),
        pick_id=_id(simulation, "pick", number, onset.station_code, onset.phase),
        phase=onset.phase,
        distance=float(distance_deg(*places)),
        azimuth=float(azimuth_deg(*places)),
        time_residual=0.0,
    )


def station_xml(inventory: Any) -> bytes:
    """The StationXML document of an ObsPy Inventory, each station with a Comment that its data are simulated."""
    from obspy.core.inventory import Comment

    marked = inventory.copy()
    marked.source, marked.module = "seismonet", "seismonet simulate"
    for network in marked:
        for station in network:
            station.comments = [Comment(value=f"{NOTICE} at this station", subject=SIMULATED), *station.comments]
    document = io.BytesIO()
    marked.write(document, format="STATIONXML", validate=True)
    return document.getvalue()


def faults_json(simulation: Simulation, plan: Schedule) -> str:
    """What went wrong, where, from when to when, how badly, and how many samples or records it touched, as JSON."""
    return json.dumps(
        {
            "simulated": NOTICE,
            "scenario": simulation.scenario.name,
            "description": simulation.scenario.description,
            "begin": to_iso(simulation.begin_ns),
            "seed": simulation.seed,
            "noise_level": simulation.scenario.noise_level,
            "records": len(plan.sendings),
            "faults": [
                {
                    "kind": note.fault.kind,
                    "meaning": KINDS[note.fault.kind][1],
                    "target": note.fault.target,
                    "size": note.fault.value,
                    "start": to_iso(note.start_ns),
                    "end": to_iso(note.end_ns),
                    "channels": list(note.channels),
                    "samples": note.samples,
                    "records": note.records,
                }
                for note in plan.notes
            ],
        },
        indent=1,
    )


def summary(simulation: Simulation, table: ChannelTable) -> list[tuple[str, str, float, float, float]]:
    """Rows of what happens when: event, station, km from the epicentre, seconds from the begin to P and to S."""
    rows = []
    for told, event in zip(simulation.scenario.events, simulation.events, strict=True):
        onsets = simulation.onsets_of(event, table)
        for p, s in zip(onsets[::2], onsets[1::2], strict=True):
            station = table.find_station(p.station_code, simulation.begin_ns)
            if station is not None:
                place = event.latitude, event.longitude, station.latitude, station.longitude
                p_s, s_s = ((one.time_ns - simulation.begin_ns) / SECOND_NS for one in (p, s))
                km = float(distance_deg(*place)) * KM_PER_DEGREE
                rows.append((told.name, p.station_code, km, p_s, s_s))
    return rows

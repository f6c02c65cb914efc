"""A simulation as files: what the stations sent, and the truth about it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from seismonet.core.errors import ArchiveError
from seismonet.core.inventory import ChannelTable
from seismonet.core.utc import to_datetime

from .digitizer import Schedule, Sending
from .simulation import Simulation
from .truth import faults_json, quakeml, station_xml

Layout = Literal["file", "sds"]


def write(
    simulation: Simulation, plan: Schedule, table: ChannelTable, inventory: Any, out: Path, layout: Layout = "file"
) -> list[Path]:
    """Write a simulation to a folder, which is made; returns the files and folders.

    Records stand in the order of their sending: in one file, or in the day files of an SDS archive by the times they
    claim. ArchiveError when the folder holds a simulation already, or cannot be written.
    """
    name = simulation.scenario.name
    waveforms = out / (f"simulated-{name}.mseed" if layout == "file" else f"simulated-{name}-sds")
    truth = {
        out / "simulated-truth.xml": quakeml(simulation, table),
        out / "simulated-stations.xml": station_xml(inventory),
        out / "simulated-faults.json": faults_json(simulation, plan).encode(),
    }
    for path in (waveforms, *truth):
        if path.exists():
            raise ArchiveError(f"{path} exists: give another folder, or remove it")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, records in _contents(plan.sendings, waveforms, layout):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(records))
        for path, document in truth.items():
            path.write_bytes(document)
    except OSError as error:
        raise ArchiveError(f"{error.filename or out}: cannot be written ({error.strerror})") from error
    return [waveforms, *truth]


def _contents(sendings: Sequence[Sending], waveforms: Path, layout: Layout) -> list[tuple[Path, list[bytes]]]:
    if layout == "file":
        return [(waveforms, [one.payload for one in sendings])]
    days: dict[Path, list[bytes]] = {}
    for one in sendings:
        days.setdefault(waveforms / _day_file(one), []).append(one.payload)
    return list(days.items())


def _day_file(one: Sending) -> str:
    day, name = to_datetime(one.start_ns), one.source_id
    folder = f"{day.year}/{name.network}/{name.station}/{name.channel}.D"
    return f"{folder}/{name.nslc}.D.{day.year}.{day.timetuple().tm_yday:03d}"

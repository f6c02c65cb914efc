"""Replay of files into a folder: what the command and the demo run."""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seismonet import __version__
from seismonet.config import Config
from seismonet.core.errors import ArchiveError, FormatError, QueryError
from seismonet.core.inventory import ChannelTable
from seismonet.core.utc import from_seconds, to_iso
from seismonet.detect.assemble import OUTSIDE_EPOCHS
from seismonet.formats import jsonlines
from seismonet.formats.quakeml import quakeml
from seismonet.models.corrections import read_corrections
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.reports.replay import ReportData, draw_report, main_event, refusals
from seismonet.store.catalogue import Catalogue
from seismonet.store.inventory import read_inventories
from seismonet.store.offline import OfflineFile
from seismonet.store.simulated import SIMULATED, Mark, read_mark, stations_told
from seismonet.store.targets import read_targets
from seismonet.warn.audience import ALWAYS

from .replaying import Replay, run
from .source import Progress, ReceiptsSource, Source, Window
from .traces import report_traces, report_window

CATALOGUE = "catalogue.sqlite"
SPAN_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A replay of files: what was found, where it was written, and what was not used."""

    replay: Replay
    folder: Path
    files: tuple[OfflineFile, ...]
    latency_s: float
    span_ns: tuple[int, int]
    records: int
    from_receipts: bool = False
    simulated: str = ""

    def remarks(self) -> list[str]:
        """The end of a command's output, in words."""
        found = self.replay
        events = [event for event in found.latest_events if event.event_type == "earthquake"]
        taken_back = len(found.latest_events) - len(events)
        text = f"{len(events)} event{'s' * (len(events) != 1)}"
        text += f" ({taken_back} more cancelled)" if taken_back else ""
        text += f", {len(found.alerts)} alert messages, {len(found.sorted_picks)} picks from {self.records} records"
        text += f", {to_iso(self.span_ns[0], 0)} to {to_iso(self.span_ns[1], 0)}."
        lines = [
            text,
            "Records count as received when the daemon received them."
            if self.from_receipts
            else f"Records count as received {self.latency_s:g} s after their end; times of issue follow from that.",
        ]
        lines += [f"{file.path}: {remark}" for file in self.files for remark in file.remarks]
        if found.refused:
            lines.append(f"{refusals(found.refused)} (see rejections.jsonl)")
        if found.unpicked:
            lines.append(f"No vertical channel was heard of {', '.join(found.unpicked)}: no P can be picked there.")
        lines += [f"{what}: {count} times" for what, count in sorted(found.totals.items())]
        if self.simulated:
            lines.insert(0, f"SIMULATED data: {self.simulated}")
        return [*lines, f"Written to {self.folder}"]

    def summary(self) -> dict[str, Any]:
        """The same for machines."""
        found = self.replay
        return {
            "events": [
                {
                    "id": event.id,
                    "event_type": event.event_type,
                    "origin_time": to_iso(event.origin.time_ns),
                    "latitude": event.origin.latitude,
                    "longitude": event.origin.longitude,
                    "depth_km": event.origin.depth_km,
                    "horizontal_uncertainty_km": event.origin.horizontal_uncertainty_km,
                    "magnitude": event.magnitude.value if event.magnitude else None,
                    "magnitude_type": event.magnitude.type if event.magnitude else None,
                    "stations": len(event.origin.station_codes),
                    "state": event.state,
                    "quality": event.origin.confidence.quality if event.origin.confidence else None,
                }
                for event in found.latest_events
            ],
            "alerts": len(found.alerts),
            "picks": len(found.sorted_picks),
            "rejections": dict(sorted(found.refused.items())),
            "records": self.records,
            "latency_s": self.latency_s,
            "files": {str(file.path): file.remarks for file in self.files},
            "unpicked": list(found.unpicked),
            "counts": dict(sorted(found.totals.items())),
            "folder": str(self.folder),
            **self.mark,
        }

    @property
    def mark(self) -> dict[str, str]:
        """What every object that is written says of being simulated; nothing of real data."""
        return {"simulated": self.simulated} if self.simulated else {}


def replay_files(
    waveforms: Sequence[str],
    stations: Sequence[str],
    folder: Path,
    *,
    window: Window = (None, None),
    latency_s: float = 0.0,
    progress: Progress | None = None,
    config: Config | None = None,
    pace: Callable[[int], None] | None = None,
    receipts: bool = False,
) -> Outcome:
    """Replay files and write everything into a folder, all or nothing.

    With ``receipts`` the one name in ``waveforms`` is the folder of a daemon's archive: what it received is replayed as
    it was received. ``stations`` may be empty where the configuration names them. ``pace`` is called with each step's
    pipeline time and may wait, so that a replay runs as fast as somebody wants to watch it.
    """
    config = config or Config()
    patterns = [*stations] or [*config.network.stations]
    if not patterns:
        raise QueryError("no station metadata: give --stations, or a --config that names them")
    table = read_inventories(patterns)
    source = _source(waveforms, window, latency_s, table, config.daemon.late_s if receipts else None)
    source.check()
    _writable(folder)
    told_simulated = read_mark(Path(waveforms[0])) if receipts else stations_told(patterns)
    Mark(folder).learn(told_simulated)
    corrections = read_corrections(config.network.station_corrections)
    model = travel_times(config.network.earth_model, cache_dir())
    told = None if progress is None else source.progress(progress)
    found = run(
        source.batches(),
        table,
        config.pipeline,
        model,
        corrections=corrections,
        targets=read_targets(config.network.targets),
        progress=told,
        pace=pace,
    )
    _any_in_its_epoch(found, source)
    outcome = Outcome(
        found, folder, tuple(source.files), latency_s, source.span_ns, source.records, receipts, told_simulated
    )
    write(outcome, _report(outcome, source, model))
    return outcome


def _source(
    names: Sequence[str], window: Window, latency_s: float, table: ChannelTable, late_s: float | None
) -> Source | ReceiptsSource:
    """Where receipts come from; with ``late_s`` from the receipts log of a daemon's archive."""
    if late_s is None:
        return Source(names, window, latency_s, table)
    if len(names) != 1 or latency_s:
        raise QueryError("receipts: give one folder, the archive of a daemon, and no latency: that was measured")
    return ReceiptsSource(Path(names[0]), window, late_s, table)


def _any_in_its_epoch(found: Replay, source: Source | ReceiptsSource) -> None:
    """FormatError when not one record lies within the epochs of its channel."""
    totals = found.totals
    if totals[OUTSIDE_EPOCHS] and totals[OUTSIDE_EPOCHS] + totals["unknown channel"] >= source.records:
        begin, end = (to_iso(ns, 0) for ns in source.span_ns)
        raise FormatError(
            f"all data ({begin} to {end}) lie outside the epochs of the station metadata; mend their dates"
        )


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise ArchiveError(f"{folder}: cannot be written to: {error.strerror or error}; choose another --out") from None


def _store(outcome: Outcome) -> None:
    """Everything into the catalogue, in one transaction.

    What an earlier replay of the same stations issued in the same time is replaced; where the catalogue knows other
    stations too, their events stay and this replay's are added.
    """
    found = outcome.replay
    with Catalogue(outcome.folder / CATALOGUE) as catalogue, catalogue.transaction():
        begin_ns, end_ns = outcome.span_ns
        own = {station.station_code for station in found.table.stations}
        if {station.station_code for station in catalogue.stations().stations} <= own:
            catalogue.discard(begin_ns, end_ns + from_seconds(outcome.latency_s + SPAN_AFTER_S))
        catalogue.add_span(begin_ns, end_ns)
        catalogue.add_stations(found.table)
        catalogue.add_picks(found.picks.values())
        catalogue.add_rejections(found.rejections.values())
        catalogue.add_motions(found.motions)
        catalogue.add_status(found.statuses)
        catalogue.add_events(found.events)
        catalogue.add_alerts(found.alerts)
        catalogue.add_decisions(found.decisions)


def _report(outcome: Outcome, source: Source | ReceiptsSource, model: TravelTimes) -> ReportData:
    found = outcome.replay
    main = main_event(found.events)
    reach_km = max((arrival.distance_km for arrival in main.origin.arrivals), default=0.0) if main else 0.0
    reach_km = 1.3 * reach_km + 20
    receipts = source.about(report_window(main, reach_km, outcome.span_ns[1]))
    names = sorted({name.network for name in receipts.source_ids})
    begin, end = (to_iso(ns, 0)[:19].replace("T", " ") for ns in outcome.span_ns)
    mark = f"{SIMULATED}: " if outcome.simulated else ""
    return ReportData(
        title=f"{mark}Replay of {', '.join(names) or 'a network'}, {begin} to {end} UTC",
        traces=report_traces(receipts, found.table),
        channels=found.table,
        picks=found.sorted_picks,
        events=found.events,
        alerts=[one for one in found.alerts if one.audience == ALWAYS],
        statuses=found.statuses,
        model=model,
        refused=found.refused,
    )


def write(outcome: Outcome, report: ReportData) -> None:
    """Write a replay's files: into a new folder first, then each is moved to its place."""
    found, folder = outcome.replay, outcome.folder
    picks = found.picks
    work = Path(tempfile.mkdtemp(prefix=".replay-", dir=folder))
    try:
        agency = f"{SIMULATED} seismonet" if outcome.simulated else "seismonet"
        document = quakeml(found.latest_events, picks, agency=agency, author=f"seismonet {__version__}")
        (work / "events.xml").write_bytes(document)
        texts = {
            "picks.jsonl": jsonlines.lines(jsonlines.pick_object(one) | outcome.mark for one in found.sorted_picks),
            "rejections.jsonl": jsonlines.lines(
                jsonlines.rejection_object(one) | outcome.mark for one in found.sorted_rejections
            ),
            "alerts.jsonl": jsonlines.lines(jsonlines.alert_object(one) | outcome.mark for one in found.alerts),
            "decisions.jsonl": jsonlines.lines(
                jsonlines.decision_object(one) | outcome.mark for one in found.decisions
            ),
            "motions.jsonl": jsonlines.lines(jsonlines.motion_object(one) | outcome.mark for one in found.motions),
            "status.jsonl": jsonlines.lines(jsonlines.status_object(one) | outcome.mark for one in found.statuses),
        }
        for name, text in texts.items():
            (work / name).write_text(text, encoding="utf-8")
        draw_report(work / "report.png", report)
        _store(outcome)
        for path in sorted(work.iterdir()):
            os.replace(path, folder / path.name)
    except OSError as error:
        raise ArchiveError(f"{folder}: cannot be written to: {error.strerror or error}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)

"""From receipts to alerts: the order of things, on one page.

``StationPipeline`` turns receipts into facts (picks, amplitudes, channel statuses); it knows nothing of other stations
and can run anywhere. ``NetworkPipeline`` turns facts into events, alerts and network statuses. ``Pipeline`` joins the
two in one process. A fact is issued when the record that completed it was received; facts are handled in that order,
so nothing depends on how many receipts a step was given.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from seismonet.core.alert import Alert, Decision
from seismonet.core.arrays import AnyArray
from seismonet.core.errors import FormatError
from seismonet.core.event import Amplitude, Event, Pick, Rejection
from seismonet.core.health import Change, Finding, Metric
from seismonet.core.inventory import ChannelTable, Station
from seismonet.core.motion import Motion
from seismonet.core.plain import Tree, flatten, unflatten
from seismonet.core.rollup import HourSpectrum, Rollup
from seismonet.core.status import ChannelStatus, NetworkStatus
from seismonet.core.target import Target
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Receipts, Tick
from seismonet.detect.assemble import AssembleParams, Assembler
from seismonet.detect.detectors import PickerParams
from seismonet.detect.joining import Joiner
from seismonet.detect.motion import Shaken
from seismonet.detect.picker import Picker, detecting_rows
from seismonet.detect.portions import pieces, portions
from seismonet.detect.rows import Rows, SameRows, saved_rows
from seismonet.detect.shake import MotionParams
from seismonet.location.amplitudes import MagnitudeParams
from seismonet.location.associate import Associator
from seismonet.location.judge import AssociatorParams
from seismonet.location.posterior import LocationParams
from seismonet.models.corrections import StationCorrections
from seismonet.models.traveltime import TravelTimes
from seismonet.status.channel import ChannelMonitor, StatusParams
from seismonet.status.healthparams import HealthParams
from seismonet.status.machine import StateMachine
from seismonet.status.network import NetworkMonitor
from seismonet.status.rollups import Rollups
from seismonet.warn.changes import AlertParams
from seismonet.warn.lifecycle import Lifecycle
from seismonet.warn.shaking import ShakingParams
from seismonet.warn.view import Surroundings

Fact = Pick | Amplitude | Rejection | ChannelStatus | Motion
SNAPSHOT_FORMAT = 4


@dataclass(frozen=True, slots=True)
class PipelineParams:
    """All parameters of the processing, room by room."""

    assemble: AssembleParams = field(default_factory=AssembleParams)
    picker: PickerParams = field(default_factory=PickerParams)
    motion: MotionParams = field(default_factory=MotionParams)
    status: StatusParams = field(default_factory=StatusParams)
    health: HealthParams = field(default_factory=HealthParams)
    associate: AssociatorParams = field(default_factory=AssociatorParams)
    location: LocationParams = field(default_factory=LocationParams)
    magnitude: MagnitudeParams = field(default_factory=MagnitudeParams)
    shaking: ShakingParams = field(default_factory=ShakingParams)
    alert: AlertParams = field(default_factory=AlertParams)


class StationPipeline:
    """Receipts to facts, for all channels of a table."""

    def __init__(self, table: ChannelTable, params: PipelineParams | None = None) -> None:
        params = params or PipelineParams()
        self.rows = Rows.of(table)
        self._assembler = Assembler(self.rows, params.assemble)
        self._picker = Picker(self.rows, self._assembler, params.picker, params.motion)
        self._joiner = Joiner(params.picker.join)
        self._shaken = Shaken()
        self._monitor = ChannelMonitor(self.rows, self._assembler, params.picker.arm_s, params.status)
        self.rollups = Rollups(self.rows, self._assembler, self._picker.history)

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """What happened to records that were not simply taken: (channel, what) -> how often."""
        return self._assembler.counts

    @property
    def unpicked(self) -> tuple[str, ...]:
        """Stations that were heard, but on no channel whose onsets can be P picks (no vertical one came)."""
        heard = self._monitor.last_received_ns >= 0
        codes = [name.station_code for name in self.rows.source_ids]
        decided = {code for code, yes in zip(codes, heard & detecting_rows(self.rows), strict=True) if yes}
        return tuple(sorted({code for code, yes in zip(codes, heard, strict=True) if yes} - decided))

    def step(self, receipts: Receipts, tick: Tick) -> list[Fact]:
        """Facts issued after the last tick and up to this one, in the order of their issue.

        ``receipts`` is everything received since the last tick, in the order of receipt.
        """
        parts = portions(receipts)
        for part in parts:
            self._monitor.receive(part)
            self.rollups.receive(part)
            for piece in pieces(part):
                self._assembler.add(piece)
                self._process()
            if part is not parts[-1]:
                # jobs that wait in vain go on while their samples are held
                self._settle(int(part.received_ns[-1]) - 1)
        self._settle(tick.time_ns)
        found = self._picker.collect(tick.time_ns)
        motions = [one for one in found if isinstance(one, Motion)]
        told = self._joiner.step([one for one in found if not isinstance(one, Motion)])
        facts: list[Fact] = [*self._monitor.collect(tick.time_ns), *told, *self._shaken.step(told, motions)]
        return sorted(facts, key=_fact_order)

    def save(self) -> Tree:
        """All that it remembers between two steps."""
        return {
            "rows": saved_rows(self.rows),
            "assembler": self._assembler.save(),
            "picker": self._picker.save(),
            "joiner": self._joiner.save(),
            "shaken": self._shaken.save(),
            "monitor": self._monitor.save(),
            "rollups": self.rollups.save(),
        }

    def load(self, tree: Tree) -> int:
        """Take up what was saved for every channel whose metadata are as they were; how many those are."""
        same = SameRows.find(tree["rows"], self.rows)
        self._assembler.load(tree["assembler"], same)
        self._picker.load(tree["picker"], same)
        self._joiner.load(tree["joiner"])
        self._shaken.load(tree["shaken"])
        self._monitor.load(tree["monitor"], same)
        self.rollups.load(tree["rollups"], same)
        return len(same.to)

    def _settle(self, now_ns: int) -> None:
        """Everything received until then was handed over."""
        self._assembler.flush(now_ns)
        self._process()
        self._picker.expire(now_ns)

    def _process(self) -> None:
        for rate_hz, block in self._assembler.cut():
            self._monitor.inspect(rate_hz, block)
            self._picker.step(rate_hz, block)
            self.rollups.write(rate_hz, block)
        self.rollups.work()


def _fact_order(fact: Fact) -> tuple[int, int, int, str, str]:
    """By time of issue; statuses, picks by version and onset, amplitudes, refusals, motions; then by name."""
    if isinstance(fact, ChannelStatus):
        return fact.time_ns, 0, 0, fact.source_id.nslc, ""
    if isinstance(fact, Pick):
        return fact.issued_ns, 1 + fact.version, fact.time_ns, fact.source_id.nslc, fact.id
    if isinstance(fact, Rejection):
        return fact.issued_ns, 2000, fact.time_ns, fact.source_id.nslc, fact.pick_id
    if isinstance(fact, Motion):
        return fact.issued_ns, 3000, fact.start_ns, fact.station_code, ""
    return fact.issued_ns, 1000, round(fact.window_s * 1000), fact.source_id.nslc, fact.pick_id


@dataclass(frozen=True, slots=True)
class Output:
    """What a step brought forth, each in the order of issue; ``alerts`` are those of the decisions to tell."""

    picks: list[Pick] = field(default_factory=list)
    amplitudes: list[Amplitude] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    statuses: list[NetworkStatus] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    motions: list[Motion] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    rollups: list[Rollup] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    spectra: list[HourSpectrum] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Take up decisions, and the alerts of those to tell."""
        for one in decisions:
            self.decisions.append(one)
            if one.alert is not None:
                self.alerts.append(one.alert)


class NetworkPipeline:
    """Facts of all stations to events, alerts and the status they were made under."""

    def __init__(
        self,
        table: ChannelTable,
        model: TravelTimes,
        params: PipelineParams | None = None,
        corrections: StationCorrections | None = None,
        targets: Sequence[Target] = (),
    ) -> None:
        params = params or PipelineParams()
        rows = Rows.of(table)
        deciding = frozenset(
            name for name, detects in zip(rows.source_ids, detecting_rows(rows), strict=True) if detects
        )
        self.monitor = NetworkMonitor(rows.source_ids, deciding)
        self.states = StateMachine(rows.source_ids, deciding, params.health.machine)
        self._associator = Associator(
            _places(table),
            model,
            self.monitor.can_contribute,
            params.associate,
            params.location,
            params.magnitude,
            corrections or StationCorrections(),
            self.monitor.late_s,
            _least_snr(params.picker),
        )
        around = Surroundings(self._associator.network, tuple(targets), params.shaking)
        self._lifecycle = Lifecycle(around, params.alert)
        self._status_due_ns: int | None = None
        self._moved: list[Motion] = []

    def save(self) -> Tree:
        """All that it remembers between two steps."""
        return {
            "monitor": self.monitor.save(),
            "states": self.states.save(),
            "associator": self._associator.save(),
            "lifecycle": self._lifecycle.save(),
            "status_due_ns": self._status_due_ns,
        }

    def load(self, tree: Tree) -> None:
        """Take up what was saved."""
        self.monitor.load(tree["monitor"])
        self.states.load(tree["states"])
        self._associator.load(tree["associator"])
        self._lifecycle.load(tree["lifecycle"])
        self._status_due_ns = tree["status_due_ns"]

    def prepare(self) -> None:
        """Do beforehand what the first earthquake would wait for."""
        self._associator.prepare()

    def remember(self, events: Iterable[Event], alerts: Iterable[Alert]) -> None:
        """Know of what was published before a restart and is not in what was saved: it is not told as new again."""
        for event in events:
            self._associator.remember(event)
        for alert in alerts:
            self._lifecycle.remember(alert)

    def judge(self, findings: Iterable[Finding], time_ns: int) -> None:
        """What the diagnosis found of all stations, taken into account from now on."""
        self.states.judge(findings, time_ns)

    def step(self, facts: Sequence[Fact], tick: Tick) -> Output:
        """Handle facts in order, up to the tick; between them young sources are looked at again every second."""
        output = Output()
        index = 0
        while index < len(facts):
            now_ns = _issued_ns(facts[index])
            self._look(now_ns - 1, output)
            output.changes.extend(self.states.look(now_ns - 1))
            told = False
            while index < len(facts) and _issued_ns(facts[index]) == now_ns:
                told |= self._take(facts[index], output)
                index += 1
            self._publish(now_ns, output)
            if told and self._status_due_ns is None:
                self._status_due_ns = now_ns // SECOND_NS * SECOND_NS + SECOND_NS
        self._look(tick.time_ns, output)
        output.changes.extend(self.states.look(tick.time_ns))
        return output

    def _take(self, fact: Fact, output: Output) -> bool:
        """Take in one fact; True when it is a status that changed what a station can do."""
        if isinstance(fact, ChannelStatus):
            self.states.hear(fact)
            return self.monitor.update(fact)
        if isinstance(fact, Pick):
            output.picks.append(fact)
            # a pick of a clock that ran free for long is told, and has no weight
            if self.monitor.locked(fact.source_id):
                self._associator.add_pick(fact, fact.issued_ns)
        elif isinstance(fact, Rejection):
            output.rejections.append(fact)
            self._associator.reject(fact, fact.issued_ns)
        elif isinstance(fact, Motion):
            output.motions.append(fact)
            self._moved.append(fact)
        else:
            output.amplitudes.append(fact)
            self._associator.add_amplitude(fact)
        return False

    def _publish(self, now_ns: int, output: Output) -> None:
        """The versions of events that are due, with the status they are made under; and what is decided of them."""
        events = self._associator.news(now_ns)
        output.rejections.extend(self._associator.take_refused())
        moved, self._moved = self._moved, []
        if not events and not moved:
            return
        status = self.monitor.snapshot(now_ns)
        output.statuses.append(status)
        for one in events:
            event = replace(one, network_status=status.id)
            output.events.append(event)
            output.decide(self._lifecycle.step(event, status))
        for motion in moved:
            output.decide(self._lifecycle.feel(motion, status))

    def _decide(self, now_ns: int, output: Output) -> None:
        """What waited to be told until now."""
        status = self.monitor.snapshot(now_ns)
        decisions = self._lifecycle.look(now_ns, status)
        if decisions:
            output.statuses.append(status)
            output.decide(decisions)

    def _look(self, until_ns: int, output: Output) -> None:
        """What is due, by time: young sources are looked at, then what waits to be told.

        A change of status is told at the next full second.
        """
        while (due := self._due(until_ns)) is not None:
            due_ns, of_events = due
            self._tell_status(due_ns - 1, output)
            if of_events:
                self._publish(due_ns, output)
            else:
                self._decide(due_ns, output)
        self._tell_status(until_ns, output)

    def _due(self, until_ns: int) -> tuple[int, bool] | None:
        """When something is due first, and whether it is an event; None for nothing up to a time."""
        events_ns, waiting_ns = self._associator.due_ns, self._lifecycle.due_ns
        known = [(one, first) for one, first in ((events_ns, True), (waiting_ns, False)) if one is not None]
        due = min(known, key=lambda one: (one[0], not one[1]), default=None)
        return due if due is not None and due[0] <= until_ns else None

    def _tell_status(self, until_ns: int, output: Output) -> None:
        if self._status_due_ns is not None and self._status_due_ns <= until_ns:
            status = self.monitor.snapshot(self._status_due_ns)
            output.statuses.append(status)
            output.decide(self._lifecycle.stand(status))
            self._status_due_ns = None


def _issued_ns(fact: Fact) -> int:
    return fact.time_ns if isinstance(fact, ChannelStatus) else fact.issued_ns


def _least_snr(picker: PickerParams) -> dict[str, float]:
    """Amplitude over noise that a refined pick must keep of its trigger: root of its energy ratio, or the gate's."""
    limits = ("D1", picker.d1.on_velocity), ("D2", picker.d2.on_velocity)
    return {name: max(picker.gate.minimum_snr, float(np.sqrt(on))) for name, on in limits}


def _places(table: ChannelTable) -> dict[str, Station]:
    """The latest epoch of every station with coordinates."""
    return {
        station.station_code: station
        for station in table.stations
        if np.isfinite(station.latitude) and np.isfinite(station.longitude)
    }


class Pipeline:
    """Both pipelines in one process."""

    def __init__(
        self,
        table: ChannelTable,
        model: TravelTimes,
        params: PipelineParams | None = None,
        corrections: StationCorrections | None = None,
        targets: Sequence[Target] = (),
    ) -> None:
        self.station = StationPipeline(table, params)
        self.network = NetworkPipeline(table, model, params, corrections, targets)
        text = f"{params or PipelineParams()!r} {model.name} {model.digest} {corrections or StationCorrections()!r}"
        text += f" {tuple(targets)!r}" if targets else ""
        self._fingerprint = hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    def save(self) -> dict[str, AnyArray]:
        """All that it remembers between two steps, as named arrays that ``numpy.savez`` takes."""
        head = {"format": SNAPSHOT_FORMAT, "parameters": self._fingerprint}
        return flatten({"head": head, "station": self.station.save(), "network": self.network.save()})

    def load(self, arrays: Mapping[str, AnyArray]) -> int:
        """Go on where ``save`` was called; how many channels are as they were (others begin anew).

        FormatError, and nothing is changed, when it was saved with other parameters or by another version.
        """
        tree = unflatten(arrays)
        head = tree.get("head", {})
        if head.get("format") != SNAPSHOT_FORMAT:
            raise FormatError(f"snapshot of format {head.get('format')}, not {SNAPSHOT_FORMAT}: it is not used")
        if head.get("parameters") != self._fingerprint:
            raise FormatError("snapshot made with other parameters: it is not used")
        known = self.station.load(tree["station"])
        self.network.load(tree["network"])
        return known

    def step(self, receipts: Receipts, tick: Tick) -> Output:
        """Everything that follows from what was received since the last tick."""
        output = self.network.step(self.station.step(receipts, tick), tick)
        rollups, metrics = self.station.rollups.collect()
        output.rollups.extend(rollups)
        output.metrics.extend(metrics)
        return output

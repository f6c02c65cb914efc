"""What takes longer than a step may: spectra of hours and metrics of days, from the archive and the catalogue.

The rule this file owns: an hour is measured from the archive some seconds after its end, one hour of one channel at a
time with pauses between, so that no alert waits; where it was interrupted it goes on from what the catalogue has.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from seismonet.core.errors import SeismonetError
from seismonet.core.health import Metric
from seismonet.core.inventory import Channel, ChannelTable
from seismonet.core.rollup import DAY_NS, HourSpectrum, ReceiptRollup, RecordRollup, SampleRollup
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.net.clock import Clock
from seismonet.pipeline import Output
from seismonet.status.metrics import Material, metrics_of_days
from seismonet.status.ppsd import HALF_NS, HourMaker, is_waveform, spectra
from seismonet.store.catalogue import Catalogue
from seismonet.store.dayparts import read_part
from seismonet.store.index import NAME as INDEX
from seismonet.store.index import Index
from seismonet.store.measurements import last_spectra, read_metrics, read_rollups, read_spectra
from seismonet.store.responses import Responses
from seismonet.store.sds import day_of, day_path

HOUR_NS = 2 * HALF_NS
SETTLE_NS, WAIT_NS = 30 * SECOND_NS, 900 * SECOND_NS
"""The archive has an hour so long after its end; what is missing of it is waited for so long."""
CATCH_UP_NS = 2 * DAY_NS
DAY_SETTLE_NS = HOUR_NS + 1800 * SECOND_NS
CATALOGUE = "catalogue.sqlite"
LOOK_S, PAUSE_S = 10.0, 0.02
Tell = Callable[[Output], None]
Warn = Callable[..., None]


def stored_material(
    catalogue: Catalogue, name: SourceId, window_ns: tuple[int, int], epochs: Sequence[Channel], responses: Responses
) -> Material:
    """What the catalogue holds of a channel in a window; which stretches of data there are, the index knows."""
    hours = read_spectra(catalogue, [name], *window_ns)
    correction = responses.correction_db(epochs[-1] if epochs else None, hours[-1].rate_hz) if hours else None
    return Material(
        name,
        read_rollups(catalogue, SampleRollup, [name], *window_ns),
        read_rollups(catalogue, RecordRollup, [name], *window_ns),
        read_rollups(catalogue, ReceiptRollup, [name], *window_ns),
        read_metrics(catalogue, [name], window_ns[0] // DAY_NS * DAY_NS, window_ns[1]),
        spectra(hours, correction),
        None,
        epochs,
    )


def hours_of(folder: Path, name: SourceId, start_ns: int) -> list[HourSpectrum]:
    """The spectrum of one hour of a channel, from the archive in a folder; none when too little of it is there."""
    end_ns = start_ns + HOUR_NS
    maker = HourMaker(name)
    for day in range(day_of(start_ns) - 1, day_of(end_ns - 1) + 1):
        if day * DAY_NS + DAY_NS <= start_ns - HOUR_NS:
            continue
        part = read_part(folder / "sds" / day_path(name, day), start_ns, end_ns)
        for receipt in sorted(part, key=lambda one: one.record.start_ns):
            record = receipt.record
            found = maker.add(record.start_ns, record.rate_hz, record.samples)
            if done := [one for one in found if one.start_ns == start_ns]:
                return done
    return [one for one in maker.finish() if one.start_ns == start_ns]


@dataclass(slots=True)
class Measuring:
    """Hours and days that are to be measured, and the work on one of them at a time.

    ``next_ns`` is the begin of each channel's next hour.
    """

    folder: Path
    table: ChannelTable
    responses: Responses
    tell: Tell
    next_ns: dict[SourceId, int] = field(default_factory=dict)
    _day: int = -1

    def begin(self, now_ns: int) -> None:
        """Find out how far the catalogue is."""
        since_ns = (now_ns - CATCH_UP_NS) // HALF_NS * HALF_NS
        with Catalogue(self.folder / CATALOGUE, create=False) as catalogue:
            known = last_spectra(catalogue, since_ns)
        first_ns = now_ns // HALF_NS * HALF_NS - HOUR_NS
        names = {one.source_id for one in self.table.channels if is_waveform(one.source_id, one.rate_hz)}
        self.next_ns = {name: known[name] + HALF_NS if name in known else first_ns for name in sorted(names)}
        self._day = day_of(now_ns - DAY_SETTLE_NS)

    def due(self, now_ns: int) -> list[SourceId]:
        """Channels of which an hour can be measured, those furthest behind first."""
        ready = [name for name, start_ns in self.next_ns.items() if start_ns + HOUR_NS + SETTLE_NS <= now_ns]
        if not ready:
            return []
        index = Index(self.folder / INDEX)
        try:
            spans = index.spans(min(self.next_ns[name] for name in ready), now_ns)
        finally:
            index.close()
        reached = {name: max((end for _, end in spans.get(name, [])), default=0) for name in ready}
        late_ns = now_ns - WAIT_NS - HOUR_NS
        found = [
            name for name in ready if reached[name] >= self.next_ns[name] + HOUR_NS or self.next_ns[name] <= late_ns
        ]
        return sorted(found, key=lambda name: (self.next_ns[name], name))

    def hour(self, name: SourceId) -> None:
        """Measure a channel's next hour."""
        start_ns = self.next_ns[name]
        self.next_ns[name] = start_ns + HALF_NS
        if made := hours_of(self.folder, name, start_ns):
            self.tell(Output(spectra=made))

    def day_is_over(self, now_ns: int) -> bool:
        """Is there a day whose metrics are to be stored?"""
        return day_of(now_ns - DAY_SETTLE_NS) > self._day

    def day(self) -> Iterable[SourceId]:
        """Store the metrics of the next day, channel by channel."""
        window_ns = self._day * DAY_NS, (self._day + 1) * DAY_NS
        self._day += 1
        index = Index(self.folder / INDEX)
        try:
            present = index.spans(*window_ns)
        finally:
            index.close()
        with Catalogue(self.folder / CATALOGUE, create=False) as catalogue:
            for name in self.next_ns:
                self.tell(Output(metrics=self._metrics(catalogue, name, window_ns, present.get(name, []))))
                yield name

    def _metrics(
        self, catalogue: Catalogue, name: SourceId, window_ns: tuple[int, int], present: Sequence[tuple[int, int]]
    ) -> list[Metric]:
        epochs = [one for one in self.table.channels if one.source_id == name]
        epochs = [one for one in epochs if one.start_ns < window_ns[1] and one.end_ns > window_ns[0]]
        if not epochs:
            return []
        material = stored_material(catalogue, name, window_ns, epochs, self.responses)
        whole = replace(material, present=present)
        return list(metrics_of_days(whole, *window_ns))


class Measurer(threading.Thread):
    """Does the work of ``Measuring`` beside the pipeline, slowly."""

    def __init__(self, measuring: Measuring, clock: Clock, warn: Warn) -> None:
        super().__init__(name="measurer", daemon=True)
        self.measuring, self.clock, self._warn = measuring, clock, warn
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End after the hour that is being measured."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """Until stopped; what fails is told, and left for the next look."""
        begun = False
        while not self._stopping.wait(LOOK_S / self.clock.rate):
            try:
                if not begun:
                    self.measuring.begin(self.clock.now_ns())
                    begun = True
                self._look()
            except (SeismonetError, OSError) as error:
                self._warn("cannot measure", reason=str(error))

    def _look(self) -> None:
        for name in self.measuring.due(self.clock.now_ns()):
            if self._stopping.wait(PAUSE_S):
                return
            self.measuring.hour(name)
        if self.measuring.day_is_over(self.clock.now_ns()):
            for _ in self.measuring.day():
                if self._stopping.wait(PAUSE_S):
                    return

"""``seismonet demo``: simulated digitizers, the real daemon, an earthquake, on one machine without a network.

The digitizers live here and speak SeedLink on loopback; the daemon is a process of its own, started as an operator
would start it, in a temporary folder. What is shown is what it logs, what it wrote, and what its status document says.
"""

import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seismonet.config import Config, load_config, to_toml
from seismonet.core.alert import Alert
from seismonet.core.errors import ArchiveError, FormatError, QueryError
from seismonet.core.event import Pick
from seismonet.core.geo import KM_PER_DEGREE, distance_km
from seismonet.core.share import share
from seismonet.core.utc import from_seconds, to_iso
from seismonet.detect.gate import GateParams
from seismonet.detect.onset import MAXIMUM_SNR
from seismonet.formats import jsonlines
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.net.clock import Clock
from seismonet.net.source import SourceParams
from seismonet.store.availability import coverage
from seismonet.store.catalogue import Catalogue
from seismonet.store.index import NAME as INDEX
from seismonet.store.index import Index
from seismonet.synthesis.digitizer import LinkParams
from seismonet.synthesis.earthmodels import SimulatedEarth, errors_around
from seismonet.synthesis.records import PackingParams
from seismonet.synthesis.scenarios import Scenario
from seismonet.synthesis.simulation import Simulation, read_network, simulate

from .digitizers import Digitizers
from .publish import WITHHELD
from .statefile import NAME as STATUS_NAME
from .statefile import Status, read_status

LEAD_S = 35.0
"""The earthquake happens so long after the demo begins: the daemon must be up by then."""
HISTORY_S = 60.0
"""The digitizers have recorded for so long when the demo begins, so the picker is armed at once."""
LINK = LinkParams(latency_s=0.3, jitter_s=0.1)
CUT_AFTER_S, CUT_S = 45.0, 20.0
"""The station nearest to the epicentre is cut off so long after the origin, for so long."""
HEAL_S = 60.0
END_S = 100.0
WATCH_S = 0.25
STOP_S = 15.0
PLACES = (
    ("Khorugh", 37.490, 71.553),
    ("Rushon", 37.945, 71.557),
    ("Murghob", 38.170, 73.967),
    ("Usoi dam", 38.273, 72.604),
    ("Vanj", 38.371, 71.455),
    ("Dushanbe", 38.536, 68.779),
)
"""Towns: GeoNames (CC BY 4.0); the dam: Wikipedia."""
WEAK_SNR = GateParams().minimum_snr
Say = Callable[[str], None]


@dataclass(slots=True)
class Seen:
    """What was seen happen, for the table at the end."""

    picks: dict[str, Pick] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    events: set[str] = field(default_factory=set)
    verdicts: dict[str, str] = field(default_factory=dict)
    lines: int = 0
    healed: bool | None = None
    cut: str = ""


class Demo:
    """One demonstration in a folder; ``say`` shows a line. With ``rate`` it goes so many times faster."""

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        say: Say,
        packing: PackingParams,
        rate: float = 1.0,
        lead_s: float = LEAD_S,
    ) -> None:
        self.scenario, self.folder, self.say, self.packing, self.lead_s = scenario, folder, say, packing, lead_s
        self.archive = folder / "archive"
        self._since_ns = time.time_ns()
        self.clock, self.seen = Clock(rate, begin_ns=self._since_ns), Seen()
        self.config = load_config(share("config") / "pamir.toml")
        self.model: TravelTimes = travel_times(self.config.network.earth_model, cache_dir())
        self.table, self.inventory = read_network([str(share("stations") / "TJ.*.xml")])
        self.origin_ns = 0
        self._daemon: asyncio.subprocess.Process | None = None

    async def run(self, keep_running: bool) -> int:
        """All of it; the exit code: 1 when the earthquake was not told, or the daemon failed."""
        self.origin_ns = self.clock.now_ns() + from_seconds(self.lead_s)
        self.say(f"making what the stations record of {self.scenario.name!r}: {self.scenario.description}")
        simulation = await asyncio.to_thread(self._simulate)
        digitizers = Digitizers(simulation.schedule(self.packing, LINK), self.scenario.name, self.clock)
        await digitizers.start()
        pacing = asyncio.create_task(digitizers.run())
        try:
            await self._start_daemon(digitizers)
            return await self._watch(digitizers, keep_running)
        finally:
            pacing.cancel()
            await self._stop_daemon()
            await digitizers.stop()

    def _simulate(self) -> Simulation:
        """The scenario, with its first earthquake at the time of origin."""
        after_s = self.scenario.events[0].after_s if self.scenario.events else 0.0
        window_s = after_s - self.lead_s - HISTORY_S, max(self.scenario.duration_s, after_s + END_S + 30.0)
        base = self.config.network.earth_model
        # the daemon knows a model; the Earth is another
        earth = SimulatedEarth.draw(base, errors_around(base), 0, cache_dir())
        return simulate(
            self.scenario,
            self.table,
            earth.times_to,
            begin_ns=self.origin_ns - from_seconds(after_s),
            window_s=window_s,
            inventory=self.inventory,
            note=earth.errors.sentence(base),
        )

    async def _start_daemon(self, digitizers: Digitizers) -> None:
        config = self.folder / "demo.toml"
        config.write_text(configuration(self.config, digitizers.addresses, self.archive), "utf-8")
        log = open(self.folder / "daemon.log", "wb")  # noqa: SIM115 (the process keeps it)
        command = [sys.executable, "-m", "seismonet", "run", "--config", str(config), "--log-json"]
        if self.clock.rate != 1.0:
            command += ["--rate", str(self.clock.rate), "--rate-since", str(self._since_ns)]
        self._daemon = await asyncio.create_subprocess_exec(*command, stderr=log, stdout=log, start_new_session=True)
        log.close()
        self.say(f"daemon started: seismonet run --config {config}")

    async def _stop_daemon(self) -> None:
        daemon = self._daemon
        if daemon is None or daemon.returncode is not None:
            return
        daemon.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                await daemon.wait()
        except TimeoutError:
            daemon.kill()
            await daemon.wait()

    async def _watch(self, digitizers: Digitizers, keep_running: bool) -> int:
        """Show what happens; cut a station off and let it come back; end."""
        nearest = self._nearest(list(digitizers.addresses))
        cut_ns = self.origin_ns + from_seconds(CUT_AFTER_S)
        back_ns, end_ns = cut_ns + from_seconds(CUT_S), self.origin_ns + from_seconds(END_S)
        while True:
            await self.clock.sleep(WATCH_S)
            if self._daemon is not None and self._daemon.returncode is not None:
                self.say(f"the daemon ended with exit code {self._daemon.returncode}: see {self.folder}/daemon.log")
                return 1
            await asyncio.to_thread(self._look)
            now_ns = self.clock.now_ns()
            if not self.seen.cut and now_ns >= cut_ns:
                self.seen.cut = nearest
                self.say(f"✂ {nearest} is cut off: its link goes down")
                await digitizers.cut(nearest)
            if self.seen.cut and now_ns >= back_ns and nearest not in digitizers.online:
                self.say(f"✓ the link to {nearest} is back")
                await digitizers.restore(nearest)
            if self.seen.cut and self.seen.healed is None and now_ns >= back_ns:
                await asyncio.to_thread(self._look_for_gap, nearest, (cut_ns, back_ns))
            if now_ns >= end_ns and self.seen.healed is not None and not keep_running:
                return 0 if self.seen.alerts or not self.scenario.events else 1

    def _nearest(self, codes: list[str]) -> str:
        if not self.scenario.events:
            return codes[0]
        quake = self.scenario.events[0]

        def away_km(code: str) -> float:
            station = next(one for one in self.table.stations if one.station_code == code)
            return float(distance_km(quake.latitude, quake.longitude, station.latitude, station.longitude))

        return min(codes, key=away_km)

    # ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────────

    def _look(self) -> None:
        """Tell what is new since the last look."""
        for one in (self._look_at_status, self._look_at_picks, self._look_at_alerts):
            try:
                one()
            except (ArchiveError, FormatError, QueryError):  # not there yet, or just being written
                continue

    def _look_at_status(self) -> None:
        status = read_status(self.archive / STATUS_NAME)
        known = self.seen.verdicts
        for station in status.stations:
            if known.get(station.station_code) != station.verdict:
                known[station.station_code] = station.verdict
                why = f" ({'; '.join(station.reasons)})" if station.reasons else ""
                self._tell("status", f"{station.station_code} {station.verdict}{why} — {network_words(status)}")

    def _look_at_picks(self) -> None:
        with Catalogue(self.archive / "catalogue.sqlite", create=False) as catalogue:
            for pick in catalogue.picks(self.origin_ns or None):
                known = self.seen.picks.get(pick.id)
                if known is None or known.version < pick.version:
                    how = _noise_words(pick.snr) if pick.version else "provisional"
                    self._tell("pick", f"{pick.nslc} {pick.phase} at {clock_time(pick.time_ns)}, {how}")
                self.seen.picks[pick.id] = pick
            for event in catalogue.events(self.origin_ns - from_seconds(60.0)):
                if event.id not in self.seen.events:
                    self.seen.events.add(event.id)
                    origin = event.origin
                    place = (
                        f"{origin.latitude:.2f} N {origin.longitude:.2f} E ± {origin.horizontal_uncertainty_km:.0f} km"
                    )
                    self._tell("event", f"{event.id} located at {place} by {len(origin.station_codes)} stations")

    def _look_at_alerts(self) -> None:
        path = self.archive / "alerts.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        for line in lines[self.seen.lines :]:
            (alert,), record = jsonlines.read_alerts(line), json.loads(line)
            self.seen.lines += 1
            if why := record.get(WITHHELD):
                self._tell("withheld", f"an alert is not told: {why}")
                continue
            self.seen.alerts.append(alert)
            self._tell_alert(alert, record)

    def _tell_alert(self, alert: Alert, record: dict[str, Any]) -> None:
        size = "magnitude unknown yet" if alert.magnitude is None else f"M {alert.magnitude:.1f}"
        marked = "SIMULATED" if record.get("simulated") else "NOT MARKED AS SIMULATED"
        words = (
            f"{alert.kind.upper()} version {alert.version}: {size}, {alert.latitude:.2f} N {alert.longitude:.2f} E, "
            f"{alert.depth_km:.0f} km deep, ± {alert.horizontal_uncertainty_km:.0f} km, {alert.stations} stations "
            f"[{alert.reason}] [{marked}]"
        )
        self._tell("ALERT", words)
        if alert.kind == "new":
            leads = ", ".join(lead_words(name, lead) for name, lead in self.lead_times(alert))
            self._tell("ALERT", f"until the S wave: {leads}")

    def lead_times(self, alert: Alert) -> list[tuple[str, float]]:
        """Seconds from an alert's issue to the S wave it predicts at each place, nearest first."""
        found = []
        for name, latitude, longitude in PLACES:
            km = float(distance_km(alert.latitude, alert.longitude, latitude, longitude))
            travel_s = float(self.model.times("S", km / KM_PER_DEGREE, alert.depth_km))
            found.append((name, (alert.origin_time_ns - alert.issued_ns) / 1e9 + travel_s))
        return sorted(found, key=lambda one: one[1])

    def _look_for_gap(self, station: str, gap_ns: tuple[int, int]) -> None:
        """Has the archive got what was recorded while the station was cut off?"""
        late = self.clock.now_ns() > gap_ns[1] + from_seconds(HEAL_S)
        share = covered(self.archive, station, gap_ns)
        if share >= 1.0:
            self.seen.healed = True
            self._tell("archive", f"the gap of {station} has healed: every record of those {CUT_S:g} s is archived")
        elif late:
            self.seen.healed = False
            self._tell("archive", f"the gap of {station} has NOT healed: {share:.0%} of it is archived")

    def _tell(self, kind: str, words: str) -> None:
        since_s = (self.clock.now_ns() - self.origin_ns) / 1e9
        self.say(f"{since_s:+7.1f} s  {kind:<8} {words}")

    def summary(self) -> list[tuple[str, str]]:
        """What happened: label and words."""
        seen, quake = self.seen, self.scenario.events[0] if self.scenario.events else None
        rows = [("scenario", f"{self.scenario.name}: {self.scenario.description} (SIMULATED)")]
        if quake is not None:
            place = f"{quake.latitude:.2f} N {quake.longitude:.2f} E"
            rows.append(("truth", f"{quake.magnitude_type} {quake.magnitude:.1f}, {place}, {quake.depth_km:.0f} km"))
        rows.append(("picks", str(len(seen.picks))))
        first = next((one for one in seen.alerts if one.kind == "new"), None)
        if first is not None:
            after_s = (first.issued_ns - self.origin_ns) / 1e9
            last = seen.alerts[-1]
            size = "?" if last.magnitude is None else f"{last.magnitude:.1f}"
            rows.append(("first alert", f"{after_s:.1f} s after the origin, {first.stations} stations"))
            found = f"{last.kind}: M {size}, {last.latitude:.2f} N {last.longitude:.2f} E, {last.depth_km:.0f} km deep"
            if quake is not None:
                off_km = float(distance_km(quake.latitude, quake.longitude, last.latitude, last.longitude))
                found += f"; {off_km:.0f} km from the truth (stated: ± {last.horizontal_uncertainty_km:.0f} km)"
            rows.append(("last alert", found))
            rows.append(("lead time", ", ".join(lead_words(*one) for one in self.lead_times(first))))
        elif quake is not None:
            rows.append(("alert", "none"))
        if seen.cut:
            healed = {True: "healed", False: "not healed", None: "not known yet"}[seen.healed]
            rows.append(("cut off", f"{seen.cut} for {CUT_S:g} s; its gap: {healed}"))
        return rows


def covered(archive: Path, station: str, window_ns: tuple[int, int]) -> float:
    """Share of a window that the archive has of a station's channels, by its index: of the channel it has least of."""
    index = Index(archive / INDEX)
    try:
        spans = index.spans(*window_ns)
    finally:
        index.close()
    own = [found for name, found in spans.items() if name.station_code == station]
    return min((coverage(found, 0, window_ns).percent / 100 for found in own), default=0.0)


def configuration(config: Config, addresses: dict[str, tuple[str, int]], archive: Path) -> str:
    """The daemon's configuration, as TOML: that of the Pamir, but for where data come from and go to."""
    sources = (
        SourceParams(code.partition(".")[2].lower(), f"seedlink://{host}:{port}", (code,))
        for code, (host, port) in addresses.items()
    )
    stations = (str(share("stations") / "TJ.*.xml"),)
    made = replace(
        config,
        network=replace(config.network, name="SIMULATED Pamir", stations=stations),
        sources=tuple(sources),
        archive=replace(config.archive, folder=str(archive), reserve_mb=1),
        server=replace(config.server, port=0),
        daemon=replace(config.daemon, snapshot_s=10.0),
    )
    return "# written by 'seismonet demo': simulated digitizers on this machine\n" + to_toml(made)


def network_words(status: Status) -> str:
    """How many stations could take part in an event."""
    return f"{status.contributing} of {len(status.stations)} stations can contribute"


def clock_time(time_ns: int) -> str:
    """Time of day, to the hundredth."""
    return to_iso(time_ns, 2)[11:-1]


def _noise_words(snr: float) -> str:
    """How far a refined pick stands out; one that does not is no P, and takes part in no event."""
    if snr >= MAXIMUM_SNR:
        return f"more than {MAXIMUM_SNR:,.0f} times the noise"
    return f"{snr:.0f} times the noise" + (": too weak to be used" if snr < WEAK_SNR else "")


def lead_words(name: str, lead_s: float) -> str:
    """A lead time, or that there is none."""
    return f"{name} {lead_s:.0f} s" if lead_s >= 0 else f"{name} none (the S wave was there {-lead_s:.0f} s before)"


def make_folder(keep: Path | None) -> Path:
    """The folder to keep the files in, or a temporary one; QueryError when it is in use, ArchiveError when there
    can be none."""
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="seismonet-demo-"))
    try:
        keep.mkdir(parents=True, exist_ok=True)
        used = any(keep.iterdir())
    except OSError as error:
        reason = error.strerror or error
        raise ArchiveError(f"{keep}: cannot be made or read: {reason}; choose another folder to --keep in") from None
    if used:
        raise QueryError(f"{keep}: is not empty; choose another folder to --keep the files in")
    return keep.resolve()


def remove(folder: Path) -> None:
    """Leave nothing behind."""
    shutil.rmtree(folder, ignore_errors=True)

"""Part B of the fault catalogue, time: clocks that are wrong, and what must not follow from them.

A test is named by its row of docs/faults.md.
"""

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from seismonet.core.leapseconds import EXPIRES_NS, stale
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, from_datetime, from_iso, to_datetime, to_iso
from seismonet.core.waveform import Receipt, Receipts, Record
from seismonet.feed import in_order, steps
from seismonet.formats.gate import REASONS, Expected, Verdict, check
from seismonet.formats.miniseed import decode_packets
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.net.clock import Clock
from seismonet.pipeline import Output, Pipeline
from seismonet.store.offline import expand
from tests.support.ingest import LATENCY_NS, NAME, Line, Sent, packets, quake
from tests.support.miniseed import record, record3
from tests.support.receipts import T0_NS, cut, samples_with_onsets, table
from tests.support.shared import ROOT

VERDICT = {reason.code: reason.verdict for reason in REASONS}
PLAIN = Line().send(quake()).picks
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEEKS = timedelta(weeks=1024)


def at(moment: datetime, version: int = 2, **fields: object) -> bytes:
    """A record that starts at a moment."""
    when = {"year": moment.year, "day": moment.timetuple().tm_yday}
    clock = (moment.hour, moment.minute, moment.second)
    if version == 3:
        return record3(clock=clock, nanosecond=moment.microsecond * 1000, **when, **fields)
    return record(clock=clock, fraction=moment.microsecond // 100, **when, **fields)


@pytest.mark.parametrize("ahead_s", [5.1, 10, 3599, 3601, 365 * 86400, 73 * 365 * 86400])
def test_future_dated(ahead_s: float) -> None:
    """One such record moves neither the picker nor its channel's end."""
    sent = quake()
    line = Line().send(sent[:15])
    received_ns = sent[14].end_ns + LATENCY_NS
    ends_ns = received_ns + round(ahead_s * SECOND_NS)
    moment = to_datetime(ends_ns - 80_000_000)
    (code,) = line.take([at(moment)], received_ns)
    assert code == ("ahead" if ahead_s < 3600 else "future")
    assert VERDICT[code] is (Verdict.ARCH if ahead_s < 3600 else Verdict.QUAR)
    line.send(sent[15:])
    assert (line.picks, line.counts) == (PLAIN, {})
    assert line.statuses[-1].usable


def test_a_little_ahead_is_used_and_costs_no_more_than_that_time() -> None:
    sent = quake()
    early = packets(samples_with_onsets(100, {}), sent[9].end_ns + 3 * SECOND_NS)
    line = Line().send(sent[:10])
    assert line.take([early[0].payload], sent[9].end_ns + LATENCY_NS) == ["ok"]
    line.send(sent[10:])
    assert [time_ns for version, time_ns in line.picks if version] == [time_ns for version, time_ns in PLAIN if version]
    assert line.counts["gap"] == 1


@pytest.mark.parametrize("year", [1970, 1980, 2000])
@pytest.mark.parametrize("version", [2, 3])
def test_clock_reset(year: int, version: int) -> None:
    day = 6 if year == 1980 else 1
    wrong = at(datetime(year, 1, day, 0, 5, tzinfo=UTC), version)
    assert check(wrong, from_datetime(NOW)).code == "clock_reset"
    assert VERDICT["clock_reset"] is Verdict.QUAR
    station = Expected(100.0, from_iso("2020-01-01"))
    assert check(at(datetime(2019, 12, 31, tzinfo=UTC), version), from_datetime(NOW), station).code == "clock_reset"
    assert check(wrong, from_datetime(NOW), Expected(100.0, 0)).code == "clock_reset", "whatever the metadata say"


@pytest.mark.parametrize("turns", [1, 2])
@pytest.mark.parametrize("hours", [-23, 0, 23])
def test_gps_week_rollover(turns: int, hours: int) -> None:
    moment = NOW - turns * WEEKS + timedelta(hours=hours)
    reason = check(at(moment), from_datetime(NOW))
    assert (reason.code, reason.verdict) == ("gps_wnro", Verdict.QUAR)
    assert "1024 weeks" in reason.text
    known = Expected(100.0, from_iso("2024-01-01"))
    assert check(at(moment), from_datetime(NOW), known).code == "gps_wnro", "the hint comes before the date"


def _timed(quality: int, start_ns: int) -> Sent:
    moment = to_datetime(start_ns)
    return Sent(start_ns + 80_000_000, at(moment, timing=(quality, 0)))


def test_gps_unlock() -> None:
    line = Line()
    for minute in range(130):
        quality = 100 if minute < 30 else max(0, 100 - 10 * (minute - 30)) if minute < 120 else 90
        line.send([_timed(quality, T0_NS + minute * 60 * SECOND_NS)])
    told = [(round((one.time_ns - T0_NS) / 60e9), one.locked) for one in line.statuses]
    # below 50 % from minute 36 on, so not locked from 96 on, and again from 120 on
    assert min(minute for minute, locked in told if not locked) == 96
    assert max(minute for minute, locked in told if not locked) == 119
    unlocked = next(one for one in line.statuses if not one.locked)
    assert not unlocked.usable
    assert "clock not locked" in unlocked.reasons[-1]


PLACES = {"XX.A": (38.0, 72.0), "XX.B": (38.3, 72.4), "XX.C": (38.2, 71.7), "XX.D": (37.8, 72.3)}
DELAYS_S = {"XX.A": 2.74, "XX.B": 6.9, "XX.C": 7.0, "XX.D": 6.03}


def _earthquake(quality: dict[str, int]) -> Output:
    """An earthquake on four stations whose clocks were of a quality for the hour and more before it."""
    found: list[Receipt] = []
    for k, (code, delay_s) in enumerate(DELAYS_S.items()):
        name, percent = SourceId(*code.split("."), "00", "HHZ"), quality.get(code, 100)
        samples = samples_with_onsets(9000, {6000 + round(delay_s * 100): 300.0}, seed=k)
        hour = [
            Record(name, T0_NS - (4200 - 300 * n) * SECOND_NS, 100.0, samples[:100], 100 if n == 0 else percent)
            for n in range(14)
        ]
        found += [Receipt(one, one.end_ns) for one in hour]
        found += [
            Receipt(replace(one.record, timing_quality=percent), one.received_ns) for one in cut(name, samples, [100])
        ]
    pipeline = Pipeline(table(PLACES), travel_times("iasp91", cache_dir()))
    whole = Output()
    for batch, tick in steps(in_order([Receipts.of(found)]), 60.0):
        part = pipeline.step(batch, tick)
        whole.picks.extend(part.picks)
        whole.alerts.extend(part.alerts)
    return whole


def test_gps_unlock_takes_the_weight_from_picks() -> None:
    sound = _earthquake({})
    assert sound.alerts[-1].stations == 4
    one = _earthquake({"XX.A": 20})
    assert {pick.source_id.station_code for pick in one.picks} == set(PLACES), "it is told all the same"
    assert one.alerts[-1].stations == 3
    assert not _earthquake({"XX.A": 20, "XX.B": 20}).alerts


@pytest.mark.parametrize("version", [2, 3])
def test_leap_second(version: int) -> None:
    made = record3 if version == 3 else record
    when = {"year": 2016, "day": 366, "clock": (23, 59, 60)}
    batch = decode_packets([made(**when)], np.array([from_iso("2017-01-01T00:00:02Z")]))
    assert batch.outcomes() == {"leap_second": 1}
    assert VERDICT["leap_second"] is Verdict.OK
    assert to_iso(int(batch.receipts.start_ns[0]), 9) == "2016-12-31T23:59:59.999999999Z"


def test_leap_second_is_no_gap_and_no_overlap() -> None:
    """Packets of a second over the leap second of 2016, as a digitizer that keeps UTC sends them."""
    midnight_ns = from_iso("2017-01-01T00:00:00Z")
    samples = samples_with_onsets(6000, {4500: 30.0})
    before, within, after = samples[:2050], samples[2050:2150], samples[2150:]
    sent = packets(before, midnight_ns - 20_500_000_000) + packets(after, midnight_ns + 500_000_000)
    (one,) = packets(within, midnight_ns - 500_000_000)
    header = bytearray(one.payload)
    header[26], header[28:30] = 60, (5000).to_bytes(2, "big")
    sent.insert(21, Sent(midnight_ns + 500_000_000, bytes(header)))
    line = Line().send(sent)
    assert line.outcomes == {"ok": 60, "leap_second": 1}
    assert not {"gap", "overlap", "duplicate or late"} & set(line.counts)
    assert [version for version, _ in line.picks] == [0, 1]
    assert line.statuses[-1].gaps == 0


def test_leap_second_list_says_when_it_is_old() -> None:
    assert stale(from_datetime(NOW)) == ""
    assert stale(EXPIRES_NS)


@pytest.mark.parametrize("correction", [2**31 - 1, -(2**31), 10_001])
def test_unapplied_time_correction(correction: int) -> None:
    assert check(record(correction=correction)).code == "correction"
    assert VERDICT["correction"] is Verdict.ARCH
    assert check(record(correction=10_000)).code == "ok"
    assert check(record(correction=correction, activity=2)).code == "ok", "applied already"


class Host:
    """A host whose clock is set."""

    def __init__(self) -> None:
        self.wall_ns, self.monotonic_ns = T0_NS, 0

    def pass_s(self, duration_s: float) -> None:
        self.wall_ns += round(duration_s * SECOND_NS)
        self.monotonic_ns += round(duration_s * SECOND_NS)


@pytest.mark.parametrize("step_s", [-7168 * 86400, -3600, -2, 2, 3600])
def test_host_clock_step(step_s: int) -> None:
    host = Host()
    clock = Clock(1.0, lambda: host.wall_ns, lambda: host.monotonic_ns)
    clock.now_ns()
    begin_s = clock.monotonic_s()
    host.pass_s(10)
    host.wall_ns += step_s * SECOND_NS
    said_ns = [clock.now_ns(), clock.now_ns()]
    assert said_ns[0] < said_ns[1]
    assert said_ns[0] > T0_NS
    assert clock.wrong is (step_s < -10), "set back further than it has come: every age was wrong"
    assert not clock.steady
    assert clock.monotonic_s() - begin_s == 10.0, "no time-out is early or late"
    host.pass_s(61)
    assert clock.steady


CHATHAM = "Pacific/Chatham"
ZONES = ["UTC", CHATHAM, "America/St_Johns"]
# Chatham sets its clocks in the night to 2026-04-05 and 2026-09-27, St. John's on 2026-03-08 and 2026-11-01
DATES = ["2026-04-04T14:00:00", "2026-09-26T14:00:00", "2026-03-08T05:30:00", "2026-11-01T04:30:00"]
SCRIPT = """
import numpy as np
from seismonet.core.utc import from_iso, to_iso, to_datetime
from tests.support.ingest import Line, quake
for date in {dates!r}:
    start_ns = from_iso(date)
    line = Line().send(quake(start_ns=start_ns))
    print(start_ns, to_iso(start_ns), to_datetime(start_ns), line.picks, line.outcomes, line.counts)
"""


def test_time_zone() -> None:
    def told(zone: str) -> str:
        words = [sys.executable, "-c", SCRIPT.format(dates=DATES)]
        environment = {**os.environ, "TZ": zone}
        done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    said = told(CHATHAM)
    assert said == told("UTC")
    assert [line.split()[1][:19] for line in said.splitlines()] == DATES


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("date", DATES)
def test_time_zone_does_not_shift_a_record(zone: str, date: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        moment = datetime.fromisoformat(date).replace(tzinfo=UTC)
        starts = [int(decode_packets([at(moment, version)]).receipts.start_ns[0]) for version in (2, 3)]
        assert {to_iso(one, 0) for one in starts} == {f"{date}Z"}
        assert from_iso(date) == from_datetime(moment) == starts[0]
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "end",
    ["2023-12-31T23:59:59.900Z", "2024-02-28T23:59:59.900Z", "2024-02-29T23:59:59.900Z", "2024-12-31T23:59:59.9Z"],
)
def test_day_and_year_rollover(end: str, tmp_path: Path) -> None:
    """Across midnight, year's end and a leap day nothing is missing, and a reader finds the record that spans it."""
    start_ns = from_iso(end) - 20 * SECOND_NS
    line = Line().send(quake(start_ns=start_ns))
    assert (line.outcomes, line.counts, len(line.picks)) == ({"ok": 60}, {}, 2)
    day = to_datetime(start_ns)
    folder = tmp_path / f"{day:%Y}" / "TJ" / "SAREZ" / "HHZ.D"
    folder.mkdir(parents=True)
    file = folder / f"TJ.SAREZ.00.HHZ.D.{day:%Y.%j}"
    file.write_bytes(b"".join(one.payload for one in quake(start_ns=start_ns)))
    midnight_ns = start_ns + 20 * SECOND_NS + 100_000_000
    assert expand([tmp_path], midnight_ns, midnight_ns + SECOND_NS) == [file]


CASES = {
    "a moment ago": (NOW - timedelta(seconds=0.3), "ok"),
    "a second ago": (NOW - timedelta(seconds=1), "ok"),
    "an hour ago": (NOW - timedelta(hours=1), "ok"),
    "a second ahead": (NOW + timedelta(seconds=1), "ok"),
    "4.9 s ahead": (NOW + timedelta(seconds=4.9), "ok"),
    "5.1 s ahead": (NOW + timedelta(seconds=5.1), "ahead"),
    "an hour ahead, less a second": (NOW + timedelta(seconds=3599), "ahead"),
    "an hour and a second ahead": (NOW + timedelta(seconds=3601), "future"),
    "a day ahead": (NOW + timedelta(days=1), "future"),
    "1024 weeks ahead": (NOW + WEEKS, "future"),
    "1024 weeks ago": (NOW - WEEKS, "gps_wnro"),
    "1024 weeks and 23 hours ago": (NOW - WEEKS - timedelta(hours=23), "gps_wnro"),
    "1024 weeks less 23 hours ago": (NOW - WEEKS + timedelta(hours=23), "gps_wnro"),
    "2048 weeks ago": (NOW - 2 * WEEKS, "gps_wnro"),
    "1970": (datetime(1970, 1, 1, 0, 5, tzinfo=UTC), "clock_reset"),
    "1980": (datetime(1980, 1, 6, 0, 5, tzinfo=UTC), "clock_reset"),
    "2000": (datetime(2000, 1, 1, 0, 5, tzinfo=UTC), "clock_reset"),
    "2099": (datetime(2099, 6, 1, tzinfo=UTC), "future"),
    "New Year's Eve 2025": (datetime(2025, 12, 31, 23, 59, 59, 950_000, tzinfo=UTC), "ok"),
    "a leap day": (datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), "ok"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("version", [2, 3])
def test_forty_clocks(case: str, version: int) -> None:
    """The programme's test T1: the verdict, and that nothing but a good clock reaches the picker."""
    end, code = CASES[case]
    moment = end - timedelta(microseconds=80_000)
    line = Line()
    assert line.take([at(moment, version)], from_datetime(NOW)) == [code]
    assert bool(line.statuses) is (VERDICT[code] is Verdict.OK)
    assert line.last is not None
    assert [one.nslc for one in line.last.source_ids] == ([NAME.nslc] if code == "ok" else [])


def test_there_are_forty() -> None:
    assert 2 * len(CASES) == 40

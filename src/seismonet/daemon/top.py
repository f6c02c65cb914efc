"""The live view of a daemon in a terminal: what its status document says, most urgent first.

The rule this file owns: a person who looks for two seconds must see whether anyone would be warned now. So the first
line answers that, what is wrong comes next, and colours are never the only sign.
"""

import contextlib
import os
import select
import sys
import termios
import tty
from collections import Counter
from pathlib import Path
from typing import Any

from seismonet.core.errors import SeismonetError
from seismonet.core.utc import to_seconds
from seismonet.net.clock import Clock

from .findings import ERROR
from .logs import harmless
from .statefile import STALE_S, EventLine, SourceLine, StationLine, Status, read_status
from .statuschecks import status_findings
from .words import moment, number, size, span

STYLES = {
    "up": "green", "degraded": "yellow", "down": "bold red",
    "connected": "green", "connecting": "yellow", "waiting": "bold red", "refused": "bold red",
    "reachable": "green", "failing": "yellow", "unreachable": "bold red", "unusable": "bold red",
}  # fmt: skip
BAR_S = 10.0
MOST_STATIONS = 25
PARTS = (("record", "█", "cyan"), ("received", "▓", "magenta"), ("picked", "▒", "white"))


def view(status: Status, now_ns: int, width: int = 120) -> Any:
    """The whole screen as one rich renderable for ``width`` columns.

    Nothing is asked of any clock: ``now_ns`` decides how old the document and all that it tells are.
    """
    from rich.console import Group

    age_s = to_seconds(now_ns - status.time_ns)
    parts = [_headline(status, now_ns, age_s), *_troubles(status, now_ns, age_s), _stations(status, now_ns, width)]
    parts += [_sources(status, now_ns), *([_receivers(status, now_ns)] if status.receivers else [])]
    parts += [_last(status, now_ns), _stores(status)]
    if status.advice:
        parts.append(_lines("advice", [("cyan", f"- {text}") for text in status.advice]))
    return Group(*parts)


def _text(*pieces: tuple[str, str]) -> Any:
    from rich.text import Text

    # Text and not markup, and harmless: what a server calls itself must not steer the terminal
    return Text.assemble(*((harmless(text), style) for style, text in pieces))


def _lines(heading: str, pieces: list[tuple[str, str]]) -> Any:
    from rich.console import Group

    return Group(_text(("bold", f"\n{heading}")), *(_text(piece) for piece in pieces))


def _headline(status: Status, now_ns: int, age_s: float) -> Any:
    able, total, needed = status.contributing, len(status.stations), status.stations_needed
    style = "bold red" if able < max(needed, 1) else "bold green" if able == total else "bold yellow"
    short = f": NO ALERT POSSIBLE, {needed} are needed" if able < needed else ""
    name = f"{status.network}: " if status.network else ""
    pieces = [
        ("bold", f"{name}{status.phase} for {span(to_seconds(now_ns - status.started_ns))}"),
        ("", f"   {moment(now_ns)}   "),
        (style, f"{able} of {number(total, 'station')} can contribute{short}"),
    ]
    if status.rate != 1.0:
        pieces.append(("", f"   time runs {status.rate:g} times as fast"))
    if status.simulated:
        pieces.append(("bold reverse yellow", f"   {status.simulated}   "))
    if age_s > STALE_S:
        pieces = [("bold reverse red", f" NOT ALIVE: this is how things were {span(age_s)} ago "), ("", "\n"), *pieces]
    return _text(*pieces)


def _troubles(status: Status, now_ns: int, age_s: float) -> list[Any]:
    """What is wrong; the stations' own troubles stand in their table."""
    pieces: list[tuple[str, str]] = []
    if age_s > STALE_S:
        pieces.append(("red", f"! no daemon has written this status since {moment(status.time_ns)}: is it running?"))
    for one in status_findings(status):
        if one.area == "stations":
            continue
        since = f", for {span(to_seconds(now_ns - one.since_ns))}" if one.since_ns else ""
        severe = one.level == ERROR
        pieces.append(("bold red" if severe else "yellow", f"{'!' if severe else '-'} {one.what}{since}"))
        pieces += [("", f"    {text}") for text in (one.cause and f"likely: {one.cause}", one.next_step) if text]
    return [_lines("what is wrong", pieces)] if pieces else []


def _table(*columns: str) -> Any:
    """An empty table; columns whose names begin with ``>`` are numbers, the last one is prose."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        right = name.startswith(">")
        last = name == columns[-1]
        table.add_column(f"\n{name.removeprefix('>')}", justify="right" if right else "left", no_wrap=not last)
    return table


def _stations(status: Status, now_ns: int, width: int) -> Any:
    from rich.console import Group

    wide = width >= 100
    columns = ("station", "verdict", ">data age", "█ record ▓ way ▒ pick" if wide else "█ ▓ ▒", ">median", ">p99")
    table = _table(*columns, *((">packets", ">gaps") if wide else ()), "why")
    shown = _worst(status.stations)
    for one in shown:
        age = span(to_seconds(now_ns - one.data_end_ns)) if one.data_end_ns else "no data"
        verdict = _text((STYLES.get(one.verdict, ""), one.verdict))
        times = [span(_total_s(one, share)) if one.stages.received else "-" for share in ("p50_s", "p99_s")]
        counts = [f"{one.packets}", f"{one.gaps}"] if wide else []
        bar = _bar(one, 20 if wide else 10)
        table.add_row(_text(("", one.station_code)), verdict, age, bar, *times, *counts, _text(("", _why(one, now_ns))))
    rest = len(status.stations) - len(shown)
    return Group(table, _text(("dim", f"… and {rest} more, none of them worse"))) if rest else table


def _worst(stations: tuple[StationLine, ...]) -> list[StationLine]:
    """All stations in their order; of more than fit on a screen, the worst."""
    if len(stations) <= MOST_STATIONS:
        return list(stations)
    order = {"down": 0, "degraded": 1}
    return sorted(stations, key=lambda one: order.get(one.verdict, 2))[:MOST_STATIONS]


def _why(one: StationLine, now_ns: int) -> str:
    since = f" (for {span(to_seconds(now_ns - one.since_ns))})" if one.since_ns and one.reasons else ""
    return "; ".join(one.reasons) + since


def _total_s(one: StationLine, share: str) -> float:
    """From a record's first sample to the picker. Each part's own percentile, so p99 is an upper bound of the whole."""
    spreads = [getattr(one.stages, name) for name, _, _ in PARTS]
    return sum(max(float(getattr(spread, share)), 0.0) for spread in spreads if spread is not None)


def _bar(one: StationLine, width: int) -> Any:
    """Medians of the parts, ten seconds wide; what does not fit ends in ▸."""
    pieces, cells = [], 0
    for name, cell, style in PARTS:
        spread = getattr(one.stages, name)
        wide = round(max(spread.p50_s, 0.0) / BAR_S * width) if spread is not None else 0
        pieces.append((style, cell * min(wide, width - cells)))
        cells += wide
        if cells > width:
            pieces.append(("bold red", "▸"))
            break
    return _text(*pieces)


def _sources(status: Status, now_ns: int) -> Any:
    table = _table("server", "state", "protocol", ">packets", ">answers in", "words")
    for one in status.sources:
        since = f" {span(to_seconds(now_ns - one.since_ns))}" if one.since_ns else ""
        table.add_row(
            _text(("", one.name)),
            _text((STYLES.get(one.state, ""), f"{one.state}{since}")),
            _text(("", f"SeedLink {one.protocol}" if one.protocol else "-")),
            f"{one.packets}",
            "-" if one.round_trip_s is None else span(one.round_trip_s),
            _text(("", _words(one, now_ns))),
        )
    return table


def _receivers(status: Status, now_ns: int) -> Any:
    """Whom alerts reach."""
    table = _table(f"receiver ({status.alert_status})", "state", "for", ">waiting", ">sent", ">expired", "words")
    for one in status.receivers:
        reached = f" {span(to_seconds(now_ns - one.reached_ns))} ago" if one.reached_ns else ""
        unheard = f"{number(one.unacknowledged, 'message')} not acknowledged" if one.unacknowledged else ""
        table.add_row(
            _text(("", one.name)),
            _text((STYLES.get(one.state, ""), f"{one.state}{reached}")),
            _text(("", f"{one.audience}, by {one.sink}")),
            f"{one.waiting}",
            f"{one.sent}",
            f"{one.expired + one.dead}",
            _text(("", "; ".join(text for text in (one.error, unheard) if text))),
        )
    return table


def _words(one: SourceLine, now_ns: int) -> str:
    said = [one.error] if one.error and one.state != "connected" else []
    if one.next_try_ns and one.state == "waiting":
        wait_s = to_seconds(one.next_try_ns - now_ns)
        said.append(f"next try in {span(wait_s)}" if wait_s > 1.0 else "trying again")
    if one.silent:
        said.append(f"silent: {', '.join(one.silent)}")
    if one.denied:
        said.append(f"the server does not let us have {', '.join(one.denied)}")
    if one.unmatched:
        said.append(f"asked for, not there: {', '.join(one.unmatched)}")
    if one.foreign:
        said.append(f"{number(one.foreign, 'packet')} of stations that were not asked for")
    if one.reconnects:
        said.append(number(one.reconnects, "reconnection"))
    return "; ".join(said) or one.server


def _last(status: Status, now_ns: int) -> Any:
    def ago(time_ns: int) -> str:
        return f"{span(to_seconds(now_ns - time_ns))} ago"

    pick, event, alert = status.pick, status.event, status.alert
    lines = [
        ("", f"pick    {f'{ago(pick.issued_ns)}: {pick.phase} at {pick.nslc}, {pick.snr:.0f} times the noise'}")
        if pick
        else ("dim", "pick    none yet"),
        ("", f"event   {_told(event)}, {ago(event.issued_ns)}") if event else ("dim", "event   none yet"),
        ("bold", f"alert   {_told(alert)}, {ago(alert.issued_ns)}") if alert else ("dim", "alert   none yet"),
    ]
    if status.rejections:
        lines.append(("dim", f"gate    {_rejected(status)}"))
    return _lines("last", lines)


def _rejected(status: Status) -> str:
    """What the gate refused, the most frequent reasons first."""
    counts = Counter[str]()
    for one in status.rejections:
        counts[one.reason] += one.triggers
    told = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
    return f"{number(counts.total(), 'trigger')} refused: {told}"


def _told(one: EventLine) -> str:
    magnitude = "magnitude unknown" if one.magnitude is None else f"M {'≥ ' * one.at_least}{one.magnitude:.1f}"
    kind = f"{one.kind}: " if one.kind else ""
    late = f"issued {span(to_seconds(one.issued_ns - one.origin_time_ns))} after the origin"
    where = f"{_side(one.latitude, 'N', 'S')} {_side(one.longitude, 'E', 'W')}"
    where += f" ± {one.within_km:.0f} km" if one.within_km is not None else ""
    where += f", {one.depth_km:.0f} km deep"
    sure = (f", {one.state}" if one.state else "") + (f", location {one.quality}" if one.quality else "")
    return f"{kind}{magnitude} at {where}, {number(one.stations, 'station')}{sure}, version {one.version}, {late}"


def _side(degrees: float, positive: str, negative: str) -> str:
    return f"{abs(degrees):.2f}°{positive if degrees >= 0 else negative}"


def _stores(status: Status) -> Any:
    writer, host = status.writer, status.host
    waiting = f", {size(writer.waiting_bytes)} not yet on the disk" if writer.waiting_bytes else ""
    twice = f"{writer.duplicates} doubled, {writer.conflicts} in conflict"
    lines = [
        ("", f"journal {number(writer.committed, 'record')} safe{waiting}"),
        ("", f"archive {number(writer.archived, 'record')}, up to date as of {span(writer.lag_s)} ago; {twice}"),
        _disk(host.free_bytes, host.total_bytes),
    ]
    if writer.unjournaled:
        lines.append(
            ("yellow", f"        {number(writer.unjournaled, 'record')} had no room and will be asked for again")
        )
    if (gaps := status.backfill).requests or gaps.open:
        brought = f"{number(gaps.requests, 'request')} brought {number(gaps.records, 'record')}"
        last = f"; last: {gaps.last}" if gaps.last else ""
        lines.append(("", f"gaps    {gaps.open} open, {gaps.known} that nobody can fill; {brought}{last}"))
    if status.refused:
        worst = sorted(status.refused, key=lambda one: (-one.records, one.source, one.reason))
        told = ", ".join(f"{one.records} {one.reason} ({one.source})" for one in worst[:4])
        lines.append(("yellow", f"refused {told}{', …' if len(worst) > 4 else ''}"))
    if status.server is not None:
        own = status.server
        dropped = f", {number(own.dropped, 'slow client')} dropped" if own.dropped else ""
        lines.append(("", f"serves  {own.address}: {number(own.clients, 'client')}, {own.sent} packets sent{dropped}"))
    memory = f"process {size(host.memory_bytes)} of memory, event loop {span(host.loop_lag_s)} late"
    if host.clock_behind_s > 1.0:
        lines.append(("bold red", f"clock   was set back by {span(host.clock_behind_s)}"))
    return _lines("keeps", [*lines, ("dim", memory)])


def _disk(free: int, total: int) -> tuple[str, str]:
    if not total:
        return ("dim", "disk    not measured yet")
    share = free / total
    style = "bold red" if share < 0.05 or free < 2 * 2**30 else "yellow" if share < 0.1 else ""
    return (style, f"disk    {size(free)} of {size(total)} free ({share:.0%})")


class Keyboard:
    """Single keys of a terminal; without one there are none."""

    def __enter__(self) -> "Keyboard":
        self.file = sys.stdin.fileno() if sys.stdin.isatty() else -1
        if self.file >= 0:
            self._before = termios.tcgetattr(self.file)
            tty.setcbreak(self.file)
        return self

    def __exit__(self, *_: object) -> None:
        if self.file >= 0:
            termios.tcsetattr(self.file, termios.TCSANOW, self._before)

    def wait(self, wait_s: float) -> str:
        """The next key within that time, or nothing; ``q`` when the terminal has gone."""
        files = [self.file] if self.file >= 0 else []
        ready, _, _ = select.select(files, [], [], wait_s)
        if not ready:
            return ""
        try:
            return os.read(self.file, 1).decode("ascii", "replace") or "q"
        except OSError:
            return "q"


def watch(path: Path, clock: Clock, every_s: float) -> None:
    """Show the status document again and again, until the key q or Ctrl-C.

    What cannot be read for now is told on the screen; it may come (back).
    """
    from rich.console import Console
    from rich.live import Live

    console = Console()
    live = Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop")
    with contextlib.suppress(KeyboardInterrupt), Keyboard() as keyboard, live:
        live.update(_screen(path, clock, console.width), refresh=True)
        while keyboard.wait(every_s) not in ("q", "Q"):
            live.update(_screen(path, clock, console.width), refresh=True)


def _screen(path: Path, clock: Clock, width: int) -> Any:
    from rich.console import Group

    try:
        shown = view(read_status(path), clock.now_ns(), width)
    except SeismonetError as error:
        shown = _text(("bold red", str(error)))
    return Group(shown, _text(("dim", "\nq quits")))

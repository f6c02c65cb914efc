"""``seismonet evaluate``."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from seismonet.config import load_config
from seismonet.core.errors import QueryError
from seismonet.core.utc import from_iso
from seismonet.library.evaluating import evaluate_folder, write_evaluation
from seismonet.library.shots import Draw
from seismonet.library.simulating import Network, evaluate_simulated
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.reports.evaluation import Rule
from seismonet.reports.evaluationmetrics import Row, Section
from seismonet.reports.evaluationresult import Evaluation, remarks
from seismonet.reports.evaluationstatistics import Measure
from seismonet.store.targets import read_targets

WIDTH = 120
MOST_SIMULATED = 100_000
SHARES = ("recall", "precision", "f1", "inside", "within_half", "ready")


def evaluate(
    run: Path | None = None,
    /,
    *,
    truth: Annotated[tuple[Path, ...], Parameter(consume_multiple=True, negative="")] = (),
    json: Path | None = None,
    out: Path | None = None,
    start: str | None = None,
    end: str | None = None,
    region: Path | None = None,
    max_km: float = 100.0,
    max_s: float = 30.0,
    minimum_magnitude: float | None = None,
    min_snr: float = 0.0,
    config: Annotated[Path | None, Parameter(name=["--config", "-c"])] = None,
    simulate: int | None = None,
    stations: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    up: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    down: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    magnitudes: tuple[float, float] | None = None,
    depths: tuple[float, float] | None = None,
    seed: int = 0,
    jobs: int | None = None,
) -> int:
    """Measure what was found against what happened, or what a network would find of simulated earthquakes.

    Parameters
    ----------
    run
        Folder of a replay, or of a daemon's archive.
    truth
        Catalogues of what happened: QuakeML, CSV, or JSON.
    json
        File for all measures, of all groups, and every earthquake, as JSON.
    out
        Folder for the figures.
    start
        Begin of the time that is judged, ISO 8601 UTC.
    end
        End of the time that is judged, ISO 8601 UTC.
    region
        GeoJSON file of polygons with names: measures for each of them, too; simulated earthquakes happen in them.
    max_km
        Epicentres of the same earthquake differ by at most this.
    max_s
        Origin times of the same earthquake differ by at most this.
    minimum_magnitude
        Earthquakes below this count neither as found or missed nor as false.
    min_snr
        Picks below this ratio of signal to noise are not judged.
    config
        Configuration (TOML): its Earth model predicts P where the truth holds no picks; its targets are judged for
        whether they were warned; it decides how simulated earthquakes are found.
    simulate
        Simulate so many earthquakes instead of reading a folder and a truth.
    stations
        StationXML files, globs or folders of the network that is simulated; a configuration may name them instead.
    up
        Simulated stations that are up, as NET.STA or STA, separated by commas or blanks; without it all.
    down
        Simulated stations that are down.
    magnitudes
        Lowest and highest magnitude, equally likely between; without it 4 to 7 by Gutenberg and Richter's law.
    depths
        Least and greatest depth in km, equally likely between; without it half of them in the crust.
    seed
        Another seed is other earthquakes, other Earths and other noise.
    jobs
        Processes that work at a simulation; the result is the same for any number.
    """
    window = _time(start, "--start"), _time(end, "--end")
    rule = _rule(max_km, max_s, minimum_magnitude, min_snr)
    chosen = load_config(config)
    if simulate is not None:
        if run is not None or truth or start or end:
            raise QueryError("--simulate makes its own truth: leave out the folder, --truth, --start and --end")
        draw = _draw(simulate, seed, magnitudes, depths)
        network = Network(chosen, stations, _codes(up), _codes(down), region)
        with bar("simulate") as progress:
            made = evaluate_simulated(draw, network, rule=rule, jobs=processes(jobs), progress=progress)
    else:
        if run is None or not truth:
            raise QueryError("give the folder of a run and its --truth, or --simulate N")
        model = travel_times(chosen.network.earth_model, cache_dir())
        made = evaluate_folder(
            run,
            truth,
            model,
            rule=rule,
            window=window,
            regions=region,
            targets=read_targets(chosen.network.targets),
            shaking=chosen.pipeline.shaking,
        )
    print_evaluation(made)
    for path in write_evaluation(made, json, out):
        print(path)
    return 0


def _draw(count: int, seed: int, magnitudes: tuple[float, float] | None, depths_km: tuple[float, float] | None) -> Draw:
    """QueryError for what cannot be drawn."""
    if not 1 <= count <= MOST_SIMULATED:
        raise QueryError(f"--simulate {count}: give a number from 1 to {MOST_SIMULATED}")
    for name, pair, least, most in (
        ("--magnitudes", magnitudes, 0.0, 8.5),
        ("--depths", depths_km, 0.0, 300.0),
    ):
        if pair is not None and not least <= pair[0] <= pair[1] <= most:
            raise QueryError(f"{name} {pair[0]:g} {pair[1]:g}: give the lower and the higher, {least:g} to {most:g}")
    return Draw(count, seed, magnitudes, depths_km=depths_km)


def _codes(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip() for text in texts for code in text.split(",") if code.strip())


def processes(jobs: int | None) -> int:
    """So many processes, at most as there are processors; without a number half of these."""
    most = os.cpu_count() or 1
    if jobs is not None and jobs < 1:
        raise QueryError(f"--jobs {jobs}: give 1 or more")
    return min(jobs, most) if jobs is not None else max(1, most // 2)


@contextmanager
def bar(task: str) -> Iterator[Callable[[float], None] | None]:
    """A progress bar on a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        number = shown.add_task(task, total=1.0)
        yield lambda share: shown.update(number, completed=share)


def _rule(max_km: float, max_s: float, minimum_magnitude: float | None, min_snr: float) -> Rule:
    for name, value in (("--max-km", max_km), ("--max-s", max_s)):
        if not 0 < value < float("inf"):
            raise QueryError(f"{name} {value:g}: give a number above 0")
    if not 0 <= min_snr < float("inf"):
        raise QueryError(f"--min-snr {min_snr:g}: give a number, 0 or more")
    return Rule(max_km, max_s, minimum_magnitude, min_snr)


def _time(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    try:
        return from_iso(text)
    except ValueError:
        raise QueryError(f"{name} {text!r} is no time; write it as 2024-09-15T00:00:00Z") from None


def print_evaluation(made: Evaluation) -> None:
    """All measures of all earthquakes with their intervals; then those of every group beside one another."""
    console = terminal()
    if made.simulated:
        mark = made.simulated if made.run.given else f"SIMULATED data: {made.simulated}"
        console.print(mark, highlight=False, soft_wrap=True)
    for line in remarks(made):
        console.print(line, highlight=False, soft_wrap=True)
    for section in (*made.groups["all"], *made.general):
        _print_section(console, section)
    others = [name for name in made.groups if name != "all"]
    if others:
        console.print()
        console.print(_groups_table(made, others), highlight=False)


def terminal() -> Any:
    """Where tables are printed: as wide as the terminal, else as usual."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH)


def _print_section(console: Any, section: Section) -> None:
    """A table, and below it why some of it is not computed; when nothing is, only that."""
    from rich.markup import escape

    whys = list(dict.fromkeys(row.measure.why for row in section.rows if row.measure.why))
    console.print()
    if all(row.measure.value is None for row in section.rows) and len(whys) == 1:
        console.print(f"[bold]{section.title}[/bold]: not computed: {whys[0]}", highlight=False, soft_wrap=True)
        return
    table = _table()
    for name, justify in ((section.title, "left"), ("", "right"), ("95 %", "right"), ("n", "right")):
        table.add_column(name, justify=justify, no_wrap=True)
    for row in section.rows:
        one = row.measure
        n = f"[{whys.index(one.why) + 1}]" if one.why else str(one.n)
        table.add_row(row.label, _value(row), _interval(row), escape(n))
    console.print(table, highlight=False)
    for number, why in enumerate(whys, start=1):
        console.print(f"  [{number}] not computed: {why}", highlight=False, soft_wrap=True, markup=False)


def _table() -> Any:
    from rich.table import Table

    return Table(box=None, pad_edge=False, header_style="bold")


def _number(row: Row, value: float | None) -> str:
    """A share in per cent, a count as it is, anything else with as many places as it deserves."""
    if value is None:
        return ""
    key, unit = row.key, row.measure.unit
    if any(word in key.split(".")[-1] or word in key.split(".") or key.startswith(word) for word in SHARES):
        return f"{100 * value:.0f} %"
    if key.startswith(("events.", "alerts.", "triggers.refused")) or (key.startswith("warning.") and not unit):
        return f"{value:.0f}"
    places = 1 if unit == "km" else 3 if key.startswith("picks.") else 2
    signed = "+" if key.endswith(("bias", ".median", ".mean")) else ""
    return f"{value:{signed}.{places}f}"


def _value(row: Row) -> str:
    if row.measure.value is None:
        return "-"
    unit = f" {row.measure.unit}" if row.measure.unit else ""
    return _number(row, row.measure.value) + unit


def _interval(row: Row) -> str:
    one = row.measure
    return "" if one.low is None else f"{_number(row, one.low)} to {_number(row, one.high)}"


def _groups_table(made: Evaluation, names: list[str]) -> Any:
    """A row a measure, a column a group; numbers of one or two earthquakes are what they are."""
    table = _table()
    table.add_column("By group", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right")
    found = {name: {row.key: row for section in made.groups[name] for row in section.rows} for name in names}
    for section in made.groups["all"]:
        rows = [row for row in section.rows if any(_is_told(found[name][row.key].measure) for name in names)]
        if rows:
            table.add_row(f"[bold]{section.title}[/bold]")
        for row in rows:
            table.add_row(f"  {row.label}", *(_value(found[name][row.key]) for name in names))
    return table


def _is_told(one: Measure) -> bool:
    return one.value is not None

"""``seismonet certify``."""

import json as jsonlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from seismonet.config import load_config
from seismonet.core.errors import ArchiveError, QueryError
from seismonet.library.certifying import FOLDER, Cases, certify
from seismonet.library.evaluating import write_json
from seismonet.models.traveltime import cache_dir
from seismonet.reports.certification import Certification, Row, missed, rows
from seismonet.reports.certificationdocument import NOTICE, changes, document, verdict
from seismonet.synthesis.realnoise import read_noise
from seismonet.synthesis.scenarioset import COUNT

from .evaluating import bar, processes, terminal

LAST = re.compile(r"^(\d+(?:\.\d+)?)([dh])$")
UNIT_S = {"d": 86_400.0, "h": 3600.0}
MOST = 10_000


def certify_command(
    *,
    config: Annotated[Path, Parameter(name=["--config", "-c"])],
    against: Path | None = None,
    archive: Path | None = None,
    last: str = "7d",
    cases: int | None = None,
    scenarios: int | None = None,
    kind: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    noise: Annotated[tuple[Path, ...], Parameter(consume_multiple=True, negative="")] = (),
    noise_stations: Annotated[tuple[Path, ...], Parameter(consume_multiple=True, negative="")] = (),
    out: Path | None = None,
    json: bool = False,
    seed: int = 0,
    jobs: int | None = None,
    keep: bool = True,
) -> int:
    """Try a configuration on nuisances, scenario earthquakes and the last days of an archive before it is used.

    The exit code is 1 when the configuration is worse than the one it is held against, or, without one, when a figure
    misses what it has to be.

    Parameters
    ----------
    config
        Configuration (TOML) that is tried; its stations and targets decide what happens.
    against
        Configuration that is in use: what would change is told.
    archive
        Folder of a daemon's archive: what it received lately is replayed, too.
    last
        How much of the archive, as 7d or 12h.
    cases
        So many nuisance cases, at least one of every kind unless it is 0, and, unless --scenarios tells otherwise,
        half as many earthquakes; without it all.
    scenarios
        So many scenario earthquakes.
    kind
        Only these kinds of nuisances, as "square waves".
    noise
        Recorded noise for the nuisances and scenarios: waveform files, globs, folders or an SDS archive.
    noise-stations
        StationXML of the recorded noise; without it the configuration's own stations.
    out
        Folder for certification.json and certification.png.
    json
        Print the whole document instead of tables.
    seed
        Another seed is other cases.
    jobs
        Processes that work at it; the result is the same for any number.
    keep
        Keep the waveforms, so that the next run is quicker.
    """
    named = [(str(path), load_config(path)) for path in (config, against) if path is not None]
    recorded = None
    if noise:
        recorded = read_noise(noise, [*noise_stations] or [*named[0][1].network.stations])
    tried = Cases(
        None if cases is None else _number(cases, "--cases"),
        _earthquakes(cases) if scenarios is None else _number(scenarios, "--scenarios"),
        seed,
        recorded,
        archive,
        _seconds(last),
        kind,
    )
    folder = cache_dir() / FOLDER if keep else None
    with bar("certify") as progress:
        made = certify(named, tried, jobs=processes(jobs), folder=folder, progress=progress)
    told = document(made)
    if json:
        print(jsonlib.dumps(told, ensure_ascii=False, allow_nan=False, indent=1))
    else:
        print_certification(made)
    for path in write(made, told, out):
        print(path, file=sys.stderr)
    return 1 if verdict(made) else 0


def _number(count: int, name: str) -> int:
    if not 0 <= count <= MOST:
        raise QueryError(f"{name} {count}: give a number from 0 to {MOST}")
    return count


def _earthquakes(cases: int | None) -> int:
    return COUNT if cases is None else min(COUNT, (cases + 1) // 2)


def _seconds(text: str) -> float:
    found = LAST.match(text)
    if found is None:
        raise QueryError(f"--last {text!r}: give days or hours, as 7d or 12h")
    return float(found.group(1)) * UNIT_S[found.group(2)]


def write(made: Sequence[Certification], told: dict[str, Any], out: Path | None) -> list[Path]:
    """The document and the figure in a folder; ArchiveError when that cannot be written."""
    if out is None:
        return []
    from seismonet.reports.certificationfigure import draw_certification

    try:
        out.mkdir(parents=True, exist_ok=True)
        write_json(told, out / "certification.json")
        draw_certification(made, out / "certification.png")
    except OSError as error:
        raise ArchiveError(f"{out}: cannot be written to: {error.strerror or error}") from None
    return [out / "certification.json", out / "certification.png"]


def print_certification(made: Sequence[Certification]) -> None:
    """Figures side by side, false alerts, what was missed and why, what would change, the verdict."""
    console = terminal()
    console.print(NOTICE, highlight=False)
    console.print(_table(made), highlight=False)
    for one in made:
        _print_cases(console, one)
    if len(made) > 1:
        changed = changes(made[0], made[1])
        console.print(f"\n[bold]What would change[/bold]: {len(changed) or 'nothing'}", highlight=False)
        for line in changed:
            console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)
    why = verdict(made)
    console.print("\n[bold]passes[/bold]" if not why else "\n[bold]does not pass[/bold]:", highlight=False)
    for line in why:
        console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)


def _table(made: Sequence[Certification]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("figure")
    for one in made:
        table.add_column(one.name, justify="right")
    table.add_column("has to be", justify="right")
    table.add_column("")
    columns = [{row.key: row for row in rows(one)} for one in made]
    for row in rows(made[0]):
        table.add_row(row.what, *(_cell(one.get(row.key)) for one in columns), row.target, row.detail)
    return table


def _cell(row: Row | None) -> str:
    if row is None:
        return "-"
    return row.text if row.met is not False else f"[bold red]{row.text}[/bold red]"


def _print_cases(console: Any, made: Certification) -> None:
    lines = [
        f"{case.name} ({case.network} stations): told {', '.join(sorted({one.audience for one in case.false}))}"
        for case in made.nuisances
        if case.false
    ]
    lines += [f"{case.name} ({case.network} stations): too large" for case in made.nuisances if case.too_large]
    lines += [
        f"{case.name}, M {case.magnitude:.1f}, {case.depth_km:.0f} km deep: {why}"
        for case, why in missed(made.scenarios)
    ]
    if lines:
        console.print(f"\n[bold]{made.name}[/bold]: not as it should be", highlight=False)
    for line in lines:
        console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)

"""``seismonet targets``: the places that are warned."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seismonet.core.share import share
from seismonet.core.target import Target
from seismonet.store.targets import read_targets


def targets(
    file: Path | None = None, /, *, as_json: Annotated[bool, Parameter(name="--json", negative="")] = False
) -> int:
    """List the places that are warned, and check their file: the first line that cannot be used is named.

    Parameters
    ----------
    file
        CSV of places; without it, that of the Pamir.
    as_json
        Print JSON.
    """
    found = read_targets(file or share("config") / "targets.csv")
    if as_json:
        print(json.dumps([asdict(one) | {"names": dict(one.names)} for one in found], ensure_ascii=False, indent=1))
    else:
        _print(found)
    return 0


def _print(found: tuple[Target, ...]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (
        "name",
        "kind",
        "names",
        "latitude",
        "longitude",
        "elevation m",
        "population",
        "threshold",
        "confidence",
    ):
        table.add_column(name, justify="left" if name in ("name", "kind", "names", "confidence") else "right")
    for one in found:
        people = "" if one.population is None else f"{one.population:,}".replace(",", " ")
        others = ", ".join(dict.fromkeys(name for _, name in one.names))
        place = f"{one.latitude:.4f}", f"{one.longitude:.4f}", f"{one.elevation_m:.0f}"
        words = escape(one.name), one.kind, escape(others), *place, people, f"{one.threshold:g}", one.confidence
        table.add_row(*words)
    Console(width=None if sys.stdout.isatty() else 200).print(table, highlight=False)
    doubtful = [one.name for one in found if one.confidence == "low"]
    if doubtful:
        print(f"\nto be verified before anybody depends on them: {', '.join(doubtful)}")

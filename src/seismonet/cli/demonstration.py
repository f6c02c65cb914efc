"""``seismonet demo``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from rich.console import Console


def demo(
    *,
    scenario: str = "2015-sarez",
    keep: Path | None = None,
    keep_running: Annotated[bool, Parameter(negative="")] = False,
    real: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Show it all on this machine, without a network: simulated digitizers, the daemon, an earthquake, an alert.

    Takes some two minutes and leaves nothing behind. Exit code 1 when the earthquake was not told.

    Parameters
    ----------
    scenario
        What happens; 'seismonet simulate' lists the scenarios.
    keep
        Keep all files in this folder.
    keep_running
        Go on until Ctrl-C.
    real
        Replay real recordings of five earthquakes instead (needs the extra 'demo').
    """
    if real:
        from seismonet.library.realdemo import real_demo

        return real_demo(keep or Path("demo"))
    return _simulated(scenario, keep, keep_running)


def _simulated(name: str, keep: Path | None, keep_running: bool) -> int:
    import asyncio
    from functools import partial

    from rich.console import Console

    from seismonet.daemon.demo import Demo, make_folder, remove
    from seismonet.daemon.logs import setup_logs
    from seismonet.synthesis.records import USUAL
    from seismonet.synthesis.scenarios import scenario as find_scenario

    console = Console(highlight=False, soft_wrap=True)
    setup_logs(level="error")
    chosen = find_scenario(name)
    folder = make_folder(keep)
    show = Demo(chosen, folder, partial(console.print, markup=False), USUAL)
    code = 1
    console.rule("SIMULATED: no real earthquake, no real stations")
    try:
        code = asyncio.run(show.run(keep_running))
    except KeyboardInterrupt:
        console.print("stopped")
        code = 0 if keep_running else 130
    finally:
        _print_summary(console, show.summary(), folder if keep else None)
        if keep is None:
            remove(folder)
    return code


def _print_summary(console: "Console", rows: list[tuple[str, str]], folder: Path | None) -> None:
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for label, words in rows:
        table.add_row(f"[bold]{label}[/bold]", words)
    where = f"{folder}: archive/ (journal, day files, catalogue, alerts.jsonl), daemon.log, demo.toml"
    table.add_row("[bold]files[/bold]", where if folder else "removed; '--keep FOLDER' keeps them")
    console.rule("what happened")
    console.print(table)

"""``seismonet top``."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seismonet.config import load_config
from seismonet.core.errors import ConfigError
from seismonet.daemon.statefile import NAME, read_status, to_json
from seismonet.daemon.top import view, watch
from seismonet.net.clock import Clock

SHORTEST_S = 0.1


def top(
    folder: Path | None = None,
    /,
    *,
    config: Annotated[Path | None, Parameter(name=["--config", "-c"])] = None,
    once: Annotated[bool, Parameter(negative="")] = False,
    every: float = 1.0,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Show what the daemon is doing: stations, latencies, servers, the last pick, event and alert, disk and journal.

    Parameters
    ----------
    folder
        The daemon's archive folder; without it, the one that the configuration names.
    config
        Configuration (TOML).
    once
        Print it once instead of again and again.
    every
        Seconds between two looks.
    as_json
        Print the status document once.
    """
    if not every >= SHORTEST_S:
        raise ConfigError(f"--every {every:g}: give seconds, {SHORTEST_S:g} or more")
    path = (folder or Path(load_config(config).archive.folder)) / NAME
    if as_json:
        print(to_json(read_status(path)))
    elif once:
        from rich.console import Console

        console = Console(width=None if sys.stdout.isatty() else 160)
        console.print(view(read_status(path), Clock().now_ns(), console.width))
    else:
        read_status(path)
        watch(path, Clock(), every)
    return 0

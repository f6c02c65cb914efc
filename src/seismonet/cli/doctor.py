"""``seismonet doctor``."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seismonet.daemon.doctor import examine
from seismonet.daemon.findings import as_objects, exit_code, report
from seismonet.daemon.logs import setup_logs
from seismonet.net.clock import Clock


def doctor(
    *,
    config: Annotated[Path, Parameter(name=["--config", "-c"])],
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Examine clock, disk, configuration, metadata, archive and every server: what is wrong, since when, what to do.

    Nothing is changed. Exit code 0 when all is well, 1 with warnings, 2 with errors.

    Parameters
    ----------
    config
        Configuration (TOML).
    as_json
        Print JSON.
    """
    setup_logs(level="error")
    clock = Clock()
    findings = examine(config, clock)
    if as_json:
        print(json.dumps(as_objects(findings), indent=1, ensure_ascii=False))
    else:
        print(report(findings, clock.now_ns()))
    return exit_code(findings)

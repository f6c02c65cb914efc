"""``seismonet go-live``."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seismonet.core.errors import QueryError

from .alerttables import answered


def go_live(
    *,
    config: Annotated[Path, Parameter(name=["--config", "-c"])],
    by: str = "",
    reason: str = "",
    back: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Let messages be in earnest from now on (status Actual), or exercises again with --back.

    For administrators. Refused, with every objection, while messages are not signed, nobody takes them in earnest, a
    receiver cannot be used, or data are simulated. Name and reason are asked for where they are not given, and stand in
    the ledger.

    Parameters
    ----------
    config
        Configuration (TOML) of the daemon.
    by
        Your name.
    reason
        Why.
    back
        Exercises again.
    """
    from seismonet.daemon.golive import check
    from seismonet.daemon.setup import load_setup

    if not back:
        check(load_setup(config))
    status = "Exercise" if back else "Actual"
    print(f"messages of {config} are to go out as {status}")
    by, reason = by or _asked("your name: "), reason or _asked("reason: ")
    return answered(config, "status", by, reason, {"status": status})


def _asked(what: str) -> str:
    if not sys.stdin.isatty():
        raise QueryError("give --by and --reason: there is nobody to be asked")
    return input(what).strip()

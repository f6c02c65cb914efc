"""``seismonet run``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def run(
    *,
    config: Annotated[Path, Parameter(name=["--config", "-c"])],
    log_json: Annotated[bool, Parameter(negative="")] = False,
    rate: Annotated[float, Parameter(show=False)] = 1.0,
    rate_since: Annotated[int | None, Parameter(show=False)] = None,
) -> int:
    """Receive, archive, find earthquakes and tell: the daemon, until SIGTERM or Ctrl-C.

    SIGHUP reads the configuration again. Exit code 75 when another process works in the same archive.

    Parameters
    ----------
    config
        Configuration (TOML) with at least one [[source]]; 'seismonet init' writes one.
    log_json
        Log lines are JSON objects.
    rate
        Clock of drills: time goes so many times faster.
    rate_since
        … from this moment on, nanoseconds since 1970, so that several processes agree.
    """
    from seismonet.config import load_config
    from seismonet.daemon.lock import EXIT_CODE, LockedError
    from seismonet.daemon.logs import get_log, setup_logs
    from seismonet.daemon.run import run as run_daemon
    from seismonet.net.clock import Clock
    from seismonet.net.receivers import secrets_of as secrets_of_receivers
    from seismonet.net.source import secrets_of

    loaded = load_config(config)
    secrets = [*secrets_of(loaded.sources), *secrets_of_receivers(loaded.receivers)]
    setup_logs(as_json=log_json, secrets=secrets)
    try:
        return run_daemon(config, Clock(rate, begin_ns=rate_since))
    except LockedError as error:
        get_log().error("not started", reason=str(error))
        return EXIT_CODE

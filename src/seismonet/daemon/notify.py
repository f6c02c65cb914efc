"""What the service manager is told: systemd's protocol, a datagram of ``KEY=value`` lines to ``$NOTIFY_SOCKET``.

After sd_notify(3) and systemd.service(5). Without a service manager nothing is sent and nothing fails.
"""

import os
import socket
import time
from collections.abc import Mapping

READY = "READY=1"
STOPPING = "STOPPING=1"
WATCHDOG = "WATCHDOG=1"


def status(text: str) -> str:
    """The line that ``systemctl status`` shows.

    >>> status("3 of 3 stations")
    'STATUS=3 of 3 stations'
    """
    return f"STATUS={' '.join(text.split())}"


def reloading() -> str:
    """Said before the configuration is read again; ``READY`` follows when it is in effect, or was refused."""
    return f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"


def notify(*states: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell the service manager; True when there was one to tell.

    A manager that does not listen cannot stop the daemon: what cannot be sent at once is not sent.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.setblocking(False)
        try:
            sender.sendto("\n".join(states).encode(), address)
        except OSError:
            return False
    return True


def watchdog_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """Seconds after which the service manager takes our silence for death, None when it does not watch us.

    Tell it ``WATCHDOG`` twice as often.

    >>> watchdog_s({"WATCHDOG_USEC": "30000000"})
    30.0
    """
    text = environment.get("WATCHDOG_USEC", "")
    meant = environment.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
    return int(text) / 1e6 if meant and text.isdigit() and int(text) > 0 else None

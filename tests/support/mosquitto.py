"""A real MQTT broker, Debian's mosquitto, on a free port of loopback, with a password and rights for each user.

``seismonet`` may publish alerts and heartbeats and hear acknowledgements; ``siren`` may hear and acknowledge; ``mute``
may do nothing.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import certificate

PATIENCE_S = 10.0
PASSWORD = "quiet-please"
RIGHTS = """user seismonet
topic write seismonet/alerts
topic write seismonet/alerts/heartbeat
topic read seismonet/alerts/ack
user siren
topic read seismonet/alerts
topic read seismonet/alerts/heartbeat
topic write seismonet/alerts/ack
user mute
topic read nothing
"""


def program(name: str) -> str:
    """Where Debian puts it; a test fails when it is not there, and says what to install."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))
    assert found, f"the tests need {name}: apt-get install mosquitto"
    return found


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(slots=True)
class Broker:
    """Where it listens, without and with TLS; ``ca_file`` vouches for it. ``stop`` and ``start`` as often as wanted."""

    folder: Path
    port: int
    tls_port: int
    ca_file: str
    password_file: str
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to serve; returns when it does."""
        command = [program("mosquitto"), "-c", str(self.folder / "mosquitto.conf")]
        with open(self.folder / "mosquitto.log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        give_up_s = time.monotonic() + PATIENCE_S
        while True:
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", self.tls_port)) == 0:
                    return
            assert self.process.poll() is None, (self.folder / "mosquitto.log").read_text()
            assert time.monotonic() < give_up_s
            time.sleep(0.02)

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """A broker that serves."""
    folder.mkdir(exist_ok=True)
    cert_file, key_file = certificate.write(folder)
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    made = Broker(folder, free_port(), free_port(), cert_file, str(secret))
    passwords = folder / "passwords"
    passwords.write_text("".join(f"{user}:{PASSWORD}\n" for user in ("seismonet", "siren", "mute")))
    passwords.chmod(0o600)
    subprocess.run([program("mosquitto_passwd"), "-U", str(passwords)], check=True)
    (folder / "rights").write_text(RIGHTS)
    (folder / "rights").chmod(0o600)
    lines = [
        "allow_anonymous false",
        f"password_file {passwords}",
        f"acl_file {folder / 'rights'}",
        "persistence false",
    ]
    lines += ["user root", f"listener {made.port} 127.0.0.1", f"listener {made.tls_port} 127.0.0.1"]
    lines += [f"certfile {cert_file}", f"keyfile {key_file}"]
    (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    try:
        made.start()
        yield made
    finally:
        made.stop()

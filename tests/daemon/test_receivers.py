"""The daemon with receivers: heartbeats while it lives, and a status that says whom it can reach."""

import json
import sys
from pathlib import Path

from tests.support.daemons import Daemon, Network, Server, source, until, write_config

CHECK = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def test_receivers_hear_that_it_lives_and_the_status_says_whom_it_reaches(tmp_path: Path) -> None:
    server = Server()
    network = Network(server)
    config = write_config(tmp_path, {"pamir": source(server.port)})
    receivers = f"""
    [[receiver]]
    name = "watch"
    sink = "file"
    address = "watch.jsonl"
    heartbeat = true
    [[receiver]]
    name = "horn"
    sink = "command"
    audience = "siren"
    command = ["true"]
    check = {json.dumps(CHECK)}
    heartbeat = true
    [[receiver]]
    name = "broken"
    sink = "mqtt"
    address = "mqtts://broker.example"
    user = "me"
    secret = "env:NO_SUCH_SECRET"
    """
    config.write_text(config.read_text("utf-8") + receivers, "utf-8")
    try:
        with network.going_on(), Daemon(config) as daemon:
            status = daemon.until(
                lambda one: (
                    {line.name: line.state for line in one.receivers}
                    == {"watch": "reachable", "horn": "reachable", "broken": "unusable"}
                ),
                "the siren was reached",
            )
            horn = next(line for line in status.receivers if line.name == "horn")
            assert status.time_ns - horn.reached_ns < 60 * 10**9
            assert status.alert_status == "Exercise"
            assert "NO_SUCH_SECRET" in status.receivers[2].error
            lines = (tmp_path / "watch.jsonl").read_text("utf-8").splitlines()
            said = json.loads(json.loads(lines[-1])["payload"])
            assert (said["status"], said["stations"], said["every_s"]) == ("Exercise", 3, 10.0)
            (daemon.archive / "live.json").write_text('{"status": "Actual"}')
            daemon.until(lambda one: one.alert_status == "Actual", "an administrator's word is heard")
            assert daemon.stop() == 0
        until(lambda: (daemon.archive / "alerts.db").exists(), "the outbox is there")
    finally:
        server.close()

"""``seismonet simulate --serve``: live digitizers as a process of their own, until Ctrl-C."""

import re
import signal
import subprocess
import sys

from seedlink_client import SeedLink


def test_a_scenario_is_served_as_it_happens_and_ends_with_ctrl_c() -> None:
    command = [sys.executable, "-m", "seismonet", "simulate", "quiet", "--serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("SIMULATED quiet")
        line = next(line for line in process.stdout if "TJ.SAREZ" in line)
        found = re.search(r"seedlink://([\d.]+):(\d+)", line)
        assert found is not None
        with SeedLink(found[1], int(found[2]), timeout=20.0) as client:
            assert client.organization is not None
            assert "SIMULATED" in client.organization
            client.add_stream("TJ_SAREZ", "00HHZ")
            packet = next(iter(client.collect(reconnect=False)))
        assert packet.station_id == "TJ_SAREZ"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert "stopped" in process.stdout.read()
    finally:
        process.kill()
        process.wait()

"""A busy moment leaves nothing behind."""

import subprocess
import sys

BUSY = """
import sys
import numpy as np
from seismonet.daemon.memory import give_back

def resident_mb():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

if sys.argv[1] == "yes":
    assert give_back()
np.ones(2**21)  # from now on glibc by itself takes such blocks from the heap
before = resident_mb()
busy, pins = [], []
for _ in range(200):
    busy.append(np.ones(2**17))
    pins.append(bytes(600))
busy.clear()
print(resident_mb() - before)
"""


def left_mb(is_settled: str) -> float:
    command = [sys.executable, "-c", BUSY, is_settled]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_busy_moment_leaves_nothing_behind() -> None:
    assert left_mb("yes") < 20
    assert left_mb("no") > 100

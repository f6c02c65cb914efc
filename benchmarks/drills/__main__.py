"""``python -m benchmarks.drills [NAME...] [--scale S]``: run all drills, or those named, and write their figures.

Each drill is bounded in time and count and ends by itself. ``--scale`` below 1 shortens them; then nothing is written.
"""

import argparse
import logging
import sys
import time
from importlib import import_module

import structlog

from benchmarks.page import figures, write

# name: (title on the page, minutes at full length, how its full length is run)
DRILLS = {
    "kill": ("Drill: kill -9 of the daemon", 25),
    "restart": ("Drill: restart in the middle of an event", 10),
    "repeat": ("Drill: a live run, replayed from its receipts", 3),
    "outbox": ("Drill: crashes between an alert's decision and its acknowledgement, bad receivers", 8),
    "powercut": ("Drill: simulated power cuts", 30),
    "daemondisk": ("Drill: disk full, read-only, failing syncs, locked databases", 8),
    "diskfaults": ("Drill: a disk that fails at each call", 3),
    "fuzz": ("Drill: mutated records against guard pages", 10),
    "misbehaving": ("Drill: misbehaving servers", 10),
    "intake": ("Drill: packets a second into the journal", 3),
    "serving": ("Drill: packets a second out of our server", 1),
    "latency": ("Drill: from the socket to the pick", 1),
    "ridgecrest": ("Drill: Ridgecrest 2019, live", 2),
    "soak": ("Drill: accelerated soak", 28),
}


def main(arguments: list[str]) -> int:
    """Run drills; 1 when a figure was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drills", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(DRILLS)}; all without any")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full length")
    chosen = parser.parse_args(arguments)
    if unknown := [name for name in chosen.names if name not in DRILLS]:
        print(f"no drill {', '.join(unknown)}; there are {', '.join(DRILLS)}", file=sys.stderr)
        return 2
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    missed = 0
    for name in chosen.names or DRILLS:
        title, minutes = DRILLS[name]
        print(f"{title} (up to {max(1, round(minutes * chosen.scale))} min) …", flush=True)
        begin_s = time.monotonic()
        found = import_module(f"benchmarks.drills.{name}").run(chosen.scale)
        missed += sum(one.met is False for one in found)
        text = figures(found)
        print(f"{text}\ntook {time.monotonic() - begin_s:.0f} s", flush=True)
        if chosen.scale >= 1.0 and found:
            write({title: text})
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

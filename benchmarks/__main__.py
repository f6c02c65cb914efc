"""``python -m benchmarks [GROUP...]``: measure all groups, or those named, and write docs/measurements.md."""

import sys
from collections.abc import Callable
from warnings import filterwarnings

from . import (
    accuracy,
    archive,
    association,
    day,
    delivery,
    faults,
    kernels,
    location,
    magnitude,
    messages,
    metrics,
    onsets,
    packets,
    seedlink,
    shaking,
    suite,
    threecomponents,
    warning,
)
from .page import figures, write

GROUPS: dict[str, tuple[str, Callable[[], str]]] = {
    "packets": ("Packets", lambda: figures(packets.measure())),
    "kernels": ("Kernels", lambda: figures(kernels.measure())),
    "day": ("A day of recordings", lambda: figures(day.measure())),
    "archive": ("Journal and archive", lambda: figures(archive.measure())),
    "seedlink": ("SeedLink client", lambda: figures(seedlink.measure())),
    "accuracy": ("Earthquakes found", accuracy.section),
    "components": ("Three components", threecomponents.section),
    "onsets": ("Onsets, how late and how sure", onsets.section),
    "association": ("Association", lambda: figures(association.measure())),
    "location": ("Location, simulated", location.section),
    "magnitude": ("Magnitude, simulated", magnitude.section),
    "shaking": ("Shaking, simulated", shaking.section),
    "warning": ("Warnings, simulated", warning.section),
    "messages": ("Messages", lambda: figures(messages.measure())),
    "metrics": ("Metrics", lambda: figures(metrics.measure())),
    "delivery": ("Delivery", lambda: figures(delivery.measure())),
    "faults": ("Faults of stations, injected", faults.section),
    "tests": ("Tests", lambda: figures(suite.measure())),
}


def main(names: list[str]) -> int:
    """Measure; exit code 2 for a group that is none."""
    if unknown := [name for name in names if name not in GROUPS]:
        print(f"no group {', '.join(unknown)}; there are {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    filterwarnings("ignore", module="obspy")
    for name in names or GROUPS:
        title, measure = GROUPS[name]
        print(f"{title} …", flush=True)
        text = measure()
        print(text, flush=True)
        write({title: text}, [title for title, _ in GROUPS.values()])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

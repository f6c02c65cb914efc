"""CPU time of two sides that take turns."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time

Work = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Paired:
    """Seconds an item on either side, and the ratio peer / ours: medians, and the ratio's range over the rounds."""

    peer_s: float
    ours_s: float
    ratio: float
    lowest: float
    highest: float


def cpu_s(work: Work, turn: int = 0) -> float:
    """CPU seconds of one call."""
    begin = process_time()
    work(turn)
    return process_time() - begin


def compare(peer: Work, ours: Work, *, items: tuple[int, int] = (1, 1), rounds: int = 7, warm: bool = True) -> Paired:
    """Measure both sides in turns.

    Each is called with the number of the turn, 1 to ``rounds``, and 0 for warming up; ``items`` is how many things the
    peer and ours handle in one call.
    """
    if warm:
        peer(0)
        ours(0)
    times: list[tuple[float, float]] = []
    for turn in range(1, rounds + 1):
        if turn % 2:
            peer_s = cpu_s(peer, turn) / items[0]
            ours_s = cpu_s(ours, turn) / items[1]
        else:
            ours_s = cpu_s(ours, turn) / items[1]
            peer_s = cpu_s(peer, turn) / items[0]
        times.append((peer_s, ours_s))
    ratios = [peer_s / ours_s for peer_s, ours_s in times]
    return Paired(
        statistics.median(peer_s for peer_s, _ in times),
        statistics.median(ours_s for _, ours_s in times),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )


def median_cpu_s(work: Work, rounds: int) -> float:
    """Median CPU seconds of one side alone."""
    return statistics.median(cpu_s(work, turn) for turn in range(1, rounds + 1))


def repeated(work: Callable[[], object], times: int) -> Work:
    """The same work many times over in each turn, for what is too quick to be timed once."""

    def run(_: int) -> None:
        for _ in range(times):
            work()

    return run

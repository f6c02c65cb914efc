"""What could be made faster, in plain words, from measured latencies and what metadata say of the digitizers.

Each sentence names the seconds that it is about; those that cost most come first. Early warning counts from the
shaking at the nearest station, so every second here is one that people do not have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .latency import PICKED, RECEIVED, RECORD, Spread

LONG_RECORD_S = 2.0
LONG_FILTER_S = 0.3
LONG_WAY_S = 2.0
QUEUE_S = 5.0
AHEAD_S = 0.05
BUSY_S = 0.2
ENOUGH = 20


@dataclass(frozen=True, slots=True)
class StationFacts:
    """What is known of a station besides its latencies.

    ``name`` is what people call it, ``record_bytes`` the length of its records (0 unknown), ``filter_s`` what its
    digitizer's filters delay by its metadata (None unknown).
    """

    name: str
    record_bytes: int = 0
    filter_s: float | None = None


def advice(stages: Mapping[str, Sequence[Spread | None]], facts: Mapping[str, StationFacts]) -> tuple[str, ...]:
    """Sentences on the stations of a network, the most expensive first.

    Parameters
    ----------
    stages : by station, the spreads in the order of ``latency.STAGES``
    facts : by station

    Examples
    --------
    >>> slow = [Spread(600, 5.9, 7.1, 7.3), Spread(600, 1.1, 1.4, 1.9), None, None, None]
    >>> advice({"TJ.SAREZ": slow}, {"TJ.SAREZ": StationFacts("Sarez", 512)})[0]
    '512-byte records cost Sarez 5.9 s; ask the digitizer for shorter packets'
    """
    told: dict[str, list[tuple[float, str]]] = {}
    ahead = {code: -p50 for code, spreads in stages.items() if (p50 := _p50(spreads[RECEIVED])) < -AHEAD_S}
    heard = [code for code, spreads in stages.items() if _enough(spreads[RECEIVED])]
    ours = len(ahead) > 1 and len(ahead) == len(heard)
    if ours:
        seconds = min(ahead.values())
        said = f"this computer's clock is {seconds:.1f} s behind those of all stations; mend it first"
        told[said] = [(seconds, "")]
    for code, spreads in stages.items():
        station = facts.get(code) or StationFacts(code)
        found = _of_digitizer(station, spreads)
        if not ours:
            found += _of_clock(ahead[code]) if code in ahead else _of_way(station, spreads[RECEIVED])
        for cost_s, text in found:
            told.setdefault(text, []).append((cost_s, station.name))
    for cost_s, text in _of_computer(stages):
        told[text] = [(cost_s, "")]
    order = sorted(told.items(), key=lambda one: (-max(one[1])[0], one[0]))
    return tuple(text.replace("{}", _names([name for _, name in some])) for text, some in order)


def _names(names: list[str]) -> str:
    """All stations of which the same can be said, as one subject.

    >>> _names(["Sarez", "Murghob", "Manem"])
    'Sarez, Murghob and Manem'
    """
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _enough(spread: Spread | None) -> bool:
    return spread is not None and spread.count >= ENOUGH


def _p50(spread: Spread | None) -> float:
    return spread.p50_s if spread is not None and spread.count >= ENOUGH else 0.0


def _p99(spread: Spread | None) -> float:
    return spread.p99_s if spread is not None and spread.count >= ENOUGH else 0.0


def _of_digitizer(station: StationFacts, spreads: Sequence[Spread | None]) -> list[tuple[float, str]]:
    told = []
    record_s = _p50(spreads[RECORD])
    if record_s > LONG_RECORD_S:
        size = f"{station.record_bytes}-byte records" if station.record_bytes else "long records"
        told.append((record_s, f"{size} cost {{}} {record_s:.1f} s; ask the digitizer for shorter packets"))
    if station.filter_s is not None and station.filter_s > LONG_FILTER_S:
        mend = "minimum-phase filters or a higher sampling rate take less"
        told.append((station.filter_s, f"the digitizer's filters cost {{}} {station.filter_s:.1f} s; {mend}"))
    return told


def _of_clock(ahead_s: float) -> list[tuple[float, str]]:
    said = f"records of {{}} come {ahead_s:.1f} s before they end: its clock is ahead; look at its GNSS antenna"
    return [(ahead_s, said)]


def _of_way(station: StationFacts, received: Spread | None) -> list[tuple[float, str]]:
    if received is None or received.count < ENOUGH:
        return []
    filter_s = station.filter_s or 0.0
    told = []
    if received.p50_s < filter_s - AHEAD_S:
        said = f"come {received.p50_s:.2f} s after their end, sooner than its filters allow ({filter_s:.2f} s)"
        mend = "its clock is ahead, or the metadata name other filters than it has"
        told.append((filter_s - received.p50_s, f"records of {{}} {said}: {mend}"))
    elif received.p50_s - filter_s > LONG_WAY_S:
        way_s = received.p50_s - filter_s
        said = f"digitizer, link and servers hold records of {{}} for {way_s:.1f} s"
        told.append((way_s, f"{said}; look for a queue, or a server in between that can be left out"))
    if received.p99_s - received.p50_s > QUEUE_S:
        late_s = received.p99_s - received.p50_s
        said = f"one record of {{}} in a hundred comes {late_s:.0f} s later than usual: its link queues"
        told.append((late_s, f"{said}; strong shaking needs 4 to 7 times the bandwidth of quiet ground"))
    return told


def _of_computer(stages: Mapping[str, Sequence[Spread | None]]) -> list[tuple[float, str]]:
    worst_s = max((_p99(one[PICKED]) for one in stages.values()), default=0.0)
    if worst_s <= BUSY_S:
        return []
    said = f"this computer needs up to {worst_s:.1f} s to pick in a record; see what else it does"
    return [(worst_s, said)]

"""Large StationXML, parsed in a process of its own that may take so much time and memory and no more.

A document of 12 MB takes ObsPy 25 seconds and 400 MB. Whoever reads one must go on meanwhile and survive it, so what is
larger than a network of some dozen stations goes to a child, which sets its own limits before it looks at the first
byte and answers with the table as plain values.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from seismonet.core.errors import FormatError
from seismonet.core.inventory import ChannelTable
from seismonet.core.plain import from_plain, to_plain
from seismonet.formats.stationxml import channel_table, guard


@dataclass(frozen=True, slots=True)
class Limits:
    """From how many bytes on a document gets its own process, and what that may take."""

    large_bytes: int = 2 * 2**20
    seconds: int = 60
    memory_bytes: int = 2 * 2**30


def read_table(data: bytes, faults: list[str] | None = None, limits: Limits | None = None) -> ChannelTable:
    """The channels of a StationXML document, as :func:`seismonet.formats.stationxml.channel_table` gives them.

    FormatError also when a large one takes more than the limits.
    """
    limits = limits or Limits()
    if len(guard(data)) <= limits.large_bytes:
        return channel_table(data, faults)
    answer = _ask(data, faults is not None, limits)
    if "error" in answer:
        raise FormatError(str(answer["error"]))
    if faults is not None:
        faults.extend(answer["faults"])
    table: ChannelTable = from_plain(ChannelTable, answer["table"])
    return table


def _ask(data: bytes, tolerant: bool, limits: Limits) -> dict[str, Any]:
    words = [sys.executable, "-m", "seismonet.store.bounded", str(limits.seconds), str(limits.memory_bytes)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [*words, str(int(tolerant))],
            input=data,
            capture_output=True,
            timeout=limits.seconds,
            env=environment,
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        room = f"{limits.seconds} s and {limits.memory_bytes / 2**30:.2g} GB"
        raise FormatError(
            f"StationXML of {len(data) / 1e6:.1f} MB takes more than {room} to read: split it by network"
        ) from None
    return answer


def _answer(data: bytes, tolerant: bool) -> dict[str, Any]:
    faults: list[str] | None = [] if tolerant else None
    try:
        return {"table": to_plain(channel_table(data, faults)), "faults": faults or []}
    except FormatError as error:
        return {"error": str(error)}


def _child(seconds: int, memory_bytes: int, tolerant: bool) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    json.dump(_answer(sys.stdin.buffer.read(), tolerant), sys.stdout)


if __name__ == "__main__":
    _child(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1")

"""From the journal to the day files: what a packet costs."""

import tempfile
from pathlib import Path
from time import process_time

from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Delivery, Packet
from seismonet.store import receiptslog
from seismonet.store.archive import Archive
from seismonet.store.journal import Journal

from .page import Figure, microseconds
from .signals import START_NS, channels, packets
from .timing import cpu_s, median_cpu_s

CHANNELS, BATCH, ROUNDS = 90, 20, 5
SECONDS = 11
COMMIT_SECONDS = 5
"""A commit for every 450 packets: 256 KiB, as the daemon does it under load."""


def measure() -> list[Figure]:
    """The figures on journal and archive, CPU time only: how long a sync takes is the disk's affair."""
    journal_s, take_s, read_s = rate()
    thousand_s = 1000 * take_s
    return [
        Figure(
            "Journal: append and commit of 512-byte packets, 20 at a time, a commit every 256 KiB",
            "≤ 8 µs",
            microseconds(journal_s),
            journal_s <= 8e-6,
            f"{1 / journal_s:,.0f} a second",
        ),
        Figure(
            f"Archive: gate, decoder, day files, receipts and index, 1,000 records of {CHANNELS} channels",
            "≤ 50 ms",
            microseconds(thousand_s),
            thousand_s <= 0.05,
            f"{1 / take_s:,.0f} packets a second",
        ),
        Figure("Receipts read back with their records", "", f"{1 / read_s:,.0f} a second", None, microseconds(read_s)),
    ]


def rate() -> tuple[float, float, float]:
    """CPU seconds a packet: into the journal, from there into the archive, and back by the receipts log."""
    names = channels(CHANNELS)
    seconds = list(packets(names, SECONDS * (ROUNDS + 1)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        journal, archive = Journal(folder / "journal"), Archive(folder)
        archive.recover(journal)
        spent: list[float] = []

        def second(turn: int) -> None:
            begin = process_time()
            for k in range(turn * SECONDS, (turn + 1) * SECONDS):
                for first in range(0, CHANNELS, BATCH):
                    part = seconds[k][first : first + BATCH]
                    own = tuple(
                        Packet(names[first + number].station_code, k, payload) for number, payload in enumerate(part)
                    )
                    journal.append([Delivery("bench", START_NS + (k + 1) * SECOND_NS, own)])
                if k % COMMIT_SECONDS == COMMIT_SECONDS - 1:
                    journal.commit()
            journal.commit()
            spent.append(process_time() - begin)
            archive.take(journal)

        second(0)
        both_s = median_cpu_s(second, ROUNDS) / (SECONDS * CHANNELS)
        journal_s = sorted(spent[1:])[ROUNDS // 2] / (SECONDS * CHANNELS)
        window = START_NS, START_NS + 2 * len(seconds) * SECOND_NS
        read_s = cpu_s(lambda _: sum(map(len, receiptslog.read(folder, *window)))) / (CHANNELS * len(seconds))
        archive.close()
        journal.close()
    return journal_s, both_s - journal_s, read_s

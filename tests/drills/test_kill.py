"""The drill of kill -9 in short, with its teeth."""

import asyncio

import numpy as np
from benchmarks.drills.kill import TWIN, Result, drill, figures, twin_figure
from benchmarks.drills.offer import RECORD_NS, Offer, torn_frame

from seismonet.core.sourceid import SourceId
from seismonet.formats.miniseed import decode_packets

CYCLES, TWIN_CYCLES = 25, 5


def test_nothing_is_lost_twice_or_corrupt_it_is_soon_back_and_a_twin_that_resumes_too_far_is_found_out() -> None:
    async def both() -> tuple[Result, Result]:
        return await asyncio.gather(drill(CYCLES), drill(TWIN_CYCLES, TWIN))

    found, twin = asyncio.run(both())
    assert [(one.what, one.measured) for one in figures(found) if not one.met] == []
    assert found.cycles == CYCLES
    assert found.audit.offered > 100 * CYCLES
    assert found.torn == CYCLES // 10
    assert found.set_aside >= found.torn
    assert len(found.recovery_s) > CYCLES // 2
    assert twin_figure(twin).met
    assert twin.audit.corrupt == 0


def test_what_is_offered_are_sound_records_each_unlike_any_other() -> None:
    name = SourceId("XX", "KA", "00", "HHZ")
    begin_ns = 1_735_689_599_000_000_000  # a second before the year 2025
    offer = Offer(name, begin_ns, 3)
    made = [one.tobytes() for one in offer.records(np.arange(5))]
    batch = decode_packets(made)
    assert batch.outcomes() == {"ok": 5}
    assert batch.receipts.source_ids == (name,)
    assert batch.receipts.start_ns.tolist() == [begin_ns + k * RECORD_NS for k in range(5)]
    assert batch.receipts.end_ns().tolist() == [offer.span_ns(k)[1] for k in range(5)]
    assert len(set(made) | {one.tobytes() for one in Offer(name, begin_ns, 4).records(np.arange(5))}) == 10


def test_torn_ends_are_never_whole_frames() -> None:
    frame = bytes(range(200)) * 3
    assert all(torn_frame(b"garbage", frame, kind) != frame for kind in range(3))

"""The log gives back exactly what the pipeline was given, in its order, with the moments of receipt."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from seismonet.core.errors import ArchiveError
from seismonet.core.utc import SECOND_NS, from_iso
from seismonet.core.waveform import FOREIGN, LATE, Delivery, Packet, Receipts, join
from seismonet.daemon.live import Live
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.pipeline import PipelineParams
from seismonet.store import receiptslog
from seismonet.store.archive import SDS
from tests.support.archives import BEGIN_NS, MURGH, SAREZ, VERSION3, delivery, one, store
from tests.support.miniseed import record
from tests.support.receipts import table

LONG_AGO, FAR_AHEAD = BEGIN_NS - 10**15, BEGIN_NS + 10**15


def run() -> list[Delivery]:
    """A live run with repeats, disorder, junk, late and foreign packets, both versions, calibrations, new habits."""
    other = {"year": 2024, "day": 277, "rate": (100, 1), "fraction": 0, "name": b"SAREZ00HHZTJ"}
    return [
        delivery([one(SAREZ, 0), one(MURGH, 0)], 0),
        delivery([one(SAREZ, 1, packing=VERSION3), b"junk"], 1),
        delivery([one(SAREZ, 0), one(SAREZ, 2)], 2, source="second"),
        delivery([one(MURGH, 5)], 5),
        delivery([one(MURGH, 3), one(MURGH, 4)], 5),
        delivery([one(SAREZ, 2)], 6, flags=LATE),
        delivery([one(SAREZ, 9)], 9, flags=FOREIGN),
        delivery([record([1, 2, 3], encoding=10, clock=(12, 0, 10), **other)], 11),
        delivery([one(SAREZ, 12), record([1, 2], activity=1, clock=(12, 0, 13), **other), one(SAREZ, 14)], 15),
        delivery([one(MURGH, 16, samples=99)], 17),
    ]


def same(found: Receipts, wanted: Receipts) -> bool:
    names = [[part.source_ids[k].nslc for k in part.channel.tolist()] for part in (found, wanted)]
    columns = ("start_ns", "rate_hz", "count", "received_ns", "timing_quality")
    samples = [[part.record(k).samples.tolist() for k in range(len(part))] for part in (found, wanted)]
    equal = all(np.array_equal(getattr(found, name), getattr(wanted, name)) for name in columns)
    return names[0] == names[1] and samples[0] == samples[1] and equal


@pytest.mark.parametrize("takes", [1, 3, 100])
def test_what_is_read_is_what_the_pipeline_was_given(tmp_path: Path, takes: int) -> None:
    channels = table({"TJ.SAREZ": (38.2, 72.7), "TJ.MURGH": (38.1, 74.0)})
    live = Live(channels, travel_times("iasp91", cache_dir()), PipelineParams(), 60.0)
    wanted = join(live.hear([one]).batch.receipts for one in run())
    for first in range(0, len(run()), takes):
        with store(tmp_path, known=live.known) as here:
            here.put(*run()[first : first + takes])
            if first % 2:
                here.archive.take(here.journal)
    with store(tmp_path, known=live.known):
        found = join(receiptslog.read(tmp_path, LONG_AGO, FAR_AHEAD))
    assert len(wanted) == 10
    assert same(found, wanted)


def test_rows_tell_source_file_and_whether_it_came_before(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.put(*run()[:4])
        here.archive.take(here.journal)
        (rows,) = receiptslog.read_rows(tmp_path, LONG_AGO, FAR_AHEAD)
        assert [rows.source(k) for k in range(6)] == ["pamir", "pamir", "pamir", "second", "second", "pamir"]
        assert rows.is_duplicate.tolist() == [False, False, False, True, False, False]
        assert rows.place(3) == rows.place(0) == (0, 512)
        assert (tmp_path / SDS / rows.file(0)) == here.file(SAREZ)
        assert (tmp_path / receiptslog.log_path(BEGIN_NS)).stat().st_size == 6 * 24


def test_a_window_is_one_of_receipt(tmp_path: Path) -> None:
    midnight = from_iso("2024-10-04T00:00:00Z")
    with store(tmp_path) as here:
        for k in range(6):
            received_ns = midnight + (k - 3) * SECOND_NS
            here.put(Delivery("pamir", received_ns, (Packet("TJ.SAREZ", k, one(SAREZ, k)),)))
        here.archive.take(here.journal)
        found = join(receiptslog.read(tmp_path, midnight - SECOND_NS, midnight + 2 * SECOND_NS))
        assert [(ns - midnight) // SECOND_NS for ns in found.received_ns.tolist()] == [-1, 0, 1]
        assert len(list((tmp_path / "receipts").glob("*.rows"))) == 2
        assert list(receiptslog.read(tmp_path, midnight + 10**12, midnight + 10**14)) == []


def test_names_are_counted_on_after_a_restart(tmp_path: Path) -> None:
    for k, name in enumerate((SAREZ, MURGH, SAREZ)):
        with store(tmp_path) as here:
            here.put(delivery([one(name, k)], k, source=f"source {k}"))
            here.archive.take(here.journal)
    (rows,) = receiptslog.read_rows(tmp_path, LONG_AGO, FAR_AHEAD)
    assert [rows.source(k) for k in range(3)] == ["source 0", "source 1", "source 2"]
    assert rows.file(0) == rows.file(2) != rows.file(1)
    assert len(rows.names) == 5


def test_records_that_are_gone_or_others_are_told(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.put(*(delivery([one(SAREZ, k), one(MURGH, k)], k) for k in range(3)))
        here.archive.take(here.journal)
        gone, other = here.file(SAREZ), here.file(MURGH)
    gone.unlink()
    other.write_bytes(one(MURGH, 0) + one(MURGH, 2) + one(MURGH, 2))
    missing = Counter[str]()
    found = join(receiptslog.read(tmp_path, LONG_AGO, FAR_AHEAD, missing))
    assert [(one.record.source_id, one.record.start_ns - BEGIN_NS) for one in found] == [
        (MURGH, 0),
        (MURGH, 2 * SECOND_NS),
    ]
    assert missing == {gone.relative_to(tmp_path / SDS).as_posix(): 3, other.relative_to(tmp_path / SDS).as_posix(): 1}
    with pytest.raises(ArchiveError, match="records that were received are not in it any more"):
        list(receiptslog.read(tmp_path, LONG_AGO, FAR_AHEAD))


def test_damaged_names_cost_their_rows_only(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.put(*(delivery([one(SAREZ, k), one(MURGH, k)], k) for k in range(3)))
        here.archive.take(here.journal)
    path = tmp_path / receiptslog.names_path(receiptslog.log_path(BEGIN_NS))
    lines = path.read_bytes().splitlines(keepends=True)
    assert lines[0].startswith(b'"f2024')
    path.write_bytes(bytes(len(lines[0]) - 1) + b"\n" + b"".join(lines[1:]))
    missing = Counter[str]()
    assert len(join(receiptslog.read(tmp_path, LONG_AGO, FAR_AHEAD, missing))) == 3
    assert missing == {"unknown": 3}
    with store(tmp_path) as here:
        here.put(delivery([one(SAREZ, 4)], 4))
        here.archive.take(here.journal)
    assert len(join(receiptslog.read(tmp_path, LONG_AGO, FAR_AHEAD, missing))) == 4

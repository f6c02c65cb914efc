"""One simulated earthquake at the three Pamir stations, both sensors each, as a file; the onsets are known."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from seismonet.core.share import share
from seismonet.core.utc import from_iso
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.store.inventory import read_inventories
from seismonet.synthesis.earthquake import Onset, SyntheticEvent, everywhere
from seismonet.synthesis.network import record
from seismonet.synthesis.records import packed

START_NS = from_iso("2025-02-01T00:00:00Z")
EVENT = SyntheticEvent(38.05, 72.75, 15.0, 5.5, START_NS + 40 * 10**9)


@dataclass(frozen=True, slots=True)
class Case:
    """Waveforms, station metadata, and what is true about them."""

    waveforms: Path
    stations: str
    onsets: tuple[Onset, ...]
    event: SyntheticEvent


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    stations = str(share("stations"))
    model = travel_times("iasp91", cache_dir())
    table = read_inventories([stations])
    recording = record(table, [EVENT], everywhere(model.times), start_ns=START_NS, duration_s=140.0, seed=4)
    path = tmp_path_factory.mktemp("case") / "waveforms.mseed"
    path.write_bytes(packed(recording.segments, 2.0))
    return Case(path, stations, tuple(recording.onsets), EVENT)

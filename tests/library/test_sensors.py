"""Measured recordings of two sensors, from files to findings."""

from seismonet.library.health import measure
from seismonet.status.diagnosis import diagnose
from seismonet.store.offline import read_file
from tests.support.shared import shared


def test_the_public_station_with_a_wrong_gain_is_diagnosed_from_its_files() -> None:
    folder = shared("data/public/colocated_sp2")
    receipts = read_file(folder / "waveforms.mseed").receipts
    window = int(receipts.start_ns.min()), int(receipts.end_ns().max())
    files = [folder / "waveforms.mseed"]
    (found,) = measure(files, *window, metadata=[folder / "stations.xml"])
    findings = diagnose([found])
    assert [(one.cause, one.channel) for one in findings] == [("gain", ".BHE")]
    assert findings[0].factor is not None
    assert 1 / 90 < findings[0].factor < 1 / 60
    assert findings[0].since_ns <= window[0]

"""Two sensors of a station check each other: what is wrong is named, with axis and factor, whatever the rates are."""

from dataclasses import replace

import numpy as np
import pytest

from seismonet.core.arrays import FloatArray
from seismonet.core.inventory import Channel
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipt, Receipts, Record
from seismonet.status.pairspectra import Pair, PairMonitor, pairs
from seismonet.status.pairverdict import pair_symptoms
from seismonet.status.sensorpair import agreement
from seismonet.status.symptoms import Symptom
from seismonet.store.inventory import read_inventories
from seismonet.store.offline import read_file
from tests.support.shared import shared

START_NS = 1_700_000_040 * 10**9 // (40 * 10**9) * 40 * 10**9
LENGTH_S, FINE_HZ = 240, 200
CODE = "TJ.SAREZ"


def channel(code: str, quantity: str, rate_hz: float, sensitivity: float, axis: int) -> Channel:
    azimuth, dip = ((0.0, -90.0), (0.0, 0.0), (90.0, 0.0))[axis]
    name = SourceId.parse(f"{CODE}.00.{code}{'ZNE'[axis]}")
    return Channel(name, 0, 2**62, 38.2, 72.7, 3300.0, 0.0, azimuth, dip, rate_hz, quantity, sensitivity)


SEISMOMETER = [channel("HH", "velocity", 100.0, 3e8, axis) for axis in range(3)]
ACCELEROMETER = [channel("HN", "acceleration", 200.0, 2e6, axis) for axis in range(3)]


def motion(seed: int = 1) -> tuple[FloatArray, FloatArray]:
    """Velocity and acceleration of the ground at 200 Hz, from 0.1 to 20 Hz, well above both sensors' noise."""
    random = np.random.default_rng(seed)
    n = LENGTH_S * FINE_HZ
    hz = np.fft.rfftfreq(n, 1 / FINE_HZ)
    shape = np.where((hz > 0.1) & (hz < 20), 1 / np.maximum(hz, 0.1), 0.0)
    spectrum = shape * np.fft.rfft(random.normal(size=(3, n)), axis=1)
    velocity = np.fft.irfft(spectrum, n, axis=1)
    scale = 1e-5 / velocity.std()
    return scale * velocity, scale * np.fft.irfft(2j * np.pi * hz * spectrum, n, axis=1)


def receipts(velocity: FloatArray, acceleration: FloatArray, record_s: float = 2.0) -> Receipts:
    """Counts of both sensors, with noise of a count, as records."""
    random = np.random.default_rng(7)
    made = []
    for channels, motion_of in ((SEISMOMETER, velocity[:, ::2]), (ACCELEROMETER, acceleration)):
        for one, x in zip(channels, motion_of, strict=True):
            counts = np.rint(one.sensitivity * x + random.normal(size=len(x))).astype(np.int32)
            step = round(record_s * one.rate_hz)
            for first in range(0, len(counts), step):
                start_ns = START_NS + round(first * 1e9 / one.rate_hz)
                made.append(Record(one.source_id, start_ns, one.rate_hz, counts[first : first + step]))
    made.sort(key=lambda record: (record.end_ns, record.source_id.nslc))
    return Receipts.of([Receipt(record, record.end_ns) for record in made])


def judged(velocity: FloatArray, acceleration: FloatArray) -> list[Symptom]:
    found = pairs([*SEISMOMETER, *ACCELEROMETER], START_NS)
    monitor = PairMonitor(found, every=1)
    monitor.receive(receipts(velocity, acceleration))
    return pair_symptoms(monitor.sums[CODE], found[CODE])


def told(symptoms: list[Symptom]) -> list[tuple[str, str]]:
    return [(one.name, one.channel) for one in symptoms]


def test_sensors_that_agree_have_nothing_to_tell() -> None:
    assert judged(*motion()) == []


@pytest.mark.parametrize("factor", [0.01, 0.1, 0.5, 2.0, 10.0, 1000.0])
@pytest.mark.parametrize(("sensor", "axis"), [("v", 2), ("a", 1), ("v", 0)])
def test_a_wrong_gain_is_found_with_axis_and_factor(factor: float, sensor: str, axis: int) -> None:
    velocity, acceleration = (1e-2 * one if factor > 100 else one for one in motion())
    (velocity if sensor == "v" else acceleration)[axis] *= factor
    symptoms = judged(velocity, acceleration)
    assert told(symptoms) == [("pair_gain", f"00.{'HH' if sensor == 'v' else 'HN'}{'ZNE'[axis]}")]
    assert symptoms[0].factor == pytest.approx(factor, rel=0.2)


def test_swapped_components_are_told_from_a_rotation() -> None:
    velocity, acceleration = motion()
    assert told(judged(velocity[[0, 2, 1]], acceleration)) == [("pair_swapped", "00.HHN"), ("pair_swapped", "00.HHE")]
    turned = np.stack([velocity[0], velocity[2], -velocity[1]])
    symptoms = judged(turned, acceleration)
    assert told(symptoms) == [("pair_rotated", "00.HH?")]
    assert symptoms[0].factor == pytest.approx(90.0, abs=2.0)


@pytest.mark.parametrize("degrees", [15.0, -30.0, 60.0])
def test_a_turned_sensor_is_found_with_its_angle(degrees: float) -> None:
    velocity, acceleration = motion()
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turned = np.stack([velocity[0], c * velocity[1] + s * velocity[2], c * velocity[2] - s * velocity[1]])
    symptoms = judged(turned, acceleration)
    assert told(symptoms) == [("pair_rotated", "00.HH?")]
    assert symptoms[0].factor == pytest.approx(degrees, abs=2.0)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_reversed_polarity_is_found(axis: int) -> None:
    velocity, acceleration = motion()
    velocity[axis] *= -1
    assert told(judged(velocity, acceleration)) == [("pair_polarity", f"00.HH{'ZNE'[axis]}")]


@pytest.mark.parametrize(("sensor", "axis"), [("v", 2), ("a", 1), ("a", 0)])
def test_an_axis_that_feels_nothing_is_named(sensor: str, axis: int) -> None:
    velocity, acceleration = motion()
    (velocity if sensor == "v" else acceleration)[axis] = 0.0
    assert told(judged(velocity, acceleration)) == [("deaf", f"00.{'HH' if sensor == 'v' else 'HN'}{'ZNE'[axis]}")]


def test_a_delay_between_the_sensors_is_measured() -> None:
    velocity, acceleration = motion()
    late = np.roll(velocity, round(0.25 * FINE_HZ), axis=1)
    symptoms = judged(late, acceleration)
    assert told(symptoms) == [("pair_lag", "00.HH?")]
    assert symptoms[0].factor == pytest.approx(0.25, abs=0.003)


def test_sums_do_not_depend_on_how_records_were_cut() -> None:
    made = motion()
    found: dict[str, Pair] = pairs([*SEISMOMETER, *ACCELEROMETER], START_NS)
    one, other = PairMonitor(found, every=1), PairMonitor(found, every=1)
    one.receive(receipts(*made))
    batch = receipts(*made, record_s=0.5)
    other.receive(batch.select(slice(0, 700)))
    again = PairMonitor(found, every=1)
    again.load(other.save())
    again.receive(batch.select(slice(700, None)))
    assert all(np.array_equal(one.sums[CODE][k].matrix, again.sums[CODE][k].matrix) for k in one.sums[CODE])
    assert one.sums[CODE].keys() == again.sums[CODE].keys()


def test_clipped_windows_are_left_out_and_counted() -> None:
    velocity, acceleration = motion()
    full = replace(SEISMOMETER[2], clip_counts=float(np.abs(velocity[2] * 3e8).max() * 0.99))
    found = pairs([*SEISMOMETER[:2], full, *ACCELEROMETER], START_NS)
    monitor = PairMonitor(found, every=1)
    monitor.receive(receipts(velocity, acceleration))
    assert agreement(monitor.sums[CODE], found[CODE]).clipped[2] >= 1


@pytest.mark.parametrize(
    ("name", "expected"), [("colocated_sp2", ("pair_gain", ".BHE")), ("colocated_gr2", ("pair_apart", "01.HN?"))]
)
def test_public_stations_with_two_sensors(name: str, expected: tuple[str, str]) -> None:
    """SP2's east component has 1/80 of its stated gain; GR2's accelerometer lies 100 m below the seismometer."""
    folder = shared(f"data/public/{name}")
    table = read_inventories([folder / "stations.xml"])
    batch = read_file(folder / "waveforms.mseed").receipts
    found = pairs(table.channels, int(batch.start_ns[0]))
    monitor = PairMonitor(found, every=1)
    monitor.receive(batch)
    (code,) = found
    symptoms = pair_symptoms(monitor.sums[code], found[code])
    assert told(symptoms) == [expected]
    if expected[0] == "pair_gain":
        assert symptoms[0].factor == pytest.approx(1 / 75, rel=0.2)

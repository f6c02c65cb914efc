"""The response path has the amplitudes that ObsPy computes from the StationXML, and nothing before an onset."""

import numpy as np
import pytest
from scipy.signal import sosfreqz

from seismonet.core.inventory import Channel
from seismonet.core.share import share
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.synthesis.earthquake import everywhere, ground_motion, onsets
from seismonet.synthesis.instrument import counts
from seismonet.synthesis.motion import GroundMotion
from seismonet.synthesis.network import record
from seismonet.synthesis.response import Instrument, instrument, instruments
from seismonet.synthesis.simulation import part_of, read_network
from tests.support.shared import shared
from tests.synthesis.sites import ORIGIN_NS, START_NS, STATIONS, event, travel_time

NOW_NS = from_iso("2025-01-01T00:00:00Z")
TABLE, INVENTORY = read_network([str(share("stations"))])
MADE = instruments(INVENTORY, TABLE, NOW_NS)
HZ = np.array([1 / 240, 1 / 120, 1 / 60, 0.1, 1.0, 5.0, 20.0, 35.0])


def channel(code: str, station: str = "SAREZ") -> Channel:
    found = TABLE.find(SourceId("TJ", station, "00", code), NOW_NS)
    assert found is not None
    return found


def amplitude(made: Instrument, hz: np.ndarray, fine_hz: float) -> np.ndarray:
    turn = np.exp(-2j * np.pi * np.outer(hz, np.arange(len(made.taps))) / fine_hz)
    fast = np.abs(turn @ made.taps)
    return fast * np.abs(sosfreqz(made.sections, worN=hz, fs=fine_hz)[1]) if len(made.sections) else fast


def test_every_channel_has_an_instrument_and_equal_ones_share_it() -> None:
    assert set(MADE) == {one.source_id for one in TABLE}
    assert len(set(map(id, MADE.values()))) == 2


@pytest.mark.parametrize(("code", "output"), [("HHZ", "VEL"), ("HNE", "ACC")])
def test_amplitudes_are_those_of_the_response(code: str, output: str) -> None:
    response = INVENTORY.get_response(f"TJ.SAREZ.00.{code}", "2025-01-01T00:00:00")
    wanted = np.abs(response.get_evalresp_response_for_frequencies(HZ, output=output))
    got = amplitude(MADE[channel(code).source_id], HZ, 400.0)
    # the anti-alias filter, which these responses do not tell, begins to be felt at 35 Hz
    assert got[:-1] == pytest.approx(wanted[:-1], rel=0.01)
    assert 0.9 < got[-1] / wanted[-1] < 1.0
    assert amplitude(MADE[channel(code).source_id], np.array([44.0]), 400.0) / got[4] == pytest.approx(0.72, abs=0.06)
    assert amplitude(MADE[channel(code).source_id], np.array([80.0, 120.0]), 400.0).max() < 0.02 * got[4]


@pytest.mark.parametrize("file", ["APACHE_TC120_754__CTR4_100_LP.xml", "APACHE_TITAN_4g__CTR4_200_LP.xml"])
def test_filters_of_a_full_response_are_taken_from_it(file: str) -> None:
    table, inventory = read_network([str(shared(f"facts/responses/{file}"))])
    one = table.channels[0]
    response = inventory[0][0][0].response
    made = instrument(response, one)
    hz = one.rate_hz * np.array([0.001, 0.01, 0.1, 0.3, 0.4, 0.44])
    output = "VEL" if one.quantity == "velocity" else "ACC"
    wanted = np.abs(response.get_evalresp_response_for_frequencies(hz, output=output))
    assert amplitude(made, hz, one.rate_hz * made.step) == pytest.approx(wanted, rel=0.05)
    beyond = amplitude(made, one.rate_hz * np.array([0.6, 0.8]), one.rate_hz * made.step)
    assert beyond.max() < 1e-3 * wanted[2]


def test_nothing_before_an_impulse_and_all_of_it_soon_after() -> None:
    for made in set(map(id, MADE.values())):
        one = next(each for each in MADE.values() if id(each) == made)
        impulse = np.zeros(4000)
        impulse[2000] = 1.0
        answer = np.abs(one.ideal(impulse, 0))
        # as exact as a transform is
        assert answer[:500].max() < 1e-9 * answer.max()
        assert 500 <= np.argmax(answer) <= 504
    assert len(MADE[channel("HNZ").source_id].sections) == 0


def test_nothing_is_written_before_the_onset() -> None:
    station = STATIONS[0]
    p, _ = onsets(event(5.0), station, travel_time)
    still = GroundMotion.still(START_NS, 400.0, 400 * 60)
    motion = ground_motion(event(5.0), station, travel_time, still)
    made = MADE[channel("HHZ").source_id]
    written = counts(motion, channel("HHZ"), self_noise_counts=0.0, instrument=made)
    first = (p.time_ns - START_NS) / 1e7
    assert len(written) == 6000
    assert not written[: int(first)].any()
    assert np.flatnonzero(np.abs(written) > 10)[0] - first < 12
    assert p.time_ns > ORIGIN_NS


def test_a_piece_of_a_recording_is_the_same_as_in_the_whole() -> None:
    own = part_of(TABLE, ["TJ.SAREZ"], NOW_NS)
    made = {name: one for name, one in MADE.items() if name.station == "SAREZ"}
    whole = record(own, [], everywhere(travel_time), start_ns=NOW_NS, duration_s=40.0, instruments=made)
    later = record(own, [], everywhere(travel_time), start_ns=NOW_NS + 25 * 10**9, duration_s=15.0, instruments=made)
    for one, other in zip(whole.segments, later.segments, strict=True):
        # the slow filter has forgotten its beginning to within a count
        assert np.abs(one.samples[2500:].astype(float) - other.samples).max() <= 1.0
        assert np.std(one.samples) > 0.5


def test_a_strong_motion_is_clipped_at_full_scale() -> None:
    motion = GroundMotion.still(START_NS, 400.0, 4000)
    shaken = 0.2 * np.sin(np.arange(4000) / 400.0 * 2 * np.pi * 3.0)
    for line in (motion.velocity_m_s, motion.acceleration_m_s2):
        line[:] = shaken
    velocity, acceleration = (
        counts(motion, channel(code), instrument=MADE[channel(code).source_id]) for code in ("HHZ", "HNZ")
    )
    assert (velocity.max(), velocity.min()) == (8_000_000, -8_000_000)
    assert np.abs(acceleration).max() < 0.25 * 2.04e5


def test_a_channel_of_counts_is_refused() -> None:
    from dataclasses import replace

    response = INVENTORY.get_response("TJ.SAREZ.00.HHZ", "2025-01-01T00:00:00")
    with pytest.raises(ValueError, match="measures counts"):
        instrument(response, replace(channel("HHZ"), quantity="counts"))

"""The drill of the intake in short: every packet that the server sent is committed, archived and decided on."""

import pytest
from benchmarks.drills.intake import CHANNELS, STATIONS, measure

PACKETS = 3 * STATIONS * len(CHANNELS)


@pytest.mark.parametrize("protocol", ["3", "4"])
def test_all_packets_come_into_the_journal(protocol: str) -> None:
    found = measure(protocol, PACKETS)
    assert (found.committed, found.archived, found.steps) == (PACKETS, 0, 0)
    assert found.cpu_s > 0
    assert found.wall_s > 0


def test_archive_and_pipeline_take_every_packet_as_a_sound_record() -> None:
    found = measure("4", PACKETS, archive=True, pipeline=True)
    assert (found.committed, found.archived) == (PACKETS, PACKETS)
    assert found.steps > 0
    assert found.used == PACKETS

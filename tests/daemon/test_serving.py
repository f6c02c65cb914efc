"""The ring after a restart is what it was: the same records under the same numbers, as far as memory and time allow."""

from collections.abc import Sequence
from pathlib import Path

from seismonet.core.waveform import FOREIGN, LATE, Delivery, Packet
from seismonet.daemon.live import hear
from seismonet.daemon.serving import RingFeed
from seismonet.formats.usual import Usual
from seismonet.store.journal import Journal
from tests.support.archives import BEGIN_NS, MURGH, SAREZ, one

S = 1_000_000_000


def deliveries(seconds: int) -> list[Delivery]:
    """Of two stations, a second after the other; some that are not to be served among them."""
    found = []
    for k in range(seconds):
        for name in (SAREZ, MURGH):
            received_ns = BEGIN_NS + (k + 1) * S + len(found)
            found.append(Delivery("pamir", received_ns, (Packet(name.station_code, k, one(name, k)),)))
        if k % 10 == 0:
            found.append(Delivery("pamir", received_ns + 1, (Packet("TJ.SAREZ", -1, one(SAREZ, k - 500)),), LATE))
            found.append(Delivery("pamir", received_ns + 2, (Packet("XX.A", 1, one(SAREZ, k)),), FOREIGN))
            found.append(Delivery("pamir", received_ns + 3, (Packet("TJ.SAREZ", 1, b"no record"),)))
    return found


def numbered(feed: RingFeed) -> list[tuple[str, int, bytes]]:
    ring = feed.ring
    entries = ring.read(ring.begin, ring.end - ring.begin)
    return [(entry.stream.station.code, entry.sequence, entry.payload) for entry in entries]


def run_on(limit_bytes: int, sent: Sequence[Delivery], folder: Path) -> tuple[RingFeed, RingFeed, Journal]:
    """A ring as it was filled while records came, another that is filled from the journal, and that."""
    live, usual = RingFeed(limit_bytes), Usual()
    journal = Journal(folder, segment_bytes=200_000)
    for delivery in sent:
        live.add(hear([delivery], {}, usual))
        journal.append([delivery])
        journal.commit()
    again = RingFeed(limit_bytes)
    assert again.refill(journal, {}) == again.ring.end - again.ring.begin
    return live, again, journal


def test_all_of_it_when_there_is_room(tmp_path: Path) -> None:
    live, again, journal = run_on(10_000_000, deliveries(300), tmp_path)
    assert numbered(again) == numbered(live)
    assert len(numbered(again)) == 600
    assert {payload for _, _, payload in numbered(again)} == {
        one(name, k) for name in (SAREZ, MURGH) for k in range(300)
    }
    assert {name: one.next for name, one in again.ring.stations.items()} == {
        name: one.next for name, one in live.ring.stations.items()
    }
    journal.close()


def test_the_newest_of_it_when_there_is_not(tmp_path: Path) -> None:
    live, again, journal = run_on(100_000, deliveries(300), tmp_path)
    both = min(len(numbered(live)), len(numbered(again)))
    assert both > 60
    assert numbered(again)[-both:] == numbered(live)[-both:]
    journal.close()


def test_numbers_rise_when_many_come_at_once() -> None:
    burst = [Delivery("pamir", BEGIN_NS + S, tuple(Packet("TJ.SAREZ", k, one(SAREZ, k - 50)) for k in range(50)))]
    feed = RingFeed(10_000_000)
    feed.add(hear(burst, {}, Usual()))
    numbers = [number for _, number, _ in numbered(feed)]
    assert numbers == list(range(numbers[0], numbers[0] + 50))
    assert numbers[0] == (BEGIN_NS + S) // 10_000_000

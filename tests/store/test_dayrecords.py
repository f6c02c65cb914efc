"""What is remembered of a day file stays small, and whatever is not remembered is looked up in the file."""

from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.sourceid import SourceId
from seismonet.store.dayrecords import BASE_MOST, Base, Bases, DayRecords, Place
from seismonet.store.index import Day
from tests.support.miniseed import record

S = 1_000_000_000
DAY = 19_999
COUNT = BASE_MOST + 1000
AT_ONCE = 250


def made(number: int) -> bytes:
    """The record of a second of the day."""
    clock = number // 3600, number // 60 % 60, number % 60
    return record(year=2024, day=277, clock=clock, fraction=0, rate=(8, 1))


class File:
    """A day file in memory; a record of a wrong clock makes all that follow belong to the past."""

    def __init__(self) -> None:
        self.data = b""
        self.reads = 0
        self.bases = Bases()
        self.records = DayRecords(Day(SourceId.parse("TJ.SAREZ.00.HHZ"), DAY), self.read, self.bases)

    def read(self, offset: int, length: int) -> bytes:
        self.reads += length > 512
        return self.data[offset : offset + length]

    def put(self, numbers: list[int]) -> None:
        begin_ns = DAY * 86_400 * S
        for number in numbers:
            start_ns = begin_ns + number * S
            self.records.add(made(number), (start_ns, start_ns + S, 8), S // 16, False)
        self.data += b"".join(self.records.pending)
        self.records.flushed()

    def has(self, number: int) -> bool:
        return self.records.twin(made(number), DAY * 86_400 * S + number * S) is not None


def test_every_record_is_known_and_few_are_remembered() -> None:
    file = File()
    file.put([80_000])
    for first in range(0, COUNT, AT_ONCE):
        file.put(list(range(first, min(first + AT_ONCE, COUNT))))
    base = file.bases.get(file.records.day.path)
    assert base is not None
    assert len(base) <= BASE_MOST + AT_ONCE
    reads = file.reads
    assert all(file.has(number) for number in range(COUNT - BASE_MOST // 4, COUNT))
    assert file.reads == reads
    assert file.has(3)
    assert file.reads > reads
    assert file.has(80_000)
    assert not file.has(COUNT + 1)
    file.put(list(range(COUNT + 1, COUNT + AT_ONCE)))
    base = file.bases.get(file.records.day.path)
    assert base is not None
    assert len(base) <= BASE_MOST
    assert file.has(3)


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 50)), max_size=60), st.integers(0, 20_000))
def test_what_is_not_forgotten_is_complete(extra: list[tuple[int, int]], start: int) -> None:
    places = [Place(k, k + 1, k, 1) for k in range(BASE_MOST)]
    more = [Place(begin, begin + length, BASE_MOST + k, 1) for k, (begin, length) in enumerate(extra)]
    base = Base(places)
    base.add(more)
    start = max(start, base.floor_ns)
    wanted = {one for one in [*places, *more] if one.start_ns <= start + 5 and one.end_ns >= start}
    assert set(base.near(start, start + 5)) == wanted
    assert (base.floor_ns > 0) == (len(extra) > 0)

"""What is said of latencies, and what is not."""

from seismonet.status.advice import StationFacts, advice
from seismonet.status.latency import Spread

GOOD = Spread(600, 0.7, 0.9, 1.2)


def stages(
    record: Spread | None = None, received: Spread | None = None, picked: Spread | None = None
) -> list[Spread | None]:
    return [
        record or Spread(600, 1.0, 1.0, 1.0),
        received or GOOD,
        picked or Spread(600, 0.004, 0.006, 0.01),
        None,
        None,
    ]


def said(facts: StationFacts, **parts: Spread) -> tuple[str, ...]:
    return advice({"TJ.SAREZ": stages(**parts)}, {"TJ.SAREZ": facts})


SAREZ = StationFacts("Sarez", 512, 0.084)


def test_a_good_station_needs_none() -> None:
    assert said(SAREZ) == ()
    assert advice({"TJ.SAREZ": [None] * 5}, {}) == ()


def test_long_records() -> None:
    assert said(SAREZ, record=Spread(600, 5.9, 7.2, 7.3)) == (
        "512-byte records cost Sarez 5.9 s; ask the digitizer for shorter packets",
    )
    assert said(StationFacts("Sarez"), record=Spread(600, 5.9, 7.2, 7.3))[0].startswith("long records cost Sarez")


def test_a_few_records_are_no_ground_for_advice() -> None:
    assert said(SAREZ, record=Spread(19, 5.9, 7.2, 7.3), received=Spread(19, -9.0, 0.0, 90.0)) == ()


def test_long_filters() -> None:
    (text,) = said(StationFacts("Sarez", 512, 0.604))
    assert text.startswith("the digitizer's filters cost Sarez 0.6 s")


def test_a_record_cannot_come_before_its_filters_are_done() -> None:
    text = said(StationFacts("Sarez", 512, 0.604), received=Spread(600, 0.2, 0.3, 0.4))
    assert any("sooner than its filters allow (0.60 s): its clock is ahead, or the metadata" in one for one in text)


def test_a_slow_way_is_what_is_beyond_the_filters() -> None:
    (text,) = said(SAREZ, received=Spread(600, 4.084, 4.2, 4.4))
    assert text.startswith("digitizer, link and servers hold records of Sarez for 4.0 s")


def test_a_link_that_queues_now_and_then() -> None:
    (text,) = said(SAREZ, received=Spread(600, 0.7, 2.0, 40.7))
    assert text.startswith("one record of Sarez in a hundred comes 40 s later than usual")


def test_one_clock_ahead_is_the_stations_all_are_ours() -> None:
    ahead = stages(received=Spread(600, -3.0, -2.9, -2.8))
    (text,) = advice({"TJ.SAREZ": ahead, "TJ.MANEM": stages()}, {"TJ.SAREZ": SAREZ})
    assert text == "records of Sarez come 3.0 s before they end: its clock is ahead; look at its GNSS antenna"
    (text,) = advice({"TJ.SAREZ": ahead, "TJ.MANEM": ahead}, {"TJ.SAREZ": SAREZ})
    assert text.startswith("this computer's clock is 3.0 s behind those of all stations")


def test_a_busy_computer_and_the_order_of_what_is_said() -> None:
    texts = said(SAREZ, record=Spread(600, 3.0, 4.0, 4.0), picked=Spread(600, 0.1, 1.0, 8.0))
    assert [text.split()[0] for text in texts] == ["this", "512-byte"]


def test_what_is_true_of_several_stations_is_said_once() -> None:
    facts = {code: StationFacts(name, 512, 0.604) for code, name in (("A", "Sarez"), ("B", "Murghob"), ("C", "Manem"))}
    (text,) = advice(dict.fromkeys(facts, stages()), facts)
    assert text.startswith("the digitizer's filters cost Sarez, Murghob and Manem 0.6 s;")


def test_a_name_with_braces_is_a_name() -> None:
    (text,) = said(StationFacts("{}", 512, 0.604))
    assert "cost {} 0.6 s" in text

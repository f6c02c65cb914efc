"""The interview, held with a script of answers, and what it makes of them."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from seismonet.config import parse
from seismonet.core.errors import ConfigError, ProtocolError
from seismonet.core.share import share
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.daemon.initialise import Answers, Given, Source, compose, interview
from seismonet.net.infoanswers import OfferedStream, ServerInfo

NOW_NS = from_iso("2026-11-24T12:00:00Z")
PAMIR = ("TJ.SAREZ", "TJ.MURGH", "TJ.MANEM")


def survey(url: str) -> ServerInfo:
    """Two servers; at any other address nobody answers."""
    if url == "seedlink://centre:18000":
        streams = tuple(OfferedStream(SourceId.parse(f"{code}.00.HHZ"), 0, NOW_NS - 2 * 10**9) for code in PAMIR)
        return ServerInfo("seismonet 1.0", "", ("3", "4"), PAMIR, streams)
    if url == "seedlinks://10.0.0.7":
        return ServerInfo("other\nserver", "SIMULATED", ("3",), ("XX.ABC",), ())
    raise ProtocolError(f"{url}: nobody answers")


class Talk:
    """Answers by the beginning of the question; what is left out takes the default. What was said is kept."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.answers = {key: list(some) for key, some in answers.items()}
        self.said: list[str] = []

    def ask(self, question: str, default: str) -> str:
        for key, some in self.answers.items():
            if question.startswith(key):
                return some.pop(0) if some else default
        return default

    def hold(self, given: Given, patient: bool = True) -> Answers:
        return interview(given, self.ask, self.said.append, survey, patient=patient)


def test_with_everything_given_nobody_is_asked(tmp_path: Path) -> None:
    given = Given(("centre:18000",), ("TJ.*",), (), "records", "Pamir", ages_at_ns=NOW_NS)
    answers = Talk().hold(given, patient=False)
    assert answers.sources == (Source("centre", "seedlink://centre:18000", PAMIR, "seismonet 1.0, SeedLink 3 and 4"),)
    assert (answers.archive, answers.name, answers.metadata) == ("records", "Pamir", (str(share("stations")),))


def test_stations_found_are_shown_with_the_age_of_their_data() -> None:
    talk = Talk()
    talk.hold(Given(("centre:18000",), ages_at_ns=NOW_NS))
    assert "    TJ.SAREZ     1 channel, newest sample 2 s old" in talk.said


def test_an_address_that_does_not_work_is_asked_for_again() -> None:
    talk = Talk(Address=["nowhere", "http://x", "centre:18000", "seedlinks://10.0.0.7", ""])
    answers = talk.hold(Given())
    assert [(one.name, one.url) for one in answers.sources] == [
        ("centre", "seedlink://centre:18000"), ("server2", "seedlinks://10.0.0.7")
    ]  # fmt: skip
    assert any("nobody answers" in text for text in talk.said)
    assert any("SIMULATED, SeedLink 3; 1 station:" in text for text in talk.said)
    assert any("is no address" in text for text in talk.said)
    assert any("No metadata for TJ.MANEM, TJ.MURGH, TJ.SAREZ, XX.ABC" in text for text in talk.said)


def test_a_given_address_that_does_not_work_is_asked_for(tmp_path: Path) -> None:
    answers = Talk(Address=["centre:18000"]).hold(Given(("nowhere",)))
    assert [one.name for one in answers.sources] == ["centre"]


def test_with_nobody_there_it_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="nobody answers"):
        Talk().hold(Given(("nowhere",)), patient=False)
    with pytest.raises(ConfigError, match="no server was named"):
        Talk().hold(Given(), patient=False)
    with pytest.raises(ConfigError, match=r"no station fits KZ\.\*; it offers TJ\.SAREZ"):
        Talk().hold(Given(("centre:18000",), ("KZ.*",)), patient=False)


def test_some_stations_by_pattern() -> None:
    answers = Talk(Stations=["TJ.M*, XX.A"]).hold(Given(("centre:18000",)))
    assert answers.sources[0].stations == ("TJ.MURGH", "TJ.MANEM")


def test_few_stations_are_told_to_warn_nobody() -> None:
    talk = Talk(Stations=["TJ.SAREZ"])
    talk.hold(Given(("centre:18000",)))
    assert any("An alert takes 3 stations. With 1" in text for text in talk.said)


def test_metadata_that_cannot_be_read_are_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "no.xml").write_text("nothing")
    talk = Talk(StationXML=[str(tmp_path / "none"), str(tmp_path / "no.xml"), str(share("stations"))])
    answers = talk.hold(Given(("centre:18000",)))
    assert answers.metadata == (str(share("stations")),)
    assert sum("no such file" in text or "StationXML" in text for text in talk.said) == 2


def test_what_is_written_says_what_was_answered(tmp_path: Path) -> None:
    answers = Answers(
        'Pa"mir\\', (Source("a", "seedlink://a", PAMIR, "evil\n[server]\nhost"),), (str(tmp_path / "stations"),), "x"
    )
    text = compose(answers, tmp_path)
    document = tomllib.loads(text)
    assert document["network"] == {"name": 'Pa"mir\\', "stations": ["stations"]}
    assert document["source"] == [{"name": "a", "url": "seedlink://a", "stations": list(PAMIR)}]
    assert document["archive"]["folder"] == str(Path("x").absolute())
    assert set(document) == {"network", "archive", "source", "alert"}


def test_a_password_stays_in_its_file(tmp_path: Path) -> None:
    given = Given(("centre:18000",), user="me", password_file=str(tmp_path / "secret"))
    text = compose(Talk().hold(given), tmp_path)
    (source,) = tomllib.loads(text)["source"]
    assert (source["user"], source["password_file"]) == ("me", "secret")


@pytest.mark.parametrize("order", [("nowhere", "centre:18000"), ("centre:18000", "nowhere")])
@pytest.mark.parametrize("patient", [True, False])
def test_one_of_several_that_is_away_is_written_with_what_was_wrong(
    tmp_path: Path, order: tuple[str, ...], patient: bool
) -> None:
    talk = Talk()
    answers = talk.hold(Given(order, ("TJ.*",)), patient)
    assert any("WARNING" in text and "nobody answers" in text for text in talk.said)
    text = compose(answers, tmp_path)
    assert "# When this was written: seedlink://nowhere: nobody answers" in text.splitlines()
    found = {one["name"]: one for one in tomllib.loads(text)["source"]}
    assert found["nowhere"]["stations"] == ["TJ.*"]
    assert found["centre"]["stations"] == list(PAMIR)
    assert len(parse(tomllib.loads(text), "x").sources) == 2


@pytest.mark.parametrize("stations", [(), ("all",)])
def test_without_stations_it_is_commented_out_and_comes_back_as_it_should(
    tmp_path: Path, stations: tuple[str, ...]
) -> None:
    text = compose(Talk().hold(Given(("centre:18000", "nowhere"), stations), patient=False), tmp_path)
    assert [one["name"] for one in tomllib.loads(text)["source"]] == ["centre"]
    first, last = (text.index(mark) for mark in ("# Name the stations", "[alert.operator]"))
    mended = "\n".join(line.removeprefix("# ") for line in text[first:last].splitlines()[1:])
    (source,) = tomllib.loads(mended)["source"]
    assert (source["name"], source["url"]) == ("nowhere", "seedlink://nowhere")


def test_one_of_several_without_the_stations_is_kept_too(tmp_path: Path) -> None:
    answers = Talk().hold(Given(("centre:18000", "seedlinks://10.0.0.7"), ("TJ.*",)), patient=False)
    assert [bool(one.fault) for one in answers.sources] == [False, True]
    assert "no station fits TJ.*" in answers.sources[1].fault


def test_when_all_of_several_are_away_nothing_is_written() -> None:
    with pytest.raises(ProtocolError, match="nobody answers"):
        Talk().hold(Given(("nowhere", "elsewhere")), patient=False)
    with pytest.raises(ConfigError, match="http://x"):
        Talk().hold(Given(("centre:18000", "http://x")), patient=False)

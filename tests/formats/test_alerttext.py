"""Texts as people read them: the right things, in the right words, short enough, never promising too much."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from seismonet.core.event import Place
from seismonet.core.utc import from_iso
from seismonet.formats.alertmessage import HumanAction, Message, UsedStation
from seismonet.formats.alerttext import SHAKING_S, Text, text
from seismonet.formats.sms import is_gsm, parts, to_gsm
from tests.support.messages import ALERT, LANGUAGES, ORIGIN_NS, SECOND, message, messages, shaking, texts

UPDATE = replace(ALERT, kind="update", version=1)
CANCEL = replace(ALERT, kind="cancel", version=2)
MOTION = replace(
    ALERT, event_version=-1, basis="motion", magnitude=None, shaking=(), station_codes=ALERT.station_codes[:2]
)


def told(sent: Message, language: str = "en", place: str | None = "Rushon", late_s: float = 0.0) -> Text:
    return text(sent, texts()[language], place, from_iso(sent.sent) + round(late_s * SECOND))


def everything(one: Text) -> tuple[str, ...]:
    return one.headline, one.description, one.instruction, one.body, one.sms


@given(messages())
@settings(max_examples=120, deadline=None)
def test_any_alert_is_told_in_all_languages_and_fits(sent: Message) -> None:
    for language, most in (("en", 1), ("ru", 2), ("tg", 2)):
        for place in (None, *[one.name for one in sent.targets[:2]]):
            for late_s in (0.0, 40.0, 4000.0):
                found = told(sent, language, place, late_s)
                assert all(one.strip() for one in everything(found))
                assert parts(found.sms) <= most
                assert is_gsm(found.sms) or language != "en"
                if sent.status != "Actual":
                    mark = texts()[language].say(f"marks.{sent.status.lower()}_short").rstrip(".")
                    assert all(one.startswith(mark) for one in everything(found) if one != found.instruction)


def test_a_town_is_told_what_where_how_strong_when_what_to_do_and_how_sure() -> None:
    found = told(message())
    assert found.headline == "Earthquake! Rushon: strong shaking (intensity 6) in about 10 seconds. Take cover now!"
    what, here, act, sure, footer = found.body.splitlines()
    assert what == "An earthquake occurred at 19:13: magnitude 6.6, about 30 km north-east of Basid."
    assert here.startswith("Rushon: strong shaking (intensity 6) in about 10 seconds, at 19:13:38.")
    assert act.startswith("Get under a sturdy table and hold on to it.")
    assert "3 stations recorded the earthquake, and the chance that it is right is 95 in 100" in sure
    assert "between 6 and 7" in sure
    assert "may instead have been about 120 km south-west of Khorugh" in sure
    assert "21.09.2026, 19:13:20 local time (UTC+5), 14:13:20 UTC" in footer
    assert found.sms == (
        "Earthquake at 19:13, magnitude 6.6. Rushon: strong shaking (intensity 6) in about 10 seconds, at 19:13:38."
        " Take cover now!"
    )


def test_the_same_in_russian_and_tajik() -> None:
    russian = told(message(), "ru")
    assert (
        russian.headline == "Землетрясение! Рушан: сильное сотрясение (6 баллов) примерно через 10 секунд. Укройтесь!"
    )
    assert russian.body.startswith(
        "В 19:13 произошло землетрясение: магнитуда 6,6, примерно в 30 км к северо-востоку от села Басид."
    )
    assert "Сейсмологическая служба." in russian.body
    tajik = told(message(), "tg")
    assert tajik.headline == (
        "Заминҷунбӣ! Рӯшон: ларзиши сахт (6 балл) тақрибан баъди 10 сония. Худро муҳофизат кунед!"
    )
    assert "магнитуда 6,6, тақрибан 30 км дуртар аз деҳаи Басид, ба самти шимолу шарқ" in tajik.body


@pytest.mark.parametrize("language", ["ru", "tg"])
def test_no_language_slips_into_another(language: str) -> None:
    for sent in (message(), message(UPDATE), message(CANCEL), message(MOTION), message(status="Test")):
        for place in (None, "Rushon", "Usoi Dam", "Lake Sarez"):
            for late_s in (0.0, 300.0):
                words = re.findall(r"[A-Za-z]{2,}", told(sent, language, place, late_s).body)
                assert set(words) <= {"UTC", "TJ", "ISHK", "Murghob"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_whole(language: str) -> None:
    for sent in (message(), message(UPDATE), message(CANCEL), message(MOTION), message(status="Exercise")):
        for place in (None, "Khorugh", "Dushanbe", "Usoi Dam", "Lake Sarez"):
            for late_s in (0.0, 300.0):
                for one in everything(told(sent, language, place, late_s)):
                    assert not re.search(r"[{}]|  |\.\.| [.,;:!)]|\( |!\.|None|nan", one), one
                    assert one[-1] in ".!", one
                    assert one[0].isupper() or one[0].isdigit(), one


@pytest.mark.parametrize(
    ("lead_s", "english", "russian", "tajik"),
    [
        (4.9, "now or within seconds", "сейчас или в ближайшие секунды", "ҳозир ё баъди чанд сония"),
        (5.0, "in about 5 seconds", "примерно через 5 секунд", "тақрибан баъди 5 сония"),
        (9.9, "in about 5 seconds", "примерно через 5 секунд", "тақрибан баъди 5 сония"),
        (59.9, "in about 55 seconds", "примерно через 55 секунд", "тақрибан баъди 55 сония"),
        (60.0, "in about a minute", "примерно через минуту", "тақрибан баъди як дақиқа"),
        (119.9, "in about a minute", "примерно через минуту", "тақрибан баъди як дақиқа"),
        (120.0, "in about 2 minutes", "примерно через 2 минуты", "тақрибан баъди 2 дақиқа"),
    ],
)
def test_the_time_left_is_rounded_down(lead_s: float, english: str, russian: str, tajik: str) -> None:
    sent = message(replace(ALERT, shaking=(shaking("Rushon", 75, 6.2, lead_s),)))
    for language, words in (("en", english), ("ru", russian), ("tg", tajik)):
        assert words in told(sent, language).headline


def test_who_reads_later_is_told_less_time() -> None:
    assert "in about 5 seconds" in told(message(), late_s=3.0).headline
    assert "now or within seconds" in told(message(), late_s=9.0).headline
    s_wave_s = 14.0
    assert "now or within seconds" in told(message(), late_s=s_wave_s + SHAKING_S - 1).headline
    over = told(message(), late_s=s_wave_s + SHAKING_S + 1)
    assert over.headline == "Earthquake. Rushon: strong shaking (intensity 6) at about 19:13. More shaking may follow."
    assert "It should be over by now." in over.body
    assert "See whether anybody is hurt" in over.instruction


def test_the_region_reads_times_by_the_clock() -> None:
    found = told(message(), place=None)
    assert "Rushon: strong shaking (intensity 6) from 19:13:38" in found.description
    assert "Dushanbe" not in found.description
    assert "in about" not in found.description
    assert "Its depth is about 20 km." in found.description


def test_nobody_is_frightened_by_weak_shaking() -> None:
    found = told(message(), place="Dushanbe")
    assert found.headline == "Earthquake. Dushanbe: only weak shaking (intensity 3). Nothing to do."
    assert found.instruction == "There is nothing you need to do."


@pytest.mark.parametrize("language", LANGUAGES)
def test_dams_and_lakes_are_told_other_things_than_towns(language: str) -> None:
    for sent, late_s in ((message(), 0.0), (message(), 300.0), (message(CANCEL), 0.0)):
        acts = {told(sent, language, place, late_s).instruction for place in ("Rushon", "Usoi Dam", "Lake Sarez")}
        assert len(acts) == 3


def test_a_dam_reads_the_acceleration() -> None:
    assert "about 9 % of gravity" in told(message(), place="Usoi Dam").body


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1 станции"), (2, "2 станций"), (5, "5 станций"), (11, "11 станций"), (21, "21 станции")],
)
def test_russian_plurals_of_stations(number: int, words: str) -> None:
    sent = message(replace(ALERT, station_codes=tuple(f"TJ.S{one}" for one in range(number))))
    assert f"данных {words}," in told(sent, "ru").description


def test_plural_forms() -> None:
    russian = [texts()["ru"].count("points", one) for one in (1, 2, 4, 5, 11, 12, 14, 21, 22, 25, 111, 112)]
    assert russian == [
        "1 балл", "2 балла", "4 балла", "5 баллов", "11 баллов", "12 баллов", "14 баллов", "21 балл", "22 балла",
        "25 баллов", "111 баллов", "112 баллов",
    ]  # fmt: skip
    assert [texts()["tg"].count("minutes", one) for one in (1, 2, 5)] == ["1 дақиқа", "2 дақиқа", "5 дақиқа"]
    assert [texts()["en"].count("stations", one) for one in (1, 2)] == ["1 station", "2 stations"]


def test_a_lower_bound_is_told_as_one_and_an_unknown_size_as_unknown() -> None:
    assert "magnitude 6.6 or more" in told(message(replace(ALERT, at_least=True))).body
    assert "size not yet known" in told(message(replace(ALERT, magnitude=None))).body


def test_how_sure() -> None:
    assert "not yet certain" in told(message(replace(ALERT, likelihood=0.6))).body
    assert "may be a false alarm" in told(message(replace(ALERT, likelihood=0.3))).body
    human = HumanAction("confirm", "A. Duty", "2026-09-21T14:15:00.000Z")
    assert "seismologist on duty has confirmed" in told(message(human=human)).body
    assert "99 in 100" in told(message(replace(ALERT, likelihood=1.0))).body


def test_motion_alone_names_no_place_and_no_size() -> None:
    for basis, words in (
        ("motion", "Strong shaking of the ground has been measured at"),
        ("onsite", "the first waves"),
    ):
        found = told(message(replace(MOTION, basis=basis)), place=None)
        assert words in found.body
        assert "Lake Sarez, Murghob" in found.headline
        assert "magnitude" not in found.body
        assert "km" not in found.body
        assert found.instruction.startswith("Get under a sturdy table")
    # the place of a station that is a target too has a name in every language
    assert "Сарезское озеро" in told(message(MOTION), "ru", None).headline


def test_what_a_station_tells_of_a_known_event_names_its_place() -> None:
    found = told(message(replace(ALERT, basis="onsite")), place=None)
    assert "An earthquake occurred at 19:13: magnitude 6.6, about 30 km north-east of Basid." in found.body


def test_an_update_and_a_cancellation_say_so_first() -> None:
    assert told(message(UPDATE)).headline.startswith("Correction. Earthquake!")
    assert told(message(UPDATE, status="Exercise")).headline.startswith("EXERCISE. Correction. Earthquake!")
    cancelled = told(message(CANCEL))
    assert cancelled.headline == "The earthquake warning of 19:13 is withdrawn."
    assert "No strong shaking is expected" in cancelled.sms
    assert "Take cover" not in "".join(everything(cancelled))


def test_the_public_is_not_told_of_missing_stations() -> None:
    assert "TJ.ISHK" in told(message()).body
    assert "TJ.ISHK" not in told(message(replace(ALERT, audience="public"))).body


def test_near_an_epicentre_no_direction_is_told() -> None:
    assert "near Basid." in told(message(replace(ALERT, latitude=38.12, longitude=72.18))).body
    nowhere = replace(ALERT, shaking=())
    assert "at 38.4°, 72.3°." in told(message(nowhere), place=None).body.replace("38.3°", "38.4°")


@pytest.mark.parametrize(
    ("latitude", "longitude", "words"),
    [(39.49, 71.553, "north of"), (37.49, 74.0, "east of"), (35.5, 71.553, "south of"), (37.49, 69.0, "west of")],
)
def test_directions(latitude: float, longitude: float, words: str) -> None:
    alert = replace(ALERT, latitude=latitude, longitude=longitude, shaking=(shaking("Khorugh", 200, 5.0, 20.0),))
    assert f"km {words} Khorugh" in told(message(alert), place="Khorugh").body


def test_a_name_that_is_too_long_is_cut_before_the_message_is() -> None:
    alert = replace(ALERT, shaking=(shaking("X" * 200, 75, 6.2, 12.0),))
    for language in LANGUAGES:
        found = told(message(alert), language, "X" * 200)
        assert parts(found.sms) <= (1 if language == "en" else 2)
        assert "XXX" not in found.sms


def test_letters_that_a_telephone_has_not_are_replaced() -> None:
    assert to_gsm("Хоруғ – 5°") == "????? - 5?"
    assert to_gsm("Qalʻai Khumb, Café ć") == "Qal'ai Khumb, Café c"
    assert parts("[" * 80) == 1
    assert parts("[" * 81) == 2


def test_other_places_are_seen_from_towns_not_from_lakes() -> None:
    alert = replace(ALERT, second_mode=Place(38.2, 72.76, 10.0, 0.3))
    assert "of Basid" in told(message(alert)).body


def test_a_station_without_a_name_is_told_by_its_code() -> None:
    assert UsedStation("TJ.X").name is None
    assert "TJ.X" in told(message(replace(MOTION, station_codes=("TJ.X",))), place=None).headline


def test_times_of_the_origin_do_not_depend_on_when_it_was_sent() -> None:
    late = message(sent_ns=ORIGIN_NS + 30 * SECOND)
    assert "19:13:20 local time" in told(late).body
    assert "Sent at 19:13:50." in told(late).body


def test_even_texts_of_an_installation_that_are_too_long_fit() -> None:
    words = texts()["en"]
    longer = replace(words, alternatives={**words.alternatives, "sms.ahead": ("Earthquake! " + "Take cover. " * 40,)})
    found = text(message(status="Exercise"), longer, "Rushon").sms
    assert (parts(found), len(found)) == (1, 160)
    assert found.startswith("EXERCISE. Earthquake! Take cover.")

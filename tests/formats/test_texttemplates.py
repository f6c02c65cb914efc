"""Templates are checked when they are read: nothing fails for the first time in an earthquake."""

from pathlib import Path

import pytest

from seismonet.core.errors import ConfigError, FormatError
from seismonet.core.share import share
from seismonet.daemon.texts import load_texts
from seismonet.formats.texttemplates import SENTENCES, load_templates
from tests.support.messages import LANGUAGES

ENGLISH = (share("config") / "messages" / "en.toml").read_text("utf-8")


def edited(old: str, new: str) -> str:
    assert old in ENGLISH
    return ENGLISH.replace(old, new, 1)


def test_all_languages_have_all_sentences() -> None:
    for name, templates in load_texts(LANGUAGES).items():
        assert templates.language == name
        assert {*templates.sentences, *templates.alternatives} == set(SENTENCES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("language = ", "is no TOML"),
        (edited('unknown = "size not yet known"', ""), "size.unknown: this sentence is missing"),
        (edited('unknown = "size', 'guess = "a"\nunknown = "size'), "size.guess: there is no such sentence"),
        (edited("magnitude {value}", "magnitude {vlaue}"), "size.known: there is no {vlaue} here; it may hold {value}"),
        (edited("magnitude {value}", "magnitude {value.real}"), "a name alone in its braces"),
        (edited("magnitude {value}", "magnitude {value!r}"), "a name alone in its braces"),
        (edited("magnitude {value}", "magnitude {value:>9}"), "a name alone in its braces"),
        (edited("magnitude {value}", "magnitude {}"), "a name alone in its braces"),
        (edited("magnitude {value}", "magnitude {value"), "size.known: "),
        (edited("magnitude {value}", "magnitude {value}}"), "size.known: "),
        (edited("magnitude {value}", "magnitude\\n{value}"), "not for print"),
        (edited('unknown = "size not yet known"', "unknown = 3"), "size.unknown: should be a text"),
        (edited('cancel = ["The', 'cancel = "The').replace('as usual."]', 'as usual."'), "should be a list of texts"),
        (edited('["second", "seconds"]', '["a", "b", "c", "d"]'), "plural.seconds: should be one, two or three forms"),
        (edited('stations = ["station", "stations"]', ""), "plural: should hold"),
        (edited('alphabet = "gsm"', 'alphabet = "ascii"'), "alphabet: should be gsm"),
        (edited('cancel = ["The', 'cancel = ["Ӯ The'), "sms.cancel: has a character that is not of the GSM alphabet"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(FormatError) as caught:
        load_templates(text, "en.toml")
    assert why in str(caught.value)
    assert str(caught.value).startswith("en.toml: ")
    assert "\n" not in str(caught.value)


def test_an_installation_may_write_its_own(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text(edited("Take cover now!", "Duck!"), "utf-8")
    (tmp_path / "ky.toml").write_text(edited('language = "en"', 'language = "ky"'), "utf-8")
    found = load_texts(["ru", "en", "ky"], str(tmp_path))
    assert list(found) == ["ru", "en", "ky"]
    assert found["en"].sentences["act_short.people.strong"] == "Duck!"


@pytest.mark.parametrize(
    ("languages", "name", "text", "why"),
    [
        (["xx"], "en.toml", ENGLISH, "there are no texts in 'xx'; write xx.toml"),
        (["ru"], "ru.toml", ENGLISH, "is in 'en', but its name says 'ru'"),
        (["en"], "en.toml", "language = 1", "en.toml: "),
    ],
)
def test_what_is_wrong_with_them_is_told(tmp_path: Path, languages: list[str], name: str, text: str, why: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=why):
        load_texts(languages, str(tmp_path))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        load_texts(["en"], str(tmp_path / "absent"))

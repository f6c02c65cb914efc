"""What is written: the very bytes that are signed, of one status, naming what was said before."""

from dataclasses import replace
from pathlib import Path

import pytest

from seismonet.config import Config
from seismonet.core.alert import Alert
from seismonet.core.inventory import ChannelTable
from seismonet.core.target import Target
from seismonet.daemon.messages import Messages, alert_status, stationery
from seismonet.formats.alertjson import read
from seismonet.formats.capcheck import faults
from seismonet.formats.signature import authentic, key_id, new_key
from seismonet.net.receivers import Format, ReceiverParams
from tests.support.letters import alert, shaking

FORMS: tuple[Format, ...] = ("json", "cap", "text", "sms", "geojson", "quakeml")
KEY = new_key()
TARGETS = (Target("Khorugh", "city", 37.49, 71.55, names=(("ru", "Хорог"),)),)
PAPERS = replace(stationery(Config(), ChannelTable((), ()), TARGETS), key=KEY)


def receiver(form: Format, language: str = "en") -> ReceiverParams:
    return ReceiverParams("duty", "file", "duty.jsonl", format=form, language=language)


def felt(**changes: object) -> Alert:
    return alert(shaking=(shaking("Khorugh", 6.0),), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_signed_over_its_bytes_and_the_same_each_time(form: Format) -> None:
    payload, signature = Messages(PAPERS).write(felt(), receiver(form), "Khorugh", ())
    assert authentic(payload, signature, {key_id(KEY.public_key()): KEY.public_key()}).genuine
    assert Messages(PAPERS).write(felt(), receiver(form), "Khorugh", ()) == (payload, signature)


def test_later_messages_name_earlier_ones() -> None:
    writer = Messages(PAPERS, "Actual")
    first, _ = writer.write(felt(), receiver("json"), "", ())
    assert (read(first).type, read(first).status, read(first).references) == ("Alert", "Actual", ())
    update = felt(version=1, kind="update")
    second, _ = writer.write(update, receiver("json"), "", (writer.reference(felt()),))
    assert (read(second).type, read(second).references) == ("Update", (writer.reference(felt()),))
    both = writer.reference(felt()), writer.reference(update)
    third, _ = writer.write(felt(version=2, kind="cancel"), receiver("cap"), "", both)
    assert faults(third) == []
    assert all(one.encode() in third for one in both)
    assert read(first).identifier in writer.reference(felt())
    assert writer.reference(felt(version=2, kind="cancel")) != both[1]


def test_texts_are_for_a_place_in_a_language() -> None:
    payload, _ = Messages(PAPERS).write(felt(), receiver("text", "ru"), "Khorugh", ())
    assert "Хорог" in payload.decode()


@pytest.mark.parametrize(
    ("written", "status"),
    [
        (None, "Exercise"),
        ('{"status": "Actual"}', "Actual"),
        ('{"status": "Test"}', "Test"),
        ('{"status": "actual"}', "Exercise"),
        ('{"status": ["Actual"]}', "Exercise"),
        ('["Actual"]', "Exercise"),
        ('"Actual"', "Exercise"),
        ('{"status": "Actual"', "Exercise"),
    ],
)
def test_only_an_administrators_word_makes_it_earnest(tmp_path: Path, written: str | None, status: str) -> None:
    if written is not None:
        (tmp_path / "live.json").write_text(written)
    assert alert_status(tmp_path) == status

"""The canonical message: one sequence of bytes, nothing lost that section 7.2 of the contract names, strictly read."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings

from seismonet.core.errors import FormatError
from seismonet.formats.alertjson import LARGEST, Circumstances, document, read, reference, to_bytes
from seismonet.formats.alertmessage import HumanAction, Message
from tests.support.messages import ALERT, ORIGIN_NS, SECOND, SENDER, TARGETS, message, messages


def test_says_everything() -> None:
    found = json.loads(to_bytes(message()))
    assert found["identifier"] == "TJ.seismonet.ab12cd34ef56ab78.civil_defence.0"
    assert (found["created"], found["expires"]) == ("2026-09-21T14:13:26.000Z", "2026-09-21T14:16:20.000Z")
    assert found["origin"]["depth"] == {"median_km": 18.0, "uncertainty_km": 6.0, "shallow": 0.9, "deep": 0.02}
    assert found["origin"]["second_mode"]["probability"] == 0.3
    assert found["magnitude"] == {"value": 6.63, "type": "Mpd", "sigma": 0.3, "is_lower_bound": False}
    assert found["missing_stations"] == [
        {"code": "TJ.ISHK", "why": "down for 3 h", "effect": "the radius would be 7 km"}
    ]
    assert found["method"] == {"basis": "network", "version": "0.1", "parameters": "abc", "network_status": "status-1"}
    rushon = next(one for one in found["targets"] if one["name"] == "Rushon")
    assert (rushon["intensity"], rushon["names"]["ru"], rushon["lead_s"]) == (6.2, "Рушан", 12.0)
    assert rushon["probabilities"]["6"] == 0.6
    assert found["stations"][0]["name"] == "Lake Sarez"


@given(messages())
@settings(max_examples=150, deadline=None)
def test_any_alert_comes_back_as_it_was(sent: Message) -> None:
    payload = to_bytes(sent)
    assert read(payload) == sent
    assert to_bytes(read(payload)) == payload


def test_what_it_is_called_by_depends_on_what_was_told() -> None:
    first = message()
    later = message(replace(ALERT, kind="update", version=1), references=(reference(first),))
    gone = message(replace(ALERT, kind="cancel", version=2), references=(reference(first), reference(later)))
    assert (first.type, later.type, gone.type) == ("Alert", "Update", "Cancel")
    assert gone.references == (
        "alerts@seismo.example,TJ.seismonet.ab12cd34ef56ab78.civil_defence.0,2026-09-21T19:13:26+05:00",
        "alerts@seismo.example,TJ.seismonet.ab12cd34ef56ab78.civil_defence.1,2026-09-21T19:13:26+05:00",
    )
    assert first.chain == later.chain == gone.chain
    # an update to those who were never told anything is their first message
    assert message(replace(ALERT, kind="update", version=1), references=()).type == "Alert"


def test_nothing_is_cancelled_that_was_not_sent() -> None:
    with pytest.raises(ValueError, match="names no message"):
        message(replace(ALERT, kind="cancel"), references=())


@pytest.mark.parametrize("what", ["drill", "simulated"])
def test_what_is_invented_is_never_actual(what: str) -> None:
    with pytest.raises(ValueError, match="cannot be Actual"):
        message(**{what: True})
    assert getattr(message(status="Exercise", **{what: True}), what)


def test_a_person_is_named() -> None:
    human = HumanAction("confirm", "A. Duty", "2026-09-21T14:15:00.000Z", "seen on paper")
    assert read(to_bytes(message(human=human))).human == human


def test_without_a_source_there_is_no_depth_and_no_region() -> None:
    found = message(replace(ALERT, basis="motion", magnitude=None, event_version=-1))
    assert found.origin is not None
    assert (found.origin.depth, found.magnitude, found.regions) == (None, None, ())
    assert message(replace(ALERT, basis="motion", latitude=math.nan, event_version=-1)).origin is None


def test_what_a_station_tells_of_a_known_event_has_its_source() -> None:
    found = message(replace(ALERT, basis="onsite", event_id="in" * 8, source_event_id="ab" * 8))
    assert (found.located, found.source_event_id, found.event_version) == (True, "ab" * 8, 4)
    assert message().source_event_id == ALERT.event_id


def test_regions_reach_as_far_as_their_targets_and_shrink_with_intensity() -> None:
    regions = message().regions
    radii = {one.intensity: one.radius_km for one in regions}
    assert list(radii) == sorted(radii)
    assert list(radii.values()) == sorted(radii.values(), reverse=True)
    assert radii[5] >= 95
    assert radii[4] < 330


def test_a_region_is_that_of_the_formula_behind_the_targets() -> None:
    km = [20.0, 40.0, 80.0, 160.0, 320.0]
    one = ALERT.shaking[0]
    at = tuple(
        replace(one, target=str(each), epicentral_km=each, intensity=13 - 4.0 * math.log10(math.hypot(each, 18.0)))
        for each in km
    )
    radii = {one.intensity: one.radius_km for one in message(replace(ALERT, shaking=at)).regions}
    # 13 - 4 log R = 5 at R = 100 km
    assert radii[5] == pytest.approx(math.sqrt(100**2 - 18**2), abs=0.1)


def test_a_message_is_sent_no_earlier_than_it_was_decided() -> None:
    assert message(sent_ns=ORIGIN_NS).sent == "2026-09-21T14:13:26.000Z"
    assert message(sent_ns=ORIGIN_NS + 7 * SECOND).sent == "2026-09-21T14:13:27.000Z"


def test_an_id_that_cap_forbids_is_refused() -> None:
    with pytest.raises(ValueError, match="identifier"):
        document(replace(ALERT, event_id="a,b"), SENDER, Circumstances(), targets=TARGETS)


GOOD = to_bytes(message())


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "Invalid JSON"),
        (b"[]", "the whole"),
        (b"{}", "format: Field required"),
        (GOOD[:-1], "Invalid JSON"),
        (GOOD + b"\n", "not canonical"),
        (GOOD.replace(b'"drill":false', b'"drill":false,"drill":false'), "not canonical"),
        (GOOD.replace(b'"drill":false', b'"drill":0'), "drill"),
        (GOOD.replace(b'"drill":false', b'"drill":false,"loud":1'), "loud"),
        (GOOD.replace(b"seismonet-alert/1", b"seismonet-alert/2"), "format"),
        (GOOD.replace(b'"median_km":18.0', b'"median_km":1e999'), "median_km"),
        (GOOD.replace(b'"median_km":18.0', b'"median_km":NaN'), "median_km"),
        (GOOD.replace(b'"likelihood":0.95', b'"likelihood":1.95'), "likelihood"),
        (GOOD.replace(b'"sent":"2026-09-21', b'"sent":"2026-02-30'), "sent"),
        (GOOD.replace(b'"status":"Actual"', b'"status":"Real"'), "status"),
        (GOOD.replace(b'"latitude":38.35', b'"latitude":98.35'), "latitude"),
        (GOOD.replace(b'"latitude":38.35', b'"latitude":"38.35"'), "latitude"),
        (b" " * (LARGEST + 1), "bytes, more than"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"\xff\xfe", "Invalid JSON"),
    ],
)
def test_everything_else_is_refused_in_one_line(payload: bytes, why: str) -> None:
    with pytest.raises(FormatError, match=why) as caught:
        read(payload)
    assert "\n" not in str(caught.value)


def test_the_bytes_do_not_depend_on_the_order_of_classes() -> None:
    found = json.loads(GOOD)
    assert json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == GOOD
    assert list(found) == sorted(found)

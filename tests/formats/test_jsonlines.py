"""Lines of JSON: the keys of the contract, nothing lost, nothing that is not JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.alert import Alert
from seismonet.core.errors import FormatError
from seismonet.core.event import Event, Pick, Place, Polarization, Rejection
from seismonet.core.motion import Motion
from seismonet.core.sourceid import SourceId
from seismonet.core.status import ChannelStatus
from seismonet.core.utc import from_iso
from seismonet.formats import jsonlines
from seismonet.formats.warned import JsonObject
from tests.support import facts, messages
from tests.support.quakes import network, quake

SURE_KEYS = {
    "quality", "depth_class", "radius_50_km", "radius_90_km", "major_km", "minor_km", "azimuth_deg", "depth_low_km",
    "depth_high_km", "probability_shallow", "probability_deep",
}  # fmt: skip
PICK_KEYS = {"source_id", "nslc", "time", "phase", "uncertainty_s", "snr", "version", "first_issued", "issued"}
ALERT_KEYS = {
    "event_id", "version", "kind", "issued", "origin_time", "latitude", "longitude", "depth_km", "magnitude",
    "magnitude_type", "stations", "horizontal_uncertainty_km", "network_status",
}  # fmt: skip
TIMES = st.integers(0, 2**62)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=20)
NAMES = st.builds(
    SourceId,
    st.sampled_from(["", "TJ"]),
    st.sampled_from(["SAREZ", "MURGH"]),
    st.sampled_from(["", "00"]),
    st.sampled_from(["HHZ", "HNE", "H_HX_Z"]),
)
ALERTS = st.builds(
    Alert, TEXTS, st.integers(0, 9), st.sampled_from(["new", "update", "cancel"]), TIMES, TIMES, NUMBERS, NUMBERS,
    NUMBERS, st.none() | NUMBERS, st.none() | TEXTS, st.lists(TEXTS, max_size=3).map(tuple), NUMBERS, TEXTS, TEXTS,
)  # fmt: skip
REASONS = st.lists(TEXTS, max_size=2).map(tuple)
CHANNELS = st.builds(
    ChannelStatus, NAMES, TIMES, st.booleans(), st.none() | NUMBERS, st.integers(0, 9), st.integers(0, 9),
    st.booleans(), st.booleans(), st.booleans(), REASONS,
)  # fmt: skip


def refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


@given(alerts=st.lists(ALERTS, max_size=3))
def test_alerts_come_back(alerts: list[Alert]) -> None:
    assert jsonlines.read_alerts(jsonlines.lines(map(jsonlines.alert_object, alerts))) == alerts


@given(alert=messages.alerts())
def test_any_alert_comes_back_but_for_numbers_that_are_none(alert: Alert) -> None:
    line = jsonlines.lines([jsonlines.alert_object(alert)])
    (found,) = jsonlines.read_alerts(line)
    assert jsonlines.lines([jsonlines.alert_object(found)]) == line
    assert (found.audience, found.basis, found.state, found.missing) == (
        alert.audience, alert.basis, alert.state, alert.missing,
    )  # fmt: skip


def test_an_alert_that_says_everything_comes_back_whole() -> None:
    full = replace(messages.ALERT, second_mode=Place(37.1, 70.2, 180.0, 0.3), source_event_id="e")
    assert full.shaking
    assert full.missing
    assert jsonlines.read_alerts(jsonlines.lines([jsonlines.alert_object(full)])) == [full]


def test_lines_of_older_versions_are_for_the_operator() -> None:
    alert = quake(network(3)).alerts[0]
    told = jsonlines.alert_object(alert)
    old = {name: told[name] for name in (*ALERT_KEYS, "station_codes", "reason")}
    assert jsonlines.read_alerts(jsonlines.lines([old])) == [alert]
    assert (alert.audience, alert.basis, alert.event_version) == ("operator", "network", -1)


def test_a_decision_says_what_each_rule_said() -> None:
    no, yes = quake(network(3)).decisions
    said = [through_json(jsonlines.decision_object(one)) for one in (no, yes)]
    assert [(one["kind"], one["version"], one["rules"]) for one in said] == [
        (None, None, ["magnitude: no"]),
        ("new", 0, ["stations 3 of 3: yes"]),
    ]
    assert said[1]["network_status"] == yes.network_status


@given(channel=CHANNELS)
def test_statuses_of_channels_come_back(channel: ChannelStatus) -> None:
    line = jsonlines.lines([jsonlines.channel_status_object(channel)])
    assert jsonlines.channel_status(json.loads(line)) == channel


def test_the_keys_of_the_contract() -> None:
    made = quake(network(3))
    pick = jsonlines.pick_object(next(iter(made.picks.values())))
    assert set(pick) >= PICK_KEYS
    assert (pick["source_id"], pick["nslc"]) == ("FDSN:TJ_MANEM_00_H_H_Z", "TJ.MANEM.00.HHZ")
    alert = jsonlines.alert_object(made.alerts[0])
    assert set(alert) >= ALERT_KEYS
    assert alert["stations"] == 3
    assert alert["station_codes"] == ["TJ.MANEM", "TJ.MURGH", "TJ.SAREZ"]
    assert alert["network_status"] == jsonlines.status_object(made.statuses[0])["id"]


def through_json(one: jsonlines.JsonObject) -> Any:
    """An object as a reader gets it."""
    return json.loads(jsonlines.lines([one]), parse_constant=refuse)


@given(pick=facts.PICKS)
def test_a_pick_loses_nothing(pick: Pick) -> None:
    told = through_json(jsonlines.pick_object(pick))
    numbers = (told[name] for name in ("backazimuth_deg", "backazimuth_uncertainty_deg", "incidence_deg"))
    motion = Polarization(*numbers, told["rectilinearity"]) if told["rectilinearity"] is not None else None
    assert pick == Pick(
        told["id"], SourceId.parse(told["nslc"]), from_iso(told["time"]), told["phase"], told["uncertainty_s"],
        told["snr"], told["version"], from_iso(told["first_issued"]), from_iso(told["issued"]), told["detector"],
        told["polarity"] or "", motion, told["trust"], told["p_pick_id"] or "", told["hint"] or "",
    )  # fmt: skip


@given(rejection=facts.REJECTIONS)
def test_a_refusal_loses_nothing(rejection: Rejection) -> None:
    told = through_json(jsonlines.rejection_object(rejection))
    times = from_iso(told["time"]), from_iso(told["issued"])
    assert told["source_id"] == rejection.source_id.fdsn
    assert rejection == Rejection(told["id"], SourceId.parse(told["nslc"]), *times, told["reason"], told["detail"])


@given(motion=facts.MOTIONS)
def test_a_motion_loses_nothing(motion: Motion) -> None:
    told = through_json(jsonlines.motion_object(motion))
    times: JsonObject = {f"{name}_ns": from_iso(told.pop(name)) for name in ("start", "until", "issued")}
    channels = tuple(SourceId.parse(one) for one in told.pop("channels"))
    code, pick_id = told.pop("station"), told.pop("pick_id") or ""
    assert motion == Motion(station_code=code, source_ids=channels, pick_id=pick_id, **times, **told)


@given(event=facts.EVENTS)
def test_an_event_says_how_sure_it_is(event: Event) -> None:
    told = through_json(jsonlines.event_object(event))
    assert (told["state"], told["reason"] or "") == (event.state, event.reason)
    sure, size = event.origin.confidence, event.magnitude
    assert {name: told[name] for name in SURE_KEYS} == {name: getattr(sure, name, None) for name in SURE_KEYS}
    places = tuple(Place(**one) for one in told["places"])
    assert (places, tuple(told["deaf"])) == ((sure.modes, sure.deaf) if sure else ((), ()))
    assert tuple(told["magnitude_probabilities"]) == (size.probabilities if size else ())
    assert told["magnitude_at_least"] == (size.at_least if size else None)
    assert (told["magnitude_check"] or "") == (size.check if size else "")
    parts = [(one["nslc"], one["type"], one["value"], one["used"]) for one in told["station_magnitudes"]]
    assert parts == [
        (one.source_id.nslc, one.type, one.value, one.used) for one in (size.station_magnitudes if size else ())
    ]


@given(time_ns=TIMES)
def test_times_end_in_z_and_lose_nothing(time_ns: int) -> None:
    text = jsonlines.iso(time_ns)
    assert text.endswith("Z")
    assert from_iso(text) == time_ns


@given(value=st.floats())
def test_every_line_is_json(value: float) -> None:
    made = quake(network(3))
    pick = Pick("x", SourceId("TJ", "SAREZ", "00", "HHZ"), 0, "P", value, value, 0, 0, 0, "D1")
    event = made.versions[0]
    text = jsonlines.lines([jsonlines.pick_object(pick), jsonlines.event_object(event)])
    for line in text.splitlines():
        json.loads(line, parse_constant=refuse)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("{", "line 2"),
        ("{}", "'magnitude' is missing"),
        ("[]", "line 2"),
        ("null", "line 2"),
        ('{"magnitude": 1}', "missing"),
    ],
)
def test_a_line_that_is_none_is_named(broken: str, reason: str) -> None:
    good = jsonlines.lines(map(jsonlines.alert_object, quake(network(3)).alerts)).splitlines()[0]
    with pytest.raises(FormatError, match=reason) as refused:
        jsonlines.read_alerts(f"{good}\n{broken}\n")
    assert "\n" not in str(refused.value)


def test_empty_lines_are_nothing() -> None:
    assert jsonlines.read_alerts("\n\n") == []

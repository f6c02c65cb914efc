"""Who is told of an alert, and until when: one pure function for every receiver.

The rules this file owns. Messages of a status reach those only who take that status. A first message and an update
reach whom their rule is met for; who was told once, or may have been, is told every change, whatever its rule says, and
above all that it was a mistake. What nobody can act on any more is not sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seismonet.core.alert import Alert, Shaking
from seismonet.core.errors import ConfigError
from seismonet.core.geo import distance_km
from seismonet.core.target import Target
from seismonet.core.utc import from_seconds, to_seconds
from seismonet.net.receivers import ReceiverParams

WARNING_S, AFTER_S = 60.0, 10.0
"""A warning is sent until so long after the origin, or after S came to a receiver's own place, if that is sooner."""
UPDATE_S = 300.0
DAY_S = 86_400.0
"""Reports and cancellations."""
NEAR_KM = 30.0
"""The shaking of a target stands for that of a place no farther away."""
_MINUTES = 60
_DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Send:
    """Tell this receiver, in this form, and not later. ``place`` is the target that counts for it."""

    format: str
    not_after_ns: int
    place: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """Do not tell this receiver, and why."""

    why: str


def place_of(receiver: ReceiverParams, targets: Sequence[Target]) -> str:
    """The target that counts for a receiver; empty when it is the one that is shaken most.

    ConfigError when there is none such, or none near enough.
    """
    if receiver.place:
        if all(one.name != receiver.place for one in targets):
            raise ConfigError(f"receiver {receiver.name}: there is no target {receiver.place!r}; see [network] targets")
        return receiver.place
    if not receiver.coordinates:
        return ""
    latitude, longitude = receiver.coordinates
    found = [(distance_km(latitude, longitude, one.latitude, one.longitude), one.name) for one in targets]
    nearest_km, name = min(found, default=(float("inf"), ""))
    if nearest_km > NEAR_KM:
        raise ConfigError(
            f"receiver {receiver.name}: no target within {NEAR_KM:g} km of its coordinates; add one to the targets"
        )
    return name


def route(
    alert: Alert, receiver: ReceiverParams, status: str, now_ns: int, *, place: str = "", told: bool = False
) -> Send | Leave:
    """Is this receiver told of an alert?

    Parameters
    ----------
    status : Actual, Exercise or Test
    place : the target that counts for it (``place_of``)
    told : it was told of this event before, or may have been

    Examples
    --------
    >>> alert = Alert("e", 0, "new", 5_000_000_000, 0, 38.0, 72.0, 10.0, 5.0, "M", ("A.A", "A.B", "A.C"), 5.0, "s")
    >>> route(alert, ReceiverParams("duty", "file", "duty.jsonl"), "Actual", 6_000_000_000).not_after_ns / 1e9
    60.0
    >>> route(alert, ReceiverParams("horn", "command", audience="siren", command=("horn",)), "Actual", 6_000_000_000)
    Leave(why='for operator, not for siren')
    """
    there = _shaking(alert, place)
    why = _not_meant(alert, receiver, status)
    if not why and not told:
        why = _called_off(alert) or _below(there, receiver, place) or _quiet(there, receiver, now_ns)
        why = why or _too_short(there, receiver, now_ns)
    if why:
        return Leave(why)
    # who looks after a region is not late because its nearest place has been shaken already
    until_ns = not_after_ns(alert, receiver, there if place else None)
    if until_ns <= now_ns:
        return Leave(f"too late by {to_seconds(now_ns - until_ns):.1f} s: nobody could act on it any more")
    return Send(receiver.format, until_ns, place)


def not_after_ns(alert: Alert, receiver: ReceiverParams, there: Shaking | None) -> int:
    """Until when an alert is sent to a receiver; ``there`` is the shaking at its own place, if it has one."""
    if alert.kind == "cancel" or receiver.report:
        until_ns = alert.issued_ns + from_seconds(DAY_S)
    elif alert.kind == "update":
        until_ns = alert.issued_ns + from_seconds(UPDATE_S)
    else:
        until_ns = alert.origin_time_ns + from_seconds(WARNING_S)
        if there is not None:
            until_ns = min(until_ns, there.s_arrival_ns + from_seconds(AFTER_S))
    if alert.expires_ns and alert.kind != "cancel" and not receiver.report:
        until_ns = min(until_ns, alert.expires_ns)
    if receiver.deadline_s and alert.kind != "cancel":
        until_ns = min(until_ns, alert.issued_ns + from_seconds(receiver.deadline_s))
    return until_ns


def _shaking(alert: Alert, place: str) -> Shaking | None:
    """At the place, or where it is strongest; None where nothing was forecast."""
    found = [one for one in alert.shaking if not place or one.target == place]
    return max(found, key=lambda one: one.intensity, default=None)


def _not_meant(alert: Alert, receiver: ReceiverParams, status: str) -> str:
    if alert.audience != receiver.audience:
        return f"for {alert.audience}, not for {receiver.audience}"
    if not receiver.takes_status(status):
        return f"takes no message of status {status}"
    return "takes no updates" if alert.kind == "update" and not receiver.updates else ""


def _called_off(alert: Alert) -> str:
    return "was not told of it, so there is nothing to call off" if alert.kind == "cancel" else ""


def _below(there: Shaking | None, receiver: ReceiverParams, place: str) -> str:
    """Why the rule on intensity is not met."""
    if not receiver.least_intensity:
        return ""
    if there is None:
        return f"no shaking was forecast at {place or 'any target'}"
    share = there.probability(receiver.least_intensity)
    if share >= receiver.least_probability:
        return ""
    return (
        f"intensity {receiver.least_intensity} at {there.target}: probability {share:.2f} of"
        f" {receiver.least_probability:g}"
    )


def _too_short(there: Shaking | None, receiver: ReceiverParams, now_ns: int) -> str:
    """Why there is not time enough left."""
    if there is None or not receiver.least_lead_s:
        return ""
    left_s = to_seconds(there.s_early_ns - now_ns)
    if left_s >= receiver.least_lead_s:
        return ""
    return f"lead time at {there.target}: {left_s:.1f} s of {receiver.least_lead_s:g} s"


def _quiet(there: Shaking | None, receiver: ReceiverParams, now_ns: int) -> str:
    """Why a receiver is left asleep."""
    if not receiver.quiet_hours or not _within(receiver.quiet_hours, now_ns, receiver.quiet_offset_h):
        return ""
    if there is not None and there.probability(receiver.quiet_intensity) >= receiver.least_probability:
        return ""
    return f"quiet hours {receiver.quiet_hours}, and no intensity of {receiver.quiet_intensity} is to be expected"


def _within(hours: str, now_ns: int, offset_h: float) -> bool:
    """Is it between two times of the day? They may lie on both sides of midnight.

    >>> [_within("22:00-06:00", hour * 3_600_000_000_000, 5.0) for hour in (0, 1, 16, 17)]
    [True, False, False, True]
    """
    begin, end = (int(one[:2]) * _MINUTES + int(one[3:]) for one in hours.split("-"))
    minute = int(to_seconds(now_ns) // 60 + offset_h * _MINUTES) % _DAY_MINUTES
    return begin <= minute < end if begin <= end else minute >= begin or minute < end

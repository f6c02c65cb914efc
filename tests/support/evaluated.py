"""Made-up runs and truths for tests of the evaluation: what was found differs from what happened by known amounts."""

from collections.abc import Sequence
from dataclasses import replace

from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.utc import SECOND_NS
from seismonet.reports.evaluation import Run, StatusPoint, TruePick, Truth
from tests.support.quakes import START_NS, Quake, network, quake

TABLE = network(6)
SPACING_NS = 600 * SECOND_NS
CODES = tuple(sorted({one.station_code for one in TABLE.stations}))


def origin_ns(number: int) -> int:
    """When the earthquake of a number happened."""
    return START_NS + number * SPACING_NS


def quakes(count: int) -> list[Quake]:
    """Earthquakes ten minutes apart."""
    return [quake(TABLE, origin_ns(number)) for number in range(count)]


def run_of(found: Sequence[Quake], simulated: str = "") -> Run:
    """A run that found these; all stations able for a minute before the first to ten minutes after the last."""
    begin_ns = origin_ns(0) - 60 * SECOND_NS
    end_ns = origin_ns(len(found)) if found else origin_ns(1)
    statuses = StatusPoint(begin_ns, CODES, len(CODES)), StatusPoint(end_ns, (), len(CODES))
    return Run(
        "made-up",
        TABLE,
        {one.versions[0].id: one.versions for one in found},
        {one.versions[0].id: one.alerts for one in found},
        tuple(pick for one in found for pick in one.picks.values()),
        statuses,
        simulated=simulated,
    )


def truth_of(one: Quake, number: int, *, north_km: float = 0.0, late_s: float = 0.0, deeper_km: float = 0.0) -> Truth:
    """The earthquake that a made-up one is, were its last version off by this."""
    last = one.versions[-1]
    assert last.magnitude is not None
    return Truth(
        f"earthquake {number}",
        last.origin.time_ns + round(late_s * SECOND_NS),
        last.origin.latitude + north_km / KM_PER_DEGREE,
        last.origin.longitude,
        last.origin.depth_km + deeper_km,
        last.magnitude.value,
        "Mw",
    )


def with_picks(truth: Truth, one: Quake, early_s: float = 0.0) -> Truth:
    """The same with an analyst's picks, earlier than ours by so much."""
    picks = tuple(
        TruePick(pick.source_id.station_code, pick.phase, pick.time_ns - round(early_s * SECOND_NS))
        for pick in one.picks.values()
    )
    return replace(truth, picks=picks)

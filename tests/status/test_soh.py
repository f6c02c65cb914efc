"""Slow channels in units, against thresholds of all stations and of one, and where they lead."""

import numpy as np
import pytest

from seismonet.core.arrays import FloatArray
from seismonet.core.inventory import Station
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.status.healthparams import HealthParams, StationHealth
from seismonet.status.measures import Series, StationMeasures
from seismonet.status.slow import slow_symptoms
from seismonet.status.soh import MEANINGS, Limits, excess, limits, theil_sen, trend

HOURS = np.arange(240)
TIME_NS = HOURS * 3600 * SECOND_NS
PLACE = Station("TJ", "MURG", 0, 2**62, 38.17, 73.96, 3600.0)


def series(code: str, counts: FloatArray) -> Series:
    return Series(SourceId("TJ", "MURG", "D0", code), TIME_NS, np.asarray(counts, dtype=np.float64))


def symptoms(*some: Series, params: HealthParams | None = None) -> list[tuple[str, str]]:
    measures = StationMeasures("TJ.MURG", 0, int(TIME_NS[-1]), (), some)
    return [(one.name, one.trend) for one in slow_symptoms(measures, PLACE, params or HealthParams())]


def test_a_station_whose_slow_channels_are_as_usual_shows_nothing() -> None:
    sun = np.sin(2 * np.pi * HOURS / 24)
    usual = {"LCQ": 100 + 0 * sun, "GST": 2 + 0 * sun, "GNS": 9 + 0 * sun, "GAN": 1 + 0 * sun}
    usual |= {"VDT": 100 * (-5 + 8 * sun), "VEI": 1000 * (12.9 + 0.4 * sun), "VM1": 300 + 50 * sun}
    usual |= {"GLA": 38.17e6 + 0 * sun, "GLO": 73.96e6 + 0 * sun}
    assert symptoms(*(series(code, counts) for code, counts in usual.items())) == []


@pytest.mark.parametrize(
    ("code", "counts", "name"),
    [
        ("LCQ", 65, "clock_unlocked"),
        ("LCE", -1500, "clock_error"),
        ("GST", 1, "gnss_lost"),
        ("VDT", -2800, "temperature"),
        ("VEI", 11_000, "supply_low"),
        ("VM2", -3_900, "mass_off"),
        ("VM2", -3_900_000, "mass_off"),
    ],
)
def test_values_beyond_their_threshold_are_told_and_single_ones_are_not(code: str, counts: float, name: str) -> None:
    good = {"LCQ": 100, "GST": 2, "VEI": 12_800}.get(code, 0)
    if abs(counts) > 1e6:
        good = 200_000
    bad = np.where(HOURS >= 200, counts, good)
    assert [one for one, _ in symptoms(series(code, bad))] == [name]
    one = np.where(HOURS == 239, counts, good)
    assert symptoms(series(code, one)) == []


def test_a_station_may_have_thresholds_of_its_own() -> None:
    volts = series("VEI", np.full(240, 12_500.0))
    own = HealthParams(stations={"TJ.MURG": StationHealth(channels={"VEI": Limits(warn_below=24.0, alarm_below=22.0)})})
    assert symptoms(volts) == []
    assert [name for name, _ in symptoms(volts, params=own)] == ["supply_low"]
    assert limits("VEI", {"VEI": Limits(scale=0.1)}, {"VEI": Limits(warn_below=1.0)}) == Limits(
        0.1, 1.0, 11.3, 15.5, 17.0, 600.0
    )


def test_a_drifting_mass_is_led_to_the_day_it_must_be_recentred() -> None:
    sun = np.sin(2 * np.pi * HOURS / 24)
    drift = 1000 * (1.9 - 0.1 * (HOURS[-1] - HOURS) / 24) + 40 * sun
    ((name, leads),) = symptoms(series("VM1", drift))
    assert (name, leads) == ("mass_drifting", "recentre within 16 days")


def test_the_course_of_a_day_is_no_trend() -> None:
    day = HOURS[:40]
    course = 0.5 + 0.3 * np.sin(2 * np.pi * day / 24)
    assert trend("VM1", TIME_NS[:40], course, MEANINGS["VM1"].limits) is None


def test_outliers_do_not_change_a_slope() -> None:
    x = np.arange(60.0)
    y = 0.5 * x
    y[::7] = 1e6
    slope, low, high = theil_sen(x, y)
    assert low <= 0.5 <= high
    assert slope == pytest.approx(0.5, abs=0.05)


def test_an_excess_that_is_long_over_is_not_told() -> None:
    volts = np.where((HOURS >= 20) & (HOURS < 30), 11.0, 12.8)
    assert excess("VEI", TIME_NS, volts, MEANINGS["VEI"].limits) is None


def test_a_receiver_that_moved_and_an_antenna_that_changed_are_told() -> None:
    still, moved = np.full(240, 38.17e6), np.full(240, 73.97e6)
    assert [name for name, _ in symptoms(series("GLA", still), series("GLO", moved))] == ["moved"]
    assert [name for name, _ in symptoms(series("GAN", np.where(HOURS > 230, 3.0, 1.0)))] == ["gnss_lost"]

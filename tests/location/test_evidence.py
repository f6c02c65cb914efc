"""What a source's evidence is made of: which amplitudes say how far it is, and which directions where."""

from dataclasses import replace

import numpy as np
import pytest

from seismonet.core.event import Polarization
from seismonet.location.evidence import Known, evidence_of
from seismonet.location.posterior import Evidence
from tests.support.picks import amplitude, pick
from tests.support.receipts import T0_NS, table

STATIONS = {one.station_code: one for one in table({"XX.A": (38.0, 72.0), "XX.B": (38.5, 72.6)}).stations}
PICKS = (pick("XX.A", 10.0), pick("XX.B", 14.0))
PD_M = 1e-5


def of(*amplitudes: object, picks: object = PICKS) -> Evidence:
    """The evidence with some amplitudes of the picks."""
    by_pick: dict[str, dict[str, object]] = {}
    for number, one in enumerate(amplitudes):
        by_pick.setdefault(one.pick_id, {})[str(number)] = one  # type: ignore[attr-defined]
    return evidence_of(picks, T0_NS, Known(STATIONS, by_pick, {}))  # type: ignore[arg-type]


def test_both_stations_are_sized_by_the_longest_window_that_both_have() -> None:
    a, b = PICKS
    found = of(amplitude(a, 1.0, PD_M), amplitude(a, 4.0, 3 * PD_M), amplitude(b, 1.0, 2 * PD_M))
    assert [one.station.station_code for one in found.sizes] == ["XX.A", "XX.B"]
    assert np.allclose([one.log10_pd_m for one in found.sizes], np.log10([PD_M, 2 * PD_M]))


@pytest.mark.parametrize(
    "wrong", [{"clipped": True}, {"noise_pd_m": 0.5 * PD_M}, {"wood_anderson_m": 1e-4}, {"pd_m": 0.0}]
)
def test_what_is_clipped_in_the_noise_or_of_a_horizontal_says_nothing_of_distance(wrong: dict[str, float]) -> None:
    a, b = PICKS
    assert len(of(amplitude(a, 1.0, PD_M), amplitude(b, 1.0, PD_M)).sizes) == 2
    # of one station alone there is nothing to compare
    assert of(amplitude(a, 1.0, PD_M), replace(amplitude(b, 1.0, PD_M), **wrong)).sizes == ()  # type: ignore[arg-type]


def test_a_window_that_holds_s_is_none_of_p() -> None:
    a, b = PICKS
    s = replace(pick("XX.A", 13.0), phase="S", p_pick_id=a.id)
    long = [amplitude(one, 4.0, PD_M) for one in (a, b)]
    assert len(of(*long).sizes) == 2
    assert of(*long, picks=(*PICKS, s)).sizes == ()


def test_only_motion_along_a_line_has_a_direction() -> None:
    straight, round_about = (Polarization(80.0, 20.0, 30.0, linear) for linear in (0.9, 0.4))
    found = of(picks=(replace(PICKS[0], polarization=straight), replace(PICKS[1], polarization=round_about)))
    assert [(one.station.station_code, one.backazimuth_deg, one.sigma_deg) for one in found.directions] == [
        ("XX.A", 80.0, 20.0)
    ]

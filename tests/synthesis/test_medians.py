"""Simulated shaking against what earthquakes did: medians within a factor of two of the published relations.

A dozen realisations and some places here; ``python -m benchmarks.simulation`` takes a hundred at many more, and draws
them. Where it misses the factor of two, and what is not compared, stands in docs/simulation.md.
"""

import pytest
from benchmarks.simulation import BANDS, Place, medians

from seismonet.models.groundmotion import bssa14, cua_envelope
from seismonet.models.magnitude import pd_of

REALISATIONS = 12
CRUST = [(3.5, 10.0), (3.5, 60.0), (5.0, 20.0), (5.0, 150.0), (6.0, 40.0), (6.5, 100.0), (7.0, 10.0), (7.2, 200.0)]
SLAB = [(5.0, 80.0, 20.0), (6.0, 120.0, 100.0), (7.0, 80.0, 20.0), (7.5, 210.0, 100.0)]


@pytest.mark.parametrize(("magnitude", "km"), CRUST)
def test_crust(magnitude: float, km: float) -> None:
    place = Place.crust(magnitude, km)
    got = medians(place, REALISATIONS)
    for measure in ("PGA", "PGV", "Pd"):
        band = BANDS[measure](place)
        if band is not None:
            assert band[0] / 2 <= got[measure] <= band[1] * 2, measure


@pytest.mark.parametrize(("magnitude", "depth_km", "km"), SLAB)
def test_slab(magnitude: float, depth_km: float, km: float) -> None:
    place = Place(magnitude, km, depth_km)
    low, high = BANDS["PGA"](place)
    assert low / 2 <= medians(place, REALISATIONS)["PGA"] <= high * 2


def test_the_bands_are_those_of_the_relations() -> None:
    place = Place.crust(6.0, 40.0)
    assert BANDS["PGA"](place) == pytest.approx(
        sorted(map(float, (bssa14(6.0, 40.0, "PGA"), cua_envelope(6.0, 40.0, "S", "HA"))))
    )
    assert BANDS["PGV"](Place(7.0, 50.0, 120.0)) is None
    low, high = BANDS["Pd"](place)
    assert low <= pd_of(6.0, place.hypocentral_km) <= high
    # P displacement: no four seconds of P so near, and below a micrometre there is nothing to measure
    assert BANDS["Pd"](Place.crust(6.0, 5.0)) is None
    assert BANDS["Pd"](Place.crust(3.0, 200.0)) is None

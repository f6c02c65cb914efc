"""The relations against values of the published implementations (OpenQuake, scvsmag)."""

import numpy as np
import pytest

from seismonet.models.groundmotion import GRAVITY_M_S2, bchydro_slab, bssa14, bssa14_sigma, cua_envelope


def test_envelopes_of_cua_and_heaton() -> None:
    assert np.log10(cua_envelope(7.0, 50.0, "S", "HA") * 100) == pytest.approx(1.9096, abs=1e-4)
    assert np.log10(cua_envelope(5.0, 30.0, "P", "ZD") * 100) == pytest.approx(-2.0155, abs=1e-4)
    with pytest.raises(ValueError, match="no envelope of channel 'XA', only of HA"):
        cua_envelope(5.0, 30.0, "P", "XA")


@pytest.mark.parametrize(
    ("magnitude", "km", "pga_g", "pgv_cm_s"), [(6.0, 20.0, 0.0954, 5.256), (7.2, 60.0, 0.0585, 5.01)]
)
def test_crust(magnitude: float, km: float, pga_g: float, pgv_cm_s: float) -> None:
    assert bssa14(magnitude, km, "PGA") / GRAVITY_M_S2 == pytest.approx(pga_g, rel=2e-3)
    assert bssa14(magnitude, km, "PGV") * 100 == pytest.approx(pgv_cm_s, rel=2e-3)


def test_soft_ground_shakes_more_and_less_so_when_strongly_shaken() -> None:
    weak, strong = (bssa14(m, 20.0, "PGA", 250.0) / bssa14(m, 20.0, "PGA") for m in (4.0, 7.5))
    assert 1.5 < weak < 2.2
    assert 0.8 < strong < 0.8 * weak
    # above 760 m/s it is linear: (1500/760)**-0.6, and no further beyond 1500 m/s
    assert bssa14(5.0, 50.0, "PGA", 1500.0) / bssa14(5.0, 50.0, "PGA") == pytest.approx((1500 / 760) ** -0.6)
    assert bssa14(5.0, 50.0, "PGA", 2500.0) == bssa14(5.0, 50.0, "PGA", 1500.0)


def test_spread_shrinks_with_magnitude() -> None:
    assert bssa14_sigma(4.0, "PGA") == pytest.approx(np.hypot(0.695, 0.398) * np.log10(np.e))
    assert bssa14_sigma(7.0, "PGV") == pytest.approx(np.hypot(0.552, 0.346) * np.log10(np.e))


@pytest.mark.parametrize(
    ("magnitude", "km", "depth_km", "fore_g", "back_g"),
    [(7.5, 230.0, 210.0, 0.1023, 0.0258), (6.0, 130.0, 120.0, 0.0348, 0.0196)],
)
def test_slab(magnitude: float, km: float, depth_km: float, fore_g: float, back_g: float) -> None:
    for backarc, wanted in ((False, fore_g), (True, back_g)):
        got = bchydro_slab(magnitude, km, depth_km, backarc=backarc) / GRAVITY_M_S2
        assert got == pytest.approx(wanted, rel=4e-3)
    assert bchydro_slab(magnitude, km, depth_km, vs30_m_s=1000.0) < bchydro_slab(magnitude, km, depth_km)


def test_arguments_broadcast() -> None:
    assert bssa14(np.array([[5.0], [6.0]]), np.array([10.0, 20.0, 40.0]), "PGV").shape == (2, 3)
    assert bchydro_slab(np.array([[5.0], [6.0]]), np.array([100.0, 200.0]), 100.0).shape == (2, 2)
    assert cua_envelope(np.array([[5.0], [6.0]]), np.array([10.0, 20.0]), "S", "HV").shape == (2, 2)


def test_every_site_has_its_own_ground() -> None:
    speeds = np.array([250.0, 760.0, 865.1, 900.0, 1500.0, 2500.0])
    crust = [float(bssa14(6.5, 30.0, "PGA", vs30)) for vs30 in speeds]
    assert bssa14(6.5, 30.0, "PGA", speeds) == pytest.approx(crust)
    slab = [float(bchydro_slab(6.5, 130.0, 100.0, vs30_m_s=vs30)) for vs30 in speeds]
    assert bchydro_slab(6.5, 130.0, 100.0, vs30_m_s=speeds) == pytest.approx(slab)
    # neither changes beyond its last speed, and the two branches of the slab's site meet
    assert (crust[-2], slab[-2]) == (crust[-1], slab[-1])
    assert bchydro_slab(6.5, 130.0, 100.0, vs30_m_s=865.0) == pytest.approx(slab[2], rel=1e-3)

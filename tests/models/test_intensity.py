"""Intensity relations against values of the published implementations, and against figures worked out by hand."""

import numpy as np
import pytest

from seismonet.models.intensity import (
    allen12,
    allen12_rupture,
    allen12_rupture_sigma,
    allen12_sigma,
    bindi11,
    bindi11_depth,
    kin_sd,
    msk64,
    worden12,
    worden12_peak,
)


@pytest.mark.parametrize(("magnitude", "km", "wanted"), [(7.2, 104.0, 5.9), (5.5, 30.0, 5.5)])
def test_bindi_of_fixed_depth(magnitude: float, km: float, wanted: float) -> None:
    assert bindi11(magnitude, km) == pytest.approx(wanted, abs=0.05)


def test_bindi_above_the_source_is_the_first_two_terms() -> None:
    assert bindi11(6.0, 0.0) == pytest.approx(1.049 * 6 + 0.686)
    assert bindi11_depth(6.0, 0.0, 25.0) == pytest.approx(0.898 * 6 + 1.215)
    # three, four, five: 40 km away, 30 km deep
    assert bindi11_depth(6.0, 40.0, 30.0) == pytest.approx(0.898 * 6 + 1.215 - 1.809 * np.log10(5 / 3) - 3.447e-3 * 20)


def test_bindi_with_depth_is_useless_in_the_slab() -> None:
    """Why it is never asked there: Khorugh under the Hindu Kush earthquake of 2015 would have been destroyed."""
    assert bindi11_depth(7.5, 138.0, 210.0) > 7.5


def test_allen() -> None:
    saturation = -0.209 + 2.042 * np.exp(1.0)
    assert allen12(6.0, 30.0) == pytest.approx(2.085 + 1.428 * 6 - 1.402 * np.log(np.hypot(30.0, saturation)))
    far = 0.078 * np.log(2.0)
    assert allen12(6.0, 100.0) == pytest.approx(2.085 + 8.568 - 1.402 * np.log(np.hypot(100.0, saturation)) + far)
    near = 1 + 0.813 * np.exp(1.0)
    assert allen12_rupture(6.0, 30.0) == pytest.approx(3.95 + 0.913 * 6 - 1.107 * np.log(np.hypot(30.0, near)))
    assert (allen12_sigma(0.0), allen12_sigma(22.9)) == pytest.approx((1.19, 1.005))
    assert (allen12_rupture_sigma(0.0), allen12_rupture_sigma(44.7)) == pytest.approx((0.95, 0.835))
    # the figure of the fact sheet: Hindu Kush 2015, hypocentre 251 km from Khorugh
    assert allen12(7.5, 251.0) == pytest.approx(5.2, abs=0.05)


def test_motion_to_intensity() -> None:
    assert worden12(1.0, "PGA") == pytest.approx(5.80)
    assert worden12(0.1, "PGV") == pytest.approx(6.05)
    # one value on each line: 1, 10 and 1000 cm/s**2, 0.01, 1 and 100 cm/s
    assert worden12([0.01, 0.1, 10.0], "PGA") == pytest.approx([1.71, 1.78 + 1.55, -1.60 + 3.70 * 3])
    assert worden12([1e-4, 0.01, 1.0], "PGV") == pytest.approx([1.0, 3.78, 2.89 + 3.16 * 2])
    assert worden12([0.0, 1e3], "PGA").tolist() == [1.0, 10.0]


@pytest.mark.parametrize("measure", ["PGA", "PGV"])
def test_motion_of_an_intensity_and_back(measure: str) -> None:
    wanted = np.linspace(1.0, 10.0, 181)
    peak = worden12_peak(wanted, measure)  # type: ignore[arg-type]
    # the lines do not quite meet
    assert worden12(peak, measure) == pytest.approx(wanted, abs=0.01)  # type: ignore[arg-type]
    assert (np.diff(peak) > 0).all()


def test_the_scale_of_1964() -> None:
    """The middle of each class of its table has its degree: VI 25 to 50, VII to 100, VIII to 200, IX to 400 cm/s**2."""
    for degree, low in ((6, 0.25), (7, 0.5), (8, 1.0), (9, 2.0)):
        assert msk64(low * np.sqrt(2), "PGA") == pytest.approx(degree, abs=0.01)
    for degree, low in ((6, 0.021), (7, 0.041), (8, 0.081), (9, 0.161)):
        assert msk64(low * np.sqrt(2), "PGV") == pytest.approx(degree, abs=0.05)


def test_scales_that_are_kin_and_others() -> None:
    assert kin_sd(0.4, "MMI", "MSK-64") == pytest.approx(0.5)
    for other in ("JMA", "MCS"):
        with pytest.raises(ValueError, match="cannot be converted"):
            kin_sd(0.4, "MSK-64", other)

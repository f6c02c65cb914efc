"""Amplitudes to a magnitude."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.event import Amplitude, Confidence, Magnitude, Origin
from seismonet.core.sourceid import SourceId
from seismonet.location.amplitudes import MagnitudeParams, Site
from seismonet.location.magnitude import half_units, network_magnitude
from seismonet.models.magnitude import pd_of

PARAMS = MagnitudeParams()
S_KM_S = 8.0


def origin(*, depth_km: float = 10.0, off_km: float = 2.0, deep: float | None = None) -> Origin:
    confidence = None if deep is None else Confidence(1, 5, 3, 2, 0, 5, 15, 1 - deep, deep, (), "good", "undecided")
    return Origin(0, 38.0, 72.0, depth_km, 0.5, off_km, 2.0, 0.3, 90.0, 20.0, (), "iasp91", confidence)


def p_wave(
    station: str, pd_m: float, *, channel: str = "HHZ", window_s: float = 4.0, noise_m: float = 0.0,
    clipped: bool = False, tau_c_s: float = 0.0,
) -> Amplitude:  # fmt: skip
    name = SourceId("XX", station, "00", channel)
    return Amplitude(f"pick-{station}", name, window_s, pd_m, 0.0, 0.0, noise_m, clipped, 0, tau_c_s)


def s_wave(station: str, local: float, km: float, *, window_s: float = 60.0, channel: str = "HHN") -> Amplitude:
    """The amplitude that IASPEI's formula takes for an ML."""
    peak_m = 10 ** (local - 1.11 * math.log10(km) - 0.00189 * km + 2.09 - 9)
    name = SourceId("XX", station, "00", channel)
    return Amplitude(
        f"pick-{station}", name, window_s, peak_m, 0.0, 0.0, 0.0, False, 0, 0.0, peak_m, peak_m / 100
    )  # fmt: skip


def site(station: str, km: float, *amplitudes: Amplitude) -> Site:
    return Site(station, km, km / S_KM_S, amplitudes)


def three(magnitude: float, *, window_s: float = 4.0) -> list[Site]:
    distances = (33.0, 60.0, 150.0)
    return [
        site(f"S{k}", km, p_wave(f"S{k}", pd_of(magnitude, km), window_s=window_s)) for k, km in enumerate(distances)
    ]


def sized(sites: list[Site], where: Origin | None = None) -> Magnitude:
    found = network_magnitude(sites, where or origin(), PARAMS)
    assert found is not None
    return found


def test_amplitudes_of_one_size_at_any_distance_give_that_size() -> None:
    magnitude = sized(three(5.3))
    assert magnitude.value == pytest.approx(5.3, abs=1e-6)
    assert magnitude.type == "Mpd"
    assert len(magnitude.station_magnitudes) == 3


def test_a_station_that_disagrees_is_set_aside_and_named() -> None:
    wrong = site("BAD", 50.0, p_wave("BAD", pd_of(8.0, 50.0)))
    magnitude = sized([*three(5.0), wrong])
    assert magnitude.value == pytest.approx(5.0, abs=1e-6)
    assert [part.source_id.station for part in magnitude.station_magnitudes if not part.used] == ["BAD"]


def test_of_two_stations_that_disagree_both_count_and_nothing_is_sure() -> None:
    agreeing = [site(name, 50.0, p_wave(name, pd_of(5.0, 50.0))) for name in "AB"]
    differing = [agreeing[0], site("B", 50.0, p_wave("B", pd_of(7.0, 50.0)))]
    assert sized(differing).value == pytest.approx(6.0, abs=1e-6)
    assert sized(differing).uncertainty > sized(agreeing).uncertainty + 0.5


@pytest.mark.parametrize(("clips", "speaks"), [("HHZ", "HNZ"), ("HNZ", "HHZ")])
def test_where_one_sensor_clips_the_other_speaks(clips: str, speaks: str) -> None:
    clipped = p_wave("A", pd_of(5.0, 40.0), channel=clips, clipped=True)
    other = p_wave("A", pd_of(6.0, 40.0), channel=speaks)
    magnitude = sized([site("A", 40.0, clipped, other)])
    assert magnitude.value == pytest.approx(6.0, abs=1e-6)
    assert [part.source_id.channel for part in magnitude.station_magnitudes] == [speaks]


def test_clipped_stations_stand_aside_unless_there_is_nothing_else() -> None:
    clean = site("A", 40.0, p_wave("A", pd_of(6.0, 40.0)))
    clipped = site("B", 40.0, p_wave("B", pd_of(5.0, 40.0), clipped=True))
    both, alone = sized([clean, clipped]), sized([clipped])
    assert both.value == pytest.approx(6.0, abs=1e-6)
    assert not both.at_least
    assert alone.value == pytest.approx(5.0, abs=1e-6)
    assert alone.at_least


def test_both_sensors_of_a_site_are_one_vote() -> None:
    """The better one's: the accelerometer's noise is near its signal."""
    good = p_wave("A", pd_of(5.0, 40.0), noise_m=pd_of(3.0, 40.0))
    poor = p_wave("A", pd_of(5.6, 40.0), noise_m=pd_of(5.2, 40.0), channel="HNZ")
    other = site("B", 40.0, p_wave("B", pd_of(5.0, 40.0)))
    magnitude = sized([site("A", 40.0, good, poor), other])
    assert len(magnitude.station_magnitudes) == 2
    assert magnitude.value == pytest.approx(5.0, abs=0.01)


def test_amplitudes_in_the_noise_are_no_magnitude() -> None:
    noisy = site("A", 40.0, p_wave("A", 1e-7, noise_m=0.9e-7))
    assert network_magnitude([noisy], origin(), PARAMS) is None
    assert network_magnitude([], origin(), PARAMS) is None


def test_noise_does_not_make_an_earthquake_larger() -> None:
    """A peak of which noise makes up 3/5 is one of 4/5: 1.23 times the logarithm less."""
    clear, noisy = (
        sized([site("A", 40.0, p_wave("A", 1e-4, noise_m=noise))]) for noise in (0.0, 0.5e-4)
    )  # fmt: skip
    assert noisy.value == pytest.approx(clear.value + 1.23 / 2 * -0.12494, abs=1e-4)
    assert noisy.uncertainty > clear.uncertainty


def test_a_bad_place_makes_a_bad_size() -> None:
    sites = [site("A", 40.0, p_wave("A", pd_of(5.0, 40.0)))]
    assert sized(sites, origin(off_km=60.0)).uncertainty > sized(sites).uncertainty + 0.1


@pytest.mark.parametrize(("s_minus_p_s", "window_s"), [(0.5, 1.0), (3.0, 2.0), (5.0, 4.0), (40.0, 10.0)])
def test_the_longest_window_before_s_is_used(s_minus_p_s: float, window_s: float) -> None:
    amplitudes = tuple(p_wave("A", 1e-5, window_s=one) for one in (4.0, 1.0, 10.0, 2.0))
    magnitude = sized([Site("A", 40.0, s_minus_p_s, amplitudes)])
    assert magnitude.station_magnitudes[0].window_s == window_s


def test_s_waves_take_over_as_they_come_in() -> None:
    """P says 5.0 and S says 5.6 at four stations, one after the other."""
    names = ("A", "B", "C", "D")
    values, kinds = [], []
    for count in range(5):
        sites = [
            site(name, 80.0, p_wave(name, pd_of(5.0, 80.0)), *([s_wave(name, 5.4, 80.0)] if k < count else []))
            for k, name in enumerate(names)
        ]
        found = sized(sites)
        values.append(found.value)
        kinds.append(found.type)
    assert values == sorted(values)
    assert values[0] == pytest.approx(5.0, abs=1e-6)
    assert values[-1] == pytest.approx(5.4, abs=0.1)
    assert kinds[0] == "Mpd"
    assert kinds[-1] == "ML"
    assert max(later - earlier for earlier, later in pairwise(values)) < 0.4


def test_p_farther_than_its_relation_is_valid_counts_only_while_there_is_nothing_else() -> None:
    far = site("FAR", 300.0, p_wave("FAR", pd_of(4.2, 300.0)))
    assert sized([far]).value == pytest.approx(4.2, abs=1e-6)
    assert sized([far, *three(5.0)]).value == pytest.approx(5.0, abs=1e-6)
    heard = site("FAR", 300.0, *far.amplitudes, s_wave("FAR", 5.0, 300.0, window_s=60.0))
    assert sized([heard]).value == pytest.approx(5.0, abs=1e-3)


def test_a_window_that_ends_with_the_first_s_is_no_ml() -> None:
    early = site("A", 80.0, s_wave("A", 6.0, 80.0, window_s=11.0))
    assert network_magnitude([early], origin(), PARAMS) is None


@pytest.mark.parametrize(("s_minus_p_s", "counts"), [(60.0, True), (79.0, True), (81.0, False)])
def test_of_a_far_station_the_longest_window_counts_if_s_is_in(s_minus_p_s: float, counts: bool) -> None:
    far = Site("A", 450.0, s_minus_p_s, (s_wave("A", 5.0, 450.0, window_s=85.0),))
    assert (network_magnitude([far], origin(), PARAMS) is not None) is counts


def test_ml_is_the_mean_of_both_horizontals() -> None:
    pair = s_wave("A", 5.2, 80.0), s_wave("A", 4.8, 80.0, channel="HHE")
    magnitude = sized([site("A", 80.0, *pair)])
    assert magnitude.value == pytest.approx(5.0, abs=1e-3)
    assert len(magnitude.station_magnitudes) == 1


def test_a_saturated_ml_says_what_it_stands_for() -> None:
    found = sized([site(name, 50.0, s_wave(name, 6.5, 50.0)) for name in "ABC"])
    assert found.type == "Mw(ML)"
    assert found.value == pytest.approx(7.21, abs=0.01)
    assert found.at_least
    assert found.uncertainty > 0.4


def test_an_ml_beyond_all_correction_is_no_surer_than_others() -> None:
    sites = [site(f"S{k}", 60.0, s_wave(f"S{k}", local, 60.0)) for k, local in enumerate((6.5, 7.0))]
    magnitude = sized(sites)
    ends = [part.value for part in magnitude.station_magnitudes]
    assert magnitude.value <= sum(ends) / 2 + 1e-9


def test_a_large_earthquake_of_which_little_was_seen_is_a_lower_bound() -> None:
    assert sized(three(7.0, window_s=3.0)).at_least
    assert not sized(three(6.0, window_s=3.0)).at_least
    long = [site(name, 200.0, p_wave(name, pd_of(7.0, 200.0), window_s=20.0)) for name in "ABC"]
    assert not sized(long).at_least


def test_p_that_ended_before_the_rupture_did_says_little() -> None:
    """S of an M 7 earthquake; P, of half a unit less, was seen for 3 s or for 20."""

    def both(window_s: float) -> float:
        sites = [
            Site(name, 150.0, 24.0, (p_wave(name, pd_of(6.4, 150.0), window_s=window_s), s_wave(name, 6.4, 150.0)))
            for name in "ABC"
        ]
        return sized(sites).value

    alone = sized([Site(name, 150.0, 24.0, (s_wave(name, 6.4, 150.0),)) for name in "ABC"]).value
    assert both(3.0) == pytest.approx(alone, abs=0.01)
    assert both(20.0) < both(3.0) - 0.05
    assert sized(three(7.0, window_s=4.0)).uncertainty > sized(three(5.0, window_s=4.0)).uncertainty + 0.2


def test_the_s_waves_of_a_large_rupture_are_waited_for() -> None:
    """S minus P is 10 s: S is in after 15.5 s, a long rupture may last 20 s more; what comes later is another."""
    local = {20.0: 5.0, 27.0: 5.3, 48.0: 5.9}
    found = sized([site("A", 80.0, *(s_wave("A", value, 80.0, window_s=one) for one, value in local.items()))])
    assert found.station_magnitudes[0].window_s == 27.0


def test_deep_earthquakes_are_sized_by_p_alone() -> None:
    deep = origin(depth_km=120.0)
    sites = [site(name, 150.0, p_wave(name, 1e-5), s_wave(name, 7.0, 150.0)) for name in "ABC"]
    magnitude = sized(sites, deep)
    assert magnitude.type == "Mpd"
    assert magnitude.value < 5.5


def test_while_the_depth_is_open_both_sizes_are() -> None:
    sites = [site(name, 150.0, p_wave(name, 3e-4)) for name in "ABC"]
    crust, slab, open_ = (sized(sites, origin(deep=share)) for share in (0.0, 1.0, 0.5))
    assert open_.value == pytest.approx((crust.value + slab.value) / 2)
    assert open_.uncertainty**2 == pytest.approx(
        (crust.uncertainty**2 + slab.uncertainty**2) / 2 + (crust.value - slab.value) ** 2 / 4
    )


def test_the_period_is_a_check_and_no_input() -> None:
    def at(tau_c_s: float) -> Magnitude:
        return sized([site(name, 50.0, p_wave(name, pd_of(5.0, 50.0), tau_c_s=tau_c_s)) for name in "AB"])

    usual, long = at(0.6), at(3.0)
    assert usual.check == ""
    assert "larger magnitude, 7.4" in long.check
    assert long.value == usual.value


@given(st.floats(2.0, 9.0), st.floats(0.05, 1.0), st.booleans())
def test_chances_are_probabilities(value: float, sigma: float, at_least: bool) -> None:
    chances = half_units(value, sigma, 1.0, at_least=at_least)
    assert len(chances) == 14
    assert sum(chances) == pytest.approx(1.0)
    assert min(chances) >= 0.0


def test_small_earthquakes_are_likelier_and_a_bound_leaves_what_is_above_open() -> None:
    """A Gaussian times 10**-M is the Gaussian less ln(10) times its variance: 0.58 less at 0.5."""
    chances = half_units(5.0, 0.5, 1.0)
    below = sum(chances[:5])
    assert below == pytest.approx(0.561, abs=0.01)
    assert sum(half_units(5.0, 0.5, 0.0)[:6]) == pytest.approx(0.5, abs=0.01)
    bound, plain = half_units(6.5, 0.2, 1.0, at_least=True), half_units(6.5, 0.2, 1.0)
    assert sum(bound[10:]) > 10 * sum(plain[10:])


def test_order_of_what_was_measured_does_not_matter() -> None:
    sites = [
        *three(5.0),
        site("A", 80.0, p_wave("A", 1e-5), s_wave("A", 5.0, 80.0), s_wave("A", 5.2, 80.0, channel="HHE")),
    ]
    turned = [replace(one, amplitudes=one.amplitudes[::-1]) for one in sites]
    assert sized(sites) == sized(turned)

"""Measures of samples against their definitions, worked out the long way."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.kernels.quality import (
    CODES,
    KEPT_BINS,
    LTA_BINS,
    MASK_BITS,
    STA_BINS,
    Moments,
    code_value,
    flat_samples,
    largest_surge,
    mark_near,
    mark_sampled,
    median_codes,
    moments,
    near_values,
    outliers,
    unique_values,
)


def hampel(x: np.ndarray, least: np.ndarray) -> set[tuple[int, int]]:
    """Every sample against the median of its 41."""
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), 41, axis=1)
    median = np.median(windows, axis=-1)
    spread = np.median(np.abs(windows - median[..., None]), axis=-1)
    row, column = np.nonzero(np.abs(x[:, 20:-20] - median) > 14.826 * np.maximum(spread, least[:, None]))
    return set(zip(row.tolist(), (column + 20).tolist(), strict=True))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), length=st.integers(41, 700), kind=st.integers(0, 4))
def test_outliers_are_those_of_every_single_median(seed: int, length: int, kind: int) -> None:
    draw = np.random.default_rng(seed)
    shape = 3, length
    x = (
        draw.standard_normal(shape) * 100,
        draw.standard_cauchy(shape) * 50,
        np.cumsum(draw.standard_normal(shape), axis=1) * 30,
        draw.integers(0, 3, shape) * (draw.random(shape) > 0.9) * 40,
        np.sin(np.arange(length) / 9) * 1e3 + draw.standard_normal(shape) + (draw.random(shape) > 0.99) * 3e4,
    )[kind]
    for samples, least in ((np.rint(x).astype(np.int32), 0.5), (np.asarray(x, dtype=np.float64), 0.0)):
        least_of = np.full(3, least)
        row, column = outliers(samples, least_of)
        assert set(zip(row.tolist(), column.tolist(), strict=True)) == hampel(samples, least_of)


def test_outliers_of_the_largest_numbers_do_not_overflow() -> None:
    x = np.where(np.arange(100) % 2, 2**31 - 1, -(2**31)).astype(np.int32)[None, :]
    assert len(outliers(x, np.array([0.5]))[0]) == 0


def test_moments_are_those_of_all_samples() -> None:
    x = np.random.default_rng(1).integers(-(2**23), 2**23, (4, 1000)).astype(np.int32)
    whole, bins = moments(x, np.arange(20) * 50)
    np.testing.assert_allclose(whole.mean, x.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(whole.m2 / 1000, x.var(axis=1), rtol=1e-9)
    np.testing.assert_allclose(bins.m2[2, 7] / 50, x[2, 350:400].var(), rtol=1e-9)
    parts = [Moments(bins.n[:, k], bins.mean[:, k], bins.m2[:, k]) for k in range(20)]
    added = parts[0]
    for one in parts[1:]:
        added = added.plus(one)
    np.testing.assert_allclose(added.m2, whole.m2, rtol=1e-9)
    together = Moments(bins.n[1], bins.mean[1], bins.m2[1]).together()
    np.testing.assert_allclose([together.mean, together.m2], [whole.mean[1], whole.m2[1]], rtol=1e-9)


def test_the_largest_surge_is_3_s_against_the_30_s_before() -> None:
    draw = np.random.default_rng(2)
    x = draw.standard_normal(43 * 100) * 50 + 1e6
    x[3700:3900] *= 1.001
    _, bins = moments(x[None, -(KEPT_BINS + 20) * 50 :], np.arange(KEPT_BINS + 20) * 50)
    begin = len(x) - (KEPT_BINS + 20) * 50
    expected = 0.0
    for turn in range(LTA_BINS, KEPT_BINS + 20 - STA_BINS + 1):
        lta = x[begin + (turn - LTA_BINS) * 50 : begin + turn * 50]
        sta = x[begin + turn * 50 : begin + (turn + STA_BINS) * 50]
        mean = np.concatenate([lta, sta]).mean()
        expected = max(expected, float(np.mean((sta - mean) ** 2) / np.mean((lta - mean) ** 2)))
    found = largest_surge(bins, np.array([KEPT_BINS + 20]))
    np.testing.assert_allclose(found, [expected], rtol=1e-6)
    assert expected > 5
    assert largest_surge(bins, np.array([STA_BINS + LTA_BINS - 1]))[0] == 0.0


def test_a_constant_has_no_surge_and_is_flat() -> None:
    x = np.full((1, (KEPT_BINS + 20) * 50), 8_388_607, dtype=np.int32)
    _, bins = moments(x, np.arange(KEPT_BINS + 20) * 50)
    assert largest_surge(bins, np.array([KEPT_BINS + 20]))[0] == 0.0
    assert flat_samples(x)[0] == x.shape[1] - 1


@settings(max_examples=50, deadline=None)
@given(value=st.floats(-1e9, 1e9), pivot=st.integers(-(10**6), 10**6))
def test_a_code_stands_for_what_it_was_made_of(value: float, pivot: int) -> None:
    codes, weight = median_codes(np.array([[np.rint(value)]]), np.array([float(pivot)]), np.ones(1))
    assert weight.tolist() == [1]
    assert 0 <= codes[0, 0] < CODES
    distance = abs(np.rint(value) - pivot)
    assert abs(code_value(int(codes[0, 0]), pivot, 1.0) - np.rint(value)) <= max(
        1.0 if distance < 64 else 0, distance / 32
    )


def test_unique_values_are_exact_when_near_and_right_to_some_percent_when_far() -> None:
    masks = np.zeros((1, 3, MASK_BITS), dtype=bool)
    near = np.array([[-5, -5, 3, 8000, 3, 8186]], dtype=np.int32)
    mark_near(masks, np.array([0]), near)
    assert unique_values(masks[0], True) == 4
    assert set(near_values(masks[0, 0], -5.0)) == {-5.0, 3.0, 8000.0, 8186.0}
    for spread in (20_000, 400_000):
        far = np.random.default_rng(3).integers(-spread, spread, (1, 500_000)).astype(np.int32)
        masks = np.zeros((1, 3, MASK_BITS), dtype=bool)
        mark_sampled(masks, np.array([0]), far)
        mark_sampled(masks, np.array([0]), far.astype(np.float64))
        assert abs(unique_values(masks[0], False) / len(np.unique(far)) - 1) < 0.1

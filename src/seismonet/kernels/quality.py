"""How samples are: moments, ranges, outliers, surges, and sketches from which a day's median and its number of unique
values follow. Window kernels: each looks at whole pieces of one length, channel on axis 0.
"""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray

HALF = 20
"""Of the 41 samples whose median an outlier is compared with."""
OUTLIER = 10.0 * 1.4826
"""Median absolute deviations that make an outlier: 10 standard deviations, MUSTANG's ``thresholdMin``."""
STRIDE = 2 * HALF + 1
WIDE = 2 * STRIDE - 1
NARROW = STRIDE + 10
PARTS = np.array([0, 11, 22, WIDE - NARROW])
LARGEST_INT = 1 << 30
STA_BINS, LTA_BINS = 6, 60
"""Half-second bins in 3 s and in 30 s."""
KEPT_BINS = STA_BINS + LTA_BINS - 1
MEDIAN_POINTS = 50
CODES, LINEAR, PER_OCTAVE = 2048, 64, 32
BITS_OF_LINEAR = int(np.float32(LINEAR).view(np.int32)) >> 18
MASK_BITS = 8192
SAMPLED_BITS = 3, 7
SAMPLED = tuple(1 << bits for bits in SAMPLED_BITS)
"""Of the unique values, the second and third mask hold each eighth and each hundred-twenty-eighth."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and sum of squared deviations of pieces: arrays of one shape."""

    n: FloatArray
    mean: FloatArray
    m2: FloatArray

    def plus(self, other: "Moments") -> "Moments":
        """Of both together (Chan et al. 1979), also where one is empty."""
        n = self.n + other.n
        share = np.divide(other.n, n, out=np.zeros_like(n), where=n > 0)
        step = other.mean - self.mean
        return Moments(n, self.mean + step * share, self.m2 + other.m2 + step**2 * (self.n * share))

    def together(self) -> "Moments":
        """Of all pieces of one row ``(pieces,)`` together."""
        n = self.n.sum()
        if n == 0:
            return Moments(n, n, n)
        first = self.mean[np.argmax(self.n > 0)]
        shift = np.where(self.n > 0, self.mean - first, 0.0)
        mean = (self.n * shift).sum() / n
        return Moments(n, first + mean, self.m2.sum() + (self.n * (shift - mean) ** 2).sum())


def moments(samples: AnyArray, edges: IntArray) -> tuple[Moments, Moments]:
    """Moments of whole rows ``(rows,)``, and of the bins that begin at ``edges`` ``(rows, bins)``.

    >>> whole, bins = moments(np.array([[1, 3, 5, 5]], dtype=np.int32), np.array([0, 2]))
    >>> whole.mean.tolist(), whole.m2.tolist(), bins.mean.tolist()
    ([3.5], [11.0], [[2.0, 5.0]])
    """
    first = samples[:, :1].astype(np.float64)
    x = np.subtract(samples, first, dtype=np.float64)
    total = np.add.reduceat(x, edges, axis=1)
    squares = np.add.reduceat(np.square(x, out=x), edges, axis=1)
    n = np.diff(np.append(edges, samples.shape[1])).astype(np.float64)
    mean = total / n
    bins = Moments(np.broadcast_to(n, mean.shape), first + mean, np.maximum(squares - total * mean, 0.0))
    count = np.full(len(samples), float(samples.shape[1]))
    own = total.sum(axis=1)
    spread = np.maximum(squares.sum(axis=1) - own * own / count, 0.0)
    return Moments(count, first[:, 0] + own / count, spread), bins


def whole_rows(samples: AnyArray) -> BoolArray:
    """(rows,) bool: are all samples whole numbers?"""
    if samples.dtype == np.int32:
        return np.ones(len(samples), dtype=bool)
    return np.asarray((samples == np.floor(samples)).all(axis=1))


def flat_samples(samples: AnyArray) -> IntArray:
    """(rows,) samples that are equal to the one before them."""
    return np.asarray(np.count_nonzero(samples[:, 1:] == samples[:, :-1], axis=1))


def largest_surge(bins: Moments, seen: IntArray) -> FloatArray:
    """(rows,) largest ratio of the mean power of 3 s to that of the 30 s before them, each half second.

    ::

        bins   |------ 30 s ------|-- 3 s --|
                       lta            sta      both about the mean of the 33 s

    Parameters
    ----------
    bins : moments of half seconds, ``(rows, KEPT_BINS + k)``: the k newest ones after those that were kept before
    seen : (rows,) how many of them, counted from the newest, belong to the row's current segment

    Returns
    -------
    ratio : (rows,) float64, 0 while no 33 s are there. MUSTANG's ``max_stalta`` (method ``classic_LR``, 3 s, 30 s).
    """
    total = bins.n.shape[1]
    weight = bins.n.sum(axis=1, keepdims=True)
    middle = (bins.n * bins.mean).sum(axis=1, keepdims=True) / np.maximum(weight, 1.0)
    shift = bins.mean - middle
    sums = [np.cumsum(np.pad(part, ((0, 0), (1, 0))), axis=1) for part in (bins.n, bins.n * shift)]
    sums.append(np.cumsum(np.pad(bins.m2 + bins.n * shift**2, ((0, 0), (1, 0))), axis=1))
    turn = np.arange(LTA_BINS, total - STA_BINS + 1)
    lta = [part[:, turn] - part[:, turn - LTA_BINS] for part in sums]
    sta = [part[:, turn + STA_BINS] - part[:, turn] for part in sums]
    mean = (lta[1] + sta[1]) / np.maximum(lta[0] + sta[0], 1.0)
    long, short = (_power(part[0], part[1], part[2], mean) for part in (lta, sta))
    fits = (turn - LTA_BINS >= total - seen[:, None]) & (long > 0)
    ratio = np.divide(short, long, out=np.zeros_like(short), where=fits)
    return np.asarray(ratio.max(axis=1, initial=0.0))


def _power(n: FloatArray, shift: FloatArray, square: FloatArray, mean: FloatArray) -> FloatArray:
    """Mean square about ``mean``; what is no more than rounding is none."""
    power = (square - 2 * mean * shift + n * mean**2) / np.maximum(n, 1.0)
    return np.where(power > 1e-9 * square / np.maximum(n, 1.0), power, 0.0)


def outliers(samples: AnyArray, least: FloatArray) -> tuple[IntArray, IntArray]:
    """Rows and columns of the samples that stick out of the 41 around them, in that order.

    A sample is one when it is more than 10 standard deviations from the median of its 41, the deviation taken as
    1.4826 median absolute deviations (Hampel's filter; MUSTANG's ``num_spikes`` before neighbours are joined). Columns
    closer than 20 to an edge are not judged. ``least`` ``(rows,)`` is the smallest deviation that counts: half a count
    for whole numbers, so that a resting channel has no spikes.

    Notes
    -----
    Only a few samples need their own median: any 41 inside a window of 81 have their median between its 21st smallest
    and its 21st largest value, and half of them within an interval that is no shorter than the shortest one that holds
    21 of the 81. Windows in which nothing can reach the limit so derived are left alone. The result is exact.

    >>> x = np.zeros((1, 100), dtype=np.int32); x[0, ::2] = 1; x[0, 50] = 99
    >>> [one.tolist() for one in outliers(x, np.array([0.5]))]
    [[0], [50]]
    """
    rows, length = samples.shape
    if length < STRIDE or rows == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    if samples.dtype == np.int32 and max(abs(int(samples.min())), abs(int(samples.max()))) >= LARGEST_INT:
        samples = samples.astype(np.float64)
    wide = min(WIDE, length)
    begin = np.arange(0, length - wide + 1, STRIDE)
    if begin[-1] + wide < length:
        begin = np.append(begin, length - wide)
    windows = np.lib.stride_tricks.sliding_window_view(samples, wide, axis=1)[:, begin]
    ranked = np.sort(windows, axis=-1)
    narrow = (ranked[..., HALF:] - ranked[..., : wide - HALF]).min(axis=-1) * 0.5
    limit = OUTLIER * np.maximum(narrow, least[:, None])
    low, high = ranked[..., HALF], ranked[..., wide - 1 - HALF]
    doubtful = (ranked[..., -1] - low > limit) | (high - ranked[..., 0] > limit)
    row, window = np.nonzero(doubtful)
    if wide < WIDE:
        column = begin[window][:, None] + np.arange(HALF, wide - HALF)
        row, column = np.repeat(row, column.shape[1]), column.ravel()
    else:
        row, column = _candidates(windows[row, window], row, begin[window], least)
    found = np.unique(row * length + column)
    return _confirmed(samples, found // length, found % length, least)


def _candidates(windows: AnyArray, row: IntArray, begin: IntArray, least: FloatArray) -> tuple[IntArray, IntArray]:
    """The same argument once more for eleven samples at a time, of which each window of 51 holds all neighbours."""
    parts = np.lib.stride_tricks.sliding_window_view(windows, NARROW, axis=1)[:, PARTS]
    ranked = np.sort(parts, axis=-1)
    narrow = (ranked[..., HALF:] - ranked[..., : NARROW - HALF]).min(axis=-1) * 0.5
    limit = OUTLIER * np.maximum(narrow, least[row][:, None])
    top, bottom = ranked[..., HALF] + limit, ranked[..., NARROW - 1 - HALF] - limit
    middle = parts[..., HALF : NARROW - HALF]
    which, part, place = np.nonzero((middle > top[..., None]) | (middle < bottom[..., None]))
    return row[which], begin[which] + PARTS[part] + HALF + place


def _confirmed(samples: AnyArray, row: IntArray, column: IntArray, least: FloatArray) -> tuple[IntArray, IntArray]:
    """Those of some samples that do stick out."""
    around = samples[row[:, None], column[:, None] + np.arange(-HALF, HALF + 1)].astype(np.float64)
    median = np.sort(around, axis=1)[:, HALF]
    spread = np.sort(np.abs(around - median[:, None]), axis=1)[:, HALF]
    real = np.abs(samples[row, column] - median) > OUTLIER * np.maximum(spread, least[row])
    return row[real], column[real]


def median_codes(ranked: AnyArray, pivot: FloatArray, unit: FloatArray) -> tuple[IntArray, IntArray]:
    """What represents sorted rows in a histogram: codes ``(rows, k)``, and ``(k,)`` how many samples each stands for.

    At most 50 values a row stand for all of it, so a rank is right to a fiftieth of a row at worst. A code is the
    distance from the row's pivot in its units, exact up to 64 and to a thirty-second beyond.
    """
    n = ranked.shape[1]
    points = min(n, MEDIAN_POINTS)
    edges = np.arange(points + 1) * n // points
    values = ranked[:, (edges[:-1] + edges[1:]) // 2]
    distance = ((values - pivot[:, None]) / unit[:, None]).astype(np.float32)
    size = np.abs(distance)
    # of a single-precision number the exponent and the first five bits after the point: 32 steps an octave
    beyond = (size.view(np.int32) >> 18) - (BITS_OF_LINEAR - LINEAR)
    step = np.minimum(np.where(size < LINEAR, size.astype(np.int32), beyond), CODES // 2 - 1)
    return np.where(distance >= 0, CODES // 2 + step, CODES // 2 - 1 - step), np.diff(edges)


def code_value(code: int, pivot: float, unit: float) -> float:
    """The value that a code stands for.

    >>> code_value(1024 + 5, 100.0, 1.0), code_value(1023 - 5, 100.0, 1.0)
    (105.0, 95.0)
    """
    step = code - CODES // 2 if code >= CODES // 2 else CODES // 2 - 1 - code
    if step < LINEAR:
        size = float(step)
    else:
        octave, part = divmod(step - LINEAR, PER_OCTAVE)
        size = float(2 ** (6 + octave) * (1 + (part + 0.5) / PER_OCTAVE))
    return pivot + unit * (size if code >= CODES // 2 else -size)


def mark_near(masks: BoolArray, rows: IntArray, samples: AnyArray) -> None:
    """Remember whole numbers in the first masks of their rows, in place: a bit for each value, modulo 8192."""
    place = samples.astype(np.int64) & (MASK_BITS - 1)
    masks[rows[:, None], 0, place] = True


def near_values(mask: BoolArray, low: float) -> FloatArray:
    """The values in a first mask, of which none is less than ``low`` nor 8192 or more above it."""
    place = np.flatnonzero(mask)
    return np.asarray(low + ((place - int(low)) & (MASK_BITS - 1)), dtype=np.float64)


def mark_sampled(masks: BoolArray, rows: IntArray, samples: AnyArray) -> None:
    """Remember an eighth and a hundred-twenty-eighth of all values in the other masks of their rows, in place."""
    mixed = (_words(samples) * np.uint32(2654435769)).ravel()
    index = np.flatnonzero(mixed < np.uint32(1 << (32 - SAMPLED_BITS[0])))
    chosen, own = mixed[index], rows[index // samples.shape[1]]
    again = (chosen ^ (chosen >> np.uint32(15))) * np.uint32(2246822519)
    again ^= again >> np.uint32(13)
    place = (again & np.uint32(MASK_BITS - 1)).astype(np.int64)
    masks[own, 1, place] = True
    few = chosen < np.uint32(1 << (32 - SAMPLED_BITS[1]))
    masks[own[few], 2, place[few]] = True


def _words(samples: AnyArray) -> AnyArray:
    """32 bits of each value: of lines of whole numbers these, of others what their 64 bits fold to."""
    if samples.dtype == np.int32:
        return samples.view(np.uint32)
    halves = np.ascontiguousarray(samples).view(np.uint32).reshape(*samples.shape, 2)
    words = halves[..., 0] * np.uint32(2246822519) ^ halves[..., 1]
    whole = whole_rows(samples) & (np.abs(samples).max(axis=1) < 2.0**31)
    words[whole] = samples[whole].astype(np.int32).view(np.uint32)
    return np.asarray(words)


def unique_values(masks: BoolArray, near: bool) -> float:
    """How many different values were marked in one row's masks.

    Exact for whole numbers whose largest and smallest are less than 8192 apart (``near``): the first mask has a bit for
    each. Otherwise counted by linear counting (Whang et al. 1990, ACM TODS 15, 208-229) in a sample of the values,
    which errs by 3 % (one standard deviation) between 10 000 and 3 000 000 of them, and by more below.
    """
    if near:
        return float(np.count_nonzero(masks[0]))
    for level, share in enumerate(SAMPLED, start=1):
        free = MASK_BITS - int(np.count_nonzero(masks[level]))
        if free > MASK_BITS // 20 or level == len(SAMPLED):
            return float(round(-MASK_BITS * np.log(max(free, 1) / MASK_BITS) * share))
    raise ValueError("no mask")

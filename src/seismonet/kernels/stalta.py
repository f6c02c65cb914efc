"""Short- over long-term averages, recursive and classic, and the energy they run on."""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray

from .filter import OLD, average, young, youth

TINY = float(np.finfo(np.float64).tiny)  # keeps 0 / 0 of a dead channel at 0


@dataclass(frozen=True, slots=True)
class EnergyState:
    """The last sample of each row, ``last`` (rows,), and the number ``seen`` (rows,)."""

    last: FloatArray
    seen: IntArray


@dataclass(frozen=True, slots=True)
class StaLtaState:
    """Running averages of many channels: filter memories (rows, 1) and samples ``seen`` (rows,)."""

    sta: FloatArray
    lta: FloatArray
    seen: IntArray


@dataclass(frozen=True, slots=True)
class ClassicState:
    """The last ``nlta`` energies of each row, ``tail`` (rows, nlta), and samples ``seen`` (rows,)."""

    tail: FloatArray
    seen: IntArray


def energy_initial(rows: int) -> EnergyState:
    """Before the first sample."""
    return EnergyState(np.zeros(rows), np.zeros(rows, dtype=np.int64))


def energy(samples: FloatArray, state: EnergyState, *, k: float = 3.0) -> tuple[FloatArray, EnergyState]:
    """Allen's characteristic function ``x[i]**2 + k * (x[i] - x[i-1])**2``.

    The first sample of a segment has no predecessor and counts with its square alone. After Allen (1978), BSSA 68,
    1521-1532, with the weight that ElarmS uses.

    Parameters
    ----------
    samples : (rows, n) float64
    state : EnergyState of the same rows
    k : weight of the change

    Examples
    --------
    >>> energy(np.array([[1.0, 3.0]]), energy_initial(1))[0].tolist()
    [[1.0, 21.0]]
    """
    change = np.empty_like(samples)
    change[:, 0] = np.where(state.seen > 0, samples[:, 0] - state.last, 0.0)
    np.subtract(samples[:, 1:], samples[:, :-1], out=change[:, 1:])
    change *= change
    change *= k
    change += samples * samples
    return change, EnergyState(samples[:, -1].copy(), state.seen + samples.shape[1])


def stalta_initial(rows: int) -> StaLtaState:
    """Before the first sample."""
    return StaLtaState(np.zeros((rows, 1)), np.zeros((rows, 1)), np.zeros(rows, dtype=np.int64))


def check_lengths(nsta: int, nlta: int) -> None:
    """ValueError unless ``0 < nsta < nlta``."""
    if not 0 < nsta < nlta:
        raise ValueError(f"needs 0 < nsta < nlta, not nsta {nsta} and nlta {nlta}")


def sta_lta(
    energies: FloatArray, state: StaLtaState, *, nsta: int, nlta: int, corrected: bool = True
) -> tuple[FloatArray, StaLtaState]:
    """Ratio of a short to a long running average, sample by sample.

    Both averages forget exponentially; both end at the sample they are given to::

        weight   lta  ▁▁▁▁▁▂▂▂▂▂▃▃▃▃▄▄▅
                 sta                ▁▃█
                                      ^ value belongs here

    Parameters
    ----------
    energies : (rows, n) float64, not negative
        Characteristic function, one channel per row.
    state : StaLtaState of the same rows
    nsta, nlta : int
        Time constants in samples; ValueError unless ``0 < nsta < nlta``.
    corrected : bool
        Divide by ``1 - (1 - 1/n)**seen``, so that young averages are unbiased. Without it the ratio is ObsPy's
        ``recursive_sta_lta`` bit for bit, but for that function's leaving out the very first sample.

    Returns
    -------
    ratio : (rows, n) float64
        Zero for a channel's first ``nlta`` samples.
    state : StaLtaState

    Notes
    -----
    ``sta[k] = sta[k-1] + (energy[k] - sta[k-1]) / nsta``, ``lta`` alike. Withers et al. (1998), BSSA 88, 95-106.

    Examples
    --------
    >>> ratio, state = sta_lta(np.ones((2, 50)), stalta_initial(2), nsta=2, nlta=10)
    >>> ratio[0, -1].round(3)
    np.float64(1.0)
    """
    check_lengths(nsta, nlta)
    n = energies.shape[1]
    sta, sta_memory = average(energies, state.sta, nsta)
    lta, lta_memory = average(energies, state.lta, nlta)
    lta += TINY
    ratio = np.divide(sta, lta, out=sta)
    if corrected and (rows := young(state.seen, OLD * nlta)) is not None:
        ratio[rows] *= youth(state.seen[rows], nlta, n) / youth(state.seen[rows], nsta, n)
    if (rows := young(state.seen, nlta)) is not None:
        ratio[rows] *= state.seen[rows, None] + np.arange(n) >= nlta
    return ratio, StaLtaState(sta_memory, lta_memory, state.seen + n)


def classic_initial(rows: int, nlta: int) -> ClassicState:
    """Before the first sample."""
    return ClassicState(np.zeros((rows, nlta)), np.zeros(rows, dtype=np.int64))


def classic_sta_lta(
    energies: FloatArray, state: ClassicState, *, nsta: int, nlta: int
) -> tuple[FloatArray, ClassicState]:
    """Ratio of the means of the last ``nsta`` and the last ``nlta`` energies.

    ::

        lta  ▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅
        sta               ▅▅▅▅
                             ^ value belongs here

    Running sums depend on where they start, so the samples of a segment are summed in blocks of ``nlta`` on the
    segment's own grid: a window is the end of one block and the beginning of the next, each a prefix sum of at most
    ``nlta`` terms. No cut of the samples changes that, and rounding cannot pile up as it does in ObsPy's running sum
    (equal within 1e-8 of it).

    Parameters
    ----------
    energies : (rows, n) float64, not negative
    state : ClassicState of the same rows and ``nlta``
    nsta, nlta : int
        Window lengths in samples; ValueError unless ``0 < nsta < nlta``.

    Returns
    -------
    ratio : (rows, n) float64
        Zero until a channel has seen ``nlta`` samples.
    state : ClassicState

    Examples
    --------
    >>> classic_sta_lta(np.arange(1.0, 5.0)[None], classic_initial(1, 2), nsta=1, nlta=2)[0].round(3).tolist()
    [[0.0, 1.333, 1.2, 1.143]]
    """
    check_lengths(nsta, nlta)
    rows, n = energies.shape
    ratio = np.zeros((rows, n))
    phase = state.seen % nlta
    for offset in np.unique(phase):
        own = np.flatnonzero(phase == offset)
        held = np.concatenate([state.tail[own], energies[own]], axis=1)
        short, long = (_window_means(held, length, nlta, int(offset)) for length in (nsta, nlta))
        ratio[own] = short / (long + TINY)
    ratio[state.seen[:, None] + np.arange(n) < nlta - 1] = 0.0
    tail = np.concatenate([state.tail, energies], axis=1)[:, -nlta:]
    return ratio, ClassicState(tail, state.seen + n)


def _window_means(held: FloatArray, length: int, nlta: int, offset: int) -> FloatArray:
    """Means of the last ``length`` samples at every sample after the first ``nlta`` of ``held``.

    ``held`` begins ``offset`` samples into a block of the segment's grid; the samples before its first whole block
    belong to a block whose beginning is not held, but no window that is asked for reaches there.
    """
    rows, total = held.shape
    before = (-offset) % nlta
    padded_length = -(-(total - before) // nlta) * nlta
    grid = np.zeros((rows, nlta + padded_length))
    grid[:, nlta - before :][:, :total] = held
    blocks = grid.reshape(rows, -1, nlta)
    prefix = np.cumsum(blocks, axis=2)
    suffix = np.cumsum(blocks[:, :, ::-1], axis=2)[:, :, ::-1]
    flat_prefix, flat_suffix = prefix.reshape(rows, -1), suffix.reshape(rows, -1)
    end = np.arange(nlta, total) + nlta - before
    begin = end - length + 1
    same = begin // nlta == end // nlta
    whole = begin % nlta == 0
    inside = flat_prefix[:, end] - np.where(whole, 0.0, flat_prefix[:, begin - 1])
    across = flat_suffix[:, begin] + flat_prefix[:, end]
    return np.where(same, inside, across) / length

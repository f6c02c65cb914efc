"""How the strength of a wave rises and fades: rupture, scattering on the way, coda.

::

    energy      rupture lasts 1/fc
    ▁▆███████▆▅▄▃▃▂▂▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
     ^onset    detours on the way   coda: scattered once, from all around

Nothing comes before the onset.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seismonet.core.arrays import FloatArray

SCATTERING_PER_KM = 0.01
"""Share of S energy scattered a kilometre in the crust: Sato, Fehler & Maeda (2012), Seismic Wave Propagation and
Scattering in the Heterogeneous Earth, 2nd edition, figure 3.11."""
CODA_EDGES_S = (0.0, 8.0, 24.0, 60.0, 130.0)
"""Pieces of the coda: what is later has come further and lost more of its high frequencies."""
FADE_S = 4.0
"""How long neighbouring pieces of the coda overlap."""
DECAYS_PER_DURATION = 2.77
"""Of energy that fades exponentially, twice the time from 20 to 80 % takes this many time constants; that is how Boore
& Thompson (2014) measure durations."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a wave: amplitude by time since the onset, and how much further it has travelled, s."""

    first_s: float
    last_s: float
    detour_s: float


def direct(tau_s: FloatArray, rupture_s: float, path_s: float) -> FloatArray:
    """Amplitude of the direct wave, ``tau_s`` after the onset.

    Its square is a box as long as the rupture lasts, smeared by the detours; the integral of that is 1.

    >>> tau = np.arange(100_000) / 1000.0
    >>> float((direct(tau, 3.0, 5.0) ** 2).sum() / 1000.0).__round__(3)
    1.0
    """
    decay_s = max(path_s, 0.02) / DECAYS_PER_DURATION
    inside = -np.expm1(-np.minimum(tau_s, rupture_s) / decay_s)
    after = np.exp(-np.maximum(tau_s - rupture_s, 0.0) / decay_s)
    return np.asarray(np.sqrt(np.where(tau_s < 0, 0.0, inside * after) / rupture_s))


def coda(tau_s: FloatArray, travel_s: float, speed_km_s: float, decay_s: float) -> FloatArray:
    """Amplitude of what was scattered once, in the units of :func:`direct`, before its longer way has attenuated it.

    Energy density of single isotropic scattering over that of the direct wave, Sato (1977), J. Phys. Earth 25, 27-41:
    ``g c ln((a + 1) / (a - 1)) / a`` at ``a`` times the travel time. It rises with the detours of the direct wave,
    as those are scattering too.
    """
    later = np.maximum(tau_s, 1e-3) / max(travel_s, 0.1)
    density = SCATTERING_PER_KM * speed_km_s * np.log1p(2.0 / later) / (1.0 + later)
    return np.asarray(np.sqrt(np.where(tau_s < 0, 0.0, -density * np.expm1(-np.maximum(tau_s, 0.0) / decay_s))))


def coda_parts() -> list[Part]:
    """The coda's pieces, each with the detour of its middle."""
    return [Part(first, last, (first + last) / 2) for first, last in pairwise(CODA_EDGES_S)]


def fade(tau_s: FloatArray, part: Part) -> FloatArray:
    """(n,) amplitude of a piece: it fades over into its neighbours so that energies add up; the last fades out."""
    rise = np.ones_like(tau_s) if part.first_s == 0 else np.clip((tau_s - part.first_s) / FADE_S + 0.5, 0.0, 1.0)
    last = part.last_s == CODA_EDGES_S[-1]
    out = (part.last_s - part.first_s) / 3 if last else FADE_S
    middle = part.last_s - out / 2 if last else part.last_s
    fall = np.clip((middle - tau_s) / out + 0.5, 0.0, 1.0)
    return np.asarray(np.sqrt(rise * fall))

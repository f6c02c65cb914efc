"""Strong shaking at one station with an accelerometer and a seismometer, and what else its channels may show."""

from collections.abc import Iterable, Sequence

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.motion import Motion
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipts
from seismonet.feed import in_order, steps
from seismonet.pipeline import Fact, StationPipeline
from tests.support.receipts import cut, table

PLACE = {"XX.A": (38.0, 72.0)}
HN, HH = ("HNZ", "HNN", "HNE"), ("HHZ", "HHN", "HHE")
GAINS = {"HN": 2.04e5, "HH": 3.0172e8}
FULL = 8_388_607
Counts = dict[str, FloatArray]


def shaking(
    seconds: float,
    p_s: float,
    s_s: float,
    gal: float,
    rate_hz: float = 100.0,
    *,
    upright: float = 1.0,
    p: float = 0.15,
    seed: int = 0,
) -> FloatArray:
    """(3, n) m/s**2: waves of 3 Hz, nearly, that begin with P and with S; each component has a peak of ``gal`` in S."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    parts = []
    for k, share in enumerate((upright, 1.0, 1.0)):
        envelope = sum(
            size * np.where(time >= at, np.exp(-(time - at) / 5) * np.clip((time - at) / 0.4, 0, 1), 0)
            for at, size in ((p_s, p), (s_s, 1.0))
        )
        wave = np.sin(2 * np.pi * (3 + 0.7 * k) * time + k + seed) + 0.5 * np.sin(2 * np.pi * 5.3 * time + 2 * k)
        parts.append(share * envelope * wave)
    parts = [one / max(np.abs(one).max(), 1e-30) * share for one, share in zip(parts, (upright, 1.0, 1.0), strict=True)]
    return gal * 0.01 * np.stack(parts)


def counts(ground: FloatArray, rate_hz: float = 100.0, seed: int = 0) -> Counts:
    """What both sensors make of it, with an offset, their noise and their stops."""
    rng = np.random.default_rng(seed)
    from scipy.signal import lfilter

    # a seismometer of 60 s comes back to rest
    velocity = lfilter([1.0, -1.0], [1.0, -np.exp(-2 * np.pi / 60 / rate_hz)], np.cumsum(ground, axis=1) / rate_hz)
    found: Counts = {}
    for names, motion, noise, offset in ((HN, ground, 2e-5, 5000.0), (HH, velocity, 1e-7, -300.0)):
        gain = GAINS[names[0][:2]]
        for name, one in zip(names, motion, strict=True):
            found[name] = (one + rng.standard_normal(len(one)) * noise) * gain + offset
    return found


def receipts(
    channels: Counts, rate_hz: float = 100.0, lengths: Sequence[int] = (100,), latency_s: float = 0.5
) -> Receipts:
    """Records in the order of their arrival."""
    found = []
    for channel, samples in channels.items():
        whole = np.clip(np.round(samples), -FULL - 1, FULL).astype(np.int32)
        found += cut(SourceId("XX", "A", "00", channel), whole, list(lengths), rate_hz, round(latency_s * 1e9))
    return in_order([Receipts.of(found)])


def facts(sent: Receipts, rate_hz: float = 100.0, span_s: float = 20.0, restart: bool = False) -> list[Fact]:
    """What the station tells."""
    pipeline = StationPipeline(table(PLACE, (*HN, *HH), rate_hz))
    found: list[Fact] = []
    for batch, tick in steps(sent, span_s):
        found += pipeline.step(batch, tick)
        if restart:
            saved = pipeline.save()
            pipeline = StationPipeline(table(PLACE, (*HN, *HH), rate_hz))
            pipeline.load(saved)
    return found


def motions(found: Iterable[object]) -> list[Motion]:
    """The motions among facts."""
    return [one for one in found if isinstance(one, Motion)]


def told(channels: Counts, rate_hz: float = 100.0) -> list[Motion]:
    """The motions that a station tells of what its channels show."""
    return motions(facts(receipts(channels, rate_hz), rate_hz))


def only(channels: Counts, names: Iterable[str]) -> Counts:
    """Some of the channels."""
    return {name: channels[name] for name in names}


NUISANCES = (
    "square waves", "step", "spike", "spikes", "one axis", "dead axis", "mass centred", "runs into its stop",
    "binary sequence",
)  # fmt: skip


def disturb(channels: Counts, kind: str, at: int, rng: np.random.Generator) -> Counts:
    """All channels of both sensors with something electronic from sample ``at`` on, the same on each of them."""
    changed = {name: one.copy() for name, one in channels.items()}
    for name, one in changed.items():
        size = 1e5 if name.startswith("HN") else 3e6
        n = len(one) - at
        if kind == "square waves":
            one[at : at + 300] += size
            one[at + 300 : at + 600] -= size
        elif kind == "step":
            one[at:] += size
        elif kind == "spike":
            one[at] += 10 * size
        elif kind == "spikes":
            for k in range(8):
                one[at + 37 * k : at + 37 * k + 2] += size * (-1) ** k
        elif kind == "one axis" and name == "HNN":
            one[at : at + 300] += rng.standard_normal(300) * 3 * size
        elif kind == "dead axis" and name == "HNE":
            one[at:] = 0.0
        elif kind == "mass centred" and name.startswith("HH"):
            one[at:] += size * np.exp(-np.arange(n) / 800) * np.cos(np.arange(n) / 1500)
        elif kind == "runs into its stop" and name.startswith("HH"):
            one[at : at + 400], one[at + 400 : at + 800] = FULL, -FULL
            one[at + 800 :] -= 8e6 * np.exp(-np.arange(n - 800) / 1000)
        elif kind == "binary sequence":
            bits = np.repeat(np.random.default_rng(1).integers(0, 2, 30) * 2 - 1, 25)
            one[at : at + len(bits)] += bits * size
    return changed

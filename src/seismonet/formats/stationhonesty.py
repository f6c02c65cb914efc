"""Checks of what is well formed and may still be untrue: amplitudes, delays, placeholders, assumptions."""

import cmath
import math
import re
from collections.abc import Iterator

import numpy as np

from seismonet.core.geo import distance_km

from .stationrules import ERROR, Finding, breach
from .stationview import ChannelView, Response, Stage, StationView

PLACEHOLDERS = (
    ("0 N 0 E", 0.0, 0.0),
    ("the centre of Khorugh", 37.49039, 71.55337),
    ("the centre of Murghob", 38.17023, 73.96674),
    ("the centre of Rushon", 37.94487, 71.55745),
    ("the centre of Ishqoshim", 36.72484, 71.61331),
    ("the centre of Vanj", 38.37078, 71.45474),
    ("the centre of Dushanbe", 38.53575, 68.77905),
    ("the Usoi dam", 38.2733, 72.6042),
)
"""Places that stand for "somewhere near" and not for an instrument. Towns: GeoNames, CC BY 4.0."""
_PLACEHOLDER_KM = 0.2
_ADMITTED = re.compile(
    r"\b(?:town|city|village) cent(?:re|er)\b|\bplaceholder\b|\bassumed (?:place|position|coordinates)\b", re.I
)
_AMPLITUDE_TOLERANCE, _AMPLITUDE_WRONG = 0.01, 0.1
_SUM_TOLERANCE = 1e-3


def honest_station(station: StationView) -> Iterator[Finding]:
    """Breaches of rules 908 and 909 by one station with its channels."""
    node = station.node
    if node.latitude is not None and node.longitude is not None:
        for name, latitude, longitude in PLACEHOLDERS:
            if float(distance_km(node.latitude, node.longitude, latitude, longitude)) < _PLACEHOLDER_KM:
                level = ERROR if latitude == longitude == 0 else ""
                yield breach(908, node.where, f"these are the coordinates of {name}", level)
    admitted = next((text for text in node.comments if _ADMITTED.search(text)), "")
    if admitted and "ASSUMED" not in admitted:
        yield breach(908, node.where, f"a Comment says {admitted!r}")
    comments = [comment for channel in station.channels for comment in channel.node.comments]
    assumed = dict.fromkeys(text for text in (*node.comments, *comments) if "ASSUMED" in text)
    if assumed:
        first = next(iter(assumed))
        yield breach(909, node.where, f"{len(assumed)} Comments say ASSUMED, such as {first!r}")


def honest_channel(channel: ChannelView, station: StationView) -> Iterator[Finding]:
    """Breaches of rules 901 to 905 and 907 by one channel."""
    response, where = channel.response, channel.node.where
    if channel.soh or response is None or response.polynomial:
        return
    if not any(stage.kind for stage in response.stages):
        yield breach(905, where, "the response is a sensitivity and nothing else")
    said = " ".join((*channel.node.comments, *station.node.comments)).lower()
    if "nominal" not in said and "calibrated" not in said:
        yield breach(907, where, "no Comment says nominal or calibrated")
    yield from _amplitude(response, where)
    for stage in response.stages:
        yield from _filter(stage, where)
        yield from _normalization(stage, where)


def _amplitude(response: Response, where: str) -> Iterator[Finding]:
    value, frequency = (response.sensitivity or (None, None, "", ""))[:2]
    if not value or frequency is None or not response.stages or any(not stage.gain for stage in response.stages):
        return  # rules 410, 413, 416 and 905 tell these
    if any(0 in stage.zeros and 0 in (frequency, stage.gain_hz) for stage in response.stages):
        return  # rule 414
    product = 1.0
    for stage in response.stages:
        relative = _relative(stage, frequency)
        if relative is None:
            text = (
                f"stage {stage.number} ({stage.kind}) does not say what it does at {frequency:g} Hz: nothing to compare"
            )
            yield breach(901, where, text)
            return
        product *= (stage.gain or 0.0) * relative
    off = product / value - 1
    if abs(off) > _AMPLITUDE_TOLERANCE:
        level = ERROR if abs(off) > _AMPLITUDE_WRONG else ""
        text = f"the stages give {product:.5g} at {frequency:g} Hz, the sensitivity says {value:.5g} ({off:+.1%})"
        yield breach(901, where, text, level)


def _relative(stage: Stage, frequency_hz: float) -> float | None:
    """Amplitude of a stage over its gain, as evalresp has it; None where its values do not say.

    The gain of poles and zeros is that at its own frequency. The taps of a FIR filter are used as they are, scaled to
    the sum of 1: its gain is that at 0 Hz, whatever frequency it is stated for.
    """
    fir = stage.digital and stage.kind != "PolesZeros" and not stage.denominator
    reference_hz = 0.0 if fir else (frequency_hz if stage.gain_hz is None else stage.gain_hz)
    here, there = transfer(stage, frequency_hz), transfer(stage, reference_hz)
    if here is None or not there or not np.isfinite([here, there]).all():
        return None
    return abs(here) / abs(there)


def _filter(stage: Stage, where: str) -> Iterator[Finding]:
    taps = stage.numerator
    if not stage.digital or stage.kind == "PolesZeros" or stage.denominator:
        return
    if taps and abs(sum(taps) - 1) > _SUM_TOLERANCE:
        yield breach(903, where, f"the {len(taps)} taps of stage {stage.number} add up to {sum(taps):g}")
    decimation = stage.decimation
    if decimation is None or decimation.delay_s is None or not decimation.rate_hz:
        return
    if decimation.correction_s is not None and not _close(decimation.correction_s, decimation.delay_s):
        said = f"is delayed {decimation.delay_s:g} s and corrected {decimation.correction_s:g} s"
        yield breach(902, where, f"stage {stage.number} {said}")
    symmetric = len(taps) > 1 and np.allclose(taps, taps[::-1], rtol=1e-4, atol=1e-9)
    delay_s = (len(taps) - 1) / 2 / decimation.rate_hz
    if symmetric and not _close(decimation.delay_s, delay_s):
        said = f"is delayed {decimation.delay_s:g} s, by its {len(taps)} symmetric taps {delay_s:g} s"
        yield breach(902, where, f"stage {stage.number} {said}")


def _close(one_s: float, other_s: float) -> bool:
    """Equal as far as a sample's time is concerned: to 1 % or 0.1 ms."""
    return abs(one_s - other_s) <= max(1e-4, 0.01 * abs(other_s))


def _normalization(stage: Stage, where: str) -> Iterator[Finding]:
    if stage.kind != "PolesZeros" or stage.normalization is None or stage.normalization_hz is None:
        return
    if stage.normalization == 0:
        yield breach(904, where, f"stage {stage.number}: the factor is 0")
        return
    shape = transfer(stage, stage.normalization_hz)
    if shape and abs(abs(shape) - 1) > _AMPLITUDE_TOLERANCE:
        right = stage.normalization / abs(shape)
        said = f"factor {stage.normalization:.6g}, but {right:.6g} makes it 1 at {stage.normalization_hz:g} Hz"
        yield breach(904, where, f"stage {stage.number}: {said}")


def transfer(stage: Stage, frequency_hz: float) -> complex | None:
    """What a stage does to a sine, without its gain; None where its values do not say.

    Poles and zeros: ``A0 prod(s - zero) / prod(s - pole)``, ``s = 2 pi i f`` (or ``i f`` when given in hertz); digital:
    ``sum b z**-k / sum a z**-k``, ``z = exp(2 pi i f / rate)``.
    """
    rate_hz = stage.decimation.rate_hz if stage.decimation is not None else None
    if stage.kind in ("FIR", "Coefficients") and stage.digital and len(stage.numerator) < 2 and not stage.denominator:
        return complex(*stage.numerator or (1.0,))  # one tap is the same at every frequency, and at every rate
    if stage.kind in ("ResponseList", "Polynomial") or (stage.digital and not rate_hz):
        return None
    if stage.kind == "PolesZeros":
        s = 1j * frequency_hz if "HERTZ" in stage.function else 2j * math.pi * frequency_hz
        if rate_hz and stage.digital:
            s = cmath.exp(2j * math.pi * (frequency_hz / rate_hz % 1.0))
        over = math.prod((s - zero for zero in stage.zeros), start=1 + 0j)
        under = math.prod((s - pole for pole in stage.poles), start=1 + 0j)
        return (stage.normalization or 1.0) * over / under if under else None
    if not stage.kind or not rate_hz or not stage.digital:
        return 1 + 0j
    z = cmath.exp(-2j * math.pi * (frequency_hz / rate_hz % 1.0))
    over = complex(np.polyval((stage.numerator or (1.0,))[::-1], z))
    under = complex(np.polyval((stage.denominator or (1.0,))[::-1], z))
    return over / under if under else None

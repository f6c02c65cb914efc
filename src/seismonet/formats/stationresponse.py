"""Checks of responses: stages in order, units and rates that join, gains that multiply."""

import math
from collections.abc import Iterator

from .stationrules import WARNING, Finding, breach
from .stationunits import canonical, only_case_differs
from .stationview import ChannelView, Response, Stage

_GAIN_TOLERANCE = 0.01
_RATE_TOLERANCE = 1e-3


def check_response(channel: ChannelView) -> Iterator[Finding]:
    """Breaches of rules 321 and 401 to 423 (and 906) by one channel."""
    where, response = channel.node.where, channel.response
    if response is None:
        yield breach(416, where, "there is no response")
        return
    yield from _units(response, where)
    yield from _order(response, where)
    yield from _polynomial(response, where)
    yield from _decimation(channel, response)
    for stage in response.stages:
        yield from _stage(stage, where)
    if not response.polynomial:
        yield from _motion(channel, response)
        yield from _sensitivity(channel, response)
        for stage in response.stages:
            yield from _gain(stage, where)


def _motion(channel: ChannelView, response: Response) -> Iterator[Finding]:
    if channel.instrument not in "HLN" or len(channel.node.code) != 3 or not response.stages:
        return
    named = [unit for stage in response.stages for unit in (stage.input_units, stage.output_units) if unit]
    if not named and response.sensitivity is not None:
        named = list(response.sensitivity[2:])  # bare gains name no units of their own
    first, last = (named[0], named[-1]) if named else ("", "")
    if "m/s" not in (canonical(first) or first).lower() or canonical(last) != "count":
        yield breach(321, channel.node.where, f"it turns {first or 'unnamed units'} into {last or 'unnamed units'}")


def _units(response: Response, where: str) -> Iterator[Finding]:
    named = [unit for stage in response.stages for unit in (stage.input_units, stage.output_units) if unit]
    if response.sensitivity is not None:
        named += [unit for unit in response.sensitivity[2:] if unit]
    for unit in dict.fromkeys(named):
        right = canonical(unit)
        if right is None:
            yield breach(402, where, f"{unit!r} is no known unit")
        elif only_case_differs(unit):
            yield breach(402, where, f"{unit!r} ought to be {right!r}", WARNING)
        elif right != unit:
            yield breach(906, where, f"{unit!r} ought to be {right!r}")


def _order(response: Response, where: str) -> Iterator[Finding]:
    numbers = [stage.number for stage in response.stages]
    if numbers != list(range(1, len(numbers) + 1)):
        yield breach(401, where, f"the stages are numbered {', '.join(str(number) for number in numbers)}")
    given = ""
    for stage in response.stages:
        taken = stage.input_units
        if given and taken and (canonical(given) or given) != (canonical(taken) or taken):
            yield breach(403, where, f"stage {stage.number} takes {taken}, but is given {given}")
        given = stage.output_units or given
    if len(response.stages) == 1 and response.stages[0].kind == "ResponseList":
        yield breach(405, where, "the only stage is a ResponseList")


def _polynomial(response: Response, where: str) -> Iterator[Finding]:
    staged = any(stage.kind == "Polynomial" for stage in response.stages)
    if staged and not response.polynomial:
        yield breach(415, where, "a polynomial stage, but no InstrumentPolynomial")
    if response.polynomial and response.stages and not staged:
        yield breach(415, where, "an InstrumentPolynomial, but no polynomial stage")
    if not response.polynomial and response.sensitivity is None:
        yield breach(416, where, "there is no InstrumentSensitivity")


def _stage(stage: Stage, where: str) -> Iterator[Finding]:
    if stage.digital:
        missing = [name for name, part in (("Decimation", stage.decimation), ("StageGain", stage.gain)) if part is None]
        if missing:
            yield breach(404, where, f"digital stage {stage.number} has no {' and no '.join(missing)}")
    if stage.decimation is not None and stage.gain is not None and not stage.kind:
        yield breach(423, where, f"stage {stage.number} thins the samples without a filter")


def _gain(stage: Stage, where: str) -> Iterator[Finding]:
    if stage.kind == "Polynomial":
        return
    if stage.gain is None or stage.gain <= 0 or stage.gain_hz is None:
        gain = "no gain" if stage.gain is None else f"gain {stage.gain:g}"
        at = "no frequency" if stage.gain_hz is None else f"{stage.gain_hz:g} Hz"
        yield breach(413, where, f"stage {stage.number} has {gain} at {at}")
    if stage.gain_hz == 0 and _blind(stage):
        yield breach(414, where, f"stage {stage.number} has a zero at 0 and its gain at 0 Hz")


def _blind(stage: Stage) -> bool:
    """Does the stage suppress constant motion?"""
    return stage.kind == "PolesZeros" and not stage.digital and any(zero == 0 for zero in stage.zeros)


def _sensitivity(channel: ChannelView, response: Response) -> Iterator[Finding]:
    if response.sensitivity is None:
        return
    where = channel.node.where
    value, frequency, *_ = response.sensitivity
    if value is None or value <= 0 or frequency is None or frequency < 0:
        said = "no sensitivity" if value is None else f"sensitivity {value:g}"
        yield breach(410, where, f"{said} at {'no frequency' if frequency is None else f'{frequency:g} Hz'}")
        return
    if channel.rate_hz and frequency >= channel.rate_hz / 2:
        yield breach(411, where, f"{frequency:g} Hz is not below half of {channel.rate_hz:g} Hz")
    if frequency == 0 and any(_blind(stage) for stage in response.stages):
        yield breach(414, where, "a stage has a zero at 0, and the sensitivity is given at 0 Hz")
    gains = [stage.gain for stage in response.stages]
    if not gains or any(stage.gain_hz != frequency for stage in response.stages) or None in gains:
        return
    product = math.prod(gain for gain in gains if gain is not None)
    if abs(product - value) > _GAIN_TOLERANCE * value:
        yield breach(412, where, f"sensitivity {value:g}, product of the gains {product:g}")


def _decimation(channel: ChannelView, response: Response) -> Iterator[Finding]:
    where, rate_hz = channel.node.where, channel.rate_hz
    thinning = [stage for stage in response.stages if stage.decimation is not None]
    if not thinning:
        if response.stages and rate_hz:
            yield breach(420, where, "no stage has a Decimation")
        return
    given: float | None = None
    for stage in thinning:
        decimation = stage.decimation
        if decimation is None:
            continue
        if given and decimation.rate_hz and abs(decimation.rate_hz / given - 1) > _RATE_TOLERANCE:
            yield breach(422, where, f"stage {stage.number} takes {decimation.rate_hz:g} Hz, but is given {given:g} Hz")
        given = decimation.out_hz
    if given and rate_hz and abs(given / rate_hz - 1) > _RATE_TOLERANCE:
        yield breach(421, where, f"the stages end at {given:g} Hz, the channel has {rate_hz:g} Hz")

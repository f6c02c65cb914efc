"""From the ground's motion to counts as a channel's StationXML response has it, with nothing before an onset.

A response in StationXML tells amplitudes and phases, and its decimation filters often look ahead. Here the slow poles
and zeros of the sensor become a recursive filter, and all that is fast (the sensor's upper corner, the digitizer's
filters) the causal filter of the same amplitudes that delays least. That delay, one or two samples, is not corrected.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.inventory import Channel, ChannelTable
from seismonet.core.sourceid import SourceId

from .minimumphase import minimum_phase

FINE_HZ = 400.0
"""Motion is made at this rate at least, before the digitizer's filter takes away what its own rate cannot hold."""
TAPS = 2048
SLOW_HZ = 1.0
LEAST = 1e-6
ALIAS_CORNER, ALIAS_ORDER = 0.44, 8
"""Anti-alias filter of a digitizer whose filters the response does not tell: -3 dB at this part of the sampling rate,
as the usual one has it; Butterworth's amplitudes of this order."""
SETTLE_S = 120.0
"""How long before the first sample a motion has to begin, for the slow filter to have forgotten the beginning."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """Causal filters of one channel, for motion that has ``step`` samples for each of the channel's.

    ``sections`` (k, 6) second-order sections, ``taps`` (n,) in counts per SI unit. ``filter_s`` is how much later than
    its time a sample leaves the digitizer's filters, by the response: the sum of its stages' delays.
    """

    step: int
    sections: FloatArray
    taps: FloatArray
    filter_s: float = 0.0

    def ideal(self, motion: FloatArray, first: int) -> FloatArray:
        """Counts, neither rounded nor clipped, of a motion in SI units; from its fine sample ``first`` on."""
        from scipy.signal import fftconvolve, sosfilt

        slow = sosfilt(self.sections, motion) if len(self.sections) else motion
        return np.asarray(fftconvolve(slow, self.taps)[: len(motion)][first :: self.step])


def step_of(rate_hz: float) -> int:
    """How many fine samples a sample has.

    >>> step_of(100.0), step_of(200.0), step_of(500.0)
    (4, 2, 1)
    """
    return max(int(np.ceil(FINE_HZ / rate_hz)), 1)


def instruments(inventory: Any, table: ChannelTable, time_ns: int) -> dict[SourceId, Instrument]:
    """Of all channels of a table that have a response with stages at a time, by name.

    ``inventory`` is ObsPy's, of the same stations. Channels of one sensor share theirs when it is equal.
    """
    found: dict[SourceId, Instrument] = {}
    made: dict[str, Instrument] = {}
    for name, response in _responses(inventory, table, time_ns):
        channel = table.find(name, time_ns)
        if channel is not None:
            text = f"{channel.quantity} {channel.rate_hz} {channel.sensitivity} {_stages(response)}"
            if text not in made:
                made[text] = instrument(response, channel)
            found[name] = made[text]
    return found


def _responses(inventory: Any, table: ChannelTable, time_ns: int) -> Iterable[tuple[SourceId, Any]]:
    for network in inventory:
        for station in network:
            for one in station:
                location = (one.location_code or "").strip().replace("--", "")
                name = SourceId(network.code, station.code, location, one.code)
                begun = one.start_date is None or int(one.start_date.ns) <= time_ns
                over = one.end_date is not None and int(one.end_date.ns) <= time_ns
                if begun and not over and one.response is not None and one.response.response_stages:
                    yield name, one.response


def _stages(response: Any) -> str:
    """All that tells one response from another."""
    return repr([sorted((key, str(value)) for key, value in vars(one).items()) for one in response.response_stages])


def instrument(response: Any, channel: Channel) -> Instrument:
    """The causal filters of an ObsPy Response at a channel's rate. ValueError for a channel that measures counts."""
    outputs = {"velocity": "VEL", "acceleration": "ACC"}
    if channel.quantity not in outputs:
        raise ValueError(f"{channel.source_id} measures {channel.quantity}, not velocity or acceleration")
    step = step_of(channel.rate_hz)
    fine_hz = channel.rate_hz * step
    frequency: FloatArray = np.asarray(np.fft.rfftfreq(TAPS, 1 / fine_hz), dtype=np.float64)
    # at frequency 0 there may be nothing; the slow part takes care of that
    heard = np.maximum(frequency, frequency[1] / 4)
    zeros, poles = _slow(response)
    whole = np.abs(response.get_evalresp_response_for_frequencies(heard, output=outputs[channel.quantity]))
    s = 2j * np.pi * heard
    slow = np.abs(np.prod([s - zero for zero in zeros], axis=0) / np.prod([s - pole for pole in poles], axis=0))
    fast = whole / slow if zeros or poles else whole
    if not _filtered(fast, frequency, channel.rate_hz):
        fast = fast / np.sqrt(1 + (frequency / (ALIAS_CORNER * channel.rate_hz)) ** (2 * ALIAS_ORDER))
    taps = minimum_phase(np.maximum(fast, LEAST * fast.max()))
    filter_s = sum(stage.decimation_delay or 0.0 for stage in response.response_stages)
    return Instrument(step, _sections(zeros, poles, fine_hz), taps, float(filter_s))


def _slow(response: Any) -> tuple[list[complex], list[complex]]:
    """Zeros and poles (rad/s) below 1 Hz of the analog stages."""
    zeros: list[complex] = []
    poles: list[complex] = []
    for stage in response.response_stages:
        kind = getattr(stage, "pz_transfer_function_type", "")
        if kind.startswith("LAPLACE"):
            unit = 2 * np.pi if "HERTZ" in kind else 1.0
            for numbers, into in ((stage.zeros, zeros), (stage.poles, poles)):
                into += [unit * complex(one) for one in numbers if abs(unit * complex(one)) < 2 * np.pi * SLOW_HZ]
    return zeros, poles


def _filtered(fast: FloatArray, frequency: FloatArray, rate_hz: float) -> bool:
    """Does the response itself tell of filters that end where the sampling rate does?"""
    passed = fast[(frequency > 0.05 * rate_hz) & (frequency < 0.2 * rate_hz)].max()
    stopped = fast[(frequency > 0.6 * rate_hz) & (frequency < 0.9 * rate_hz)]
    return not len(stopped) or bool(stopped.max() < passed / 10)


def _sections(zeros: list[complex], poles: list[complex], rate_hz: float) -> FloatArray:
    """The slow part as second-order sections, by the bilinear transform, which is exact far below the sampling rate."""
    from scipy.signal import bilinear_zpk, zpk2sos

    if not zeros and not poles:
        return np.empty((0, 6))
    return np.asarray(zpk2sos(*bilinear_zpk(np.array(zeros), np.array(poles), 1.0, fs=rate_hz)))


Instruments = Mapping[SourceId, Instrument]

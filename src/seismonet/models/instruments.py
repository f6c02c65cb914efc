"""Nominal instruments: what the maker states for a model, before anyone has calibrated the one in the ground.

Poles and zeros are in rad/s. Values: Nanometrics user guides, as in EarthScope's Nominal Response Library (NS124, NS127
to NS129, NN417 and following) and GeoNet's instrument tables. Filter taps are not here: the digitizer's own export
brings them (``seismonet stations import``).
"""

import math
from dataclasses import dataclass

from seismonet.core.errors import QueryError

REFERENCE_HZ = 1.0
"""Frequency at which every sensitivity below holds."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """A model of seismometer (instrument code H) or accelerometer (N).

    ``volts_per_unit`` is its sensitivity in V/(m/s) or V/(m/s**2), by ``input_units``.
    """

    code: str
    name: str
    manufacturer: str
    instrument_code: str
    input_units: str
    volts_per_unit: float
    zeros: tuple[complex, ...]
    poles: tuple[complex, ...]

    @property
    def normalization(self) -> float:
        """The factor A0 that makes zeros over poles 1 at the reference frequency."""
        s = 2j * math.pi * REFERENCE_HZ
        return abs(math.prod((s - pole for pole in self.poles), start=1 + 0j)) / abs(
            math.prod((s - zero for zero in self.zeros), start=1 + 0j)
        )


@dataclass(frozen=True, slots=True)
class Digitizer:
    """A model of digitizer in one setting.

    ``delay_s`` is what its decimation filters delay the samples, and what the time stamps are corrected for. ``phase``
    is ``linear`` (to 0.4 of the sampling rate there is nothing but the delay) or ``minimum`` (at 100 Hz and below 20 Hz
    the filters change amplitudes by up to 1.2 % and phases by up to 17 degrees; compared with a published response).
    """

    code: str
    name: str
    manufacturer: str
    counts_per_volt: float
    full_scale_counts: float
    rate_hz: float
    modulator_hz: float
    delay_s: float
    phase: str


@dataclass(frozen=True, slots=True)
class HealthChannel:
    """A state-of-health channel: what it tells, in which unit a count is, and how sure that is."""

    code: str
    meaning: str
    confidence: str


def _pairs(*numbers: complex) -> tuple[complex, ...]:
    """Each complex number with its conjugate, real ones alone."""
    return tuple(one for number in numbers for one in ((number, number.conjugate()) if number.imag else (number,)))


def _symmetric_delay_s(*stages: tuple[int, float]) -> float:
    """Delay of symmetric filters: (taps - 1) / 2 samples at the rate that each takes in."""
    return sum((taps - 1) / 2 / rate_hz for taps, rate_hz in stages)


_TITAN_ZEROS, _TITAN_POLES = _pairs(-515 + 0j), _pairs(-977 + 328j, -1486 + 2512j, -5736 + 4946j)

SENSORS = (
    Sensor(
        "trillium-compact-120", "Trillium Compact 120 s", "Nanometrics", "H", "m/s", 754.3,
        zeros=_pairs(0j, 0j, -392 + 0j, -1960 + 0j, -1490 + 1740j),
        poles=_pairs(
            -0.03691 + 0.03702j, -343 + 0j, -370 + 467j, -836 + 1522j, -4900 + 4700j, -6900 + 0j, -15000 + 0j
        ),
    ),
    Sensor("titan-4g", "Titan, 4 g range", "Nanometrics", "N", "m/s**2", 0.51, _TITAN_ZEROS, _TITAN_POLES),
    Sensor("titan-2g", "Titan, 2 g range", "Nanometrics", "N", "m/s**2", 1.02, _TITAN_ZEROS, _TITAN_POLES),
    Sensor("titan-1g", "Titan, 1 g range", "Nanometrics", "N", "m/s**2", 2.04, _TITAN_ZEROS, _TITAN_POLES),
)  # fmt: skip
DIGITIZERS = tuple(
    Digitizer(
        f"centaur-{rate:.0f}-{letter}", f"Centaur, {rate:.0f} Hz, {phase} phase, 40 Vpp", "Nanometrics",
        4.0e5, 8.0e6, rate, 30_000.0, delay_s, phase,
    )
    for rate, letter, phase, delay_s in (
        (100.0, "lp", "linear", _symmetric_delay_s((165, 30_000.0), (187, 2000.0), (223, 200.0))),
        (100.0, "mp", "minimum", 0.0842),
        (200.0, "lp", "linear", _symmetric_delay_s((173, 30_000.0), (95, 2000.0), (223, 400.0))),
        (200.0, "mp", "minimum", 0.0439),
    )
)  # fmt: skip
HEALTH_CHANNELS = (
    HealthChannel("LCQ", "clock quality in per cent: 100 locked, 90 coarse, 70 free running, then falling", "high"),
    HealthChannel("LCE", "phase error of the clock in microseconds", "high"),
    HealthChannel("GST", "GNSS receiver: 0 off, 1 not locked, 2 locked", "high"),
    HealthChannel("GNS", "number of GNSS satellites used", "high"),
    HealthChannel("GLA", "GNSS latitude in millionths of a degree", "medium"),
    HealthChannel("GLO", "GNSS longitude in millionths of a degree", "medium"),
    HealthChannel("VDT", "temperature of the digitizer in hundredths of a degree Celsius", "medium"),
    HealthChannel("VM1", "mass position 1 of the seismometer, whether in mV or in uV is unknown", "medium"),
    HealthChannel("VM2", "mass position 2 of the seismometer, whether in mV or in uV is unknown", "medium"),
    HealthChannel("VM3", "mass position 3 of the seismometer, whether in mV or in uV is unknown", "medium"),
    HealthChannel("VEI", "supply voltage in mV", "low"),
    HealthChannel("VEC", "supply current in mA", "low"),
)  # fmt: skip


def sensor(code: str, instrument_code: str) -> Sensor:
    """A seismometer (H) or accelerometer (N) of the catalogue; QueryError with the known codes otherwise."""
    known = {one.code: one for one in SENSORS if one.instrument_code == instrument_code}
    if code not in known:
        kind = "seismometer" if instrument_code == "H" else "accelerometer"
        raise QueryError(f"{kind} {code!r} is not in the catalogue; known are {', '.join(known)}")
    return known[code]


def digitizer(code: str) -> Digitizer:
    """A digitizer of the catalogue; QueryError with the known codes otherwise."""
    known = {one.code: one for one in DIGITIZERS}
    if code not in known:
        raise QueryError(f"digitizer {code!r} is not in the catalogue; known are {', '.join(known)}")
    return known[code]

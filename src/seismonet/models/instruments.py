"""Nominal instruments: sensors and digitizers with their published values.

Poles and zeros are in radians per second. The values are those of the manufacturers' nominal responses (Nanometrics, as
published in the Nominal Response Library and by GeoNet); a real instrument differs by its calibration sheet.
"""

from dataclasses import dataclass

from seismonet.core.errors import QueryError


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor: what it measures, how many volts it gives, and its poles and zeros."""

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
        """A0: makes the product of zeros over poles one at 1 Hz."""
        s = 2j * 3.141592653589793
        value = 1.0 + 0j
        for zero in self.zeros:
            value *= s - zero
        for pole in self.poles:
            value /= s - pole
        return 1 / abs(value)


@dataclass(frozen=True, slots=True)
class Digitizer:
    """A digitizer: counts per volt, full scale, sampling rate, and the delay of its decimation filters."""

    code: str
    name: str
    manufacturer: str
    counts_per_volt: float
    full_scale_counts: float
    rate_hz: float
    modulator_hz: float
    delay_s: float
    phase: str


def _pairs(*numbers: complex) -> tuple[complex, ...]:
    """Each complex number with its conjugate, real ones alone."""
    return tuple(one for number in numbers for one in ((number, number.conjugate()) if number.imag else (number,)))


_TRILLIUM_COMPACT_ZEROS = _pairs(0j, 0j, -392 + 0j, -1960 + 0j, -1490 + 1740j)
_TRILLIUM_COMPACT_POLES = _pairs(
    -0.03691 + 0.03702j, -343 + 0j, -370 + 467j, -836 + 1522j, -4900 + 4700j, -6900 + 0j, -15000 + 0j
)
_TITAN_ZEROS, _TITAN_POLES = _pairs(-515 + 0j), _pairs(-977 + 328j, -1486 + 2512j, -5736 + 4946j)

SENSORS = (
    Sensor(
        "trillium-compact-120", "Trillium Compact 120 s", "Nanometrics", "H", "m/s", 754.3,
        _TRILLIUM_COMPACT_ZEROS, _TRILLIUM_COMPACT_POLES,
    ),
    Sensor(
        "trillium-compact-120-high", "Trillium Compact 120 s, high gain", "Nanometrics", "H", "m/s", 1500.0,
        _TRILLIUM_COMPACT_ZEROS, _TRILLIUM_COMPACT_POLES,
    ),
    Sensor("titan-4g", "Titan, 4 g range", "Nanometrics", "N", "m/s**2", 0.51, _TITAN_ZEROS, _TITAN_POLES),
    Sensor("titan-2g", "Titan, 2 g range", "Nanometrics", "N", "m/s**2", 1.02, _TITAN_ZEROS, _TITAN_POLES),
    Sensor("titan-1g", "Titan, 1 g range", "Nanometrics", "N", "m/s**2", 2.04, _TITAN_ZEROS, _TITAN_POLES),
)  # fmt: skip
DIGITIZERS = tuple(
    Digitizer(
        f"centaur-{rate:.0f}-{letter}", f"Centaur CTR4, {rate:.0f} sps, {phase} phase, 40 Vpp", "Nanometrics",
        4.0e5, 8.0e6, rate, 30_000.0, delay_s, phase,
    )
    for rate, letter, phase, delay_s in (
        (100.0, "lp", "linear", 0.604233), (100.0, "mp", "minimum", 0.0842),
        (200.0, "lp", "linear", 0.3039), (200.0, "mp", "minimum", 0.0439),
    )
)  # fmt: skip
HEALTH_CHANNELS = (
    ("GNS", "satellites used", ""),
    ("GST", "GNSS status: 0 off, 1 unlocked, 2 locked", ""),
    ("LCE", "absolute clock phase error", "us"),
    ("LCQ", "clock quality", "percent"),
    ("GLA", "latitude times a million", "degree"),
    ("GLO", "longitude times a million", "degree"),
    ("VDT", "digitizer temperature times a hundred", "degC"),
    ("VM1", "mass position, sensor A, first", "V"),
    ("VM2", "mass position, sensor A, second", "V"),
    ("VM3", "mass position, sensor A, third", "V"),
    ("VEI", "supply voltage", "mV"),
    ("VEC", "supply current", "mA"),
)


def sensor(code: str) -> Sensor:
    """A sensor of the catalogue; QueryError with the known codes otherwise."""
    for one in SENSORS:
        if one.code == code:
            return one
    raise QueryError(f"sensor {code!r} is not in the catalogue; known are {', '.join(s.code for s in SENSORS)}")


def digitizer(code: str) -> Digitizer:
    """A digitizer of the catalogue; QueryError with the known codes otherwise."""
    for one in DIGITIZERS:
        if one.code == code:
            return one
    raise QueryError(f"digitizer {code!r} is not in the catalogue; known are {', '.join(d.code for d in DIGITIZERS)}")

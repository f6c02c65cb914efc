"""Names of units in station metadata: the right ones, and the wrong ones that everybody understands."""

import re

KNOWN = frozenset(
    re.findall(
        r"\S+",
        """
        m m/s m/s**2 m/s**3 km mm nm nm/s nm/s**2 um um/s um/s**2 mm/s mm/s**2 cm cm/s cm/s**2 m/m m**3/m**3 m**2
        m**3 strain rad rad/s rad/s**2 nrad urad mrad deg degree V mV uV nV V/m mV/m A mA uA ohm W W/m**2 J C N F H
        kg g K degC Pa hPa kPa mPa uPa mbar bar T mT uT nT Hz s ms us ns min hour day s/s mm/hour mm/h % percent
        count count/s sample bit byte bit/s cycle number unitless unknown reboot gap
        """,
    )
)
ALIASES = {
    "counts": "count", "digital counts": "count", "cts": "count", "volt": "V", "volts": "V", "volts dc": "V",
    "ampere": "A", "amperes": "A", "m/s^2": "m/s**2", "m/s2": "m/s**2", "m/s/s": "m/s**2", "m/sec": "m/s",
    "m/sec**2": "m/s**2", "m/sec/sec": "m/s**2", "c": "degC", "celsius": "degC", "degrees": "deg", "pascal": "Pa",
    "pascals": "Pa", "seconds": "s", "hertz": "Hz", "meters": "m", "tesla": "T",
}  # fmt: skip
_BY_LOWER = {name.lower(): name for name in sorted(KNOWN)}


def canonical(name: str) -> str | None:
    """How the unit ought to be spelled; None for what is no unit.

    >>> canonical("M/S**2"), canonical("Counts"), canonical("furlong")
    ('m/s**2', 'count', None)
    """
    if name in KNOWN:
        return name
    lower = name.strip().lower()
    return ALIASES.get(lower) or _BY_LOWER.get(lower)


def only_case_differs(name: str) -> bool:
    """Is this a known unit but for capitals?"""
    return name not in KNOWN and name.lower() in _BY_LOWER

"""A StationXML document as it stands, faults included: what the checks look at.

ObsPy's classes refuse or leave out much of what a check must see, so the document is read here element by element; a
value that cannot be read is None and named in ``broken``.
"""

import io
import math
import re
from dataclasses import dataclass
from typing import Any

from seismonet.core.errors import FormatError
from seismonet.core.inventory import OPEN_END_NS
from seismonet.core.utc import from_iso

from .stationxml import Inventory, guard, is_soh

FILTERS = ("PolesZeros", "Coefficients", "ResponseList", "FIR", "Polynomial")
_RANGES = {
    "Latitude": (-90.0, 90.0),
    "Longitude": (-180.0, 180.0),
    "Azimuth": (0.0, 360.0),
    "Dip": (-90.0, 90.0),
    "SampleRate": (0.0, math.inf),
    "Decimation/Factor": (1.0, math.inf),
}
"""Numbers beyond these are no more use than text, and are treated alike."""


@dataclass(frozen=True, slots=True)
class Node:
    """What networks, stations and channels share. ``start_ns`` is None when no start is given; an open end is open."""

    where: str
    code: str
    start_ns: int | None
    end_ns: int
    latitude: float | None
    longitude: float | None
    elevation_m: float | None
    comments: tuple[str, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decimation:
    """How a digital stage thins the samples, and what it does to their times."""

    rate_hz: float | None
    factor: float | None
    delay_s: float | None
    correction_s: float | None

    @property
    def out_hz(self) -> float | None:
        """Rate behind the stage."""
        return self.rate_hz / self.factor if self.rate_hz and self.factor else None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. ``kind`` is one of FILTERS or empty; ``function`` its transfer function type in capitals.

    ``numerator`` holds all coefficients of a FIR filter, the mirrored ones too.
    """

    number: int | None
    kind: str
    function: str
    input_units: str
    output_units: str
    gain: float | None
    gain_hz: float | None
    decimation: Decimation | None
    zeros: tuple[complex, ...]
    poles: tuple[complex, ...]
    normalization: float | None
    normalization_hz: float | None
    numerator: tuple[float, ...]
    denominator: tuple[float, ...]

    @property
    def digital(self) -> bool:
        """Does it work on samples?"""
        return self.kind == "FIR" or (self.kind in ("Coefficients", "PolesZeros") and "DIGITAL" in self.function)


@dataclass(frozen=True, slots=True)
class Response:
    """From ground motion to counts. ``sensitivity`` is value, frequency, input and output units; None when missing."""

    sensitivity: tuple[float | None, float | None, str, str] | None
    polynomial: bool
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel epoch."""

    node: Node
    location: str
    azimuth: float | None
    dip: float | None
    rate_hz: float | None
    soh: bool
    sensor: str
    calibration_units: str
    response: Response | None

    @property
    def instrument(self) -> str:
        """Second letter of the code."""
        return self.node.code[1:2]


@dataclass(frozen=True, slots=True)
class StationView:
    """A station epoch."""

    node: Node
    channels: tuple[ChannelView, ...]


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network."""

    node: Node
    stations: tuple[StationView, ...]


def read(source: bytes | Inventory) -> tuple[NetworkView, ...]:
    """The networks of a document (or of an ObsPy Inventory); FormatError when it is not StationXML at all."""
    from lxml import etree

    if not isinstance(source, bytes):
        buffer = io.BytesIO()
        source.write(buffer, format="STATIONXML")
        source = buffer.getvalue()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(guard(source), parser)
    except etree.XMLSyntaxError as error:
        raise FormatError(f"broken XML: {error.msg}") from error
    for element in root.iter("{*}*"):
        element.tag = etree.QName(element).localname
    if root.tag != "FDSNStationXML":
        raise FormatError(f"XML, but not StationXML: it is a {root.tag} document")
    return tuple(_network(element) for element in root.iterfind("Network"))


class _Reader:
    """Values below one element; what is there but cannot be read is remembered."""

    def __init__(self, element: Any) -> None:
        self.element = element
        self.broken: list[str] = []

    def text(self, path: str) -> str:
        return (self.element.findtext(path) or "").strip()

    def number(self, path: str, needed: bool = False) -> float | None:
        text = self.text(path)
        value = _finite(text)
        lowest, highest = _RANGES.get(path, (-math.inf, math.inf))
        if lowest <= value <= highest:
            return value
        if text or needed:
            self.broken.append(f"{path} {text!r}" if text else f"{path} missing")
        return None

    def numbers(self, path: str) -> tuple[float, ...]:
        """One number for each element there; NaN where it cannot be read."""
        values = tuple(_finite(child.text) for child in self.element.iterfind(path))
        self._count_unreadable(path, values)
        return values

    def complexes(self, path: str) -> tuple[complex, ...]:
        """One number for each element there, of its Real and Imaginary; NaN where one of them cannot be read."""
        values = tuple(
            complex(_finite(child.findtext("Real")), _finite(child.findtext("Imaginary")))
            for child in self.element.iterfind(path)
        )
        self._count_unreadable(path, values)
        return values

    def _count_unreadable(self, path: str, values: tuple[complex, ...]) -> None:
        bad = sum(value != value for value in values)
        if bad:
            self.broken.append(f"{path}: {bad} of {len(values)} cannot be read")

    def time(self, name: str) -> int | None:
        text = self.element.get(name, "").strip()
        try:
            return max(-OPEN_END_NS, min(from_iso(text), OPEN_END_NS)) if text else None
        except (ValueError, OverflowError):
            self.broken.append(f"{name} {text!r}")
            return None

    def node(self, where: str, placed: bool) -> Node:
        end_ns = self.time("endDate")
        latitude, longitude, elevation_m = (
            self.number(name, needed=True) if placed else None for name in ("Latitude", "Longitude", "Elevation")
        )
        comments = tuple((value.text or "").strip() for value in self.element.iterfind("Comment/Value"))
        start_ns = self.time("startDate")
        return Node(
            where,
            self.element.get("code", "").strip(),
            start_ns,
            OPEN_END_NS if end_ns is None else end_ns,
            latitude,
            longitude,
            elevation_m,
            comments,
            tuple(self.broken),
        )


def _network(element: Any) -> NetworkView:
    code = element.get("code", "").strip()
    stations = tuple(_station(child, code) for child in element.iterfind("Station"))
    return NetworkView(_Reader(element).node(code or "network", False), stations)


def _station(element: Any, network: str) -> StationView:
    where = f"{network}.{element.get('code', '').strip()}"
    channels = tuple(_channel(child, where) for child in element.iterfind("Channel"))
    return StationView(_Reader(element).node(where, True), channels)


def _channel(element: Any, station: str) -> ChannelView:
    reader = _Reader(element)
    location, code = element.get("locationCode", ""), element.get("code", "").strip()
    types = [(kind.text or "").strip() for kind in element.iterfind("Type")]
    azimuth, dip, rate_hz = (reader.number(name) for name in ("Azimuth", "Dip", "SampleRate"))
    reader.number("Depth", needed=True)
    response = element.find("Response")
    view = None if response is None else _response(response, reader)
    return ChannelView(
        reader.node(f"{station}.{location.strip().replace('--', '')}.{code}", True),
        location,
        azimuth,
        dip,
        rate_hz,
        soh=is_soh(code, types),
        sensor=reader.text("Sensor/Description"),
        calibration_units=reader.text("CalibrationUnits/Name"),
        response=view,
    )


def _response(element: Any, owner: _Reader) -> Response | None:
    """None for an empty element, which says nothing."""
    if not len(element):
        return None
    reader = _Reader(element)
    sensitivity = None
    if element.find("InstrumentSensitivity") is not None:
        head = "InstrumentSensitivity/"
        sensitivity = (
            reader.number(f"{head}Value"),
            reader.number(f"{head}Frequency"),
            reader.text(f"{head}InputUnits/Name"),
            reader.text(f"{head}OutputUnits/Name"),
        )
    stages = tuple(_stage(stage, reader) for stage in element.iterfind("Stage"))
    owner.broken.extend(reader.broken)
    return Response(sensitivity, element.find("InstrumentPolynomial") is not None, stages)


def _stage(element: Any, owner: _Reader) -> Stage:
    reader = _Reader(element)
    kind = next((name for name in FILTERS if element.find(name) is not None), "")
    number = element.get("number", "")
    numerator = reader.numbers("Coefficients/Numerator") if kind == "Coefficients" else _taps(reader)
    thinning = None
    if element.find("Decimation") is not None:
        names = ("InputSampleRate", "Factor", "Delay", "Correction")
        thinning = Decimation(*(reader.number(f"Decimation/{name}", needed=True) for name in names))
    stage = Stage(
        number=int(number) if re.fullmatch("[0-9]{1,9}", number) else None,
        kind=kind,
        function=(reader.text("*/PzTransferFunctionType") or reader.text("*/CfTransferFunctionType")).upper(),
        input_units=reader.text("*/InputUnits/Name"),
        output_units=reader.text("*/OutputUnits/Name"),
        gain=reader.number("StageGain/Value"),
        gain_hz=reader.number("StageGain/Frequency"),
        decimation=thinning,
        zeros=reader.complexes("PolesZeros/Zero"),
        poles=reader.complexes("PolesZeros/Pole"),
        normalization=reader.number("PolesZeros/NormalizationFactor", needed=kind == "PolesZeros"),
        normalization_hz=reader.number("PolesZeros/NormalizationFrequency", needed=kind == "PolesZeros"),
        numerator=numerator,
        denominator=reader.numbers("Coefficients/Denominator"),
    )
    owner.broken.extend(f"stage {number} {problem}" for problem in reader.broken)
    return stage


def _taps(reader: _Reader) -> tuple[float, ...]:
    """All taps of a FIR filter of which a symmetric one states only half."""
    half = reader.numbers("FIR/NumeratorCoefficient")
    symmetry = (reader.text("FIR/Symmetry") or "NONE").upper()
    if symmetry == "EVEN":
        return half + half[::-1]
    return half + half[-2::-1] if symmetry == "ODD" else half


def _finite(text: str | None) -> float:
    """The number a text says; NaN when it says none."""
    try:
        value = float(text or "")
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan

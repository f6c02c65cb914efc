"""A station's StationXML from the nominal instrument catalogue.

Each response has the sensor's poles and zeros, the digitizer's gain, and one digital stage that stands for its
decimation filters: a single coefficient of one, with their documented delay and its correction. The taps are the
maker's and are not shipped; the digitizer's own export, once imported, replaces all this.

Whatever the operator has not confirmed says so in a Comment that begins with ASSUMED.
"""

import io
from dataclasses import dataclass
from typing import Any

from .instruments import HEALTH_CHANNELS, REFERENCE_HZ, Digitizer, HealthChannel, Sensor

COMPONENTS = (("Z", 0.0, -90.0), ("N", 0.0, 0.0), ("E", 90.0, 0.0))
SUBJECTS = {
    "codes": "network, station and location codes, until the operator names them",
    "place": "coordinates and elevation, until the operator gives them",
    "sensor": "model and range; serial number and calibration are not known",
    "digitizer": "model, input range (gain), sampling rate and filter phase, and no removal of DC",
    "orientation": "components point up and to true north and east; nobody has measured it",
    "health": "code, unit and rate of this channel and its location D0, as usual for this digitizer",
}
"""What a station file says beyond nominal values, and how a Comment words that nobody has confirmed it."""

_UNITS = {"m/s": "velocity in metres per second", "m/s**2": "acceleration in metres per second squared"}


@dataclass(frozen=True, slots=True)
class StationSpec:
    """What ``stations new`` needs to know.

    ``start`` and ``created`` are ISO 8601 times; a document is as old as its epoch unless ``created`` says otherwise,
    as no clock is read here. ``confirmed`` names the SUBJECTS that the operator has confirmed; ``assumed`` are
    sentences for Comments, where one that begins with a subject and a colon replaces that subject's usual sentence.
    """

    network: str
    code: str
    name: str
    latitude: float
    longitude: float
    elevation_m: float
    start: str
    seismometer: Sensor | None
    accelerometer: Sensor | None
    digitizer: Digitizer
    location: str = "00"
    operator: str = ""
    network_name: str = ""
    assumed: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    created: str = ""


def station_xml(spec: StationSpec) -> bytes:
    """The StationXML document of a station, valid by the FDSN's schema."""
    buffer = io.BytesIO()
    inventory(spec).write(buffer, format="STATIONXML", validate=True)
    return buffer.getvalue()


def inventory(spec: StationSpec) -> Any:
    """The same as an ObsPy Inventory."""
    from obspy import UTCDateTime
    from obspy.core.inventory import Comment, Inventory, Network, Operator, Site, Station

    start = UTCDateTime(spec.start)
    sensors = [sensor for sensor in (spec.seismometer, spec.accelerometer) if sensor is not None]
    channels = [_channel(spec, sensor, component) for sensor in sensors for component in COMPONENTS]
    channels += [_health(spec, one) for one in HEALTH_CHANNELS]
    extra = [sentence for sentence in spec.assumed if _subject(sentence) is None]
    station = Station(
        code=spec.code,
        latitude=spec.latitude,
        longitude=spec.longitude,
        elevation=spec.elevation_m,
        site=Site(name=spec.name or spec.code),
        start_date=start,
        creation_date=start,
        channels=channels,
        comments=[
            *_assumptions(spec, "codes", "place"),
            *(Comment(value=f"ASSUMED: {sentence}") for sentence in extra),
            Comment(value="nominal responses: the makers' values for these models, not calibrated", subject="response"),
        ],
        operators=[Operator(agency=spec.operator)] if spec.operator else [],
    )
    network = Network(code=spec.network, stations=[station], start_date=start, description=spec.network_name or None)
    created = UTCDateTime(spec.created or spec.start)
    return Inventory([network], "seismonet", "seismonet", created, module="seismonet stations new", module_uri=None)


def _subject(sentence: str) -> str | None:
    head = sentence.partition(":")[0]
    return head if head in SUBJECTS else None


def _assumptions(spec: StationSpec, *subjects: str, names: dict[str, str] | None = None) -> list[Any]:
    """A Comment for each of the subjects that is not confirmed; ``names`` are put before the usual sentences."""
    from obspy.core.inventory import Comment

    usual = {**SUBJECTS, **{subject: f"{name}: {SUBJECTS[subject]}" for subject, name in (names or {}).items()}}
    told = {_subject(sentence): sentence.partition(":")[2].strip() for sentence in spec.assumed}
    return [
        Comment(value=f"ASSUMED {subject}: {told.get(subject) or usual[subject]}", subject=subject)
        for subject in subjects
        if subject not in spec.confirmed
    ]


def _common(spec: StationSpec) -> dict[str, Any]:
    """What all channels of a station share."""
    from obspy import UTCDateTime
    from obspy.core.inventory import Equipment

    box = spec.digitizer
    return {
        "latitude": spec.latitude,
        "longitude": spec.longitude,
        "elevation": spec.elevation_m,
        "depth": 0.0,
        "start_date": UTCDateTime(spec.start),
        "data_logger": Equipment(
            type="digitizer",
            description=f"{box.manufacturer} {box.name}",
            manufacturer=box.manufacturer,
            model=box.name,
        ),
    }


def _channel(spec: StationSpec, sensor: Sensor, component: tuple[str, float, float]) -> Any:
    from obspy.core.inventory import Channel, Comment, Equipment

    letter, azimuth, dip = component
    kind = "seismometer" if sensor.instrument_code == "H" else "accelerometer"
    names = {"sensor": sensor.name, "digitizer": spec.digitizer.name}
    description = f"{sensor.manufacturer} {sensor.name}, {sensor.volts_per_unit:g} V/({sensor.input_units})"
    return Channel(
        code=f"H{sensor.instrument_code}{letter}",
        location_code=spec.location,
        azimuth=azimuth,
        dip=dip,
        sample_rate=spec.digitizer.rate_hz,
        types=["CONTINUOUS", "GEOPHYSICAL"],
        sensor=Equipment(type=kind, description=description, manufacturer=sensor.manufacturer, model=sensor.name),
        comments=[
            Comment(value="nominal response, not calibrated", subject="response"),
            Comment(value=f"full scale {spec.digitizer.full_scale_counts:.0f} counts", subject="full scale"),
            *_assumptions(spec, "sensor", "digitizer", "orientation", names=names),
        ],
        response=response(sensor, spec.digitizer),
        **_common(spec),
    )


def _health(spec: StationSpec, one: HealthChannel) -> Any:
    from obspy.core.inventory import Channel, Comment

    return Channel(
        code=one.code,
        location_code="D0",
        sample_rate=1.0,
        types=["HEALTH"],
        comments=[
            Comment(value=f"state of health: {one.meaning} (confidence of this: {one.confidence})"),
            *_assumptions(spec, "health"),
        ],
        **_common(spec),
    )


def response(sensor: Sensor, digitizer: Digitizer) -> Any:
    """From ground motion to counts, in three stages, as an ObsPy Response.

    The digitizer's gain is a stage of poles and zeros without any, so that its units are stated and it is not digital.
    """
    from obspy.core.inventory.response import InstrumentSensitivity, PolesZerosResponseStage, Response

    laplace = "LAPLACE (RADIANS/SECOND)"
    ground = (sensor.input_units, _UNITS[sensor.input_units])
    volts, counts = ("V", "volts"), ("count", "digital counts")
    analog = PolesZerosResponseStage(
        1, sensor.volts_per_unit, REFERENCE_HZ, ground[0], volts[0], laplace, REFERENCE_HZ,
        list(sensor.zeros), list(sensor.poles), sensor.normalization,
        name=sensor.name, input_units_description=ground[1], output_units_description=volts[1],
    )  # fmt: skip
    gain = PolesZerosResponseStage(
        2, digitizer.counts_per_volt, REFERENCE_HZ, volts[0], counts[0], laplace, REFERENCE_HZ, [], [], 1.0,
        name="gain", input_units_description=volts[1], output_units_description=counts[1],
    )  # fmt: skip
    sensitivity = InstrumentSensitivity(
        sensor.volts_per_unit * digitizer.counts_per_volt, REFERENCE_HZ, ground[0], counts[0],
        input_units_description=ground[1], output_units_description=counts[1],
    )  # fmt: skip
    return Response(instrument_sensitivity=sensitivity, response_stages=[analog, gain, _filters(digitizer)])


def _filters(digitizer: Digitizer) -> Any:
    """The digital stage: what the decimation filters do to the time stamps, not what they do to the spectrum."""
    from obspy.core.inventory.response import CoefficientsTypeResponseStage

    return CoefficientsTypeResponseStage(
        3,
        1.0,
        REFERENCE_HZ,
        "count",
        "count",
        "DIGITAL",
        numerator=[1.0],
        denominator=[],
        name="decimation filters",
        description=f"stands for the {digitizer.phase}-phase decimation filters: their delay, without their taps",
        input_units_description="digital counts",
        output_units_description="digital counts",
        decimation_input_sample_rate=digitizer.modulator_hz,
        decimation_factor=round(digitizer.modulator_hz / digitizer.rate_hz),
        decimation_offset=0,
        decimation_delay=round(digitizer.delay_s, 6),
        decimation_correction=round(digitizer.delay_s, 6),
    )

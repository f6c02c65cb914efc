"""A station's StationXML from the nominal instrument catalogue.

Each channel's response has the sensor's poles and zeros, and one digital stage with the digitizer's gain that stands for
its decimation filters: a single coefficient of one, with their documented delay and its correction. The taps are the manufacturer's and are
not shipped; the digitizer's own export, once imported, replaces all this.
"""

import io
from dataclasses import dataclass
from typing import Any

from .instruments import HEALTH_CHANNELS, Digitizer, Sensor

COMPONENTS = (("Z", 0.0, -90.0), ("N", 0.0, 0.0), ("E", 90.0, 0.0))
SOURCE = "seismonet"


@dataclass(frozen=True, slots=True)
class StationSpec:
    """What ``stations new`` needs to know. ``assumed`` are sentences for Comments: what nobody has confirmed yet."""

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


def station_xml(spec: StationSpec, created: str) -> bytes:
    """The StationXML document of a station; ``created`` is its creation time (ISO 8601), as no clock is read here."""
    buffer = io.BytesIO()
    inventory(spec, created).write(buffer, format="STATIONXML", validate=True)
    return buffer.getvalue()


def inventory(spec: StationSpec, created: str) -> Any:
    """The same as an ObsPy Inventory."""
    from obspy import UTCDateTime
    from obspy.core.inventory import Comment, Inventory, Network, Operator, Site, Station

    start = UTCDateTime(spec.start)
    channels = [
        _channel(spec, sensor, component)
        for sensor in (spec.seismometer, spec.accelerometer)
        if sensor is not None
        for component in COMPONENTS
    ]
    channels += [_health(spec, *one) for one in HEALTH_CHANNELS]
    station = Station(
        code=spec.code,
        latitude=spec.latitude,
        longitude=spec.longitude,
        elevation=spec.elevation_m,
        site=Site(name=spec.name or spec.code),
        start_date=start,
        creation_date=start,
        channels=channels,
        comments=[Comment(value=text) for text in spec.assumed],
        operators=[Operator(agency=spec.operator)] if spec.operator else [],
    )
    description = spec.network_name or None
    network = Network(code=spec.network, stations=[station], start_date=start, description=description)
    return Inventory(networks=[network], source=SOURCE, sender=SOURCE, created=UTCDateTime(created))


def _channel(spec: StationSpec, sensor: Sensor, component: tuple[str, float, float]) -> Any:
    from obspy import UTCDateTime
    from obspy.core.inventory import Channel, Comment, Equipment

    letter, azimuth, dip = component
    digitizer = spec.digitizer
    full_scale = f"full scale {digitizer.full_scale_counts:.0f} counts"
    return Channel(
        code=f"H{sensor.instrument_code}{letter}",
        location_code=spec.location,
        latitude=spec.latitude,
        longitude=spec.longitude,
        elevation=spec.elevation_m,
        depth=0.0,
        azimuth=azimuth,
        dip=dip,
        sample_rate=digitizer.rate_hz,
        types=["CONTINUOUS", "GEOPHYSICAL"],
        start_date=UTCDateTime(spec.start),
        sensor=Equipment(type=sensor.name, description=sensor.name, manufacturer=sensor.manufacturer),
        data_logger=Equipment(type=digitizer.name, description=digitizer.name, manufacturer=digitizer.manufacturer),
        comments=[Comment(value="nominal response, not calibrated"), Comment(value=full_scale)],
        response=response(sensor, digitizer),
    )


def response(sensor: Sensor, digitizer: Digitizer) -> Any:
    """From ground motion to counts: the sensor, and one digital stage with the digitizer's gain."""
    from obspy.core.inventory.response import (
        CoefficientsTypeResponseStage,
        InstrumentSensitivity,
        PolesZerosResponseStage,
        Response,
    )

    analog = PolesZerosResponseStage(
        stage_sequence_number=1,
        stage_gain=sensor.volts_per_unit,
        stage_gain_frequency=1.0,
        input_units=sensor.input_units,
        output_units="V",
        pz_transfer_function_type="LAPLACE (RADIANS/SECOND)",
        normalization_frequency=1.0,
        zeros=list(sensor.zeros),
        poles=list(sensor.poles),
        normalization_factor=sensor.normalization,
    )
    digital = CoefficientsTypeResponseStage(
        stage_sequence_number=2,
        stage_gain=digitizer.counts_per_volt,
        stage_gain_frequency=1.0,
        input_units="V",
        output_units="count",
        cf_transfer_function_type="DIGITAL",
        numerator=[1.0],
        denominator=[],
        decimation_input_sample_rate=digitizer.modulator_hz,
        decimation_factor=round(digitizer.modulator_hz / digitizer.rate_hz),
        decimation_offset=0,
        decimation_delay=digitizer.delay_s,
        decimation_correction=digitizer.delay_s,
    )
    value = sensor.volts_per_unit * digitizer.counts_per_volt
    sensitivity = InstrumentSensitivity(
        value=value, frequency=1.0, input_units=sensor.input_units, output_units="count"
    )
    return Response(instrument_sensitivity=sensitivity, response_stages=[analog, digital])


def _health(spec: StationSpec, code: str, meaning: str, units: str) -> Any:
    from obspy import UTCDateTime
    from obspy.core.inventory import Channel, Comment, Equipment

    digitizer = spec.digitizer
    return Channel(
        code=code,
        location_code="D0",
        latitude=spec.latitude,
        longitude=spec.longitude,
        elevation=spec.elevation_m,
        depth=0.0,
        sample_rate=1.0,
        types=["HEALTH"],
        start_date=UTCDateTime(spec.start),
        data_logger=Equipment(type=digitizer.name, description=digitizer.name, manufacturer=digitizer.manufacturer),
        comments=[Comment(value=f"state of health: {meaning}{f' ({units})' if units else ''}")],
    )

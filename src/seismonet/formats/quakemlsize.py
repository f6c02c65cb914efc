"""Magnitudes in QuakeML: the event's, each station's, and the amplitudes they are made of."""

from collections.abc import Mapping
from typing import Any

from seismonet.core.event import Magnitude, Pick, StationMagnitude

from .eventwords import half_units
from .quakemlbase import Maker, time

LOCAL = "ML"
METHODS = {LOCAL: "peak-of-Wood-Anderson-of-gain-1"}
P_METHOD = "peak-displacement-after-P"


def add_magnitude(maker: Maker, built: Any, picks: Mapping[str, Pick]) -> None:
    """Give an event its magnitude, with all that it is made of."""
    magnitude = maker.source.magnitude
    if magnitude is None:
        return
    built.amplitudes = [_amplitude(maker, part, picks[part.pick_id]) for part in magnitude.station_magnitudes]
    built.station_magnitudes = [_station_magnitude(maker, part) for part in magnitude.station_magnitudes]
    built.magnitudes = [_magnitude(maker, magnitude)]
    built.preferred_magnitude_id = built.magnitudes[0].resource_id.id


def _kind(part: StationMagnitude) -> tuple[str, ...]:
    """What tells the ML of a station from its Mpd, in ids."""
    return (LOCAL,) if part.type == LOCAL else ()


def _amplitude_id(maker: Maker, part: StationMagnitude) -> Any:
    return maker.own("amplitude", part.pick_id, f"{part.window_s:g}s", *_kind(part))


def _station_magnitude_id(maker: Maker, part: StationMagnitude) -> Any:
    return maker.own("stationmagnitude", part.pick_id, *_kind(part))


def _amplitude(maker: Maker, part: StationMagnitude, pick: Pick) -> Any:
    """Peak displacement of P, or, as AML, that of a Wood-Anderson seismograph without its magnification."""
    local = part.type == LOCAL
    return maker.quake.Amplitude(
        resource_id=_amplitude_id(maker, part),
        generic_amplitude=part.wood_anderson_m if local else part.pd_m,
        type="AML" if local else "Pd",
        category="point",
        unit="m",
        time_window=maker.quake.TimeWindow(begin=0.0, end=part.window_s, reference=time(pick.time_ns)),
        pick_id=maker.pick_id(part.pick_id),
        waveform_id=maker.waveform(part.source_id),
        method_id=maker.name("method", METHODS.get(part.type, P_METHOD)),
        magnitude_hint=part.type,
        evaluation_mode="automatic",
    )


def _station_magnitude(maker: Maker, part: StationMagnitude) -> Any:
    return maker.quake.StationMagnitude(
        resource_id=_station_magnitude_id(maker, part),
        origin_id=maker.origin_id,
        mag=part.value,
        station_magnitude_type=part.type,
        amplitude_id=_amplitude_id(maker, part),
        waveform_id=maker.waveform(part.source_id),
    )


def _magnitude(maker: Maker, magnitude: Magnitude) -> Any:
    used = [part for part in magnitude.station_magnitudes if part.used]
    contributions = [
        maker.quake.StationMagnitudeContribution(
            station_magnitude_id=_station_magnitude_id(maker, part),
            residual=part.value - magnitude.value,
            weight=float(part.used),
        )
        for part in magnitude.station_magnitudes
    ]
    chances = ", ".join(f"{name} {share:.3f}" for name, share in half_units(magnitude) if share >= 5e-4)
    texts = {
        "at-least": "lower bound: the rupture may have outgrown what was measured" if magnitude.at_least else "",
        "half-units": f"probability of the half units: {chances}" if chances else "",
        "check": magnitude.check,
    }
    return maker.quake.Magnitude(
        resource_id=maker.own("magnitude"),
        mag=magnitude.value,
        mag_errors=maker.errors(magnitude.uncertainty),
        magnitude_type=magnitude.type,
        origin_id=maker.origin_id,
        station_count=len({part.source_id.station_code for part in used}),
        station_magnitude_contributions=contributions,
        evaluation_mode="automatic",
        evaluation_status=maker.status,
        creation_info=maker.made(maker.source.issued_ns, maker.source.version),
        comments=maker.comments((maker.source.id, maker.source.version), texts),
    )

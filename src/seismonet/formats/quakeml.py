"""Events as QuakeML 1.2 (BED), through ObsPy.

The rule this file owns: every public id derives from content, so that the same events make the same bytes; lengths are
metres here and times microseconds, as QuakeML wants.
"""

import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seismonet.core.event import Event, Magnitude, Origin, Pick, StationMagnitude
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.sourceid import SourceId

from .geojson import place

RADIUS68_PER_SIGMA = math.sqrt(-2 * math.log(0.32))
"""Radius holding 68 % of a round two-dimensional normal distribution, in standard deviations of one coordinate."""
ANONYMOUS = "XX"
"""QuakeML needs a network code; records without one get the code that FDSN keeps for it."""


def to_obspy(
    events: Sequence[Event], picks: Mapping[str, Pick], *, agency: str = "seismonet", author: str = "seismonet"
) -> Any:
    """An ObsPy Catalog of events, each in its last version of those given, with picks, arrivals, amplitudes and sizes.

    Parameters
    ----------
    events : in the order they shall have; of several versions of one event the last counts
    picks : by id; must hold every pick that these events name, else ValueError
    agency, author : for the creation info; public ids begin with ``smi:AGENCY/``

    Returns
    -------
    obspy.core.event.Catalog
        Evaluation mode automatic; a cancelled event has the type "not existing" and a rejected origin.
    """
    from obspy.core import event as quake

    latest: dict[str, Event] = {}
    for event in events:
        if event.id not in latest or event.version >= latest[event.id].version:
            latest[event.id] = event
    ids = _Ids(authority(agency))
    builders = [_Builder(quake, ids, event, picks, agency, author) for event in latest.values()]
    return quake.Catalog([builder.event() for builder in builders], resource_id=ids.name("catalog", "events"))


def quakeml(
    events: Sequence[Event], picks: Mapping[str, Pick], *, agency: str = "seismonet", author: str = "seismonet"
) -> bytes:
    """A QuakeML 1.2 document of events; see :func:`to_obspy`."""
    document = io.BytesIO()
    to_obspy(events, picks, agency=agency, author=author).write(document, format="QUAKEML")
    return document.getvalue()


def authority(agency: str) -> str:
    """The authority part of public ids, made of an agency's name; ``local`` when too little of it may stand there.

    >>> authority("Tajik Seismological Service"), authority("Хоруғ")
    ('tajik_seismological_service', 'local')
    """
    text = re.sub(r"[^a-z0-9.-]+", "_", agency.lower()).strip("_.-")
    return text if len(text) >= 3 else "local"


@dataclass(frozen=True, slots=True)
class _Ids:
    """Public ids that QuakeML's pattern admits."""

    authority: str

    def name(self, kind: str, *parts: object) -> Any:
        from obspy.core.event import ResourceIdentifier

        path = "/".join(re.sub(r"[^A-Za-z0-9._~*()+=,;-]", "_", str(part)) for part in (kind, *parts))
        return ResourceIdentifier(f"smi:{self.authority}/{path}")


@dataclass(frozen=True, slots=True)
class _Builder:
    """One event's QuakeML objects. ``quake`` is ObsPy's event module, which is only imported when needed."""

    quake: Any
    ids: _Ids
    source: Event
    picks: Mapping[str, Pick]
    agency: str
    author: str

    def event(self) -> Any:
        source, quake = self.source, self.quake
        origin = self._origin(source.origin)
        magnitude = source.magnitude
        parts = magnitude.station_magnitudes if magnitude else ()
        built = quake.Event(
            resource_id=self.ids.name("event", source.id),
            event_type=source.event_type,
            event_descriptions=[quake.EventDescription(text=place(source.origin))],
            picks=[self._pick(pick_id) for pick_id in self._pick_ids(parts)],
            amplitudes=[self._amplitude(part) for part in parts],
            origins=[origin],
            creation_info=self._made(source.issued_ns, source.version),
        )
        built.preferred_origin_id = origin.resource_id.id
        if magnitude is not None:
            built.station_magnitudes = [self._station_magnitude(part, magnitude) for part in parts]
            built.magnitudes = [self._magnitude(magnitude)]
            built.preferred_magnitude_id = built.magnitudes[0].resource_id.id
        return built

    def _pick_ids(self, parts: Iterable[StationMagnitude]) -> list[str]:
        used = dict.fromkeys([one.pick_id for one in self.source.origin.arrivals] + [one.pick_id for one in parts])
        absent = [pick_id for pick_id in used if pick_id not in self.picks]
        if absent:
            raise ValueError(f"event {self.source.id} names picks that were not given: {', '.join(absent)}")
        return list(used)

    def _made(self, issued_ns: int, version: int) -> Any:
        return self.quake.CreationInfo(
            agency_id=self.agency, author=self.author, creation_time=_time(issued_ns), version=str(version)
        )

    def _waveform(self, source_id: SourceId) -> Any:
        return self.quake.WaveformStreamID(
            network_code=source_id.network or ANONYMOUS,
            station_code=source_id.station,
            location_code=source_id.location,
            channel_code=source_id.channel,
        )

    def _pick(self, pick_id: str) -> Any:
        pick, quake = self.picks[pick_id], self.quake
        snr = quake.Comment(resource_id=self.ids.name("comment", "snr", pick.id), text=f"snr {pick.snr:.1f}")
        return quake.Pick(
            resource_id=self.ids.name("pick", pick.id),
            time=_time(pick.time_ns),
            time_errors=self._errors(pick.uncertainty_s),
            waveform_id=self._waveform(pick.source_id),
            phase_hint=pick.phase,
            method_id=self.ids.name("detector", pick.detector),
            evaluation_mode="automatic",
            evaluation_status=self._status(),
            creation_info=self._made(pick.issued_ns, pick.version),
            comments=[snr],
        )

    def _status(self) -> str:
        return "preliminary" if self.source.event_type == "earthquake" else "rejected"

    def _errors(self, sigma: float) -> Any:
        known = math.isfinite(sigma)
        return self.quake.base.QuantityError(sigma, confidence_level=68.0) if known else self.quake.base.QuantityError()

    def _origin(self, origin: Origin) -> Any:
        quake = self.quake
        sigma_deg = origin.horizontal_uncertainty_km / RADIUS68_PER_SIGMA / KM_PER_DEGREE
        shrink = max(math.cos(math.radians(origin.latitude)), 1e-3)
        return quake.Origin(
            resource_id=self.ids.name("origin", self.source.id, self.source.version),
            time=_time(origin.time_ns),
            time_errors=self._errors(origin.time_uncertainty_s),
            latitude=origin.latitude,
            latitude_errors=self._errors(sigma_deg),
            longitude=origin.longitude,
            longitude_errors=self._errors(sigma_deg / shrink),
            depth=origin.depth_km * 1e3,
            depth_errors=self._errors(origin.depth_uncertainty_km * 1e3),
            depth_type="from location",
            earth_model_id=self.ids.name("model", origin.model),
            origin_uncertainty=self._uncertainty(origin.horizontal_uncertainty_km),
            quality=self._quality(origin),
            arrivals=self._arrivals(origin),
            origin_type="hypocenter",
            evaluation_mode="automatic",
            evaluation_status=self._status(),
            creation_info=self._made(self.source.issued_ns, self.source.version),
        )

    def _uncertainty(self, radius_km: float) -> Any:
        if not math.isfinite(radius_km):
            return None
        return self.quake.OriginUncertainty(
            horizontal_uncertainty=radius_km * 1e3,
            preferred_description="horizontal uncertainty",
            confidence_level=68.0,
        )

    def _quality(self, origin: Origin) -> Any:
        distances = sorted(one.distance_km / KM_PER_DEGREE for one in origin.arrivals)
        used = [one for one in origin.arrivals if one.weight > 0]
        return self.quake.OriginQuality(
            associated_phase_count=len(origin.arrivals),
            used_phase_count=len(used),
            associated_station_count=len(origin.station_codes),
            used_station_count=len({one.source_id.station_code for one in used}),
            standard_error=_known(origin.rms_s),
            azimuthal_gap=_known(origin.azimuthal_gap_deg),
            minimum_distance=_known(origin.minimum_distance_km / KM_PER_DEGREE),
            maximum_distance=distances[-1] if distances else None,
            median_distance=distances[len(distances) // 2] if distances else None,
        )

    def _arrivals(self, origin: Origin) -> list[Any]:
        return [
            self.quake.Arrival(
                resource_id=self.ids.name("arrival", self.source.id, self.source.version, one.pick_id),
                pick_id=self.ids.name("pick", one.pick_id),
                phase=one.phase,
                azimuth=_known(one.azimuth_deg),
                distance=_known(one.distance_km / KM_PER_DEGREE),
                time_residual=_known(one.residual_s),
                time_weight=_known(one.weight),
            )
            for one in origin.arrivals
        ]

    def _amplitude(self, part: StationMagnitude) -> Any:
        pick = self.picks[part.pick_id]
        window = self.quake.TimeWindow(begin=0.0, end=part.window_s, reference=_time(pick.time_ns))
        return self.quake.Amplitude(
            resource_id=self._amplitude_id(part),
            generic_amplitude=part.pd_m,
            type="Pd",
            unit="m",
            time_window=window,
            pick_id=self.ids.name("pick", part.pick_id),
            waveform_id=self._waveform(part.source_id),
            method_id=self.ids.name("method", "peak-displacement-after-P"),
            evaluation_mode="automatic",
        )

    def _amplitude_id(self, part: StationMagnitude) -> Any:
        window = f"{part.window_s:g}s"
        return self.ids.name("amplitude", self.source.id, self.source.version, part.pick_id, window)

    def _station_magnitude_id(self, part: StationMagnitude) -> Any:
        return self.ids.name("stationmagnitude", self.source.id, self.source.version, part.pick_id)

    def _origin_id(self) -> Any:
        return self.ids.name("origin", self.source.id, self.source.version)

    def _station_magnitude(self, part: StationMagnitude, magnitude: Magnitude) -> Any:
        return self.quake.StationMagnitude(
            resource_id=self._station_magnitude_id(part),
            origin_id=self._origin_id(),
            mag=part.value,
            station_magnitude_type=magnitude.type,
            amplitude_id=self._amplitude_id(part),
            waveform_id=self._waveform(part.source_id),
        )

    def _magnitude(self, magnitude: Magnitude) -> Any:
        used = [part for part in magnitude.station_magnitudes if part.used]
        contributions = [
            self.quake.StationMagnitudeContribution(
                station_magnitude_id=self._station_magnitude_id(part),
                residual=part.value - magnitude.value,
                weight=float(part.used),
            )
            for part in magnitude.station_magnitudes
        ]
        return self.quake.Magnitude(
            resource_id=self.ids.name("magnitude", self.source.id, self.source.version),
            mag=magnitude.value,
            mag_errors=self._errors(magnitude.uncertainty),
            magnitude_type=magnitude.type,
            origin_id=self._origin_id(),
            station_count=len({part.source_id.station_code for part in used}),
            station_magnitude_contributions=contributions,
            evaluation_mode="automatic",
            evaluation_status=self._status(),
            creation_info=self._made(self.source.issued_ns, self.source.version),
        )


def _time(time_ns: int) -> Any:
    from obspy import UTCDateTime

    return UTCDateTime(ns=round(int(time_ns), -3))


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None

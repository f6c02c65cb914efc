"""A made-up network and what it would say of made-up earthquakes: picks, event versions, alerts, statuses, traces."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from seismonet.core.alert import Alert, Decision
from seismonet.core.event import (
    Arrival,
    Confidence,
    Event,
    Magnitude,
    Origin,
    Pick,
    Place,
    Polarization,
    Rejection,
    StationMagnitude,
)
from seismonet.core.geo import azimuth_deg, distance_km
from seismonet.core.inventory import OPEN_END_NS, Channel, ChannelTable, Station
from seismonet.core.motion import Motion
from seismonet.core.sourceid import SourceId
from seismonet.core.status import ChannelStatus, NetworkStatus, StationStatus
from seismonet.core.utc import from_iso, from_seconds
from seismonet.core.waveform import Segment

START_NS = from_iso("2024-10-03T08:00:00.123456789Z")
P_KM_S, S_KM_S = 6.2, 3.6


@dataclass(frozen=True, slots=True)
class Quake:
    """What the network says of one earthquake."""

    versions: tuple[Event, ...]
    picks: dict[str, Pick]
    alerts: tuple[Alert, ...]
    statuses: tuple[NetworkStatus, ...]
    rejections: tuple[Rejection, ...] = ()

    @property
    def motions(self) -> tuple[Motion, ...]:
        """Of the stations of its last version: as told first, and when it is over."""
        found = []
        for k, one in enumerate(self.versions[-1].origin.arrivals):
            pick = self.picks[one.pick_id]
            start_ns, agreeing = pick.time_ns + 10**8, (True, False, None)[k % 3]
            first = Motion(
                one.source_id.station_code, (one.source_id,), start_ns, start_ns + 10**9, 0.02, 0.001, 1.4, 3.5, 0.0,
                agreeing, start_ns + 2 * 10**9, 1e-5, 0.7, pick.id if k else "",
            )  # fmt: skip
            last = replace(
                first, until_ns=start_ns + 20 * 10**9, issued_ns=start_ns + 21 * 10**9, jma_intensity=1.6, final=True
            )
            found += [first, last]
        return tuple(sorted(found, key=lambda one: (one.issued_ns, one.station_code)))

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """To tell each of its alerts, and before the first not to."""
        rules = ("stations 3 of 3: yes",)
        told = [Decision(a.event_id, a.audience, a.basis, a.issued_ns, a.network_status, rules, a) for a in self.alerts]
        before = Decision(
            told[0].event_id, "operator", "network", told[0].issued_ns - 1, told[0].network_status, ("magnitude: no",)
        )
        return (before, *told)


def network(count: int = 3, latitude: float = 38.2, longitude: float = 72.6) -> ChannelTable:
    """Stations on a spiral around a point, each with a vertical velocity and a vertical acceleration channel."""
    stations, channels = [], []
    for k in range(count):
        angle, radius = 2.4 * k, 0.25 + 0.9 * np.sqrt(k / max(count, 3))
        place = float(latitude + radius * np.cos(angle)), float(longitude + 1.25 * radius * np.sin(angle)), 3000.0 + k
        code = ("SAREZ", "MURGH", "MANEM")[k] if k < 3 else f"ST{k:02d}"
        stations.append(Station("TJ", code, from_iso("2024-09-15T00:00:00Z"), OPEN_END_NS, *place, f"Site {k}"))
        for channel, quantity in (("HHZ", "velocity"), ("HNZ", "acceleration")):
            name = SourceId("TJ", code, "00", channel)
            start = stations[-1].start_ns
            channels.append(
                Channel(name, start, OPEN_END_NS, *place, 0.0, 0.0, -90.0, 100.0, quantity, 1e9, 7.5e6, "TC120")
            )
    return ChannelTable.of(stations, channels)


def status(table: ChannelTable, time_ns: int, down: tuple[str, ...] = ()) -> NetworkStatus:
    """All stations up but some."""
    stations = []
    for station in table.stations:
        code, up = station.station_code, station.station_code not in down
        reasons = () if up else ("no record for 95 s",)
        channels = tuple(
            ChannelStatus(
                one.source_id, time_ns, up, 1.25 if up else None, 0 if up else 3, 0, False, False, up, reasons
            )
            for one in table.channels
            if one.source_id.station_code == code
        )
        told = () if up else ("HHZ, HNZ: no record for 95 s",)
        stations.append(StationStatus(code, "up" if up else "down", up, channels, told))
    identity = hashlib.blake2b(repr((time_ns, stations)).encode(), digest_size=8).hexdigest()
    return NetworkStatus(identity, time_ns, tuple(stations), sum(one.can_contribute for one in stations))


def quake(
    table: ChannelTable,
    origin_ns: int = START_NS,
    *,
    latitude: float = 38.35,
    longitude: float = 72.9,
    depth_km: float = 12.0,
    magnitude: float = 5.1,
    down: tuple[str, ...] = (),
    cancelled: bool = False,
    ambiguous: bool = False,
) -> Quake:
    """An earthquake seen by all stations but those down: a version and an alert per station from the third on.

    The nearest station's S is used too. When ``ambiguous``, the last version has two modes as the others have.
    """
    name = hashlib.blake2b(repr((origin_ns, latitude, longitude)).encode(), digest_size=8).hexdigest()
    picks: list[Pick] = []
    arrivals: list[Arrival] = []
    parts: list[StationMagnitude] = []
    for station in table.stations:
        if station.station_code in down:
            continue
        km = float(distance_km(latitude, longitude, station.latitude, station.longitude))
        azimuth = float(azimuth_deg(latitude, longitude, station.latitude, station.longitude))
        source_id = SourceId("TJ", station.code, "00", "HHZ")
        hypocentral = float(np.hypot(km, depth_km))
        for phase, speed in (("P", P_KM_S), ("S", S_KM_S)):
            time_ns = origin_ns + from_seconds(hypocentral / speed)
            picks.append(
                Pick(
                    f"{name[:8]}{station.code}{phase}",
                    source_id,
                    time_ns,
                    phase,
                    0.04,
                    21.5,
                    1,
                    time_ns + 10**9,
                    time_ns + 2 * 10**9,
                    "D1" if phase == "P" else "S",
                    "negative" if phase == "P" and km > 60 else "",
                    Polarization((azimuth + 184.5) % 360.0, 20.5, 31.5, 0.9) if phase == "P" else None,
                    0.75,
                    f"{name[:8]}{station.code}P" if phase == "S" else "",
                    phase,
                )
            )
        residual = 0.03 * (len(arrivals) % 5 - 2)
        arrivals.append(Arrival(picks[-2].id, source_id, "P", km, azimuth, residual, 1.0))
        value = magnitude + 0.15 * (len(parts) % 3 - 1)
        parts.append(
            StationMagnitude(picks[-2].id, source_id, value, 3.2e-6 * 10 ** (magnitude - 5), 3.0, len(parts) % 7 != 6)
        )
    order = np.argsort([one.distance_km for one in arrivals])
    arrivals, parts = [arrivals[k] for k in order], [parts[k] for k in order]
    by_id = {pick.id: pick for pick in picks}
    nearest_s = replace(arrivals[0], pick_id=arrivals[0].pick_id[:-1] + "S", phase="S", residual_s=0.2, weight=0.6)
    horizontal = SourceId("TJ", arrivals[0].source_id.station, "00", "HHN")
    local = StationMagnitude(
        arrivals[0].pick_id, horizontal, magnitude - 0.1, 2e-6, 30.0, True, "ML", 4e-5 * 10 ** (magnitude - 5)
    )
    versions, statuses = [], []
    first = min(3, len(arrivals))
    for k in range(first, len(arrivals) + 1):
        used, share = arrivals[:k], 1.0 - k / (len(arrivals) + 1.0)
        issued_ns = by_id[used[-1].pick_id].issued_ns + 500_000_000
        statuses.append(status(table, issued_ns, down))
        origin = Origin(
            origin_ns + from_seconds(share),
            latitude + 0.1 * share,
            longitude - 0.08 * share,
            depth_km,
            0.4,
            4.0 + 20 * share,
            6.0,
            0.11,
            140.0,
            used[0].distance_km,
            (*used, nearest_s),
            "iasp91",
        )
        sure = _confidence(origin, tuple(sorted(down)), ambiguous or k < len(arrivals))
        size = Magnitude(
            magnitude - 0.6 * share, "Mpd", 0.25 + 0.2 * share, (*parts[:k], local), magnitude > 6.0, (0.1, 0.2, 0.7)
        )
        state = "preliminary" if k < 3 else "confirmed"
        versions.append(
            Event(name, k - first, issued_ns, replace(origin, confidence=sure), size, statuses[-1].id, state=state)
        )
    if cancelled:
        last = versions[-1]
        statuses.append(status(table, last.issued_ns + 10**9, down))
        versions.append(
            replace(
                last,
                version=last.version + 1,
                issued_ns=last.issued_ns + 10**9,
                network_status=statuses[-1].id,
                event_type="not existing",
                reason="a teleseism",
            )
        )
    alien = SourceId("TJ", "SAREZ", "00", "HNZ")
    refused = Rejection(f"{name[:8]}X", alien, origin_ns, origin_ns + 10**9, "spike", "3 samples of 90 times the noise")
    return Quake(tuple(versions), by_id, tuple(map(_alert, versions)), tuple(statuses), (refused,))


def _confidence(origin: Origin, deaf: tuple[str, ...], two: bool) -> Confidence:
    km = origin.horizontal_uncertainty_km
    modes = (
        Place(origin.latitude, origin.longitude, origin.depth_km, 0.77),
        Place(origin.latitude + 0.7, origin.longitude - 1.1, 180.0, 0.23),
    )
    return Confidence(
        0.7 * km,
        1.6 * km,
        1.2 * km,
        0.6 * km,
        35.0,
        origin.depth_km - 4.0,
        origin.depth_km + 9.0,
        0.77 if two else 0.97,
        0.23 if two else 0.01,
        modes if two else modes[:1],
        "ambiguous" if two else "good",
        "undecided" if two else "crust",
        deaf,
    )


def _alert(event: Event) -> Alert:
    origin = event.origin
    kind = "cancel" if event.event_type != "earthquake" else "update" if event.version else "new"
    assert event.magnitude is not None
    return Alert(
        event.id,
        event.version,
        kind,
        event.issued_ns,
        origin.time_ns,
        origin.latitude,
        origin.longitude,
        origin.depth_km,
        event.magnitude.value,
        event.magnitude.type,
        origin.station_codes,
        origin.horizontal_uncertainty_km,
        event.network_status,
        f"{len(origin.station_codes)} stations agree",
    )


def traces(
    table: ChannelTable, quakes: tuple[Quake, ...], seconds: float = 150.0, rate_hz: float = 100.0
) -> list[Segment]:
    """Vertical velocity in counts: microseism, noise, and for each earthquake a P and an S wave train."""
    generator = np.random.default_rng(7)
    n = int(seconds * rate_hz)
    t = np.arange(n) / rate_hz
    start_ns = START_NS - 30 * 10**9
    segments = []
    for station in table.stations:
        x = 40 * np.sin(2 * np.pi * 0.18 * t + generator.uniform(0, 6)) + 5 * generator.standard_normal(n)
        for one in quakes:
            for pick in one.picks.values():
                if pick.source_id.station_code != station.station_code:
                    continue
                since = t - (pick.time_ns - start_ns) / 1e9
                size = (900 if pick.phase == "P" else 3000) * (0.3 + generator.random())
                train = size * np.exp(-np.maximum(since, 0) / 9) * np.minimum(1, np.maximum(since, 0) / 0.3)
                x = x + np.where(since > 0, train, 0) * generator.standard_normal(n)
        name = SourceId(station.network, station.code, "00", "HHZ")
        segments.append(Segment(name, start_ns, rate_hz, np.round(x).astype(np.int32)))
    return segments

"""From the slow channels of a digitizer to symptoms: clock and antenna, supply, temperature, masses, place."""

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.inventory import Station
from seismonet.core.utc import SECOND_NS

from .healthparams import HealthParams
from .measures import Series, StationMeasures
from .soh import (
    ANTENNA,
    MASS_CODES,
    MEANINGS,
    POSITION,
    Excess,
    Limits,
    Trend,
    antenna_changed,
    by_code,
    excess,
    in_units,
    limits,
    moved_m,
    trend,
)
from .symptoms import Symptom

NAMES = {"LCQ": "clock_unlocked", "LCE": "clock_error", "GST": "gnss_lost", "GNS": "gnss_lost"}
NAMES |= {"VDT": "temperature", "VEI": "supply_low", "VEC": "supply_low", **dict.fromkeys(MASS_CODES, "mass_off")}
TRENDS = {"VEI": "supply_falling", **dict.fromkeys(MASS_CODES, "mass_drifting")}
STALE_S = 900.0


def slow_symptoms(measures: StationMeasures, station: Station | None, params: HealthParams) -> list[Symptom]:
    """What a station's slow channels show; ``station`` says where metadata put it."""
    series = by_code(measures.soh)
    own = params.stations.get(measures.station_code)
    found: list[Symptom] = []
    for code in MEANINGS:
        if code in series and len(series[code].value):
            of = limits(code, params.channels, own.channels if own is not None else {})
            found += _of_code(code, series[code], of, _sensor_of(code, measures))
    changed = antenna_changed(series[ANTENNA]) if ANTENNA in series else None
    if changed is not None:
        since_ns, usual, now = changed
        found.append(Symptom("gnss_lost", "", since_ns, f"antenna status is {now:g}, usually {usual:g}"))
    if station is not None and all(code in series for code in POSITION):
        place = station.latitude, station.longitude
        off_m = moved_m(series[POSITION[0]], series[POSITION[1]], place)
        if off_m > params.moved_m:
            text = f"the receiver is {off_m:.0f} m from where the metadata put the station"
            found.append(Symptom("moved", "", int(series[POSITION[0]].time_ns[0]), text))
    return found + _stale(measures)


def _sensor_of(code: str, measures: StationMeasures) -> str:
    """Which sensor a mass position is of: 1 to 3 the seismometer's, in the order Z N E (U V W); else the station."""
    if code not in MASS_CODES:
        return ""
    velocity = sorted(one.source_id.nslc for one in measures.quantity("velocity"))
    if not velocity:
        return ""
    _, _, location, channel = velocity[0].split(".")
    return f"{location}.{channel[:-1]}?"


def _of_code(code: str, series: Series, of: Limits, channel: str) -> list[Symptom]:
    values: FloatArray = in_units(code, series.value, of)
    found = []
    beyond = excess(code, series.time_ns, values, of)
    leads = trend(code, series.time_ns, values, of) if code in TRENDS else None
    if beyond is not None:
        weight = 1.0 if beyond.alarm else 0.9
        text = _said(code, beyond)
        found.append(Symptom(NAMES[code], channel, beyond.since_ns, text, None, weight, _leads(code, leads)))
    elif leads is not None:
        meaning = MEANINGS[code]
        text = f"{meaning.name} ({code}) changes by {leads.slope:+.3g} {meaning.unit} a day"
        text += f" ({leads.low:+.3g} to {leads.high:+.3g})"
        since_ns = int(series.time_ns[0])
        found.append(Symptom(TRENDS[code], channel, since_ns, text, None, 1.0, _leads(code, leads)))
    return found


def _said(code: str, one: Excess) -> str:
    meaning = MEANINGS[code]
    way = "below" if one.below else "beyond"
    return f"{meaning.name} ({code}) {one.value:.4g} {meaning.unit}, {way} {one.threshold:g}".replace(" ,", ",")


def _leads(code: str, leads: Trend | None) -> str:
    """What comes of a trend, in words."""
    if leads is None:
        return ""
    days = max(int(leads.days), 1)
    what = {"VEI": "battery lasts"}.get(code, "recentre within")
    return f"{what} {days} day{'s' if days > 1 else ''}"


def _stale(measures: StationMeasures) -> list[Symptom]:
    """Slow channels that ended, while waveforms go on, are the digitizer's."""
    if not measures.soh:
        return []
    ends = [int(one.time_ns[-1]) for one in measures.soh if len(one.time_ns)]
    waveforms = [one.present[-1][1] for one in measures.channels if one.present]
    newest_ns = max(ends, default=measures.start_ns)
    if not waveforms or np.max(waveforms) - newest_ns < STALE_S * SECOND_NS:
        return []
    text = f"no state of health for {(max(waveforms) - newest_ns) / 60 / SECOND_NS:.0f} min, while waveforms come"
    return [Symptom("health_silent", "", newest_ns, text)]

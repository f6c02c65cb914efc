"""Events as QuakeML 1.2 (BED), through ObsPy.

The rule this file owns: every public id derives from content, so that the same events make the same bytes; lengths are
metres here and times microseconds, as QuakeML wants.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from seismonet.core.event import Event, Pick

from .eventwords import standing
from .geojson import place
from .quakemlbase import Maker, known, public_id, time
from .quakemlorigin import origins
from .quakemlsize import add_magnitude


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
        Evaluation mode automatic, status preliminary; a cancelled event is "not existing", and its parts are rejected.
        Where the earthquake may have been elsewhere, that is a second origin, never the preferred one.
    """
    from obspy.core import event as quake

    latest: dict[str, Event] = {}
    for event in events:
        if event.id not in latest or event.version >= latest[event.id].version:
            latest[event.id] = event
    own = authority(agency)
    makers = [Maker(quake, own, event, agency, author) for event in latest.values()]
    return quake.Catalog([_event(one, picks) for one in makers], resource_id=public_id(own, "catalog", "events"))


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


def _event(maker: Maker, picks: Mapping[str, Pick]) -> Any:
    source, quake = maker.source, maker.quake
    found = origins(maker)
    built = quake.Event(
        resource_id=maker.name("event", source.id),
        event_type=source.event_type,
        event_descriptions=[quake.EventDescription(text=place(source.origin))],
        picks=[_pick(maker, picks[pick_id]) for pick_id in _pick_ids(source, picks)],
        origins=found,
        creation_info=maker.made(source.issued_ns, source.version),
        comments=maker.comments((source.id, source.version), {"state": f"state {standing(source)}"}),
    )
    built.preferred_origin_id = found[0].resource_id.id
    add_magnitude(maker, built, picks)
    return built


def _pick_ids(source: Event, picks: Mapping[str, Pick]) -> list[str]:
    parts = source.magnitude.station_magnitudes if source.magnitude else ()
    used = dict.fromkeys([one.pick_id for one in source.origin.arrivals] + [one.pick_id for one in parts])
    absent = [pick_id for pick_id in used if pick_id not in picks]
    if absent:
        raise ValueError(f"event {source.id} names picks that were not given: {', '.join(absent)}")
    return list(used)


def _pick(maker: Maker, pick: Pick) -> Any:
    """Horizontal slowness stays out: what is measured at one station is an incidence, told in a comment."""
    motion = pick.polarization
    texts = {
        "snr": f"snr {pick.snr:.1f}",
        "trust": f"trust {pick.trust:.2f}" if pick.trust < 1 else "",
        "motion": f"incidence {motion.incidence_deg:.0f} degrees, rectilinearity {motion.rectilinearity:.2f}"
        if motion
        else "",
    }
    return maker.quake.Pick(
        resource_id=maker.pick_id(pick.id),
        time=time(pick.time_ns),
        time_errors=maker.errors(pick.uncertainty_s),
        waveform_id=maker.waveform(pick.source_id),
        phase_hint=pick.phase,
        polarity=pick.polarity or None,
        backazimuth=known(motion.backazimuth_deg) if motion else None,
        backazimuth_errors=maker.errors(motion.backazimuth_uncertainty_deg) if motion else None,
        method_id=maker.name("detector", pick.detector),
        evaluation_mode="automatic",
        evaluation_status=maker.status,
        creation_info=maker.made(pick.issued_ns, pick.version),
        comments=maker.comments(maker.of_pick(pick.id), texts),
    )

"""What is known of an event, and how surely, in words."""

from seismonet.core.event import Event, Magnitude, Origin

from .geojson import coordinates

LEAST_TOLD = 0.05
"""Half units of magnitude that are less probable than this are not told."""
SHALLOW_KM, DEEP_KM = 40, 60
FIRST_HALF_UNIT = 2.0


def size(magnitude: Magnitude | None) -> str:
    """Type and value of a magnitude; that of a rupture which may have outgrown what was measured is a lower bound.

    >>> size(Magnitude(6.84, "Mpd", 0.31, (), at_least=True)), size(None)
    ('Mpd ≥ 6.8', '-')
    """
    if magnitude is None:
        return "-"
    return f"{magnitude.type} {'≥ ' * magnitude.at_least}{magnitude.value:.1f}"


def half_units(magnitude: Magnitude) -> list[tuple[str, float]]:
    """The half units of magnitude with their probabilities, from small to large.

    >>> half_units(Magnitude(2.4, "ML", 0.2, (), probabilities=(0.6, 0.3, 0.1)))
    [('below 2.5', 0.6), ('2.5-3.0', 0.3), ('3.0 and more', 0.1)]
    """
    last = len(magnitude.probabilities) - 1
    told = []
    for index, probability in enumerate(magnitude.probabilities):
        low = FIRST_HALF_UNIT + index / 2
        name = f"{low:.1f}-{low + 0.5:.1f}" if index < last else f"{low:.1f} and more"
        told.append((name if index else f"below {low + 0.5:.1f}", probability))
    return told


def probable(magnitude: Magnitude) -> str:
    """The half units that are worth telling: ``5.0-5.5 71 %, 4.5-5.0 22 %``, the most probable first."""
    worth = [one for one in half_units(magnitude) if one[1] >= LEAST_TOLD]
    return ", ".join(f"{name} {percent(share)}" for name, share in sorted(worth, key=lambda one: -one[1]))


def set_aside(magnitude: Magnitude | None) -> list[str]:
    """Stations whose magnitude does not count, as it is clipped or as it disagrees: ``TJ.MURGH (Mpd 7.2)``."""
    parts = magnitude.station_magnitudes if magnitude else ()
    return [f"{one.source_id.station_code} ({one.type} {one.value:.1f})" for one in parts if not one.used]


def other_places(origin: Origin) -> list[str]:
    """Where else the earthquake may have been: ``or 38.90°N 71.20°E, 180 km deep, 23 %``."""
    modes = origin.confidence.modes[1:] if origin.confidence else ()
    return [
        f"or {coordinates(one.latitude, one.longitude)}, {one.depth_km:.0f} km deep, {percent(one.probability)}"
        for one in modes
    ]


def radii(origin: Origin) -> str:
    """How far from the epicentre 50, 68 and 90 % of the probability reach."""
    sure = origin.confidence
    if sure is None:
        return f"68 % within {origin.horizontal_uncertainty_km:.1f} km"
    shares = (50, sure.radius_50_km), (68, origin.horizontal_uncertainty_km), (90, sure.radius_90_km)
    return ", ".join(f"{share} % within {km:.1f} km" for share, km in shares)


def ellipse(origin: Origin) -> str:
    """The ellipse that holds 68 % of the dominant mode; nothing where it is not known."""
    sure = origin.confidence
    if sure is None:
        return ""
    return f"{2 * sure.major_km:.0f} by {2 * sure.minor_km:.0f} km, longer towards {sure.azimuth_deg % 180:.0f}°"


def depth(origin: Origin) -> str:
    """Depth with its 68 % interval and class: ``12 km (8 to 21), crust: ...``."""
    sure = origin.confidence
    if sure is None:
        return f"{origin.depth_km:.0f} ± {origin.depth_uncertainty_km:.0f} km"
    between = f"{sure.depth_low_km:.0f} to {sure.depth_high_km:.0f}"
    return f"{origin.depth_km:.0f} km ({between}), {depth_class(origin)}"


def depth_class(origin: Origin) -> str:
    """Whether it was in the crust or in the slab: ``crust: 97 % less than 40 km, 1 % more than 60 km``."""
    sure = origin.confidence
    if sure is None:
        return "depth class unknown"
    kind = "crust or slab" if sure.depth_class == "undecided" else sure.depth_class
    shallow, deep = percent(sure.probability_shallow), percent(sure.probability_deep)
    return f"{kind}: {shallow} less than {SHALLOW_KM} km, {deep} more than {DEEP_KM} km"


def phases(origin: Origin) -> str:
    """How many arrivals of which phase were used: ``3 P, 1 S``."""
    counted = [(phase, sum(one.phase == phase for one in origin.arrivals)) for phase in ("P", "S")]
    return ", ".join(f"{count} {phase}" for phase, count in counted if count)


def standing(event: Event) -> str:
    """What an event is: preliminary, confirmed, or cancelled and why."""
    if event.event_type == "earthquake":
        return event.state
    return f"cancelled: {event.reason}" if event.reason else "cancelled"


def percent(share: float) -> str:
    """A probability for people: nothing is certain, and nothing excluded.

    >>> percent(0.234), percent(0.999), percent(0.001)
    ('23 %', 'over 99 %', 'under 1 %')
    """
    if share > 0.99:
        return "over 99 %"
    return f"{100 * share:.0f} %" if share >= 0.01 else "under 1 %"

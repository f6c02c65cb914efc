"""What an event means for places: the forecast that an alert is made of, for a notebook."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from seismonet.core.alert import Shaking
from seismonet.core.errors import QueryError
from seismonet.core.event import Event
from seismonet.core.share import share
from seismonet.core.target import Target
from seismonet.models.earth import BUILT_IN
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.store.targets import read_targets
from seismonet.warn.shaking import ShakingParams, forecast

HEAD = ("target", "km", "MSK-64", "P(≥ V)", "PGA m/s²", "S in s", "")


class Shakings(tuple[Shaking, ...]):
    """Shaking at targets, the strongest first: a tuple that prints as a table."""

    __slots__ = ()

    def rows(self) -> list[tuple[str, ...]]:
        """The cells of the table."""
        return [
            (
                one.target,
                f"{one.epicentral_km:.0f}",
                f"{one.intensity:.1f} ± {one.sd:.1f}",
                f"{100 * one.probability(5):.0f} %",
                f"{one.pga_m_s2:.2g}",
                f"{one.lead_s:.0f}",
                "blind zone" if one.blind else "",
            )
            for one in self
        ]

    def __repr__(self) -> str:
        """A line for each target."""
        table = [HEAD, *self.rows()]
        widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
        )

    def _repr_html_(self) -> str:
        """The same for a notebook."""
        head = "".join(f"<th>{cell}</th>" for cell in HEAD)
        lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in self.rows()]
        return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def shaking(
    event: Event,
    targets: Sequence[Target] | Path | str | None = None,
    *,
    model: TravelTimes | None = None,
    params: ShakingParams | None = None,
) -> Shakings:
    """How strongly places are shaken by an event, and when, as forecast when that version of it was issued.

    Parameters
    ----------
    event : Event, of a replay or from the catalogue
    targets : places, or their file (docs/shaking.md); without them those of the Pamir
    model : travel times; without them those that the event was located with
    params : ShakingParams or None

    Returns
    -------
    Shakings
        A tuple of Shaking, the strongest first, that prints as a table; empty without a magnitude.

    Raises
    ------
    QueryError : the event was located with a model of somebody's own, and none is given
    ArchiveError, FormatError : the file cannot be used

    Examples
    --------
    >>> import seismonet
    >>> from seismonet.core.event import Event, Magnitude, Origin
    >>> origin = Origin(0, 38.21, 72.78, 15.0, 0.5, 3.0, 5.0, 0.3, 90.0, 30.0, (), "pamir70-v0")
    >>> event = Event("e", 0, 12_000_000_000, origin, Magnitude(7.2, "Mpd", 0.2, ()), "s")
    >>> [(one.target, one.blind) for one in seismonet.shaking(event)[:3]]
    [('Lake Sarez', True), ('Usoi Dam', True), ('Barchidev', True)]
    """
    if model is None:
        if event.origin.model not in BUILT_IN:
            raise QueryError(f"event {event.id} was located with the model {event.origin.model!r}; give it as model=")
        model = travel_times(event.origin.model, cache_dir())
    places = share("config") / "targets.csv" if targets is None else targets
    if isinstance(places, Path | str):
        places = read_targets(places)
    return Shakings(forecast(event.origin, event.magnitude, places, model, event.issued_ns, params or ShakingParams()))

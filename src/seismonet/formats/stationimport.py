"""Responses out of a digitizer's own export into a station's description.

The export knows the filters that are really in use, so it replaces what was nominal. Everything else of the description
stays: codes, place, orientation, epochs and the Comments about them.
"""

import io
import warnings
from typing import Any

from seismonet.core.errors import FormatError, QueryError

from .stationunits import canonical
from .stationxml import Inventory, channel_table, parse

REPLACED = frozenset({"response", "sensor", "digitizer", "full scale"})
"""Subjects of Comments that an export makes obsolete."""


def read_export(data: bytes) -> Inventory:
    """ObsPy's Inventory of a digitizer's export, StationXML or RESP; FormatError when it is neither."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return parse(data)
    if b"B052F04" not in data or b"B053F" not in data:
        raise FormatError("neither StationXML nor RESP: export the full response from the digitizer again")
    import obspy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about blockettes that say nothing of the response
        try:
            return obspy.read_inventory(io.BytesIO(data), format="RESP")
        except Exception as error:  # whatever ObsPy's reader raises means that it cannot be read
            reason = " ".join(str(error).split())[:160] or type(error).__name__
            raise FormatError(f"broken RESP: {reason}") from error


def take_responses(target: Inventory, export: Inventory, note: str, channel: str | None = None) -> list[str]:
    """Replace responses of ``target``, in place, by those of ``export``; the names of the channels changed.

    Channels match by channel and location code, or by channel code alone where the export has it once; the newest epoch
    counts on both sides. With ``channel`` only that code is replaced, by an export of one channel whatever its name.

    Parameters
    ----------
    target, export : ObsPy Inventories
    note : where the response comes from, for a Comment
    channel : channel code, such as ``HHZ``

    Raises
    ------
    QueryError
        No channel of the export fits.
    FormatError
        An export at another sampling rate, or without a usable sensitivity.
    """
    offered = _offered(export)
    changed = []
    for network in target:
        for station in network:
            for one in _newest(station):
                found = _match(one, offered, channel)
                if found is not None:
                    name = f"{network.code}.{station.code}.{one.location_code}.{one.code}"
                    _replace(one, found, name, note)
                    changed.append(name)
    if not changed:
        names = ", ".join(sorted({f"{one.location_code or '--'}.{one.code}" for one in offered}))
        raise QueryError(f"no channel fits: the export holds {names}; name one channel with --channel")
    channel_table(target)
    return changed


def _newest(station: Any) -> list[Any]:
    newest: dict[tuple[str, str], Any] = {}
    for one in station:
        key = (one.location_code or "", one.code)
        if key not in newest or (one.start_date or 0) > (newest[key].start_date or 0):
            newest[key] = one
    return list(newest.values())


def _offered(export: Inventory) -> list[Any]:
    offered = [
        one
        for network in export
        for station in network
        for one in _newest(station)
        if one.response is not None and one.response.response_stages
    ]
    if not offered:
        raise FormatError("no response with stages in the export: export the full response from the digitizer again")
    return offered


def _match(one: Any, offered: list[Any], channel: str | None) -> Any | None:
    if channel is not None and one.code != channel:
        return None
    if channel is not None and len(offered) == 1:
        return offered[0]
    same = [other for other in offered if other.code == one.code]
    exact = [other for other in same if (other.location_code or "").strip() == (one.location_code or "").strip()]
    if len(exact) == 1:
        return exact[0]
    return same[0] if len(same) == 1 else None


def _replace(one: Any, found: Any, name: str, note: str) -> None:
    from obspy.core.inventory import Comment

    rates = [
        stage.decimation_input_sample_rate / stage.decimation_factor
        for stage in found.response.response_stages
        if stage.decimation_input_sample_rate and stage.decimation_factor
    ]
    if rates and one.sample_rate and abs(rates[-1] / one.sample_rate - 1) > 1e-3:
        raise FormatError(
            f"{name}: the export ends at {rates[-1]:g} Hz, the channel has {one.sample_rate:g} Hz: "
            "correct the rate, or begin a new epoch"
        )
    one.response = found.response
    for part in (found.response.instrument_sensitivity, *found.response.response_stages):
        if part is not None:  # RESP has its units in capitals
            part.input_units = canonical(part.input_units or "") or part.input_units
            part.output_units = canonical(part.output_units or "") or part.output_units
    one.sensor = found.sensor or one.sensor
    one.data_logger = found.data_logger or one.data_logger
    one.comments = [comment for comment in one.comments if comment.subject not in REPLACED]
    one.comments.append(Comment(value=note, subject="response"))

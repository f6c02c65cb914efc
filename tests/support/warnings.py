"""Events, motions and statuses for the lifecycle, of four stations and three places near 38 N, 72 E."""

from seismonet.core.event import Arrival, Event, Magnitude, Origin
from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.core.motion import Motion
from seismonet.core.sourceid import SourceId
from seismonet.core.status import NetworkStatus, StationStatus
from seismonet.core.target import Target
from seismonet.location.network import Network
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.warn.changes import AlertParams
from seismonet.warn.lifecycle import Lifecycle
from seismonet.warn.view import Surroundings

SECOND = 10**9
T0 = 1_700_000_000 * SECOND
PLACES = {"XX.A": (38.0, 72.0), "XX.B": (38.2, 72.1), "XX.C": (37.7, 72.3), "XX.D": (38.4, 71.6)}
TARGETS = (
    Target("Near", "town", 38.05, 72.05, population=30_000),
    Target("Middle", "village", 38.5, 72.4, population=500),
    Target("Far", "city", 39.8, 73.5, population=900_000),
)


def network() -> Network:
    """The stations and iasp91."""
    stations = {
        code: Station(*code.split("."), 0, OPEN_END_NS, *place, 0.0)  # type: ignore[call-arg]
        for code, place in PLACES.items()
    }
    return Network(stations, travel_times("iasp91", cache_dir()))


NETWORK = network()


def lifecycle(targets: tuple[Target, ...] = TARGETS, params: AlertParams | None = None) -> Lifecycle:
    """One that knows nothing yet."""
    return Lifecycle(Surroundings(NETWORK, targets), params or AlertParams())


def status(issued_s: float = 0.0, down: tuple[str, ...] = ()) -> NetworkStatus:
    """All stations up but some."""
    parts = tuple(
        StationStatus(code, "down" if code in down else "up", code not in down, (), ("no record for 95 s",))
        for code in PLACES
    )
    return NetworkStatus(f"s{issued_s}", T0 + round(issued_s * SECOND), parts, sum(one.can_contribute for one in parts))


def event(version: int, issued_s: float, **changes: object) -> Event:
    """A version of an event at the origin of times, ``issued_s`` later."""
    told = {
        "id": "e", "stations": 3, "latitude": 38.0, "longitude": 72.0, "depth_km": 10.0, "m": 5.0, "r68": 20.0,
        "origin_s": 0.0, "weight": 1.0, "event_type": "earthquake", "state": "", "reason": "", "at_least": False,
    } | changes  # fmt: skip
    codes = list(PLACES)[: told["stations"]]  # type: ignore[misc]
    arrivals = tuple(
        Arrival(f"{told['id']}{code}", SourceId(*code.split("."), "00", "HHZ"), "P", 30.0, 0.0, 0.1, told["weight"])  # type: ignore[arg-type]
        for code in codes
    )
    origin = Origin(
        T0 + round(told["origin_s"] * SECOND),  # type: ignore[operator]
        told["latitude"], told["longitude"], told["depth_km"], 0.5, told["r68"], 10.0, 0.2, 120.0, 30.0, arrivals,
        "iasp91",
    )  # type: ignore[arg-type]  # fmt: skip
    m = told["m"]
    size = None if m is None else Magnitude(m, "Mpd", 0.2, (), at_least=told["at_least"])  # type: ignore[arg-type]
    state = told["state"] or ("preliminary" if len(codes) < 3 else "confirmed")
    return Event(
        told["id"], version, T0 + round(issued_s * SECOND), origin, size, f"status{version}",  # type: ignore[arg-type]
        told["event_type"], state, told["reason"],  # type: ignore[arg-type]
    )  # fmt: skip


def motion(code: str, issued_s: float, **changes: object) -> Motion:
    """Strong shaking at a station that began two seconds before."""
    told = {
        "start_s": issued_s - 2.0, "pga": 0.9, "intensity": 6.2, "above_s": 0.6, "agreeing": True, "pd_m": 0.0,
        "tau_c_s": 0.0, "pick_id": "",
    } | changes  # fmt: skip
    issued_ns = T0 + round(issued_s * SECOND)
    return Motion(
        code, (), T0 + round(told["start_s"] * SECOND), issued_ns - SECOND // 2, told["pga"], 0.04, 3.5,  # type: ignore[operator, arg-type]
        told["intensity"], told["above_s"], told["agreeing"], issued_ns, told["pd_m"], told["tau_c_s"], told["pick_id"],  # type: ignore[arg-type]
    )  # fmt: skip

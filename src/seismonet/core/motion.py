"""Strong motion as one station saw it."""

from dataclasses import dataclass

from .sourceid import SourceId


@dataclass(frozen=True, slots=True)
class Motion:
    """How strongly the ground moved at one station since its shaking began, as known at ``issued_ns``.

    Attributes
    ----------
    station_code, start_ns, until_ns : the window of data it speaks of
    source_ids : the channels that were used
    pga_m_s2, pgv_m_s : largest horizontal acceleration and velocity (vector sum of the two components)
    jma_intensity : instrumental intensity of the Japan Meteorological Agency (of its real-time form while it lasts)
    intensity : MSK-64, from peak acceleration and velocity
    above_s : for how long the acceleration was beyond the on-site threshold
    pd_m, tau_c_s : peak displacement and period of the first seconds of P, 0 without a P pick
    agreeing : both sensors saw it alike; None when there is only one that can say
    pick_id : of the station's P, empty when there is none
    final : the shaking is over; ``jma_intensity`` is then of the published definition
    """

    station_code: str
    source_ids: tuple[SourceId, ...]
    start_ns: int
    until_ns: int
    pga_m_s2: float
    pgv_m_s: float
    jma_intensity: float
    intensity: float
    above_s: float
    agreeing: bool | None
    issued_ns: int
    pd_m: float = 0.0
    tau_c_s: float = 0.0
    pick_id: str = ""
    final: bool = False

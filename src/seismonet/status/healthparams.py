"""``[health]``: thresholds of what is observed, told and led to action, with those of single stations."""

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as parameters

from .machine import MachineParams
from .sensorpair import PairParams
from .soh import Limits


@parameters(frozen=True, config=ConfigDict(extra="forbid"))
class StationHealth:
    """What is otherwise at one station: ``[health.stations."TJ.MURG".channels.VEI]``."""

    channels: dict[str, Limits] = Field(
        default_factory=dict, description="by code of the slow channel, as VEI: scale and thresholds"
    )


@parameters(frozen=True)
class HealthParams:
    """When something measured is a symptom; docs/health.md says why each value is as it is."""

    silent_s: float = Field(default=300.0, gt=0, description="nothing for so long: a station or channel is silent")
    flat_s: float = Field(default=60.0, gt=0, description="one value for so long: a channel is flat")
    late_s: float = Field(default=30.0, gt=0, description="data older than this at receipt, for half an hour, are late")
    ahead_s: float = Field(default=0.5, gt=0, description="data that come so long before they end: the clock is wrong")
    jump_s: float = Field(default=0.3, gt=0, description="a lasting jump of the latency by more is one of the clock")
    drift_s_per_h: float = Field(default=0.05, gt=0, description="a steady drift of the latency by more is the clock's")
    timing_percent: float = Field(default=80.0, ge=0, le=100, description="lower timing quality is a clock unlocked")
    short_gap_s: float = Field(default=60.0, gt=0, description="shorter gaps are lost packets, longer ones outages")
    gaps_per_h: float = Field(default=2.0, gt=0, description="as many gaps or overlaps an hour are told")
    spikes_per_h: float = Field(default=20.0, gt=0, description="as many spikes an hour, lasting, are told")
    louder: float = Field(default=4.0, gt=1, description="noise so many times its usual size for half an hour is told")
    offset: float = Field(default=0.3, gt=0, lt=1, description="a mean beyond this part of the full scale is told")
    beyond_models_percent: float = Field(
        default=50.0, gt=0, le=100, description="noise beyond Peterson's models at as many of all periods is told"
    )
    microseism_db: float = Field(
        default=14.0,
        gt=0,
        description="microseism so far from that of the neighbours is told (scatter 4 dB, sediment 10)",
    )
    moved_m: float = Field(default=50.0, gt=0, description="a receiver so far from where metadata put it is told")
    together_s: float = Field(default=180.0, gt=0, description="what begins within so long began together")
    channels: dict[str, Limits] = Field(
        default_factory=dict, description="slow channels of all stations, by code: scale and thresholds"
    )
    stations: dict[str, StationHealth] = Field(
        default_factory=dict, description="what is otherwise at a station, by its code as NET.STA"
    )
    pair: PairParams = Field(default_factory=PairParams, description="the two sensors of a station")
    machine: MachineParams = Field(default_factory=MachineParams, description="states")

"""seismonet: earthquakes found and told from a handful of stations.

The names below are imported when first used, so that ``import seismonet`` is quick.
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Alert", "Event", "Pick", "Pipeline", "PipelineParams", "SourceId", "pick", "replay", "shaking"]
_HOMES = {
    "Alert": "seismonet.core.alert",
    "Event": "seismonet.core.event",
    "Pick": "seismonet.core.event",
    "Pipeline": "seismonet.pipeline",
    "PipelineParams": "seismonet.pipeline",
    "SourceId": "seismonet.core.sourceid",
    "pick": "seismonet.library.picking",
    "replay": "seismonet.library.replaying",
    "shaking": "seismonet.library.shaken",
}

if TYPE_CHECKING:
    from seismonet.core.alert import Alert
    from seismonet.core.event import Event, Pick
    from seismonet.core.sourceid import SourceId
    from seismonet.library.picking import pick
    from seismonet.library.replaying import replay
    from seismonet.library.shaken import shaking
    from seismonet.pipeline import Pipeline, PipelineParams


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'seismonet' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

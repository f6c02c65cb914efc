"""The response of a channel over the period bins of its spectra, from StationXML where that is given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.inventory import Channel
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.kernels.spectrum import flat_response_db, plan
from seismonet.store.inventory import find_files, read_document


@dataclass(slots=True)
class Responses:
    """Responses of the channels of some StationXML files; each file is read when first needed."""

    paths: Sequence[str | Path] = ()
    _documents: list[Any] | None = None
    _known: dict[tuple[SourceId, int, float], FloatArray | None] = field(default_factory=dict)
    _turn: Lock = field(default_factory=Lock)

    def correction_db(self, channel: Channel | None, rate_hz: float) -> FloatArray | None:
        """(p,) what makes dB of counts**2/Hz dB of (m/s**2)**2/Hz; None where nothing is known of the channel.

        Without stages of a response the sensitivity counts for all periods.
        """
        if channel is None or channel.quantity == "counts" or not np.isfinite(channel.sensitivity):
            return None
        key = channel.source_id, channel.start_ns, rate_hz
        with self._turn:  # evalresp is C that keeps things in globals
            if key not in self._known:
                full = self._full(channel, rate_hz)
                flat = flat_response_db(rate_hz, channel.quantity, channel.sensitivity)
                self._known[key] = flat if full is None else full
            return self._known[key]

    def _full(self, channel: Channel, rate_hz: float) -> FloatArray | None:
        import obspy

        one, name = plan(rate_hz), channel.source_id
        time = obspy.UTCDateTime(ns=max(channel.start_ns, 0) + SECOND_NS)
        for document in self._read():
            try:
                with catch_warnings():
                    simplefilter("ignore")
                    response = document.get_response(name.nslc, time)
                    found = response.get_evalresp_response(1.0 / rate_hz, one.size, output="ACC")[0][1:]
            except Exception:  # ObsPy's evalresp raises what it likes for responses without stages
                continue
            power = np.abs(np.asarray(found)) ** 2
            if np.isfinite(power).all() and (power > 0).all():
                return one.smooth(-10.0 * np.log10(power))
        return None

    def _read(self) -> list[Any]:
        if self._documents is None:
            self._documents = [read_document(path) for path in (find_files(self.paths) if self.paths else [])]
        return self._documents

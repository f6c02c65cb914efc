"""The work both sides do: one band, one STA/LTA, onsets. Ours streams, with state; ObsPy's takes whole arrays."""

from typing import Any

import numpy as np

from seismonet.core.arrays import AnyArray, FloatArray
from seismonet.core.waveform import Block, Receipts
from seismonet.detect.assemble import Assembler
from seismonet.detect.rows import Rows
from seismonet.kernels.filter import FilterState, bandpass_sos, sos_filter
from seismonet.kernels.stalta import sta_lta, stalta_initial
from seismonet.kernels.state import put, take
from seismonet.kernels.trigger import hysteresis, hysteresis_initial

from .signals import CORNERS, HIGH_HZ, LOW_HZ, NLTA, NSTA, OFF, ON, RATE_HZ


class Chain:
    """Receipts to onsets, for channels of one rate, through assembly and the public kernels.

    A channel's first samples meet a filter at rest, as ObsPy's do.
    """

    def __init__(self, rows: Rows) -> None:
        self.assembler = Assembler(rows)
        self.sos = bandpass_sos(LOW_HZ, HIGH_HZ, RATE_HZ, corners=CORNERS)
        self.filter = FilterState(np.zeros((len(rows), CORNERS, 2)))
        self.averages = stalta_initial(len(rows))
        self.trigger = hysteresis_initial(len(rows))
        self.crossings: list[tuple[AnyArray, AnyArray, AnyArray]] = []

    def step(self, receipts: Receipts) -> None:
        """Take in a batch and handle what can be handled."""
        self.assembler.add(receipts)
        for _, block in self.assembler.cut():
            self._block(block)

    def _block(self, block: Block) -> None:
        rows = block.rows
        filtered, state = sos_filter(block.samples, take(self.filter, rows), sos=self.sos)
        put(self.filter, rows, state)
        filtered *= filtered
        ratio, averages = sta_lta(filtered, take(self.averages, rows), nsta=NSTA, nlta=NLTA, corrected=False)
        put(self.averages, rows, averages)
        found, trigger = hysteresis(ratio, take(self.trigger, rows), on=ON, off=OFF)
        put(self.trigger, rows, trigger)
        if len(found.row):
            self.crossings.append((rows[found.row], block.number[found.row] + found.index, found.on))

    def onsets(self) -> list[tuple[int, int]]:
        """(row, sample number) of the begin of every trigger, sorted."""
        return sorted(
            (row, number)
            for rows, numbers, on in self.crossings
            for row, number in zip(rows[on].tolist(), numbers[on].tolist(), strict=True)
        )


def obspy_chain(samples: FloatArray) -> Any:
    """ObsPy's way over one whole array: begin and end of each trigger."""
    from obspy.signal.filter import bandpass
    from obspy.signal.trigger import recursive_sta_lta, trigger_onset

    filtered = bandpass(samples, LOW_HZ, HIGH_HZ, RATE_HZ, corners=CORNERS)
    return trigger_onset(recursive_sta_lta(filtered, NSTA, NLTA), ON, OFF)

"""Rollups, metrics and spectra of channels in the catalogue.

The rule this file owns: what is stored again replaces what was there, and numbers are read as they were written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import RowMapping, Table, select

from seismonet.core.health import Metric
from seismonet.core.rollup import FLAGS, HourSpectrum, ReceiptRollup, RecordRollup, Rollup, SampleRollup
from seismonet.core.sourceid import SourceId

from . import schema
from .catalogue import Catalogue
from .rows import Row, from_number, number

TABLES = {
    SampleRollup: schema.sample_rollups,
    RecordRollup: schema.record_rollups,
    ReceiptRollup: schema.receipt_rollups,
}
ONE_DB = 100
BATCH = 400
Kind = TypeVar("Kind", SampleRollup, RecordRollup, ReceiptRollup)


def add_rollups(catalogue: Catalogue, rollups: Iterable[Rollup]) -> None:
    """Store rollups."""
    many = list(rollups)
    for kind, table in TABLES.items():
        catalogue.replace(table, [_rollup_row(one) for one in many if isinstance(one, kind)])


def add_metrics(catalogue: Catalogue, metrics: Iterable[Metric]) -> None:
    """Store metrics."""
    rows = [
        {
            "nslc": one.source_id.nslc,
            "name": one.name,
            "start_ns": one.start_ns,
            "end_ns": one.end_ns,
            "value": number(one.value),
        }
        for one in metrics
    ]
    catalogue.replace(schema.metrics, rows)


def add_spectra(catalogue: Catalogue, spectra: Iterable[HourSpectrum]) -> None:
    """Store spectra, to a hundredth of a dB."""
    rows = [
        {
            "nslc": one.source_id.nslc,
            "start_ns": one.start_ns,
            "rate_hz": one.rate_hz,
            "centibels": np.clip(np.rint(one.db * ONE_DB), -32768, 32767).astype("<i2").tobytes(),
        }
        for one in spectra
    ]
    catalogue.replace(schema.spectra, rows)


def read_rollups(
    catalogue: Catalogue, kind: type[Kind], names: Sequence[SourceId], start_ns: int, end_ns: int
) -> list[Kind]:
    """Rollups of one kind of channels that begin in ``[start_ns, end_ns)``, by channel and time."""
    rows = _read(catalogue, TABLES[kind], names, start_ns, end_ns)
    return [_to_rollup(kind, row) for row in rows]


def read_metrics(catalogue: Catalogue, names: Sequence[SourceId], start_ns: int, end_ns: int) -> list[Metric]:
    """Metrics of channels whose times begin in ``[start_ns, end_ns)``, by channel, name and time."""
    rows = _read(catalogue, schema.metrics, names, start_ns, end_ns)
    found = [
        Metric(_name(row), str(row["name"]), row["start_ns"], row["end_ns"], from_number(row["value"])) for row in rows
    ]
    return sorted(found, key=lambda one: (one.source_id, one.name, one.start_ns))


def read_spectra(catalogue: Catalogue, names: Sequence[SourceId], start_ns: int, end_ns: int) -> list[HourSpectrum]:
    """Spectra of channels whose hours begin in ``[start_ns, end_ns)``, by channel and time."""
    rows = _read(catalogue, schema.spectra, names, start_ns, end_ns)
    return [
        HourSpectrum(_name(row), row["start_ns"], row["rate_hz"], np.frombuffer(row["centibels"], dtype="<i2") / ONE_DB)
        for row in rows
    ]


def last_spectra(catalogue: Catalogue, since_ns: int) -> dict[SourceId, int]:
    """Begin of each channel's latest hour in the catalogue, of those that began since a time."""
    table = schema.spectra
    query = select(table.c.nslc, table.c.start_ns).where(table.c.start_ns >= since_ns).order_by(table.c.start_ns)
    return {SourceId.parse(row["nslc"]): int(row["start_ns"]) for row in catalogue.fetch(query)}


def _read(
    catalogue: Catalogue, table: Table, names: Sequence[SourceId], start_ns: int, end_ns: int
) -> list[RowMapping]:
    found: list[RowMapping] = []
    wanted = sorted({one.nslc for one in names})
    for first in range(0, len(wanted), BATCH):
        query = select(table).where(
            table.c.nslc.in_(wanted[first : first + BATCH]), table.c.start_ns >= start_ns, table.c.start_ns < end_ns
        )
        found += catalogue.fetch(query.order_by(table.c.nslc, table.c.start_ns))
    return found


def _name(row: RowMapping) -> SourceId:
    return SourceId.parse(row["nslc"])


def _rollup_row(rollup: Rollup) -> Row:
    values = asdict(rollup)
    values["nslc"] = rollup.source_id.nslc
    del values["source_id"]
    if isinstance(rollup, RecordRollup):
        del values["flags"]
        values.update(zip(FLAGS, rollup.flags, strict=True))
    return {key: number(value) if isinstance(value, float) else value for key, value in values.items()}


def _to_rollup(kind: type[Kind], row: RowMapping) -> Kind:
    values: dict[str, Any] = {key: from_number(value) if value is None else value for key, value in row.items()}
    values["source_id"] = SourceId.parse(values.pop("nslc"))
    if kind is RecordRollup:
        values["flags"] = tuple(int(values.pop(name)) for name in FLAGS)
    return kind(**values)

"""Evaluation of a folder against catalogues: what the command and scripts run."""

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from seismonet.core.alert import Alert
from seismonet.core.errors import ArchiveError, FormatError, QueryError
from seismonet.core.event import Event
from seismonet.core.target import Target
from seismonet.core.utc import SECOND_NS
from seismonet.models.traveltime import TravelTimes
from seismonet.reports.evaluation import Rule, Run, StatusPoint, TruthSet
from seismonet.reports.evaluationresult import Evaluation, Regions, document, evaluate
from seismonet.reports.evaluationtruth import parse_truth, together
from seismonet.store.catalogue import Catalogue
from seismonet.store.index import NAME as INDEX
from seismonet.store.index import Index
from seismonet.store.simulated import read_mark
from seismonet.warn.audience import ALWAYS
from seismonet.warn.shaking import ShakingParams

from .recordings import CATALOGUE

Window = tuple[int | None, int | None]
NEARLY_NS = 60 * SECOND_NS
"""Data that pause for less are one stretch: no earthquake is missed for want of so little."""


def evaluate_folder(
    folder: Path,
    truth: Sequence[Path],
    model: TravelTimes,
    *,
    rule: Rule | None = None,
    window: Window = (None, None),
    regions: Path | None = None,
    targets: Sequence[Target] = (),
    shaking: ShakingParams | None = None,
) -> Evaluation:
    """Judge what a replay or a daemon left in its folder.

    Raises
    ------
    ArchiveError, FormatError
        A file that cannot be read, or is not what it should be.
    QueryError
        The folder's catalogue is empty, or nothing of the truth lies within its time.

    Examples
    --------
    >>> evaluate_folder(Path("nowhere"), [], None)
    Traceback (most recent call last):
        ...
    seismonet.core.errors.ArchiveError: nowhere: holds no catalogue.sqlite; give the folder of a replay or of a daemon
    """
    run = read_run(folder, window)
    known = together(parse_truth(_read(path), path.name) for path in truth)
    whole = run.span_ns
    if whole is None:
        raise QueryError(f"{folder}: its catalogue is empty, so there is nothing to judge")
    span_ns = window[0] if window[0] is not None else whole[0], window[1] if window[1] is not None else whole[1]
    if span_ns[0] >= span_ns[1]:
        raise QueryError("the time window ends before it begins; mend --start and --end")
    areas = read_regions(regions) if regions is not None else None
    return evaluate(run, known, model, rule=rule, span_ns=span_ns, regions=areas, targets=targets, shaking=shaking)


def read_run(folder: Path, window: Window = (None, None)) -> Run:
    """All that a folder's catalogue knows of a time window; ArchiveError when it has none."""
    if not (folder / CATALOGUE).exists():
        raise ArchiveError(f"{folder}: holds no {CATALOGUE}; give the folder of a replay or of a daemon")
    with Catalogue(folder / CATALOGUE, create=False) as catalogue, catalogue.transaction():
        table = catalogue.stations()
        refused = {one.pick_id for one in catalogue.rejections(*window)}
        picks = tuple(pick for pick in catalogue.picks(*window) if pick.id not in refused)
        versions = catalogue.versions(*window)
        alerts = catalogue.alerts()
        statuses = tuple(StatusPoint(*row) for row in catalogue.able(*window))
        spans = apart(catalogue.spans()) or _received(folder, statuses)
    return Run(
        str(folder),
        table,
        by_event(versions),
        by_event(told_operators(alerts)),
        picks,
        statuses,
        len(refused),
        read_mark(folder),
        spans=spans,
        warnings=by_event(alerts),
    )


def _received(folder: Path, statuses: Sequence[StatusPoint]) -> tuple[tuple[int, int], ...]:
    """When a daemon had data, by the index of its archive: from its first status on, as what is older was imported."""
    if not (folder / INDEX).exists() or not statuses:
        return ()
    index = Index(folder / INDEX)
    try:
        found = index.spans(statuses[0].time_ns, late=False)
    finally:
        index.close()
    first_ns = statuses[0].time_ns
    return apart([(max(begin, first_ns), end) for spans in found.values() for begin, end in spans])


def apart(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans in order, those that overlap or nearly touch as one.

    >>> apart([(0, 10), (5, 20), (200_000_000_000, 200_000_000_005)])
    ((0, 20), (200000000000, 200000000005))
    """
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin - joined[-1][1] <= NEARLY_NS:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return tuple(joined)


Of = TypeVar("Of", Event, Alert)


def by_event(many: Iterable[Of]) -> dict[str, tuple[Of, ...]]:
    """Versions or alerts of each event, in the order given."""
    found: dict[str, list[Of]] = {}
    for one in many:
        found.setdefault(one.id if isinstance(one, Event) else one.about, []).append(one)
    return {name: tuple(group) for name, group in found.items()}


def told_operators(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts to the operator, who is told of every event, so that runs with and without targets compare."""
    return [one for one in alerts if one.audience == ALWAYS]


def read_truth(paths: Sequence[Path]) -> TruthSet:
    """The earthquakes of several files; ArchiveError or FormatError name the one that cannot be used."""
    return together(parse_truth(_read(path), path.name) for path in paths)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_regions(path: Path) -> Regions:
    """Regions of a GeoJSON file: polygons with a ``name`` among their properties; FormatError for anything else."""
    try:
        features = json.loads(_read(path).decode("utf-8"))["features"]
        found = {str(one["properties"]["name"]): _rings(one["geometry"]) for one in features}
    except (KeyError, TypeError, ValueError, IndexError):
        raise FormatError(
            f"{path}: is no GeoJSON FeatureCollection of polygons, each with a name among its properties"
        ) from None
    if not found:
        raise FormatError(f"{path}: holds no region")
    return {name: _holds(rings) for name, rings in found.items()}


def _rings(geometry: Any) -> list[np.ndarray[Any, Any]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    if geometry["type"] not in ("Polygon", "MultiPolygon"):
        raise ValueError(geometry["type"])
    return [np.asarray(ring, dtype=np.float64)[:, :2] for polygon in polygons for ring in polygon]


def _holds(rings: list[np.ndarray[Any, Any]]) -> Callable[[float, float], bool]:
    """Does a place lie within rings: an odd number of sides is crossed on the way north (holes are rings too)."""

    def holds(latitude: float, longitude: float) -> bool:
        crossed = 0
        for ring in rings:
            (x1, y1), (x2, y2) = ring.T, np.roll(ring, -1, axis=0).T
            across = (x1 > longitude) != (x2 > longitude)
            with np.errstate(divide="ignore", invalid="ignore"):
                north = y1 + (longitude - x1) / (x2 - x1) * (y2 - y1)
            crossed += int(np.count_nonzero(across & (north > latitude)))
        return crossed % 2 == 1

    return holds


def write_evaluation(made: Evaluation, json_path: Path | None, folder: Path | None) -> list[Path]:
    """Write the JSON and the figures that were asked for; which files there are. ArchiveError when that cannot be."""
    from seismonet.reports.evaluationexpectation import draw_expectation, expectation

    files: list[Path] = []
    try:
        if json_path is not None:
            expected = {"expectation": expectation(made)} if made.run.given else {}
            write_json(document(made) | expected, json_path)
            files.append(json_path)
        if folder is not None:
            from seismonet.reports.evaluationfigures import draw_all

            folder.mkdir(parents=True, exist_ok=True)
            files += draw_all(made, folder)
            if made.run.given:
                draw_expectation(made, folder / "expectation.png")
                files.append(folder / "expectation.png")
    except OSError as error:
        where = folder if folder is not None else json_path
        raise ArchiveError(f"{where}: cannot be written to: {error.strerror or error}") from None
    return files


def write_json(told: dict[str, Any], path: Path) -> None:
    """To a file beside, then renamed, so that what was there is whole at every moment."""
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(part, 0o644)
        os.replace(part, path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise

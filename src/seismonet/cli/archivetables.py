"""How ``seismonet archive`` prints what it found."""

import sys
from typing import Any

from seismonet.core.utc import to_iso
from seismonet.daemon.words import listed, moment, number, size, span
from seismonet.formats.gate import CODE, REASONS
from seismonet.store.availability import CELLS, Coverage
from seismonet.store.importing import Imported, Stored
from seismonet.store.indexwriter import HERE
from seismonet.store.repair import Repaired
from seismonet.store.standing import ChannelDay, ChannelStanding, Standing, Storage
from seismonet.store.verify import Finding

GOOD_PERCENT, FAIR_PERCENT = 99.0, 90.0


def print_standing(found: Standing) -> None:
    """One line a channel, with a strip of its availability over the window."""
    print(f"{_span(found)}; a block is {span((found.window_ns[1] - found.window_ns[0]) / CELLS / 1e9)}")
    table = _table("channel", ">available", "", ">gaps", ">longest", ">late", ">records", ">size", "last record", "")
    for one in found.channels:
        gap = span(one.coverage.longest_gap_s) if one.coverage.gaps else "-"
        late = span(one.late_s) if one.late_s > 0 else "-"
        table.add_row(
            one.source_id.nslc, _percent(one.coverage), f"[dim]{one.coverage.strip}[/]", str(one.coverage.gaps), gap,
            late, str(one.total("records")), size(one.total("length")), moment(one.last_ns), _remarks(one),
        )  # fmt: skip
    _print(table)


def print_days(found: Standing) -> None:
    """One line a channel and day."""
    print(_span(found))
    table = _table(
        "channel", "day", ">available", ">gaps", ">longest", ">records", ">late", ">duplicates", ">overlaps",
        ">conflicts", ">size", "",
    )  # fmt: skip
    for one in found.channels:
        for day in one.days():
            row, part = day.row, day.coverage
            table.add_row(
                one.source_id.nslc, to_iso(row.day_ns, 0)[:10], _percent(part), str(part.gaps),
                span(part.longest_gap_s) if part.gaps else "-", str(row.records), str(row.late), str(row.duplicates),
                str(row.overlaps), str(row.conflicts), size(row.length), "" if row.state == HERE else row.state,
            )  # fmt: skip
    _print(table)


def print_storage(costs: Storage) -> None:
    """What the archive costs, and what is not well."""
    told = [
        f"archive {size(costs.archive_bytes)}",
        f"journal {size(costs.journal_bytes)}",
        f"quarantine {size(costs.quarantine_bytes)} in {number(costs.quarantine_files, 'file')}",
        f"free {size(costs.free_bytes)}",
    ]
    if costs.inbox_bytes:
        told.append(f"waiting to be imported {size(costs.inbox_bytes)}")
    print("; ".join(told))
    if costs.open_gaps or costs.known_gaps:
        print(f"{number(costs.open_gaps, 'gap')} asked for without success, {costs.known_gaps} given up")


def _span(found: Standing) -> str:
    return f"{moment(found.window_ns[0])} to {moment(found.window_ns[1])}"


def _percent(coverage: Coverage) -> str:
    if not coverage.window_s:
        return "-"
    style = "green" if coverage.percent >= GOOD_PERCENT else "yellow" if coverage.percent >= FAIR_PERCENT else "red"
    # 100 is only what is whole
    shown = f"{min(coverage.percent, 99.99):.2f}" if coverage.covered_s < coverage.window_s else "100.00"
    return f"[{style}]{shown} %[/]"


def _remarks(one: ChannelStanding) -> str:
    counts = ((name, one.total(f"{name}s")) for name in ("overlap", "conflict", "duplicate"))
    told = [number(count, name) for name, count in counts if count]
    if one.removed_days:
        told.append(f"{number(one.removed_days, 'day')} removed")
    return ", ".join(told)


def _table(*columns: str) -> Any:
    """A plain table; a column whose name begins with ``>`` is aligned to the right."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left", no_wrap=True)
    return table


def _print(table: Any) -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 200).print(table, highlight=False)


def standing_object(found: Standing, costs: Storage) -> dict[str, Any]:
    """For machines: all of it, with the days."""
    return {
        "start": to_iso(found.window_ns[0]),
        "end": to_iso(found.window_ns[1]),
        "channels": [_channel_object(one) for one in found.channels],
        "conflicts": [
            {"nslc": one.source_id.nslc, **_times(one.start_ns, one.end_ns), "records": one.records}
            for one in found.conflicts
        ],
        "losses": [
            {"nslc": one.source_id.nslc, **_times(one.start_ns, one.end_ns), "bytes": one.bytes} for one in found.losses
        ],
        "storage": {name: getattr(costs, name) for name in Storage.__dataclass_fields__},
    }


def _channel_object(one: ChannelStanding) -> dict[str, Any]:
    names = ("records", "samples", "late", "duplicates", "overlaps", "conflicts", "length")
    return {
        "nslc": one.source_id.nslc,
        "source_id": one.source_id.fdsn,
        **_coverage_object(one.coverage),
        "late_s": one.late_s,
        "last": to_iso(one.last_ns) if one.last_ns else None,
        **{name if name != "length" else "bytes": one.total(name) for name in names},
        "removed_days": one.removed_days,
        "days": [_day_object(day, names) for day in one.days()],
    }


def _day_object(day: ChannelDay, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name if name != "length" else "bytes": getattr(day.row, name) for name in names}
    return {"day": to_iso(day.row.day_ns, 0)[:10], **_coverage_object(day.coverage), **values, "state": day.row.state}


def _coverage_object(coverage: Coverage) -> dict[str, Any]:
    return {
        "percent": round(coverage.percent, 4),
        "window_s": coverage.window_s,
        "covered_s": coverage.covered_s,
        "gaps": coverage.gaps,
        "longest_gap_s": coverage.longest_gap_s,
    }


def _times(start_ns: int, end_ns: int) -> dict[str, str]:
    return {"start": to_iso(start_ns), "end": to_iso(end_ns)}


def finding_object(finding: Finding) -> dict[str, Any]:
    """For machines."""
    return {name: getattr(finding, name) for name in Finding.__dataclass_fields__}


def print_imported(done: Imported, stored: Stored | None) -> None:
    """What came in, and what did not."""
    print(f"{number(done.files, 'file')} read: {number(done.records, 'record')}, {size(done.bytes)}")
    if stored is None:
        print("laid into the inbox of the daemon that works here; 'seismonet archive status' tells what still waits")
    else:
        taken = stored.taken
        told = [f"{taken.archived} archived", f"{taken.duplicates} were there already"]
        told += [number(taken.conflicts, "conflict")] if taken.conflicts else []
        told += [f"{sum(taken.quarantined.values())} set aside"] if taken.quarantined else []
        print(", ".join(told))
        for note in stored.notes:
            print(f"before that: {note}")
    for code, count in sorted(done.refused.items()):
        print(f"{number(count, 'record')} refused: {REASONS[CODE[code]].text}")
    for reason, count in sorted(done.skipped.items()):
        print(f"{size(count)} skipped: {reason}")
    if done.without:
        print(f"no record in {listed([str(path) for path in done.without])}")
    for line in done.unreadable:
        print(f"not read: {line}")


def imported_object(done: Imported, stored: Stored | None) -> dict[str, Any]:
    """For machines."""
    found: dict[str, Any] = {
        "files": done.files,
        "records": done.records,
        "bytes": done.bytes,
        "refused": dict(done.refused),
        "skipped_bytes": dict(done.skipped),
        "without_records": [str(path) for path in done.without],
        "unreadable": done.unreadable,
        "inbox": stored is None,
    }
    if stored is not None:
        taken = stored.taken
        found |= {name: getattr(taken, name) for name in ("archived", "duplicates", "overlaps", "conflicts")}
        found |= {"quarantined": sum(taken.quarantined.values()), "notes": list(stored.notes)}
    return found


def print_repaired(done: Repaired) -> None:
    """What was done."""
    print(f"{number(done.files, 'day file')} looked at, {len(done.rewritten)} written anew")
    for code, count in sorted(done.moved.items()):
        print(f"{number(count, 'record')} to the quarantine: {code}")
    if done.junk:
        print(f"{size(done.junk)} that are no record to the quarantine")
    if done.sent:
        print(f"{number(done.sent, 'record')} to the files where they belong")
    for note in done.notes:
        print(note)


def repaired_object(done: Repaired) -> dict[str, Any]:
    """For machines."""
    return {
        "files": done.files,
        "rewritten": done.rewritten,
        "quarantined": dict(done.moved),
        "junk_bytes": done.junk,
        "sent": done.sent,
        "notes": list(done.notes),
    }

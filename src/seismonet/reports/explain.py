"""One page that says why an alert was sent, or why an earthquake was not alerted: as text and as a file of HTML."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

from seismonet.core.errors import ArchiveError, QueryError
from seismonet.core.utc import to_iso
from seismonet.formats import eventwords
from seismonet.formats.geojson import coordinates
from seismonet.store.simulated import SIMULATED

from .explanation import MISSING, NEAR_KM, NEAR_S, Explanation, Verdict, clock

Rows = list[tuple[str, ...]]
Table = tuple[str, tuple[str, ...], Rows]
"""Heading, names of the columns, rows."""
MOST_TARGETS, MOST_STATIONS = 15, 25
SUFFIXES = (".html", ".png", ".pdf")


def title(one: Explanation) -> str:
    """What the page is about, in a line."""
    mark = f"{SIMULATED}: " if one.simulated else ""
    if one.last is None:
        at = f"{to_iso(one.source.time_ns, 0)}, {coordinates(one.source.latitude, one.source.longitude)}"
        return f"{mark}Why nobody was alerted of an earthquake at {at}"
    what = f"{eventwords.size(one.last.magnitude).replace('-', 'no magnitude')}, {to_iso(one.last.origin.time_ns, 0)}"
    return f"{mark}Why {'an alert was' if one.told else 'no alert was'} sent: {what}"


def answer(one: Explanation) -> list[str]:
    """The answer, in sentences."""
    said = [_located(one)]
    if one.last is None:
        said += _unseen(one)
    said += [_audience(verdict, one) for verdict in one.verdicts]
    if one.last is not None and not one.verdicts:
        said.append("Nothing was decided on it: these data were made without decisions, or nobody is to be told.")
    if one.missing:
        words = "; ".join(f"{part.station_code} ({part.why}): {part.effect}" for part in one.missing[:4])
        said.append(f"With the stations that were missing: {words}.")
    return said


def _located(one: Explanation) -> str:
    if one.event is None:
        known = f"The network knows of no event within {NEAR_S:g} s of that time and {NEAR_KM:g} km of that place."
        return known if one.heard else f"{known} It heard nothing then: no data of that time were received or replayed."
    origin, after_s = one.event.origin, (one.event.issued_ns - one.source.time_ns) / 1e9
    where = f"{coordinates(origin.latitude, origin.longitude)} ± {origin.horizontal_uncertainty_km:.0f} km"
    which = "" if one.last is one.event or one.last is None else f" (version {one.event.version}; more followed)"
    size = "no magnitude" if one.event.magnitude is None else eventwords.size(one.event.magnitude)
    return (
        f"{len(origin.station_codes)} stations located it {after_s:.1f} s after its origin at {where},"
        f" {origin.depth_km:.0f} km deep, {size}{which}."
    )


def _unseen(one: Explanation) -> list[str]:
    """What stations made of an earthquake that is no event."""
    roles = [(role, [part.code for part in one.stations if part.role == role]) for role in
             dict.fromkeys(part.role for part in one.stations)]  # fmt: skip
    able = sum(part.role != MISSING for part in one.stations)
    said = [f"An event needs P at two stations at least; {able} of {len(one.stations)} were able to contribute."]
    return said + [f"{role.capitalize()}: {', '.join(codes[:8])}{' …' * (len(codes) > 8)}." for role, codes in roles]


def _audience(verdict: Verdict, one: Explanation) -> str:
    name = verdict.audience.replace("_", " ")
    if verdict.alerts:
        first = verdict.alerts[0]
        after_s = (first.issued_ns - one.source.time_ns) / 1e9
        rest = len(verdict.alerts) - 1
        more = f", then {rest} update{'s' * (rest > 1)}" if rest else ""
        if verdict.alerts[-1].kind == "cancel":
            more = f", and taken back: {verdict.alerts[-1].reason}"
        return f"{name.capitalize()} was told {after_s:.1f} s after the origin ({first.basis}): {first.reason}{more}."
    failed = "; ".join(verdict.failed) or "no rule was asked"
    return f"{name.capitalize()} was not told: {failed}."


def tables(one: Explanation) -> list[Table]:
    """Everything else, as tables."""
    return [found for found in (
        _timeline(one), _rules(one), _stations(one), _targets(one), _missing(one), _messages(one), _refusals(one),
        _network(one),
    ) if found[2]]  # fmt: skip


def _timeline(one: Explanation) -> Table:
    zero_ns = one.source.time_ns
    rows: Rows = [(f"{(part.time_ns - zero_ns) / 1e9:+.2f}", clock(part.time_ns), part.kind, part.words)
            for part in one.moments]  # fmt: skip
    return "From the first P to the last message", (">s after origin", "UTC", "what", ""), rows


def _rules(one: Explanation) -> Table:
    rows: Rows = []
    for verdict in one.verdicts:
        when = f"{(verdict.decision.issued_ns - one.source.time_ns) / 1e9:+.1f} s" if verdict.decision else ""
        for text, yes in verdict.rules:
            rows.append((verdict.audience, when, "yes" if yes else "NO", text))
    return "What each rule said, at the first telling or when it came nearest to it", (
        "audience", "at", "met", "what was found, of what is asked"), rows  # fmt: skip


def _stations(one: Explanation) -> Table:
    zero_ns = one.source.time_ns

    def after(time_ns: int) -> str:
        return f"{(time_ns - zero_ns) / 1e9:.1f}" if time_ns else "-"

    rows: Rows = [
        (part.code, f"{part.km:.0f}", part.role, after(part.p_ns), after(part.pick_ns), after(part.packet_ns),
         after(part.told_ns), part.why)
        for part in one.stations[:MOST_STATIONS]
    ]  # fmt: skip
    names = "station", ">km", "role", ">P due s", ">picked s", ">packet came s", ">pick told s", "why"
    return "Stations, by distance", names, rows


def _targets(one: Explanation) -> Table:
    rows: Rows = [
        (part.target, f"{part.epicentral_km:.0f}", f"{part.intensity:.1f} ± {part.sd:.1f}",
         eventwords.percent(part.probability(_threshold(one, part.target))), str(_threshold(one, part.target)),
         f"{(part.s_early_ns - one.source.time_ns) / 1e9:.1f}", f"{part.lead_s:.1f}", "blind zone" * part.blind)
        for part in one.shaking[:MOST_TARGETS]
    ]  # fmt: skip
    names = "place", ">km", ">intensity (MSK-64)", ">probability", ">of", ">S comes s", ">lead s", ""
    return "Places, the strongest shaking first, as forecast at the first telling by the network", names, rows


def _threshold(one: Explanation, name: str) -> int:
    known = one.targets.get(name)
    return min(max(round(known.threshold) if known else 5, 3), 10)


def _missing(one: Explanation) -> Table:
    rows: Rows = [(part.station_code, part.why, part.effect) for part in one.missing]
    return (
        "Stations that were missing, and what they would have changed",
        ("station", "why", "it would have given"),
        rows,
    )


def _messages(one: Explanation) -> Table:
    rows: Rows = []
    for part in one.posted:
        letter = part.letter
        took = f"{(part.settled_ns - letter.issued_ns) / 1e9:.2f}" if part.settled_ns else "-"
        acked = f"{clock(part.acked_ns)} ({part.ack})" if part.acked_ns else "-"
        rows.append((letter.receiver, letter.audience, str(letter.version), letter.kind, part.state, took,
                     str(letter.attempts), acked, part.evidence))  # fmt: skip
    names = "receiver", "audience", ">version", "kind", "state", ">s after decision", ">tries", "acknowledged", ""
    return "Messages", names, rows


def _refusals(one: Explanation) -> Table:
    first = {(name, audience): (str(version), why) for audience, version, name, why in reversed(one.refusals)}
    meant = {part.letter.receiver for part in one.posted}
    rows: Rows = [(name, audience, *rest) for (name, audience), rest in sorted(first.items())
            if name not in meant and not rest[1].startswith("for ")]  # fmt: skip
    return "Receivers that were not written to", ("receiver", "audience", ">version", "why"), rows


def _network(one: Explanation) -> Table:
    rows: Rows = [
        (part.station_code, part.verdict, "yes" if part.can_contribute else "no", "; ".join(part.reasons))
        for part in (one.status.stations[:MOST_STATIONS] if one.status else ())
    ]
    at = f" at {clock(one.status.time_ns)}: {one.status.contributing} of {one.status.total} able" if one.status else ""
    return f"The network{at}", ("station", "verdict", "able", "reasons"), rows


def text(one: Explanation) -> str:
    """The page for a terminal."""
    lines = [title(one), "", *(f"- {sentence}" for sentence in answer(one))]
    for heading, names, rows in tables(one):
        lines += ["", heading, *_aligned(names, rows)]
    return "\n".join(lines)


def _aligned(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns; names that begin with ``>`` stand over numbers."""
    whole = [[name.lstrip(">") for name in names], *rows]
    width = [max(len(row[k]) for row in whole) for k in range(len(names))]
    right = [name.startswith(">") for name in names]
    return [
        "  " + "  ".join(
            cell.rjust(width[k]) if right[k] else cell.ljust(width[k]) for k, cell in enumerate(row)
        ).rstrip()
        for row in whole
    ]  # fmt: skip


STYLE = """
body { font: 15px/1.45 sans-serif; color: #222; max-width: 74em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.35em; } h2 { font-size: 1.05em; margin: 1.8em 0 .4em; }
img { width: 100%; } table { border-collapse: collapse; font-size: .88em; }
th { text-align: left; border-bottom: 1px solid #888; font-weight: 600; } td { border-bottom: 1px solid #e4e4e4; }
th, td { padding: .18em .9em .18em 0; vertical-align: top; }
.n { text-align: right; font-variant-numeric: tabular-nums; } .no { color: #c31; font-weight: 600; }
"""


def html(one: Explanation) -> str:
    """The page as one file, its picture within."""
    from .explainpicture import draw

    picture = io.BytesIO()
    draw(one, title(one), answer(one), picture, "png")
    data = base64.b64encode(picture.getvalue()).decode()
    parts = [
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        f"<title>{escape(title(one))}</title><style>{STYLE}</style></head><body>", f"<h1>{escape(title(one))}</h1>",
        *(f"<p>{escape(sentence)}</p>" for sentence in answer(one)),
        f'<img alt="timeline, map, rules and places" src="data:image/png;base64,{data}">',
    ]  # fmt: skip
    for heading, names, rows in tables(one):
        parts += [f"<h2>{escape(heading)}</h2>", "<table>", f"<tr>{''.join(map(_head, names))}</tr>"]
        parts += [f"<tr>{''.join(_cell(name, cell) for name, cell in zip(names, row, strict=True))}</tr>"
                  for row in rows]  # fmt: skip
        parts.append("</table>")
    return "\n".join([*parts, "</body></html>", ""])


def _head(name: str) -> str:
    kind = ' class="n"' if name.startswith(">") else ""
    return f"<th{kind}>{escape(name.lstrip('>'))}</th>"


def _cell(name: str, cell: str) -> str:
    kind = "n" if name.startswith(">") else "no" if cell == "NO" else ""
    return f'<td class="{kind}">{escape(cell)}</td>' if kind else f"<td>{escape(cell)}</td>"


def write_page(one: Explanation, path: Path) -> None:
    """Write the page: HTML, or its picture alone as PNG or PDF, by the name's ending; QueryError for another one."""
    from .explainpicture import draw

    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise QueryError(f"{path}: the ending should be one of {', '.join(SUFFIXES)}")
    try:
        if suffix == ".html":
            path.write_text(html(one), "utf-8")
            return
        with open(path, "wb") as file:
            draw(one, title(one), answer(one), file, suffix[1:])
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be written: {error.strerror or error}; choose another --out") from None

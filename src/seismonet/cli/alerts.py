"""``seismonet alerts``: what was told to whom and why; acknowledge, cancel, drill; check messages and the ledger."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from seismonet.config import load_config
from seismonet.core.errors import QueryError
from seismonet.core.utc import from_iso

from .alerttables import (
    answered,
    audit_lines,
    audit_object,
    drill_lines,
    drill_objects,
    list_table,
    show_lines,
    verdict_line,
    verdict_object,
)
from .events import _print_table
from .network import marked, print_json, print_mark
from .simulate import find_scenario

app = App(name="alerts", help="What was told to whom and why; acknowledge, cancel, drill; check messages, ledger.")

Data = Annotated[Path, Parameter(help="Folder of a daemon's archive, or one that a replay wrote with --out.")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON instead of tables.")]
Config = Annotated[Path, Parameter(name=["--config", "-c"], help="Configuration (TOML) of the daemon.")]
By = Annotated[str, Parameter(help="Your name: it stands in the ledger, and in what receivers read.")]


@app.command(name="list")
def list_alerts(*, data: Data = Path("out"), json: Json = False) -> None:
    """List what was told, an event and audience a line, drills too; the newest last."""
    from seismonet.daemon.told import told

    found = told(data)
    if json:
        print_json([one.as_object() | marked(data) for one in found])
    elif found:
        print_mark(data)
        _print_table(list_table(found))
    else:
        print(f"nothing was told by {data}")


@app.command
def show(event_id: str, /, *, data: Data = Path("out"), json: Json = False) -> None:
    """Show all versions of what was told of an event, to whom each went, what came of it, and what people did.

    Parameters
    ----------
    event_id
        Id of the event, or as much of its beginning as makes it unique.
    """
    from seismonet.daemon.told import record

    found = record(data, event_id)
    if json:
        print_json(found.as_object() | marked(data))
        return
    print_mark(data)
    for line in show_lines(found):
        print(line)


@app.command
def explain(
    event_id: str | None = None,
    /,
    *,
    at: str | None = None,
    place: str | None = None,
    data: Data = Path("out"),
    config: Annotated[Path | None, Parameter(name=["--config", "-c"])] = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
) -> None:
    """Say on one page why an alert was sent, or why an earthquake was not alerted.

    Parameters
    ----------
    event_id
        Id of the event, or as much of its beginning as makes it unique.
    at
        Instead: when the earthquake was (ISO 8601, UTC).
    place
        … and where: LATITUDE,LONGITUDE or LATITUDE,LONGITUDE,DEPTH in km.
    config
        Configuration (TOML) of the daemon or replay: its Earth model and its places. Without it, those of the Pamir.
    out
        Write the page to this file: .html (all of it), .png or .pdf (the picture).
    """
    from seismonet.core.share import share
    from seismonet.models.traveltime import cache_dir, travel_times
    from seismonet.reports import explain as page
    from seismonet.reports.explanation import explain as gather
    from seismonet.store.targets import read_targets

    settings = load_config(config or share("config") / "pamir.toml")
    targets = read_targets(settings.network.targets)
    model = travel_times(settings.network.earth_model, cache_dir())
    found = gather(data, _asked(event_id, at, place), model, targets)
    if out is not None:
        page.write_page(found, out)
        print(f"{page.title(found)}: written to {out}")
    else:
        print(page.text(found))


@app.command
def ack(
    what: str,
    /,
    *,
    config: Config,
    by: By,
    receiver: str = "",
) -> int:
    """Acknowledge messages for a receiver that cannot do so itself, as after a telephone call.

    Parameters
    ----------
    what
        Id of the event, or its beginning; or the key of one message (64 digits).
    receiver
        Only what this receiver got.
    """
    facts = {"key": what} if len(what) == 64 else {"event_id": what, "receiver": receiver}
    return answered(config, "ack", by, "", facts)


@app.command
def cancel(event_id: str, /, *, config: Config, by: By, reason: str) -> int:
    """Take back what was told of an event: everybody who was told is told that it was a mistake.

    Parameters
    ----------
    event_id
        Id of the event, or as much of its beginning as makes it unique.
    reason
        Why; receivers read it.
    """
    return answered(config, "cancel", by, reason, {"event_id": event_id})


@app.command
def drill(
    *,
    config: Config,
    by: By,
    scenario: str = "2015-sarez",
    length: float = 60.0,
    json: Json = False,
    rate: Annotated[float, Parameter(show=False)] = 1.0,
) -> int:
    """Let an invented earthquake happen, and tell it as an exercise to all receivers who take exercises.

    Waveforms are simulated, located and decided on as real ones would be; messages go through the outbox of the daemon,
    if it runs, and are exercises whatever the status of the network. Exit code 1 when a receiver was not reached.

    Parameters
    ----------
    scenario
        What happens; 'seismonet simulate' lists the scenarios. Or a TOML file.
    length
        Seconds after the origin.
    """
    import asyncio

    from seismonet.daemon.alone import acting
    from seismonet.daemon.drill import Drill, reached
    from seismonet.daemon.logs import setup_logs
    from seismonet.daemon.setup import load_setup
    from seismonet.net.clock import Clock

    setup_logs(level="error")
    clock = Clock(rate)
    made = Drill(load_setup(config), find_scenario(scenario), clock, by, length)
    say = (lambda line: None) if json else print
    asyncio.run(acting(made.setup, lambda act: made.run(act, say), clock))
    found = reached(made)
    if json:
        print_json(drill_objects(made, found))
    else:
        for line in drill_lines(made, found):
            print(line)
    return int(not made.alerts or any(one.messages and not one.sent for one in found))


@app.command
def verify(
    message: Path,
    /,
    *,
    keys: Path,
    signature: str = "",
    status: str = "Actual",
    at: str | None = None,
    form: str = "json",
    json: Json = False,
) -> int:
    """Check a message as a receiver does: who signed it, that no byte was changed, its status, and its time.

    Exit code 1 when it must not be acted on.

    Parameters
    ----------
    message
        File with the message's bytes as they came; '-' reads standard input.
    keys
        File with the sender's public keys, as 'seismonet alerts key' writes it.
    signature
        The signature, or a file that holds it; without it, the file MESSAGE.sig.
    status
        What is expected: Actual, Exercise or Test.
    at
        Is it still to be acted on at this time? 'now' or ISO 8601; without it, time does not count.
    form
        json; for another form (cap, text, …) the signature alone is checked.
    """
    from seismonet.daemon.checking import check_message

    found = check_message(message, keys, signature, status=status, at=at, form=form)
    if json:
        print_json(verdict_object(found))
    else:
        print(verdict_line(found))
    return int(not found.genuine)


@app.command
def audit(*, data: Data = Path("archive"), head: str = "", json: Json = False) -> int:
    """Check the whole chain of the ledger: exit code 1 names the first line that was changed, removed or added.

    Parameters
    ----------
    head
        Hash of a line that was noted elsewhere, as in the log of a day: it must be in the chain, so that nobody has cut
        off or rewritten what is before it.
    """
    from seismonet.store.ledger import FOLDER
    from seismonet.store.ledger import audit as look

    if not (data / FOLDER).is_dir():
        raise QueryError(f"{data / FOLDER}: there is no ledger; give the folder of a daemon's archive with --data")
    found = look(data, head)
    if json:
        print_json(audit_object(found))
    else:
        for line in audit_lines(found):
            print(line)
    return int(not found.sound)


@app.command
def key(private: Path, /, *, public: Path) -> None:
    """Make a key to sign messages with: a private file for [messages] key_file, and a public one for receivers.

    Parameters
    ----------
    private
        File to write the private key to, for its owner's eyes alone; it must not exist yet.
    public
        File to write the public key to, which receivers keep.
    """
    from seismonet.daemon.checking import make_key

    name = make_key(private, public)
    print(f"key {name}: {private} is for [messages] key_file, {public} for receivers")


def _asked(event_id: str | None, at: str | None, place: str | None):  # type: ignore[no-untyped-def]
    from seismonet.reports.explanation import Asked

    if event_id is not None:
        return Asked(event_id)
    if at is None or place is None:
        raise QueryError("give the id of an event, or --at and --place")
    try:
        numbers = [float(part) for part in place.split(",")]
        time_ns = from_iso(at)
    except ValueError:
        raise QueryError(f"--at {at} --place {place}: write them as 2026-03-01T12:00:00Z and 38.2,72.6") from None
    if len(numbers) not in (2, 3) or abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        raise QueryError(f"--place {place}: latitude, longitude, and depth in km if it is known, as 38.2,72.6,15")
    return Asked("", time_ns, *numbers)

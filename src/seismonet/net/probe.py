"""Ask a server what it is and what it has, on a connection of its own, within limits of time and size."""

import asyncio

from seedlink_client import SeedLinkError

from seismonet.core.errors import ProtocolError

from .clock import Clock
from .dialing import Dialer, reason_of
from .framing import Frames
from .infoanswers import Offered, ServerInfo, offered3, offered4
from .link import Link
from .source import Limits, SourceParams, plain

MAX_QUESTIONS = 8
"""More station patterns than this are not worth a question each: all stations are asked for at once."""


async def probe(
    params: SourceParams,
    clock: Clock,
    *,
    dialer: Dialer | None = None,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> ServerInfo:
    """What a server says of itself, and which of the stations of ``params`` it has.

    ProtocolError, with AuthError, says in one line why there is no answer.
    """
    dialer = dialer or Dialer(clock)
    link = Link(params, limits, clock, dialer)
    try:
        async with dialer.turn(*params.address):
            await link.open()
        async with asyncio.timeout(limits.info_s / clock.rate):
            stations, streams = await _offered(link)
    except TimeoutError:
        raise ProtocolError(f"{params.url}: no whole answer to INFO within {limits.info_s:g} s") from None
    except ProtocolError as error:
        raise type(error)(f"{params.url}: {plain(error)}") from None
    except (SeedLinkError, OSError, UnicodeError) as error:
        raise ProtocolError(f"{params.url}: {link.words(reason_of(error))}") from None
    finally:
        await link.close()
    return ServerInfo(
        plain(link.server_id or ""),
        plain(link.organization or ""),
        link.majors,
        tuple(sorted(set(stations))),
        tuple(sorted(set(streams), key=lambda one: (one.source_id, one.begin_ns))),
        link.round_trip_s,
    )


async def _offered(link: Link) -> Offered:
    """Channels, or where a server keeps those for itself, stations."""
    patterns = tuple(dict.fromkeys(link.params.stations))
    some = link.version == 4 and len(patterns) <= MAX_QUESTIONS
    questions = [f" {one.replace('.', '_', 1)}" for one in patterns] if some else [""]
    stations, streams = [], []
    for question in questions:
        found = await _ask(link, f"STREAMS{question}")
        if found is None:
            found = await _ask(link, f"STATIONS{question}") or ([], [])
        stations += found[0]
        streams += found[1]
    return stations, streams


async def _ask(link: Link, item: str) -> Offered | None:
    """The answer to one INFO; None when the server does not tell that."""
    frames = Frames(link.version, link.limits, keep_info=True)
    frames.expect_info()
    link.ask(f"INFO {item}")
    while not frames.answers:
        data = bytes(link.rest) or await link.read()
        link.rest.clear()
        frames.feed(data)
        if frames.fault is not None:
            raise frames.fault
    if frames.info_is_error:
        return None
    return offered4(frames.info) if link.version == 4 else offered3(frames.info)

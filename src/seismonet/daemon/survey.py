"""What a server that nobody has named in a configuration yet says of itself."""

import asyncio
from collections.abc import Callable

from pydantic import ValidationError

from seismonet.core.errors import ConfigError, ProtocolError
from seismonet.net.clock import Clock
from seismonet.net.infoanswers import ServerInfo
from seismonet.net.probe import probe
from seismonet.net.source import SourceParams

from .reach import reach


def survey(user: str, password_file: str, clock: Clock) -> Callable[[str], ServerInfo]:
    """A function that asks the server at an address; ConfigError, ProtocolError or AuthError say why not."""

    def ask(url: str) -> ServerInfo:
        try:
            source = SourceParams("survey", url, ("*.*",), user=user, password_file=password_file)
        except ValidationError as failure:
            first = failure.errors(include_url=False)[0]
            raise ConfigError(f"{url}: {str(first['msg']).removeprefix('Value error, ')}") from None
        return asyncio.run(_survey(source, clock))

    return ask


async def _survey(source: SourceParams, clock: Clock) -> ServerInfo:
    got = await reach(*source.address, clock)
    if got.failed:
        raise ProtocolError(f"{source.url}: no {got.failed}: {got.reason}")
    return await probe(source, clock)

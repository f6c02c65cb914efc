"""Chat and SMS services by apprise, for information only: nobody knows when, or whether, they deliver."""

import asyncio
from typing import Any

from seismonet.core.errors import ConfigError
from seismonet.core.letter import Letter
from seismonet.net.receivers import ReceiverParams

from .result import Result, delivered, retry


class Chat:
    """A receiver behind one of apprise's services; its address is the receiver's secret."""

    def __init__(self, receiver: ReceiverParams) -> None:
        """ConfigError without apprise, or for an address that is none of its; AuthError when it cannot be read."""
        self.receiver = receiver
        self._services: Any = _apprise(receiver.name).Apprise()
        if not self._services.add(receiver.password()):
            raise ConfigError(f"receiver {receiver.name}: its secret holds no address that apprise knows")

    async def send(self, letter: Letter, now_ns: int) -> Result:
        """Hand it to the service."""
        text = letter.payload.decode("utf-8", "replace")
        title, _, body = text.strip().partition("\n")
        try:
            async with asyncio.timeout(self.receiver.timeout_s):
                taken = await self._services.async_notify(body=body.strip() or title, title=title if body else "")
        except TimeoutError:
            return retry("no answer in time")
        return delivered("the service has it") if taken else retry("the service did not take it")

    async def probe(self) -> Result:
        """That it can be written to is known only when it was."""
        return delivered("its address can be understood")

    async def close(self) -> None:
        """Every message has its own connection."""


def _apprise(name: str) -> Any:
    try:
        import apprise
    except ImportError:
        raise ConfigError(f"receiver {name}: chat needs apprise: pip install 'seismonet[chat]'") from None
    return apprise

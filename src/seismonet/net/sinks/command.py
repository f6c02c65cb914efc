"""A command: a siren, a relay, a script. No shell; the message comes on standard input.

Exit code 0: done; 65 (EX_DATAERR of sysexits.h): this message I will never take; anything else: try again. A command
that is not back in time is killed together with all that it started.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence

from seismonet.core.letter import Letter
from seismonet.net.receivers import ReceiverParams

from .result import Result, dead, delivered, retry

NEVER = 65
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
"""What a command sees of our environment: no secret may be among it."""


class Command:
    """A receiver that is a program."""

    def __init__(self, receiver: ReceiverParams) -> None:
        self.receiver = receiver

    async def send(self, letter: Letter, now_ns: int) -> Result:
        """Run it with the message."""
        facts = {
            "SEISMONET_KEY": letter.key,
            "SEISMONET_EVENT": letter.event_id,
            "SEISMONET_VERSION": str(letter.version),
            "SEISMONET_KIND": letter.kind,
            "SEISMONET_FORMAT": letter.format,
            "SEISMONET_SIGNATURE": letter.signature,
        }
        return await self._run(self.receiver.command, letter.payload, facts)

    async def beat(self, payload: bytes, signature: str) -> Result:
        """Ask whether it can be reached; the heartbeat comes on standard input."""
        return await self._run(self.receiver.check, payload, {"SEISMONET_SIGNATURE": signature})

    async def probe(self) -> Result:
        """Is it there, and does it say that it can be reached?"""
        if self.receiver.check:
            return await self._run(self.receiver.check, b"", {})
        program = self.receiver.command[0]
        paths = [""] if "/" in program else os.environ.get("PATH", "").split(os.pathsep)
        found = any(os.access(os.path.join(one, program), os.X_OK) for one in paths)
        return delivered("the program is there") if found else retry(f"{program}: there is no such program")

    async def close(self) -> None:
        """Nothing is left running."""

    async def _run(self, words: Sequence[str], payload: bytes, facts: Mapping[str, str]) -> Result:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={**inherited, **facts},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return retry(f"{words[0]}: {getattr(error, 'strerror', None) or error}")
        try:
            async with asyncio.timeout(self.receiver.timeout_s):
                await process.communicate(payload)
        except TimeoutError:
            return retry(f"{words[0]}: not back in {self.receiver.timeout_s:g} s, killed")
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode == 0:
            return delivered("exit code 0")
        words_said = f"{words[0]}: exit code {process.returncode}"
        return dead(f"{words_said}: it will not take it") if process.returncode == NEVER else retry(words_said)

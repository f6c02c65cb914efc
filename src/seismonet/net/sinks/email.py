"""E-mail, over TLS from the first byte or after STARTTLS, never without.

The same letter is the same mail at every try, byte for byte, with the key as its ``Message-ID``, so that mailboxes drop
repeats.
"""

import asyncio
import email.utils
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_RULES

import aiosmtplib

from seismonet.core.letter import Letter
from seismonet.net.receivers import ReceiverParams, recipients

from .result import Result, dead, delivered, retry
from .tls import client_context
from .webhook import MEDIA

LONGEST_SUBJECT = 200
_TEXTS = ("text", "sms")
_ENDINGS = {"json": "json", "cap": "xml", "geojson": "geojson", "quakeml": "xml"}


class Email:
    """A receiver with a mailbox."""

    def __init__(self, receiver: ReceiverParams) -> None:
        """AuthError when its password, ConfigError when its certificates cannot be read."""
        self.receiver = receiver
        self._password = receiver.password() or None
        self._context = client_context(receiver)

    async def send(self, letter: Letter, now_ns: int) -> Result:
        """Send it to all recipients; it is delivered when the server has taken it for at least one of them."""
        try:
            async with asyncio.timeout(self.receiver.timeout_s):
                async with self._server() as server:
                    refused, _ = await server.sendmail(
                        self.receiver.sender, recipients(self.receiver), mail(self.receiver, letter)
                    )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            return (
                dead(f"all recipients refused ({codes})") if min(codes) >= 500 else retry(f"refused for now ({codes})")
            )
        except aiosmtplib.SMTPResponseException as error:
            # what the server says of the login can be mended by us; what it says of the mail cannot
            final = error.code >= 500 and not isinstance(error, aiosmtplib.SMTPAuthenticationError)
            return (
                dead(f"SMTP {error.code}: {error.message}") if final else retry(f"SMTP {error.code}: {error.message}")
            )
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return retry(_words(error))
        return delivered(f"the mail server has it{f', but not for {sorted(refused)}' if refused else ''}")

    async def probe(self) -> Result:
        """Does the mail server let us in?"""
        try:
            async with asyncio.timeout(self.receiver.timeout_s):
                async with self._server() as server:
                    await server.noop()
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return retry(_words(error))
        return delivered("the mail server lets us in")

    async def close(self) -> None:
        """Every mail has its own connection."""

    def _server(self) -> aiosmtplib.SMTP:
        host, port = self.receiver.host_port
        implicit = self.receiver.url.scheme == "smtps"
        return aiosmtplib.SMTP(
            hostname=host,
            port=port,
            username=self.receiver.user or None,
            password=self._password,
            use_tls=implicit,
            start_tls=not implicit,
            tls_context=self._context,
            timeout=self.receiver.timeout_s,
            local_hostname="seismonet",
        )


def mail(receiver: ReceiverParams, letter: Letter) -> bytes:
    """The mail: a text itself, everything else as an attachment to a line that says what it is."""
    message = EmailMessage(policy=SMTP_RULES)
    message["From"], message["To"] = receiver.sender, ", ".join(recipients(receiver))
    message["Message-ID"] = f"<{letter.key}@{receiver.sender.partition('@')[2]}>"
    # the date of the message, not of the try
    issued = datetime.fromtimestamp(letter.issued_ns // 1_000_000_000, UTC)
    message["Date"] = email.utils.format_datetime(issued)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Seismonet-Key"] = letter.key
    words = f"{letter.kind} {letter.event_id} version {letter.version}"
    if letter.format in _TEXTS:
        text = letter.payload.decode("utf-8", "replace")
        first = next((line.strip() for line in text.splitlines() if line.strip()), words)
        message["Subject"] = "".join(one if one.isprintable() else " " for one in first)[:LONGEST_SUBJECT]
        message.set_content(text)
    else:
        message["Subject"] = f"seismonet: {words}"
        message.set_content(f"{words}; the message is attached.\nSignature: {letter.signature or 'none'}\n")
        main, _, kind = MEDIA[letter.format].partition("/")
        name = f"{letter.event_id}.{letter.version}.{_ENDINGS[letter.format]}"
        message.add_attachment(letter.payload, maintype=main, subtype=kind, filename=name)
        message.set_boundary(f"seismonet-{letter.key[:32]}")
    return message.as_bytes()


def _words(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else f"the mail server: {error}"

"""With a real mail server: encrypted or not at all, the same mail at every try, and refusals told apart."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.email import Email, mail
from seismonet.net.sinks.result import Result
from tests.support import certificate
from tests.support.letters import T0_NS, letter
from tests.support.mosquitto import free_port

PASSWORD = "let me in"


@dataclass(slots=True)
class Mailbox:
    """What arrived; ``say`` is what the server says to a mail, ``nobody`` a recipient that it does not know."""

    port: int = 0
    ca_file: str = ""
    mails: list[bytes] = field(default_factory=list)
    say: str = "250 taken"
    nobody: str = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == self.nobody:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.say.startswith("250"):
            self.mails.append(envelope.content)
        return self.say


class Server(Controller):
    """STARTTLS is wanted before anything else, and then a password."""

    def __init__(self, mailbox: Mailbox, port: int, context: ssl.SSLContext) -> None:
        super().__init__(mailbox, hostname="127.0.0.1", port=port)
        self.context = context

    def factory(self) -> SMTP:
        def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, login: LoginPassword) -> AuthResult:
            return AuthResult(success=login.password == PASSWORD.encode())

        return SMTP(
            self.handler,
            tls_context=self.context,
            require_starttls=True,
            authenticator=authenticate,
            auth_required=True,
        )


@contextmanager
def serving(folder: Path) -> Iterator[Mailbox]:
    cert_file, key_file = certificate.write(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    mailbox = Mailbox(free_port(), cert_file)
    server = Server(mailbox, mailbox.port, context)
    server.start()
    try:
        yield mailbox
    finally:
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with serving(tmp_path_factory.mktemp("mail")) as found:
        yield found


@pytest.fixture
def mailbox(server: Mailbox) -> Mailbox:
    server.mails.clear()
    server.say, server.nobody = "250 taken", ""
    return server


@pytest.fixture
def secret(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / "password"
        path.write_text(text)
        path.chmod(0o600)
        return f"file:{path}"

    return write


def receiver(mailbox: Mailbox, secret: str, **changes: object) -> ReceiverParams:
    facts = {
        "address": "duty@seismo.example, chief@seismo.example", "server": f"smtp://localhost:{mailbox.port}",
        "sender": "alerts@seismo.example", "user": "alerts", "secret": secret, "ca_file": mailbox.ca_file,
        "format": "text", **changes,
    }  # fmt: skip
    return ReceiverParams("duty", "email", **facts)  # type: ignore[arg-type]


def send(one: ReceiverParams, **changes: object) -> Result:
    text = "Землетрясение у Рушана\n\nЧто делать.\n".encode()
    return asyncio.run(Email(one).send(letter(**{"format": "text", "payload": text, **changes}), T0_NS))


def read(data: bytes) -> EmailMessage:
    found = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_a_text_arrives_with_its_headline_as_the_subject(mailbox: Mailbox, secret: Callable[[str], str]) -> None:
    one = receiver(mailbox, secret(PASSWORD))
    assert asyncio.run(Email(one).probe()).outcome == "delivered"
    result = send(one)
    assert (result.outcome, result.words) == ("delivered", "the mail server has it")
    got = read(mailbox.mails[0])
    assert got["Subject"] == "Землетрясение у Рушана"
    assert got["Message-ID"] == f"<{letter(format='text').key}@seismo.example>"
    assert got["To"] == "duty@seismo.example, chief@seismo.example"
    assert "Что делать." in got.get_content()
    assert send(one).outcome == "delivered"
    assert mailbox.mails[0] == mailbox.mails[1]


def test_everything_else_is_attached_byte_for_byte(mailbox: Mailbox, secret: Callable[[str], str]) -> None:
    payload = '{"a":"Хорог\r\n"}'.encode()
    assert send(receiver(mailbox, secret(PASSWORD)), format="json", payload=payload).outcome == "delivered"
    (attachment,) = read(mailbox.mails[0]).iter_attachments()
    assert attachment.get_payload(decode=True) == payload
    assert letter().signature in read(mailbox.mails[0]).get_body().get_content()  # type: ignore[union-attr]


def test_a_headline_cannot_write_headers(mailbox: Mailbox, secret: Callable[[str], str]) -> None:
    one = receiver(mailbox, secret(PASSWORD))
    got = read(mail(one, letter(format="text", payload=b"Hello\rBcc: all@example.org\x0bX: y\n\nText")))
    assert (got["Bcc"], got["X"]) == (None, None)


@pytest.mark.parametrize(
    ("say", "outcome"), [("451 try again", "retry"), ("552 too large", "dead"), ("421 going down", "retry")]
)
def test_refusals_are_told_apart(mailbox: Mailbox, secret: Callable[[str], str], say: str, outcome: str) -> None:
    mailbox.say = say
    result = send(receiver(mailbox, secret(PASSWORD)))
    assert (result.outcome, say[:3] in result.words) == (outcome, True)


def test_one_unknown_recipient_keeps_nobody_else_uninformed(mailbox: Mailbox, secret: Callable[[str], str]) -> None:
    mailbox.nobody = "chief@seismo.example"
    result = send(receiver(mailbox, secret(PASSWORD)))
    assert (result.outcome, "chief@seismo.example" in result.words) == ("delivered", True)
    result = send(receiver(mailbox, secret(PASSWORD), address="chief@seismo.example"))
    assert result.outcome == "dead"


def test_a_wrong_password_may_be_mended(mailbox: Mailbox, secret: Callable[[str], str]) -> None:
    result = send(receiver(mailbox, secret("wrong"), timeout_s=1.0))  # the server makes us wait for its answer
    assert (result.outcome, mailbox.mails) == ("retry", [])


def test_without_a_certificate_that_holds_nothing_is_sent(mailbox: Mailbox, secret: Callable[[str], str]) -> None:
    result = send(receiver(mailbox, secret(PASSWORD), ca_file=""))
    assert (result.outcome, mailbox.mails) == ("retry", [])
    plain = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    plain.start()
    try:
        result = send(receiver(mailbox, secret(PASSWORD), server=f"smtp://127.0.0.1:{plain.port}"))
    finally:
        plain.stop()
    assert (result.outcome, mailbox.mails) == ("retry", [])


def test_a_server_that_is_not_there_is_tried_again(mailbox: Mailbox, secret: Callable[[str], str]) -> None:
    one = receiver(mailbox, secret(PASSWORD), server=f"smtps://127.0.0.1:{free_port()}")
    assert send(one).outcome == "retry"
    assert asyncio.run(Email(one).probe()).outcome == "retry"

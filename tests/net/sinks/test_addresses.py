"""No address, name or spelling leads a webhook into a private network: a socket that listens there hears nobody."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from seismonet.core.errors import SeismonetError
from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.addresses import look_up, objection
from seismonet.net.sinks.webhook import Webhook
from tests.support import certificate
from tests.support.letters import T0_NS, letter

# ours, in all spellings that the system's resolver or a careless parser takes for an address of this machine
HERE = (
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.0.0.1",
    "0x7f.1", "017700000001", "0177.0.0.1", "0177.1", "0", "0.0.0.0", "0x0", "localhost", "LOCALHOST", "localhost.",
    "LocalHost", "①②⑦.⓪.⓪.①", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "127。0。0。1", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[0000:0000::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]",
)  # fmt: skip
# others' networks, and what belongs to no network
ELSEWHERE = (
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.254", "169.254.169.254",
    "169.254.0.1", "100.64.0.1", "100.100.100.200", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "2852039166",
    "0xa9fea9fe", "0251.0376.0251.0376", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]",
    "[ff02::1]", "[ff0e::1]", "[100::1]", "[2001:db8::1]", "[2001::1]", "[2001:10::1]", "[2002:a00:1::]",
    "[2002:a9fe:a9fe::]", "[64:ff9b::a00:1]", "[64:ff9b::169.254.169.254]", "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]", "[::ffff:0:10.0.0.1]", "[::10.0.0.1]", "[3fff::1]", "[5f00::1]",
    "[2a00:1450:4001::5efe:a00:1]",
)  # fmt: skip


@dataclass(slots=True)
class Trap:
    """A socket that listens on every address of this machine and counts who comes."""

    port: int
    sockets: list[socket.socket] = field(default_factory=list)

    def visitors(self) -> int:
        """How many connected."""
        count = 0
        for one in self.sockets:
            try:
                while True:
                    one.accept()[0].close()
                    count += 1
            except BlockingIOError:
                continue
        return count


@pytest.fixture
def trap() -> Iterator[Trap]:
    listener = socket.create_server(("0.0.0.0", 0))
    port = listener.getsockname()[1]
    six = socket.socket(socket.AF_INET6)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    six.bind(("::", port))
    six.listen()
    found = Trap(port, [listener, six])
    for one in found.sockets:
        one.setblocking(False)
    yield found
    for one in found.sockets:
        one.close()


@pytest.fixture(autouse=True, scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One certificate: reading all of the system's for each case would take most of the time."""
    AUTHORITY.append(certificate.write(tmp_path_factory.mktemp("authority"))[0])
    return AUTHORITY[-1]


AUTHORITY: list[str] = []


def webhook(host: str, port: int, **changes: object) -> ReceiverParams:
    facts = {"ports": (port,), "timeout_s": 2.0, "ca_file": AUTHORITY[-1], **changes}
    return ReceiverParams("hook", "webhook", f"https://{host}:{port}/alerts", **facts)  # type: ignore[arg-type]


async def post(receiver: ReceiverParams, *addresses: str) -> str:
    """What became of a letter; with ``addresses`` as what the name is looked up to, else as the system says."""

    async def named(host: str, port: int) -> Sequence[str]:
        return addresses

    hook = Webhook(receiver, named if addresses else look_up)
    try:
        result = await hook.send(letter(), T0_NS)
        assert result.outcome != "delivered"
        probed = await hook.probe()
        assert probed.outcome != "delivered"
        return result.words
    finally:
        await hook.close()


def test_the_trap_works(trap: Trap) -> None:
    async def visit() -> str:
        return await post(
            webhook("trap.example", trap.port, allow_private=("127.0.0.0/8",), timeout_s=0.3), "127.0.0.1"
        )

    asyncio.run(visit())
    assert trap.visitors() > 0


@pytest.mark.parametrize("host", [*HERE, *ELSEWHERE])
def test_nobody_is_reached_by_any_spelling(trap: Trap, host: str) -> None:
    try:
        receiver = webhook(host, trap.port)
    except ValueError:  # the configuration refuses it already
        assert trap.visitors() == 0
        return
    words = asyncio.run(post(receiver))
    assert trap.visitors() == 0
    assert "allow_private" in words or "its name is none" in words or "cannot be connected to: [Errno -" in words


def test_the_corpus_is_large_enough() -> None:
    assert len({*HERE, *ELSEWHERE}) >= 60


@pytest.mark.parametrize("host", [one.strip("[]") for one in (*HERE, *ELSEWHERE) if one.strip("[]").count("%") == 0])
def test_a_name_that_leads_there_is_refused_too(trap: Trap, host: str) -> None:
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        return  # no address but a spelling, which the resolver would have made one of
    assert objection(address)
    words = asyncio.run(post(webhook("innocent.example", trap.port), "93.184.215.14", address))
    assert trap.visitors() == 0
    assert "innocent.example is" in words


def test_a_name_that_changes_its_mind_is_asked_once(trap: Trap) -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["192.0.2.77"] if len(asked) > 1 else ["127.0.0.1"]

    async def visit() -> None:
        hook = Webhook(webhook("rebinding.example", trap.port, allow_private=("192.0.2.0/24",)), rebinding)
        result = await hook.send(letter(), T0_NS)
        assert (result.outcome, "loopback" in result.words) == ("dead", True)
        await hook.close()

    asyncio.run(visit())
    assert (asked, trap.visitors()) == (["rebinding.example"], 0)


def test_public_addresses_may_be_sent_to_and_private_ones_that_are_named() -> None:
    for one in ("93.184.215.14", "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"):
        assert objection(one) == ""
    assert objection("10.1.2.3", ("10.1.2.0/24",)) == ""
    assert objection("10.1.3.3", ("10.1.2.0/24",)) == "private"
    assert objection("fd00::7", ("fd00::/64",)) == ""
    assert objection("nonsense") == "no address"


def test_ports_and_addresses_are_checked_with_the_configuration(tmp_path: Path) -> None:
    for address in (
        "http://hook.example/", "https://hook.example:80/", "https://hook.example:22/", "https://user@hook.example/",
        "https://user:pass@hook.example/", "https:///path", "file:///etc/passwd", "https://hook.example/#part",
        "gopher://hook.example/", "https://hook.example:0/", "https://hook .example/",
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"address: should be|address: port"):
            ReceiverParams("hook", "webhook", address)
    assert ReceiverParams("hook", "webhook", "https://hook.example:8443/a?b=c").host_port == ("hook.example", 8443)
    cert_file, _ = certificate.write(tmp_path)
    (tmp_path / "none.pem").write_text("no certificate")
    Webhook(ReceiverParams("hook", "webhook", "https://hook.example/", ca_file=cert_file))
    with pytest.raises(SeismonetError, match=r"none\.pem: cannot be used"):
        Webhook(ReceiverParams("hook", "webhook", "https://hook.example/", ca_file=str(tmp_path / "none.pem")))

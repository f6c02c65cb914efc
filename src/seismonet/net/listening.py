"""What a server opens before it serves: its socket, its certificate, the list of those it admits."""

import asyncio
import socket
import ssl
from pathlib import Path

from seismonet.core.errors import ConfigError

from .secretfile import exposed

SEND_BUFFER_BYTES = 256 * 1024
BACKLOG = 128
KERNEL_PATIENCE_S = 10.0
"""The kernel gives a silent client up so much later than the server does, which can say why."""


def tune(found: socket.socket, stalled_s: float) -> None:
    """Notice clients that are gone without a word; keep the kernel's share of the waiting bytes bounded too."""
    found.setblocking(False)
    options = (
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round((stalled_s + KERNEL_PATIENCE_S) * 1000)),
    )
    for option in options:
        found.setsockopt(*option)


def spelled(host: str, port: int) -> str:
    """Host and port as one word.

    >>> spelled("127.0.0.1", 18000), spelled("::1", 18000)
    ('127.0.0.1:18000', '[::1]:18000')
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def listen(host: str, port: int) -> socket.socket:
    """A listening socket; ConfigError when there can be none."""
    listener = None
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        listener = socket.socket(found[0][0], socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(found[0][4])
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        if listener is not None:
            listener.close()
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot listen on {spelled(host, port)}: {reason}; choose another host or port") from None
    return listener


def tls_context(cert_file: str, key_file: str) -> ssl.SSLContext | None:
    """None without a certificate; ConfigError when it cannot be used."""
    if not cert_file:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert_file, key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"cert_file {cert_file}: cannot be used: {error}") from None
    return context


def credentials(path: str) -> tuple[str, ...]:
    """Entries ``USERPASS user password`` and ``JWT token`` of a file; ConfigError when they cannot be used."""
    if not path:
        return ()
    where = f"credentials_file {path}"
    try:
        open_to_others, text = exposed(Path(path)), Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: cannot be read: {error}") from None
    if open_to_others:
        raise ConfigError(f"{where}: others may read it; run chmod 600 on it")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for number, line in enumerate(lines, 1):
        if (line.split()[0], len(line.split())) not in (("USERPASS", 3), ("JWT", 2)):
            raise ConfigError(f"{where}: entry {number} is neither 'USERPASS user password' nor 'JWT token'")
    if not lines:
        raise ConfigError(f"{where}: holds no entry, so nobody could see data")
    return tuple(lines)

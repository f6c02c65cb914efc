"""Webhooks: a message posted to an HTTPS server, to the very address that was checked.

No redirect is followed, no proxy of the environment used, no cookie kept; of the reply its status counts, and an
acknowledgement ``{"ack": "…"}``. Its text is never shown: it may be anything that lies behind that address.
"""

import asyncio
import contextlib
import json
import ssl
from ipaddress import ip_address

import httpx

from seismonet.core.letter import Letter
from seismonet.net.receivers import ReceiverParams

from .addresses import Lookup, checked, look_up
from .result import Result, dead, delivered, retry
from .tls import client_context

REPLY_BYTES = 65_536
LONGEST_ACK = 100
IDLE_S = 60.0
"""A connection that was used a moment ago saves the handshakes; heartbeats keep it."""
MEDIA = {
    "json": "application/json",
    "cap": "application/cap+xml",
    "text": "text/plain; charset=utf-8",
    "sms": "text/plain; charset=utf-8",
    "geojson": "application/geo+json",
    "quakeml": "application/xml",
}
_NOT_NOW = (408, 425, 429)


class Webhook:
    """A receiver behind HTTPS. ``lookup`` finds the addresses of a name."""

    def __init__(self, receiver: ReceiverParams, lookup: Lookup = look_up) -> None:
        """AuthError when its token, ConfigError when its certificates cannot be read."""
        self.receiver, self._lookup = receiver, lookup
        token = receiver.password()
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.AsyncClient(
            verify=client_context(receiver),
            timeout=receiver.timeout_s,
            trust_env=False,
            follow_redirects=False,
            http2=False,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=IDLE_S),
            headers={"User-Agent": "seismonet", "Accept-Encoding": "identity"},
        )

    async def send(self, letter: Letter, now_ns: int) -> Result:
        """Post it."""
        headers = {
            "Content-Type": MEDIA[letter.format],
            "Idempotency-Key": letter.key,
            "Seismonet-Signature": letter.signature,
        }
        return await self._post(letter.payload, headers)

    async def beat(self, payload: bytes, signature: str) -> Result:
        """Post a heartbeat."""
        headers = {"Content-Type": MEDIA["json"], "Seismonet-Heartbeat": "1", "Seismonet-Signature": signature}
        return await self._post(payload, headers)

    async def probe(self) -> Result:
        """Is somebody there who may be sent to, with a certificate that holds? Nothing is posted."""
        host, port = self.receiver.host_port
        try:
            async with asyncio.timeout(self.receiver.timeout_s):
                address, why = await checked(host, port, self.receiver.allow_private, self._lookup)
                if not address:
                    return dead(why)
                context = client_context(self.receiver)
                _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=host)
                writer.close()
        except (OSError, UnicodeError, TimeoutError) as error:
            return retry(_words(error))
        return delivered(f"{host}:{port} answers, its certificate holds")

    async def close(self) -> None:
        """End all connections."""
        await self._client.aclose()

    async def _post(self, payload: bytes, headers: dict[str, str]) -> Result:
        host, port = self.receiver.host_port
        try:
            async with asyncio.timeout(self.receiver.timeout_s):
                address, why = await checked(host, port, self.receiver.allow_private, self._lookup)
                if not address:
                    return dead(why)
                return await self._exchange(address, host, port, payload, headers)
        except (httpx.HTTPError, OSError, UnicodeError, TimeoutError) as error:
            return retry(_words(error))

    async def _exchange(self, address: str, host: str, port: int, payload: bytes, headers: dict[str, str]) -> Result:
        parts = self.receiver.url
        name = f"[{address}]" if ip_address(address).version == 6 else address
        url = f"https://{name}:{port}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
        host_header = host if port == 443 else f"{host}:{port}"
        request = self._client.build_request(
            "POST",
            url,
            content=payload,
            headers={**self._headers, **headers, "Host": host_header},
            extensions={"sni_hostname": host},
        )
        response = await self._client.send(request, stream=True)
        try:
            return _judged(response, await _body(response))
        finally:
            await response.aclose()


async def _body(response: httpx.Response) -> bytes:
    """The reply, as far as it is read; empty when it is longer."""
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > REPLY_BYTES:
            return b""
    return body


def _judged(response: httpx.Response, body: bytes) -> Result:
    code = response.status_code
    words = f"HTTP {code}"
    if 200 <= code < 300:
        return delivered(words, _ack(body))
    if 300 <= code < 400:
        return dead(f"{words}: redirects are not followed; name the address itself")
    return retry(words) if code >= 500 or code in _NOT_NOW else dead(f"{words}: the receiver refuses it")


def _ack(body: bytes) -> str:
    """The acknowledgement in a reply."""
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(body)
        if isinstance(found, dict) and isinstance(found.get("ack"), str):
            return str(found["ack"])[:LONGEST_ACK]
    return ""


def _words(error: Exception) -> str:
    """What went wrong on the way there; nothing that came from there."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its certificate cannot be trusted"
    if isinstance(error, UnicodeError):
        return "its name is none"
    if isinstance(error, httpx.ConnectError | OSError):
        return f"cannot be connected to: {error}"
    return f"the connection failed: {type(error).__name__}"

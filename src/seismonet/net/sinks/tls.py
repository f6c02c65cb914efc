"""TLS as a client: the other side is always verified."""

import ssl

from seismonet.core.errors import ConfigError
from seismonet.net.receivers import ReceiverParams


def client_context(receiver: ReceiverParams) -> ssl.SSLContext:
    """Whom a receiver's server has to be vouched for by; ConfigError when the files cannot be used."""
    try:
        context = ssl.create_default_context(cafile=receiver.ca_file or None)
        if receiver.cert_file:
            context.load_cert_chain(receiver.cert_file, receiver.key_file)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(one for one in (receiver.ca_file, receiver.cert_file, receiver.key_file) if one)
        raise ConfigError(f"receiver {receiver.name}: {files}: cannot be used: {error}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

"""Could our own server be started: its address, its certificate, the list of those it admits?"""

import asyncio

from seismonet.core.errors import ConfigError
from seismonet.net.listening import credentials, listen, spelled, tls_context
from seismonet.net.server import ServerParams

from .findings import ERROR, Finding, good

AREA = "server"


def own_server_findings(params: ServerParams) -> list[Finding]:
    """Listen for a moment; while a daemon runs there is nothing to ask, as it listens itself."""
    try:
        credentials(params.credentials_file)
        tls_context(params.cert_file, params.key_file)
        asyncio.run(listen(params.host, params.port)).close()
    except ConfigError as error:
        step = "mend [server]; ss -ltnp shows who listens where; daemon.serve = false does without a server"
        return [Finding(AREA, ERROR, f"our own server cannot be started: {error}", 0, "", step)]
    return [good(AREA, f"our own server can listen on {spelled(params.host, params.port)}")]

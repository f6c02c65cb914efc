"""What would keep our own server from starting is told before the daemon is started."""

import socket
from pathlib import Path

from seismonet.daemon.findings import ERROR, GOOD
from seismonet.daemon.ownserver import own_server_findings
from seismonet.net.server import ServerParams


def test_a_free_port_is_good_and_is_free_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        params = ServerParams(port=taken.getsockname()[1])
        (wrong,) = own_server_findings(params)
        assert (wrong.level, "address already in use" in wrong.what) == (ERROR, True)
        assert "daemon.serve = false" in wrong.next_step
    for _ in range(2):
        (found,) = own_server_findings(params)
        assert (found.level, found.what.endswith(f"127.0.0.1:{params.port}")) == (GOOD, True)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for params in (ServerParams(cert_file=f"{tmp_path}/none"), ServerParams(credentials_file=f"{tmp_path}/none")):
        (wrong,) = own_server_findings(params)
        assert (wrong.level, f"_file {tmp_path}/none: cannot be" in wrong.what) == (ERROR, True)

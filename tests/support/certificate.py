"""A certificate for localhost and its key, made for these tests and good for nothing else."""

from pathlib import Path

KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgH2su0Gmz+u6qBfgr
kg8zPOiU8v8eiQBeBKdOLXLgXMGhRANCAARzsu0igYsPKqv8zb2PDCnwI6/Sm7+Y
LIF/y8EAhqKlQ1NJOKLODJUNHeHyncZayox7YEju9Kvy9WFkCC7QND8E
-----END PRIVATE KEY-----
"""
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUChkqaI2HZp3IuxHvRx1XjqNmT24wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDE0MDQ1MloYDzIxMjYxMDMx
MTQwNDUyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARzsu0igYsPKqv8zb2PDCnwI6/Sm7+YLIF/y8EAhqKlQ1NJOKLODJUN
HeHyncZayox7YEju9Kvy9WFkCC7QND8Eo28wbTAdBgNVHQ4EFgQUjm9SIbAk3Zh7
6iv+Vth1/4EGy1MwHwYDVR0jBBgwFoAUjm9SIbAk3Zh76iv+Vth1/4EGy1MwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAJH6Hppk99KBy+lrqumAt0p94Hy0Cv0EDpG6QWEYHL4CAiB3
krCqdEUrcikFm7jANQkCsymT662Q4kbt+YNzrTknWg==
-----END CERTIFICATE-----
"""


def write(folder: Path) -> tuple[str, str]:
    """Paths of the certificate and of its key, written into a folder."""
    certificate, key = folder / "server.crt", folder / "server.key"
    certificate.write_text(CERTIFICATE, "ascii")
    key.write_text(KEY, "ascii")
    return str(certificate), str(key)

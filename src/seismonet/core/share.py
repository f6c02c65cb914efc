"""Where the files that travel with seismonet lie: the stations and the configuration."""

from pathlib import Path

from .errors import ConfigError

_PACKAGE = Path(__file__).resolve().parents[1]


def share(name: str) -> Path:
    """The folder ``stations`` or ``config``, in a checkout and installed alike.

    A wheel holds them as ``seismonet/share/NAME``, a checkout at its root. ConfigError when neither is there.

    >>> share("stations").name
    'stations'
    """
    for folder in (_PACKAGE / "share" / name, _PACKAGE.parents[1] / name):
        if folder.is_dir():
            return folder
    raise ConfigError(f"the folder {name!r} of this installation is missing: install seismonet again")

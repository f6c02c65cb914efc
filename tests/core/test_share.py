"""The folders that travel with seismonet are found."""

import pytest

from seismonet.core.errors import ConfigError
from seismonet.core.share import share


@pytest.mark.parametrize(("name", "file"), [("stations", "TJ.SAREZ.xml"), ("config", "pamir.toml")])
def test_the_folders_hold_what_travels(name: str, file: str) -> None:
    assert (share(name) / file).is_file()


def test_a_folder_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigError, match="nowhere-at-all"):
        share("nowhere-at-all")

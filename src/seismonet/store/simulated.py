"""The mark of a folder that holds simulated data: a small file of words, kept for ever.

The rule this file owns: what was once said to be simulated never counts as real again, whoever is connected and however
often the daemon begins anew; whoever reads a folder asks here. Files beside the mark repeat its words.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from seismonet.core.errors import ArchiveError
from seismonet.formats.stationview import read

from .files import Disk
from .inventory import find_files, read_file
from .stationfile import replace

NAME = "SIMULATED.txt"
SIMULATED = "SIMULATED"
"""The word by which servers, station files and everything written say so."""
LETTERS = 300
"""The words never get longer: a server may call itself by ever other names."""


def read_mark(folder: Path) -> str:
    """Who says that a folder's data are simulated, in words; empty for what nobody says it of."""
    try:
        text = (folder / NAME).read_text("utf-8", "replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise ArchiveError(f"{folder / NAME}: cannot be read: {error.strerror or error}; make it readable") from None
    return joined([text]) or SIMULATED


def joined(told: Iterable[str]) -> str:
    """All that is said, each once, on one line.

    >>> joined(["SIMULATED a; SIMULATED b", "", "SIMULATED a"])
    'SIMULATED a; SIMULATED b'
    """
    parts = dict.fromkeys(" ".join(part.split()) for text in told for part in text.split(";"))
    whole = ""
    for part in filter(None, parts):
        longer = f"{whole}; {part}" if whole else part
        if len(longer) > LETTERS:
            return whole or longer[:LETTERS]
        whole = longer
    return whole


def stations_told(paths: Sequence[str | Path]) -> str:
    """What station files, globs or folders say of being simulated, in Comments of their stations."""
    told = []
    for data in map(read_file, find_files(paths)):
        if SIMULATED.encode() in data:
            stations = [station for network in read(data) for station in network.stations]
            told += [text for one in stations for text in one.node.comments if text.startswith(SIMULATED)]
    return joined(told)


class Mark:
    """The mark of a folder that is written to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.words = folder, read_mark(folder)
        self._stored = self.words

    def learn(self, told: str) -> bool:
        """Take in what was said, and store it at once; is it new? When the disk refuses, ``store`` tries again."""
        words = joined([self.words, told])
        if words == self.words:
            return False
        self.words = words
        self.store()
        return True

    def store(self) -> bool:
        """Store what is not stored yet; False when the disk refuses."""
        if self._stored != self.words:
            try:
                replace(self.folder / NAME, f"{self.words}\n".encode())
                Disk().sync_folder(self.folder)
            except (ArchiveError, OSError):
                return False
            self._stored = self.words
        return True

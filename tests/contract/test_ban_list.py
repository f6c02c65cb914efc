"""The ban list finds what it bans, under any name, and nothing else; the sources keep it."""

from pathlib import Path

import pytest

from tests.contract.bans import OFFLINE_READER, ROOT, breaches, breaches_under

ANYWHERE = "src/seismonet/detect/picker.py"


@pytest.mark.parametrize(
    "source",
    [
        "import obspy\nobspy.read('a.mseed')",
        "import obspy as o\no.read('a.mseed', headonly=True)",
        "from obspy import read\nread(name)",
        "def late():\n    from obspy.core.stream import read as take\n    return take(name)",
        "from obspy.core import read\nread(name, format='MSEED', check_compression=False)",
        "import pickle",
        "from pickle import loads",
        "import numpy.core, _pickle",
        "import numpy as np\nnp.load(name, allow_pickle=True)",
        "import pandas\npandas.read_pickle(name)",
        "eval('1')",
        "exec(text)",
        "import time\nnow = time.time()",
        "from time import monotonic as tick\nclock = tick",
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "from datetime import datetime\ndatetime.utcnow()",
        "from datetime import date\ndate.today()",
        "from obspy import UTCDateTime\nUTCDateTime()",
        "from obspy import UTCDateTime\nUTCDateTime.now()",
        "import time\ntime.gmtime()",
        "import numpy as np\nnp.datetime64('now')",
    ],
)
def test_breaches_are_found(source: str) -> None:
    assert len(breaches(source, ANYWHERE)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import obspy\nobspy.read('a.mseed', format='MSEED')",
        "import obspy\nobspy.read()",  # ObsPy's own example
        "handle.read(4)",
        "import numpy as np\nnp.load(name, allow_pickle=False)",
        "model.eval()",
        "# eval(x) and pickle are only words here\ntext = 'time.time()'",
        "from datetime import datetime\ndatetime.fromisoformat(text)",
        "from obspy import UTCDateTime\nUTCDateTime(0)",
        "import time\ntime.gmtime(0)",
        "import numpy as np\nnp.datetime64('2024-09-15')",
        "time = event.time\ntime.time",
    ],
)
def test_what_is_harmless_passes(source: str) -> None:
    assert breaches(source, ANYWHERE) == []


def test_the_offline_reader_may_guess_but_not_pickle() -> None:
    source = "import obspy\nobspy.read(name, check_compression=False)\nimport pickle"
    assert [line.split(": ")[1] for line in breaches(source, OFFLINE_READER)] == ["pickle runs what it reads"]


@pytest.mark.parametrize(
    "path", ["src/seismonet/daemon/run.py", "src/seismonet/net/seedlink.py", "benchmarks/packets.py"]
)
def test_clocks_belong_to_the_edge(path: str) -> None:
    source = "import time\ntime.monotonic()"
    assert breaches(source, path) == []
    assert breaches(source, ANYWHERE) == [f"{ANYWHERE}:2: time.monotonic reads the clock outside daemon and net"]


def test_a_breach_in_a_checkout_is_found(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "demo.py").write_text("import dill\n")
    assert breaches_under(tmp_path) == ["notebooks/demo.py:1: dill runs what it reads"]


def test_the_sources_keep_the_ban_list() -> None:
    assert breaches_under(ROOT) == []

"""Names of channels."""

import os
import pickle
import subprocess
import sys

from seismonet.core.sourceid import SourceId


def test_a_name_that_went_to_another_process_is_the_name_that_is_made_there() -> None:
    # texts have other hashes in each process, and a name keeps that of its own
    program = (
        "import pickle, sys; from seismonet.core.sourceid import SourceId;"
        "came = pickle.loads(bytes.fromhex(sys.argv[1])); made = SourceId.parse('TJ.SAREZ.00.HHZ');"
        "print(came == made, made in {came: 1}, hash(came) == hash(made))"
    )
    sent = pickle.dumps(SourceId.parse("TJ.SAREZ.00.HHZ")).hex()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program, sent],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == ["True", "True", "True"]

"""Speed and quality beside the peers: ``python -m benchmarks`` measures and writes ``docs/measurements.md``.

CPU time, not wall time, as cores are shared; peer and ours take turns within one run; medians of the rounds. A second
thread of numpy's linear algebra would be counted as work, so it is forbidden before numpy is first imported.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

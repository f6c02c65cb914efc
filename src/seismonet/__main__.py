"""``python -m seismonet``."""

from seismonet.cli import run

run()

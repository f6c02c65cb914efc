"""Long tests: each is bounded in time and count, ends by itself and gives figures for docs/measurements.md."""

"""The live side: sources, pipeline and writer in one process."""

"""Bytes to core words and back; no files, no sockets."""

"""Sockets: SeedLink in and out, FDSN web services; the outermost layer that others look through."""

"""Earthquakes and noise that were never recorded: what the stations would have sent."""

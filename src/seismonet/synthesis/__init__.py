"""Earthquakes, noise, instruments and records: what the stations would have sent, with the truth known."""

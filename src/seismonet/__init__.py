"""seismonet: earthquakes found and told from a handful of stations."""

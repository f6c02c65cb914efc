"""Files and databases: the offline reader, the catalogue."""

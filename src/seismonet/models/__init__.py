"""The Earth and its instruments: travel times, magnitude relations, nominal responses."""

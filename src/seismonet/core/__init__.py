"""The words of seismonet: frozen dataclasses, standard library and numpy only."""

"""Tables of Earth models as an operator would write them, one for each thing that layers can do."""


def table(*rows: tuple[float, float, float]) -> str:
    """A plain table of depth, Vp and Vs."""
    return "\n".join(f"{depth:g} {p:.4f} {s:.4f}" for depth, p, s in rows) + "\n"


SEDIMENTS = table(
    (0, 2.0, 0.9), (2, 2.5, 1.2), (2, 4.5, 2.5), (5, 5.0, 2.8), (5, 5.9, 3.4), (25, 6.2, 3.6),
    (25, 6.7, 3.8), (48, 7.0, 3.95), (48, 7.9, 4.45), (410, 9.03, 4.87),
)  # fmt: skip
"""Slow ground near the surface, in which velocity grows fast."""

STAIRS = table(
    *((top + below, 5.5 + 0.04 * top, (5.5 + 0.04 * top) / 1.75) for top in range(0, 60, 2) for below in (0, 2)),
    (60, 8.0, 4.5), (410, 9.03, 4.87),
)  # fmt: skip
"""Thirty layers of constant velocity, as tomography gives."""

SOFT_MOHO = table((0, 5.5, 3.2), (30, 6.6, 3.8), (45, 6.9, 3.95), (50, 7.9, 4.4), (410, 9.03, 4.87))
"""No jump anywhere."""

SLOW_LAYER = table(
    (0, 5.8, 3.4), (12, 6.2, 3.6), (12, 5.6, 3.2), (20, 5.7, 3.25), (20, 6.5, 3.75), (60, 7.0, 4.0),
    (60, 8.1, 4.6), (100, 8.1, 4.6), (100, 7.8, 4.3), (180, 7.9, 4.35), (220, 8.4, 4.6),
)  # fmt: skip
"""Two layers slower than what lies above, which cast shadows."""

OWN = {"sediments": SEDIMENTS, "stairs": STAIRS, "soft-moho": SOFT_MOHO, "slow-layer": SLOW_LAYER}

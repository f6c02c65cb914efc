"""Places that are warned: towns, villages, dams."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A place whose shaking is forecast.

    Attributes
    ----------
    name : as it stands in messages of a language that ``names`` does not hold
    kind : city, town, village, dam, power station, lake, district
    names : pairs of language code and name, as ``("ru", "Хорог")``
    threshold : intensity (MSK-64) from which on the place is to be warned
    vs30_m_s : mean shear-wave velocity of the upper 30 m
    confidence : of its coordinates: high, medium or low
    source : where the coordinates and the population are from
    """

    name: str
    kind: str
    latitude: float
    longitude: float
    elevation_m: float = 0.0
    population: int | None = None
    threshold: float = 5.0
    names: tuple[tuple[str, str], ...] = ()
    vs30_m_s: float = 760.0
    confidence: str = "high"
    source: str = ""

    def name_in(self, language: str) -> str:
        """Its name in a language, else its own.

        >>> Target("Khorugh", "city", 37.49, 71.55, names=(("ru", "Хорог"),)).name_in("ru")
        'Хорог'
        """
        return dict(self.names).get(language, self.name)

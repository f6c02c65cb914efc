"""A station description without a fault, and ways to spoil it."""

from typing import Any

from lxml import etree

from seismonet.models.instruments import digitizer, sensor
from seismonet.models.nominal import SUBJECTS, StationSpec, station_xml

SPACE = "{http://www.fdsn.org/xml/station/1}"
HHZ = "Network/Station/Channel[@code='HHZ']"
LCQ = "Network/Station/Channel[@code='LCQ']"


def spec(**changes: Any) -> StationSpec:
    """A station with both sensors, about which everything is confirmed."""
    values = {
        "network": "XX", "code": "ABC", "name": "a place", "latitude": 38.1234, "longitude": 72.4321,
        "elevation_m": 3000.0, "start": "2024-01-01", "seismometer": sensor("trillium-compact-120", "H"),
        "accelerometer": sensor("titan-4g", "N"), "digitizer": digitizer("centaur-100-lp"),
        "confirmed": tuple(SUBJECTS), **changes,
    }  # fmt: skip
    return StationSpec(**values)


GOOD = station_xml(spec())


class Doc:
    """A document to be spoiled; paths are given without the namespace and lead to the first match."""

    def __init__(self, data: bytes = GOOD) -> None:
        self.root = etree.fromstring(data)

    def get(self, path: str) -> Any:
        """The first element there."""
        steps = [step if step.startswith("*") else SPACE + step for step in path.split("/")]
        found = self.root.find("/".join(steps))
        assert found is not None, path
        return found

    def text(self, path: str, text: str) -> "Doc":
        """Change a text."""
        self.get(path).text = text
        return self

    def attribute(self, path: str, name: str, value: str | None) -> "Doc":
        """Change an attribute, or remove it."""
        element = self.get(path)
        if value is None:
            del element.attrib[name]
        else:
            element.set(name, value)
        return self

    def remove(self, path: str) -> "Doc":
        """Remove an element."""
        element = self.get(path)
        element.getparent().remove(element)
        return self

    def remove_all(self, path: str) -> "Doc":
        """Remove an element until there is none."""
        steps = "/".join(SPACE + step for step in path.split("/"))
        for element in self.root.findall(steps):
            element.getparent().remove(element)
        return self

    def double(self, path: str) -> "Doc":
        """Put a copy of an element behind it."""
        element = self.get(path)
        element.addnext(etree.fromstring(etree.tostring(element)))
        return self

    def add(self, path: str, xml: str, first: bool = False) -> "Doc":
        """Put an element into another, last or first."""
        element = etree.fromstring(f'<x xmlns="{SPACE[1:-1]}">{xml}</x>')[0]
        self.get(path).insert(0, element) if first else self.get(path).append(element)
        return self

    def bytes(self) -> bytes:
        """The document as it is now."""
        return bytes(etree.tostring(self.root))

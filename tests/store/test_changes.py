"""The history of states comes back as it was told."""

from seismonet.core.health import Change
from seismonet.store.catalogue import Catalogue
from seismonet.store.changes import add_changes, read_changes, state_at

DOWN = Change("TJ.MURG", 100, "good", "down", ("HHZ: no record for 20 s",))
UP = Change("TJ.MURG", 200, "down", "good", ())
NETWORK = Change("network", 110, "good", "degraded", ("TJ.MURG: down",))


def test_changes_come_back_in_order_and_once() -> None:
    with Catalogue("sqlite://") as catalogue:
        add_changes(catalogue, [UP, NETWORK, DOWN])
        add_changes(catalogue, [DOWN])
        assert read_changes(catalogue, 0, 1000) == [DOWN, NETWORK, UP]
        assert read_changes(catalogue, 100, 200) == [DOWN, NETWORK]
        assert read_changes(catalogue, 0, 1000, ["TJ.MURG"]) == [DOWN, UP]


def test_the_state_at_a_time_is_that_of_the_last_change() -> None:
    with Catalogue("sqlite://") as catalogue:
        add_changes(catalogue, [DOWN, UP])
        assert state_at(catalogue, "TJ.MURG", 99) is None
        assert state_at(catalogue, "TJ.MURG", 150) == DOWN
        assert state_at(catalogue, "TJ.MURG", 200) == UP

"""The catalogue gives back what it was given, once."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from seismonet.core.errors import ArchiveError, QueryError
from seismonet.core.event import Event, Pick, Place, Rejection
from seismonet.core.health import Change
from seismonet.core.motion import Motion
from seismonet.core.status import NetworkStatus
from seismonet.store.catalogue import Catalogue
from seismonet.store.changes import add_changes
from seismonet.store.measurements import add_metrics, add_rollups, add_spectra
from tests.support import messages
from tests.support.facts import EVENTS, MOTIONS, PICKS, REJECTIONS, all_picks
from tests.support.measured import MEDIAN, RECEIPTS, RECORDS, SAMPLES, SPECTRUM
from tests.support.quakes import START_NS, Quake, network, quake, status

TABLE = network(5)
FIRST = quake(TABLE, down=("TJ.ST04",))
CHANGE = Change("TJ.ST04", START_NS, "good", "down", ("no record for 20 s",))
SECOND = quake(TABLE, START_NS + 60 * 10**9, latitude=38.0, cancelled=True)


def fill(catalogue: Catalogue, *quakes: Quake) -> None:
    with catalogue.transaction():
        catalogue.add_stations(TABLE)
        for one in quakes:
            catalogue.add_picks(one.picks.values())
            catalogue.add_status(one.statuses)
            catalogue.add_events(one.versions)
            catalogue.add_alerts(one.alerts)
            catalogue.add_decisions(one.decisions)
            catalogue.add_rejections(one.rejections)
            catalogue.add_motions(one.motions)
            add_rollups(catalogue, (SAMPLES, RECORDS, RECEIPTS))
            add_metrics(catalogue, [MEDIAN])
            add_spectra(catalogue, [SPECTRUM])
            add_changes(catalogue, [CHANGE])
            catalogue.add_span(one.versions[0].origin.time_ns - 10**10, one.versions[0].origin.time_ns + 10**10)


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, read without the code under test."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}


def test_gives_back_what_it_was_given(tmp_path: Path) -> None:
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        fill(catalogue, SECOND, FIRST)
    with Catalogue(tmp_path / "catalogue.sqlite", create=False) as catalogue:
        assert catalogue.stations() == TABLE
        assert catalogue.events() == [FIRST.versions[-1], SECOND.versions[-1]]
        assert {one.id: one for one in catalogue.picks()} == FIRST.picks | SECOND.picks
        assert catalogue.alerts() == [*FIRST.alerts, *SECOND.alerts]
        assert catalogue.decisions() == [*FIRST.decisions, *SECOND.decisions]
        assert catalogue.decisions(SECOND.versions[0].id) == [*SECOND.decisions]
        assert catalogue.rejections() == [*FIRST.rejections, *SECOND.rejections]
        assert catalogue.motions() == [*FIRST.motions, *SECOND.motions]
        assert catalogue.latest_status() == SECOND.statuses[-1]
        origins_ns = [one.versions[0].origin.time_ns for one in (FIRST, SECOND)]
        assert catalogue.spans() == [(origin_ns - 10**10, origin_ns + 10**10) for origin_ns in origins_ns]
        record = catalogue.event(SECOND.versions[0].id)
    assert record.versions == SECOND.versions
    assert record.event.event_type == "not existing"
    assert record.alerts == SECOND.alerts
    assert record.statuses == {one.id: one for one in SECOND.statuses}
    assert set(record.picks) == {one.pick_id for one in record.event.origin.arrivals}


@settings(max_examples=20, deadline=None)
@given(event=EVENTS, pick=PICKS, rejection=REJECTIONS, motion=MOTIONS)
def test_any_event_pick_refusal_and_motion_comes_back(
    event: Event, pick: Pick, rejection: Rejection, motion: Motion
) -> None:
    with Catalogue("sqlite://") as catalogue:
        catalogue.add_status([NetworkStatus("status", 0, (), 0)])
        catalogue.add_picks(all_picks(pick))
        catalogue.add_rejections([rejection])
        catalogue.add_motions([motion])
        assert catalogue.motions() == [motion]
        catalogue.add_events([event])
        assert catalogue.events() == [event]
        assert catalogue.event(event.id).versions == (event,)
        assert catalogue.picks_named([pick.id]) == {pick.id: pick}
        assert catalogue.rejections() == [rejection]


def test_adding_again_adds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    with Catalogue(path) as catalogue:
        fill(catalogue, FIRST, SECOND)
    before = everything(path)
    assert all(before.values()), "a table that stays empty proves nothing"
    with Catalogue(path) as catalogue:
        fill(catalogue, SECOND, FIRST)
        fill(catalogue, FIRST)
    assert everything(path) == before


def test_a_pick_is_kept_in_its_newest_version_whatever_the_order() -> None:
    refined = next(iter(FIRST.picks.values()))
    bare = replace(refined, version=0, time_ns=refined.time_ns - 10**8)
    with Catalogue("sqlite://") as catalogue:
        catalogue.add_picks([bare])
        assert catalogue.picks() == [bare]
        catalogue.add_picks([refined])
        catalogue.add_picks([bare])
        assert catalogue.picks() == [refined]


def test_missing_numbers_come_back_as_missing() -> None:
    nan = float("nan")
    pick = replace(next(iter(FIRST.picks.values())), snr=nan)
    alert = replace(FIRST.alerts[0], magnitude=None, magnitude_type=None, depth_km=nan)
    with Catalogue("sqlite://") as catalogue:
        catalogue.add_status(FIRST.statuses)
        catalogue.add_picks([pick])
        catalogue.add_alerts([alert])
        (found,) = catalogue.picks()
        (told,) = catalogue.alerts()
    assert found.snr != found.snr
    assert replace(found, snr=1.0) == replace(pick, snr=1.0)
    assert told.magnitude is None
    assert told.depth_km != told.depth_km


def test_an_alert_that_says_everything_comes_back_whole_for_each_audience() -> None:
    told = replace(messages.ALERT, event_id=FIRST.versions[0].id, network_status=FIRST.statuses[0].id)
    full = replace(told, second_mode=Place(37.1, 70.2, 180.0, 0.3), audience="siren")
    early = replace(full, event_id="shaking", audience="public", source_event_id=FIRST.versions[0].id)
    with Catalogue("sqlite://") as catalogue:
        fill(catalogue, FIRST)
        catalogue.add_alerts([full, early])
        assert {one.audience: one for one in catalogue.alerts() if one.audience != "operator"} == {
            "siren": full,
            "public": early,
        }
        assert catalogue.alerts("shaking") == [early]
        assert early in catalogue.event(FIRST.versions[0].id).alerts


def test_decisions_go_with_what_is_processed_anew() -> None:
    with Catalogue("sqlite://") as catalogue:
        fill(catalogue, FIRST, SECOND)
        catalogue.discard(0, SECOND.versions[0].issued_ns - 10)
        assert catalogue.decisions() == [*SECOND.decisions]


def test_an_event_without_magnitude() -> None:
    event = replace(FIRST.versions[0], magnitude=None)
    with Catalogue("sqlite://") as catalogue:
        fill(catalogue, FIRST)
        catalogue.add_events([event])
        assert catalogue.event(event.id).versions == (event, *FIRST.versions[1:])


def test_windows_are_half_open() -> None:
    quakes = [quake(network(3), START_NS + k * 10**9) for k in (-60, 0, 60)]
    last = [one.versions[-1] for one in quakes]
    at = [event.origin.time_ns for event in last]
    with Catalogue("sqlite://") as catalogue:
        fill(catalogue, *quakes)
        assert catalogue.events(at[1], at[2]) == [last[1]]
        assert catalogue.events(at[1] + 1) == [last[2]]
        assert catalogue.events(end_ns=at[1]) == [last[0]]
        onsets = [pick.time_ns for pick in catalogue.picks()]
        assert [pick.time_ns for pick in catalogue.picks(onsets[3], onsets[7])] == onsets[3:7]


def test_ids_may_be_abbreviated() -> None:
    with Catalogue("sqlite://") as catalogue:
        fill(catalogue, FIRST, SECOND)
        one, other = FIRST.versions[0].id, SECOND.versions[0].id
        length = next(k for k in range(len(one)) if one[:k] != other[:k])
        assert catalogue.event_id(one[:length]) == one
        with pytest.raises(QueryError, match="more than one event"):
            catalogue.event_id("")
        with pytest.raises(QueryError, match="no event 'nothing'"):
            catalogue.event("nothing")
        with pytest.raises(QueryError, match="no event '%'"):
            catalogue.event("%")


def test_status_at_a_time() -> None:
    statuses = [status(TABLE, START_NS + k * 10**9) for k in range(3)]
    with Catalogue("sqlite://") as catalogue:
        catalogue.add_status(statuses)
        assert catalogue.latest_status() == statuses[2]
        assert catalogue.latest_status(statuses[1].time_ns) == statuses[1]
        assert catalogue.latest_status(statuses[2].time_ns - 1) == statuses[1]
        assert catalogue.latest_status(statuses[0].time_ns - 1) is None
        assert catalogue.status(statuses[0].id) == statuses[0]
        with pytest.raises(QueryError, match="no network status"):
            catalogue.status("nothing")


def test_a_transaction_is_all_or_nothing() -> None:
    class Stop(Exception):
        pass

    with Catalogue("sqlite://") as catalogue:
        with suppress(Stop), catalogue.transaction():
            catalogue.add_picks(FIRST.picks.values())
            assert catalogue.picks() != []
            raise Stop
        assert catalogue.picks() == []


def test_an_event_needs_its_picks_and_its_status() -> None:
    with Catalogue("sqlite://") as catalogue:
        catalogue.add_picks(FIRST.picks.values())
        with pytest.raises(ValueError, match="add those first"):
            catalogue.add_events(FIRST.versions)
        assert catalogue.events() == []


def test_discard_forgets_a_window_and_what_only_it_needed() -> None:
    with Catalogue("sqlite://") as catalogue:
        fill(catalogue, FIRST, SECOND)
        catalogue.discard(START_NS, SECOND.versions[0].origin.time_ns - 1)
        assert catalogue.events() == [SECOND.versions[-1]]
        assert catalogue.alerts() == list(SECOND.alerts)
        assert {one.id: one for one in catalogue.picks()} == SECOND.picks
        assert catalogue.rejections() == list(SECOND.rejections)
        assert catalogue.motions() == list(SECOND.motions)
        assert catalogue.latest_status(FIRST.statuses[-1].time_ns) is None
        fill(catalogue, FIRST)
        assert catalogue.events() == [FIRST.versions[-1], SECOND.versions[-1]]


def test_a_reader_sees_what_was_stored_while_a_writer_is_at_work(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    with Catalogue(path) as writer, Catalogue(path, create=False) as reader:
        fill(writer, FIRST)
        with writer.transaction():
            writer.add_picks(SECOND.picks.values())
            assert {one.id for one in reader.picks()} == set(FIRST.picks)
        assert {one.id for one in reader.picks()} == set(FIRST.picks | SECOND.picks)


@pytest.mark.parametrize("name", ["missing/catalogue.sqlite", "text.sqlite", "folder", "other.sqlite", "newer.sqlite"])
def test_what_is_no_catalogue_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.sqlite").write_text("not a database, by far" * 100)
    (tmp_path / "folder").mkdir()
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
    Catalogue(tmp_path / "newer.sqlite").close()
    with closing(sqlite3.connect(tmp_path / "newer.sqlite")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    files = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(ArchiveError) as refused:
        Catalogue(tmp_path / name)
    assert str(tmp_path / name) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == files


def test_reading_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no catalogue there"):
        Catalogue(tmp_path / "catalogue.sqlite", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(ArchiveError) as refused:
        Catalogue("nobase://user:secret@localhost/x")
    assert "secret" not in str(refused.value)


def test_an_event_is_found_by_the_id_that_receivers_know() -> None:
    one = FIRST
    with Catalogue("sqlite://") as catalogue:
        fill(catalogue, one)
        shaken = replace(one.alerts[-1], event_id="xy12cd", audience="siren", source_event_id=one.versions[-1].id)
        catalogue.add_alerts([shaken])
        assert catalogue.event_id("xy1") == one.versions[-1].id
        with pytest.raises(QueryError, match="alerts show"):
            catalogue.event_id("zz")

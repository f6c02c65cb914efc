"""The daemon's disk in short: all faults but the mounted one at once, three times as fast, for eight seconds."""

from pathlib import Path

import pytest
from benchmarks.drills.daemondisk import CASES, Seen, drill
from benchmarks.drills.faultydisks import SWITCH, SwitchedDisk
from benchmarks.drills.offer import Audit

LENGTH_S, RATE = 8.0, 3.0


def test_nothing_is_lost_and_the_alert_goes_out_while_the_disk_fails() -> None:
    found = drill([case for case in CASES if not case.kind], LENGTH_S, RATE)
    for seen in found:
        audit = seen.audit
        assert audit.offered > 3000, seen
        assert (audit.lost, audit.twice, audit.corrupt) == (0, 0, 0), seen
        assert seen.was_meanwhile, seen
        assert seen.was_stored, seen
        assert seen.recovery_s is not None, seen
        assert seen.exit_code == 0, seen
    assert sum(seen.unjournaled for seen in found) > 0


def test_a_figure_is_met_only_when_all_is_well() -> None:
    good = Seen(CASES[0], 5.0, 20.0, True, True, 0, 0, Audit(10))
    assert good.figure().met
    for name, bad in (("recovery_s", None), ("recovery_s", 31.0), ("was_meanwhile", False), ("was_stored", False)):
        setattr(one := Seen(CASES[0], 5.0, 20.0, True, True, 0, 0, Audit(10)), name, bad)
        assert not one.figure().met
    assert not Seen(CASES[0], 5.0, 20.0, True, True, 0, 0, Audit(10, lost=1)).figure().met


def test_a_sync_that_fails_has_dropped_what_it_should_have_kept(tmp_path: Path) -> None:
    switch, path = tmp_path / SWITCH, tmp_path / "file"
    disk = SwitchedDisk(switch)
    file = disk.append(path)
    file.write(b"kept")
    file.sync()
    switch.write_text("sync EIO", "ascii")
    file.write(b"dropped")
    with pytest.raises(OSError, match="Input/output"):
        file.sync()
    assert path.read_bytes() == b"kept"
    switch.write_text("write ENOSPC", "ascii")
    with pytest.raises(OSError, match="No space"):
        file.write(b"12345678")
    assert path.read_bytes() == b"kept1234"
    switch.unlink()
    file.close()

"""The short form of a certification: every kind of nuisance and some earthquakes, through the whole pipeline."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from seismonet.cli import main
from seismonet.config import Config, load_config
from seismonet.core.errors import QueryError
from seismonet.core.share import share
from seismonet.core.waveform import Delivery, Packet, Receipts
from seismonet.library.casework import nuisance, scenario, waveforms
from seismonet.library.certifying import Cases, certify, prepare
from seismonet.reports.certification import PUBLIC, Certification, rows
from seismonet.reports.certificationdocument import changes
from seismonet.synthesis.nuisance import KINDS, suite
from seismonet.synthesis.records import miniseed
from seismonet.synthesis.scenarioset import scenarios
from seismonet.warn.audience import AudienceParams
from seismonet.warn.changes import AlertParams
from tests.support.archives import store

PAMIR = share("config") / "pamir.toml"
KNOWN = frozenset({"sines-00"})
"""What is known to fail, and why: docs/certification.md. Whoever mends it takes it out here."""
DEAF = AlertParams(
    **dict.fromkeys(("public", "civil_defence", "operator", "siren"), AudienceParams(minimum_magnitude=9.0))
)
NAMES = ("Khorugh", "Murghob", "Usoi Dam", "Barchidev")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The Pamir's configuration with a few places, whose shaking takes a moment to make."""
    folder = tmp_path_factory.mktemp("targets")
    lines = (share("config") / "targets.csv").read_text("utf-8").splitlines()
    head = next(k for k, line in enumerate(lines) if line and not line.startswith("#"))
    kept = [line for line in lines[head + 1 :] if line.startswith(NAMES)]
    (folder / "targets.csv").write_text("\n".join([lines[head], *kept]) + "\n", "utf-8")
    whole = load_config(PAMIR)
    return replace(whole, network=replace(whole.network, targets=str(folder / "targets.csv")))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def short(config: Config, kept: Path) -> Certification:
    (made,) = certify([("pamir", config)], Cases(len(KINDS), 3), folder=kept)
    return made


def test_no_nuisance_of_any_kind_tells_a_public_class(short: Certification) -> None:
    assert {case.kind for case in short.nuisances} == {kind.name for kind in KINDS}
    told = {case.name: {one.audience for one in case.false} for case in short.nuisances if case.false}
    assert {name for name, audiences in told.items() if audiences & set(PUBLIC)} <= KNOWN
    # the great earthquake after its foreshock is told, so silence proves something
    (main,) = (case for case in short.nuisances if case.kind == "foreshock")
    assert {one.audience for one in main.told} & set(PUBLIC)


def test_scenarios_are_told_and_judged(short: Certification) -> None:
    assert len(short.scenarios) == 3
    for case in short.scenarios:
        assert case.located_ns is not None
        assert case.first
        assert len(case.arrived_ns) == 3
        # nobody can know before the first station does; all but who listens to one station, not before the second
        assert min(one.issued_ns for one in case.told) > case.arrived_ns[0]
        network = [one.issued_ns for one in case.told if one.basis == "network"]
        assert min(network) > (case.second_ns or 0)
    figures = {row.key: row.value for row in rows(short)}
    assert figures["scenario.in_time"] == 1.0
    assert (figures["shaking.first.brier"] or 1.0) < 0.15


def test_the_same_comes_of_it_again_from_kept_waveforms_and_without(
    short: Certification, config: Config, kept: Path
) -> None:
    work = prepare([("a", config)], folder=kept)
    case = scenarios(work.own.stations, count=3)[2]
    held = {path.name: path.read_bytes() for path in kept.iterdir()}
    assert scenario(work, case) == (short.scenarios[2],)
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == held
    alone = replace(work, folder=None)
    made, again = waveforms(alone, case), waveforms(work, case)
    assert made.compact().samples.tobytes() == again.samples.tobytes()
    assert [str(one) for one in made.source_ids] == [str(one) for one in again.source_ids]


def archive_of(received: Receipts, folder: Path) -> Path:
    """A daemon's archive of what was received."""
    deliveries = [
        Delivery("link", one.received_ns, tuple(Packet(one.record.source_id.station_code, -1, part) for part in parts))
        for one in received
        if (parts := miniseed(one.record))
    ]
    with store(folder) as held:
        held.put(*deliveries)
        held.archive.take(held.journal)
    return folder


def test_the_last_days_of_an_archive_are_told_as_they_were_received(
    short: Certification, config: Config, kept: Path, tmp_path: Path
) -> None:
    work = prepare([("a", config)], folder=kept)
    case = scenarios(work.own.stations, count=3)[2]
    folder = archive_of(waveforms(work, case), tmp_path)
    deaf = replace(config, pipeline=replace(config.pipeline, alert=DEAF))
    made = certify([("a", config), ("b", deaf)], Cases(0, 0, archive=folder, last_s=3600.0))
    told = short.scenarios[2].told
    found = made[0].archive or ()
    assert len(found) == len({one.event_id for one in told}) > 0
    assert made[1].archive == ()
    assert {name for one in found for name in one.audiences} == {one.audience for one in told}
    assert min(one.first_ns for one in found) == min(one.issued_ns for one in told)
    assert changes(*made)[0].endswith("before nobody")
    # of its last second there is nothing to tell
    (late,) = certify([("a", config)], Cases(0, 0, archive=folder, last_s=1.0))
    assert late.archive == ()
    with pytest.raises(QueryError, match="holds no receipts"):
        certify([("a", config)], Cases(0, 0, archive=kept))


def test_a_strong_motion_of_which_little_is_known_ends_quietly(config: Config) -> None:
    # hours late, a sensor's last seconds come before there are as many as it takes to rest
    work = prepare([("a", config)])
    cases = suite(work.own.stations, work.dense.stations, work.targets[0], kinds=("backfill",))
    (found,) = nuisance(work, next(case for case in cases if case.name == "backfill-06"))
    assert found.events
    assert not found.told


def test_a_file_that_was_cut_short_is_made_anew(config: Config, tmp_path: Path) -> None:
    work = prepare([("a", config)], folder=tmp_path)
    case = suite(work.own.stations, work.dense.stations, work.targets[0], kinds=("quiet",), count=1)[0]
    made = waveforms(work, case)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    assert waveforms(work, case).samples.tobytes() == made.samples.tobytes()
    assert path.stat().st_size > 1000


def test_a_configuration_without_places_or_stations_is_refused(config: Config) -> None:
    with pytest.raises(QueryError, match="names no targets"):
        certify([("x", replace(config, network=replace(config.network, targets="")))])
    with pytest.raises(QueryError, match="names no station files"):
        certify([("x", replace(config, network=replace(config.network, stations=())))])


@cache
def loud(folder: Path) -> Path:
    """A configuration that tells the public of everything."""
    text = PAMIR.read_text("utf-8").replace('"../stations', f'"{share("stations").parent}/stations')
    text = text.replace('"targets.csv"', f'"{share("config") / "targets.csv"}"')
    text += "\n[alert.public]\nminimum_magnitude = 0.0\nlevel = 0\nlikelihood = 0.0\nfelt = 0.0\n"
    (folder / "loud.toml").write_text(text, "utf-8")
    return folder / "loud.toml"


def test_the_command_tells_what_a_worse_configuration_would_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # two earthquakes that nobody feels, of which the public is told now
    arguments = ["certify", "--config", str(loud(tmp_path)), "--against", str(PAMIR), "--kind", "small", "--cases", "2"]
    assert main([*arguments, "--scenarios", "0", "--no-keep", "--jobs", "1", "--out", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr().out
    assert "does not pass" in shown
    assert "told operator, public, before operator" in shown
    told = json.loads((tmp_path / "out" / "certification.json").read_text("utf-8"))
    assert told["passed"] is False
    assert told["new"]["figures"]["nuisance.public"]["value"] > told["old"]["figures"]["nuisance.public"]["value"]
    assert (tmp_path / "out" / "certification.png").exists()


@pytest.mark.parametrize(
    "wrong", [["--cases", "-1"], ["--last", "soon"], ["--scenarios", "100000"], ["--kind", "ghosts"]]
)
def test_options_that_make_no_sense_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "--config", str(PAMIR), "--jobs", "1", *wrong]) == 1
    assert wrong[-1] in capsys.readouterr().err

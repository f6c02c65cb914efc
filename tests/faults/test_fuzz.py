"""Fifty thousand mutated records through the gate and the decoder: the short form of the drill."""

from benchmarks.drills.fuzz import Guarded, corpus, killers, mutant, run

from seismonet.formats.gate import check


def test_no_mutant_crashes_hangs_or_shows_foreign_memory_and_the_guard_bites() -> None:
    found = run(0.05)
    assert found[0].what.startswith("50,000")
    assert [(one.what, one.measured) for one in found if not one.met] == []


def test_the_corpus_is_sound_and_mutants_can_be_made_again() -> None:
    sound, broken = corpus(), killers()
    assert {check(one).code for one in sound} == {"ok", "calibration"}
    first = [mutant(sound, broken, number) for number in range(50)]
    assert first == [mutant(corpus(), broken, number) for number in range(50)]
    assert len(set(first)) > 45


def test_memory_ends_where_a_mutant_ends() -> None:
    memory = Guarded()
    assert [bytes(memory.put(data)) for data in (b"abc", b"", bytes(5000))] == [b"abc", b"", bytes(5000)]

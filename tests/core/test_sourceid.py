"""Names of channels."""

import multiprocessing

import pytest

from seismonet.core.sourceid import SourceId


def known(name: SourceId) -> bool:
    """Is a name that came from elsewhere found among those that are made here?"""
    made = SourceId.parse("TJ.SAREZ.00.HHZ")
    return name == made and name in {made: 1} and made in {name: 1}


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_name_that_went_to_another_process_is_the_name_that_is_made_there(
    seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # texts have other hashes in each process, and a name keeps that of its own
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(known, (SourceId.parse("TJ.SAREZ.00.HHZ"),))

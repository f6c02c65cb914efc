"""The file of targets on disk, and the one that travels with seismonet."""

from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError, FormatError
from seismonet.core.share import share
from seismonet.store.targets import read_targets


def test_without_a_file_there_are_none() -> None:
    assert read_targets() == ()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"none\.csv: cannot be read: No such file"):
        read_targets(tmp_path / "none.csv")
    (tmp_path / "koi8.csv").write_bytes("name\nХорог\n".encode("koi8-r"))
    with pytest.raises(FormatError, match=r"koi8\.csv: is no text in UTF-8 \(byte 5\)"):
        read_targets(tmp_path / "koi8.csv")
    (tmp_path / "huge.csv").write_bytes(b" " * (2**22 + 1))
    with pytest.raises(FormatError, match="more than 4 MB"):
        read_targets(tmp_path / "huge.csv")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\ufeffname,kind,latitude,longitude\r\nA,dam,1,2\r\n", "utf-8")
    assert [one.name for one in read_targets(tmp_path / "a.csv")] == ["A"]


def test_the_pamir_is_complete_and_says_what_is_doubtful() -> None:
    found = {one.name: one for one in read_targets(share("config") / "targets.csv")}
    assert len(found) == 32
    assert {"Khorugh", "Murghob", "Rushon", "Usoi Dam", "Dushanbe", "Nurek hydropower station", "Osh"} <= set(found)
    assert all(one.source and {"ru", "tg"} == {language for language, _ in one.names} for one in found.values())
    doubtful = {name for name, one in found.items() if one.confidence == "low"}
    assert doubtful == {"Barchidev", "Basid", "Karakul", "Sary-Tash"}
    # what GeoNames gives for Ishqoshim is the whole district
    assert found["Ishqoshim"].population is None
    # Tajik is written with letters that Russian does not have, and Russian with some that Tajik does not
    tajik, russian = ("".join(dict(one.names)[language] for one in found.values()) for language in ("tg", "ru"))
    assert not set("ыьщц") & set(tajik.lower())
    assert not set("ғӣқӯҳҷ") & set(russian.lower())

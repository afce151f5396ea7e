"""Data opened as a run does it, and releases in archives, for the tests of all sources."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.data.corpus import read_corpus
from cvrecipes.data.release import open_release
from cvrecipes.errors import CvrecipesError
from cvrecipes.models.ctc import Framing
from cvrecipes.plugins import new_manager
from cvrecipes.records import SPLITS, Corpus, Release, Table
from cvrecipes.settings import Settings
from support.releases import VERSION, make_release


def read(
    where: Path | str,
    locale: str = "tr",
    *,
    encoding: str | None = None,
    split: str = "official",
) -> Corpus:
    """Read data as a run does, and check that no row of any table is lost."""
    recipe, hooks = open_recipe(locale, new_manager(installed=False))
    release = open_release(str(where), locale, hooks, encoding=encoding)
    corpus = read_corpus(release, recipe, hooks, Framing(), Settings(split=split))
    for name in SPLITS:
        out = [row for row in corpus.left_out if row.split == name]
        assert corpus.split(name).num_rows + len(out) == corpus.rows.get(name, 0)
    return corpus


def table(release: Release, name: str) -> Table:
    """A table of a source of its own, every line of it accounted for."""
    assert not release.common_voice
    found = release.read(name)
    assert found.rows.num_rows + len(found.bad) == found.lines
    return found


def error(where: Path | str, locale: str = "tr") -> CvrecipesError:
    with pytest.raises(CvrecipesError) as caught:
        open_release(str(where), locale)
    assert "\n" not in caught.value.message
    return caught.value


def pack(folder: Path, archive: Path) -> Path:
    """An archive of everything in a folder."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as file:
            for path in sorted(folder.rglob("*")):
                file.write(path, path.relative_to(folder))
        return archive
    with tarfile.open(archive, "w" if archive.suffix == ".tar" else "w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)
    return archive


def packed(tmp_path: Path, name: str = f"{VERSION}-tr.tar.gz", locale: str = "tr") -> Path:
    make_release(tmp_path / "unpacked", locale)
    return pack(tmp_path / "unpacked", tmp_path / name)

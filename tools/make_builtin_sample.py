"""Make the Turkish sample release that ships with cvrecipes.

The sentences of ``tools/sample_sentences_tr.txt`` were written for this project and are in
the public domain (CC0). espeak-ng speaks them; see ``cvrecipes.sample``.

    pip install -e '.[sample]'
    python tools/make_builtin_sample.py

The clips of dev and test stay as they are in the package. espeak-ng's flutter depends on what it
has spoken before, so another train would change them by a little.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from cvrecipes.data.release import sample_folder
from cvrecipes.data.tsv import read_tsv
from cvrecipes.errors import Failure
from cvrecipes.sample.release import make_release

SENTENCES = Path(__file__).with_name("sample_sentences_tr.txt")
HELD_OUT = 78


def keep_clips(before: Path, after: Path) -> None:
    """Put the clips of dev and test of `before` into `after`, with their durations.

    Raises:
        Failure: a table of dev or test has changed: another speaker, sentence or clip.
    """
    names: set[str] = set()
    for split in ("dev", "test"):
        table = f"{split}.tsv"
        if (before / table).read_bytes() != (after / table).read_bytes():
            raise Failure("dev and test must stay as they are", where=after / table)
        names.update(read_tsv(after / table).rows["path"].to_pylist())
    for name in names:
        shutil.copyfile(before / "clips" / name, after / "clips" / name)
    listed, kept = (
        (folder / "clip_durations.tsv").read_text(encoding="utf-8").splitlines()
        for folder in (after, before)
    )
    durations = dict(line.split("\t") for line in kept)
    lines = [
        f"{name}\t{durations[name] if name in names else value}"
        for name, value in (line.split("\t") for line in listed)
    ]
    (after / "clip_durations.tsv").write_text(
        "\n".join(lines) + "\n", encoding="utf-8", newline="\n"
    )


def main() -> None:
    """Replace the release in ``src/cvrecipes/builtin``."""
    sentences = SENTENCES.read_text(encoding="utf-8").splitlines()
    kept = sample_folder() / "tr"
    with tempfile.TemporaryDirectory() as folder:
        made = make_release(
            "tr", Path(folder), hours=0.78, sentences=sentences, seed=2026, most_held_out=HELD_OUT
        )
        keep_clips(kept, made.folder)
        shutil.rmtree(kept)
        shutil.copytree(made.folder, kept)
    size = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file())
    print(made.clips, f"{made.hours * 60:.1f} minutes, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

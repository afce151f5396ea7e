"""Make the Turkish sample release that ships with cvrecipes.

The sentences of ``tools/sample_sentences_tr.txt`` were written for this project and are in
the public domain (CC0). espeak-ng speaks them; see ``cvrecipes.sample``.

    pip install -e '.[sample]'
    python tools/make_builtin_sample.py
"""

from __future__ import annotations

import shutil
from pathlib import Path

from cvrecipes.data.release import sample_folder
from cvrecipes.sample.release import make_release

SENTENCES = Path(__file__).with_name("sample_sentences_tr.txt")


def main() -> None:
    """Replace the release in ``src/cvrecipes/builtin``."""
    sentences = SENTENCES.read_text(encoding="utf-8").splitlines()
    shutil.rmtree(sample_folder() / "tr", ignore_errors=True)
    made = make_release("tr", sample_folder(), hours=0.65, sentences=sentences, seed=2026)
    size = sum(path.stat().st_size for path in made.folder.rglob("*") if path.is_file())
    print(made.clips, f"{made.hours * 60:.1f} minutes, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

"""What the docs show is what happens: shell blocks are run, tables of examples are computed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_tutorial import follow

from cvrecipes.catalog import open_recipe
from cvrecipes.models.ctc import Framing, collapse, frames_needed
from support.packages import ROOT, Environment, make_environment

if TYPE_CHECKING:
    from cvrecipes.records import RunReport

PAGES = ("README.md", "docs/quickstart.md", "docs/tutorial.md")
_BLOCK = re.compile(
    r"^(?:<!-- (?:(?P<skipped>not run)|exits (?P<code>\d+)): (?P<why>.+?) -->\n)?"
    r"```(?:sh|console)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One shell block: where it starts in its page, what it should exit with, why it is skipped."""

    start: int
    text: str
    code: int
    skipped: bool
    why: str


def blocks(page: str) -> list[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(
            found.start(),
            found["text"],
            int(found["code"] or 0),
            found["skipped"] is not None,
            found["why"] or "",
        )
        for found in _BLOCK.finditer(text)
    ]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the commands that the pages use; pip works without the network."""
    made = make_environment(tmp_path_factory.mktemp("docs") / "environment")
    for command, module in (("cvrecipes", "cvrecipes"), ("pip", "pip"), ("pytest", "pytest")):
        script = Path(made.python).parent / command
        script.write_text(f'#!/bin/sh\nexec "{made.python}" -m {module} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return made


def test_every_shell_block_is_run_or_says_why_not() -> None:
    runner = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for page in PAGES:
        found = blocks(page)
        text = (ROOT / page).read_text(encoding="utf-8")
        assert len(found) == len(re.findall(r"^```(?:sh|console)$", text, re.MULTILINE)) > 3
        assert any(not block.skipped for block in found)
        for block in found:
            assert not block.skipped or len(block.why) > 20, block
            if ".ci/run" in block.why:
                # Its last command, without options, which are another folder there.
                last = block.text.strip().split(" && ")[-1].partition(" -")[0]
                assert re.search(rf"(^|&& ){re.escape(last)}\b", runner, re.MULTILINE), last


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the blocks are for a POSIX shell")
@pytest.mark.parametrize("page", PAGES)
def test_the_shell_blocks_of_a_page_run_in_order(
    page: str, environment: Environment, micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    # What the skipped blocks would have made: a finished run, and something to write down.
    shutil.copytree(micro_run.folder, tmp_path / "runs" / "first")
    shutil.copyfile(next((micro_release / "clips").iterdir()), tmp_path / "speech.mp3")
    place = tmp_path
    after = tmp_path / "where"
    bin_folder = Path(environment.python).parent
    variables = os.environ | {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "VIRTUAL_ENV": str(environment.folder),
        "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    for name in ("PYTHONPATH", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST"):
        variables.pop(name, None)
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in blocks(page):
        if block.skipped:
            continue
        if (tmp_path / "cvrecipes-example").is_dir():
            # The reader has typed the files that the page has shown so far.
            follow(text[: block.start], tmp_path / "cvrecipes-example")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f'trap \'pwd > "{after}"\' EXIT\n{block.text}'],
            cwd=place, env=variables, capture_output=True, text=True, encoding="utf-8",
            check=False,
        )  # fmt: skip
        assert done.returncode == block.code, f"{block.text}\n{done.stdout}{done.stderr}"
        place = Path(after.read_text(encoding="utf-8").strip())


def _categories(kinds: str) -> Callable[[str], str]:
    def replaced(text: str) -> str:
        whole = unicodedata.normalize("NFKC", text.lower())
        signs = (" " if unicodedata.category(sign)[0] in kinds else sign for sign in whole)
        return " ".join("".join(signs).split())

    return replaced


_FOREIGN: dict[str, Callable[[str], str]] = {
    "`lower()`": str.lower,
    "letter by letter": lambda text: "".join(sign.lower() for sign in text),
    "`casefold()`": str.casefold,
    "categories M, P, S to a space": _categories("MPS"),
    '`re.sub(r"[^\\w\\s]", "")`': lambda text: re.sub(r"[^\w\s]", "", text),
    "code points of the raw text": lambda text: " ".join(f"U+{ord(sign):04X}" for sign in text),
    "punctuation to a space": _categories("PS"),
}


def test_the_tables_of_normalization_are_true() -> None:
    page = (ROOT / "docs" / "explanation" / "normalization.md").read_text(encoding="utf-8")
    seen = 0
    for table in re.findall(r"^\| locale \|.*\n(?:\|.*\n)+", page, re.MULTILINE):
        header, _, *rows = [
            [cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()
        ]
        assert header[:3] == ["locale", "raw", "recipe"]
        for row in rows:
            raw = row[1]
            recipe, _ = open_recipe(row[0].strip("`"))
            assert recipe.normalizer(raw) == row[2]
            for name, cell in zip(header[3:], row[3:], strict=True):
                assert _FOREIGN[name](raw) == cell, (name, raw)
            seen += 1
    assert seen >= 20


def test_the_numbers_of_the_page_on_ctc_are_true() -> None:
    page = (ROOT / "docs" / "explanation" / "ctc.md").read_text(encoding="utf-8")
    framing = Framing()
    assert f"gives {framing.frames(1.0)} frames" in page
    assert f"`dikkat` needs {frames_needed('dikkat')} frames" in page
    assert f"`aa` needs {frames_needed('aa')}" in page
    shown = re.search(r"^frames +(.+)\nmerged +(.+)\ntext +(.+)$", page, re.MULTILINE)
    assert shown is not None
    frames = [ord(sign) for sign in shown[1].split()]
    assert [chr(sign) for sign in collapse(frames, ord("·"))] == shown[3].split()
    assert "".join(shown[3].split()) == "dikkat"


def test_the_estimates_of_memory_are_those_of_a_dry_run() -> None:
    from transformers import Wav2Vec2Config

    from cvrecipes.models.base import Base
    from cvrecipes.settings import preset
    from cvrecipes.training.costs import memory_gb, shape_of

    config = Wav2Vec2Config(
        hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
        feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True,
    )  # fmt: skip
    shape = shape_of(Base("xls-r", "xls-r", config.to_dict(), Framing(), True), 32)
    page = (ROOT / "docs" / "howto" / "gpu.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+)[^|]*\| ([\d.]+) GB \| ([\d.]+) GB \|$", page, re.MULTILINE)
    assert len(rows) == 4
    for seconds, *memory in rows:
        for checkpointing, documented in zip((True, False), memory, strict=True):
            settings = preset("default").changed({"gradient_checkpointing": checkpointing})
            estimated = memory_gb(shape, float(seconds), settings, cpu=False)
            assert float(documented) == pytest.approx(estimated, abs=0.1)


def test_the_scores_for_a_decoder_are_two_lines_away(
    micro_run: RunReport, micro_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import soundfile

    from cvrecipes.audio import load

    page = (ROOT / "docs" / "howto" / "language-model.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shutil.copytree(micro_run.folder / "model", tmp_path / "runs" / "cy" / "model")
    monkeypatch.chdir(tmp_path)
    soundfile.write("speech.wav", load(next((micro_release / "clips").iterdir()), 16_000), 16_000)
    names: dict[str, Any] = {}
    exec(compile(code, "language-model.md", "exec"), names)
    scores = names["scores"]
    assert scores.shape[1] == len(names["classes"])
    assert scores.exp().sum(dim=-1).numpy() == pytest.approx(1.0, abs=1e-4)
    assert names["blank"] in names["classes"] and "|" in names["classes"]

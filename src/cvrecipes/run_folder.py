"""The names of all files of a run, and starting or resuming a run folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import read_json, write_json, write_text
from cvrecipes.records import LeftOut
from cvrecipes.words import escaped

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of the files of one run. ``run.json`` is written last and means success."""

    root: Path

    @property
    def facts(self) -> Path:
        """run.json: settings, versions, counts, scores."""
        return self.root / "run.json"

    @property
    def plan(self) -> Path:
        """plan.json: the choices that the run was started with; they decide if it can resume."""
        return self.root / "plan.json"

    @property
    def job(self) -> Path:
        """job.json: written when all that training needs is in this folder."""
        return self.root / "job" / "job.json"

    @property
    def job_corpus(self) -> Path:
        """The clips that training started with, all columns of all splits."""
        return self.root / "job" / "corpus.parquet"

    @property
    def job_left_out(self) -> Path:
        """The rows that were left out before training."""
        return self.root / "job" / "left_out.parquet"

    @property
    def trained(self) -> Path:
        """trained.json: the result of training; written when ``model/`` is complete."""
        return self.root / "trained.json"

    @property
    def left_out(self) -> Path:
        """Rows that were not used, with reasons."""
        return self.root / "left_out.tsv"

    @property
    def clips(self) -> Path:
        """The clips of train, dev and test, with speakers and texts."""
        return self.root / "clips.parquet"

    @property
    def pairs(self) -> Path:
        """Reference and hypothesis of each test clip, with all that scoring needs."""
        return self.root / "pairs.parquet"

    @property
    def pairs_text(self) -> Path:
        """The same pairs for people."""
        return self.root / "pairs.tsv"

    @property
    def vocabulary(self) -> Path:
        """The CTC classes."""
        return self.root / "vocab.json"

    @property
    def recipe(self) -> Path:
        """The resolved recipe."""
        return self.root / "recipe.json"

    @property
    def model(self) -> Path:
        """A plain transformers folder."""
        return self.root / "model"

    @property
    def model_card(self) -> Path:
        """The model's README.md."""
        return self.model / "README.md"

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.root / "report.html"

    @property
    def checkpoints(self) -> Path:
        """The checkpoints that training can resume from."""
        return self.root / "checkpoints"

    @property
    def unreadable(self) -> Path:
        """Clips that could not be decoded while training, one a line, as they are met."""
        return self.checkpoints / "unreadable.jsonl"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard event files."""
        return self.root / "tensorboard"

    @property
    def finished(self) -> bool:
        """Whether a run in this folder has succeeded."""
        return self.facts.is_file()

    def check(self, *, resume: bool) -> bool:
        """Whether the folder holds an interrupted run to resume.

        Raises:
            UsageError: the folder is not empty, or holds nothing that can be resumed.
            Failure: its plan.json is damaged.
        """
        existing = self.root.exists() and (not self.root.is_dir() or any(self.root.iterdir()))
        if self.job.is_file() and not self.plan.is_file():
            raise UsageError(
                "this run has lost its plan.json and cannot be resumed",
                where=self.root,
                remedy="start over with another --out",
            )
        if existing and not resume:
            remedy = "choose another --out"
            if self.plan.is_file() and not self.finished:
                remedy = "add --resume to go on with it, or choose another --out"
            raise UsageError("the folder is not empty", where=self.root, remedy=remedy)
        if resume and not self.plan.is_file():
            raise UsageError(
                "there is no interrupted run here", where=self.root, remedy="leave out --resume"
            )
        if existing and self.finished:
            raise UsageError("this run is finished", where=self.root, remedy="choose another --out")
        if existing:
            self._started_with()
        return existing

    def _started_with(self) -> dict[str, Any]:
        """The content of plan.json."""
        remedy = "the run cannot be resumed; start over with another --out"
        try:
            content = read_json(self.plan)
        except Failure as error:
            raise Failure(error.what, where=self.plan, remedy=remedy) from None
        if not isinstance(content, dict):
            raise Failure("is no plan of a run", where=self.plan, remedy=remedy)
        return content

    def start(self, plan: dict[str, Any], *, resume: bool) -> None:
        """Create the folder, or resume an interrupted run in it.

        Raises:
            UsageError: see `check`; or the folder holds a run with another plan or other data.
            Failure: it cannot be made, or its plan.json is damaged.
        """
        if self.check(resume=resume):
            started, planned = dict(self._started_with()), dict(plan)
            tables = started.pop("tables", None), planned.pop("tables", None)
            different = _differences(started, planned)
            if different:
                raise UsageError(
                    f"cannot resume, the options differ: {'; '.join(different)}",
                    where=self.root,
                    remedy="give the same options, or choose another --out",
                )
            changed = _changed(*tables)
            if changed:
                raise UsageError(
                    "cannot resume, the data has changed since the run began: "
                    + ", ".join(changed),
                    where=plan.get("data", self.root),
                    remedy="put it back as it was, or choose another --out",
                )
            return
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Failure(f"cannot be made ({error.strerror})", where=self.root) from None
        write_json(self.plan, plan)

    def write_left_out(self, rows: Iterable[LeftOut]) -> None:
        """Write left_out.tsv."""
        lines = ["split\tfile\tline\tclip\treason\tsentence"]
        for row in rows:
            cells = (row.split, row.file, str(row.line), row.clip, row.reason, row.raw)
            lines.append("\t".join(map(escaped, cells)))
        write_text(self.left_out, "\n".join(lines) + "\n")


def _differences(
    started: Mapping[str, Any], planned: Mapping[str, Any], inside: str = ""
) -> list[str]:
    """The differences between two plans, each with its path and both values."""
    lines: list[str] = []
    for key in sorted({*started, *planned}):
        old, new = started.get(key, _ABSENT), planned.get(key, _ABSENT)
        if isinstance(old, dict) and isinstance(new, dict):
            lines += _differences(old, new, f"{inside}{key}.")
        elif old != new:
            lines.append(f"{inside}{key}: {_value(old)} in the folder, {_value(new)} now")
    return lines


def _changed(started: Any, planned: Any) -> list[str]:
    """The names of the tables that differ; empty if a plan has no tables."""
    if not isinstance(started, dict) or not isinstance(planned, dict):
        return []
    return sorted(n for n in {*started, *planned} if started.get(n) != planned.get(n))


def _value(value: Any) -> str:
    if value is None or value is _ABSENT or value == "":
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)

"""The job of a run: everything that training needs, in memory and in the run folder.

``run`` writes the job before training begins. Training, and everything behind it, can then
start from the folder alone: in the same process, in another one, or after an interruption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from cvrecipes.catalog import open_recipe
from cvrecipes.errors import Failure
from cvrecipes.files import read_json, replacing, write_json
from cvrecipes.models.base import Base
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.plan import Plan, Request
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, Certificate, Corpus, LeftOuts, Release, Table
from cvrecipes.run_folder import RunFolder
from cvrecipes.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 2
PART = "corpus_split"  # the column of the job's table; releases may have their own ``split``


@dataclass(frozen=True, slots=True)
class Job:
    """A run up to the point where training begins.

    Attributes:
        plan: the request with every choice made.
        recipe, hooks: the language, and the plugin manager opened for it. They are not written
            down but opened again, because a plugin's code cannot be stored.
        release: where the clips came from; read from a folder, it has no tables.
        base: the model to fine-tune.
        corpus: the clips of train, dev and test, and the rows left out.
        vocabulary: the CTC classes.
    """

    plan: Plan
    recipe: Recipe
    hooks: pluggy.PluginManager = field(repr=False, compare=False)
    release: Release
    base: Base
    corpus: Corpus
    vocabulary: Vocabulary


def write_job(folder: RunFolder, job: Job) -> None:
    """Write the job into its run folder; ``job.json`` comes last and means that it is whole.

    Raises:
        Failure: the disk is full or the folder cannot be written.
    """
    corpus = job.corpus
    write_copies(folder, job)
    folder.write_left_out(corpus.left_out)
    _write_table(folder.job_corpus, _joined(corpus))
    if isinstance(corpus.left_out, LeftOuts):
        _write_table(folder.job_left_out, corpus.left_out.table)
    write_json(
        folder.job,
        {
            "format": FORMAT,
            **_as_dict(job.plan),
            "recipe": job.recipe.digest,
            "release": {
                "locale": job.release.locale,
                "version": job.release.version,
                "folder": str(job.release.folder),
                "builtin": job.release.builtin,
                "source": job.release.source,
                "encoding": job.release.encoding,
            },
            "base": job.base.as_dict(),
            "rows": dict(corpus.rows),
            "certificate": corpus.certificate.as_dict() if corpus.certificate else None,
            "vocabulary": asdict(job.vocabulary),
        },
    )


def write_copies(folder: RunFolder, job: Job) -> None:
    """Write ``recipe.json`` and ``vocab.json``, which people read and training does not.

    Raises:
        Failure: the disk is full or the folder cannot be written.
    """
    write_json(folder.recipe, job.recipe.resolved())
    write_json(folder.vocabulary, job.vocabulary.numbers())


def write_plan(folder: RunFolder, plan: Plan) -> None:
    """Replace the plan of a job: a run may go on with another device.

    Raises:
        Failure: the job is missing, or the folder cannot be written.
    """
    write_json(folder.job, {**read_json(folder.job), **_as_dict(plan)})


def read_job(folder: RunFolder) -> Job:
    """Read the job of a run folder, and open its language again.

    Raises:
        Failure: the job is missing or damaged, or the recipe has changed since it was written.
    """
    remedy = "start over with another --out"
    try:
        content = read_json(folder.job)
    except Failure as error:
        raise Failure(error.what, where=folder.job, remedy=remedy) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Failure("is not the job of a run", where=folder.job, remedy=remedy)
    try:
        plan = _plan(content)
        request = plan.request
        recipe, hooks = open_recipe(
            request.locale, changes=request.recipe_changes, variant=request.variant
        )
        if recipe.digest != content["recipe"]:
            raise Failure(
                f"the recipe of {recipe.locale} has changed since this run began",
                where=folder.root,
                remedy="undo the change, or " + remedy,
            )
        certificate = content["certificate"]
        return Job(
            plan=plan,
            recipe=recipe,
            hooks=hooks,
            release=_release(content["release"]),
            base=Base.from_dict(content["base"]),
            corpus=_corpus(folder, content["rows"], certificate),
            vocabulary=Vocabulary(**{**content["vocabulary"], "tokens": _tokens(content)}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Failure(f"is damaged ({error})", where=folder.job, remedy=remedy) from None


def _as_dict(plan: Plan) -> dict[str, Any]:
    request = asdict(plan.request)
    request["out"] = None if plan.request.out is None else str(plan.request.out)
    return {"request": request, "preset": plan.preset, "settings": plan.settings.as_dict()}


def _release(content: Mapping[str, Any]) -> Release:
    tables: dict[str, Table] = {}
    folder = Path(content["folder"])
    return Release(**{**content, "folder": folder, "tables": {}, "read": tables.__getitem__})


def _plan(content: Mapping[str, Any]) -> Plan:
    request = dict(content["request"])
    request["out"] = None if request["out"] is None else Path(request["out"])
    settings = Settings().changed(content["settings"])
    return Plan(Request(**request), content["preset"], settings, content["base"]["name"])


def _tokens(content: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(content["vocabulary"]["tokens"])


def _joined(corpus: Corpus) -> pa.Table:
    """The tables of all splits as one, with a column that says which split each row is of."""
    import pyarrow as pa

    tables = [
        corpus.split(split).add_column(
            0, PART, pa.array([split] * corpus.split(split).num_rows, pa.string())
        )
        for split in SPLITS
    ]
    return pa.concat_tables(tables, promote_options="default")


def _corpus(folder: RunFolder, rows: Mapping[str, int], certificate: Any) -> Corpus:
    import pyarrow.compute as pc

    table = _read_table(folder.job_corpus)
    tables = {
        split: table.filter(pc.equal(table[PART], split)).drop_columns(PART).combine_chunks()
        for split in SPLITS
    }
    return Corpus(
        **tables,
        left_out=LeftOuts(_read_table(folder.job_left_out)),
        rows=dict(rows),
        certificate=None if certificate is None else _certificate(certificate),
    )


def _certificate(content: Mapping[str, Any]) -> Certificate:
    return Certificate(**{key: value for key, value in content.items() if key != "hash"})


def _write_table(path: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _read_table(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        why = "is missing" if isinstance(error, FileNotFoundError) else "is damaged"
        raise Failure(why, where=path, remedy="start over with another --out") from None

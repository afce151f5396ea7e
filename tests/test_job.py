"""The cut at the run folder: a job is written, and training starts from the folder alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.errors import Failure
from cvrecipes.job import Job, read_job, write_copies, write_job
from cvrecipes.records import SPLITS, RunReport
from cvrecipes.run import Clock, prepare, run
from cvrecipes.run_folder import RunFolder

Make = Callable[..., Any]


@pytest.fixture
def job(micro_request: Make) -> Job:
    return prepare(micro_request(), Clock())


def written(job: Job, place: Path) -> RunFolder:
    folder = RunFolder(place / "run")
    write_job(folder, job)
    return folder


def test_a_job_is_read_back_as_it_was_written(job: Job, tmp_path: Path) -> None:
    again = read_job(written(job, tmp_path))
    assert again.plan == job.plan
    assert again.base == job.base
    assert again.vocabulary == job.vocabulary
    assert again.recipe.digest == job.recipe.digest
    assert (again.release.version, again.release.folder) == (
        job.release.version,
        job.release.folder,
    )
    for split in SPLITS:
        assert again.corpus.split(split).to_pylist() == job.corpus.split(split).to_pylist()
        assert again.corpus.split(split).schema.names == job.corpus.split(split).schema.names
    assert list(again.corpus.left_out) == list(job.corpus.left_out)
    assert again.corpus.certificate == job.corpus.certificate
    assert again.corpus.rows == job.corpus.rows


def test_training_in_another_process_gives_the_same_weights(
    job: Job, micro_run: RunReport, tmp_path: Path
) -> None:
    folder = written(job, tmp_path)
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from cvrecipes.run import train_folder\nfrom cvrecipes.run_folder import RunFolder\n"
        "train_folder(RunFolder(Path(sys.argv[1])))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(folder.root)], check=True, timeout=300)
    name = "model.safetensors"
    assert (folder.model / name).read_bytes() == (micro_run.folder / "model" / name).read_bytes()
    assert folder.trained.is_file()


def test_a_run_that_goes_on_reads_the_job_and_not_the_release(
    micro_request: Make, micro_run: RunReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    shutil.copytree(micro_run.folder, out)
    (out / "run.json").unlink()
    monkeypatch.setattr("cvrecipes.run.read_corpus", lambda *_, **__: pytest.fail("it reads"))
    report = run(micro_request(out, resume=True))
    assert report.pairs == micro_run.pairs
    assert report.facts["left_out"] == micro_run.facts["left_out"]
    assert report.facts["splits"] == micro_run.facts["splits"]


def test_a_job_that_was_not_written_to_its_end_is_made_again(
    micro_request: Make, micro_run: RunReport, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(micro_run.folder, out)
    for name in ("run.json", "job/job.json"):
        (out / name).unlink()
    (out / "job" / "corpus.parquet").write_bytes(b"half")
    assert run(micro_request(out, resume=True)).pairs == micro_run.pairs


def test_a_damaged_job_is_named(job: Job, tmp_path: Path) -> None:
    folder = written(job, tmp_path)
    folder.job_corpus.write_bytes(b"PAR1")
    with pytest.raises(Failure, match=r"corpus\.parquet: is damaged"):
        read_job(folder)
    folder.job_corpus.unlink()
    with pytest.raises(Failure, match=r"corpus\.parquet: is missing"):
        read_job(folder)
    content = json.loads(folder.job.read_text(encoding="utf-8"))
    del content["base"]
    folder.job.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(Failure, match=r"job\.json: is damaged \('base'\)"):
        read_job(folder)
    folder.job.write_text("[]", encoding="utf-8")
    with pytest.raises(Failure, match="is not the job of a run"):
        read_job(folder)


def test_a_job_whose_recipe_has_changed_since_is_refused(job: Job, tmp_path: Path) -> None:
    folder = written(job, tmp_path)
    content = json.loads(folder.job.read_text(encoding="utf-8"))
    folder.job.write_text(json.dumps({**content, "recipe": "0123"}), encoding="utf-8")
    with pytest.raises(Failure, match="the recipe of tr has changed since this run began"):
        read_job(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[]"])
def test_a_damaged_job_json_is_refused_with_a_remedy(content: bytes, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.job.parent.mkdir()
    folder.job.write_bytes(content)
    with pytest.raises(Failure, match="start over with another --out"):
        read_job(folder)


def test_the_copies_for_people_are_written_again(job: Job, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    write_job(folder, job)
    folder.recipe.unlink()
    folder.vocabulary.unlink()
    write_copies(folder, read_job(folder))
    assert folder.recipe.is_file() and folder.vocabulary.is_file()

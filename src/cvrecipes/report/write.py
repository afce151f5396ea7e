"""All files of a finished run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cvrecipes.data.certificate import write_clips
from cvrecipes.data.corpus import without
from cvrecipes.files import write_json, write_text
from cvrecipes.job import Job
from cvrecipes.records import LeftOut, Pair, RunReport, Score, Trained
from cvrecipes.report import card, page
from cvrecipes.report.facts import collect
from cvrecipes.run_folder import RunFolder
from cvrecipes.scoring import without_class, write_pairs


def write_report(
    folder: RunFolder,
    job: Job,
    trained: Trained,
    *,
    lost: Sequence[LeftOut],
    pairs: Sequence[Pair],
    score: Score,
    compared: int,
    seconds: Mapping[str, float],
) -> RunReport:
    """Write every file for people and programs; ``run.json`` comes last and means success.

    Arguments:
        lost: the clips of the job that could not be decoded while the run went on.
        pairs: of the test split, in the order of `score`.
        compared: clips that the reloaded model was compared on.
        seconds: wall time of each stage.

    Raises:
        Failure: a file cannot be written; then there is no ``run.json``.
    """
    corpus = without(job.corpus, lost)
    facts = collect(
        plan=job.plan,
        recipe=job.recipe,
        release=job.release,
        corpus=corpus,
        vocabulary=job.vocabulary,
        trained=trained,
        lost=lost,
        score=score,
        no_class=without_class((pair.reference for pair in pairs), job.vocabulary),
        seconds=seconds,
        compared=compared,
        license=job.base.license,
    )
    write_clips(folder.clips, corpus)
    folder.write_left_out(corpus.left_out)
    write_pairs(folder.pairs, pairs, score)
    write_pairs(folder.pairs_text, pairs, score)
    write_text(folder.model_card, card.render(facts, score))
    write_text(folder.report, page.render(facts, score, pairs, trained))
    write_json(folder.facts, facts)
    return RunReport(folder.root, score, tuple(pairs), facts)

"""What is special about training on Lingua Franca Nova; loaded for ``lfn`` alone."""

from cvrecipes import hookimpl


@hookimpl
def reason_to_leave_out(clip):
    """Do not train on what listeners mostly rejected."""
    up, down = (int(clip.columns.get(key) or 0) for key in ("up_votes", "down_votes"))
    return "more down votes than up votes" if clip.split == "train" and down > up else None


@hookimpl
def vocabulary_extras():
    """Keep places for the letters of foreign names, so that they can be trained later."""
    return ["k", "q", "w", "y"]


@hookimpl
def prepare_training(arguments):
    """Use the second beta that wav2vec 2.0 was fine-tuned with."""
    arguments["adam_beta2"] = 0.98


@hookimpl
def run_finished(report):
    """Write the ten clips that were recognized worst into the run's folder."""
    worst = sorted(
        zip(report.score.clip_wer, report.pairs, strict=True),
        key=lambda one: one[0],
        reverse=True,
    )
    with (report.folder / "worst.tsv").open("w", encoding="utf-8", newline="\n") as file:
        for wer, pair in worst[:10]:
            file.write(f"{wer:.2f}\t{pair.clip}\t{pair.reference}\t{pair.hypothesis}\n")

"""What a person should know about a release before a run: what stops it, then what weakens it."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from cvrecipes.check.figures import Audit, Finding
from cvrecipes.data import splits
from cvrecipes.errors import Failure
from cvrecipes.models.vocabulary import build_vocabulary
from cvrecipes.recipe import Recipe
from cvrecipes.recipe.variants import ANOTHER
from cvrecipes.records import SPLITS, Certificate, Corpus
from cvrecipes.words import all_left_out, length, part_of, plural

# Under so much speech fine-tuning finds too little to learn from.
_LITTLE_HOURS = 1.0
# A letter that more of real text holds is a letter of the language, or needs a rule.
_MUCH_OUTSIDE = 0.01
# So many unknown tags are named; --json has all.
_TAGS = 10


def _speakers(audit: Audit) -> Iterable[Finding]:
    """Clips without a speaker: what is shared is not known then."""
    unknown = audit.certificate.unknown_speakers
    clips = {split: audit.splits[split].clips for split in SPLITS}
    if audit.certificate.complete:
        return
    if unknown == clips:
        what = "no speaker is known"
    else:
        parts = [f"{n} of {plural(clips[s], 'clip')} of {s}" for s, n in unknown.items() if n]
        what = f"without a speaker: {', '.join(parts)}"
    yield Finding(
        False,
        f"{what}: nobody can know which speakers train shares with dev and test, and "
        "--split strict-all cannot hold them out",
    )


def _touched(certificate: Certificate) -> str:
    """How many clips share something, of which at least one does."""
    clips = plural(certificate.clips_at_least, "clip")
    return clips if certificate.complete else f"at least {clips}"


def no_vocabulary(recipe: Recipe, corpus: Corpus, hooks: pluggy.PluginManager) -> Iterable[Finding]:
    """A run that has clips to train on still needs classes to train."""
    if corpus.train.num_rows:
        try:
            build_vocabulary(recipe, corpus, hooks)
        except Failure as error:
            yield Finding(True, error.message)


def find(audit: Audit) -> Iterable[Finding]:
    """Findings from the figures, in the order of their weight."""
    for split in ("train", "test"):
        if not audit.splits[split].clips:
            why = ", ".join(
                f"{number} {reason}"
                for reason, number in list(audit.splits[split].left_out.items())[:3]
            )
            yield Finding(True, f"no clip of {split} can be used ({why or 'it has no rows'})")
    dev = audit.splits["dev"]
    if not dev.clips:
        why = all_left_out("dev", dev.left_out) if dev.left_out else "there is no dev split"
        yield Finding(False, f"{why}: no weights can be selected, and the last are kept")
    hours = audit.splits["train"].hours
    if hours is not None and audit.splits["train"].clips and hours < _LITTLE_HOURS:
        minutes = plural(round(hours * 60), "minute") if hours >= 1 / 60 else "under a minute"
        yield Finding(False, f"train holds {minutes}: expect a high WER")
    strict = next((p for p in audit.policies if p.policy == splits.STRICT_ALL), None)
    official = next((p for p in audit.policies if p.policy == splits.OFFICIAL), None)
    nowhere = sum(map(audit.nowhere, audit.left_out))
    if nowhere:
        yield Finding(
            False,
            f"{plural(nowhere, 'line')} cannot be used, and nothing tells of which split: test may "
            "have lost some of them",
        )
    yield from _speakers(audit)
    other = audit.left_out.get(ANOTHER, 0)
    if other and audit.variant:
        yield Finding(
            False,
            f"{plural(other, 'row')} in {ANOTHER} than {audit.variant} "
            f"({', '.join(audit.other_variants)}): --variant takes those instead",
        )
    if audit.certificate.clips_at_least:
        remedy = "; --split strict-all leaves them out" if strict and strict.clips else ""
        yield Finding(
            False,
            f"{_touched(audit.certificate)} of train with a speaker or a sentence "
            f"of dev or test: the WER will look better than it is{remedy}",
        )
    if audit.policy == splits.OFFICIAL and strict and official and official.hours and strict.hours:
        ratio = strict.hours / official.hours
        if ratio >= 1.2:
            yield Finding(
                False,
                f"--split strict-all trains on {length(3600 * strict.hours)} of speech instead of "
                f"{length(3600 * official.hours)}, without any "
                f"{'speaker or ' if strict.certificate.complete else ''}sentence of dev and test",
            )
    if audit.unseen:
        letters = plural(len(audit.unseen), "letter")
        verb = "never occurs" if len(audit.unseen) == 1 else "never occur"
        yield Finding(False, f"{letters} {verb} in train: {' '.join(audit.unseen)}")
    if audit.unknown_tags:
        listed = [f"{tag} {count:,}" for tag, count in audit.unknown_tags.items()]
        more = f" and {plural(len(listed) - _TAGS, 'more')}" if len(listed) > _TAGS else ""
        yield Finding(
            False,
            "transcripts have tags whose meaning is not known, and their clips are left out: "
            f"{', '.join(listed[:_TAGS])}{more}",
        )
    for split in ("dev", "test"):
        figures = audit.splits[split]
        outside = figures.outside_alphabet or 0
        if figures.clips and outside / figures.clips > _MUCH_OUTSIDE:
            some = part_of(outside, figures.clips, "clip", f" of {split}", "holds", "hold")
            yield Finding(
                False,
                f"{some} letters outside the alphabet, and these words will count as wrong: a "
                "letter of the language belongs into the recipe",
            )
        lost = sum(figures.left_out.values())
        if figures.clips and lost / figures.rows > 0.05:
            some = part_of(lost, figures.rows, "row", f" of {split}", "is", "are")
            yield Finding(
                False,
                f"{some} left out: a WER on the rest is not comparable with others",
            )

"""Which tables train is taken from: the official split, or all validated clips.

Common Voice's own train split leaves most of the validated speech unused, because it holds
every sentence once. ``strict-all`` takes all validated clips, less every speaker and every
sentence of dev and test (see the rule "held out").
"""

from __future__ import annotations

from cvrecipes.data.release import no_table
from cvrecipes.data.tables import Reading, Rows
from cvrecipes.errors import UsageError
from cvrecipes.records import Release
from cvrecipes.settings import Settings

OFFICIAL = "official"
STRICT_ALL = "strict-all"
POLICIES = (OFFICIAL, STRICT_ALL)
_ALL_REPORTS = "all"


def training_tables(reading: Reading, settings: Settings) -> list[Rows]:
    """The tables that train is taken from.

    Raises:
        UsageError: the release lacks one of them.
    """
    first = "validated" if settings.split == STRICT_ALL else "train"
    if first == "validated" and not reading.has(first):
        if reading.release.common_voice:
            raise UsageError(
                "has no validated.tsv, which --split strict-all trains on",
                where=reading.release.folder,
                remedy="unpack the whole release, or use --split official",
            )
        # A manifest tells nothing of validation: strict-all takes from its train.
        first = "train"
    names = [first] if reading.has(first) else []
    if settings.include_other:
        if not reading.has("other"):
            raise no_table(reading.release, "other")
        names.append("other")
    return [reading.rows(name) for name in names]


def allows(release: Release, policy: str) -> bool:
    """Whether a release has what train is taken from under a policy."""
    if policy == STRICT_ALL and release.common_voice:
        return "validated" in release.tables
    return "train" in release.tables


def reported_sentences(release: Release, setting: str) -> dict[str, str]:
    """Sentences that were reported for one of the reasons, each with its first reason.

    Arguments:
        setting: reasons, separated by commas; ``all`` for every reason.

    Raises:
        UsageError: the release has no reports, or none for these reasons.
    """
    if "reported" not in release.tables:
        raise no_table(release, "reported")
    path = release.tables["reported"]
    rows = release.read("reported").rows
    if "reason" not in rows.column_names or "sentence" not in rows.column_names:
        raise UsageError("does not say which sentences were reported, and why", where=path)
    chosen = {reason.strip() for reason in setting.split(",") if reason.strip()}
    sentences, reasons = rows["sentence"].to_pylist(), rows["reason"].to_pylist()
    reported: dict[str, str] = {}
    for sentence, reason in zip(sentences, reasons, strict=True):
        if chosen == {_ALL_REPORTS} or reason.strip() in chosen:
            reported.setdefault(sentence, reason.strip())
    if not reported and chosen != {_ALL_REPORTS}:
        present = sorted({reason.strip() for reason in reasons})
        raise UsageError(
            f"no report has the reason {setting!r}",
            where=path,
            remedy=f"it has: {', '.join(present[:8])}",
        )
    return reported

"""Comparing the clips of a run with the dev and test of its own or another release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvrecipes.catalog import open_recipe
from cvrecipes.console import say
from cvrecipes.data.certificate import certify, list_hash, read_clips, shared, unknown_speakers
from cvrecipes.data.release import open_release
from cvrecipes.data.tables import Reading
from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import read_json
from cvrecipes.recipe import MAIN
from cvrecipes.records import SPLITS
from cvrecipes.report.facts import FORMAT
from cvrecipes.run_folder import RunFolder

_NEEDED: Mapping[tuple[str, ...], type] = {
    ("locale",): str,
    ("release",): str,
    ("split",): str,
    ("recipe", "hash"): str,
    ("certificate", "policy"): str,
    ("certificate", "lists"): Mapping,
}
_COUNTS = ("speakers", "sentences", "near_duplicates", "clips", "unknown_speakers")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What training shares with dev and test, of its own release or of another.

    Attributes:
        against: the release whose dev and test were compared.
        clean: whether nothing is shared; None when nothing is known to be, but the speaker of a
            clip is not known.
        facts: every count, as plain data.
    """

    against: str
    clean: bool | None
    facts: Mapping[str, Any]


def certify_run(
    folder: Path, against: str | None = None, *, encoding: str | None = None
) -> Verdict:
    """Check a run's certificate, or compare its training data with another release.

    Common Voice draws its splits anew for each release, so what was train in one may be test
    in the next. A clip keeps its name and a person keeps the client_id from release to release.

    Arguments:
        folder: a finished run.
        against: another release of the same locale, as ``--data`` takes it; None to count
            again what the run's own certificate says.
        encoding: of the other release's tables; None for UTF-8.

    Raises:
        UsageError: there is no finished run, or the other release has no test split.
        Failure: the run's list of clips is not the one that its certificate was made for.
    """
    run = RunFolder(folder)
    if not run.finished:
        raise UsageError(
            "there is no finished run here", where=folder, remedy="give the folder of run.json"
        )
    facts = _facts(run)
    tables = read_clips(run.clips)
    promised = facts["certificate"]
    for split in SPLITS:
        if promised["lists"].get(split) != list_hash(tables[split]):
            raise Failure(
                f"the clips of {split} are not those of the certificate in run.json",
                where=run.clips,
                remedy="one of the two files was changed after the run",
            )
    if against is None:
        recounted = certify(str(promised["policy"]), tables).as_dict()
        if any(promised.get(name) != recounted[name] for name in _COUNTS):
            raise Failure(
                "its certificate does not say what the clips of the run have in common",
                where=run.facts,
                remedy=f"{run.facts.name} or {run.clips.name} was changed after the run",
            )
        clean = _clean(recounted["clips_at_least"], recounted["unknown_speakers"])
        return Verdict(str(facts["release"]), clean, {**_whose(facts), "certificate": recounted})
    return _against(facts, tables, against, encoding)


def _facts(run: RunFolder) -> dict[str, Any]:
    """The entries of run.json that are needed here.

    Raises:
        Failure: one of them is missing.
    """
    facts = read_json(run.facts)
    layout = facts.get("format") if isinstance(facts, Mapping) else None
    if isinstance(layout, int) and layout != FORMAT:
        raise Failure(
            f"has layout {layout}, and this cvrecipes counts from layout {FORMAT}",
            where=run.facts,
            remedy="certify it with the cvrecipes that made it",
        )
    lacking = [
        ".".join(names)
        for names, kind in _NEEDED.items()
        if not isinstance(_inside(facts, names), kind)
    ]
    if lacking:
        raise Failure(
            f"does not say {lacking[0]}",
            where=run.facts,
            remedy="was it changed after the run, or written by an older cvrecipes?",
        )
    return dict(facts)


def _inside(value: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _against(
    facts: Mapping[str, Any], tables: Mapping[str, Any], against: str, encoding: str | None
) -> Verdict:
    locale = str(facts["locale"])
    recipe, hooks = open_recipe(locale, variant=facts["recipe"].get("variant") or MAIN)
    if recipe.digest != facts["recipe"]["hash"]:
        say(
            f"warning: the recipe of {locale} has changed since this run; sentences are compared "
            "as each recipe writes them"
        )
    release = open_release(against, locale, hooks, encoding=encoding)
    reading = Reading(release, recipe)
    if not reading.has("test"):
        raise UsageError("has no test.tsv", where=release.folder)
    counts: dict[str, Any] = {}
    unknown = {"train": unknown_speakers(tables["train"])}
    for split in ("dev", "test"):
        if reading.has(split):
            theirs = reading.rows(split).table
            touched = shared(theirs, [tables["train"]])
            counts[split] = {
                **shared(tables["train"], [theirs])._asdict(),
                "rows": theirs.num_rows,
                "rows_touched": touched.clips,
                "rows_touched_at_least": touched.clips_at_least,
            }
            unknown[split] = unknown_speakers(theirs)
    known = sum(count["rows_touched_at_least"] for count in counts.values())
    return Verdict(
        release.version,
        _clean(known, unknown),
        {
            **_whose(facts),
            "against": release.version,
            "shared": counts,
            "unknown_speakers": unknown,
        },
    )


def _clean(touched: int, unknown: Mapping[str, int]) -> bool | None:
    """Whether nothing is shared, by the clips touched and those without a speaker."""
    if touched:
        return False
    return None if any(unknown.values()) else True


def _whose(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"locale": facts["locale"], "release": facts["release"], "split": facts["split"]}

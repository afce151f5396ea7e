"""What a run is going to do, before it does it: every choice made and checked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvrecipes.errors import Failure
from cvrecipes.models import base as bases
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, Corpus, Release
from cvrecipes.settings import Settings, preset


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for on the command line; None means: choose for me."""

    locale: str
    data: str | None = None
    out: Path | None = None
    base: str | None = None
    preset: str | None = None
    changes: Mapping[str, Any] | None = None
    limit: int | None = None
    seed: int = 42
    device: str = "auto"
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A request with every choice made."""

    request: Request
    preset: str
    settings: Settings
    base_name: str


def make_plan(request: Request, recipe: Recipe, *, builtin_sample: bool) -> Plan:
    """Choose base and preset, and check every setting.

    The order of precedence is: preset, then the recipe's ``[training]``, then ``--set``.
    The recipe's settings do not apply to the presets ``blog`` and ``tiny``, which stand
    for exact configurations.

    Raises:
        UsageError: unknown preset or setting, or a value out of range.
    """
    base_name = request.base or (bases.TINY if builtin_sample else bases.DEFAULT)
    name = request.preset or ("tiny" if base_name == bases.TINY else "default")
    settings = preset(name)
    if name == "default":
        settings = settings.changed(recipe.training)
    return Plan(request, name, settings.changed(request.changes or {}), base_name)


def fingerprint(plan: Plan, recipe: Recipe, release: Release) -> dict[str, Any]:
    """What must be equal for an interrupted run to go on."""
    return {
        "locale": recipe.locale,
        "recipe": recipe.digest,
        "release": release.version,
        "data": str(release.folder.resolve()),
        "tables": table_hashes(plan.settings, release),
        "base": plan.base_name,
        "preset": plan.preset,
        "settings": plan.settings.as_dict(),
        "limit": plan.request.limit,
        "seed": plan.request.seed,
    }


def table_hashes(settings: Settings, release: Release) -> dict[str, str]:
    """The start of the SHA-256 of every file that a run reads its rows from, by file name.

    The content counts and not the time of change: a release may be unpacked again.

    Raises:
        Failure: one of them cannot be read.
    """
    asked = {
        "validated": settings.split == "strict-all",
        "other": settings.include_other,
        "reported": bool(settings.skip_reported),
    }
    names = [*SPLITS, *(name for name, wanted in asked.items() if wanted)]
    files = {release.tables[name] for name in names if name in release.tables}
    hashes: dict[str, str] = {}
    for path in sorted(path for path in files if path.is_file()):
        inside = path.is_relative_to(release.folder)
        name = path.relative_to(release.folder).as_posix() if inside else path.name
        try:
            with path.open("rb") as content:
                hashes[name] = hashlib.file_digest(content, "sha256").hexdigest()[:16]
        except OSError as error:
            raise Failure(f"cannot be read ({error.strerror})", where=path) from None
    return hashes


def split_counts(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Clips, hours, speakers and rows in the release of each split."""
    counts: dict[str, dict[str, Any]] = {}
    for split in SPLITS:
        table = corpus.split(split)
        counts[split] = {
            "clips": table.num_rows,
            "hours": round(corpus.hours(split), 4),
            "speakers": len(set(table["speaker"].to_pylist())),
            "rows": int(corpus.rows.get(split, 0)),
        }
    return counts


def reasons(corpus: Corpus, *, held_out: bool = False) -> dict[str, int]:
    """How many rows each reason left out; the part after a colon is detail.

    Arguments:
        held_out: count the rows that dev and test keep out of train instead of the others.
    """
    rows = (row for row in corpus.left_out if row.held_out == held_out)
    return dict(Counter(row.kind for row in rows).most_common())


def left_out(corpus: Corpus, *, merge_dev: bool) -> dict[str, Any]:
    """Rows left out, all and of each split, with their share of the rows considered.

    A row was considered when it is used or left out; rows that ``--limit`` did not choose
    were not, nor those that dev and test keep out of train.

    Arguments:
        merge_dev: dev was merged into train, and so were the rows that it lost.
    """
    lost = Counter(row.split for row in corpus.left_out if not row.held_out)
    if merge_dev:
        lost["train"] += lost.pop("dev", 0)
    used = {split: corpus.split(split).num_rows for split in SPLITS}
    splits = {s: {"clips": lost[s], "share": _share(lost[s], used[s])} for s in SPLITS}
    return {
        "clips": lost.total(),
        "share": _share(lost.total(), sum(used.values())),
        "reasons": reasons(corpus),
        "splits": splits,
        "held_out": reasons(corpus, held_out=True),
    }


def _share(lost: int, used: int) -> float:
    return lost / (lost + used) if lost else 0.0


def part_of_test(corpus: Corpus, limit: int | None) -> dict[str, int] | None:
    """Clips of test used and the rows that its table has, when ``--limit`` took only some."""
    rows = int(corpus.rows.get("test", 0))
    considered = corpus.test.num_rows + sum(row.split == "test" for row in corpus.left_out)
    if limit is None or considered >= rows:
        return None
    return {"clips": corpus.test.num_rows, "of": rows}

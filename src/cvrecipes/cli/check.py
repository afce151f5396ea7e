"""The command check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_json
from cvrecipes.cli.pages import check_page
from cvrecipes.console import color, say
from cvrecipes.errors import UsageError
from cvrecipes.words import visible

if TYPE_CHECKING:
    from cvrecipes.check.figures import Audit
    from cvrecipes.records import Release

_PAGE = "check.html"


@click.command()
@options.locale
@options.data
@options.encoding
@options.split
@options.preset
@options.assignments
@options.recipe_set
@options.variant
@click.option(
    "--base", type=parameters.BASE, metavar="MODEL",
    help="Check clips against the frames of this base model: tiny, a folder, or a Hub name.  "
    "[default: wav2vec2's]",
)  # fmt: skip
@options.limit
@options.seed
@click.option("--no-audio", is_flag=True, help="Read the tables alone, and no clip.")
@click.option(
    "--html", "page", is_flag=False, flag_value=_PAGE, metavar="[FILE]",
    type=parameters.Path(path_type=Path, dir_okay=False),
    help="Also write a page.  [default FILE: check.html]",
)  # fmt: skip
@click.option(
    "--embed", is_flag=True, help="Store the clips inside the page, so that it can be sent."
)
@options.as_json
def check(
    locale: str,
    data: str | None,
    encoding: str | None,
    split: str | None,
    preset: str | None,
    assignments: tuple[str, ...],
    recipe_changes: dict[str, str],
    variant: str,
    base: str | None,
    limit: int | None,
    seed: int,
    no_audio: bool,
    page: Path | None,
    embed: bool,
    as_json: bool,
) -> int:
    """Describe a release of LOCALE, and what a run would use of it.

    Nothing is trained and nothing is written into the release. The exit code is 1 when
    something would stop a run. Without --data, the release is found as by run.
    """
    from cvrecipes.catalog import open_recipe
    from cvrecipes.check.audit import audit_release
    from cvrecipes.data.release import find_data, open_release
    from cvrecipes.data.variants import settle_variant
    from cvrecipes.plan import Request, make_plan

    if embed and (page is None or no_audio):
        what = "the clips are not read" if no_audio else "there is no page to store clips in"
        remedy = "leave out --embed or --no-audio" if no_audio else "add --html"
        raise UsageError(what, remedy=remedy)
    recipe, hooks = open_recipe(locale, changes=recipe_changes, variant=variant)
    if recipe.changed:
        say(f"recipe changed for this check: {recipe.changes}")
    request = Request(
        locale=locale,
        data=data,
        base=base,
        preset=preset,
        changes=options.changes(assignments, split),
        limit=limit,
        seed=seed,
    )
    release = open_release(
        find_data(locale, data), locale, hooks, audio=not no_audio, encoding=encoding
    )
    recipe, hooks = settle_variant(recipe, hooks, release, variant=variant, changes=recipe_changes)
    if page is not None:
        _check_page(page, release)
    settings = make_plan(request, recipe, builtin_sample=release.builtin).settings
    framing = None
    if base is not None:
        from cvrecipes.models.base import open_base

        framing = open_base(base).framing
    audit = audit_release(
        release,
        recipe,
        hooks,
        settings,
        framing=framing,
        limit=limit,
        seed=seed,
        audio=not no_audio,
    )
    if as_json:
        print_json(audit.as_dict())
    else:
        _print(audit)
    if page is not None:
        from cvrecipes.check.page import render_audit
        from cvrecipes.files import write_text

        write_text(page, render_audit(audit, page.parent, embed=embed))
        say(f"page: {visible(page)}")
    return 1 if audit.stops else 0


def _check_page(page: Path, release: Release) -> None:
    """Refuse before the work what would destroy another file, or change the release."""
    from cvrecipes.check.page import is_page

    check_page(page, is_page, "check", "--html")
    place = page.resolve()
    # A manifest may lie anywhere, such as in the current folder: that is no folder of a release.
    for folder in (release.folder, release.clips) if release.common_voice else ():
        if folder.is_dir() and place.is_relative_to(folder.resolve()):
            raise UsageError(
                "lies in the release, which is never written to", where=page,
                remedy="name a file elsewhere: --html FILE",
            )  # fmt: skip


def _print(audit: Audit) -> None:
    from rich.console import Console

    from cvrecipes.check.terminal import print_audit

    colored = color()
    console = Console(
        file=sys.stdout,
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=True if colored else None,
        color_system=None if colored is False else "standard" if colored else "auto",
    )
    print_audit(audit, console)

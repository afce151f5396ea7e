"""The command review: a page to judge a recipe by, and what comes back from it."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvrecipes.catalog import (
    USER,
    find_recipes,
    open_folder,
    open_recipe,
)
from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_wrapped
from cvrecipes.cli.pages import check_page
from cvrecipes.errors import UsageError
from cvrecipes.files import own_recipes, write_text
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import AUTO, CONFIRMED, MAIN, Recipe
from cvrecipes.recipe.variants import FOLDER, locale_and_variant, main_folder
from cvrecipes.words import plural, visible

if TYPE_CHECKING:
    from cvrecipes.review.answers import Answers
    from cvrecipes.review.apply import Outcome

_INSTALLED = ("site-packages", "dist-packages")


@click.command()
@click.argument("locale", type=parameters.LOCALE, required=False)
@click.option(
    "--data", type=parameters.FOLDER, metavar="WHERE",
    help="Take sentences from train of this release.  [default: golden pairs]",
)  # fmt: skip
@options.encoding
@options.variant
@click.option(
    "--out", type=parameters.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Write the page to FILE.  [default: named after LOCALE]",
)  # fmt: skip
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
@click.option(
    "--apply", "answers", type=parameters.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Put the answers that a page gave back into the recipe.",
)  # fmt: skip
@click.option(
    "--older", is_flag=True,
    help="Also apply answers about an older version of the recipe, without the grade.",
)  # fmt: skip
@click.option(
    "--recipe", "folder", type=parameters.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Review the recipe in this folder, named after its locale.  "
    "[default: the recipe of LOCALE]",
)  # fmt: skip
def review(
    locale: str | None, data: str | None, encoding: str | None, variant: str, out: Path | None,
    opens: bool, answers: Path | None, older: bool, folder: Path | None,
) -> None:  # fmt: skip
    """Let those who know a language judge its recipe.

    The command writes one page of up to 40 sentences, fewer without a release and at most 60 for a
    recipe of many rules, each with what the recipe makes of it. Together they show every rule of
    the recipe. The page works without a network, also on a phone, and gives back a file of answers,
    which --apply turns into golden pairs and a line of reviews.tsv. The grade confirmed needs 20
    right answers; made-up words do not count.
    """
    if answers is None:
        if older:
            raise UsageError("--older is about answers", remedy="add --apply FILE")
        _write_page(locale, folder, data, encoding, variant, out, opens)
        return
    used = {
        "LOCALE": locale,
        "--data": data,
        "--encoding": encoding,
        "--variant": None if variant == AUTO else variant,
        "--out": out,
        "--open": opens or None,
    }
    extra = [name for name, value in used.items() if value is not None]
    if extra:
        raise UsageError(f"--apply needs no {extra[0]}", remedy="leave it out")
    _apply(answers, folder, older)


def _write_page(
    locale: str | None, folder: Path | None, data: str | None, encoding: str | None, variant: str,
    out: Path | None, opens: bool,
) -> None:  # fmt: skip
    from cvrecipes.data.release import open_release
    from cvrecipes.data.variants import settle_variant
    from cvrecipes.recipe.reviews import LEAST_RIGHT
    from cvrecipes.review.page import is_page, render_review
    from cvrecipes.review.selection import select

    if (locale is None) == (folder is None):
        raise UsageError(
            "name the language" if locale is None else "LOCALE and --recipe name two recipes",
            remedy="cvrecipes review LOCALE, or cvrecipes review --recipe DIR",
        )
    if folder is not None and variant != AUTO:
        raise UsageError(
            "--recipe and --variant name two recipes",
            remedy=f"--recipe {main_folder(folder) / FOLDER / variant}",
        )
    if out is not None:
        check_page(out, is_page, "review", "--out")
    manager = new_manager()
    recipe = open_recipe(locale, manager, variant=variant)[0] if locale else _in_folder(folder)
    # Clips are not needed.
    release = None
    if data:
        release = open_release(data, recipe.locale, manager, audio=False, encoding=encoding)
        if locale:
            recipe, _ = settle_variant(recipe, manager, release, variant=variant)
    if out is None:  # only now the variant is known
        name = recipe.locale if recipe.variant == MAIN else f"{recipe.locale}-{recipe.variant}"
        out = Path(f"review-{name}.html")
        check_page(out, is_page, "review", "--out")
    selection = select(recipe, release)
    write_text(out, render_review(recipe, selection))
    count = len(selection.sentences)
    made = count - selection.counted
    click.echo(f"{visible(out)}: {plural(count, 'sentence')}, {made} of made-up words")
    if selection.unshown:
        click.echo(f"{plural(len(selection.unshown), 'rule')} that no sentence shows")
    if selection.counted < LEAST_RIGHT:
        remedy = "name a release with --data" if release is None else "a larger release has more"
        print_wrapped(
            f"this page alone cannot give the grade {CONFIRMED}: {selection.counted} sentences "
            f"count, and the grade needs {LEAST_RIGHT} right answers; {remedy}"
        )
    print_wrapped("send it to somebody who knows the language, and apply the file that comes back:")
    click.echo("cvrecipes review --apply FILE")
    if opens:
        click.launch(out.resolve().as_uri())


def _in_folder(folder: Path | None) -> Recipe:
    if folder is None or not (folder / "recipe.toml").is_file():
        raise UsageError("holds no recipe.toml", where=folder)
    # The names of the folder and of those above it are the locale and the variant.
    whole = folder.resolve() if ".." in folder.parts else folder.absolute()
    same = locale_and_variant(folder) == locale_and_variant(whole)
    return open_folder(folder if same else whole)


def _apply(path: Path, folder: Path | None, older: bool) -> None:
    from cvrecipes.review.answers import read_answers
    from cvrecipes.review.apply import judge, write

    answers = read_answers(path)
    recipe = _opened(answers, folder)
    outcome = judge(answers, recipe, older=older)
    place = recipe.folder if _is_ours(recipe, folder) else _extended(recipe)
    changed = write(outcome, place)
    _print(answers, outcome, changed)
    variant = answers.variant
    after = _in_folder(place) if folder else open_recipe(recipe.locale, variant=variant)[0]
    _print_grade(after)
    if place != recipe.folder:
        print_wrapped(
            f"{recipe.folder} is installed and was not changed; to let everybody have the review, "
            f"send {visible(path)} to the project: docs/review.md"
        )


def _opened(answers: Answers, folder: Path | None) -> Recipe:
    """The recipe that a file of answers is about.

    Raises:
        UsageError: there is none, or the folder holds that of another language or variant.
    """
    if folder is None:
        try:
            recipe = open_recipe(answers.locale, variant=answers.variant)[0]
        except UsageError as error:
            raise UsageError(error.what, where=answers.path, remedy=error.remedy) from None
    else:
        recipe = _in_folder(folder)
    if (recipe.locale, recipe.variant) != (answers.locale, answers.variant):
        raise UsageError(
            f"is about {_named(answers)}, and {visible(folder or 'its recipe')} holds "
            f"{_named(recipe)}",
            where=answers.path,
        )
    return recipe


def _named(about: Answers | Recipe) -> str:
    """``tr``, or ``ady, variant latn``."""
    return about.locale if about.variant == MAIN else f"{about.locale}, variant {about.variant}"


def _is_ours(recipe: Recipe, folder: Path | None) -> bool:
    """Whether a review is written into the recipe itself: named, the user's, or of a clone."""
    if folder is not None or recipe.origin == USER:
        return True
    place = recipe.folder.resolve()
    return not _is_installed(place) and os.access(place, os.W_OK)


def _is_installed(place: Path) -> bool:
    """Whether pip wrote a folder: below ``site-packages``, or beside its package's metadata.

    ``pip install --target`` writes ``*.dist-info`` into any folder. A folder inside a clone is no
    installed one, wherever the clone lies.
    """
    for folder in place.parents:
        if (folder / ".git").exists():
            return False
        if folder.name.endswith(_INSTALLED) or any(folder.glob("*.dist-info")):
            return True
    return False


def _extended(recipe: Recipe) -> Path:
    """A recipe of the user's own that builds on an installed one and changes nothing.

    That of a variant lies in the user's own recipe of the locale, which is written where there is
    none.
    """
    from cvrecipes.drafting.recipe import extension
    from cvrecipes.files import write_folder

    locale, variant = recipe.locale, recipe.variant
    catalog = find_recipes(new_manager())
    used = catalog.recipes[locale]
    place = used.folder if used.origin == USER else own_recipes() / locale
    files = {} if used.origin == USER else extension(locale, catalog)
    if variant == MAIN:
        write_folder(place, files)
        return place
    added = extension(locale, catalog, variant)
    if not files:
        write_folder(place / FOLDER / variant, added)
    else:
        below = f"{FOLDER}/{variant}/"
        write_folder(place, {**files, **{below + name: text for name, text in added.items()}})
    return place / FOLDER / variant


def _print(answers: Answers, outcome: Outcome, changed: list[Path]) -> None:
    from cvrecipes.review.wording import named

    line = outcome.review
    counts = f"{line.right} right, {line.corrected} corrected, {line.unsure} unsure"
    print_wrapped(visible(f"{_named(answers)}, {line.who}, {line.date}: {counts}"))
    if outcome.repeated and not changed:
        click.echo("this file was applied before; nothing changed")
    for path in changed:
        click.echo(str(path))
    new = plural(len(outcome.pairs), "new golden pair")
    click.echo(f"{new}, {outcome.present} were there")
    if outcome.made:
        print_wrapped(f"{outcome.made} right of made-up words, which do not count")
    if date.fromisoformat(line.date) > date.today() + timedelta(days=1):
        print_wrapped(f"the date {line.date} is in the future")
    for raw, correction, read_as in outcome.settled:
        print_wrapped(
            f"{named(raw)}: the correction {named(correction)} is read as {named(read_as)}, "
            "without capitals, punctuation and invisible signs"
        )
    for one in outcome.open:
        print_wrapped(f"open: {named(one.raw)}")
        print_wrapped(f"the recipe writes {named(one.written)}", indent=2)
        print_wrapped(f"the reviewer      {named(one.wanted)}", indent=2)
    if answers.comment:
        print_wrapped(f"comment: {visible(answers.comment)}")


def _print_grade(recipe: Recipe) -> None:
    from cvrecipes.recipe.reviews import LEAST_RIGHT

    if recipe.status == CONFIRMED:
        click.echo(f"grade: {CONFIRMED}")
        return
    native = [review for review in recipe.reviews if review.speaker == "native"]
    if recipe.claim == "generic":
        why = "a generic recipe names no alphabet and no sources"
    elif not native:
        why = "no native speaker has judged it"
    elif count := sum(review.open for review in native):
        why = (
            f"{plural(count, 'correction')} of native speakers open; mend the recipe, then apply "
            "the file again"
        )
    elif not any(review.recipe == recipe.digest for review in native):
        why = "no native speaker has judged this version"
    else:
        why = f"no native speaker has confirmed {LEAST_RIGHT} sentences"
    print_wrapped(f"grade: {recipe.claim}, not {CONFIRMED}: {why}")

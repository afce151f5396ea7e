"""The command suggest."""

from __future__ import annotations

from pathlib import Path

import click

from cvrecipes.catalog import find_recipes, open_recipe
from cvrecipes.cli import options, parameters
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import AUTO


@click.command()
@click.argument("locale", type=parameters.TEXT)
@click.option(
    "--data", type=parameters.FOLDER, metavar="WHERE", required=True,
    help="Read this release: a folder, an archive, or another source.",
)  # fmt: skip
@options.encoding
@options.variant
@click.option(
    "--out", type=parameters.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write DIR/LOCALE/recipe.toml and golden.tsv.  [default: print them]",
)  # fmt: skip
def suggest(locale: str, data: str, encoding: str | None, variant: str, out: Path | None) -> None:
    """Draft a recipe of LOCALE from the sentences of a release.

    A person must review the draft: its comments give the counts and what to decide. Nothing
    is overwritten. Where the locale has variants, the sentences of one alone are read.
    """
    from cvrecipes.data.characters import read_sentences
    from cvrecipes.data.release import open_release
    from cvrecipes.data.variants import of_one_variant
    from cvrecipes.drafting.suggest import suggest as draft_of
    from cvrecipes.drafting.suggest import write_draft

    manager = new_manager()
    release = open_release(data, locale, manager, encoding=encoding)
    catalog = find_recipes(manager)
    sentences = read_sentences(release)
    entry = catalog.recipes.get(locale)
    if entry is not None or variant != AUTO:
        recipe, _ = open_recipe(locale, manager, variant=variant)
        sentences = of_one_variant(sentences, recipe, manager, release, variant=variant)
    draft = draft_of(locale, sentences, catalog, release.version)
    if out is None:
        click.echo(draft.recipe)
        # As comments, so that all of it is a recipe.toml when it is sent to a file.
        click.echo("# golden.tsv")
        for line in draft.golden.splitlines():
            click.echo(f"# {line}")
        return
    place = write_draft(draft, out)
    click.echo(f"{place / 'recipe.toml'}")
    click.echo(f"{place / 'golden.tsv'}")
    click.echo(f"read both, then: CVRECIPES_RECIPES={out} cvrecipes test {locale}")

"""The command suggest."""

from __future__ import annotations

from pathlib import Path

import click

from cvrecipes.catalog import find_recipes
from cvrecipes.cli import options, parameters
from cvrecipes.plugins import new_manager


@click.command()
@click.argument("locale", type=parameters.TEXT)
@click.option(
    "--data", type=parameters.FOLDER, metavar="WHERE", required=True,
    help="Read this release: a folder, an archive, or another source.",
)  # fmt: skip
@options.encoding
@click.option(
    "--out", type=parameters.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write DIR/LOCALE/recipe.toml and golden.tsv.  [default: print them]",
)  # fmt: skip
def suggest(locale: str, data: str, encoding: str | None, out: Path | None) -> None:
    """Draft a recipe of LOCALE from the sentences of a release.

    A person must review the draft: its comments give the counts and what to decide. Nothing
    is overwritten.
    """
    from cvrecipes.data.characters import read_sentences
    from cvrecipes.data.release import open_release
    from cvrecipes.drafting.suggest import suggest as draft_of
    from cvrecipes.drafting.suggest import write_draft

    manager = new_manager()
    release = open_release(data, locale, manager, encoding=encoding)
    draft = draft_of(locale, read_sentences(release), find_recipes(manager), release.version)
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

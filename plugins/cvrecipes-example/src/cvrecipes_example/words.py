"""cvrecipes example-words: how often each word occurs in a text."""

from collections import Counter

import click


@click.command("example-words")
@click.argument("locale")
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
def example_words(locale: str, file: click.utils.LazyFile) -> None:
    """Count the words of FILE, or of standard input, as the recipe of LOCALE writes them."""
    from cvrecipes.catalog import open_recipe

    recipe, _ = open_recipe(locale)
    counts = Counter(word for line in file for word in recipe.normalizer(line).split())
    for word, times in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"{times}\t{word}")

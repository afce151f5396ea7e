"""The command show."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cvrecipes.catalog import open_recipe
from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_fields, print_json, print_wrapped
from cvrecipes.console import say
from cvrecipes.errors import UsageError
from cvrecipes.recipe import Recipe, Variant

if TYPE_CHECKING:
    import pluggy

    from cvrecipes.records import Release


@click.command()
@click.argument("locale", type=parameters.LOCALE)
@click.option(
    "--data", type=parameters.FOLDER, metavar="WHERE",
    help="Show which characters of this release are outside the alphabet.",
)  # fmt: skip
@options.encoding
@options.recipe_set
@options.variant
@options.as_json
def show(
    locale: str,
    data: str | None,
    encoding: str | None,
    recipe_changes: dict[str, str],
    variant: str,
    as_json: bool,
) -> None:
    """Show what the recipe of LOCALE contains.

    LOCALE may also be the English or native name of a language that has one recipe. With
    --data, the command shows the characters of a release that are outside the alphabet after
    normalization (all characters, if there is no alphabet), and the letters that do not occur.
    """
    recipe, hooks = _open(locale, recipe_changes, variant)
    if data is not None:
        from cvrecipes.data.release import open_release
        from cvrecipes.data.variants import settle_variant

        release = open_release(data, recipe.locale, hooks, encoding=encoding)
        recipe, _ = settle_variant(recipe, hooks, release, variant=variant, changes=recipe_changes)
        _show_characters(recipe, release, as_json)
        return
    from cvrecipes.models.vocabulary import build_vocabulary

    classes = list(build_vocabulary(recipe, None, hooks).tokens) if recipe.alphabet else []
    if as_json:
        print_json(
            {
                **recipe.resolved(),
                "native": recipe.native,
                "status": recipe.status,
                "origin": recipe.origin,
                "sources": list(recipe.sources),
                "notes": recipe.notes,
                "classes": classes,
                "golden_pairs": len(recipe.golden()),
                "reviews": [asdict(review) for review in recipe.reviews],
                "hash": recipe.digest,
                "folder": str(recipe.folder),
            }
        )
        return
    letters = " ".join(recipe.alphabet.letters) or "learned from the training text"
    loans = " ".join(recipe.alphabet.loans)
    fields = {
        "language": f"{recipe.name} ({recipe.native})"
        if recipe.native != recipe.name
        else recipe.name,
        "locale": recipe.locale,
        "script": recipe.script,
        "variant": _variants(recipe),
        "status": recipe.status,
        "origin": f"{recipe.origin} ({recipe.folder})",
        "letters": letters,
        "loans": f"letters of loan words and names: {loans}" if loans else "",
        "signs": " ".join(recipe.alphabet.marks),
        "steps": " > ".join(
            name for name, _ in (*recipe.normalizer.sentence, *recipe.normalizer.steps)
        ),
        "repairs": _arrows(recipe.rules.repair),
        "replaces": _arrows(recipe.rules.replace),
        "classes": f"{len(classes)}: {' '.join(classes)}" if classes else "",
        "headline": recipe.headline.upper(),
        "training": ", ".join(f"{k}={v}" for k, v in recipe.training.items()),
        "golden": f"{len(recipe.golden())} pairs",
        "reviewed": "; ".join(review.sentence(recipe.digest) for review in recipe.reviews),
        "hash": recipe.digest,
        "changed": recipe.changes,
        "sources": "; ".join(recipe.sources),
        "notes": " ".join(recipe.notes.split()),
    }
    print_fields({name: value for name, value in fields.items() if value}, label=9)


def _open(
    locale: str, changes: dict[str, str], variant: str
) -> tuple[Recipe, pluggy.PluginManager]:
    """The recipe of a locale, or of the one language of that name."""
    try:
        return open_recipe(locale, changes=changes, variant=variant)
    except UsageError:
        from cvrecipes.cli.languages import locale_of

        named = locale_of(locale)
        if named is None:
            raise
    say(f"the locale of {locale} is {named}")
    return open_recipe(named, changes=changes, variant=variant)


def _show_characters(recipe: Recipe, release: Release, as_json: bool) -> None:
    from cvrecipes.data.characters import find_characters, read_sentences

    sentences = read_sentences(release)
    summary = find_characters(recipe, sentences.clips)
    facts = {
        "locale": recipe.locale,
        "release": release.version,
        "files": list(sentences.files),
        "sentences": len(sentences.clips),
        "clips": sum(sentences.clips.values()),
        "alphabet": bool(recipe.alphabet),
        "affected": summary.affected,
        "characters": [entry.as_dict() for entry in summary.seen],
        "unseen": list(summary.unseen),
    }
    if as_json:
        print_json(facts)
        return
    print_wrapped(
        f"{recipe.name} ({recipe.locale}), {release.version}, {', '.join(sentences.files)}: "
        f"{facts['sentences']} different sentences, {facts['clips']} clips"
    )
    if not recipe.alphabet:
        print_wrapped(f"the recipe has no alphabet; {len(summary.seen)} characters")
    elif summary.seen:
        print_wrapped(
            f"{len(summary.seen)} characters outside the alphabet, in {summary.affected} sentences"
        )
    else:
        click.echo("no character is outside the alphabet")
    for entry in summary.seen:
        printed = entry.character if entry.character.isprintable() else ""
        circle = "\u25cc" if unicodedata.category(entry.character)[0] == "M" else ""
        head = f"{circle}{printed}  {entry.point}  {entry.name or 'no name'}"
        click.echo(f"{click.style(head, bold=True)}: {entry.sentences} sentences")
        for example in entry.examples:
            print_wrapped(example, indent=4)
    if summary.unseen:
        print_wrapped(f"never seen: {' '.join(summary.unseen)}")


def _variants(recipe: Recipe) -> str:
    """``latn (Latn, *-Latn-*); also main (Cyrl)``; empty where there is one alone."""

    def described(variant: Variant) -> str:
        return f"{variant.name} ({', '.join((variant.script, *variant.patterns))})"

    own = [described(variant) for variant in recipe.variants if variant.name == recipe.variant]
    others = [described(variant) for variant in recipe.variants if variant.name != recipe.variant]
    return "; also ".join([*own, *filter(None, [", ".join(others)])])


def _arrows(table: Any) -> str:
    return ", ".join(f"{before} > {after or 'nothing'}" for before, after in table.items())

"""The command show."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import click

from cvrecipes.catalog import open_recipe
from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_json
from cvrecipes.recipe import Recipe

if TYPE_CHECKING:
    import pluggy


@click.command()
@click.argument("locale", type=parameters.LOCALE)
@click.option(
    "--data",
    type=parameters.FOLDER,
    metavar="WHERE",
    help="A release: show what the alphabet leaves outside.",
)
@options.as_json
def show(locale: str, data: str | None, as_json: bool) -> None:
    """Show what the recipe of LOCALE holds.

    With --data: the characters of a release that lie outside its alphabet after
    normalization (all characters, when it has no alphabet), and the letters never seen.
    """
    recipe, hooks = open_recipe(locale)
    if data is not None:
        _show_characters(recipe, hooks, data, as_json)
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
                "hash": recipe.digest,
                "folder": str(recipe.folder),
            }
        )
        return
    letters = " ".join(recipe.alphabet.letters) or "learned from the training text"
    lines = {
        "language": f"{recipe.name} ({recipe.native})"
        if recipe.native != recipe.name
        else recipe.name,
        "locale": recipe.locale,
        "script": recipe.script,
        "status": recipe.status,
        "origin": f"{recipe.origin} ({recipe.folder})",
        "letters": letters,
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
        "hash": recipe.digest,
        "sources": "; ".join(recipe.sources),
        "notes": " ".join(recipe.notes.split()),
    }
    for name, value in lines.items():
        if value:
            click.echo(click.style(f"{name:9}", bold=True) + f" {value}")


def _show_characters(recipe: Recipe, hooks: pluggy.PluginManager, data: str, as_json: bool) -> None:
    from cvrecipes.data.characters import find_characters, read_sentences
    from cvrecipes.data.release import open_release

    release = open_release(data, recipe.locale, hooks)
    sentences = read_sentences(release)
    found = find_characters(recipe, sentences.clips)
    facts = {
        "locale": recipe.locale,
        "release": release.version,
        "files": list(sentences.files),
        "sentences": len(sentences.clips),
        "clips": sum(sentences.clips.values()),
        "alphabet": bool(recipe.alphabet),
        "affected": found.affected,
        "characters": [one.as_dict() for one in found.seen],
        "unseen": list(found.unseen),
    }
    if as_json:
        print_json(facts)
        return
    click.echo(
        f"{recipe.name} ({recipe.locale}), {release.version}, {', '.join(sentences.files)}: "
        f"{facts['sentences']} different sentences, {facts['clips']} clips"
    )
    if not recipe.alphabet:
        click.echo(f"the recipe has no alphabet; {len(found.seen)} characters")
    elif found.seen:
        click.echo(
            f"{len(found.seen)} characters outside the alphabet, in {found.affected} sentences"
        )
    else:
        click.echo("no character is outside the alphabet")
    for one in found.seen:
        shown = one.character if one.character.isprintable() else ""
        circle = "\u25cc" if unicodedata.category(one.character)[0] == "M" else ""
        head = f"{circle}{shown}  {one.point}  {one.name or 'no name'}"
        click.echo(f"{click.style(head, bold=True)}: {one.sentences} sentences")
        for example in one.examples:
            click.echo(f"    {example}")
    if found.unseen:
        click.echo(f"never seen: {' '.join(found.unseen)}")


def _arrows(table: Any) -> str:
    return ", ".join(f"{before} > {after or 'nothing'}" for before, after in table.items())

"""Commands about recipes: list, show, test, suggest, plugins."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvrecipes.catalog import Shelf, look_around, open_folder, open_recipe, read_found
from cvrecipes.cli import parameters
from cvrecipes.errors import CvrecipesError, UsageError
from cvrecipes.plugins import HOOKS, OWN_PLUGINS, new_manager
from cvrecipes.recipe import Recipe

if TYPE_CHECKING:
    import pluggy

# More locales of one plugin are counted, not listed.
_FEW = 12


def print_json(value: Any) -> None:
    """JSON for programs, on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def print_table(header: list[str], rows: list[list[str]], right: tuple[int, ...] = ()) -> None:
    """Plain columns, as wide as they must be; nothing is cut on a narrow terminal."""
    from unicodedata import combining, east_asian_width

    def width(text: str) -> int:
        return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)

    widths = [max(width(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for number, row in enumerate([header, *rows]):
        cells = [
            " " * (widths[i] - width(cell)) + cell
            if i in right
            else cell + " " * (widths[i] - width(cell))
            for i, cell in enumerate(row)
        ]
        line = "  ".join(cells).rstrip()
        click.echo(click.style(line, bold=True) if number == 0 else line)


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the languages that have a recipe."""
    shelf = look_around(new_manager())
    rows = []
    for found in shelf.recipes.values():
        recipe = read_found(found, shelf)
        rows.append(
            {
                "locale": recipe.locale,
                "name": recipe.name,
                "script": recipe.script,
                "status": recipe.status,
                "origin": recipe.origin,
            }
        )
    if as_json:
        print_json(rows)
    else:
        header = ["locale", "name", "script", "status", "origin"]
        print_table(header, [[row[key] for key in header] for row in rows])


@click.command()
@click.argument("locale", type=parameters.LOCALE)
@click.option(
    "--data",
    type=parameters.FOLDER,
    metavar="WHERE",
    help="A release: show what the alphabet leaves outside.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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


@click.command()
@click.argument("recipes", nargs=-1, type=parameters.LOCALE, metavar="[LOCALE|PATH]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def test(recipes: tuple[str, ...], as_json: bool) -> int:
    """Run the tests that check each recipe's normalization: all, or those that are named.

    PATH is a recipe folder, a file in it, or a folder with recipes anywhere below it.
    """
    from cvrecipes.testing import check_recipe

    shelf = look_around(new_manager())
    failures = 0
    results: list[dict[str, Any]] = []
    for locale, folder in _to_test(recipes or tuple(shelf.recipes), shelf):
        recipe: Recipe | None = None
        try:
            recipe = open_folder(folder) if folder else open_recipe(locale)[0]
        except CvrecipesError as error:
            if folder is None and locale not in shelf.recipes:
                raise
            problems = [error.message]
        else:
            problems = check_recipe(recipe)
        failures += bool(problems)
        pairs = _count_pairs(recipe) if recipe else 0
        results.append({"locale": locale, "golden_pairs": pairs, "problems": problems})
        if as_json:
            continue
        mark = click.style("failed", fg="red") if problems else click.style("ok", fg="green")
        click.echo(f"{locale:12} {pairs:4} golden pairs  {mark}")
        for problem in problems:
            click.echo(_indented(problem))
    if as_json:
        print_json(results)
    else:
        click.echo(f"{len(results) - failures} passed, {failures} failed")
    return 1 if failures else 0


def _to_test(words: Iterable[str], shelf: Shelf) -> Iterator[tuple[str, Path | None]]:
    """Locale and folder of what is named; no folder for what is on the shelf."""
    for word in words:
        path = Path(word)
        if word in shelf.recipes or not path.exists():
            if path.name != word:
                raise UsageError("there is no such folder", where=path)
            yield word, None
            continue
        path = path.parent if path.is_file() else path
        found = sorted(
            file.parent
            for file in path.rglob("recipe.toml")
            if not any(part[0] in "._" and part != ".." for part in file.parts[len(path.parts) :])
        )
        if not found:
            raise UsageError("holds no recipe.toml", where=path)
        for folder in found:
            # The working directory has no name until it is resolved.
            named = folder if folder.name not in ("", "..") else folder.resolve()
            yield named.name, named


def _count_pairs(recipe: Recipe) -> int:
    try:
        return len(recipe.golden())
    except CvrecipesError:
        return 0


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


@click.command()
@click.argument("locale", type=parameters.TEXT)
@click.option(
    "--data", type=parameters.FOLDER, metavar="WHERE", required=True,
    help="A Common Voice release: cv-corpus-*/LOCALE.",
)  # fmt: skip
@click.option(
    "--out", type=parameters.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write DIR/LOCALE/recipe.toml and golden.tsv.  [default: print them]",
)  # fmt: skip
def suggest(locale: str, data: str, out: Path | None) -> None:
    """Draft a recipe of LOCALE from the sentences of a release, for a person to review.

    Nothing is overwritten. Comments in the draft say what was seen and what to decide.
    """
    from cvrecipes.data.characters import read_sentences
    from cvrecipes.data.release import open_release
    from cvrecipes.drafting.suggest import suggest as draft_of
    from cvrecipes.drafting.suggest import write_draft

    manager = new_manager()
    release = open_release(data, locale, manager)
    draft = draft_of(locale, read_sentences(release), look_around(manager), release.version)
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


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plugins(as_json: bool) -> None:
    """List the installed plugins with version, locales and hooks.

    A locale in parentheses is hidden: another plugin's or your own recipe comes first.
    """
    from cvrecipes import __version__

    manager = new_manager()
    shelf = look_around(manager)
    ours = OWN_PLUGINS
    rows: list[dict[str, Any]] = []
    for name, plugin in manager.list_name_plugin():
        rows.append(
            {
                "name": name,
                "version": __version__ if name in ours else _version(name.partition(":")[0]),
                "locales": [one.locale for one in shelf.recipes.values() if one.origin == name],
                "hidden": [one.locale for one in shelf.shadowed if one.origin == name],
                "hooks": sorted(caller.name for caller in manager.get_hookcallers(plugin) or ()),
            }
        )
    if as_json:
        print_json(rows)
    else:
        _print_plugins(rows)


def _print_plugins(rows: list[dict[str, Any]]) -> None:
    """A table of at most 80 columns, one hook a line, unless a name is very long."""
    from textwrap import wrap

    name, version = (max(len(key), *(len(row[key]) for row in rows)) for key in ("name", "version"))
    room = max(12, 80 - name - version - max(len(hook) for hook in HOOKS) - 6)

    def line(one: str, two: str, three: str, four: str) -> str:
        return f"{one:{name}}  {two:{version}}  {three:{room}}  {four}".rstrip()

    click.echo(click.style(line("name", "version", "locales", "hooks"), bold=True))
    for row in rows:
        locales = [*row["locales"], *(f"({locale})" for locale in row["hidden"])]
        few = " ".join(locales) if len(locales) <= _FEW else f"{len(locales)} languages"
        cells = wrap(few, room) or ["none"], row["hooks"] or ["none"]
        for number, (here, hook) in enumerate(zip_longest(*cells, fillvalue="")):
            first = number == 0
            click.echo(
                line(row["name"] if first else "", row["version"] if first else "", here, hook)
            )


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""

"""Commands about recipes: list, show, normalize, test, suggest, plugins."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvrecipes.errors import CvrecipesError, UsageError
from cvrecipes.plugins import look_around, new_manager, open_recipe, read_found
from cvrecipes.recipe import Recipe
from cvrecipes.text.normalizer import Change, Normalizer

if TYPE_CHECKING:
    import pluggy

_BLOCK = 1 << 20


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
@click.argument("locale")
@click.option("--data", metavar="WHERE", help="A release: show what the alphabet leaves outside.")
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
    from cvrecipes.vocabulary import build_vocabulary

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
        "steps": " > ".join(name for name, _ in recipe.normalizer.steps),
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
@click.argument("locale")
@click.argument("text", nargs=-1)
@click.option("--explain", is_flag=True, help="Show each step that changed something.")
@click.option("--reason", is_flag=True, help="Print !reason for text that would be left out.")
def normalize(locale: str, text: tuple[str, ...], explain: bool, reason: bool) -> int:
    """Normalize TEXT by the recipe of LOCALE; without TEXT, each line of standard input."""
    recipe, _ = open_recipe(locale)
    normalizer = recipe.normalizer
    if text:
        _one(normalizer, " ".join(text), explain, reason)
        return 0
    return _stream(normalizer, explain, reason)


def _stream(normalizer: Normalizer, explain: bool, reason: bool) -> int:
    """Normalize standard input, a block of lines at a time: memory does not grow with it."""
    if sys.stdin is None:
        raise UsageError("there is no text and no standard input")
    failed = False
    number = 0
    at_once = sys.stdin.isatty()
    while block := sys.stdin.buffer.readlines(1 if at_once else _BLOCK):
        texts: list[str | None] = _decoded(block)
        if explain or reason or None in texts:
            for raw in texts:
                number += 1
                if raw is None:
                    failed = True
                    click.echo(
                        f"standard input:{number}: not UTF-8; an empty line is written", err=True
                    )
                    click.echo("")
                else:
                    _one(normalizer, raw, explain, reason)
        else:
            number += len(texts)
            sys.stdout.write(
                "\n".join([normalizer(raw) for raw in texts if raw is not None]) + "\n"
            )
        if at_once:
            sys.stdout.flush()
    sys.stdout.flush()
    return 1 if failed else 0


def _decoded(block: list[bytes]) -> list[str | None]:
    """Lines as text; None for one that is not UTF-8."""
    try:
        whole = b"".join(block).decode("utf-8")
    except UnicodeDecodeError:
        texts: list[str | None] = []
        for raw in block:
            try:
                texts.append(raw.decode("utf-8").rstrip("\r\n"))
            except UnicodeDecodeError:
                texts.append(None)
        return texts
    return [*whole.removesuffix("\n").split("\n")]


def _one(normalizer: Normalizer, raw: str, explain: bool, reason: bool) -> None:
    text = normalizer(raw)
    why = normalizer.reason(text)
    if explain:
        for change in normalizer.explain(raw):
            click.echo(f"{change.step:14} {change.before} -> {change.after}")
            for line in code_points(change):
                click.echo(f"{'':14}   {line}")
    click.echo(f"!{why}" if reason and why else text)
    if explain and why:
        click.echo(f"left out of training: {why}")


def code_points(change: Change) -> list[str]:
    """What a step replaced, as ``İ U+0130 -> i U+0069``."""
    import difflib

    lines: list[str] = []
    matcher = difflib.SequenceMatcher(None, change.before, change.after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        before, after = change.before[a:b], change.after[c:d]
        pairs = zip(before, after, strict=True) if len(before) == len(after) else [(before, after)]
        for old, new in pairs:
            line = f"{_named(old)} -> {_named(new)}"
            if old != new and line not in lines:
                lines.append(line)
    return lines


def _named(text: str) -> str:
    if not text:
        return "nothing"
    points = " ".join(f"U+{ord(c):04X}" for c in text)
    visible = "space" if text == " " else text
    return f"{visible} {points}" if text.isprintable() else points


@click.command()
@click.argument("locales", nargs=-1, metavar="[LOCALE]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def test(locales: tuple[str, ...], as_json: bool) -> int:
    """Run the tests that check each recipe's normalization (all, or those of LOCALE)."""
    from cvrecipes.testing import check_recipe

    shelf = look_around(new_manager())
    failures = 0
    results: list[dict[str, Any]] = []
    for locale in locales or tuple(shelf.recipes):
        recipe: Recipe | None = None
        try:
            recipe, _ = open_recipe(locale)
        except CvrecipesError as error:
            if locale not in shelf.recipes:
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


def _count_pairs(recipe: Recipe) -> int:
    try:
        return len(recipe.golden())
    except CvrecipesError:
        return 0


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


@click.command()
@click.argument("locale")
@click.option(
    "--data", metavar="WHERE", required=True, help="A Common Voice release: cv-corpus-*/LOCALE."
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write DIR/LOCALE/recipe.toml and golden.tsv.  [default: print them]",
)  # fmt: skip
def suggest(locale: str, data: str, out: Path | None) -> None:
    """Draft a recipe of LOCALE from the sentences of a release, for a person to review.

    Nothing is overwritten. Comments in the draft say what was seen and what to decide.
    """
    from cvrecipes.data.characters import read_sentences
    from cvrecipes.data.release import open_release
    from cvrecipes.suggest import suggest as draft_of
    from cvrecipes.suggest import write_draft

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
    """List the installed plugins with their hooks and locales."""
    manager = new_manager()
    shelf = look_around(manager)
    rows = []
    versions = {dist.project_name: dist.version for _, dist in manager.list_plugin_distinfo()}
    from cvrecipes import __version__

    for name, plugin in manager.list_name_plugin():
        hooks = sorted(caller.name for caller in manager.get_hookcallers(plugin) or ())
        locales = [found.locale for found in shelf.recipes.values() if found.origin == name]
        version = versions.get(name, _version(name)) if name != "box" else __version__
        rows.append({"name": name, "version": version, "locales": locales, "hooks": hooks})
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(click.style(f"{row['name']} {row['version']}".strip(), bold=True))
        click.echo(f"  locales  {' '.join(row['locales']) or 'none'}")
        click.echo(f"  hooks    {' '.join(row['hooks']) or 'none'}")


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""

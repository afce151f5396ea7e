"""The command new: a recipe, or a package with a recipe, to start from."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvrecipes.cli import options, parameters
from cvrecipes.console import say
from cvrecipes.errors import UsageError
from cvrecipes.files import own_recipes

if TYPE_CHECKING:
    from cvrecipes.catalog import Catalog


@click.command()
@click.argument("locale", type=parameters.TEXT)
@click.option("--package", is_flag=True, help="Write an installable package, cvrecipes-LOCALE.")
@click.option(
    "--package-name",
    type=parameters.TEXT,
    metavar="NAME",
    help="Write such a package under another name.",
)
@click.option(
    "--from-release", type=parameters.FOLDER, metavar="WHERE",
    help="Draft alphabet and look-alikes from the sentences of a release.",
)  # fmt: skip
@options.encoding
@click.option("--copy", "as_copy", is_flag=True, help="Start from the existing recipe, or fail.")
@click.option("--extend", is_flag=True, help="Build on the existing recipe: write changes only.")
@click.option("--force", is_flag=True, help="Start from nothing, though LOCALE has a recipe.")
@click.option(
    "--name", type=parameters.TEXT, metavar="NAME", help="Set the language's English name."
)
@click.option(
    "--script", type=parameters.TEXT, metavar="CODE",
    help="Set its script by ISO 15924 code.  [default: a related recipe's, or Latn]",
)  # fmt: skip
@click.option(
    "--parent", type=parameters.TEXT, metavar="NAME",
    help="Inherit from this recipe, such as _latin.  [default: the script's]",
)  # fmt: skip
@click.option("--user", is_flag=True, help="Write it where commands in every folder find it.")
@click.option(
    "--out", type=parameters.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write into DIR.  [default: recipes; for a package, the working directory]",
)  # fmt: skip
def new(
    locale: str, package: bool, package_name: str | None, from_release: str | None,
    encoding: str | None, as_copy: bool, extend: bool, force: bool, name: str | None,
    script: str | None, parent: str | None, user: bool, out: Path | None,
) -> None:  # fmt: skip
    """Write a recipe of LOCALE to fill in, into recipes/LOCALE.

    Every command in this folder finds it at once. For a LOCALE that has a recipe, the new one
    starts as a copy of it, or builds on it with --extend. Nothing is overwritten. The recipe
    passes its tests as it is; each rule and each golden pair that you add is tested by:
    cvrecipes test LOCALE
    """
    from cvrecipes.catalog import find_recipes
    from cvrecipes.drafting import package as packages
    from cvrecipes.drafting import recipe as recipes
    from cvrecipes.files import check_free, write_folder
    from cvrecipes.plugins import new_manager

    recipes.check_locale(locale)
    package = package or package_name is not None
    _check_start(as_copy, extend, force)
    existing, described = as_copy or extend, bool(script or parent)
    _check_options(existing, from_release, bool(name), described, user, out, package)
    if package:
        title = package_name or f"cvrecipes-{locale.lower()}"
        packages.check_name(title)
        target = (out or Path()) / title
    else:
        target = (own_recipes() if user else out or Path("recipes")) / locale
    check_free(target)
    manager = new_manager()
    catalog = find_recipes(manager)
    start_named = extend or force or from_release or name or described
    if locale in catalog.recipes and not (as_copy or start_named):
        say(
            f"{locale} has a recipe: this starts as a copy of it; --extend builds on it, "
            "--force starts anew"
        )
        as_copy = True
    if extend:
        files = recipes.extension(locale, catalog)
    elif as_copy:
        files = recipes.copied(locale, catalog)
    else:
        if not force:
            recipes.check_new(locale, catalog)
        language = recipes.known_language(
            locale, catalog, name=name or "", script=script or "", parent=parent or ""
        )
        if from_release is None:
            files = recipes.blank(language, catalog)
        else:
            from cvrecipes.data.release import open_release

            release = open_release(from_release, locale, manager, encoding=encoding)
            files = recipes.drafted(locale, release, catalog, name or "")
    if package:
        called = str(tomllib.loads(files["recipe.toml"].decode("utf-8-sig")).get("name", locale))
        files = packages.package(title, locale, called, files)
    write_folder(target, files)
    for path in files:
        click.echo(str(target / path))
    if package:
        click.echo(f'next: cd {target} && pip install -e ".[test]" && pytest')
    else:
        _say_where(locale, target, catalog)


def _check_start(as_copy: bool, extend: bool, force: bool) -> None:
    starts = {"--copy": as_copy, "--extend": extend, "--force": force}
    named = [name for name, is_given in starts.items() if is_given]
    if extend and len(named) > 1:
        raise UsageError(f"{' and '.join(named)} are different starts", remedy="leave one out")


def _check_options(
    as_copy: bool, from_release: str | None, named: bool, described: bool, user: bool,
    out: Path | None, package: bool,
) -> None:  # fmt: skip
    if as_copy and (from_release or named or described):
        raise UsageError(
            "--copy and --extend take everything from the existing recipe",
            remedy="leave out --from-release, --name, --script and --parent",
        )
    if from_release and described:
        raise UsageError(
            "--from-release reads script and parent from the sentences",
            remedy="leave out --script and --parent; correct them in recipe.toml",
        )
    if user and out:
        raise UsageError("--user and --out name two places", remedy="leave one out")
    if user and package:
        raise UsageError("a package is installed, it needs no --user", remedy="leave --user out")


def _say_where(locale: str, target: Path, catalog: Catalog) -> None:
    """Print how commands find the new recipe from here."""
    from cvrecipes.catalog import find_recipes
    from cvrecipes.plugins import new_manager

    opened = find_recipes(new_manager()).recipes.get(locale)
    if opened is None or opened.folder.resolve() != target.resolve():
        # Both are given whole: the command is used from elsewhere.
        place = target.parent.resolve()
        click.echo(f"next: edit both, then: cvrecipes test {target}")
        click.echo(f"found by its locale with: CVRECIPES_RECIPES={place} cvrecipes show {locale}")
        return
    other = catalog.recipes.get(locale)
    if other is not None:
        click.echo(f"it comes before the recipe of {other.origin}: {other.folder}")
    click.echo(f"next: edit both, then: cvrecipes test {locale}")

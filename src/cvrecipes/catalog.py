"""All recipes, and opening one with its own steps and hooks."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType

import pluggy

from cvrecipes.errors import Failure, UsageError, near
from cvrecipes.files import own_recipes
from cvrecipes.plugin_errors import place_of
from cvrecipes.plugins import BUILTIN, GROUP, Manager, check_hooks, new_manager, register
from cvrecipes.recipe import AUTO, MAIN, Recipe, read_recipe
from cvrecipes.recipe.code import load_module
from cvrecipes.recipe.recipe import of_one_locale
from cvrecipes.recipe.variants import locale_and_variant, main_folder, variant_folders
from cvrecipes.text.failing import Steps
from cvrecipes.text.steps import Step
from cvrecipes.words import folded, name_words

USER = "user"


@dataclass(frozen=True, slots=True)
class RecipeFolder:
    """A recipe folder, not yet read.

    Attributes:
        locale: Common Voice code; the folder's name.
        origin: ``built-in``, ``user`` or the plugin's name.
    """

    locale: str
    folder: Path
    origin: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every recipe folder, parent and registered step that the plugins offer.

    Attributes:
        recipes: the recipe folder of each locale that is used.
        parents: folder of each parent by name (``_latin``).
        hidden: recipe folders that another folder of the same locale hides.
    """

    recipes: dict[str, RecipeFolder]
    parents: dict[str, Path]
    steps: Steps
    hidden: tuple[RecipeFolder, ...]

    def below(self, entry: RecipeFolder) -> list[RecipeFolder]:
        """The recipe folders of the same locale that `entry` hides, the nearest first."""
        every = [hidden for hidden in self.hidden if hidden.locale == entry.locale]
        if used := self.recipes.get(entry.locale):
            every.insert(0, used)
        if every == [entry]:
            return []
        place = entry.folder.resolve()
        paths = [hidden.folder.resolve() for hidden in every]
        return every[paths.index(place) + 1 :] if place in paths else every

    def read(
        self,
        entry: RecipeFolder,
        changes: Mapping[str, str] | None = None,
        variant: str = MAIN,
    ) -> Recipe:
        """Read the recipe of a folder; none of its code runs.

        Arguments:
            changes: value by key of each ``--recipe-set``.
            variant: its name; ``auto`` is the main one.

        Raises:
            UsageError: there is no such variant; or of `cvrecipes.recipe.read_recipe`.
            Failure: of `cvrecipes.recipe.read_recipe`.
        """
        variant = MAIN if variant == AUTO else variant
        places = self.folders(entry)
        if variant not in places:
            raise UsageError(
                f"the recipe of {entry.locale} has no variant {variant!r}",
                remedy=f"there are: {', '.join(places)}",
            )
        layers = {layer.folder: layer.origin for layer in (entry, *self.below(entry))}

        def read_variant(name: str) -> Recipe:
            place = places[name]
            of_layers = map(variant_folders, layers)
            hidden = [variants[name] for variants in of_layers if name in variants]
            return read_recipe(
                place,
                origin=layers[main_folder(place)],
                steps=self.steps,
                parents=self.parents,
                below=[folder for folder in (*hidden, *layers) if folder != place],
                changes=changes if name == variant else None,
            )

        return of_one_locale({name: read_variant(name) for name in places})[variant]

    def folders(self, entry: RecipeFolder) -> dict[str, Path]:
        """The folder of each variant of a recipe by name, the main one first.

        A recipe also has the variants of the recipes that it hides.
        """
        places: dict[str, Path] = {}
        for layer in (entry, *self.below(entry)):
            places = variant_folders(layer.folder) | places
        return {MAIN: entry.folder, **dict(sorted(places.items()))}


def user_folders() -> list[Path]:
    """The folders that hold a user's own recipes, without installing anything.

    ``CVRECIPES_RECIPES`` (separated as PATH is), then ``./recipes``, then the user's own
    place, which is found from every working directory.
    """
    named = [Path(p) for p in os.environ.get("CVRECIPES_RECIPES", "").split(os.pathsep) if p]
    # In a checkout of cvrecipes ./recipes holds the built-in ones, whichever copy is installed.
    here = [] if Path("src/cvrecipes").is_dir() else [Path("recipes")]
    return list({path.resolve(): path for path in [*named, *here, own_recipes()]}.values())


def find_recipes(manager: pluggy.PluginManager) -> Catalog:
    """Ask every plugin for its recipe folders and steps.

    For one locale a user's folder wins over a plugin's, and a plugin's over the built-in one.

    Raises:
        Failure: two plugins claim one locale, parent or step name.
    """
    steps = Steps()
    step_owner: dict[str, str] = {}
    parents: dict[str, Path] = {}
    tiers: dict[str, dict[str, RecipeFolder]] = {USER: {}, "plugin": {}, BUILTIN: {}}

    for name, plugin in manager.list_name_plugin():
        hooks = {caller.name for caller in manager.get_hookcallers(plugin) or ()}

        def step(key: str, function: Step, owner: str = name) -> None:
            if not callable(function):
                raise Failure(
                    f"step {key!r} of {owner} is no function but {type(function).__name__}",
                    remedy=f"give the function itself, without (): register({key!r}, function)",
                )
            if key in steps:
                raise Failure(f"step {key!r} of {owner} is taken by {step_owner[key]}")
            steps[key], step_owner[key] = function, owner
            if owner != BUILTIN:
                steps.owners[key] = owner

        def folder(path: Path, owner: str = name) -> None:
            tier = BUILTIN if owner == BUILTIN else "plugin"
            _add_folder(Path(path), owner, tiers[tier], parents)

        others = [p for _, p in manager.list_name_plugin() if p is not plugin]
        if "register_steps" in hooks:
            manager.subset_hook_caller("register_steps", others)(register=step)
        if "register_recipes" in hooks:
            manager.subset_hook_caller("register_recipes", others)(register=folder)
    places = {entry.folder.resolve().parent for tier in tiers.values() for entry in tier.values()}
    for path in user_folders():
        if path.is_dir() and path.resolve() not in places:
            _add_folder(path, USER, tiers[USER], parents)

    recipes: dict[str, RecipeFolder] = {}
    hidden: list[RecipeFolder] = []
    for tier in (tiers[USER], tiers["plugin"], tiers[BUILTIN]):
        for locale, entry in tier.items():
            if locale in recipes:
                hidden.append(entry)
            else:
                recipes[locale] = entry
    return Catalog(dict(sorted(recipes.items())), parents, steps, tuple(hidden))


def _add_folder(
    path: Path, owner: str, tier: dict[str, RecipeFolder], parents: dict[str, Path]
) -> None:
    try:
        entries = sorted(entry.name for entry in os.scandir(path) if entry.is_dir())
    except OSError as error:
        raise Failure(
            f"recipe folder of {owner} cannot be read ({error.strerror})", where=path
        ) from None
    if owner not in (BUILTIN, USER) and (path / "recipe.toml").is_file():
        raise Failure(
            f"{owner} registers this folder, so a recipe lies one below it",
            where=path / "recipe.toml",
            remedy="move it into a folder with the locale's name",
        )
    for name in entries:
        if not (path / name / "recipe.toml").is_file():
            continue
        taken = parents.get(name) if name.startswith("_") else None
        if name in tier and owner == USER:
            continue  # the folder named first wins
        if name in tier and tier[name].folder != path / name:
            raise Failure(
                f"two recipes for {name!r}: {tier[name].origin} and {owner}",
                remedy=f"remove one: pip uninstall {tier[name].origin}, or pip uninstall {owner}",
            )
        if taken is not None and owner != USER:
            raise Failure(f"parent {name!r} of {owner} is taken", where=taken)
        if name.startswith("_"):
            parents[name] = path / name
        else:
            tier[name] = RecipeFolder(name, path / name, owner)


def open_recipe(
    locale: str,
    manager: pluggy.PluginManager | None = None,
    *,
    changes: Mapping[str, str] | None = None,
    variant: str = AUTO,
) -> tuple[Recipe, pluggy.PluginManager]:
    """Read one language, and load its own steps and hooks and no other language's.

    Arguments:
        changes: value by key of each ``--recipe-set``, such as ``alphabet.add_letters``.
        variant: the way of writing; ``auto`` is the main one until a release is known, see
            `cvrecipes.data.variants.settle_variant`.

    Raises:
        UsageError: there is no recipe for `locale`, and the message names similar ones; there
            is no such variant; or a change is wrong.
        Failure: the recipe, its steps or its hooks are wrong.
    """
    manager = manager or new_manager()
    catalog = find_recipes(manager)
    entry = catalog.recipes.get(locale)
    if entry is None:
        raise UsageError(
            f"no recipe for {locale!r}", remedy=_suggest(locale, catalog) + _not_connected()
        )
    return _open(entry, catalog, manager, changes, variant), manager


def open_folder(folder: Path) -> Recipe:
    """Read the recipe of any folder, and its code. Parents beside it win over others.

    Raises:
        Failure: the recipe, its steps or its hooks are wrong.
    """
    manager = new_manager()
    catalog = find_recipes(manager)
    locale, variant = locale_and_variant(folder)
    main = main_folder(folder)
    beside = {path.parent.name: path.parent for path in main.parent.glob("_*/recipe.toml")}
    catalog = replace(catalog, parents=catalog.parents | beside)
    return _open(RecipeFolder(locale, main, USER), catalog, manager, variant=variant)


def _open(
    entry: RecipeFolder,
    catalog: Catalog,
    manager: pluggy.PluginManager,
    changes: Mapping[str, str] | None = None,
    variant: str = MAIN,
) -> Recipe:
    recipe = catalog.read(entry, changes, variant)
    if isinstance(manager, Manager):
        manager.locale = entry.locale
    if recipe.code:
        _ = recipe.normalizer  # raises now if a steps.py is wrong
    # The hooks of a language hold for all its variants.
    folders = (recipe.folder, *recipe.below)
    mains = {main_folder(folder) for folder in folders}
    built_on = [hidden for hidden in catalog.below(entry) if hidden.folder in mains]
    # The last one registered is asked first.
    layers = [*reversed(built_on), entry]
    layers += [
        replace(entry, folder=folder)
        for folder in reversed(folders)
        if folder != main_folder(folder)
    ]
    for layer in layers:
        if (code := layer.folder / "hooks.py").is_file():
            hooks = load_module(code)
            _refuse_early(hooks, code)
            owner = f"{layer.origin}:{layer.locale}"
            register(manager, hooks, f"{owner}:{code}" if manager.has_plugin(owner) else owner)
            check_hooks(manager)
    return recipe


def _refuse_early(hooks: ModuleType, code: Path) -> None:
    for name in ("register_recipes", "register_steps", "register_commands"):
        if hasattr(hooks, name):
            raise Failure(
                f"{name} does nothing in hooks.py: it fires before a recipe is opened",
                where=code,
                line=place_of(getattr(hooks, name))[1],
                remedy="bring it in a package: cvrecipes new LOCALE --package",
            )


def _not_connected() -> str:
    """A package that is named like a plugin, but has no entry point in the group ``cvrecipes``."""
    for package in distributions():
        groups = {entry.group for entry in package.entry_points}
        if package.name.lower().startswith("cvrecipes-") and GROUP not in groups:
            close = near(GROUP, groups)
            return (
                f"; {package.name} is installed, but its pyproject.toml has no "
                f"[project.entry-points.{GROUP}]"
                + (f", only [project.entry-points.{close}]" if close else "")
            )
    return ""


def _suggest(locale: str, catalog: Catalog) -> str:
    codes = {code.lower().replace("_", "-"): code for code in catalog.recipes}
    typed = locale.lower().replace("_", "-")
    close = [codes[typed]] if typed in codes else []
    close += [codes[k] for k in codes if k.split("-")[0] == typed.split("-")[0]]
    if not close:
        close = _by_name(locale, catalog)
    if not close:
        # Codes have two or three letters, so half of them in common is similar.
        near_ones = difflib.get_close_matches(typed, codes, n=12, cutoff=0.5)
        near_ones.sort(key=lambda code: code[0] != typed[:1])
        close = [codes[code] for code in near_ones[:4]]
    if close:
        return f"did you mean {' or '.join(dict.fromkeys(close))}?"
    return "see: cvrecipes list"


def _by_name(typed: str, catalog: Catalog) -> list[str]:
    """Languages that a name may mean, as ``ckb (Central Kurdish)``; six at most.

    A name or a word that equals `typed` (``kurdish``) counts before words that begin so (``tu``).
    """
    typed = folded(typed)
    whole: list[tuple[str, str]] = []
    begun: list[tuple[str, str]] = []
    for entry in catalog.recipes.values():
        try:
            recipe = catalog.read(entry)
        except Failure:
            continue
        names = name_words((recipe.name, recipe.native))
        if typed in names:
            whole.append((recipe.name, recipe.locale))
        elif any(name.startswith(typed) for name in names):
            begun.append((recipe.name, recipe.locale))
    begun.sort(key=lambda pair: not folded(pair[0]).startswith(typed))
    return [f"{locale} ({name})" for name, locale in (whole or begun)[:6]]

"""Which recipes there are, and opening one with its steps and hooks."""

from __future__ import annotations

import difflib
import importlib.util
import os
import traceback
from dataclasses import dataclass, replace
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType

import pluggy

from cvrecipes.errors import Failure, UsageError, near
from cvrecipes.files import own_recipes
from cvrecipes.plugins import BUILTIN, GROUP, Manager, check_hooks, new_manager, place_of, register
from cvrecipes.recipe import Recipe, read_recipe
from cvrecipes.text.failing import Steps
from cvrecipes.text.steps import Step
from cvrecipes.words import folded, name_words

USER = "user"


@dataclass(frozen=True, slots=True)
class Found:
    """A recipe folder, not yet read."""

    locale: str
    folder: Path
    origin: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every recipe folder, parent and named step that the plugins offer."""

    recipes: dict[str, Found]
    parents: dict[str, Path]
    steps: dict[str, Step]
    shadowed: tuple[Found, ...]

    def below(self, found: Found) -> list[Path]:
        """The folders of the same locale that `found` hides, the nearest first."""
        hidden = any(one.locale == found.locale for one in self.shadowed)
        if not hidden and self.recipes.get(found.locale) is found:
            return []
        all_of_them = (*self.recipes.values(), *self.shadowed)
        stack = [one.folder.resolve() for one in all_of_them if one.locale == found.locale]
        own = found.folder.resolve()
        return stack[stack.index(own) + 1 :] if own in stack else stack


def user_folders() -> list[Path]:
    """Where a user's own recipe folders are looked for without installing anything.

    ``CVRECIPES_RECIPES`` (separated as PATH is), then ``./recipes``, then the user's own
    place, which is found from every working directory.
    """
    named = [Path(p) for p in os.environ.get("CVRECIPES_RECIPES", "").split(os.pathsep) if p]
    # In a checkout of cvrecipes itself ./recipes is what is built in, whichever copy is installed.
    here = [] if Path("src/cvrecipes").is_dir() else [Path("recipes")]
    return list({path.resolve(): path for path in [*named, *here, own_recipes()]}.values())


def look_around(manager: pluggy.PluginManager) -> Shelf:
    """Ask every plugin for its recipes and steps.

    For one locale a user's folder wins over a plugin, and a plugin over what is built in.

    Raises:
        Failure: two plugins claim one locale, parent or step name.
    """
    steps = Steps()
    step_owner: dict[str, str] = {}
    parents: dict[str, Path] = {}
    tiers: dict[str, dict[str, Found]] = {USER: {}, "plugin": {}, BUILTIN: {}}

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
    seen = {found.folder.resolve() for tier in tiers.values() for found in tier.values()}
    for path in user_folders():
        if path.is_dir() and not any(found.parent == path.resolve() for found in seen):
            _add_folder(path, USER, tiers[USER], parents)

    recipes: dict[str, Found] = {}
    shadowed: list[Found] = []
    for tier in (tiers[USER], tiers["plugin"], tiers[BUILTIN]):
        for locale, found in tier.items():
            if locale in recipes:
                shadowed.append(found)
            else:
                recipes[locale] = found
    return Shelf(dict(sorted(recipes.items())), parents, steps, tuple(shadowed))


def _add_folder(path: Path, owner: str, tier: dict[str, Found], parents: dict[str, Path]) -> None:
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
            tier[name] = Found(name, path / name, owner)


def read_found(found: Found, shelf: Shelf) -> Recipe:
    """Read the recipe of a folder that was found."""
    return read_recipe(
        found.folder,
        origin=found.origin,
        steps=shelf.steps,
        parents=shelf.parents,
        below=shelf.below(found),
    )


def open_recipe(
    locale: str, manager: pluggy.PluginManager | None = None
) -> tuple[Recipe, pluggy.PluginManager]:
    """Read one language and load its own hooks, and no other language's.

    Raises:
        UsageError: there is no recipe for `locale`; near ones are named.
        Failure: the recipe or its hooks are wrong.
    """
    manager = manager or new_manager()
    shelf = look_around(manager)
    found = shelf.recipes.get(locale)
    if found is None:
        raise UsageError(
            f"no recipe for {locale!r}", remedy=_suggest(locale, shelf) + _not_connected()
        )
    return _open(found, shelf, manager), manager


def open_folder(folder: Path) -> Recipe:
    """Read the recipe of a folder, wherever it lies, and its hooks; parents beside it win.

    Raises:
        Failure: the recipe or its hooks are wrong.
    """
    manager = new_manager()
    shelf = look_around(manager)
    beside = {path.parent.name: path.parent for path in folder.parent.glob("_*/recipe.toml")}
    shelf = replace(shelf, parents=shelf.parents | beside)
    return _open(Found(folder.name, folder, USER), shelf, manager)


def _open(found: Found, shelf: Shelf, manager: pluggy.PluginManager) -> Recipe:
    recipe = read_found(found, shelf)
    if isinstance(manager, Manager):
        manager.locale = found.locale
    code = found.folder / "hooks.py"
    if code.is_file():
        hooks = _load(code, found.locale)
        _refuse_early(hooks, code)
        register(manager, hooks, f"{found.origin}:{found.locale}")
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
    """A package by whose name it is a plugin, and that has no entry point in our group."""
    for found in distributions():
        groups = {entry.group for entry in found.entry_points}
        if found.name.lower().startswith("cvrecipes-") and GROUP not in groups:
            close = near(GROUP, groups)
            return (
                f"; {found.name} is installed, but its pyproject.toml has no "
                f"[project.entry-points.{GROUP}]"
                + (f", only [project.entry-points.{close}]" if close else "")
            )
    return ""


def _suggest(locale: str, shelf: Shelf) -> str:
    codes = {known.lower().replace("_", "-"): known for known in shelf.recipes}
    wanted = locale.lower().replace("_", "-")
    close = [codes[wanted]] if wanted in codes else []
    close += [codes[k] for k in codes if k.split("-")[0] == wanted.split("-")[0]]
    if not close:
        close = _by_name(locale, shelf)
    if not close:
        # Codes of two and three letters: half in common is near.
        near_ones = difflib.get_close_matches(wanted, codes, n=12, cutoff=0.5)
        near_ones.sort(key=lambda code: code[0] != wanted[:1])
        close = [codes[code] for code in near_ones[:4]]
    if close:
        return f"did you mean {' or '.join(dict.fromkeys(close))}?"
    return "see: cvrecipes list"


def _by_name(wanted: str, shelf: Shelf) -> list[str]:
    """Languages whose name `wanted` means, as ``ckb (Central Kurdish)``; six at most.

    A whole name or word of a name counts before one that only begins so: ``kurdish``, ``tu``.
    """
    wanted = folded(wanted)
    whole: list[tuple[str, str]] = []
    begun: list[tuple[str, str]] = []
    for one in shelf.recipes.values():
        try:
            recipe = read_found(one, shelf)
        except Failure:
            continue
        names = name_words((recipe.name, recipe.native))
        if wanted in names:
            whole.append((recipe.name, recipe.locale))
        elif any(name.startswith(wanted) for name in names):
            begun.append((recipe.name, recipe.locale))
    begun.sort(key=lambda pair: not folded(pair[0]).startswith(wanted))
    return [f"{locale} ({name})" for name, locale in (whole or begun)[:6]]


def _load(path: Path, locale: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"cvrecipes_hooks_{locale.replace('-', '_')}", path
    )
    if spec is None or spec.loader is None:
        raise Failure("cannot be loaded", where=path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        inside = [
            line
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename in (str(path), spec.origin)
        ]
        line = error.lineno if isinstance(error, SyntaxError) else inside[-1] if inside else None
        said = error.msg if isinstance(error, SyntaxError) else error
        raise Failure(f"{type(error).__name__}: {said}", where=path, line=line) from error
    return module

"""The code beside a recipe: ``steps.py``, whose public functions are named steps.

The names are read without running the file, so listing and checking recipes runs no code of
theirs. The file runs when a recipe that names one of its steps is opened.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import io
import linecache
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import cast

from cvrecipes.errors import Failure
from cvrecipes.recipe.toml_file import read_text
from cvrecipes.text.failing import ONE_TEXT, Steps
from cvrecipes.text.normalizer import SLOTS
from cvrecipes.text.steps import Step

STEPS_FILE = "steps.py"


@dataclass(frozen=True)
class StepsFile:
    """The steps.py of a recipe folder, not run.

    Attributes:
        text: the file's text when it was read; this text runs, whatever the file holds later.
        lines: the line of each public function, by its name; that of a later statement that
            binds the name again or deletes it.
        others: the line of each other name that the file binds, which is no step.
        digest: a hash of the text.
    """

    path: Path
    text: str
    lines: Mapping[str, int]
    others: Mapping[str, int]
    digest: str

    @property
    def name(self) -> str:
        """``hy-AM/steps.py``."""
        return f"{self.path.parent.name}/{self.path.name}"

    def resolved(self) -> StepsFile:
        """The same with an absolute path, for another process."""
        return replace(self, path=self.path.absolute())


class RecipeSteps(Steps):
    """The steps that one recipe names. They can be pickled; a step of a steps.py by its file.

    Attributes:
        files: the steps.py of each step that comes from one, by the step's name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, StepsFile] = {}

    def __reduce__(self) -> tuple[object, ...]:
        registered = {name: step for name, step in self.items() if name not in self.files}
        return _restored, (registered, self.owners, self.files)


def _restored(
    registered: Mapping[str, Step], owners: Mapping[str, str], files: Mapping[str, StepsFile]
) -> RecipeSteps:
    steps = RecipeSteps()
    steps.update(registered)
    steps.owners.update(owners)
    steps.files.update(files)
    every = {file.path: file for file in files.values()}
    modules = {path: load_module(path, file.text) for path, file in every.items()}
    steps.update({name: _step(name, modules[file.path], file) for name, file in files.items()})
    return steps


def read_steps_file(folder: Path, registered: Steps) -> StepsFile | None:
    """Read the names of the steps in a folder's steps.py; None if there is no such file.

    Arguments:
        registered: the steps of the engine and of plugins.

    Raises:
        Failure: the file is not valid Python, or one of its functions has a taken name.
    """
    path = folder / STEPS_FILE
    if not path.is_file():
        return None
    text = read_text(path)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise _not_python(path, error) from None
    lines: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
            _check_function(path, node, registered)
            lines[node.name] = node.lineno
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Delete):
            lines |= {name: node.lineno for name in _bound(node) if name in lines}
    others = {
        name: node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt)
        for name in _bound(node)
        if name not in lines
    }
    return StepsFile(path, text, lines, others, hashlib.sha256(text.encode()).hexdigest()[:16])


def _check_function(
    path: Path, node: ast.FunctionDef | ast.AsyncFunctionDef, registered: Steps
) -> None:
    """Refuse a function that cannot be a step."""
    if (owner := registered.owners.get(node.name)) is not None:
        raise Failure(
            f"plugin {owner} registers a step {node.name!r}, and so does "
            f"{path.parent.name}/{path.name}:{node.lineno}",
            remedy=f"rename one of them, or remove the plugin: pip uninstall {owner}",
        )
    if node.name in registered or node.name in SLOTS:
        raise Failure(
            f"function {node.name} has the name of a step of the engine",
            where=path,
            line=node.lineno,
            remedy="choose another name, or begin it with _ if it is no step",
        )
    if isinstance(node, ast.AsyncFunctionDef):
        raise Failure(
            f"function {node.name} is async, and a step is not",
            where=path,
            line=node.lineno,
            remedy="delete async, or begin the name with _ if it is no step",
        )


def _bound(statement: ast.stmt) -> set[str]:
    """The names that one statement binds or deletes, its body aside."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Delete):
        targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
        return {
            node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)
        }
    return set()


def _step(name: str, module: ModuleType, file: StepsFile) -> Step:
    """A function of a module that ran, once it is one that takes one text."""
    step = getattr(module, name, None)
    if step is None:
        what = f"{name} is no longer there once the file has run"
    elif not callable(step):
        what = f"{name} is {type(step).__name__} and no function once the file has run"
    else:
        try:
            inspect.signature(step).bind("")
        except TypeError as error:
            what = f"step {name!r} cannot be called with one text: {error}"
        except ValueError:  # a function in C, which may have no signature
            return cast(Step, step)
        else:
            return cast(Step, step)
    raise Failure(what, where=file.path, line=file.lines[name], remedy=ONE_TEXT)


def gather_steps(
    names: Iterable[str], registered: Steps, files: Sequence[StepsFile]
) -> RecipeSteps:
    """The steps that a recipe names, with the code of its steps.py files loaded.

    Arguments:
        files: the nearest first; a function there hides one of the same name behind it.

    Raises:
        Failure: a file raises when it is loaded; the message names the line.
    """
    steps = RecipeSteps()
    modules: dict[Path, ModuleType] = {}
    for name in names:
        file = next((file for file in files if name in file.lines), None)
        if file is None:
            steps[name] = registered[name]
            if name in registered.owners:
                steps.owners[name] = registered.owners[name]
            continue
        if file.path not in modules:
            modules[file.path] = load_module(file.path, file.text)
        steps[name] = _step(name, modules[file.path], file)
        steps.owners[name], steps.files[name] = file.name, file.resolved()
    return steps


def load_module(path: Path, text: str | None = None) -> ModuleType:
    """Run a Python file of a recipe folder.

    Python's own import may run a stale ``.pyc``: it compares the size and the time of change in
    whole seconds. So the text itself is compiled here, and no ``.pyc`` is written.

    Arguments:
        text: the file's text, if it was read before.

    Raises:
        Failure: the file cannot be read, or raises; the message names the innermost line in it.
    """
    text = read_text(path) if text is None else text
    place = str(path.absolute())
    module = ModuleType(f"cvrecipes_{path.stem}_{path.parent.name.replace('-', '_')}")
    module.__file__ = place
    # Tracebacks show the text that runs. Without a time, linecache never reads the file again.
    linecache.cache[place] = (len(text), None, [*io.StringIO(text, newline=None)], place)
    try:
        exec(compile(text, place, "exec", dont_inherit=True), module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # such as SystemExit
        inside = [
            line
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename == place
        ]
        if isinstance(error, SyntaxError) and error.filename == place:
            raise _not_python(path, error) from error
        raise Failure(
            f"{type(error).__name__}: {error}", where=path, line=inside[-1] if inside else None
        ) from error
    return module


def _not_python(path: Path, error: SyntaxError | ValueError) -> Failure:
    if isinstance(error, SyntaxError):
        return Failure(f"{type(error).__name__}: {error.msg}", where=path, line=error.lineno)
    return Failure(f"is not valid Python: {error}", where=path)

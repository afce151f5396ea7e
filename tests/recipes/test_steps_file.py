"""The steps.py of a recipe folder: whose steps they are, when it runs, and what is refused."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cvrecipes import hookimpl
from cvrecipes.catalog import find_recipes, open_folder, open_recipe
from cvrecipes.data.cache import text_key
from cvrecipes.errors import Failure
from cvrecipes.plugins import new_manager, register_plugin
from cvrecipes.recipe import Recipe, read_recipe
from cvrecipes.testing import check_recipe
from cvrecipes.text.failing import Steps
from support.plugins import plugin, with_step

Call = Callable[..., Any]
SWAP = "def swap(text):\n    return text.replace('b', 'd')\n"


@pytest.fixture(autouse=True)
def _away_from_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(locale: str, text: str = "", code: str | None = None) -> Path:
    """A folder ``recipes/<locale>`` with a recipe.toml of these lines, and a steps.py."""
    folder = Path("recipes") / locale
    folder.mkdir(parents=True, exist_ok=True)
    head = (
        "" if locale[0] == "_" or "parent = " in text[:10] else 'name = "X"\nstatus = "generic"\n'
    )
    script = "" if "parent = " in text[:10] else 'script = "Latn"\n'
    (folder / "recipe.toml").write_text(head + script + text, encoding="utf-8")
    if code is not None:
        (folder / "steps.py").write_text(code, encoding="utf-8")
    return folder


def names(recipe: Recipe) -> list[str]:
    return [name for name, _ in recipe.normalizer.steps]


# Whose steps they are


@pytest.mark.parametrize("slot", ["sentence", "first", "steps"])
def test_a_public_function_is_a_step_of_its_folder(slot: str) -> None:
    put("xx", f'[text]\n{slot} = ["swap"]\n', SWAP)
    assert open_recipe("xx")[0].normalizer("abc abc") == "adc adc"


@pytest.mark.parametrize("name", ["_swap", "compose", "imported"])
def test_what_is_private_or_from_elsewhere_is_no_step(name: str) -> None:
    code = "from unicodedata import name as imported\ndef _swap(text): return text\nSWAP = 1\n"
    put("xx", f'[text]\nsteps = ["{name}"]\n', code)
    with pytest.raises(Failure, match=rf"recipes/xx/recipe\.toml:5: unknown step '{name}'"):
        open_recipe("xx")


def test_whoever_builds_on_a_folder_has_its_steps() -> None:
    put("_base", "", SWAP)
    put("xx", 'parent = "_base"\nname = "X"\nstatus = "generic"\n[text]\nsteps = ["swap"]\n')
    assert open_recipe("xx")[0].normalizer("abc") == "adc"


def test_a_parent_that_names_its_step_gives_it_to_its_children() -> None:
    put("_base", '[text]\nsteps = ["swap"]\n', SWAP)
    put("xx", 'parent = "_base"\nname = "X"\nstatus = "generic"\n')
    assert open_recipe("xx")[0].normalizer("abc") == "adc"


def test_a_recipe_that_builds_on_its_own_locale_has_the_steps_below() -> None:
    put("hy-AM", 'parent = "hy-AM"\n[text]\nsteps = ["...", "swap"]\n', SWAP)
    recipe, _ = open_recipe("hy-AM")
    assert [name for name in names(recipe) if "_" in name] == ["armenian_marks", "armenian_ev"]
    assert recipe.normalizer("Ինչպե՞ս ab") == "ինչպես ad"
    assert check_recipe(recipe) == []


def test_a_function_takes_the_place_of_the_parents_of_that_name() -> None:
    put("hy-AM", 'parent = "hy-AM"\n', "def armenian_ev(text):\n    return text + 'ա'\n")
    assert open_recipe("hy-AM")[0].rules.steps == ("armenian_ev",)
    assert open_recipe("hy-AM")[0].normalizer.explain("ա")[0].step == "armenian_ev"


def test_a_step_of_another_folder_is_unknown_and_its_folder_is_named() -> None:
    put("hyw", '[text]\nfirst = ["armenian_marks"]\n')
    with pytest.raises(
        Failure,
        match=r"hyw/recipe\.toml:5: unknown step 'armenian_marks'; hy-AM alone has it, in .*"
        r"hy-AM/steps\.py: copy the function into a steps\.py beside this recipe\.toml",
    ):
        open_recipe("hyw")


def test_a_misspelt_function_is_named() -> None:
    put("xx", '[text]\nsteps = ["swop"]\n', SWAP)
    with pytest.raises(Failure, match=r"unknown step 'swop'; did you mean swap\?"):
        open_recipe("xx")


def test_a_folder_that_is_only_named_has_its_steps(tmp_path: Path) -> None:
    folder = put("xx", '[text]\nsteps = ["swap"]\n', SWAP)
    assert open_folder(folder).normalizer("abc") == "adc"


# When it runs


def test_listing_runs_no_code(call: Call) -> None:
    put("xx", '[text]\nsteps = ["swap"]\n', SWAP + "raise SystemExit('it ran')\n")
    put("yy")
    done = call("list")
    assert (done.code, done.err) == (0, "")
    assert "xx " in done.out
    catalog = find_recipes(new_manager(installed=False))
    assert catalog.read(catalog.recipes["xx"]).rules.steps == ("swap",)
    assert open_recipe("yy")[0].normalizer("abc") == "abc"
    with pytest.raises(Failure, match=r"^recipes/xx/steps\.py:3: SystemExit: it ran$"):
        open_recipe("xx")


def test_code_that_no_rule_names_does_not_run() -> None:
    put("xx", "", SWAP + "raise SystemExit('it ran')\n")
    assert open_recipe("xx")[0].normalizer("abc") == "abc"


# What is refused


@pytest.mark.parametrize(
    ("code", "message"),
    [("\ndef arabic_marks(text): return text\n", ":2: function arabic_marks has the name of"),
     ("def lower(text): return text\n", ":1: function lower has the name of a step of the engine"),
     ("x = 1\ndef f(:\n", ":2: SyntaxError: invalid syntax"),
     ("import no_such_module\ndef swap(text): return text\n", ":1: ModuleNotFoundError: No module"),
     ("def swap(text):\n    return 1 / 0\n",
      ":2: step 'swap' of xx/steps.py failed on 'abc': ZeroDivisionError: division by zero; a"),
     ("def swap(text): print\n", ":1: step 'swap' of xx/steps.py gives nothing for 'abc', not"),
     ("def swap(text): return 5\n", ":1: step 'swap' of xx/steps.py gives int for 'abc', not"),
     ("def swap(text): return text\ndel swap\n", ":2: swap is no longer there once the file has"),
     ("def swap(text): return text\nswap = 3\n", ":2: swap is int and no function once the file"),
     ("def swap(text, more): return text\n", ":1: step 'swap' cannot be called with one text: mi"),
     ("def swap(): return ''\n", ":1: step 'swap' cannot be called with one text: too many posit"),
     ("import sys\ndef swap(text):\n    sys.exit(3)\n",
      ":3: step 'swap' of xx/steps.py failed on 'abc': SystemExit: 3; a step must take any text"),
     ("class Stop(BaseException): pass\ndef swap(text):\n    raise Stop\n",
      ":3: step 'swap' of xx/steps.py failed on 'abc': Stop; a step must take any text"),
     ("class Stop(BaseException): pass\nraise Stop('it ran')\ndef swap(text): return text\n",
      ":2: Stop: it ran"),
     ("async def swap(text): return text\n", ":1: function swap is async, and a step is not; del"),
     ("def lower_turkic(text): return text\n", ":1: function lower_turkic has the name of a step")],
)  # fmt: skip
def test_what_is_wrong_in_steps_is_one_line_with_file_and_line(
    call: Call, code: str, message: str
) -> None:
    put("xx", '[text]\nsteps = ["swap"]\n', code)
    done = call("normalize", "xx", "abc")
    assert done.code == 1
    assert f"recipes/xx/steps.py{message}" in done.complaint


def test_the_kit_shows_which_step_made_the_difference() -> None:
    folder = put("xx", '[text]\nsteps = ["swap"]\n', SWAP)
    (folder / "golden.tsv").write_text("abc\tabc\n", encoding="utf-8")
    (problem,) = check_recipe(open_recipe("xx")[0])
    assert "made by   swap: b U+0062 -> d U+0064" in problem


@pytest.mark.parametrize(
    ("code", "line"),
    [("class swap(str): pass\n", 1), ("swap = lambda text: text\n", 1), ("swap: int = 3\n", 1),
     ("from unicodedata import name as swap\n", 1), ("import swap\n", 1),
     ("if True:\n    def swap(text): return text\n", 2),
     ("def _other():\n    def swap(text): return text\n", 2)],
)  # fmt: skip
def test_what_looks_like_a_step_and_is_none_is_explained(call: Call, code: str, line: int) -> None:
    put("xx", '[text]\nsteps = ["swap"]\n', code)
    done = call("normalize", "xx", "abc")
    assert done.code == 1
    expected = (
        f"unknown step 'swap'; xx/steps.py:{line} has the name, but only functions at the top"
    )
    assert expected in done.complaint


def test_a_step_of_a_plugin_that_takes_two_texts_is_named_with_its_line() -> None:
    def two(text: str, more: str) -> str:
        return text + more

    def register_steps(register: Callable[[str, Any], None]) -> None:
        register("odd.two", two)

    put("xx", '[text]\nsteps = ["odd.two"]\n')
    line = two.__code__.co_firstlineno
    message = rf"test_steps_file\.py:{line}: step 'odd\.two' of odd cannot be called: TypeError: "
    with (
        register_plugin(plugin("odd", register_steps=register_steps)),
        pytest.raises(Failure, match=message),
    ):
        open_recipe("xx")[0].normalizer("abc")


def test_a_plugin_with_the_name_of_a_built_in_step_is_named_and_breaks_one_language(
    call: Call,
) -> None:
    with register_plugin(with_step("odd", "armenian_ev")):
        message = (
            r"^plugin odd registers a step 'armenian_ev', and so does hy-AM/steps\.py:\d+; rename "
            r"one of them, or remove the plugin: pip uninstall odd$"
        )
        with pytest.raises(Failure, match=message):
            open_recipe("hy-AM")
        assert open_recipe("tr")[0].normalizer("A") == "a"
        done = call("list")
        assert done.code == 0
        assert "\ntr " in done.out and "hy-AM" not in done.out
        assert done.err.startswith("warning: plugin odd registers a step 'armenian_ev'")


# The built-in ones


def test_the_steps_of_one_language_are_in_its_folder() -> None:
    catalog = find_recipes(new_manager(installed=False))
    named: dict[str, list[str]] = {}
    for entry in catalog.recipes.values():
        for name in catalog.read(entry).rules.named_steps:
            named.setdefault(name, []).append(entry.locale)
    assert [
        name for name, users in named.items() if len(users) == 1 and name in catalog.steps
    ] == []
    assert named["armenian_ev"] == ["hy-AM"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("我的 (góa-ê) 冊", "我的冊"),
        ("食（tsia̍h／chia̍h）飯", "食飯"),
        ("臺灣（Tâi uân）人", "臺灣人"),
        ("我（臺灣）人", "我（臺灣）人"),
        ("OK (tio̍h)", "OK (tio̍h)"),
        ("我（2）人", "我（2）人"),
        ("我（guá", "我（guá"),
    ],
)
def test_readings_after_han_characters_go(raw: str, expected: str) -> None:
    recipe, _ = open_recipe("nan-tw")
    assert dict(recipe.normalizer.sentence)["han_readings"](raw) == expected


# Its hash


def read(folder: Path, origin: str = "built-in") -> Recipe:
    return read_recipe(folder, origin=origin, steps=Steps(), parents={})


def test_the_code_of_named_steps_is_part_of_the_digest_and_of_the_cache_key() -> None:
    folder = put("xx", '[text]\nsteps = ["swap"]\n', SWAP)
    before = read(folder)
    assert before.resolved()["code"] == [{"file": "xx/steps.py", "hash": before.code[0].digest}]
    (folder / "steps.py").write_text(SWAP.replace("'d'", "'e'"), encoding="utf-8")
    after = read(folder)
    assert before.digest != after.digest
    assert text_key(before) != text_key(after)
    assert text_key(after) == text_key(read(folder))


def test_code_that_no_rule_names_is_no_part_of_it() -> None:
    before = read(put("xx")).digest
    assert read(put("xx", "", SWAP)).digest == before


# Pickling


def returned_by_another_process(value: object, text: str) -> str:
    """What a pickled function makes of a text in a process of its own."""
    code = "import pickle, sys; f, text = pickle.load(sys.stdin.buffer); sys.stdout.write(f(text))"
    command = [sys.executable, "-X", "utf8", "-c", code]
    done = subprocess.run(command, input=pickle.dumps((value, text)), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_a_normalizer_with_a_steps_file_can_be_pickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("hy-AM", 'parent = "hy-AM"\n[text]\nsteps = ["...", "swap"]\n', SWAP)
    recipe, _ = open_recipe("hy-AM")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert returned_by_another_process(recipe.normalizer, "Ինչպե՞ս AB") == "ինչպես ad"
    assert pickle.loads(pickle.dumps(recipe)).normalizer("AB") == "ad"


@pytest.mark.parametrize("locale", ["tr", "nan-tw", "el", "lt", "ga-IE"])
def test_every_kind_of_normalizer_can_be_pickled(locale: str) -> None:
    recipe, _ = open_recipe(locale)
    again = pickle.loads(pickle.dumps(recipe.normalizer))
    for pair in recipe.golden():
        assert again(pair.raw) == recipe.normalizer(pair.raw)


@pytest.mark.parametrize("step", ["numbers_tr", "numbers_cs"])
def test_a_normalizer_that_spells_numbers_can_be_pickled(step: str) -> None:
    recipe, _ = open_recipe("tr", changes={"text.steps": f'["...", "{step}"]'})
    normalizer = recipe.normalizer
    expected = normalizer("300")
    assert pickle.loads(pickle.dumps(normalizer))("300") == expected != "300"


def test_a_normalizer_with_a_step_of_a_plugin_can_be_pickled() -> None:
    module = ModuleType("mine")
    vars(module)["register_steps"] = hookimpl(lambda register: register("x.swap", str.swapcase))
    put("xx", '[text]\nsteps = ["x.swap"]\n')
    recipe, _ = open_recipe("xx", new_manager([module]))
    again = pickle.loads(pickle.dumps(recipe.normalizer))
    assert again.explain("ab") == recipe.normalizer.explain("ab")
    assert again.explain("ab")[0].step == "x.swap"


def test_a_normalizer_works_in_datasets_map() -> None:
    from datasets import Dataset

    normalizer = open_recipe("hy-AM")[0].normalizer
    rows = Dataset.from_dict({"sentence": ["Ինչպե՞ս ԵՎ", "Այո՛"]})
    mapped = rows.map(lambda row: {"text": normalizer(row["sentence"])})
    assert mapped["text"][:] == ["ինչպես և", "այո"]


# The text that was hashed is the text that runs


@pytest.fixture
def writing_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.mark.usefixtures("writing_bytecode")
def test_an_edit_of_the_same_size_and_time_runs_at_once() -> None:
    folder = put("xx", '[text]\nsteps = ["swap"]\n', SWAP)
    before, status = open_recipe("xx")[0], (folder / "steps.py").stat()
    assert before.normalizer("abc") == "adc"
    (folder / "steps.py").write_text(SWAP.replace("'d'", "'e'"), encoding="utf-8")
    os.utime(folder / "steps.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    after = open_recipe("xx")[0]
    assert after.digest != before.digest
    assert after.normalizer("abc") == "aec"
    assert not (folder / "__pycache__").exists()


@pytest.mark.usefixtures("writing_bytecode")
def test_edited_hooks_run_at_once() -> None:
    folder = put("xx")
    code = "from cvrecipes import hookimpl\n@hookimpl\n"
    code += "def vocabulary_extras(recipe):\n    return ['a']\n"
    (folder / "hooks.py").write_text(code, encoding="utf-8")
    status = (folder / "hooks.py").stat()
    open_recipe("xx")
    (folder / "hooks.py").write_text(code.replace("'a'", "'b'"), encoding="utf-8")
    os.utime(folder / "hooks.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert open_recipe("xx")[1].hook.vocabulary_extras(recipe=None) == [["b"]]
    assert not (folder / "__pycache__").exists()


def test_the_text_that_was_read_runs_though_the_file_has_changed() -> None:
    folder = put("xx", '[text]\nsteps = ["swap"]\n', SWAP)
    recipe = read(folder)
    (folder / "steps.py").write_text(SWAP.replace("'d'", "'e'"), encoding="utf-8")
    assert recipe.normalizer("abc") == "adc"
    assert pickle.loads(pickle.dumps(recipe.normalizer))("abc") == "adc"


def test_a_traceback_shows_the_line_of_the_step() -> None:
    put("xx", '[text]\nsteps = ["swap"]\n', "def swap(text):\n    return 1 / 0  # wrong\n")
    with pytest.raises(Failure) as failed:
        open_recipe("xx")[0].normalizer("abc")
    assert "return 1 / 0  # wrong" in "".join(traceback.format_exception(failed.value))

"""The command line, as a person and as a program meet it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes import __version__
from cvrecipes.console import color
from cvrecipes.settings import Settings
from cvrecipes.words import visible

Call = Callable[..., Any]
Feed = Callable[[bytes], None]
HEAVY = ("torch", "transformers", "datasets", "torchaudio")


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Put bytes on standard input."""

    def put(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))

    return put


@pytest.fixture
def own_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own recipe of ``xx``, which deletes the letter z."""
    folder = tmp_path / "mine" / "xx"
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text(
        'name = "Test"\nscript = "Latn"\nstatus = "generic"\n[text]\ndelete = "z"\n'
        '[alphabet]\nletters = "a b c"\n'
    )
    monkeypatch.setenv("CVRECIPES_RECIPES", str(folder.parent))
    return folder


def process(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    code = "from cvrecipes.cli import main; main()"
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, **more)


# list, show, plugins, settings


def test_list_shows_every_recipe(call: Call) -> None:
    done = call("list")
    assert done.code == 0
    assert done.out.splitlines()[0].split() == ["locale", "name", "script", "status", "origin"]
    assert re.search(r"^tr +Turkish +Latn +reviewed +built-in$", done.out, re.MULTILINE)


def test_list_gives_json(call: Call) -> None:
    rows = json.loads(call("list", "--json").out)
    assert all(list(row) == ["locale", "name", "script", "status", "origin"] for row in rows)
    assert {
        "locale": "tr",
        "name": "Turkish",
        "script": "Latn",
        "status": "reviewed",
        "origin": "built-in",
    } in rows


@pytest.mark.usefixtures("own_recipe")
def test_list_names_the_users_own_recipes(call: Call) -> None:
    assert re.search(r"^xx +Test +Latn +generic +user$", call("list").out, re.MULTILINE)


def test_show_prints_what_a_recipe_holds(call: Call) -> None:
    done = call("show", "tr")
    assert done.code == 0
    assert re.search(r"^language +Turkish \(Türkçe\)$", done.out, re.MULTILINE)
    assert re.search(r"^letters +a b c ç d e f g ğ h ı i j", done.out, re.MULTILINE)
    assert re.search(r"^steps .*\binvisible > compatibility > .* > spaces$", done.out, re.MULTILINE)


def test_show_gives_json(call: Call) -> None:
    shown = json.loads(call("show", "tr", "--json").out)
    assert shown["locale"] == "tr"
    assert shown["classes"][0] == "|"
    assert shown["classes"][-2:] == ["[UNK]", "[PAD]"]
    assert shown["golden_pairs"] >= 32


def test_plugins_lists_the_built_in_plugin(call: Call) -> None:
    assert re.search(rf"^built-in +{__version__} ", call("plugins").out, re.MULTILINE)
    (builtin,) = [
        row for row in json.loads(call("plugins", "--json").out) if row["name"] == "built-in"
    ]
    assert "tr" in builtin["locales"]
    assert builtin["hooks"] == ["register_recipes", "register_steps"]


def test_settings_explains_a_preset(call: Call) -> None:
    assert "learning_rate=0.0003" in call("settings", "blog").out
    values = json.loads(call("settings", "--json").out)["settings"]
    assert values["watch"] == "dev"
    assert call("settings", "blgo").complaint == "unknown preset 'blgo'; did you mean blog?"


# normalize


def test_normalize_takes_words(call: Call) -> None:
    assert call("normalize", "tr", "İSTANBUL'da", "IŞIK!").out == "istanbulda ışık\n"


def test_normalize_explains_code_points(call: Call) -> None:
    out = call("normalize", "tr", "--explain", "İzmir'e").out
    assert "İ U+0130 -> i U+0069" in out
    assert "' U+0027 -> nothing" in out
    assert out.splitlines()[-1] == "izmire"


def test_normalize_gives_one_json_document(call: Call, feed: Feed) -> None:
    one = json.loads(call("normalize", "tr", "--json", "--explain", "Windows").out)
    assert (one["raw"], one["text"], one["reason"]) == ("Windows", "windows", "outside alphabet: w")
    assert one["steps"][0] == {"step": "lower_turkic", "before": "Windows", "after": "windows"}
    feed(b"Evet.\r\n\xff\n5\n")
    done = call("normalize", "tr", "--json")
    assert done.code == 1
    assert json.loads(done.out) == [
        {"raw": "Evet.", "text": "evet", "reason": None},
        {"error": "not UTF-8"},
        {"raw": "5", "text": "5", "reason": "digits"},
    ]
    feed(b"")
    assert json.loads(call("normalize", "tr", "--json").out) == []


def test_explain_says_why_a_text_is_left_out(call: Call) -> None:
    out = call("normalize", "tr", "--explain", "Windows").out
    assert out.endswith("windows\nleft out of training: outside alphabet: w\n")


def test_normalize_gives_the_reason(call: Call, feed: Feed) -> None:
    assert call("normalize", "tr", "--reason", "Windows").out == "!outside alphabet: w\n"
    feed(b"Saat 5\n...\nEvet.\n")
    assert call("normalize", "tr", "--reason").out == "!digits\n!empty\nevet\n"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ""),
        (b"A\n", "a\n"),
        (b"A\nB", "a\nb\n"),
        (b"\n", "\n"),
        (b"A\n\n\nB\n", "a\n\n\nb\n"),
        (b"\n\nA", "\n\na\n"),
        (b"...\nA\n", "\na\n"),
        (b"A\r\n\r\nB\r\n", "a\n\nb\n"),
        (b"A\rB\n", "a b\n"),
        (b"A\x00B\n\x00\n", "ab\n\n"),
        (b"A\x0cB\x1cC\n", "a b c\n"),
        ("A\u2028B\u0085C\n".encode(), "a b c\n"),
        ("\ufeffA\n".encode(), "a\n"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--reason",)])
def test_normalize_writes_one_line_for_each_line(
    call: Call, feed: Feed, raw: bytes, expected: str, options: tuple[str, ...]
) -> None:
    feed(raw)
    done = call("normalize", "de", *options)
    if options:
        expected = re.sub(r"^$", "!empty", expected, flags=re.MULTILINE)
        expected = expected.removesuffix("!empty")
    assert (done.code, done.out, done.err) == (0, expected, "")


def test_a_line_that_is_not_utf8_is_left_empty_and_named(call: Call, feed: Feed) -> None:
    feed(b"A\n\nB\xff\r\nC\r\n\xfeD")
    done = call("normalize", "de")
    assert (done.code, done.out) == (1, "a\n\n\nc\n\n")
    complaints = done.err.splitlines()
    assert len(complaints) == 2
    assert complaints[0].startswith("standard input:3: not UTF-8")
    assert complaints[1].startswith("standard input:5: not UTF-8")


def test_lines_are_counted_over_blocks(
    call: Call, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvrecipes.cli.normalize._BLOCK", 16)
    feed(b"Ab cd ef\n" * 100 + b"\xff\n" + b"Ab\n" * 10)
    done = call("normalize", "de")
    assert done.out == "ab cd ef\n" * 100 + "\n" + "ab\n" * 10
    assert done.err.startswith("standard input:101: ")


def test_normalize_speaks_utf8_whatever_the_locale() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = process("normalize", "tr", input="IŞIK\n", env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ışık\n", "")


def test_a_reader_that_leaves_is_no_error() -> None:
    code = "from cvrecipes.cli import main; main(['normalize', 'tr'])"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdin and child.stdout and child.stderr
        child.stdout.close()
        child.stdin.write(b"Evet.\n" * 50_000)
        child.stdin.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141


@pytest.mark.parametrize("words", [("list",), ("show", "tr"), ("settings",), ("--help",)])
def test_a_command_whose_reader_leaves_ends_quietly(words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = "from cvrecipes.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(os.name != "posix", reason="descriptors as a shell has them")
@pytest.mark.parametrize(
    ("where", "said"),
    [
        (">&-", "standard output is closed; send it somewhere, such as > /dev/null"),
        ("> /dev/full", "standard output cannot be written (No space left on device)"),
    ],
)
def test_output_that_nobody_can_get_is_an_error(where: str, said: str) -> None:
    if "/dev/full" in where and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    code = "from cvrecipes.cli import main; main(['list'])"
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} {where}"
    done = subprocess.run(
        command, shell=True, stderr=subprocess.PIPE, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (1, f"error: {said}\n")


@pytest.mark.skipif(os.name != "posix", reason="descriptors as a shell has them")
def test_a_closed_standard_error_takes_nothing_from_the_output() -> None:
    code = "from cvrecipes.console import progress, say; say('lost')\n"
    code += "with progress('x', 1): print('kept')"
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} 2>&-"
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "kept\n")


# test


def test_test_passes_for_good_pairs(call: Call, own_recipe: Path) -> None:
    (own_recipe / "golden.tsv").write_text("Azb!\tab\nd\t!outside\n")
    done = call("test", "xx")
    assert done.code == 0
    assert re.match(r"xx +2 golden pairs  ok\n1 passed, 0 failed\n$", done.out)


def test_test_fails_and_shows_what_differs(call: Call, own_recipe: Path) -> None:
    (own_recipe / "golden.tsv").write_text("a\ta\nAzb!\tac\n")
    done = call("test", "xx")
    assert done.code == 1
    assert f"{own_recipe / 'golden.tsv'}:2" in done.out
    assert re.search(r"raw +Azb! +U\+0041 U\+007A U\+0062 U\+0021\n", done.out)
    assert re.search(r"got +ab\n +expected +ac\n", done.out)
    assert "U+0062 b instead of U+0063 c" in done.out
    assert re.search(r"delete +azb! -> ab!\n +punctuation +ab! -> ab \n", done.out)
    assert done.out.endswith("0 passed, 1 failed\n")


def test_test_gives_json(call: Call, own_recipe: Path) -> None:
    (own_recipe / "golden.tsv").write_text("a\tb\n")
    done = call("test", "xx", "--json")
    (result,) = json.loads(done.out)
    assert (done.code, result["locale"], result["golden_pairs"]) == (1, "xx", 1)
    assert len(result["problems"]) == 1


def test_a_recipe_that_cannot_be_read_fails_its_test(call: Call, own_recipe: Path) -> None:
    (own_recipe / "recipe.toml").write_text("name = \n")
    done = call("test", "xx", "de")
    assert done.code == 1
    assert f"{own_recipe / 'recipe.toml'}:1: is not valid TOML" in done.out
    assert done.out.endswith("1 passed, 1 failed\n")


def test_a_golden_file_that_cannot_be_read_fails_its_test_only(
    call: Call, own_recipe: Path
) -> None:
    (own_recipe / "golden.tsv").write_text("no tab\n")
    done = call("test", "xx", "de")
    assert done.code == 1
    assert f"{own_recipe / 'golden.tsv'}:1: a golden pair needs" in done.out
    assert done.out.endswith("1 passed, 1 failed\n")


# Errors


@pytest.mark.parametrize("command", ["show", "normalize", "test", "run"])
def test_every_command_refuses_an_unknown_locale(call: Call, command: str) -> None:
    done = call(command, "TR")
    assert (done.code, done.complaint) == (2, "no recipe for 'TR'; did you mean tr?")


@pytest.mark.parametrize(("wanted", "near"), [("tu", "tr"), ("tr_TR", "tr"), ("de-DE", "de")])
def test_an_unknown_locale_suggests_the_near_one(call: Call, wanted: str, near: str) -> None:
    done = call("show", wanted)
    assert done.code == 2
    assert re.match(rf"no recipe for '{wanted}'; did you mean .*\b{near}\b", done.complaint)


def test_an_unknown_command_is_wrong_usage(call: Call) -> None:
    done = call("shwo")
    assert done.code == 2
    assert done.complaint == "no such command 'shwo'; did you mean 'show'?; see: cvrecipes --help"
    assert done.out == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "list --jsn",
            "no such option '--jsn'; did you mean '--json'?; see: cvrecipes list --help",
        ),
        ("frobnicate", "no such command 'frobnicate'; see: cvrecipes --help"),
        ("--frobnicate", "no such option '--frobnicate'; see: cvrecipes --help"),
        ("run", "missing argument 'LOCALE'; see: cvrecipes run --help"),
        ("sample fi", "missing option '--out'; see: cvrecipes sample --help"),
        ("show tr de", "got unexpected extra argument (de); see: cvrecipes show --help"),
        ("run tr --limit", "option '--limit' requires an argument; see: cvrecipes run --help"),
        (
            "evaluate m --split all",
            "invalid value for '--split': 'all' is not one of 'train', 'dev', 'test'; "
            "see: cvrecipes evaluate --help",
        ),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_help(call: Call, words: str, said: str) -> None:
    done = call(*words.split())
    assert (done.code, done.out, done.err) == (2, "", f"error: {said}\n")


@pytest.mark.parametrize("command", ["run tr", "evaluate m", "sample fi --out x"])
@pytest.mark.parametrize("seed", ["4294967296", "-1", "1e3"])
def test_a_seed_out_of_range_is_wrong_usage(call: Call, command: str, seed: str) -> None:
    done = call(*command.split(), "--seed", seed)
    assert done.code == 2
    assert done.complaint.startswith("invalid value for '--seed': ")


@pytest.mark.parametrize(
    "words",
    [
        ("run", ""),
        ("run", "tr", "--data", ""),
        ("run", "tr", "--data="),
        ("run", "tr", "--base", ""),
        ("run", "tr", "--out", ""),
        ("run", "tr", "--preset", ""),
        ("run", "tr", "--set", ""),
        ("evaluate", ""),
        ("evaluate", "m", "--data", ""),
        ("evaluate", "m", "--locale", ""),
        ("evaluate", "m", "--pairs", ""),
        ("transcribe", "", "a.wav"),
        ("transcribe", "m", ""),
        ("show", "tr", "--data", ""),
        ("test", ""),
        ("suggest", "xx", "--data", ""),
        ("sample", "fi", "--out", ""),
        ("sample", "fi", "--out", "x", "--text", ""),
        ("settings", ""),
    ],
    ids=" ".join,
)
def test_an_empty_value_is_wrong_usage(call: Call, words: tuple[str, ...]) -> None:
    done = call(*words)
    assert done.code == 2
    assert "it is empty; is a shell variable not set?" in done.complaint


def test_an_empty_variable_counts_as_not_set(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CVRECIPES_DATA", "")
    monkeypatch.chdir(tmp_path)
    assert "no Common Voice release of de found" in call("run", "de", "--dry-run").complaint


def test_shortest_above_longest_names_both(call: Call) -> None:
    done = call("run", "tr", "--dry-run", "--set", "shortest=30")
    assert done.code == 2
    assert "setting shortest (30) is above longest (20)" in done.complaint
    assert Settings().changed({"shortest": 30, "longest": 40}).shortest == 30


def test_control_characters_in_a_name_are_written_out(call: Call, tmp_path: Path) -> None:
    done = call("show", "tr", "--data", tmp_path / "a\x1b[31m\x07b")
    assert done.complaint.startswith(f"{tmp_path}/a\\x1b[31m\\x07b: ")
    assert visible("é\tz\n\u2028\x85") == "é\\tz\\n\\u2028\\x85"
    assert visible(os.fsdecode(b"a\xffb")) == "a\\xffb"


# Colors


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, None),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, None),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, None),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_the_environment_decides_about_colors(
    call: Call, variables: dict[str, str], wanted: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert color() is wanted
    assert ("\x1b[" in call("test", "tr").out) == bool(wanted)
    assert ("\x1b[" in call("nix").err) == bool(wanted)


@pytest.mark.skipif(os.name != "posix", reason="a terminal of its own")
@pytest.mark.parametrize(("variables", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_has_colors_and_a_bar_unless_told_otherwise(
    variables: dict[str, str], colored: bool
) -> None:
    code = (
        "from cvrecipes.console import progress\n"
        "with progress('measuring', 2) as advance: advance(1)\n"
        "from cvrecipes.cli import main; main(['test', 'tr'])"
    )
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environment = {**kept, "TERM": "xterm-256color", "COLUMNS": "80", **variables}
    said = on_terminal([sys.executable, "-c", code], environment)
    assert "measuring" in said and "50%" in said
    assert "1 passed, 0 failed" in said
    assert bool(re.search(r"\x1b\[[\d;]*m", said)) == colored


def on_terminal(command: list[str], environment: dict[str, str]) -> str:
    """What a command writes to a terminal."""
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment):
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # Linux ends a terminal so
            while block := os.read(ours, 4096):
                said += block
    os.close(ours)
    return said.decode()


# Completion


def completed(*words: str) -> list[str]:
    """What a shell offers for the last of some words."""
    done = process(
        env={
            **os.environ,
            "_CVRECIPES_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("cvrecipes", *words)),
            "COMP_CWORD": str(len(words)),
        }
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("comp",), {"completion"}),
        (("run", "zh"), {"zh-CN", "zh-HK", "zh-TW"}),
        (("show", "tr"), {"tr", "trv", "trw"}),
        (("test", "de", "tr"), {"tr", "trv", "trw"}),
        (("settings", ""), {"blog", "default", "tiny"}),
        (("run", "tr", "--preset", "t"), {"tiny"}),
        (("run", "tr", "--set", "mask_time"), {"mask_time_length=", "mask_time_prob="}),
        (("run", "tr", "--set", "select="), {"select=best", "select=last"}),
        (("run", "tr", "--set", "merge_dev=t"), {"merge_dev=true"}),
        (("run", "tr", "--base", "ti"), {"tiny", "ti"}),
        (("run", "tr", "--device", "c"), {"cpu", "cuda"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_shell_completes(words: tuple[str, ...], offered: set[str]) -> None:
    assert set(completed(*words)) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_what_a_shell_needs(call: Call, shell: str) -> None:
    done = call("completion", shell)
    assert done.code == 0
    assert f"_CVRECIPES_COMPLETE={shell}_complete" in done.out
    assert call("completion", "csh").code == 2


def test_without_a_command_the_help_is_shown(call: Call) -> None:
    done = call()
    assert done.code == 2
    assert "Usage: cvrecipes" in done.err


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("normalize", "--help")])
def test_help_is_no_error(call: Call, words: tuple[str, ...]) -> None:
    done = call(*words)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: cvrecipes")


def test_version_is_shown(call: Call) -> None:
    assert call("--version").out == f"cvrecipes, version {__version__}\n"


def test_a_broken_recipe_is_one_line(call: Call, own_recipe: Path) -> None:
    (own_recipe / "recipe.toml").write_text("nam = 1\n")
    done = call("show", "xx")
    assert done.code == 1
    assert done.complaint.startswith(f"{own_recipe / 'recipe.toml'}:1: unknown key 'nam'")


@pytest.mark.parametrize("words", [("--debug", "show", "qqq"), ("show", "qqq", "--debug")])
def test_debug_shows_the_traceback(words: tuple[str, ...]) -> None:
    done = process(*words)
    assert done.returncode != 0
    assert "Traceback" in done.stderr
    assert "no recipe for 'qqq'" in done.stderr


def test_without_debug_there_is_no_traceback() -> None:
    done = process("show", "qqq")
    assert done.returncode == 2
    assert done.stderr == "error: no recipe for 'qqq'; see: cvrecipes list\n"


# Start


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("list",),
        ("show", "tr"),
        ("normalize", "tr", "Evet."),
        ("test", "tr"),
        ("plugins",),
        ("settings",),
        ("run", "--help"),
    ],
    ids=" ".join,
)
def test_a_command_without_tensors_loads_none(words: tuple[str, ...]) -> None:
    code = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print(*[n for n in {HEAVY} if n in sys.modules]))\n"
        f"from cvrecipes.cli import main; main({list(words)})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == ""

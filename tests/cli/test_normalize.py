"""cvrecipes normalize: words of the command line, or lines of standard input."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from support.command_line import process

Call = Callable[..., Any]
Feed = Callable[[bytes], None]


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Put bytes on standard input."""

    def put(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))

    return put


def test_normalize_takes_words(call: Call) -> None:
    assert call("normalize", "tr", "İSTANBUL'da", "IŞIK!").out == "istanbulda ışık\n"


def test_normalize_explains_code_points(call: Call) -> None:
    out = call("normalize", "tr", "--explain", "İzmir'e").out
    assert "İ U+0130 -> i U+0069" in out
    assert "' U+0027 -> nothing" in out
    assert out.splitlines()[-1] == "izmire"


def test_normalize_gives_one_json_document(call: Call, feed: Feed) -> None:
    one = json.loads(call("normalize", "tr", "--json", "--explain", "Tiŋri").out)
    assert (one["raw"], one["text"], one["reason"]) == ("Tiŋri", "tiŋri", "outside alphabet: ŋ")
    assert one["steps"][0] == {"step": "lower_turkic", "before": "Tiŋri", "after": "tiŋri"}
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
    out = call("normalize", "tr", "--explain", "Tiŋri").out
    assert out.endswith("tiŋri\nleft out of training: outside alphabet: ŋ\n")


def test_explain_says_what_is_left_out_of_every_split(call: Call) -> None:
    for text, reason in (("Saat 5", "digits"), ("Киев", "another script: в е и к")):
        assert call("normalize", "tr", "--explain", text).out.endswith(f"\nleft out: {reason}\n")


def test_normalize_gives_the_reason(call: Call, feed: Feed) -> None:
    assert call("normalize", "tr", "--reason", "Tiŋri").out == "!outside alphabet: ŋ\n"
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

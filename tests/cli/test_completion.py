"""What a shell completes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from support.command_line import process

Call = Callable[..., Any]


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

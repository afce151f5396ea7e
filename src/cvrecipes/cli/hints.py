"""What a wrong command line was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import fields

import click

from cvrecipes.errors import near
from cvrecipes.settings import ALIASES

# What other programs call them.
_COMMANDS = {
    "train": "run",
    "finetune": "run",
    "fine-tune": "run",
    "eval": "evaluate",
    "score": "evaluate",
    "predict": "transcribe",
    "recognize": "transcribe",
    "infer": "transcribe",
    "audit": "check",
    "validate": "check",
    "languages": "list",
    "locales": "list",
    "recipes": "list",
    "ls": "list",
    "info": "show",
    "download": "fetch",
    "presets": "settings",
    "config": "settings",
    "help": "--help",
    "version": "--version",
}
_OPTIONS = {
    "--model": "--base",
    "--output": "--out",
    "--output-dir": "--out",
    "--language": "--locale",
    "--lang": "--locale",
}


def command_hint(name: str, commands: Collection[str]) -> str:
    """The remedy for an unknown command: the command that was meant, or the help.

    What other programs call a command counts before a name that is spelled alike. A locale is
    an argument of ``run``.
    """
    meant = _COMMANDS.get(name.lower())
    if meant is None and name.lower() in commands:
        meant = name.lower()
    if meant is None and _is_locale(name):
        meant = f"cvrecipes run {name}"
    if meant is not None:
        return f"did you mean {meant}?"
    names = {**{word: word for word in commands}, **_COMMANDS}
    close = near(name, names)
    return f"did you mean {names[close]}?" if close else "see: cvrecipes --help"


def _is_locale(name: str) -> bool:
    from cvrecipes.catalog import find_recipes
    from cvrecipes.plugins import new_manager

    return name in find_recipes(new_manager()).recipes


def usage_hint(
    error: click.ClickException, command: click.Command | None, words: list[str]
) -> str | None:
    """The remedy for wrong usage of a command, when it can be guessed.

    Arguments:
        error: click's error.
        command: the command that was used.
        words: the whole command line.
    """
    if command is None:
        return None
    options = _options(command)
    if isinstance(error, click.NoSuchOption):
        return _option_hint(error.option_name, options, words)
    if type(error) is click.UsageError and "--set" in options:
        return _bare_setting(words)
    return None


def _option_hint(option: str, options: Collection[str], words: list[str]) -> str | None:
    name = option.lstrip("-").replace("-", "_").lower()
    settings = _settings() if "--set" in options else {}
    setting = name if name in settings else ALIASES.get(name)
    if setting in settings:
        return _as_setting(setting, _value(option, words), settings)
    alias = _OPTIONS.get(option)
    if alias in options:
        return f"did you mean {alias}?"
    names = {long.lstrip("-").replace("-", "_"): long for long in options}
    close = difflib.get_close_matches(name, [*names, *settings], n=1, cutoff=0.6)
    if not close:
        return None
    if close[0] in names:
        return f"did you mean {names[close[0]]}?"
    return _as_setting(close[0], _value(option, words), settings)


def _bare_setting(words: list[str]) -> str | None:
    """A setting given as ``KEY=VALUE`` without ``--set``, or as ``--set KEY VALUE``."""
    settings = _settings()
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        key, sign, value = word.partition("=")
        key = key.lstrip("-").replace("-", "_")
        if key not in settings:
            continue
        if sign and before != "--set":
            return _as_setting(key, value, settings)
        if not sign and before == "--set":
            return _as_setting(key, after, settings)
    return None


def _as_setting(name: str, value: str, settings: dict[str, object]) -> str:
    value = value or ("true" if isinstance(settings[name], bool) else "VALUE")
    return f"{name} is a setting: --set {name}={value}"


def _value(option: str, words: list[str]) -> str:
    """The value that was given with an option, in either form; empty without one."""
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
        if word == option:
            return "" if after.startswith("-") else after
    return ""


def _options(command: click.Command) -> list[str]:
    return [
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
        if name.startswith("--")
    ]


def _settings() -> dict[str, object]:
    """Every setting with its default."""
    from cvrecipes.settings import Settings

    return {field.name: field.default for field in fields(Settings)}

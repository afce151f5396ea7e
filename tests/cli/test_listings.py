"""cvrecipes plugins and settings: what is installed, and what can be set."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from cvrecipes import __version__

Call = Callable[..., Any]


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

"""What is still to be built has a place in the tree: no circle, and no import that goes up."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from test_floors import floors, modules, name_of, own_imports, unit

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "dev" / "design.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| (\d+) \| ([^|]+) \|$", re.MULTILINE)
Addition = tuple[str, list[str], int, list[str]]


def names_in(cell: str) -> list[str]:
    return [f"cvrecipes.{name}" for name in re.findall(r"`([a-z_.]+)`", cell)]


def additions() -> list[Addition]:
    """What to add, the modules that it goes to, their floor, and what they import."""
    section = PAGE[PAGE.index("**Where things go.**") :]
    return [
        (what, [name for name in names_in(places) if not name.endswith("cli.main")], int(floor),
         names_in(imports))
        for what, places, floor, imports in ROW.findall(section)
    ]  # fmt: skip


ADDITIONS = additions()
PLANNED = {name for _, places, _, _ in ADDITIONS for name in places}


def test_the_table_names_a_place_for_everything_that_a_newcomer_may_ask_for() -> None:
    asked = {"another CTC family", "a beam decoder", "a score by age group", "a second GPU",
             "an export format"}  # fmt: skip
    assert asked <= {what for what, _, _, _ in ADDITIONS}


@pytest.mark.parametrize("addition", ADDITIONS, ids=[addition[0] for addition in ADDITIONS])
def test_a_place_stands_on_its_floor_and_imports_downwards(addition: Addition) -> None:
    _, places, floor, imports = addition
    height = {
        **floors(),
        **{unit(name): level for _, names, level, _ in ADDITIONS for name in names},
    }
    for place in places:
        assert floors().get(unit(place), floor) == floor
        for name in imports:
            assert name in modules() | PLANNED, f"{name} is not there"
            assert unit(name) == unit(place) or height[unit(name)] < floor, f"{place}: {name}"


def test_all_of_it_together_makes_no_circle() -> None:
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for line in own_imports():
        graph[name_of(line.path)].add(line.module)
    for _, places, _, imports in ADDITIONS:
        for place in places:
            graph.setdefault(place, set()).update(imports)
    assert set(TopologicalSorter(graph).static_order()) >= PLANNED

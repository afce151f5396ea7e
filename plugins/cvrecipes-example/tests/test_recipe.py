"""The package as it is installed: its recipe is found and passes the checks of cvrecipes."""

from cvrecipes.catalog import find_recipes
from cvrecipes.plugins import new_manager
from cvrecipes.testing import check_recipe


def test_the_installed_recipe_is_found_and_passes() -> None:
    catalog = find_recipes(new_manager())
    offered = (*catalog.recipes.values(), *catalog.hidden)
    ours = [entry for entry in offered if entry.origin == "cvrecipes-example"]
    assert ours, 'not installed; run: pip install -e ".[test]"'
    assert [entry.locale for entry in ours] == ["lfn"]
    assert check_recipe(catalog.read(ours[0])) == []

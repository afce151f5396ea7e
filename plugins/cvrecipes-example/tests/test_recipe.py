"""The package as it is installed: its recipe is found and passes the checks of cvrecipes."""

from cvrecipes.catalog import look_around, read_found
from cvrecipes.plugins import new_manager
from cvrecipes.testing import check_recipe


def test_the_installed_recipe_is_found_and_passes() -> None:
    shelf = look_around(new_manager())
    offered = (*shelf.recipes.values(), *shelf.shadowed)
    ours = [one for one in offered if one.origin == "cvrecipes-example"]
    assert ours, 'not installed; run: pip install -e ".[test]"'
    (found,) = ours
    assert found.locale == "lfn"
    assert check_recipe(read_found(found, shelf)) == []

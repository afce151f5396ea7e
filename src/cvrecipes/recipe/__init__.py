"""A recipe: all that cvrecipes knows about one language, read from one folder.

``recipe.toml`` holds names, sources, the alphabet, the text rules, vocabulary extras and
the training settings that differ; ``golden.tsv`` beside it holds pairs of raw and expected
text, ``steps.py`` steps of the language's own, ``reviews.tsv`` who judged the recipe. A recipe
builds on at most one other: a folder whose name starts with an underscore, or the recipe of the
same locale that it hides.
"""

from cvrecipes.recipe.golden import Golden, read_golden
from cvrecipes.recipe.reading import read_recipe
from cvrecipes.recipe.recipe import Recipe
from cvrecipes.recipe.toml_file import CONFIRMED, HEADLINES, STATUSES, TABLES, TOP, read_text
from cvrecipes.recipe.variants import AUTO, MAIN, Variant

__all__ = [
    "AUTO", "CONFIRMED", "HEADLINES", "MAIN", "STATUSES", "TABLES", "TOP", "Golden", "Recipe",
    "Variant", "read_golden", "read_recipe", "read_text",
]  # fmt: skip

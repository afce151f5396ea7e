"""Making sample releases: prompts, synthetic voices and the Common Voice layout.

Nothing here runs during a normal ``cvrecipes run``: the built-in sample was made
with it once, and ``cvrecipes sample`` makes more of them on demand.
"""

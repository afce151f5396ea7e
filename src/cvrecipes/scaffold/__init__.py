"""What ``cvrecipes new`` writes: a recipe folder, or a package that holds one."""

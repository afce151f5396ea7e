"""Drafting: ``suggest`` and ``new``, which write a recipe folder or a package with one."""

"""``cvrecipes check``: what a release holds, counted, and worded for a terminal and a page."""

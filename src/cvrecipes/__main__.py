"""``python -m cvrecipes``."""

from __future__ import annotations

from cvrecipes.cli import main

if __name__ == "__main__":
    main()

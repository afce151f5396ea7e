"""Data: opening releases and reading them into a corpus."""

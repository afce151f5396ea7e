"""Reviews by people who know a language: a page of sentences to judge, and what comes back."""

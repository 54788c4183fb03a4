"""Static checks: patterns of training code that keep memory, found with `ast` and followed by data flow.

`check_source()` judges one text, `check_files()` many; rules stand in `rules/`, what they share in `source` and `flow`.
Nothing here is Qt, torch or numpy, and nothing that is checked is imported or run.
"""

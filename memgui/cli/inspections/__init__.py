"""What `memgui inspect` can look at: one file per kind, imported only when it is asked for.

Each has `look(live, options)`, which returns the JSON document, and `table(document)`, which prints it for people.
"""

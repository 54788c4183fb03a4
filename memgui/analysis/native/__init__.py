"""Readers of the reports of native leak tools, and what they have in common; one file a format. Any thread."""
